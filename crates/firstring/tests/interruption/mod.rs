//! A caller who speaks over FirstRing's lines: calls over a loopback line with the program's own wiring, held in one process so
//! that the models are loaded once, and what the two sides sent, sample by sample.
//!
//! Everything is measured on the recording of the leg. It is honest about delay: a frame of FirstRing's counts from the
//! tick at which it begins to sound, a frame of the caller's arrives when it has been said, one tick (20 ms) later.

use std::path::Path;
use std::time::Duration;

use call::{Entry, Happening, Journal, Pace};
use dialogue::{Input, Output};
use domain::{CallTime, LineId};
use tokio::sync::mpsc;
use transport::loopback::{self, Line, LoopbackCaller, LoopbackOptions, Recording, Reply, Said};

use crate::support::practice;
use firstring::config::{Overrides, PracticeConfig, Server};
use firstring::wiring::{Desk, DeskOptions};

/// Samples in a millisecond.
const PER_MS: usize = 16;
/// A caller who hears nothing for so long goes on all the same.
const PATIENCE: Duration = Duration::from_secs(15);

/// Who judges what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// The written rules alone: loads in seconds.
    Rules,
    /// The rules and the language model, which works on the same processor while the caller speaks.
    RulesAndModel,
}

/// What a caller does; one step after the other.
#[derive(Clone, Debug)]
pub enum Step {
    /// Says this once FirstRing has finished.
    Say(Vec<f32>),
    /// Waits for FirstRing's next line, and says this so long after its first sound.
    SayOver(Vec<f32>, Duration),
}

/// A call that was held.
pub struct Held {
    pub journal: Vec<Entry>,
    pub recording: Recording,
    /// When each step was said. Fewer than the steps if FirstRing hung up, or had nothing to be spoken over.
    pub said: Vec<Said>,
}

/// The example practice, answered by the real models.
pub async fn desk(data: &Path, judge: Judge, pace: Pace) -> Desk {
    // A second test in the same process finds the provider that the first one installed.
    drop(rustls::crypto::ring::default_provider().install_default());
    let over = Overrides {
        data: Some(data.to_owned()),
        practice: Some(practice()),
        no_llm: judge == Judge::Rules,
        ..Overrides::default()
    };
    let server = Server::load(None, over).unwrap();
    let config = PracticeConfig::load(&server.practice).unwrap();
    // A morning on which the example practice is open.
    let now = Some("2026-03-04T10:12:00-05:00[America/New_York]".parse().unwrap());
    Desk::open(&server, config, DeskOptions { pace, page_url: None, dials: None, now, beside: None }).await.unwrap()
}

/// When the caller hangs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaves {
    /// When FirstRing has finished.
    AfterTheAnswer,
    /// When the answer to the last step begins.
    BeforeTheAnswer,
}

/// Holds a call.
pub async fn hold(desk: &Desk, line: Line, steps: Vec<Step>, leaves: Leaves) -> Held {
    let (leg, mut caller) = loopback::call(LoopbackOptions { line, caller_id: None });
    let (journal, mut entries) = Journal::new();
    let kept = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Some(entry) = entries.recv().await {
            kept.push(entry);
        }
        kept
    });
    let (news, _unread) = mpsc::channel(1);
    let (front, started) = (desk.front.clone(), desk.now());
    let call = tokio::spawn(async move { front.answer(leg, started, journal, news).await });
    let said = talk(&mut caller, steps, leaves).await;
    let recording = caller.recording().await;
    call.await.unwrap();
    Held { journal: kept.await.unwrap(), recording, said }
}

async fn talk(caller: &mut LoopbackCaller, steps: Vec<Step>, leaves: Leaves) -> Vec<Said> {
    let mut said = Vec::new();
    for step in steps {
        let sound = match step {
            Step::Say(sound) => (caller.finished_speaking(PATIENCE).await != Reply::HungUp).then_some(sound),
            Step::SayOver(sound, into) => match caller.begins_speaking(PATIENCE).await {
                Some(from) => caller.silence((from + into).since(caller.now())).await.is_ok().then_some(sound),
                None => None,
            },
        };
        let Some(sound) = sound else { return said };
        let Ok(times) = caller.say(sound).await else { return said };
        said.push(times);
    }
    match leaves {
        Leaves::AfterTheAnswer => drop(caller.finished_speaking(PATIENCE).await),
        Leaves::BeforeTheAnswer => drop(caller.begins_speaking(PATIENCE).await),
    }
    said
}

