//! Those who watch a call: what they are told, and how long the caller waited for an answer.

use domain::{CallNews, CallTime, LineId, Phi, Utterance};
use tokio::sync::mpsc;

/// The viewers of one call. Slow ones lose news; the call never waits for them.
pub(super) struct Audience {
    news: mpsc::Sender<CallNews>,
    /// The newest line's words, for its first sound.
    saying: Option<(LineId, Phi<String>)>,
    /// Where the utterance ended that has no answer yet.
    unanswered_since: Option<CallTime>,
}

impl Audience {
    pub(super) fn new(news: mpsc::Sender<CallNews>) -> Self {
        Self { news, saying: None, unanswered_since: None }
    }

    pub(super) fn tell(&self, news: CallNews) {
        drop(self.news.try_send(news));
    }

    /// A line is about to be said.
    pub(super) fn will_hear(&mut self, line: LineId, text: Phi<String>) {
        self.saying = Some((line, text));
    }

    /// The caller has finished an utterance.
    pub(super) fn heard(&mut self, utterance: &Utterance) {
        self.unanswered_since = Some(utterance.to);
        self.tell(CallNews::Heard(utterance.clone()));
    }

    /// A line's first sound has left.
    pub(super) fn first_sound(&mut self, line: LineId, at: CallTime) {
        let text = match &self.saying {
            Some((newest, text)) if *newest == line => text.clone(),
            Some(_) | None => Phi::default(),
        };
        let voice_to_voice_ms = self.unanswered_since.take().map(|to| at.since(to).as_millis() as u64);
        self.tell(CallNews::Saying { line, text, at, voice_to_voice_ms });
    }
}
