//! From a line of text to sound on the leg, clause by clause: the first clause is heard while the second is made.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audio::Sound;
use dialogue::Rendered;
use domain::{LineId, Phi, Tempo};
use speech::SpeechError;
use speech::voice::Synthesizer;
use speech::voice::cache::LineCache;
use speech::voice::clauses::clauses;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use transport::{Speaker, Voiced};

use crate::engine::{Engine, EngineError, Haste};
use crate::pace::Pace;

/// Lines that wait to be spoken. Full: the voice hangs, and the receptionist is told that it is lost.
const LINES_MAX: usize = 4;
/// A clause that is not made by then counts as unspoken, and is not tried again: a voice that hangs would hang twice. The
/// receptionist waits 15 s for a line's first sound, and other calls' clauses are made before this one.
const CLAUSE_MAX: Duration = Duration::from_secs(10);

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
    #[error("the voice gave no answer in time")]
    Late,
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
            if let Err(why) = self.sound(clause.into(), Tempo::Usual, true).await {
                tracing::warn!(%why, "a fixed line could not be rendered in advance");
            }
        }
    }

    /// The sound of one clause; only a fixed one is looked for in the cache and kept there.
    async fn sound(&self, clause: Phi<String>, tempo: Tempo, fixed: bool) -> Result<Vec<f32>, Unspoken> {
        let cache = self.cache.as_ref().filter(|_| fixed);
        if let Some(cache) = cache {
            let (cache, wanted) = (Arc::clone(cache), clause.clone());
            let _hold = self.pace.hold();
            let found = tokio::task::spawn_blocking(move || cache.get(wanted.expose(), tempo)).await;
            if let Ok(Some(sound)) = found {
                return Ok(sound);
            }
        }
        let wanted = clause.clone();
        let making = self.engine.run(Haste::Needed, move |voice| voice.synthesize(wanted.expose(), tempo));
        let sound = timeout(CLAUSE_MAX, making).await.map_err(|_late| Unspoken::Late)???;
        if let Some(cache) = cache {
            let (cache, kept) = (Arc::clone(cache), sound.clone());
            // Keeping is for the next call; this one does not wait for the disk.
            drop(tokio::task::spawn_blocking(move || {
                if let Err(why) = cache.put(clause.expose(), tempo, &kept) {
                    tracing::warn!(%why, "a fixed line could not be kept; it will be made anew");
                }
            }));
        }
        Ok(sound)
    }
}

/// What the mouth tells the shell.
#[derive(Debug)]
pub(crate) enum MouthNews {
    /// The first clause of a line took this long to make.
    FirstClause { ms: u64 },
    /// A line could not be made; the caller heard nothing of the rest of it.
    Lost { line: LineId },
}

/// The mouth of one call, as its shell holds it. Dropping it ends the mouth after the line in hand.
pub(crate) struct Mouth {
    lines: mpsc::Sender<Spoken>,
    speaker: Speaker,
    newest: Option<LineId>,
}

/// The voice takes no more lines.
#[derive(Debug)]
pub(crate) struct Hangs;

impl Mouth {
    pub(crate) fn start(voice: Voice, speaker: Speaker, news: mpsc::Sender<MouthNews>) -> Self {
        let (lines, queue) = mpsc::channel(LINES_MAX);
        tokio::spawn(speak(voice, speaker.clone(), queue, news));
        Self { lines, speaker, newest: None }
    }

    /// Says a line, unless it is stopped before its turn comes. Never waits.
    pub(crate) fn say(&mut self, line: LineId, rendered: Rendered, tempo: Tempo) -> Result<(), Hangs> {
        let Rendered { text, fixed_bytes } = rendered;
        self.newest = Some(line);
        let generation = self.speaker.generation();
        self.lines.try_send(Spoken { line, text, fixed_bytes, tempo, generation }).map_err(|_| Hangs)
    }

    /// Whether no line came after this one.
    pub(crate) fn is_newest(&self, line: LineId) -> bool {
        self.newest == Some(line)
    }

    /// Stops, pauses and resumes what is being said.
    pub(crate) fn speaker(&self) -> &Speaker {
        &self.speaker
    }
}

/// A line on its way to the leg.
struct Spoken {
    line: LineId,
    text: Phi<String>,
    fixed_bytes: usize,
    tempo: Tempo,
    /// The leg's generation when the line was decided; a line of an older one is not spoken any more.
    generation: u64,
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
/// A clause that cannot be made in time, or even at the second try, leaves the line unfinished: a line that was not heard must not
/// count as heard.
async fn say(voice: &Voice, speaker: &Speaker, line: Spoken, news: &mpsc::Sender<MouthNews>) -> bool {
    let began = Instant::now();
    let mut said_bytes = 0;
    let mut rest = clauses(line.text.expose()).into_iter().map(|clause| {
        said_bytes += clause.len();
        (Phi::from(clause), said_bytes <= line.fixed_bytes)
    });
    let mut making = rest.next().map(|clause| make(voice, clause, line.tempo));
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
        making = rest.next().map(|clause| make(voice, clause, line.tempo));
        let Ok(Ok(samples)) = made else {
            tracing::error!(line = line.line.0, "a line could not be spoken to its end");
            return news.send(MouthNews::Lost { line: line.line }).await.is_ok();
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

/// `fixed`: nobody's words are in the clause.
fn make(voice: &Voice, (clause, fixed): (Phi<String>, bool), tempo: Tempo) -> JoinHandle<Result<Vec<f32>, Unspoken>> {
    let voice = voice.clone();
    tokio::spawn(async move {
        match voice.sound(clause.clone(), tempo, fixed).await {
            Err(why @ (Unspoken::Engine(_) | Unspoken::Voice(_))) => {
                tracing::error!(%why, "a clause could not be spoken; it is tried once more");
                voice.sound(clause, tempo, fixed).await
            }
            made @ (Ok(_) | Err(Unspoken::Late)) => made,
        }
    })
}
