//! What was said since the caller's last words: it is said again to whoever asks "what?".

use std::collections::VecDeque;

use crate::Prompt;

/// Of more lines than this the oldest is not said again.
const LINES_MAX: usize = 4;

/// Our own last lines.
#[derive(Debug, Default)]
pub(crate) struct Echo {
    said: VecDeque<Prompt>,
    again: VecDeque<Prompt>,
}

impl Echo {
    /// A line was begun.
    pub(crate) fn said(&mut self, prompt: &Prompt) {
        let asks_for_nothing = matches!(
            prompt,
            Prompt::TakeYourTime(_) | Prompt::Slower(_) | Prompt::OneMoment(_) | Prompt::StillThere(_)
        );
        if !asks_for_nothing && !self.said.contains(prompt) {
            self.said.push_back(prompt.clone());
        }
        if self.said.len() > LINES_MAX {
            self.said.pop_front();
        }
    }

    /// The caller said something that is not "what?".
    pub(crate) fn answered(&mut self) {
        *self = Self::default();
    }

    /// "What?": the lines are to be said again.
    pub(crate) fn repeat(&mut self) {
        self.again.clone_from(&self.said);
    }

    /// Says a line of its own before that; what was asked stays asked.
    pub(crate) fn first(&mut self, prompt: Prompt) {
        self.again.push_front(prompt);
    }

    /// The next line to be said, and whether it is the last one that was said before.
    pub(crate) fn next(&mut self) -> Option<(Prompt, bool)> {
        let prompt = self.again.pop_front()?;
        let is_last = self.said.back() == Some(&prompt);
        Some((prompt, is_last))
    }
}
