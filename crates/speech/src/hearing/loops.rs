//! Decoders that go round in circles.
//!
//! A decoder whose sound was cut short may repeat its last words until it hits a cap: "A1C, A1C, A1C, ...". People
//! repeat themselves too ("no no no", "nine nine nine nine"), so the shorter the repeated piece, the more repetitions
//! it takes until it counts as a loop.

/// The text with one round left of a loop at its end, or `None` if it does not loop.
///
/// Words are compared without case and punctuation. Text before the loop stays as it is.
///
/// ```
/// use speech::hearing::without_loop;
/// let looped = "I take it daily. I take it daily. I take it daily. I take it daily.";
/// assert_eq!(without_loop(looped).as_deref(), Some("I take it daily."));
/// assert_eq!(without_loop("no, no, no, thank you"), None);
/// ```
pub fn without_loop(text: &str) -> Option<String> {
    if let Some(cut) = without_stutter(text) {
        return Some(cut);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let plain: Vec<String> = words.iter().map(|word| plain(word)).collect();
    let looped = (1..=LONGEST_PIECE).find_map(|piece| {
        let start = (0..plain.len()).find(|&start| rounds(&plain[start..], piece) >= least_rounds(piece))?;
        Some(start + piece)
    });
    let (first, second) = plain.split_at(plain.len() / 2);
    let doubled = (first.len() >= LEAST_DOUBLED && first == second).then_some(first.len());
    looped.or(doubled).map(|kept| words[..kept].join(" "))
}

/// Words in the longest piece that is looked for.
const LONGEST_PIECE: usize = 12;

/// A text of so many words that stands there twice as a whole was said once, or is no worse for being heard once.
const LEAST_DOUBLED: usize = 3;

/// A single character that stands so often in a row is a loop inside one word ("0000000000000000").
const STUTTER: usize = 12;

/// How often a piece of so many words must stand in a row to be a loop.
fn least_rounds(piece: usize) -> usize {
    match piece {
        // Telephone numbers hold up to seven equal digits in a row.
        1 => 8,
        2 => 5,
        3 => 4,
        _ => 3,
    }
}

/// How often the first `piece` words stand in a row, the first time included; a round that the end cuts off is one.
fn rounds(words: &[String], piece: usize) -> usize {
    let Some(first) = words.get(..piece) else { return 0 };
    words.chunks(piece).take_while(|chunk| first.starts_with(chunk)).count()
}

/// Cuts a word after a run of one character, or of one pair ("hahahaha", "1-1-1-1-1"), that no word has.
fn without_stutter(text: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    (1..=2).find_map(|period: usize| {
        let mut run = 0;
        for at in period..characters.len() {
            let same = characters[at] == characters[at - period] && !characters[at].is_whitespace();
            run = if same { run + 1 } else { 0 };
            if run >= STUTTER * period {
                return Some(characters[..=at - run].iter().collect());
            }
        }
        None
    })
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_cut_and_speech_is_kept() {
        let cases: [(&str, Option<&str>); 17] = [
            ("", None),
            ("yes", None),
            ("no no no no no", None),
            ("nine nine nine nine nine nine nine", None),
            ("212-999-9999", None),
            ("my mother, my mother, my mother, she fell", None),
            ("I have a pain I have a", None),
            ("917 876 54. 917 876 54.", Some("917 876 54.")),
            ("no thanks no thanks", None),
            ("A1C, A1C, A1C, A1C, A1C, A1C, A1C, A1C, A1C,", Some("A1C,")),
            ("take it take it take it take it take it take", Some("take it")),
            ("We are on. And on. and on, and on and on and on", Some("We are on. And")),
            ("I would like to. I would like to. I would like to. I would", Some("I would like to.")),
            ("Ann Lee Ann Lee Ann Lee Ann Lee Ann", Some("Ann Lee")),
            ("call 555-00000000000000000000", Some("call 555-0")),
            ("Haahahahahahahahahahahahahahahahaha", Some("Haah")),
            ("one two three one two three one two three", None),
        ];
        for (text, expected) in cases {
            assert_eq!(without_loop(text).as_deref(), expected, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_cut_text_begins_like_the_text_and_loops_no_more(text in "[a-c ]{0,80}") {
            if let Some(cut) = without_loop(&text) {
                let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
                proptest::prop_assert!(squeezed.starts_with(&cut) || text.starts_with(&cut));
                proptest::prop_assert!(cut.len() < text.len());
            }
        }
    }
}
