//! What the language model is told and asked about a caller's words, from `prompts/reading.toml`.
//!
//! A prompt is the instruction, the shots, and then one message with the utterance. Everything up to the utterance is known
//! before the caller opens their mouth, and is read ahead.

use std::collections::BTreeMap;
use std::str::FromStr;

use domain::{Asked, CallerKind, Intent, Phi, Probabilities, UnknownWord, Urgency};
use serde::Deserialize;

use crate::NluError;
use crate::context::{ReadContext, Said};
use crate::evidence::Judgement;
use crate::model::{Message, Question};

const FILE: &str = "prompts/reading.toml";

/// The instruction, the shots and the words that may be answered.
#[derive(Clone, Debug)]
pub struct Questions {
    prompt: Vec<Message>,
    urgency: Vec<String>,
    intent: Vec<String>,
    caller: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    instruction: String,
    urgency: BTreeMap<String, String>,
    intent: BTreeMap<String, String>,
    caller: BTreeMap<String, String>,
    #[serde(rename = "shot")]
    shots: Vec<WrittenShot>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenShot {
    said: String,
    urgency: String,
    intent: String,
    caller: String,
}

impl Questions {
    /// The questions that come with FirstRing.
    pub fn built_in() -> Self {
        Self::parse(include_str!("../../../prompts/reading.toml")).expect("a test reads this very file")
    }

    /// Questions as they are written in `prompts/reading.toml`.
    pub fn parse(toml: &str) -> Result<Self, NluError> {
        let written: Written = toml::from_str(toml).map_err(|e| NluError::Toml { file: FILE, source: Box::new(e) })?;
        let mut questions = Self {
            prompt: vec![Message::Instruction(written.instruction)],
            urgency: words("urgency", Urgency::ALL, Urgency::label, written.urgency)?,
            intent: words("intent", Intent::ALL, Intent::label, written.intent)?,
            caller: words("caller", CallerKind::ALL, CallerKind::label, written.caller)?,
        };
        for shot in written.shots {
            questions.push_shot(&shot)?;
        }
        Ok(questions)
    }

    fn push_shot(&mut self, shot: &WrittenShot) -> Result<(), NluError> {
        let answers = vec![
            ("urgency".to_owned(), self.urgency[at(Urgency::ALL, &shot.urgency, &shot.said)?].clone()),
            ("intent".to_owned(), self.intent[at(Intent::ALL, &shot.intent, &shot.said)?].clone()),
            ("caller".to_owned(), self.caller[at(CallerKind::ALL, &shot.caller, &shot.said)?].clone()),
        ];
        self.prompt.push(Message::Told(utterance(None, &shot.said)));
        self.prompt.push(Message::Answered(answers));
        Ok(())
    }

    /// The part of the prompt that is the same in all calls.
    pub(crate) fn beginning(&self) -> &[Message] {
        &self.prompt
    }

    /// The whole prompt for `text`. With an empty text: what can be read ahead of it.
    ///
    /// The line before is shown only where it is needed to understand an answer: laid before what answers "How can I
    /// help?", it made the model calmer (on `tests/seed.jsonl`, 15 emergencies above 0.3 in place of 23).
    pub(crate) fn prompt(&self, context: &ReadContext, text: &str) -> Vec<Message> {
        let line_before = match context.asked {
            Asked::Open | Asked::Message => None,
            Asked::Name
            | Asked::Spelling
            | Asked::Callback
            | Asked::DateOfBirth
            | Asked::YesNo
            | Asked::Safety
            | Asked::CalledEmergencyNumber
            | Asked::WhoIsThere
            | Asked::NameAndBirth
            | Asked::NewOrKnown
            | Asked::VisitReason
            | Asked::When
            | Asked::Choice
            | Asked::Drug
            | Asked::Dose
            | Asked::Pharmacy
            | Asked::DaysLeft
            | Asked::Detail => context.so_far.iter().rev().find_map(|said| match said {
                Said::FirstRing(line) => Some(line),
                Said::Caller(_) => None,
            }),
        };
        let mut prompt = self.prompt.clone();
        prompt.push(Message::Told(utterance(line_before, text)));
        prompt
    }

    /// The questions, in the order in which [`Questions::judgement`] takes the answers.
    pub(crate) fn asked(&self) -> [Question<'_>; 3] {
        [
            Question { name: "urgency", words: &self.urgency },
            Question { name: "intent", words: &self.intent },
            Question { name: "caller", words: &self.caller },
        ]
    }

    /// What a model's answers to [`Questions::asked`] mean. None if they are not answers to these.
    pub(crate) fn judgement(answers: &[Vec<f32>]) -> Option<Judgement> {
        let [urgency, intent, caller] = answers else { return None };
        let of =
            |wanted: Urgency| Urgency::ALL.iter().position(|u| *u == wanted).and_then(|at| urgency.get(at)).copied();
        Some(Judgement {
            urgency: Probabilities {
                emergency: of(Urgency::Emergency)?,
                urgent: of(Urgency::Urgent)?,
                routine: of(Urgency::Routine)?,
            },
            intent: most_probable(Intent::ALL, intent)?,
            caller: most_probable(CallerKind::ALL, caller)?,
        })
    }
}

/// What is to be judged, in the same layout in shots and in calls.
fn utterance(line_before: Option<&Phi<String>>, text: &str) -> Phi<String> {
    let office = line_before.map_or(String::new(), |line| format!("Office: {}\n", line.expose()));
    Phi::new(format!("{office}Caller: {text}").trim_end().to_owned())
}

/// The word for each label, in the order of the labels.
fn words<T: Copy>(
    question: &str,
    labels: &[T],
    label: impl Fn(T) -> &'static str,
    mut written: BTreeMap<String, String>,
) -> Result<Vec<String>, NluError> {
    let wrong = |problem: String, fix: &str| NluError::Entry {
        file: FILE,
        entry: format!("[{question}]"),
        problem,
        fix: fix.to_owned(),
    };
    let words = labels
        .iter()
        .map(|l| written.remove(label(*l)).ok_or_else(|| wrong(format!("no word for {}", label(*l)), "add one")))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(unknown) = written.keys().next() {
        return Err(wrong(format!("{unknown} is no label"), "remove it"));
    }
    for (at, word) in words.iter().enumerate() {
        if word.trim().is_empty() || words[..at].contains(word) {
            return Err(wrong(format!("the word {word:?} cannot be told from others"), "choose another"));
        }
    }
    Ok(words)
}

fn at<T: Copy + PartialEq + FromStr<Err = UnknownWord>>(
    labels: &[T],
    word: &str,
    said: &str,
) -> Result<usize, NluError> {
    let wrong = |problem: String| NluError::Entry {
        file: FILE,
        entry: format!("the shot {said:?}"),
        problem,
        fix: "use the labels on the left in the tables above".to_owned(),
    };
    let label = word.parse::<T>().map_err(|e| wrong(e.to_string()))?;
    labels.iter().position(|l| *l == label).ok_or_else(|| wrong(format!("{word} is not listed")))
}

fn most_probable<T: Copy>(labels: &[T], probabilities: &[f32]) -> Option<(T, f32)> {
    let pairs = labels.iter().copied().zip(probabilities.iter().copied());
    pairs.max_by(|(_, a), (_, b)| a.total_cmp(b))
}
