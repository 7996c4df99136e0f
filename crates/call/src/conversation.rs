//! What was said so far: what the reader is told of it, and what may still be corrected.

use std::collections::VecDeque;

use domain::{Phi, Utterance};
use nlu::{ReadContext, Said};

/// Utterances that a second decode may still correct: it comes within seconds.
const CORRECTABLE_MAX: usize = 4;
/// How many lines of the call the reader is told.
const SO_FAR_MAX: usize = 12;

/// The latest lines and utterances of a call.
#[derive(Default)]
pub(crate) struct Conversation {
    lines: VecDeque<Said>,
    /// Each utterance with what it was read with.
    correctable: VecDeque<(Utterance, ReadContext)>,
}

impl Conversation {
    /// Somebody said a line.
    pub(crate) fn said(&mut self, line: Said) {
        if self.lines.len() == SO_FAR_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// The caller finished an utterance, which is read with `context`.
    pub(crate) fn heard(&mut self, utterance: &Utterance, context: &ReadContext) {
        self.said(Said::Caller(utterance.text.clone()));
        if self.correctable.len() == CORRECTABLE_MAX {
            self.correctable.pop_front();
        }
        self.correctable.push_back((utterance.clone(), context.clone()));
    }

    /// As what an utterance was heard first, and what it was read with.
    pub(crate) fn first_heard(&self, corrected: &Utterance) -> Option<(Phi<String>, ReadContext)> {
        let (first, context) = self.correctable.iter().find(|(first, _)| first.from == corrected.from)?;
        Some((first.text.clone(), context.clone()))
    }

    /// An utterance was heard better.
    pub(crate) fn correct(&mut self, was: &Phi<String>, better: &Phi<String>) {
        let misheard = |said: &&mut Said| matches!(said, Said::Caller(heard) if heard == was);
        if let Some(misheard) = self.lines.iter_mut().rfind(misheard) {
            *misheard = Said::Caller(better.clone());
        }
    }

    /// The latest lines, oldest first.
    pub(crate) fn so_far(&self) -> Vec<Said> {
        self.lines.iter().cloned().collect()
    }
}
