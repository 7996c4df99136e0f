//! What somebody who waits for an opening answers to a text message that offers one.
//!
//! As with a clinician's reply the whole text must be one of a few forms: whatever else stands in it makes it unclear, and
//! nothing is done.

/// An answer to an offered opening. The number is the offer's: its four digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum OfferReply {
    /// Takes it.
    Yes(String),
    /// Does not.
    No(String),
    /// Wants no more such texts.
    Stop,
    /// Nothing that is clear enough to act on.
    Unclear,
}

impl OfferReply {
    /// Of the form's `Body`.
    pub(crate) fn of(body: &str) -> Self {
        let lower = body.to_lowercase();
        let words: Vec<&str> = lower
            .split(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | '!' | '"'))
            .filter(|word| !word.is_empty())
            .collect();
        match words[..] {
            // What gateways themselves take for it.
            ["stop" | "stopall" | "unsubscribe" | "cancel" | "end" | "quit"] => Self::Stop,
            ["yes", code] if is_code(code) => Self::Yes(code.to_owned()),
            ["no", code] if is_code(code) => Self::No(code.to_owned()),
            _ => Self::Unclear,
        }
    }
}

fn is_code(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_answer_with_its_number_counts() {
        let yes = OfferReply::Yes("4821".to_owned());
        for text in ["YES 4821", "Yes, 4821.", " yes\n4821! ", "\"YES 4821\""] {
            assert_eq!(OfferReply::of(text), yes, "{text}");
        }
        assert_eq!(OfferReply::of("No 4821"), OfferReply::No("4821".to_owned()));
        for text in ["stop", "STOPALL", "Unsubscribe.", "CANCEL", "end", "Quit"] {
            assert_eq!(OfferReply::of(text), OfferReply::Stop, "{text}");
        }
        for text in [
            "",
            "yes",
            "yes 482",
            "yes 48211",
            "yes 4821?",
            "yes 4821 or later",
            "no yes 4821",
            "stop it",
            "ok 4821",
            "4821",
        ] {
            assert_eq!(OfferReply::of(text), OfferReply::Unclear, "{text}");
        }
    }
}
