//! From a voice's sound to the 20 ms frames that a leg sends. Pure: it is told when a tick has come, and knows no clock.
//!
//! - A line begins when 40 ms of it, or all of it, are there; if synthesis falls behind, silence is sent until that is so
//!   again.
//! - Sound never begins or ends in mid-wave: whatever interrupts it fades it out, and what goes on fades in, over 5 ms.
//! - [`LegNews::Started`] and [`LegNews::Finished`] are told for the very sample that was sent, at the position that it
//!   has among all samples sent since pick-up.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use audio::{Pcm, Resampler};
use domain::{CallTime, LineId};

use crate::{LegNews, Voiced};

/// How much of a line must be there before it is sent: one frame more than is sent at a time, because a resampler
/// holds a few milliseconds back.
const AHEAD_FRAMES: usize = 2;
/// How long a fade takes.
const FADE_MS: usize = 5;
/// How much of a line is repeated when it resumes: about a syllable.
const REWIND_MS: usize = 200;

/// What is being said on a leg of `HZ` samples a second.
#[derive(Debug)]
pub struct Playback<const HZ: u32> {
    flow: Flow,
    /// The line that is being received.
    incoming: Option<Incoming>,
    /// Built for the rate of the last line; the next one mostly has the same.
    resampler: Option<Resampler>,
    /// Not sent yet.
    pending: VecDeque<f32>,
    /// Where lines begin and end, counted in samples of speech since pick-up; in order.
    marks: VecDeque<(u64, Mark)>,
    /// Samples of speech that were taken from `pending`, in all.
    spoken: u64,
    /// The last of the current line that was sent, for a resumption.
    history: VecDeque<f32>,
    /// The faded end of what was interrupted; sent with the next tick.
    tail: Vec<f32>,
    /// Samples sent since pick-up, silence included.
    sent: u64,
    /// What has happened since the last tick.
    broke_off: Option<BrokeOff>,
}

/// What one tick sends, and what that means.
#[derive(Debug)]
pub struct Tick<const HZ: u32> {
    /// 20 ms of sound.
    pub pcm: Pcm<HZ>,
    /// Lines that began or ended with it.
    pub news: Vec<LegNews>,
    /// Whether a line is in it; else it is silence, or the faded end of what was interrupted.
    pub speaks: bool,
    /// Why what was being sent does not go on.
    pub broke_off: Option<BrokeOff>,
}

/// Why a line does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokeOff {
    /// It was stopped: nothing of it will come.
    Stopped,
    /// It was paused, and may go on up to 200 ms before the place where that came.
    Paused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// Silence, until enough is there.
    Waiting(Onset),
    /// A line is being sent.
    Flowing,
    /// Silence, whatever is there.
    Paused,
}

