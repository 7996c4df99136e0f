//! Real recordings with what is said in them (`../shared/data`, beside the repository), and how a text of it is judged.

use speech::hearing::{Expecting, HZ};

use crate::recordings::scoring::{Part, Score, digits, missing, word_errors, word_errors_of_part};
use crate::recordings::{Recording, data_set};

/// Shorter stretches hold a few words, of which the first or last is cut in two.
const STRETCH_S_MIN: f64 = 2.0;

/// Something that was said, and how its text is judged.
pub struct Case {
    pub set: usize,
    pub samples: Vec<f32>,
    pub expecting: Expecting,
    pub said: Said,
}

pub enum Said {
    Words(String),
    PartOf { text: String, part: Part, words_min: usize },
    Number(String),
    Phrases(Vec<String>),
}

/// Every data set, as what is to be understood of it.
pub fn cases() -> Option<Vec<Case>> {
    let load = |name| data_set(name, "utterances.jsonl");
    let mut cases = Vec::new();
    for recording in load("speech_an4")? {
        let Some(said) = recording.transcript().map(str::to_owned) else { continue };
        cases.push(Case {
            set: 0,
            samples: recording.samples,
            expecting: Expecting::Spelling,
            said: Said::Words(said),
        });
    }
    cases.extend(load("speech_librimix_overlap")?.iter().flat_map(alone));
    for recording in load("speech_numbers_1spk")? {
        let number = digits(recording.transcript().unwrap());
        cases.push(Case {
            set: 2,
            samples: recording.samples,
            expecting: Expecting::Digits,
            said: Said::Number(number),
        });
    }
    for recording in load("speech_picovoice_s2i")? {
        let slots = recording.known["label"]["slots"].as_object().unwrap();
        let phrases = slots.values().map(|phrase| phrase.as_str().unwrap().to_owned()).collect();
        cases.push(Case {
            set: 3,
            samples: recording.samples,
            expecting: Expecting::Anything,
            said: Said::Phrases(phrases),
        });
    }
    Some(cases)
}

/// The stretches before the second speaker begins and after one of the two has finished.
fn alone(recording: &Recording) -> Vec<Case> {
    let segments = recording.known["segments"].as_array().unwrap();
    let time = |segment: usize, key: &str| segments[segment][key].as_f64().unwrap();
    let first = usize::from(time(1, "start") < time(0, "start"));
    let last = usize::from(time(1, "end") > time(0, "end"));
    let stretches = [
        (first, Part::Beginning, time(first, "start"), time(1 - first, "start")),
        (last, Part::End, time(1 - last, "end"), time(last, "end")),
    ];
    let long_enough = stretches.into_iter().filter(|(_, _, from, to)| to - from >= STRETCH_S_MIN);
    let case = |(speaker, part, from, to): (usize, Part, f64, f64)| {
        let text = segments[speaker]["text"].as_str().unwrap().to_owned();
        let share = (to - from) / (time(speaker, "end") - time(speaker, "start"));
        let words_min = (text.split_whitespace().count() as f64 * share / 2.0) as usize;
        let sample = |s: f64| ((s * f64::from(HZ)) as usize).min(recording.samples.len());
        Case {
            set: 1,
            samples: recording.samples[sample(from)..sample(to)].to_vec(),
            expecting: Expecting::Anything,
            said: Said::PartOf { text, part, words_min },
        }
    };
    long_enough.map(case).collect()
}

pub fn judged(said: &Said, heard: &str) -> Score {
    match said {
        Said::Words(text) => word_errors(text, heard),
        Said::PartOf { text, part, words_min } => word_errors_of_part(text, *part, *words_min, heard),
        Said::Number(number) => Score { errors: usize::from(digits(heard) != *number), of: 1 },
        Said::Phrases(phrases) => missing(phrases.iter().map(String::as_str), heard),
    }
}
