//! Did anybody say these words, or did the recogniser make them up?
//!
//! Whisper was trained on subtitles, so from noise it writes what subtitles hold where nobody speaks: descriptions in
//! brackets, "Thank you.", "Thanks for watching!". People say some of that too; so such a text counts only if the sound
//! was certainly voice and the decoder was certain of its words. (whisper.cpp's own no-speech probability is no help:
//! it is read after the prompt and is near zero whatever the sound.)

use super::Recognized;
use super::output::Dismissal;
use super::part::Voicing;

/// What Whisper writes where nobody speaks and a caller may also say: lower case, letters only.
const SUBTITLES: [&str; 16] = [
    "bye",
    "bye bye",
    "good bye",
    "goodbye",
    "hmm",
    "i",
    "oh",
    "okay",
    "so",
    "thank you",
    "thank you so much",
    "thank you very much",
    "thanks",
    "the",
    "uh",
    "you",
];

/// What no caller says to a practice.
const NEVER_SAID: [&str; 8] = [
    "blankaudio",
    "please subscribe",
    "see you in the next video",
    "see you next time",
    "subtitles by the amaraorg community",
    "thank you for watching",
    "thanks for watching",
    "thank you for watching please subscribe",
];

/// "Shh" is said to a child in the room; a hiss is longer.
const HISS_LETTERS: usize = 4;
/// Below this the decoder was guessing.
const GUESS: f32 = 0.35;
/// For a text that Whisper is fond of, it must be this certain.
const CERTAIN: f32 = 0.6;
/// And the sound this certainly voice, on average over its voiced windows.
const CERTAINLY_VOICE: f32 = 0.75;
/// Slower than this nobody speaks: so much voice with one word is something else.
const SECONDS_PER_WORD_MAX: f32 = 2.5;

/// The words in `recognized` that somebody said, without descriptions of noises.
pub(super) fn words(recognized: &Recognized, voicing: Voicing) -> Result<String, Dismissal> {
    let text = without_descriptions(recognized.text.expose());
    let plain = plain(&text);
    if plain.is_empty() || is_mere_sound(&plain) {
        return Err(Dismissal::NoWords);
    }
    let words = plain.split(' ').count() as f32;
    let fond = SUBTITLES.contains(&plain.as_str());
    let doubtful_sound = voicing.certainty < CERTAINLY_VOICE || voicing.voiced_s > words * SECONDS_PER_WORD_MAX;
    let made_up = NEVER_SAID.contains(&plain.as_str())
        || fond && (doubtful_sound || recognized.confidence < CERTAIN)
        || doubtful_sound && recognized.confidence < GUESS;
    if made_up { Err(Dismissal::MadeUp) } else { Ok(text) }
}

/// Without "[BLANK_AUDIO]", "(wind blowing)", "*sigh*" and music notes.
fn without_descriptions(text: &str) -> String {
    let mut kept = String::new();
    let mut closing = None;
    for c in text.chars() {
        match (closing, c) {
            (Some(end), _) if c == end => closing = None,
            (Some(_), _) | (None, '♪' | '♫') => {}
            (None, '[') => closing = Some(']'),
            (None, '(') => closing = Some(')'),
            (None, '*') => closing = Some('*'),
            (None, _) => kept.push(c),
        }
    }
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// "Hahahahah", "ha ha ha", "ssssss", however long. A single "ha" may be a name, and "mmm" a yes.
fn is_mere_sound(plain: &str) -> bool {
    let letters: String = plain.split(' ').collect();
    if letters.len() >= HISS_LETTERS && letters.chars().all(|letter| matches!(letter, 's' | 'h' | 'f')) {
        return true;
    }
    let rest = letters.trim_start_matches("ha");
    letters.len() - rest.len() >= "haha".len() && matches!(rest, "" | "h")
}

/// Lower case, letters and digits only, single spaces.
pub(super) fn plain(text: &str) -> String {
    text.split_whitespace()
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_text_is_dismissed_and_short_answers_survive() {
        use Dismissal::{MadeUp, NoWords};
        type Case = (&'static str, f32, f32, f32, Result<&'static str, Dismissal>);
        let cases: [Case; 23] = [
            // text, confidence, voiced seconds, certainty of voice
            ("", 0.0, 0.3, 0.9, Err(NoWords)),
            ("[BLANK_AUDIO]", 0.9, 0.3, 0.9, Err(NoWords)),
            ("(wind blowing)", 0.9, 3.0, 0.9, Err(NoWords)),
            ("♪ ♪", 0.9, 3.0, 0.9, Err(NoWords)),
            ("...", 0.9, 3.0, 0.9, Err(NoWords)),
            ("Hahahahahahahahahahah", 0.9, 0.9, 0.95, Err(NoWords)),
            ("Ha, ha, ha!", 0.9, 0.9, 0.95, Err(NoWords)),
            ("Sssssss", 0.9, 0.3, 0.95, Err(NoWords)),
            ("Ha.", 0.9, 0.3, 0.95, Ok("Ha.")),
            ("Haha, yes please.", 0.9, 1.2, 0.95, Ok("Haha, yes please.")),
            ("[cough] I need a doctor", 0.8, 1.5, 0.9, Ok("I need a doctor")),
            ("Thank you.", 0.9, 0.6, 0.95, Ok("Thank you.")),
            ("Thank you.", 0.9, 0.6, 0.6, Err(MadeUp)),
            ("Thank you.", 0.4, 0.6, 0.95, Err(MadeUp)),
            ("Goodbye.", 0.23, 0.6, 0.95, Err(MadeUp)),
            ("you", 0.9, 4.0, 0.95, Err(MadeUp)),
            ("Yes.", 0.9, 0.2, 0.7, Ok("Yes.")),
            ("Yes.", 0.5, 0.2, 0.6, Ok("Yes.")),
            ("No", 0.2, 0.1, 0.5, Err(MadeUp)),
            ("Thanks for watching!", 0.95, 1.0, 0.95, Err(MadeUp)),
            ("My chest hurts.", 0.3, 1.0, 0.9, Ok("My chest hurts.")),
            ("My chest hurts.", 0.3, 1.0, 0.6, Err(MadeUp)),
            ("my chest hurts thank you", 0.4, 2.0, 0.6, Ok("my chest hurts thank you")),
        ];
        for (text, confidence, voiced_s, certainty, expected) in cases {
            let recognized = Recognized { text: text.into(), confidence, looped: false };
            let heard = words(&recognized, Voicing { voiced_s, certainty });
            assert_eq!(heard, expected.map(str::to_owned), "{text:?} {confidence} {voiced_s} {certainty}");
        }
    }
}
