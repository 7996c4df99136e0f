//! The ears of one call: windows of sound go to the voice activity detector, and what the [`Listener`] wants decoded
//! or judged goes to the models' threads. Only the listener decides; here is only traffic.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use speech::SpeechError;
use speech::hearing::{
    Cancel, DecodeJob, Decoding, EndOfTurn, Expecting, Hearing, JobId, Listener, Purpose, Recognized, Recognizer,
    SecondDecode, Vad, WINDOW,
};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use transport::Frame;

use crate::engine::{Engine, EngineError, Haste};
use crate::pace::Pace;

/// A recogniser that needs longer than this is not heard of any more, and the caller is told that they cannot be heard.
const DECODE_MAX: Duration = Duration::from_secs(10);
/// From an utterance to its second decode.
const SECOND_DECODE_AFTER: Duration = Duration::from_millis(1500);
/// Results that wait for the listener. Full: the model's task waits; its thread does not.
const RESULTS_MAX: usize = 16;

/// The models that hear, shared by all calls.
#[derive(Clone, Debug)]
pub struct HearingEngines {
    /// One detector a call: it remembers what it heard.
    pub vads: VadPool,
    /// Judges whether a turn is finished.
    pub end_of_turn: Engine<Box<dyn EndOfTurn>>,
    /// Decodes while and after the caller speaks.
    pub recognizer: Engine<Box<dyn Recognizer>>,
    /// Decodes once more, better and off the critical path.
    pub second: Option<Engine<Box<dyn Recognizer>>>,
    /// Which models the recogniser and the second are, as the manifest names them.
    pub recognizer_ids: [String; 2],
    /// The practice's names.
    pub words: Arc<[String]>,
    /// How time passes.
    pub pace: Pace,
}

type MakeVad = dyn Fn() -> Result<Box<dyn Vad>, SpeechError> + Send + Sync;

/// Detectors of calls that have ended wait here for the next call.
#[derive(Clone)]
pub struct VadPool {
    make: Arc<MakeVad>,
    idle: Arc<Mutex<Vec<Box<dyn Vad>>>>,
}

impl VadPool {
    /// Makes the first one at once, so that a missing model is told at start-up.
    pub fn new(make: Box<MakeVad>) -> Result<Self, SpeechError> {
        let first = make()?;
        Ok(Self { make: make.into(), idle: Arc::new(Mutex::new(vec![first])) })
    }

    fn take(&self) -> Result<Box<dyn Vad>, SpeechError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| (self.make)(), Ok)
    }

    fn give_back(&self, mut vad: Box<dyn Vad>) {
        vad.reset();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(vad);
    }
}

impl fmt::Debug for VadPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VadPool").finish_non_exhaustive()
    }
}

/// What the ears tell the shell.
#[derive(Clone, Debug)]
pub enum HearingNews {
    /// By the listener.
    Heard(Hearing),
    /// How long a stage took.
    Stage {
        /// `partial`, `final` or `second_decode`.
        stage: &'static str,
        /// Milliseconds, waiting included.
        ms: u64,
    },
    /// A model does not answer: the caller can no longer be understood.
    Lost,
}

/// What a model's task brings back.
enum Done {
    Decoded { id: JobId, purpose: Purpose, result: Result<Recognized, Unheard>, ms: u64 },
    Judged { id: JobId, result: Result<f32, Unheard> },
}

