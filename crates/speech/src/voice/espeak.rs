//! Phonemes by the program espeak-ng: [`Espeak`].
//!
//! Words go in (numbers already in words, see [`spoken`](super::spoken)), IPA comes out, one string per line of input.
//! Each clause has a process of its own, so there is no question of which answer belongs to which clause, nor of what a
//! dead or stuck process has swallowed. A start takes 5 to 15 ms, so the next process is started ahead and waits.
//! The words go by its standard input and appear in no list of processes. espeak-ng is GPL; a process of its own
//! keeps it out of our binary.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::SpeechError;

const PROGRAM: &str = "espeak-ng";
/// It answers in milliseconds; a machine that needs longer than this cannot speak live anyway.
const DEADLINE: Duration = Duration::from_secs(2);

/// A way from words to phonemes.
#[derive(Debug)]
pub struct Espeak {
    language: &'static str,
    /// Started ahead for the next clause.
    waiting: Option<Child>,
}

impl Espeak {
    /// For an espeak-ng language such as `en-us`. Fails if the program is not installed.
    pub fn new(language: &'static str) -> Result<Self, SpeechError> {
        let waiting = Some(start(language)?);
        Ok(Self { language, waiting })
    }

    /// The phonemes of each of `phrases`, in their order. A phrase holds no clause punctuation and no line break:
    /// espeak-ng would answer with more than one line.
    pub fn phonemes(&mut self, phrases: &[&str]) -> Result<Vec<String>, SpeechError> {
        let lines = self.ask(&(phrases.join("\n") + "\n"))?;
        if lines.len() == phrases.len() {
            return Ok(lines);
        }
        // It has cut one of the phrases: ask for each alone and join its lines.
        phrases.iter().map(|phrase| Ok(self.ask(&format!("{phrase}\n"))?.join(" "))).collect()
    }

    fn ask(&mut self, words: &str) -> Result<Vec<String>, SpeechError> {
        let ahead = self.waiting.take().map(|child| answer(child, words.to_owned()));
        let answer = match ahead {
            Some(Ok(text)) => Ok(text),
            // The one that waited may have died long ago; a fresh one has no such excuse.
            Some(Err(_)) | None => answer(start(self.language)?, words.to_owned()),
        };
        self.waiting = start(self.language).ok();
        let text = answer.map_err(SpeechError::failed(PROGRAM))?;
        Ok(text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
    }
}

impl Drop for Espeak {
    fn drop(&mut self) {
        if let Some(child) = self.waiting.take() {
            end(child);
        }
    }
}

fn start(language: &str) -> Result<Child, SpeechError> {
    Command::new(PROGRAM)
        .args(["-q", "--ipa", "-v", language])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| SpeechError::NoProgram { program: PROGRAM, source })
}

/// Ends the process where it has not ended by itself, and collects it, so that no zombie stays.
fn end(mut child: Child) {
    let _already_ended = child.kill();
    let _status = child.wait();
}

/// Words that espeak-ng reads wrongly, and their phonemes in its notation. All in lower case.
const PRONOUNCED: [(&str, &str); 3] =
    [("mm-hm", "[[@m'h@m]]"), ("mm-hmm", "[[@m'h@m]]"), ("lisinopril", "[[laIs'In@pr@l]]")];
/// The letter A. In "P A T E L" and "nine a m" espeak-ng reads the article, "uh".
const LETTER_A: &str = "[['eI]]";

/// `words` with phonemes for those that espeak-ng would read wrongly.
///
/// The brackets are espeak-ng's notation for phonemes. [`spoken`](super::spoken::spoken) leaves no brackets, so text
/// cannot bring its own.
pub(crate) fn pronounceable(words: &str) -> String {
    let all: Vec<&str> = words.split(' ').collect();
    let said = all.iter().enumerate().map(|(at, word)| {
        let bare = bare(word);
        let before = at.checked_sub(1).map_or("", |before| self::bare(all[before]));
        let after = all.get(at + 1).map_or("", |after| self::bare(after));
        let known = PRONOUNCED.iter().find(|(name, _)| bare.eq_ignore_ascii_case(name)).map(|(_, phonemes)| *phonemes);
        let is_letter = (bare == "a" && after == "m")
            || (bare == "A" && (is_capital(before) || is_capital(after) || after == "one"));
        match known.or_else(|| is_letter.then_some(LETTER_A)) {
            Some(phonemes) => format!("{phonemes}{}", &word[bare.len()..]),
            None => (*word).to_owned(),
        }
    });
    said.collect::<Vec<_>>().join(" ")
}

fn bare(word: &str) -> &str {
    word.trim_end_matches(|c: char| c.is_ascii_punctuation())
}

fn is_capital(word: &str) -> bool {
    word.len() == 1 && word.starts_with(|c: char| c.is_ascii_uppercase())
}

/// What `child` says to `words`. Writes and reads on a second thread, because a pipe has no deadline of its own.
fn answer(mut child: Child, words: String) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    let mut stdout = child.stdout.take().ok_or("no standard output")?;
    let (done, result) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let answer = stdin.write_all(words.as_bytes()).and_then(|()| {
            drop(stdin);
            let mut text = String::new();
            stdout.read_to_string(&mut text).map(|_bytes| text)
        });
        // The asker may have given up meanwhile.
        let _gone = done.send(answer);
    });
    let answer = result.recv_timeout(DEADLINE);
    end(child);
    match answer {
        Ok(Ok(text)) if text.trim().is_empty() => Err("no answer; is its voice data installed?".into()),
        Ok(text) => Ok(text?),
        Err(_late) => Err(format!("no answer within {DEADLINE:?}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_read_wrongly_is_given_in_phonemes() {
        for (words, told) in [
            ("P A T E L", "P [['eI]] T E L"),
            ("nine a m.", "nine [['eI]] m."),
            ("A one C", "[['eI]] one C"),
            ("G A R C I A.", "G [['eI]] R C I [['eI]]."),
            ("Mm-hm, lisinopril.", "[[@m'h@m]], [[laIs'In@pr@l]]."),
            ("A nurse will call a patient", "A nurse will call a patient"),
        ] {
            assert_eq!(pronounceable(words), told);
        }
    }

    #[test]
    fn words_become_phonemes() {
        let mut espeak = match Espeak::new("en-us") {
            Ok(espeak) => espeak,
            Err(error) => {
                eprintln!("skipped: {error}");
                return;
            }
        };
        let phonemes = espeak.phonemes(&["hello there", "nine [['eI]] m"]).expect("espeak-ng answers");
        assert_eq!(phonemes, ["həlˈoʊ ðˈɛɹ", "nˈaɪn ˈeɪ ˈɛm"]);

        if let Some(child) = &mut espeak.waiting {
            child.kill().expect("the process that waits is ours");
        }
        assert_eq!(espeak.phonemes(&["bye"]).expect("a fresh process answers"), ["bˈaɪ"]);
    }
}
