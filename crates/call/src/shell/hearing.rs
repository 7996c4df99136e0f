//! What becomes of what the ears tell and the reader answers: both turn into inputs, in the order in which they come.

use dialogue::Input;
use domain::{CallNews, Decode, Utterance};
use speech::hearing::Hearing;

use super::Running;
use crate::ears::HearingNews;
use crate::journal::Happening;
use crate::reader::{Evidence, Read};

/// Decodes that go with a message: more than a call of twenty minutes has. The journal has the others.
const DECODES_MAX: usize = 1024;

impl Running {
    pub(super) async fn heard(&mut self, news: HearingNews) {
        let hearing = match news {
            HearingNews::Heard(hearing) => hearing,
            HearingNews::Stage { stage, ms } => return self.stage(stage, ms),
            HearingNews::Lost => {
                self.recorded_by_nobody();
                return self.input(Input::HearingLost).await;
            }
        };
        let hearing = self.without_cards(hearing);
        match hearing {
            Hearing::SpeechStarted { .. } => self.input(Input::SpeechStarted).await,
            Hearing::SpeechEnded { .. } => self.input(Input::SpeechEnded).await,
            Hearing::Partial(partial) => {
                let flags = self.desk.reader.red_flags().find_in_partial(partial.text.expose());
                // What the caller has said so far is read while they go on, so that little is left to read at the end.
                self.desk.reader.prefill(partial.text.clone(), self.context());
                self.journal.write(self.now(), Happening::Hearing(partial.clone()));
                self.tell(CallNews::Hearing(partial));
                self.input(Input::PartialFlags(flags)).await;
            }
            Hearing::Utterance(utterance) => {
                self.journal.write(self.now(), Happening::Heard(utterance.clone()));
                self.audience.heard(&utterance);
                self.decoded(&utterance, 0);
                let context = self.context();
                let unread = self.understanding.hear(utterance, context).await;
                self.read_here(unread).await;
            }
            Hearing::Corrected(utterance) => {
                self.decoded(&utterance, 1);
                let unread = self.understanding.hear_better(utterance).await;
                self.read_here(unread).await;
            }
            Hearing::Unintelligible { .. } => self.input(Input::Unintelligible).await,
            Hearing::Dismissed { .. } => {
                self.journal.write(self.now(), Happening::Dismissed);
                self.input(Input::Dismissed).await;
            }
            Hearing::Decode(_) | Hearing::JudgeTurn { .. } | Hearing::Cancel(_) => {}
        }
    }

    /// Kept for the messages of the call.
    fn decoded(&mut self, utterance: &Utterance, recognizer: usize) {
        if self.decodes.len() < DECODES_MAX {
            self.decodes.push(Decode::of(utterance, &self.desk.hearing.recognizer_ids[recognizer]));
        }
    }

    /// What was read without the reader, because it is gone.
    async fn read_here(&mut self, read: Option<Read>) {
        if read.is_some() {
            self.read(read).await;
        }
    }

    pub(super) async fn read(&mut self, read: Option<Read>) {
        self.understanding.has_read(read.as_ref());
        let Some(Read { text, reading, evidence, ms }) = read else { return };
        let reading = Box::new(reading);
        let urgency = self.receptionist.urgency().raise(reading.urgency);
        let (intent, read_ms) = (reading.intent(), ms);
        self.tell(CallNews::Understood { reading: reading.clone(), intent, urgency, read_ms });
        match evidence {
            Evidence::First => {
                self.stage("reading", ms);
                self.input(Input::Heard { text, reading }).await;
            }
            Evidence::Later { was } => self.input(Input::Corrected { was, text, reading }).await,
        }
    }
}