/// How sound begins after silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Onset {
    /// As the voice made it.
    Plain,
    /// In mid-line.
    FadingIn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Started(LineId),
    Finished(LineId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Incoming {
    line: LineId,
    hz: u32,
}

impl<const HZ: u32> Playback<HZ> {
    const FADE_LEN: usize = HZ as usize * FADE_MS / 1000;
    const REWIND_LEN: usize = HZ as usize * REWIND_MS / 1000;

    /// Nothing to say yet.
    pub fn new() -> Self {
        Self {
            flow: Flow::Waiting(Onset::Plain),
            incoming: None,
            resampler: None,
            pending: VecDeque::new(),
            marks: VecDeque::new(),
            spoken: 0,
            history: VecDeque::new(),
            tail: Vec::new(),
            sent: 0,
            broke_off: None,
        }
    }

    /// Samples sent since pick-up.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Whether so little is left that more should be pushed. Who pushes only then keeps three frames here at most, and
    /// what a resumption repeats.
    pub fn wants_more(&self) -> bool {
        self.pending.len() < AHEAD_FRAMES * Pcm::<HZ>::frame_len()
    }

    /// Whether a tick now would be a whole frame of a line, so that one may come before its time without a gap.
    pub fn speaks_on(&self) -> bool {
        self.flow != Flow::Paused && self.tail.is_empty() && !self.pending.is_empty() && self.is_ready()
    }

    /// Takes a piece of a line. A new line number, or another rate, begins a line.
    pub fn push(&mut self, voiced: &Voiced) {
        let incoming = Incoming { line: voiced.line, hz: voiced.sound.hz };
        if self.incoming != Some(incoming) {
            self.flush();
            self.mark(Mark::Started(voiced.line));
            self.incoming = Some(incoming);
        }
        let resampler = match &mut self.resampler {
            Some(resampler) if resampler.from_hz() == incoming.hz => resampler,
            other => other.insert(Resampler::new(incoming.hz, HZ)),
        };
        self.pending.extend(resampler.push(&voiced.sound.samples));
        if voiced.last {
            self.flush();
            self.mark(Mark::Finished(voiced.line));
            self.incoming = None;
        }
    }

    /// Discards everything; what was being sent fades out. Ends a pause.
    pub fn stop(&mut self) {
        self.tail = self.faded_out();
        self.flush();
        self.incoming = None;
        self.pending.clear();
        self.marks.clear();
        self.history.clear();
        self.flow = Flow::Waiting(Onset::Plain);
        self.broke_off = Some(BrokeOff::Stopped);
    }

    /// Sends silence and keeps everything; what was being sent fades out.
    pub fn pause(&mut self) {
        if self.flow != Flow::Paused {
            self.tail = self.faded_out();
            self.flow = Flow::Paused;
            self.broke_off = Some(BrokeOff::Paused);
        }
    }

    /// Goes on after a pause, up to 200 ms before the place where it came, but within the line.
    pub fn resume(&mut self) {
        if self.flow == Flow::Paused {
            let onset = self.onset();
            self.spoken -= self.history.len() as u64;
            for sample in self.history.drain(..).rev() {
                self.pending.push_front(sample);
            }
            self.flow = Flow::Waiting(onset);
        }
    }

    /// The next 20 ms.
    pub fn tick(&mut self) -> Tick<HZ> {
        let mut frame = mem::take(&mut self.tail);
        let mut news = Vec::new();
        let spoken = self.spoken;
        match self.flow {
            Flow::Waiting(onset) if frame.is_empty() && self.is_ready() => {
                self.flow = Flow::Flowing;
                self.speak(&mut frame, &mut news);
                match onset {
                    Onset::Plain => {}
                    Onset::FadingIn => fade(frame.iter_mut(), Self::FADE_LEN),
                }
            }
            Flow::Flowing => self.speak(&mut frame, &mut news),
            Flow::Waiting(_) | Flow::Paused => {}
        }
        frame.resize(Pcm::<HZ>::frame_len(), 0.0);
        self.sent += frame.len() as u64;
        Tick { pcm: Pcm::new(frame), news, speaks: self.spoken > spoken, broke_off: self.broke_off.take() }
    }

    fn mark(&mut self, mark: Mark) {
        self.marks.push_back((self.spoken + self.pending.len() as u64, mark));
    }

    /// Takes what the resampler holds back.
    fn flush(&mut self) {
        if let Some(resampler) = &mut self.resampler {
            self.pending.extend(resampler.finish());
        }
    }

    fn is_ready(&self) -> bool {
        !self.wants_more() || self.marks.iter().any(|(_, mark)| matches!(mark, Mark::Finished(_)))
    }

    /// Fills the frame as far as there is sound.
    fn speak(&mut self, frame: &mut Vec<f32>, news: &mut Vec<LegNews>) {
        self.pass_marks(frame.len(), news);
        while frame.len() < Pcm::<HZ>::frame_len() {
            let Some(sample) = self.pending.pop_front() else {
                self.run_dry(frame);
                return;
            };
            frame.push(sample);
            self.spoken += 1;
            if self.history.len() == Self::REWIND_LEN {
                self.history.pop_front();
            }
            self.history.push_back(sample);
            self.pass_marks(frame.len(), news);
        }
    }

    /// Tells the marks that have been reached. A line is never rewound into another.
    fn pass_marks(&mut self, offset: usize, news: &mut Vec<LegNews>) {
        while let Some((_, mark)) = self.marks.pop_front_if(|(position, _)| *position == self.spoken) {
            let at = CallTime::from(Duration::from_nanos((self.sent + offset as u64) * 1_000_000_000 / u64::from(HZ)));
            news.push(match mark {
                Mark::Started(line) => LegNews::Started { line, at },
                Mark::Finished(line) => LegNews::Finished { line, at },
            });
            self.history.clear();
        }
    }

    /// There is no more: either a line is finished, or synthesis is behind and a line breaks off.
    fn run_dry(&mut self, frame: &mut [f32]) {
        let onset = self.onset();
        match onset {
            Onset::Plain => {}
            Onset::FadingIn => fade(frame.iter_mut().rev(), Self::FADE_LEN),
        }
        self.flow = Flow::Waiting(onset);
    }

    /// How the next sound has to begin.
    fn onset(&self) -> Onset {
        if self.history.is_empty() { Onset::Plain } else { Onset::FadingIn }
    }

    /// The next 5 ms of what is being sent, fading; they stay pending.
    fn faded_out(&self) -> Vec<f32> {
        match self.flow {
            Flow::Flowing => {
                let mut tail: Vec<f32> = self.pending.iter().take(Self::FADE_LEN).copied().collect();
                fade(tail.iter_mut().rev(), Self::FADE_LEN);
                tail
            }
            Flow::Waiting(_) | Flow::Paused => Vec::new(),
        }
    }
}

impl<const HZ: u32> Default for Playback<HZ> {
    fn default() -> Self {
        Self::new()
    }
}

/// Rises from silence to full level over `len` samples, or all of them if there are fewer. Backwards it is a fade-out.
fn fade<'a>(samples: impl ExactSizeIterator<Item = &'a mut f32>, len: usize) {
    let len = len.min(samples.len());
    for (index, sample) in samples.take(len).enumerate() {
        *sample *= index as f32 / len as f32;
    }
}