#[derive(Debug, thiserror::Error)]
enum Unheard {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Model(#[from] SpeechError),
    #[error("the recogniser gave no answer in time")]
    Late,
}

pub(crate) fn start(
    engines: HearingEngines,
    frames: mpsc::Receiver<Frame>,
    expecting: watch::Receiver<Expecting>,
    news: mpsc::Sender<HearingNews>,
) {
    tokio::spawn(async move {
        // Making a detector reads a file: not on a worker.
        let pool = engines.vads.clone();
        let hold = engines.pace.hold();
        let vad = tokio::task::spawn_blocking(move || pool.take()).await;
        drop(hold);
        let Ok(Ok(vad)) = vad else {
            tracing::error!("no voice activity detector for this call");
            drop(news.send(HearingNews::Lost).await);
            return;
        };
        let second = if engines.second.is_some() { SecondDecode::EachUtterance } else { SecondDecode::Never };
        let (done, results) = mpsc::channel(RESULTS_MAX);
        let Ok(detector) = Engine::start("vad", vec![Some(vad)], engines.pace) else {
            tracing::error!("no thread for this call's voice activity detector");
            drop(news.send(HearingNews::Lost).await);
            return;
        };
        let ears = Ears { engines, detector, listener: Listener::new(second), running: BTreeMap::new(), done, news };
        ears.run(frames, results, expecting).await;
    });
}

struct Ears {
    engines: HearingEngines,
    /// `None` inside only while it is given back.
    detector: Engine<Option<Box<dyn Vad>>>,
    listener: Listener,
    running: BTreeMap<JobId, (Purpose, Cancel)>,
    done: mpsc::Sender<Done>,
    news: mpsc::Sender<HearingNews>,
}

/// There is nothing more to hear, or nobody who listens.
struct Over;

impl Ears {
    async fn run(
        mut self,
        mut frames: mpsc::Receiver<Frame>,
        mut results: mpsc::Receiver<Done>,
        mut expecting: watch::Receiver<Expecting>,
    ) {
        let mut waiting = Vec::with_capacity(2 * WINDOW);
        loop {
            let going_on = tokio::select! {
                biased;
                Some(done) = results.recv() => self.done(done).await,
                Ok(()) = expecting.changed() => {
                    self.listener.expect(*expecting.borrow_and_update());
                    Ok(())
                }
                frame = frames.recv() => match frame {
                    Some(frame) => self.frame(&frame, &mut waiting).await,
                    None => Err(Over),
                },
            };
            if going_on.is_err() {
                break;
            }
        }
        // What the caller said last is heard to its end, even if they hung up over it.
        self.listener.finish();
        let mut going_on = self.act().await;
        while going_on.is_ok() && self.awaits_a_final() {
            let Some(done) = results.recv().await else { break };
            going_on = self.done(done).await;
        }
        for (_, cancel) in self.running.values() {
            cancel.cancel();
        }
        let pool = self.engines.vads.clone();
        let back = move |vad: &mut Option<Box<dyn Vad>>| {
            if let Some(vad) = vad.take() {
                pool.give_back(vad);
            }
        };
        if let Err(why) = self.detector.run(Haste::Needed, back).await {
            tracing::warn!(%why, "a voice activity detector was not given back; the next call makes its own");
        }
    }

    async fn frame(&mut self, frame: &Frame, waiting: &mut Vec<f32>) -> Result<(), Over> {
        waiting.extend_from_slice(frame.pcm.samples());
        while waiting.len() >= WINDOW {
            let mut window = [0.0; WINDOW];
            window.copy_from_slice(&waiting[..WINDOW]);
            waiting.drain(..WINDOW);
            let judge = move |vad: &mut Option<Box<dyn Vad>>| {
                vad.as_mut().expect("given back only after the last frame").speech_probability(&window)
            };
            match self.detector.run(Haste::Needed, judge).await {
                Ok(Ok(probability)) => self.listener.handle_window(&window, probability),
                Ok(Err(why)) => return self.deaf(&why).await,
                Err(why) => return self.deaf(&why).await,
            }
            self.act().await?;
        }
        Ok(())
    }

    /// Without a detector nothing is heard any more: tells it once and ends the ears.
    async fn deaf(&self, why: &(dyn std::error::Error + Send + Sync)) -> Result<(), Over> {
        tracing::error!(%why, "the voice activity detector failed");
        self.tell(HearingNews::Lost).await?;
        Err(Over)
    }

    async fn done(&mut self, done: Done) -> Result<(), Over> {
        match done {
            Done::Decoded { id, purpose, result, ms } => {
                self.running.remove(&id);
                let stage = match purpose {
                    Purpose::Partial => "partial",
                    Purpose::Final => "final",
                    Purpose::Careful => "second_decode",
                };
                if let Err(why) = &result {
                    self.complain(purpose, why).await?;
                } else {
                    self.tell(HearingNews::Stage { stage, ms }).await?;
                }
                match result {
                    Ok(recognized) => self.listener.handle_recognized(id, recognized),
                    Err(_) => self.listener.handle_failed(id),
                }
            }
            Done::Judged { id, result: Ok(complete) } => self.listener.handle_judged(id, complete),
            Done::Judged { id, result: Err(why) } => {
                tracing::error!(%why, "the end of a turn could not be judged; silence alone ends it");
                self.listener.handle_failed(id);
            }
        }
        self.act().await
    }

