//! Reading in order, with a deadline: what the models cannot tell in time, the written rules tell alone.

use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fmt, io};

use domain::{Asked, Certainty, Phi, Probabilities, Reading, Urgency, Utterance};
use nlu::red_flags::RedFlags;
use nlu::{ReadContext, Reader};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::engine::{Engine, Haste};
use crate::pace::Pace;

/// Utterances that wait to be read. Full: hearing waits; a caller does not finish eight sentences in a second and a half.
const TO_READ_MAX: usize = 8;
/// Longer than this a caller is not left waiting for a model.
const READING_MAX: Duration = Duration::from_millis(2500);
/// What a model says later than this is not waited for at all. Between the two it still may raise urgency.
const MODEL_MAX: Duration = Duration::from_secs(10);

/// One reader for all calls of a practice, on its own thread.
#[derive(Clone)]
pub struct ReaderEngine {
    engine: Engine<Reader>,
    rules: Arc<nlu::Rules>,
    /// Whether the models are quick, and better than written phrases at telling what is wished.
    trained: bool,
}

impl fmt::Debug for ReaderEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderEngine").finish_non_exhaustive()
    }
}

impl ReaderEngine {
    /// Takes a reader that is warm.
    pub fn start(reader: Reader, pace: Pace) -> io::Result<Self> {
        let (rules, trained) = (reader.rules(), reader.is_trained());
        Ok(Self { engine: Engine::start("reader", vec![reader], pace)?, rules, trained })
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

    /// What the written rules tell alone.
    pub(crate) fn by_rules(&self, text: &Phi<String>, context: &ReadContext) -> Reading {
        self.rules.read(text, context)
    }

    /// Whether what the written rules tell is acted on before a model is heard.
    fn acts_at_once(&self, by_rules: &Reading, text: &Phi<String>, context: &ReadContext) -> bool {
        let leads = !self.trained || context.asked != Asked::Open || by_rules.urgency == Urgency::Emergency;
        by_rules.certainty == Certainty::Sure && leads && !self.rules.doubts(text)
    }

    /// The meaning of an utterance by all witnesses: what a call knows of it in the end.
    pub async fn read(&self, text: Phi<String>, context: ReadContext) -> Reading {
        let by_rules = self.by_rules(&text, &context);
        self.ask_model(text, context).await.unwrap_or(by_rules)
    }

    /// The meaning by all witnesses, in a task of its own, so that a late answer is not lost; `None`, and a line in the
    /// log, if the model does not tell.
    fn ask_model(&self, text: Phi<String>, context: ReadContext) -> impl Future<Output = Option<Reading>> + use<> {
        let engine = self.engine.clone();
        let work = move |reader: &mut Reader| (reader.read(&text, &context), reader.take_failure());
        async move {
            match timeout(MODEL_MAX, engine.run(Haste::Needed, work)).await {
                Ok(Ok((reading, None))) => return Some(reading),
                Ok(Ok((reading, Some(why)))) => {
                    tracing::error!(%why, "a model failed; who else can read reads on");
                    let none = Probabilities::default();
                    return (reading.p != none || reading.head != none).then_some(reading);
                }
                Ok(Err(why)) => tracing::error!(%why, "the reader gave no answer; the rules read alone"),
                Err(_late) => tracing::error!("the language model gave no answer; the rules read alone"),
            }
            None
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

/// Reads utterances in the order in which they were spoken. Two answers come of each: its reading, if it is any news,
/// and what the model says afterwards, if it is more urgent.
///
/// Where the written rules are sure, their reading is acted on at once and the models are heard afterwards; what answers "How can
/// I help?" waits for models that are quick, an emergency excepted.
pub(crate) fn start(reader: ReaderEngine) -> (mpsc::Sender<ToRead>, mpsc::Receiver<Option<Read>>) {
    let (to_read, mut queue) = mpsc::channel::<ToRead>(TO_READ_MAX);
    let (done, readings) = mpsc::channel(TO_READ_MAX);
    tokio::spawn(async move {
        while let Some(ToRead { utterance, context, evidence }) = queue.recv().await {
            let began = Instant::now();
            let text = utterance.text;
            let by_rules = reader.by_rules(&text, &context);
            let sure = reader.acts_at_once(&by_rules, &text, &context);
            let mut model = tokio::spawn(reader.ask_model(text.clone(), context));
            let answer = if sure { None } else { timeout(READING_MAX, &mut model).await.ok() };
            let answered = answer.is_some();
            let reading = match (answer.and_then(Result::ok).flatten(), &evidence) {
                (Some(reading), _) => Some(reading),
                (None, Evidence::First) => Some(by_rules),
                // What nobody can read better than before is no new evidence.
                (None, Evidence::Later { .. }) => sure.then_some(by_rules),
            };
            let urgency = reading.as_ref().map_or(Urgency::Routine, |reading| reading.urgency);
            let ms = began.elapsed().as_millis() as u64;
            let read = reading.map(|reading| Read { text: text.clone(), reading, evidence, ms });
            if done.send(read).await.is_err() {
                return;
            }
            tokio::spawn(second_opinion((!answered).then_some(model), text, urgency, done.clone()));
        }
    });
    (to_read, readings)
}

/// The model's word on what has been acted on without it; told only if it raises urgency.
async fn second_opinion(
    model: Option<JoinHandle<Option<Reading>>>,
    text: Phi<String>,
    acted_on: Urgency,
    done: mpsc::Sender<Option<Read>>,
) {
    let began = Instant::now();
    let reading = match model {
        Some(model) => model.await.ok().flatten(),
        None => None,
    };
    let ms = began.elapsed().as_millis() as u64;
    let more_urgent = reading.filter(|reading| reading.urgency > acted_on).map(|reading| {
        let evidence = Evidence::Later { was: text.clone() };
        Read { text, reading, evidence, ms }
    });
    if done.send(more_urgent).await.is_err() {
        tracing::debug!("the call ended before the model's second opinion");
    }
}
