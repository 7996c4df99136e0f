//! Text as the recogniser writes it -> tokens that remember where they stood.

use std::ops::Range;

/// What stood behind a token. Recognisers set commas by rhythm, so nothing may hang on one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pause {
    /// Nothing, or a space.
    None,
    /// A comma, a dash, an ellipsis.
    Comma,
    /// A full stop, a question or exclamation mark, a semicolon.
    Stop,
}

/// One run of letters and digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// Lower case, with a straight apostrophe; a decimal number keeps its point, `a.m.` has none.
    pub(crate) word: String,
    /// Bytes of the text that it was made of.
    pub(crate) at: Range<usize>,
    /// What followed.
    pub(crate) pause: Pause,
}

/// The tokens of `text`. Every range lies on character boundaries; the ranges rise and do not overlap.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut run: Option<Token> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        let next = chars.peek().map(|&(_, next)| next);
        if c.is_alphanumeric() {
            let token = run.get_or_insert_with(|| Token { word: String::new(), at: at..end, pause: Pause::None });
            token.word.extend(c.to_lowercase());
            token.at.end = end;
        } else if let Some(kept) = run.as_mut().and_then(|token| joiner(&token.word, c, next)) {
            if let Some(token) = run.as_mut() {
                token.word.push_str(kept);
            }
        } else {
            tokens.extend(run.take());
            if let Some(last) = tokens.last_mut() {
                last.pause = stronger(last.pause, pause(c));
            }
        }
    }
    tokens.extend(run);
    tokens
}

/// What a sign between two characters of one word leaves in it; `None` if it ends the word.
fn joiner(word: &str, sign: char, next: Option<char>) -> Option<&'static str> {
    let next = next.filter(|next| next.is_alphanumeric())?;
    let last = word.chars().last()?;
    match sign {
        '\'' | '\u{2019}' if last.is_alphabetic() => Some("'"),
        '.' if last.is_ascii_digit() && next.is_ascii_digit() => Some("."),
        // "a.m.", "U.S.": single letters between points
        '.' if next.is_alphabetic() && word.chars().count() == 1 && last.is_alphabetic() => Some(""),
        _ => None,
    }
}

fn pause(sign: char) -> Pause {
    match sign {
        '.' | '?' | '!' | ';' => Pause::Stop,
        ',' | ':' | '\u{2013}' | '\u{2014}' | '\u{2026}' => Pause::Comma,
        _ => Pause::None,
    }
}

fn stronger(a: Pause, b: Pause) -> Pause {
    match (a, b) {
        (Pause::Stop, _) | (_, Pause::Stop) => Pause::Stop,
        (Pause::Comma, _) | (_, Pause::Comma) => Pause::Comma,
        (Pause::None, Pause::None) => Pause::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_pauses_and_places() {
        let text = "I can\u{2019}t, it\u{2019}s 104.5 at 5 p.m. Okay?";
        let got: Vec<_> = tokens(text).into_iter().map(|t| (t.word.clone(), &text[t.at.clone()], t.pause)).collect();
        let expected = [
            ("i", "I", Pause::None),
            ("can't", "can\u{2019}t", Pause::Comma),
            ("it's", "it\u{2019}s", Pause::None),
            ("104.5", "104.5", Pause::None),
            ("at", "at", Pause::None),
            ("5", "5", Pause::None),
            ("pm", "p.m", Pause::Stop),
            ("okay", "Okay", Pause::Stop),
        ];
        let got: Vec<_> = got.iter().map(|(word, heard, pause)| (word.as_str(), *heard, *pause)).collect();
        assert_eq!(got, expected);
    }
}
