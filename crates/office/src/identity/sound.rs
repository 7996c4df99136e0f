//! Whether two names may be one, misheard.
//!
//! - Metaphone: Lawrence Philips, "Hanging on the Metaphone", Computer Language 7 (12), December 1990. Names with one key
//!   sound alike to an English ear.
//! - Jaro-Winkler: William E. Winkler, "String Comparator Metrics and Enhanced Decision Rules in the Fellegi-Sunter Model
//!   of Record Linkage", 1990. 1 for equal names, 0 for such as share nothing.
//!
//! Metaphone alone takes Jane for John, so names of one key must be spelled alike, too.

/// Names that sound the same are one from this likeness on: "jon" and "john" have 0.93, "okonkwo" and "akonkwa" 0.743, "jane"
/// and "john" 0.70.
const LIKENESS_OF_ONE_SOUND: f64 = 0.74;
/// So many sounds of one order are seldom another name's, and may be spelled further apart: "okonkwo" and "akonquo" have 0.67.
const LONG_KEY: usize = 5;
const LIKENESS_OF_ONE_LONG_SOUND: f64 = 0.6;
/// Names that do not, from this one on: "johnson" and "johnston" have 0.98.
const LIKENESS: f64 = 0.92;

/// Both in lower case, without accents.
pub(super) fn sounds_like(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let likeness = jaro_winkler(one, other);
    let key = metaphone(one);
    let of_one_sound = if key.len() >= LONG_KEY { LIKENESS_OF_ONE_LONG_SOUND } else { LIKENESS_OF_ONE_SOUND };
    likeness >= LIKENESS || (likeness >= of_one_sound && !key.is_empty() && key == metaphone(other))
}

/// The key of a name; `0` stands for "th", `X` for "sh". Letters other than a-z are silent. A vowel that begins a name is `A`
/// whichever it is, and the "g" of "ng" at the beginning is silent: recognisers write Akonquo for Okonkwo and Nuyen for Nguyen.
fn metaphone(name: &str) -> String {
    let mut letters: Vec<u8> = name.bytes().filter(u8::is_ascii_lowercase).collect();
    letters.dedup_by(|next, letter| next == letter && *next != b'c');
    match letters.as_slice() {
        [b'k' | b'g' | b'p', b'n', ..] | [b'a', b'e', ..] | [b'w', b'r', ..] => drop(letters.remove(0)),
        [b'w', b'h', ..] | [b'n', b'g', ..] => drop(letters.remove(1)),
        [b'x', ..] => letters[0] = b's',
        [] | [..] => {}
    }
    (0..letters.len()).map(|at| sound(&letters, at)).collect()
}

/// What the letter at `at` adds to the key.
fn sound(letters: &[u8], at: usize) -> &'static str {
    let before = at.checked_sub(1).map(|i| letters[i]);
    let after = &letters[at + 1..];
    let next = after.first().copied();
    let vowel_next = next.is_some_and(is_vowel);
    let soft_next = matches!(next, Some(b'e' | b'i' | b'y'));
    match letters[at] {
        b'a' | b'e' | b'i' | b'o' | b'u' if at == 0 => "A",
        b'b' if before == Some(b'm') && after.is_empty() => "",
        b'b' => "B",
        b'c' if after.starts_with(b"ia") => "X",
        b'c' if next == Some(b'h') && before == Some(b's') => "K",
        b'c' if next == Some(b'h') => "X",
        b'c' if soft_next && before == Some(b's') => "",
        b'c' if soft_next => "S",
        b'c' => "K",
        b'd' if next == Some(b'g') && matches!(after.get(1), Some(b'e' | b'i' | b'y')) => "J",
        b'd' => "T",
        b'f' | b'v' => "F",
        b'g' if next == Some(b'h') && !after.get(1).copied().is_some_and(is_vowel) => "",
        b'g' if after == b"n" || after == b"ned" => "",
        b'g' if soft_next && before != Some(b'd') => "J",
        b'g' if soft_next => "",
        b'g' => "K",
        b'h' if vowel_next && !matches!(before, Some(b'c' | b's' | b'p' | b't' | b'g')) => "H",
        b'j' => "J",
        b'k' if before == Some(b'c') => "",
        b'k' | b'q' => "K",
        b'l' => "L",
        b'm' => "M",
        b'n' => "N",
        b'p' if next == Some(b'h') => "F",
        b'p' => "P",
        b'r' => "R",
        b's' if next == Some(b'h') || after.starts_with(b"io") || after.starts_with(b"ia") => "X",
        b's' | b'z' => "S",
        b't' if after.starts_with(b"ia") || after.starts_with(b"io") => "X",
        b't' if next == Some(b'h') => "0",
        b't' if after.starts_with(b"ch") => "",
        b't' => "T",
        b'u' if vowel_next && before == Some(b'q') => "W",
        b'w' if vowel_next => "W",
        b'x' => "KS",
        b'y' if vowel_next => "Y",
        _ => "", // vowels within, and h, w, y that are not heard
    }
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u')
}

/// From 0 to 1.
fn jaro_winkler(one: &str, other: &str) -> f64 {
    /// What each equal letter at the beginning adds to the rest of likeness, and how many are counted.
    const PREFIX_WEIGHT: f64 = 0.1;
    const PREFIX_MAX: usize = 4;
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    let jaro = jaro(&one, &other);
    let prefix = one.iter().zip(&other).take(PREFIX_MAX).take_while(|(a, b)| a == b).count();
    jaro + prefix as f64 * PREFIX_WEIGHT * (1.0 - jaro)
}

fn jaro(one: &[char], other: &[char]) -> f64 {
    let window = (one.len().max(other.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; other.len()];
    let mut of_one = Vec::new();
    for (at, letter) in one.iter().enumerate() {
        let near = at.saturating_sub(window)..other.len().min(at + window + 1);
        if let Some(found) = near.into_iter().find(|i| !taken[*i] && other[*i] == *letter) {
            taken[found] = true;
            of_one.push(*letter);
        }
    }
    if of_one.is_empty() {
        return 0.0;
    }
    let of_other = other.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(letter, _)| letter);
    let transposed = of_one.iter().zip(of_other).filter(|(a, b)| a != b).count() as f64 / 2.0;
    let matched = of_one.len() as f64;
    (matched / one.len() as f64 + matched / other.len() as f64 + (matched - transposed) / matched) / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metaphone_gives_the_published_keys() {
        let table = [
            ("smith", "SM0"),
            ("smyth", "SM0"),
            ("stephen", "STFN"),
            ("steven", "STFN"),
            ("katherine", "K0RN"),
            ("knight", "NT"),
            ("wright", "RT"),
            ("thumb", "0M"),
            ("schmidt", "SKMTT"),
            ("philip", "FLP"),
            ("xavier", "SFR"),
            ("whitney", "WTN"),
            ("dodge", "TJ"),
            ("mackenzie", "MKNS"),
            ("", ""),
            ("王", ""),
        ];
        for (name, key) in table {
            assert_eq!(metaphone(name), key, "{name}");
        }
    }

    #[test]
    fn jaro_winkler_gives_the_published_values() {
        // Winkler 1990, table of examples.
        let table = [("martha", "marhta", 0.961), ("dwayne", "duane", 0.840), ("dixon", "dicksonx", 0.813)];
        for (one, other, expected) in table {
            let got = jaro_winkler(one, other);
            assert!((got - expected).abs() < 0.001, "{one} {other}: {got}");
        }
        assert_eq!(jaro_winkler("abc", "xyz"), 0.0);
        assert_eq!(jaro_winkler("", ""), 0.0);
    }
}
