//! What the language model is told and asked about a caller's words, from `prompts/reading.toml`.
//!
//! A prompt is the instruction, the shots, and then one message with the utterance. Everything up to the utterance is known
//! before the caller opens their mouth, and is read ahead.

use std::collections::BTreeMap;
use std::str::FromStr;

use domain::{Asked, CallerKind, Intent, Phi, UnknownWord, Urgency};
use serde::Deserialize;

use crate::NluError;
use crate::context::{ReadContext, Said};
use crate::model::{Message, Question};

const FILE: &str = "prompts/reading.toml";

/// The instruction, the shots and the words that may be answered.
#[derive(Clone, Debug)]
pub struct Questions {
    prompt: Vec<Message>,
    trained_prompt: Vec<Message>,
    trained: bool,
    urgency: Vec<String>,
    intent: Vec<String>,
    caller: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    instruction: String,
    trained_instruction: String,
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
            trained_prompt: vec![Message::Instruction(written.trained_instruction)],
            trained: false,
            urgency: words("urgency", Urgency::ALL, Urgency::label, written.urgency)?,
            intent: words("intent", Intent::ALL, Intent::label, written.intent)?,
            caller: words("caller", CallerKind::ALL, CallerKind::label, written.caller)?,
        };
        for shot in written.shots {
            questions.push_shot(&shot)?;
        }
        Ok(questions)
    }

    /// The same questions for a model that was trained to answer them: it needs neither shots nor explanations.
    pub fn for_trained(self) -> Self {
        Self { prompt: self.trained_prompt.clone(), trained: true, ..self }
    }

    /// What a model would have to learn so as to judge `text` like this; no intent where the answer to a question has none of its
    /// own.
    #[cfg(feature = "candle")]
    pub fn lesson(
        &self,
        model: &crate::model::candle::CandleModel,
        (context, text): (&ReadContext, &str),
        (urgency, intent, caller): (Urgency, Option<Intent>, CallerKind),
    ) -> Result<crate::model::candle::Lesson, NluError> {
        let [of_urgency, of_intent, of_caller] = self.asked();
        let mut answers =
            vec![(of_urgency, place(Urgency::ALL, &urgency)), (of_caller, place(CallerKind::ALL, &caller))];
        answers.extend(intent.map(|intent| (of_intent, place(Intent::ALL, &intent))));
        model.lesson(&self.prompt(context, text), &answers)
    }

    /// Whether they are put to a model that was trained to answer them.
    pub(crate) fn trained(&self) -> bool {
        self.trained
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
    pub fn prompt(&self, context: &ReadContext, text: &str) -> Vec<Message> {
        let mut prompt = self.prompt.clone();
        prompt.push(Message::Told(utterance(self.line_before(context), text)));
        prompt
    }

    /// The line before the utterance, where it is shown: only where it is needed to understand an answer. Laid before what
    /// answers "How can I help?", it made the model calmer (on `tests/seed.jsonl`, 15 emergencies above 0.3 in place of 23).
    pub fn line_before<'a>(&self, context: &'a ReadContext) -> Option<&'a Phi<String>> {
        match context.asked {
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
        }
    }

    /// The questions, in the order in which `evidence::Judgement` takes the answers.
    pub(crate) fn asked(&self) -> [Question<'_>; 3] {
        [
            Question { name: "urgency", words: &self.urgency },
            Question { name: "intent", words: &self.intent },
            Question { name: "caller", words: &self.caller },
        ]
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

#[cfg(feature = "candle")]
fn place<T: PartialEq>(labels: &[T], label: &T) -> usize {
    labels.iter().position(|listed| listed == label).expect("every label is listed")
}
