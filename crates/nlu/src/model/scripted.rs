use super::{Cancel, LanguageModel, Message, Question};
use crate::NluError;

/// A model for tests: it answers by the words that stand in what was told last.
///
/// Each line of the script is (a piece of what is told, question, word): the first line whose piece occurs and whose
/// question is asked decides, with a probability of [`Scripted::CONFIDENCE`]; without one, all words are equally
/// probable.
#[derive(Debug, Default)]
pub struct Scripted {
    script: Vec<(&'static str, &'static str, &'static str)>,
}

impl Scripted {
    /// The probability of a word that the script names; the others share the rest.
    pub const CONFIDENCE: f32 = 0.9;

    /// A model that follows `script`.
    pub fn new(script: &[(&'static str, &'static str, &'static str)]) -> Self {
        Self { script: script.to_vec() }
    }

    fn answer(&self, told: &str, question: &Question<'_>) -> Vec<f32> {
        let count = question.words.len() as f32;
        let scripted = self
            .script
            .iter()
            .find(|(piece, name, _)| *name == question.name && told.contains(piece))
            .and_then(|(_, _, word)| question.words.iter().position(|w| w == word));
        let probability = |at: usize| match scripted {
            None => 1.0 / count,
            Some(chosen) if chosen == at => Self::CONFIDENCE,
            Some(_) => (1.0 - Self::CONFIDENCE) / (count - 1.0),
        };
        (0..question.words.len()).map(probability).collect()
    }
}

impl LanguageModel for Scripted {
    fn prepare(&mut self, _messages: &[Message], cancel: &Cancel) -> Result<(), NluError> {
        cancel.check()
    }

    fn choose(
        &mut self,
        messages: &[Message],
        questions: &[Question<'_>],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<f32>>, NluError> {
        cancel.check()?;
        let told = match messages.last() {
            Some(Message::Told(text)) => text.expose().as_str(),
            Some(Message::Instruction(_) | Message::Answered(_)) | None => "",
        };
        Ok(questions.iter().map(|question| self.answer(told, question)).collect())
    }
}
