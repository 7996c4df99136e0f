//! Telephone numbers: digit by digit, in the groups in which they are dialled, with a pause (a comma) between groups.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::number::digits;

// An optional country code, then 3-3-4 with or without brackets and separators; a bare run must be exactly ten digits.
static NORTH_AMERICAN: LazyLock<Regex> = pattern!(
    r"(\+?1[-. ]?)?(?:\((\d{3})\)[-. ]?|\b(\d{3})[-. ])(\d{3})[-. ](\d{4})\b|(?:(\+1)|\b)(\d{3})(\d{3})(\d{4})\b"
);
static LOCAL: LazyLock<Regex> = pattern!(r"\b(\d{3})[-.](\d{4})\b");
static INTERNATIONAL: LazyLock<Regex> = pattern!(r"\+(\d{1,3})((?:[-. ]?\d){6,12})\b");
static EXTENSION: LazyLock<Regex> = pattern!(r"(?i),?\s?\b(?:ext\.?|x\.?)\s?(\d{1,6})\b");
// Three-digit services. Only the two that a caller in danger must hear right are taken wherever they stand alone.
// "1-800-GO-AHEAD": the letters stay.
static VANITY: LazyLock<Regex> = pattern!(r"\b1-(8\d\d)-([A-Z])");
static EMERGENCY: LazyLock<Regex> = pattern!(r"\b(911|9-1-1|988|9-8-8)\b");
static SERVICE: LazyLock<Regex> = pattern!(r"(?i)\b(call|dial|ring|text)\s(\d{3})\b");
static TEXT_LINE: LazyLock<Regex> = pattern!(r"(?i)\b(to)\s(\d{5,6})\b");

pub(super) fn say(text: &str) -> String {
    let text = NORTH_AMERICAN.replace_all(text, north_american);
    let text = VANITY.replace_all(&text, |c: &Captures| format!("one, {}, {}", area(&c[1]), &c[2]));
    let text = INTERNATIONAL.replace_all(&text, |c: &Captures| format!("plus {}, {}", digits(&c[1]), in_threes(&c[2])));
    let text = LOCAL.replace_all(&text, |c: &Captures| format!("{}, {}", digits(&c[1]), digits(&c[2])));
    let text = EXTENSION.replace_all(&text, |c: &Captures| format!(", extension {}", digits(&c[1])));
    let text = EMERGENCY.replace_all(&text, |c: &Captures| {
        let whole = c.get(0).expect("group 0 is the match");
        let part_of_more = part_of_a_number(&text[..whole.start()], &text[whole.end()..]);
        if part_of_more { c[0].to_owned() } else { digits(&c[0]) }
    });
    let text = SERVICE.replace_all(&text, |c: &Captures| format!("{} {}", &c[1], digits(&c[2])));
    TEXT_LINE.replace_all(&text, |c: &Captures| format!("{} {}", &c[1], digits(&c[2]))).into_owned()
}

fn north_american(c: &Captures) -> String {
    let group = |names: &[usize]| names.iter().find_map(|&i| c.get(i)).map_or("", |m| m.as_str());
    let country = match group(&[1, 6]) {
        "" => "",
        written if written.starts_with('+') => "plus one, ",
        _ => "one, ",
    };
    format!("{country}{}, {}, {}", area(group(&[2, 3, 7])), digits(group(&[4, 8])), digits(group(&[5, 9])))
}

/// "$911", "1,911", "911:30" and "911.5" are not the emergency number.
fn part_of_a_number(before: &str, after: &str) -> bool {
    let mut next = after.chars();
    before.ends_with(['$', '€', '£', '.', ',', ':', '/', '-'])
        || (next.next().is_some_and(|c| ".,:/%-".contains(c)) && next.next().is_some_and(|c| c.is_ascii_digit()))
}

fn area(code: &str) -> String {
    if code == "800" { "eight hundred".to_owned() } else { digits(code) }
}

/// Groups of three; what would be left alone at the end joins the group before it.
fn in_threes(text: &str) -> String {
    let all: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    let mut groups: Vec<String> = all.chunks(3).map(|group| group.iter().collect()).collect();
    if groups.len() > 1 && groups.last().is_some_and(|last| last.len() == 1) {
        let last = groups.pop().unwrap_or_default();
        if let Some(group) = groups.last_mut() {
            group.push_str(&last);
        }
    }
    groups.iter().map(|group| digits(group)).collect::<Vec<_>>().join(", ")
}
