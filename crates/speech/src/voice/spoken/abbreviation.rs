//! Abbreviations in full: "Dr. Lopez, 12 Main St." is "doctor Lopez, 12 Main Street".

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::sentence_ends;

/// As written without its full stop, and in full. Said so only with the full stop, since "no" or "fig" are words.
const DOTTED: &[(&str, &str)] = &[
    ("Mr", "mister"),
    ("Mrs", "missus"),
    ("Ms", "miz"),
    ("Prof", "professor"),
    ("Rev", "reverend"),
    ("Jr", "junior"),
    ("Sr", "senior"),
    ("Ave", "Avenue"),
    ("Blvd", "Boulevard"),
    ("Rd", "Road"),
    ("Ln", "Lane"),
    ("Ct", "Court"),
    ("Pl", "Place"),
    ("Hwy", "Highway"),
    ("Pkwy", "Parkway"),
    ("Expy", "Expressway"),
    ("Ste", "suite"),
    ("Apt", "apartment"),
    ("Bldg", "building"),
    ("Inc", "incorporated"),
    ("Ltd", "limited"),
    ("Assoc", "associates"),
    ("appt", "appointment"),
    ("approx", "approximately"),
    ("dept", "department"),
    ("Dept", "department"),
    ("tel", "telephone"),
    ("Tel", "telephone"),
    ("vs", "versus"),
    ("etc", "et cetera"),
    ("e.g", "for example"),
    ("i.e", "that is"),
    ("temp", "temperature"),
    ("Rx", "prescription"),
];

/// Written with or without full stop, and always said so.
const ALWAYS: &[(&str, &str)] = &[
    ("24/7", "twenty four seven"),
    ("w/", "with "),
    ("and/or", "and or"),
    ("COVID", "covid"),
    ("Covid", "covid"),
    ("AIDS", "aids"),
    ("OB/GYN", "O B G Y N"),
    ("OB-GYN", "O B G Y N"),
    ("PhD", "P H D"),
    ("Ph.D.", "P H D"),
];

/// Said letter by letter. Others in capitals are left to the voice: "NASA" and "HIPAA" are words.
const LETTER_BY_LETTER: &[&str] = &[
    "MD", "DO", "NP", "PA", "RN", "LPN", "DOB", "ER", "EMS", "ICU", "CT", "MRI", "EKG", "ECG", "EEG", "IV", "ID",
    "PCP", "ENT", "HMO", "PPO", "GP", "TB", "HIV", "UTI", "COPD", "ADHD", "PTSD", "CPR", "CDC", "FDA", "AED", "BP",
    "HR", "GI", "TV", "USA", "UK", "AM", "PM", "EST", "PST", "CST", "MST", "STI", "STD", "MMR", "RSV", "HPV", "CPAP",
    "OTC", "PT", "OT",
];

static DOCTOR: LazyLock<Regex> = pattern!(r"\b(Drs?)\b(\.?)(\s+[A-Z])?");
static STREET: LazyLock<Regex> = pattern!(r"((?:\b[A-Z][a-z]+|\d(?:st|nd|rd|th))\s)(St|Dr)\b\.?");
static SAINT: LazyLock<Regex> = pattern!(r"\bSt\.?(\s[A-Z])");
static NUMBER: LazyLock<Regex> = pattern!(r"\b(?:No|no|Nos|nos)\.\s?(\d)|#\s?(\d)");
static DOTTED_WORD: LazyLock<Regex> = LazyLock::new(|| table(DOTTED, r"\b(", r")\."));
static ALWAYS_WORD: LazyLock<Regex> = LazyLock::new(|| table(ALWAYS, r"(^|\b)(", r")"));
static CAPITALS: LazyLock<Regex> = pattern!(r"\b[A-Z]{2,5}\b");

/// Words in front of "St." that are no street's name: "At St. Mary's", "The St. Louis clinic".
const NOT_A_STREET: [&str; 12] = ["At", "The", "In", "To", "From", "Near", "Saint", "Our", "Your", "Call", "And", "Is"];

pub(super) fn say(text: &str) -> String {
    let text = STREET.replace_all(text, |c: &Captures| {
        let whole = c.get(0).expect("group 0 is the match");
        let rest = &text[whole.end()..];
        let street = if &c[2] == "St" { "Street" } else { "Drive" };
        let is_name = NOT_A_STREET.contains(&c[1].trim());
        // "Call Dr. Lopez", "Mary Dr. Lopez": a capital after "Dr." makes it a person's title.
        if is_name || (&c[2] == "Dr" && rest.trim_start().starts_with(|c: char| c.is_uppercase())) {
            return c[0].to_owned();
        }
        format!("{}{street}{}", &c[1], full_stop(&c[0], rest))
    });
    let text = DOCTOR.replace_all(&text, |c: &Captures| {
        let title = if &c[1] == "Drs" { "doctors" } else { "doctor" };
        format!("{title}{}", c.get(3).map_or_else(|| c[2].to_owned(), |name| name.as_str().to_owned()))
    });
    let text = SAINT.replace_all(&text, "Saint$1");
    let text = NUMBER.replace_all(&text, "number $1$2");
    let text = ALWAYS_WORD.replace_all(&text, |c: &Captures| full(ALWAYS, &c[2]));
    let dotted = DOTTED_WORD.replace_all(&text, |c: &Captures| {
        let rest = &text[c.get(0).map_or(0, |whole| whole.end())..];
        format!("{}{}", full(DOTTED, &c[1]), if rest.trim().is_empty() { "." } else { "" })
    });
    CAPITALS
        .replace_all(
            &dotted,
            |c: &Captures| {
                if LETTER_BY_LETTER.contains(&&c[0]) { apart(&c[0]) } else { c[0].to_owned() }
            },
        )
        .into_owned()
}

/// "MRI" as "M R I".
pub(super) fn apart(letters: &str) -> String {
    letters.chars().map(String::from).collect::<Vec<_>>().join(" ")
}

fn full_stop(written: &str, rest: &str) -> &'static str {
    if written.ends_with('.') && sentence_ends(rest) { "." } else { "" }
}

fn full(table: &[(&str, &'static str)], written: &str) -> &'static str {
    table.iter().find(|(short, _)| *short == written).map_or("", |(_, long)| long)
}

fn table(words: &[(&str, &str)], before: &str, after: &str) -> Regex {
    let any: Vec<String> = words.iter().map(|(short, _)| regex::escape(short)).collect();
    Regex::new(&format!("{before}{}{after}", any.join("|"))).expect("a constant pattern")
}