    /// Cancelled and shed work is as it should be; a lost final means that the caller cannot be understood.
    async fn complain(&mut self, purpose: Purpose, why: &Unheard) -> Result<(), Over> {
        match (purpose, why) {
            (_, Unheard::Model(SpeechError::Cancelled) | Unheard::Engine(EngineError::Shed)) => Ok(()),
            (Purpose::Partial | Purpose::Careful, why) => {
                tracing::warn!(%why, "a decode that nobody waits for failed");
                Ok(())
            }
            (Purpose::Final, why) => {
                tracing::error!(%why, "an utterance could not be decoded");
                self.tell(HearingNews::Lost).await
            }
        }
    }

    /// Does what the listener wants and passes on what it heard.
    async fn act(&mut self) -> Result<(), Over> {
        while let Some(hearing) = self.listener.poll_output() {
            match hearing {
                Hearing::Decode(job) => self.decode(job),
                Hearing::JudgeTurn { id, samples } => self.judge(id, samples.into_exposed()),
                Hearing::Cancel(id) => {
                    if let Some((_, cancel)) = self.running.remove(&id) {
                        cancel.cancel();
                    }
                }
                Hearing::SpeechStarted { .. }
                | Hearing::SpeechEnded { .. }
                | Hearing::Partial(_)
                | Hearing::Utterance(_)
                | Hearing::Corrected(_)
                | Hearing::Dismissed { .. }
                | Hearing::Unintelligible { .. } => self.tell(HearingNews::Heard(hearing)).await?,
            }
        }
        Ok(())
    }

    fn awaits_a_final(&self) -> bool {
        self.running.values().any(|(purpose, _)| *purpose == Purpose::Final)
    }

    fn decode(&mut self, job: DecodeJob) {
        let (engine, haste) = match job.purpose {
            Purpose::Partial => (&self.engines.recognizer, Haste::Spare),
            Purpose::Final => (&self.engines.recognizer, Haste::Needed),
            Purpose::Careful => (self.engines.second.as_ref().unwrap_or(&self.engines.recognizer), Haste::Spare),
        };
        let cancel = Cancel::default();
        self.running.insert(job.id, (job.purpose, cancel.clone()));
        let (engine, done, give_up) = (engine.clone(), self.done.clone(), cancel.clone());
        // A prompt of names doubles what a decode costs, and the caller waits for the final: the second decode corrects
        // names. It begins when the answer is on its way, because on two cores it would hold the answer up.
        let (words, wait) = match job.purpose {
            Purpose::Partial | Purpose::Final => (Arc::default(), Duration::ZERO),
            Purpose::Careful => (Arc::clone(&self.engines.words), SECOND_DECODE_AFTER),
        };
        let decoding = Decoding { purpose: job.purpose, words };
        tokio::spawn(async move {
            sleep(wait).await;
            let began = Instant::now();
            let (id, purpose) = (job.id, job.purpose);
            let work = move |model: &mut Box<dyn Recognizer>| model.recognize(job.samples.expose(), &decoding, &cancel);
            let result = match timeout(DECODE_MAX, engine.run(haste, work)).await {
                Ok(Ok(result)) => result.map_err(Unheard::from),
                Ok(Err(why)) => Err(why.into()),
                Err(_late) => {
                    give_up.cancel();
                    Err(Unheard::Late)
                }
            };
            let ms = began.elapsed().as_millis() as u64;
            drop(done.send(Done::Decoded { id, purpose, result, ms }).await);
        });
    }

    fn judge(&self, id: JobId, samples: Arc<[f32]>) {
        let (engine, done) = (self.engines.end_of_turn.clone(), self.done.clone());
        tokio::spawn(async move {
            let work = move |model: &mut Box<dyn EndOfTurn>| model.completion_probability(&samples);
            let result = match engine.run(Haste::Needed, work).await {
                Ok(result) => result.map_err(Unheard::from),
                Err(why) => Err(why.into()),
            };
            drop(done.send(Done::Judged { id, result }).await);
        });
    }

    async fn tell(&self, news: HearingNews) -> Result<(), Over> {
        self.news.send(news).await.map_err(|_| Over)
    }
}
