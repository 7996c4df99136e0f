//! What a clinician answers to a text message.
//!
//! A reply that is misread as "I take it" stops the paging of a case that nobody has. So the whole reply must be one of a
//! few forms; every other word in it, a question mark too, makes it [`SmsReply::Other`], whose sender is asked again.

/// An answer to a page by text message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SmsReply {
    /// Takes a case: the one that is named, or else the only one that they were paged for.
    Take(Option<Named>),
    /// Has reached the caller of the case that is named, always: it is closed, and pages no more.
    Reached(Named),
    /// Nothing that is clear enough to act on.
    Other,
}

/// A case as somebody types it: `1234`, `AB-1234`, `ab1234`, `ab 1234`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// In capitals, where they were typed.
    pub letters: Option<String>,
    /// The four digits.
    pub digits: String,
}

impl Named {
    /// Whether this is the case with that reference. Letters that were typed must fit too.
    pub fn names(&self, reference: &str) -> bool {
        reference.split_once('-').is_some_and(|(letters, digits)| {
            digits == self.digits && self.letters.as_deref().is_none_or(|typed| typed == letters)
        })
    }

    /// Of all that follows the first word.
    fn of(words: &[&str]) -> Option<Self> {
        let (letters, digits) = match words {
            [word] => {
                let word = word.strip_prefix('#').unwrap_or(word);
                let (letters, digits) = word.split_at(word.find(|c: char| c.is_ascii_digit())?);
                (letters.strip_suffix('-').unwrap_or(letters), digits)
            }
            [letters, digits] if !letters.is_empty() => (*letters, *digits),
            _ => return None,
        };
        let is_pair = letters.len() == 2 && letters.bytes().all(|b| b.is_ascii_alphabetic());
        let is_number = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
        (is_number && (letters.is_empty() || is_pair))
            .then(|| Self { letters: is_pair.then(|| letters.to_ascii_uppercase()), digits: digits.to_owned() })
    }
}

impl SmsReply {
    /// Of the form's `Body`.
    pub fn of(body: &str) -> Self {
        let lower = body.to_lowercase();
        // What people put between words and at the end. A question mark is none of it.
        let words: Vec<&str> = lower
            .split(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | '!'))
            .filter(|word| !word.is_empty())
            .collect();
        let Some((first, rest)) = words.split_first() else { return Self::Other };
        let named = Named::of(rest);
        if !rest.is_empty() && named.is_none() {
            return Self::Other;
        }
        match (*first, named) {
            ("1" | "take" | "taken" | "accept" | "accepted", named) => Self::Take(named),
            // People say so to anything: only with the case that they mean.
            ("ok" | "okay" | "yes", Some(named)) => Self::Take(Some(named)),
            ("done" | "reached", Some(named)) => Self::Reached(named),
            _ => Self::Other,
        }
    }
}
