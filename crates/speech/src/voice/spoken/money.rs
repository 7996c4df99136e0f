//! Money: "$140.50" is "one hundred forty dollars and fifty cents".

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::number::{cardinal, written};

/// Sign, one, many, one hundredth, many hundredths.
const CURRENCIES: [(&str, &str, &str, &str, &str); 3] = [
    ("$", "dollar", "dollars", "cent", "cents"),
    ("€", "euro", "euros", "cent", "cents"),
    ("£", "pound", "pounds", "penny", "pence"),
];

static SPAN: LazyLock<Regex> = pattern!(r"([$€£])\s?(\d[\d,]*(?:\.\d+)?)\s?[-–]\s?[$€£]?(\d[\d,]*(?:\.\d+)?)\b");
static AMOUNT: LazyLock<Regex> =
    pattern!(r"([$€£])\s?(\d[\d,]*)?(?:\.(\d+))?(?:\s(hundred|thousand|million|billion|trillion))?\b");

pub(super) fn say(text: &str) -> String {
    let text = SPAN.replace_all(text, |c: &Captures| format!("{0}{1} to {0}{2}", &c[1], &c[2], &c[3]));
    // The space parts it from letters before it, as in "US$5"; doubled spaces go at the end.
    AMOUNT.replace_all(&text, |c: &Captures| format!(" {}", amount(c))).into_owned()
}

fn amount(c: &Captures) -> String {
    let (_, one, many, hundredth, hundredths) =
        CURRENCIES.iter().find(|(sign, ..)| *sign == &c[1]).expect("the pattern holds the table's signs");
    let whole = c.get(2).map_or("", |m| m.as_str());
    let fraction = c.get(3).map_or("", |m| m.as_str());
    if let Some(scale) = c.get(4) {
        return format!("{} {} {many}", written(&decimal(whole, fraction)), scale.as_str());
    }
    if whole.is_empty() && fraction.is_empty() {
        return c[0].to_owned();
    }
    let main = format!("{} {}", written(whole), if whole == "1" { one } else { many });
    match (whole.trim_matches(['0', ',']).is_empty(), cents(fraction)) {
        (_, None) => format!("{} {many}", written(&decimal(whole, fraction))),
        (_, Some(0)) => main,
        (true, Some(n)) => format!("{} {}", cardinal(n), if n == 1 { hundredth } else { hundredths }),
        (false, Some(n)) => format!("{main} and {} {}", cardinal(n), if n == 1 { hundredth } else { hundredths }),
    }
}

/// One or two decimals are hundredths; more are not a price.
fn cents(fraction: &str) -> Option<u64> {
    match fraction.len() {
        0 => Some(0),
        1 => fraction.parse::<u64>().ok().map(|tenths| tenths * 10),
        2 => fraction.parse().ok(),
        _ => None,
    }
}

fn decimal(whole: &str, fraction: &str) -> String {
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}
