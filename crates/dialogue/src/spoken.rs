//! How a name and a number are read back.

use domain::PhoneNumber;

/// The letters of a name, a comma between letters and a full stop between words: "A, N, N. S, M, I, T, H".
pub(crate) fn spelled(name: &str) -> String {
    let words = name.split_whitespace().map(|word| {
        let letters = word.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().to_string());
        letters.collect::<Vec<_>>().join(", ")
    });
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(". ")
}

/// The digits of a number one by one, in the groups that people of its country hear it in: "5 5 5, 0 1 0, 0 1 3 4". A
/// number that is not in national form is read in threes.
pub(crate) fn grouped(number: &PhoneNumber) -> String {
    let digits: Vec<String> = number.national_digits().chars().map(String::from).collect();
    let groups: Vec<&[String]> =
        if digits.len() == 10 { vec![&digits[..3], &digits[3..6], &digits[6..]] } else { digits.chunks(3).collect() };
    groups.iter().map(|group| group.join(" ")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_and_numbers_grouped() {
        assert_eq!(spelled("Ann O'Neil"), "A, N, N. O, N, E, I, L");
        assert_eq!(spelled(" — "), "");
        let number = |text: &str| text.parse::<PhoneNumber>().unwrap();
        assert_eq!(grouped(&number("+15550100134")), "5 5 5, 0 1 0, 0 1 3 4");
        assert_eq!(grouped(&number("+442079460958")), "4 4 2, 0 7 9, 4 6 0, 9 5 8");
    }
}
