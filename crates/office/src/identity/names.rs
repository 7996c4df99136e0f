use super::nicknames;
use super::sound::sounds_like;

/// A name as it is compared: without capitals, accents, titles and punctuation.
#[derive(PartialEq, Eq)]
pub(super) struct Name {
    given: String,
    /// Middle names and the family name, in order; none if the name is one word.
    rest: Vec<String>,
}

/// Words before or after a name that are not part of it.
const TITLES: &[&str] = &["mr", "mrs", "ms", "miss", "dr", "doctor", "jr", "sr", "junior", "senior", "ii", "iii", "iv"];

impl Name {
    /// `None` if there is no word in it.
    pub(super) fn of(text: &str) -> Option<Self> {
        let folded: String = text.chars().flat_map(fold).collect();
        let mut words = folded.split_whitespace().filter(|w| !TITLES.contains(w)).map(str::to_owned);
        Some(Self { given: words.next()?, rest: words.collect() })
    }

    /// Whether both may be the same name, said and heard. Of one that was spelled it may be unknown where its first part ends:
    /// "Meichen"; and recognisers lose the first letter of a row: "and EICHEN".
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let (one, two) = (self.letters(), other.letters());
        let is_rest = |rest: &Self, of: &Self, letters: &str| {
            rest.rest.is_empty() && of.given.len() > 1 && letters.get(1..) == Some(rest.given.as_str())
        };
        if one == two || is_rest(self, other, &two) || is_rest(other, self, &one) {
            return true;
        }
        let given = nicknames::are_of_one_name(&self.given, &other.given) || sounds_like(&self.given, &other.given);
        given && self.families().any(|one| other.families().any(|two| sounds_like(&one, &two)))
    }

    fn letters(&self) -> String {
        self.given.clone() + &self.rest.concat()
    }

    /// What may be the family name: "berg", "derberg", "vanderberg".
    fn families(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.rest.len()).rev().map(|from| self.rest[from..].concat())
    }
}

/// A letter as it is compared. An apostrophe goes ("O'Brien" is heard as "OBrien"), a hyphen parts.
fn fold(letter: char) -> impl Iterator<Item = char> {
    let folded: &str = match letter {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => "a",
        'Æ' | 'æ' => "ae",
        'Ç' | 'ç' | 'Ć'..='č' => "c",
        'Ď'..='đ' | 'Ð' | 'ð' => "d",
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => "e",
        'Ĝ'..='ģ' => "g",
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' => "i",
        'Ĺ'..='ł' => "l",
        'Ñ' | 'ñ' | 'Ń'..='ň' => "n",
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' | 'Ō'..='ő' => "o",
        'Œ' | 'œ' => "oe",
        'Ŕ'..='ř' => "r",
        'Ś'..='š' => "s",
        'ß' => "ss",
        'Ţ'..='ŧ' => "t",
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => "u",
        'Ý' | 'ý' | 'ÿ' | 'Ŷ'..='Ÿ' => "y",
        'Ź'..='ž' => "z",
        '\'' | '’' | '.' | '\u{300}'..='\u{36f}' => "", // the last are accents that stand alone
        other if other.is_alphabetic() => return Folded::Letter(other.to_lowercase()),
        _ => " ",
    };
    Folded::Known(folded.chars())
}

/// The letters that one letter becomes.
enum Folded {
    Known(std::str::Chars<'static>),
    Letter(std::char::ToLowercase),
}

impl Iterator for Folded {
    type Item = char;
    fn next(&mut self) -> Option<char> {
        match self {
            Self::Known(letters) => letters.next(),
            Self::Letter(letters) => letters.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_like(one: &str, two: &str) -> bool {
        let name = |text| Name::of(text).unwrap_or_else(|| panic!("{text} is a full name"));
        assert_eq!(name(one).is_like(&name(two)), name(two).is_like(&name(one)), "{one}, {two}: either way round");
        name(one).is_like(&name(two))
    }

    #[test]
    fn names_are_the_same_as_they_are_said_and_heard() {
        let same = [
            ("John Smith", "jon smyth"),
            ("Stephen Baker", "Steven Baker"),
            ("Catherine O'Brien", "Katherine OBrien"),
            ("José Núñez", "Jose Nunez"),
            ("Jose\u{301} Nunez", "José Nunez"),
            ("Robert Miller", "Bob Miller"),
            ("Margaret Hall", "Peggy Hall"),
            ("Mr. William Stone Jr.", "Bill Stone"),
            ("Mary Ann Jones", "Mary Jones"),
            ("Anna van der Berg", "Anna Vandenberg"),
            ("Jürgen Müller", "Jurgen Muller"),
            ("Anna Smith-Jones", "Anna Smith Jones"),
            ("Jeffrey Phillips", "Geoffrey Philips"),
            ("Victor Moreau", "Victor Morrow"),
            ("Samuel Okonkwo", "Samuel Akonkwa"),
            ("Samuel Okonkwo", "Samuel Akonquo"),
            ("Linda Nguyen", "Linda Nuyen"),
            ("Linda Nguyen", "Linda New Yen"),
            ("Mei Chen", "Meichen"),
            ("Mei Chen", "Eichen"),
        ];
        for (one, two) in same {
            assert!(is_like(one, two), "{one}, {two}");
        }
    }

    #[test]
    fn other_names_are_others() {
        let others = [
            ("John Smith", "Jane Smith"),
            ("John Smith", "John Jones"),
            ("Robert Miller", "Richard Miller"),
            ("Mary Lee", "Mary Lou"),
            ("Alexander Stone", "Alexandra Stone Baker"),
            ("Maria Diaz", "Mario Ruiz"),
            ("Peter Brown", "Brown Peter"),
            ("Alan Reed", "Ellen Reed"),
            ("Anna Morrow", "Anna Murray"),
            ("Anna Smith", "Anna Smith Jones"),
            ("John Smith", "Smith"),
            ("J. Smith", "Smith"),
        ];
        for (one, two) in others {
            assert!(!is_like(one, two), "{one}, {two}");
        }
    }

    #[test]
    fn without_a_word_there_is_no_name() {
        for text in ["", "Dr.", "  ", "..."] {
            assert!(Name::of(text).is_none(), "{text:?}");
        }
    }
}
