//! From a line of text to sound on the leg, clause by clause: the first clause is heard while the second is made.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use audio::Sound;
use domain::{LineId, Phi};
use speech::SpeechError;
use speech::voice::Synthesizer;
use speech::voice::cache::LineCache;
use speech::voice::clauses::clauses;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use transport::{Speaker, Voiced};

use crate::engine::{Engine, EngineError, Haste};
use crate::pace::Pace;

/// Lines that wait to be spoken. Full: the voice hangs, and the receptionist is told that it is lost.
const LINES_MAX: usize = 4;

/// The one voice of a practice, shared by its calls.
#[derive(Clone, Debug)]
pub struct Voice {
    engine: Engine<Box<dyn Synthesizer>>,
    hz: u32,
    cache: Option<Arc<LineCache>>,
    pace: Pace,
}

/// Why a clause has no sound.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unspoken {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Voice(#[from] SpeechError),
}

impl Voice {
    /// Copies of one voice, each on its own thread, before one cache of fixed lines.
    pub fn start(copies: Vec<Box<dyn Synthesizer>>, cache: Option<LineCache>, pace: Pace) -> io::Result<Self> {
        let hz = copies.first().map_or(0, |voice| voice.hz());
        let engine = Engine::start("voice", copies, pace)?;
        Ok(Self { engine, hz, cache: cache.map(Arc::new), pace })
    }

    /// Renders the clauses of a fixed line into the cache.
    pub async fn prepare(&self, text: &str) {
        for clause in clauses(text) {
            if let Err(why) = self.sound(clause.into(), true).await {
                tracing::warn!(%why, "a fixed line could not be rendered in advance");
            }
        }
    }

    /// The sound of one clause; only a fixed one is looked for in the cache and kept there.
    async fn sound(&self, clause: Phi<String>, fixed: bool) -> Result<Vec<f32>, Unspoken> {
        let cache = self.cache.as_ref().filter(|_| fixed);
        if let Some(cache) = cache {
            let (cache, wanted) = (Arc::clone(cache), clause.clone());
            let _hold = self.pace.hold();
            let found = tokio::task::spawn_blocking(move || cache.get(wanted.expose())).await;
            if let Ok(Some(sound)) = found {
                return Ok(sound);
            }
        }
        let wanted = clause.clone();
        let sound = self.engine.run(Haste::Needed, move |voice| voice.synthesize(wanted.expose())).await??;
        if let Some(cache) = cache {
            let (cache, kept) = (Arc::clone(cache), sound.clone());
            // Keeping is for the next call; this one does not wait for the disk.
            drop(tokio::task::spawn_blocking(move || {
                if let Err(why) = cache.put(clause.expose(), &kept) {
                    tracing::warn!(%why, "a fixed line could not be kept; it will be made anew");
                }
            }));
        }
        Ok(sound)
    }
}

/// A line on its way to the leg.
#[derive(Debug)]
pub(crate) struct Spoken {
    pub(crate) line: LineId,
    pub(crate) text: Phi<String>,
    pub(crate) fixed: bool,
    /// The leg's generation when the line was decided; a line of an older one is not spoken any more.
    pub(crate) generation: u64,
}

/// What the mouth tells the shell.
#[derive(Debug)]
pub(crate) enum MouthNews {
    /// The first clause of a line took this long to make.
    FirstClause { ms: u64 },
    /// A line could not be made; the caller heard nothing of the rest of it.
    Lost,
}

pub(crate) fn start(voice: Voice, speaker: Speaker, news: mpsc::Sender<MouthNews>) -> mpsc::Sender<Spoken> {
    let (lines, queue) = mpsc::channel(LINES_MAX);
    tokio::spawn(speak(voice, speaker, queue, news));
    lines
}

async fn speak(voice: Voice, speaker: Speaker, mut lines: mpsc::Receiver<Spoken>, news: mpsc::Sender<MouthNews>) {
    while let Some(line) = lines.recv().await {
        if line.generation != speaker.generation() {
            continue;
        }
        if !say(&voice, &speaker, line, &news).await {
            return;
        }
    }
}

/// Says one line; false once the leg or the call is gone.
///
/// A clause that cannot be made even at the second try leaves the line unfinished: a line that was not heard must not
/// count as heard.
async fn say(voice: &Voice, speaker: &Speaker, line: Spoken, news: &mpsc::Sender<MouthNews>) -> bool {
    let began = Instant::now();
    let mut rest = clauses(line.text.expose()).into_iter().map(Phi::from);
    let mut making = rest.next().map(|clause| make(voice, clause, line.fixed));
    let mut first = true;
    while let Some(mut making_now) = making {
        let made = tokio::select! {
            biased;
            () = speaker.stopped(line.generation) => {
                making_now.abort();
                return true;
            }
            made = &mut making_now => made,
        };
        making = rest.next().map(|clause| make(voice, clause, line.fixed));
        let Ok(Ok(samples)) = made else {
            return news.send(MouthNews::Lost).await.is_ok();
        };
        if std::mem::take(&mut first) {
            let ms = began.elapsed().as_millis() as u64;
            if news.send(MouthNews::FirstClause { ms }).await.is_err() {
                return false;
            }
        }
        // The leg's own queue paces this; it takes no more of a line that was stopped.
        let voiced = Voiced { line: line.line, sound: Sound { hz: voice.hz, samples }, last: making.is_none() };
        if speaker.play(line.generation, voiced).await.is_err() {
            return false;
        }
    }
    true
}

fn make(voice: &Voice, clause: Phi<String>, fixed: bool) -> JoinHandle<Result<Vec<f32>, Unspoken>> {
    let voice = voice.clone();
    tokio::spawn(async move {
        match voice.sound(clause.clone(), fixed).await {
            Ok(sound) => Ok(sound),
            Err(why) => {
                tracing::error!(%why, "a clause could not be spoken; it is tried once more");
                voice.sound(clause, fixed).await
            }
        }
    })
}