/// What became of a line that the caller spoke over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its last sample was sent.
    Finished,
    /// It was dropped.
    Stopped,
}

impl Held {
    /// The line that was being said at this time.
    pub fn line_at(&self, at: CallTime) -> LineId {
        let (line, _) = self.begun().rfind(|(_, begun)| *begun <= at).expect("the caller speaks over a line");
        line
    }

    pub fn fate_of(&self, line: LineId) -> Fate {
        let finished = |entry: &Entry| matches!(&entry.what, Happening::Input(Input::LineFinished(of)) if *of == line);
        if self.journal.iter().any(finished) { Fate::Finished } else { Fate::Stopped }
    }

    /// What FirstRing said after line `first`, in words.
    pub fn replies_after(&self, first: LineId) -> String {
        let mut replies = Vec::new();
        for entry in &self.journal {
            if let Happening::Line { line, text } = &entry.what
                && *line > first
            {
                replies.push(text.expose().as_str());
            }
        }
        replies.join(" ")
    }

    /// What was heard of the caller, in words.
    pub fn heard(&self) -> Vec<&str> {
        let mut heard = Vec::new();
        for entry in &self.journal {
            if let Happening::Heard(utterance) = &entry.what {
                heard.push(utterance.text.expose().as_str());
            }
        }
        heard
    }

    /// For how long lines were held for the caller before they went on, one after the other.
    pub fn held(&self) -> Vec<Duration> {
        let mut paused_at = None;
        let mut held = Vec::new();
        for entry in &self.journal {
            if let Happening::Output(Output::PauseSpeaking) = entry.what {
                paused_at = Some(entry.at);
            } else if let Happening::Output(Output::ResumeSpeaking) = entry.what {
                held.extend(paused_at.take().map(|from| entry.at.since(from)));
            }
        }
        held
    }

    /// Each line that was heard, with its first sound.
    fn begun(&self) -> impl DoubleEndedIterator<Item = (LineId, CallTime)> {
        self.journal.iter().filter_map(|entry| {
            if let Happening::FirstSound { line } = entry.what { Some((line, entry.at)) } else { None }
        })
    }

    /// Where `line` ended at the latest: at the next line's first sample, or with the call.
    fn end_of(&self, line: LineId) -> usize {
        let next = self.begun().find(|(later, _)| *later > line);
        next.map_or(self.recording.to_caller.len(), |(_, at)| at.as_ms() as usize * PER_MS)
    }

    /// From the caller's first voiced sample to the last sample of the line that they spoke over, in milliseconds: the whole
    /// line counts, so one that went on after a pause shows. `None` if nothing of it sounded after they began.
    pub fn stopped_after_ms(&self, spoken_over: LineId, onset: usize) -> Option<f64> {
        let last =
            self.recording.to_caller[onset..self.end_of(spoken_over)].iter().rposition(|&sample| sample != 0.0)?;
        Some(last as f64 / PER_MS as f64)
    }

    /// The first sample of what was said as step `step`, on the line.
    pub fn onset(&self, step: usize) -> usize {
        let Said { from, to } = self.said[step];
        let at = |time: CallTime| time.as_ms() as usize * PER_MS;
        let said = at(from)..at(to).min(self.recording.from_caller.len());
        said.start + first_voiced(&self.recording.from_caller[said.clone()])
    }
}

/// Where a recording's speech begins: its first 10 ms that come within 25 dB of its loudest. An "h" or a breath before the voice
/// counts too, so what is measured from here is rather too long than too short.
pub fn first_voiced(sound: &[f32]) -> usize {
    const PIECE: usize = 10 * PER_MS;
    const BELOW_LOUDEST_DB: f32 = 25.0;
    let levels: Vec<f32> = sound.chunks(PIECE).map(audio::level::rms_dbfs).collect();
    let loudest = levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let first = levels.iter().position(|&level| level >= loudest - BELOW_LOUDEST_DB);
    first.expect("a loudest piece is as loud as itself") * PIECE
}
