//! Tokens -> words to match phrases on: contractions written out, numbers as digits, clauses counted.

use super::numbers::read_cardinal;
use super::token::{Pause, Token, tokens};

/// A normalised word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Lower case; `can't` has become `cannot`, `ninety five` has become `95`.
    pub(crate) text: String,
    /// Rises at every comma and wherever a new thought seems to begin; a negation does not reach across.
    pub(crate) clause: usize,
    /// Rises at every full stop and at `but`.
    pub(crate) sentence: usize,
}

/// Words after which a thought goes on by itself, so that an earlier "no" says nothing of it.
const CLAUSE_BREAKS: &[&str] =
    &["but", "however", "although", "though", "except", "and", "because", "then", "yet", "so", "now", "just"];

/// Words that open a clause after an answering "no": "no I can't breathe" is not "no chest pain".
const OPENERS: &[&str] = &[
    "i", "we", "you", "he", "she", "it", "they", "my", "his", "her", "our", "their", "the", "this", "that", "there",
    "cannot", "not", "no", "never", "will", "would", "do", "does", "did", "is", "am", "are", "was", "were", "has",
    "have", "had", "please",
];

/// The words of `text`, normalised. Patterns go through the same function, so both sides agree.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let tokens = written_out(&tokens(text));
    let mut words: Vec<Word> = Vec::with_capacity(tokens.len());
    let (mut clause, mut sentence, mut at) = (0, 0, 0);
    while at < tokens.len() {
        let (text, used) = match read_cardinal(&tokens[at..]) {
            Some((digits, used)) => (digits, used),
            None => (tokens[at].word.clone(), 1),
        };
        let answered_no = words.last().is_some_and(|last| last.text == "no") && OPENERS.contains(&text.as_str());
        if answered_no || CLAUSE_BREAKS.contains(&text.as_str()) {
            clause += 1;
        }
        if text == "but" {
            sentence += 1;
        }
        words.push(Word { text, clause, sentence });
        at += used;
        match tokens[at - 1].pause {
            Pause::None => {}
            Pause::Comma => clause += 1,
            Pause::Stop => {
                clause += 1;
                sentence += 1;
            }
        }
    }
    words
}

/// Contractions written out: `won't` -> `will not`, `dont` -> `do not`, `baby's` -> `baby is` (also where it means
/// "has" or belongs to her: a gap in a pattern takes no harm from one word more).
fn written_out(tokens: &[Token]) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let (first, second) = expand(&token.word);
        if first == "not" && second.is_none() && out.last().is_some_and(|last| last.word == "can") {
            if let Some(can) = out.last_mut() {
                "cannot".clone_into(&mut can.word);
                can.at.end = token.at.end;
                can.pause = token.pause;
            }
            continue;
        }
        let pause = if second.is_some() { Pause::None } else { token.pause };
        out.push(Token { word: first, at: token.at.clone(), pause });
        out.extend(second.map(|word| Token { word: word.to_owned(), at: token.at.clone(), pause: token.pause }));
    }
    out
}

fn expand(word: &str) -> (String, Option<&'static str>) {
    let whole = match word {
        "can't" | "cant" => return ("cannot".to_owned(), None),
        "won't" | "wont" => ("will", "not"),
        "gonna" => ("going", "to"),
        "wanna" => ("want", "to"),
        "gotta" => ("got", "to"),
        "im" => ("i", "am"),
        "ive" => ("i", "have"),
        "hes" => ("he", "is"),
        "shes" => ("she", "is"),
        "its" => ("it", "is"),
        "thats" => ("that", "is"),
        "theres" => ("there", "is"),
        "whats" => ("what", "is"),
        "theyre" => ("they", "are"),
        "dont" => ("do", "not"),
        "doesnt" => ("does", "not"),
        "didnt" => ("did", "not"),
        "arent" => ("are", "not"),
        "wasnt" => ("was", "not"),
        "hasnt" => ("has", "not"),
        "havent" => ("have", "not"),
        "hadnt" => ("had", "not"),
        "wouldnt" => ("would", "not"),
        "couldnt" => ("could", "not"),
        "shouldnt" => ("should", "not"),
        "isnt" | "aint" | "ain't" => ("is", "not"),
        _ => return by_ending(word),
    };
    (whole.0.to_owned(), Some(whole.1))
}

fn by_ending(word: &str) -> (String, Option<&'static str>) {
    const ENDINGS: &[(&str, &str)] = &[
        ("n't", "not"),
        ("'m", "am"),
        ("'re", "are"),
        ("'ve", "have"),
        ("'ll", "will"),
        ("'d", "would"),
        ("'s", "is"),
    ];
    ENDINGS
        .iter()
        .find_map(|&(ending, second)| {
            Some((word.strip_suffix(ending).filter(|stem| !stem.is_empty())?.to_owned(), Some(second)))
        })
        .unwrap_or_else(|| (word.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises() {
        for (text, expected) in [
            ("I can not breathe", "i cannot breathe"),
            ("He WON'T wake up, baby's limp", "he will not wake up baby is limp"),
            ("Fever of a hundred and four point two", "fever of 104.2"),
            ("one oh three", "103"),
            ("call nine one one", "call 911"),
            ("Call nine one one. One oh four two.", "call 911 1042"),
            ("I am five. One oh four two.", "i am 5 1042"),
            ("Nine. One. One.", "911"),
            ("Nine. One one.", "911"),
            ("I took two. Ninety minutes ago.", "i took 2 90 minutes ago"),
            ("ninety-five", "95"),
            ("one ninety over one ten", "190 over 110"),
            ("one or two tablets", "1 or 2 tablets"),
            ("at three fifteen", "at 3 15"),
            ("sugar is four hundred and twenty", "sugar is 420"),
            ("three week old", "3 week old"),
            ("no one", "no 1"),
            ("104.5", "104.5"),
        ] {
            let got: Vec<_> = words(text).into_iter().map(|word| word.text).collect();
            assert_eq!(got.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn an_answering_no_ends_its_clause() {
        let clauses = |text: &str| words(text).last().map(|word| word.clause);
        assert_eq!(clauses("no chest pain"), Some(0));
        assert_eq!(clauses("no I have chest pain"), Some(1));
        assert_eq!(clauses("no, chest pain"), Some(1));
    }
}
