/// How many digits were said: "2 1 2", "212-555" and "two one two" have three each, "oh" counts, "fifteen" counts two.
pub(super) fn digits_in(text: &str) -> usize {
    text.split(|c: char| !c.is_alphanumeric())
        .map(|word| match word.chars().filter(char::is_ascii_digit).count() {
            0 => spoken(&word.to_lowercase()),
            written => written,
        })
        .sum()
}

/// Whether four digits stand together: "1958", but not "212555".
pub(super) fn has_year(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|word| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()))
}

fn spoken(word: &str) -> usize {
    match word {
        "zero" | "oh" | "o" | "one" | "two" | "three" | "four" | "five" | "six" | "seven" | "eight" | "nine" => 1,
        "ten" | "eleven" | "twelve" | "thirteen" | "fourteen" | "fifteen" | "sixteen" | "seventeen" | "eighteen"
        | "nineteen" => 2,
        // "Twenty one" is two digits, of which "one" counts itself; "twenty" alone is then one short, which only makes
        // the listener more patient.
        "twenty" | "thirty" | "forty" | "fifty" | "sixty" | "seventy" | "eighty" | "ninety" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::digits_in;

    #[test]
    fn digits_are_counted_however_they_are_written() {
        for (text, digits) in [
            ("", 0),
            ("my number is", 0),
            ("212-555-1234.", 10),
            ("two one two, five five five", 6),
            ("Oh 7 nine", 3),
            ("fifteen", 2),
            ("twenty one", 2),
            ("seven eighteen 3 3 3", 6),
        ] {
            assert_eq!(digits_in(text), digits, "{text:?}");
        }
    }
}
