//! The recording of this call, and what is taken out of it: the digits of payment cards.

use dialogue::Record;
use domain::{CallTime, Partial, Utterance};
use speech::hearing::Hearing;

use super::Running;
use crate::cards::Found;

impl Running {
    /// Does what was decided of the recording.
    pub(super) fn record(&mut self, record: Record) {
        match (record, &self.recorded) {
            (Record::On, None) => {
                let recorder = self.desk.recorder.as_ref();
                self.recorded = recorder.and_then(|recorder| recorder.record(self.errands.call, self.mouth.speaker()));
            }
            (Record::Off, Some(recorded)) => recorded.stop(),
            (Record::Withdrawn, Some(recorded)) => recorded.withdraw(),
            (Record::On, Some(_)) | (Record::Off | Record::Withdrawn, None) => {}
        }
    }

    /// Nobody hears the caller any more, so nobody could say that a card number is in the sound.
    pub(super) fn recorded_by_nobody(&mut self) {
        if let Some(recorded) = &self.recorded {
            recorded.is_deaf();
        }
    }

    /// The same without the digits of payment cards. Where they were said, the recording is silent.
    pub(super) fn without_cards(&mut self, hearing: Hearing) -> Hearing {
        let (hearing, silent) = match hearing {
            Hearing::Partial(partial) => {
                match self.cards.partial(&partial.text, partial.from, self.receptionist.asked()) {
                    Some(Found { text, from }) => {
                        let silent = from.map(|from| (from, partial.to));
                        (Hearing::Partial(Partial { text, ..partial }), silent)
                    }
                    None => (Hearing::Partial(partial), None),
                }
            }
            Hearing::Utterance(utterance) => {
                let (utterance, silent) = self.without_card(utterance, true);
                (Hearing::Utterance(utterance), silent)
            }
            Hearing::Corrected(utterance) => {
                let (utterance, silent) = self.without_card(utterance, false);
                (Hearing::Corrected(utterance), silent)
            }
            // What nobody could make out may have been anything.
            Hearing::Unintelligible { from, to } => (Hearing::Unintelligible { from, to }, Some((from, to))),
            other @ (Hearing::SpeechStarted { .. }
            | Hearing::SpeechEnded { .. }
            | Hearing::Dismissed { .. }
            | Hearing::Decode(_)
            | Hearing::JudgeTurn { .. }
            | Hearing::Cancel(_)) => (other, None),
        };
        if let Some(recorded) = &self.recorded {
            if let Some((from, to)) = silent {
                recorded.silence(from, to);
            }
            match &hearing {
                Hearing::SpeechStarted { at } => recorded.speech_started(*at),
                Hearing::SpeechEnded { at } => recorded.speech_ended(*at),
                Hearing::Utterance(Utterance { to, .. })
                | Hearing::Dismissed { to, .. }
                | Hearing::Unintelligible { to, .. } => recorded.words_known(*to),
                Hearing::Partial(_)
                | Hearing::Corrected(_)
                | Hearing::Decode(_)
                | Hearing::JudgeTurn { .. }
                | Hearing::Cancel(_) => {}
            }
        }
        hearing
    }

    fn without_card(&mut self, utterance: Utterance, first: bool) -> (Utterance, Option<(CallTime, CallTime)>) {
        let Utterance { text, from, to, .. } = &utterance;
        let (from, to) = (*from, *to);
        let asked = self.receptionist.asked();
        let found = if first { self.cards.ended(text, from, to, asked) } else { self.cards.corrected(text, from) };
        match found {
            Some(Found { text, from }) => (Utterance { text, ..utterance }, from.map(|from| (from, to))),
            None => (utterance, None),
        }
    }
}
