//! The caller's words. None is lost: what no case and no message has yet is known at every moment.

use domain::Phi;

use crate::phrases;

/// What the caller said, utterance by utterance.
#[derive(Debug, Default)]
pub(crate) struct Said {
    all: Vec<Phi<String>>,
    /// What belongs into the next message.
    unsaved: Vec<Phi<String>>,
    last: Last,
}

/// Where the last utterance went.
#[derive(Clone, Copy, Debug, Default)]
enum Last {
    #[default]
    AllOnly,
    UnsavedToo,
}

impl Said {
    /// An utterance. `for_message`: it tells more than the answer that was asked for.
    pub(crate) fn keep(&mut self, text: Phi<String>, for_message: bool) {
        if for_message {
            self.unsaved.push(text.clone());
        }
        self.last = if for_message { Last::UnsavedToo } else { Last::AllOnly };
        self.all.push(text);
    }

    /// The second decode of an utterance, which need not be the last any more, and may be saved already.
    pub(crate) fn correct(&mut self, was: &Phi<String>, text: &Phi<String>) {
        for kept in [&mut self.all, &mut self.unsaved] {
            if let Some(heard) = kept.iter_mut().rfind(|heard| *heard == was) {
                heard.clone_from(text);
            }
        }
    }

    /// Whether the caller has said that word or phrase.
    pub(crate) fn holds(&self, phrase: &str) -> bool {
        self.all.iter().any(|heard| phrases::holds(&phrases::words(heard.expose()).join(" "), phrase))
    }

    /// The last utterance was a question that has been answered; no message need tell of it.
    pub(crate) fn last_is_settled(&mut self) {
        if let Last::UnsavedToo = self.last {
            self.unsaved.pop();
            self.last = Last::AllOnly;
        }
    }

    /// The errand is done: no message need tell of it.
    pub(crate) fn settle(&mut self) {
        self.unsaved.clear();
        self.last = Last::AllOnly;
    }

    /// Words that were settled with another errand belong into the next message, too.
    pub(crate) fn recall(&mut self, words: &Phi<String>) {
        if !self.unsaved.contains(words) {
            self.unsaved.insert(0, words.clone());
        }
    }

    /// Whether the caller has not said anything yet.
    pub(crate) fn is_nothing(&self) -> bool {
        self.all.is_empty()
    }

    /// What no message has.
    pub(crate) fn unsaved(&self) -> Phi<String> {
        joined(&self.unsaved)
    }

    /// Everything that was said.
    pub(crate) fn all(&self) -> Phi<String> {
        joined(&self.all)
    }

    /// Whether there is something that no message has.
    pub(crate) fn has_unsaved(&self) -> bool {
        !self.unsaved.is_empty()
    }

    /// The words of the next message.
    pub(crate) fn take_unsaved(&mut self) -> Phi<String> {
        self.last = Last::AllOnly;
        joined(&std::mem::take(&mut self.unsaved))
    }
}

fn joined(parts: &[Phi<String>]) -> Phi<String> {
    let parts: Vec<&str> = parts.iter().map(|part| part.expose().as_str()).collect();
    Phi::new(parts.join("\n"))
}
