//! Reading in order, with a deadline: what the model cannot tell in time, the written rules tell alone.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Phi, Reading, Utterance};
use nlu::red_flags::RedFlags;
use nlu::{ReadContext, Reader};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::engine::{Engine, Haste};
use crate::pace::Pace;

/// Utterances that wait to be read. Full: hearing waits; a caller does not finish eight sentences in a second and a half.
const TO_READ_MAX: usize = 8;
/// Longer than this a caller is not left waiting for a model.
const READING_MAX: Duration = Duration::from_millis(1500);

/// One reader for all calls of a practice, on its own thread.
#[derive(Clone)]
pub struct ReaderEngine {
    engine: Engine<Reader>,
    rules: Arc<nlu::Rules>,
}

impl fmt::Debug for ReaderEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderEngine").finish_non_exhaustive()
    }
}

impl ReaderEngine {
    /// Takes a reader that is warm.
    pub fn start(reader: Reader, pace: Pace) -> Self {
        let rules = reader.rules();
        Self { engine: Engine::start("reader", vec![reader], pace), rules }
    }

    /// The written rules, for partials.
    pub fn red_flags(&self) -> &RedFlags {
        self.rules.red_flags()
    }

    /// Reads the call so far, if nothing else is to be done.
    pub(crate) fn prefill(&self, context: ReadContext) {
        let engine = self.engine.clone();
        tokio::spawn(async move { engine.run(Haste::Spare, move |reader| reader.prefill(&context)).await });
    }

    /// The meaning of an utterance, within [`READING_MAX`].
    ///
    /// An emergency by the written rules does not wait for the model.
    pub async fn read(&self, text: Phi<String>, context: ReadContext) -> Reading {
        let by_rules = self.rules.read(&text, &context);
        if by_rules.urgency == domain::Urgency::Emergency {
            return by_rules;
        }
        let work = move |reader: &mut Reader| (reader.read(&text, &context), reader.take_failure());
        match timeout(READING_MAX, self.engine.run(Haste::Needed, work)).await {
            Ok(Ok((reading, failure))) => {
                if let Some(why) = failure {
                    tracing::error!(%why, "the language model failed; the written rules read this utterance alone");
                }
                reading
            }
            Ok(Err(why)) => {
                tracing::error!(%why, "nothing read this utterance but the written rules");
                by_rules
            }
            Err(_late) => {
                tracing::warn!("reading took too long; the written rules read this utterance alone");
                by_rules
            }
        }
    }
}

/// An utterance and what it is read with.
pub(crate) struct ToRead {
    pub(crate) utterance: Utterance,
    pub(crate) context: ReadContext,
    pub(crate) corrected: bool,
}

/// An utterance that was read.
pub(crate) struct Read {
    pub(crate) text: Phi<String>,
    pub(crate) reading: Reading,
    pub(crate) corrected: bool,
    pub(crate) ms: u64,
}

/// Reads utterances in the order in which they were spoken.
pub(crate) fn start(reader: ReaderEngine) -> (mpsc::Sender<ToRead>, mpsc::Receiver<Read>) {
    let (to_read, mut queue) = mpsc::channel::<ToRead>(TO_READ_MAX);
    let (done, readings) = mpsc::channel(TO_READ_MAX);
    tokio::spawn(async move {
        while let Some(ToRead { utterance, context, corrected }) = queue.recv().await {
            let began = Instant::now();
            let reading = reader.read(utterance.text.clone(), context).await;
            let ms = began.elapsed().as_millis() as u64;
            if done.send(Read { text: utterance.text, reading, corrected, ms }).await.is_err() {
                return;
            }
        }
    });
    (to_read, readings)
}
