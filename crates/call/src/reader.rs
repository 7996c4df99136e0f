//! Reading in order, with a deadline: what the model cannot tell in time, the written rules tell alone.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Certainty, Phi, Reading, Urgency, Utterance};
use nlu::red_flags::RedFlags;
use nlu::{ReadContext, Reader};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::engine::{Engine, Haste};
use crate::pace::Pace;

/// Utterances that wait to be read. Full: hearing waits; a caller does not finish eight sentences in a second and a half.
const TO_READ_MAX: usize = 8;
/// Longer than this a caller is not left waiting for a model.
const READING_MAX: Duration = Duration::from_millis(2500);

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

    /// Reads what is known so far, if nothing else is to be done.
    pub(crate) fn prefill(&self, text: Phi<String>, context: ReadContext) {
        let engine = self.engine.clone();
        tokio::spawn(async move { engine.run(Haste::Spare, move |reader| reader.prefill(&text, &context)).await });
    }

    /// The meaning of an utterance by all witnesses, within [`READING_MAX`].
    pub async fn read(&self, text: Phi<String>, context: ReadContext) -> Reading {
        let by_rules = self.rules.read(&text, &context);
        if by_rules.urgency == Urgency::Emergency {
            return by_rules;
        }
        self.by_model(text, context).await.unwrap_or(by_rules)
    }

    /// The meaning by all witnesses; `None`, and a line in the log, if the model does not tell in time.
    async fn by_model(&self, text: Phi<String>, context: ReadContext) -> Option<Reading> {
        let work = move |reader: &mut Reader| (reader.read(&text, &context), reader.take_failure());
        match timeout(READING_MAX, self.engine.run(Haste::Needed, work)).await {
            Ok(Ok((reading, None))) => Some(reading),
            Ok(Ok((_, Some(why)))) => {
                tracing::error!(%why, "the language model failed; the written rules read this utterance alone");
                None
            }
            Ok(Err(why)) => {
                tracing::error!(%why, "the reader is gone; the written rules read this utterance alone");
                None
            }
            Err(_late) => {
                tracing::warn!("reading took too long; the written rules read this utterance alone");
                None
            }
        }
    }
}

/// An utterance and what it is read with.
pub(crate) struct ToRead {
    pub(crate) utterance: Utterance,
    pub(crate) context: ReadContext,
    pub(crate) evidence: Evidence,
}

/// Whether an utterance is read for the first time.
#[derive(Clone, Debug)]
pub(crate) enum Evidence {
    First,
    /// It was heard as this before.
    Later {
        was: Phi<String>,
    },
}

/// An utterance that was read.
pub(crate) struct Read {
    pub(crate) text: Phi<String>,
    pub(crate) reading: Reading,
    pub(crate) evidence: Evidence,
    pub(crate) ms: u64,
}

/// Reads utterances in the order in which they were spoken.
///
/// Where the written rules are sure, their reading is acted on at once and the model is heard afterwards: as
/// [`Evidence::Later`], if it finds the utterance more urgent. So nobody waits for a model to be told where to park, and
/// both witnesses are heard all the same.
pub(crate) fn start(reader: ReaderEngine) -> (mpsc::Sender<ToRead>, mpsc::Receiver<Read>) {
    let (to_read, mut queue) = mpsc::channel::<ToRead>(TO_READ_MAX);
    let (done, readings) = mpsc::channel(TO_READ_MAX);
    tokio::spawn(async move {
        while let Some(ToRead { utterance, context, evidence }) = queue.recv().await {
            let began = Instant::now();
            let text = utterance.text;
            let by_rules = reader.rules.read(&text, &context);
            let sure = by_rules.certainty == Certainty::Sure;
            let reading = match &evidence {
                _ if sure => Some(by_rules.clone()),
                Evidence::First => Some(reader.by_model(text.clone(), context.clone()).await.unwrap_or(by_rules)),
                // What nobody can read better than before is no new evidence.
                Evidence::Later { .. } => reader.by_model(text.clone(), context.clone()).await,
            };
            let Some(reading) = reading else { continue };
            let urgency = reading.urgency;
            let first = matches!(evidence, Evidence::First);
            let ms = began.elapsed().as_millis() as u64;
            if done.send(Read { text: text.clone(), reading, evidence, ms }).await.is_err() {
                return;
            }
            if sure && first && urgency < Urgency::Emergency {
                tokio::spawn(second_opinion(reader.clone(), text, context, urgency, done.clone()));
            }
        }
    });
    (to_read, readings)
}

/// The model's word on what the rules have read; told only if it raises urgency.
async fn second_opinion(
    reader: ReaderEngine,
    text: Phi<String>,
    context: ReadContext,
    by_rules: Urgency,
    done: mpsc::Sender<Read>,
) {
    let began = Instant::now();
    let Some(reading) = reader.by_model(text.clone(), context).await else { return };
    if reading.urgency > by_rules {
        let evidence = Evidence::Later { was: text.clone() };
        let ms = began.elapsed().as_millis() as u64;
        if done.send(Read { text, reading, evidence, ms }).await.is_err() {
            tracing::warn!("the call ended before the model found it more urgent");
        }
    }
}
