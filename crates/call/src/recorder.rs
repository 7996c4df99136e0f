//! The recording of a call: both sides are held back in memory until the words in them are known, and only then go to the disk.
//!
//! A call never waits for its recording, and never fails with it: what cannot be written is told once in the log, and the call goes on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{CallId, CallTime};
use recordings::{FRAME_SAMPLES, Kept, RecordingError, Shelf, Writer};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};
use transport::{Copies, Frame, Speaker, Tap, Tapped};

/// Sound waits so long in memory: 5 MB a call. A number that is found later than that has reached the disk.
const HELD: Duration = Duration::from_secs(20);
/// The words of an utterance that goes on are waited for so long; of what is longer, silence is kept.
const UNJUDGED_MAX: Duration = Duration::from_secs(60);
/// Where words begin and end is not known better than that.
const MARGIN: Duration = Duration::from_millis(400);
/// So much is written at once: a second, as it is sealed.
const FRAMES_AT_ONCE: usize = 50;
/// When nothing more is recorded, but the call goes on, the last words are waited for so long.
const LAST_WORDS_MAX: Duration = Duration::from_secs(20);
/// What became of recordings, on its way to whoever keeps the list of them. Full: the recording's own task waits.
pub const RECORDING_NEWS_MAX: usize = 64;
const FRAME_MS: u64 = 20;

/// Where the calls of a practice are recorded.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Keeps the sound.
    pub shelf: Shelf,
    /// Learns of every recording.
    pub news: mpsc::Sender<RecordingNews>,
}

/// What became of a call's recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingNews {
    /// Its file is there.
    Begun(CallId),
    /// It is finished, or was broken off: as much as there is.
    Kept(CallId, Kept),
    /// It is gone: the caller did not agree to it.
    Withdrawn(CallId),
}

/// The shell's side of a recording. Dropping it says that all words are known: what is held is written.
pub(crate) struct Recorded {
    marks: Arc<Mutex<Marks>>,
    _all_known: DropGuard,
}

/// What the shell knows of the sound.
#[derive(Debug, Default)]
struct Marks {
    /// Spans that are not kept.
    silent: Vec<(CallTime, CallTime)>,
    /// Since when somebody says something of which the words are not known yet.
    open: Option<CallTime>,
    /// Up to here the words are known.
    known: CallTime,
    /// Where the newest speech ended; `None` while it goes on.
    spoken: Option<CallTime>,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Nothing more is taken; what was is kept.
    Off,
    /// Nobody listens any more: what is still held was looked through by nobody, and is not kept.
    Deaf,
    /// Nothing is kept.
    Withdrawn,
}

impl Recorder {
    /// Records from now on.
    pub(crate) fn record(&self, call: CallId, speaker: &Speaker) -> Option<Recorded> {
        let (tap, copies) = Tap::new();
        speaker.tap(tap).ok()?;
        let (marks, all_known) = (Arc::<Mutex<Marks>>::default(), CancellationToken::new());
        let task = Task { call, recorder: self.clone(), marks: Arc::clone(&marks), held: Held::default() };
        tokio::spawn(task.run(copies, all_known.clone()));
        Some(Recorded { marks, _all_known: all_known.drop_guard() })
    }
}

impl Recorded {
    /// Somebody speaks.
    pub(crate) fn speech_started(&self, at: CallTime) {
        let mut marks = lock(&self.marks);
        marks.open.get_or_insert(at - MARGIN);
        marks.spoken = None;
    }

    /// Nobody speaks any more.
    pub(crate) fn speech_ended(&self, at: CallTime) {
        let mut marks = lock(&self.marks);
        marks.spoken = Some(at);
        marks.close();
    }

    /// The words up to here are known, and no later ones.
    pub(crate) fn words_known(&self, to: CallTime) {
        let mut marks = lock(&self.marks);
        marks.known = marks.known.max(to);
        marks.close();
    }

    /// This is not to be heard.
    pub(crate) fn silence(&self, from: CallTime, to: CallTime) {
        lock(&self.marks).silent.push((from - MARGIN, to + MARGIN));
    }

    /// Nothing more is recorded.
    pub(crate) fn stop(&self) {
        lock(&self.marks).end.get_or_insert(End::Off);
    }

    /// Nobody looks through the words any more.
    pub(crate) fn is_deaf(&self) {
        lock(&self.marks).end.get_or_insert(End::Deaf);
    }

    /// Nothing of it is kept.
    pub(crate) fn withdraw(&self) {
        lock(&self.marks).end = Some(End::Withdrawn);
    }
}

impl Marks {
    /// What goes on, or has ended later than what is known, stays open from there on.
    fn close(&mut self) {
        let all_known = self.spoken.is_some_and(|ended| ended <= self.known + MARGIN);
        self.open = self.open.filter(|_| !all_known).map(|open| open.max(self.known));
    }
}

/// Who panics while marking leaves the marks whole.
fn lock(marks: &Mutex<Marks>) -> MutexGuard<'_, Marks> {
    marks.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Task {
    call: CallId,
    recorder: Recorder,
    marks: Arc<Mutex<Marks>>,
    held: Held,
}

impl Task {
    async fn run(mut self, mut copies: Copies, all_known: CancellationToken) {
        let kept = match self.record(&mut copies, &all_known).await {
            Ok(kept) => kept,
            Err(why) => {
                tracing::error!(call = %self.call, %why, "the call is not recorded any more; it goes on");
                copies.close();
                // As much as there is is kept until the end of the call: until then it may be withdrawn.
                all_known.cancelled().await;
                let (shelf, call) = (self.recorder.shelf.clone(), self.call);
                blocking(move || shelf.measure(call)).await.ok()
            }
        };
        if self.end() == Some(End::Withdrawn) {
            self.delete().await;
        } else if let Some(kept) = kept {
            self.tell(RecordingNews::Kept(self.call, kept)).await;
        }
        if copies.lost() > 0 {
            tracing::warn!(call = %self.call, frames = copies.lost(), "the recording came too late for some of the sound");
        }
    }

    /// Until nothing more is recorded and all words are known. `None`: it was withdrawn, and is not finished: a full disk must not keep
    /// what nobody agreed to.
    async fn record(
        &mut self,
        copies: &mut Copies,
        all_known: &CancellationToken,
    ) -> Result<Option<Kept>, RecordingError> {
        let (shelf, call) = (self.recorder.shelf.clone(), self.call);
        let mut writer = blocking(move || shelf.begin(call)).await?;
        self.tell(RecordingNews::Begun(call)).await;
        while self.end().is_none()
            && let Some(tapped) = copies.recv().await
        {
            self.held.take(tapped);
            let due = self.due();
            if due >= FRAMES_AT_ONCE {
                writer = self.write(writer, due).await?;
            }
        }
        copies.close();
        // The end of the call is only the end of its sound: its last words are still being made out.
        tokio::select! {
            () = all_known.cancelled() => {}
            () = sleep_until(Instant::now() + LAST_WORDS_MAX), if self.end().is_some() => {}
        }
        match self.end() {
            None | Some(End::Off) => {
                let all = self.held.frames.len();
                writer = self.write(writer, all).await?;
            }
            Some(End::Deaf) => {}
            Some(End::Withdrawn) => return Ok(None),
        }
        blocking(move || writer.finish()).await.map(Some)
    }

    /// Of what was withdrawn.
    async fn delete(&self) {
        let (shelf, call) = (self.recorder.shelf.clone(), self.call);
        match blocking(move || shelf.delete(call)).await {
            Ok(_) => self.tell(RecordingNews::Withdrawn(call)).await,
            Err(why) => tracing::error!(%call, %why, "a recording that the caller refused cannot be deleted"),
        }
    }

    fn end(&self) -> Option<End> {
        lock(&self.marks).end
    }

    /// How many of the frames that are held need not wait any longer.
    fn due(&self) -> usize {
        let newest = self.held.first + self.held.frames.len() as u64;
        let old_enough = newest.saturating_sub(frames(HELD));
        let too_old = newest.saturating_sub(frames(HELD + UNJUDGED_MAX));
        let open = lock(&self.marks).open;
        let judged = open.map_or(u64::MAX, index);
        old_enough.min(judged.max(too_old)).saturating_sub(self.held.first) as usize
    }

    async fn write(&mut self, mut writer: Writer, count: usize) -> Result<Writer, RecordingError> {
        let first = self.held.first;
        let frames: Vec<_> = self.held.release(count);
        let silent: Vec<bool> = (first..).take(count).map(|index| self.is_silent(index)).collect();
        blocking(move || {
            let silence = vec![0.0; FRAME_SAMPLES];
            for (frame, silent) in frames.iter().zip(silent) {
                let side = |sound: &Option<Vec<f32>>| match sound {
                    Some(sound) if !silent => sound.clone(),
                    Some(_) | None => silence.clone(),
                };
                writer.write(&side(&frame.caller), &side(&frame.ours))?;
            }
            Ok(writer)
        })
        .await
    }

    /// Whether nothing of a frame may be heard: there are digits in it, or nobody knows its words.
    fn is_silent(&self, frame: u64) -> bool {
        let marks = lock(&self.marks);
        let at = CallTime::from_ms(frame * FRAME_MS);
        let hidden = marks.silent.iter().any(|(from, to)| (*from..=*to).contains(&at));
        hidden || marks.open.is_some_and(|from| at >= from)
    }

    /// Whoever keeps the list may be gone at the end of the process.
    async fn tell(&self, news: RecordingNews) {
        self.recorder.news.send(news).await.ok();
    }
}

/// The sound that waits, 20 ms each.
#[derive(Default)]
struct Held {
    /// The number of the first frame since pick-up.
    first: u64,
    frames: VecDeque<Both>,
}

#[derive(Clone, Default)]
struct Both {
    caller: Option<Vec<f32>>,
    ours: Option<Vec<f32>>,
}

impl Held {
    /// Puts a frame where it belongs; what never comes stays silence, and what comes too late is lost.
    fn take(&mut self, tapped: Tapped) {
        let (Tapped::Caller(frame) | Tapped::Ours(frame)) = &tapped;
        let index = frame.at / FRAME_SAMPLES as u64;
        if self.frames.is_empty() && self.first == 0 {
            self.first = index;
        }
        let Some(place) = index.checked_sub(self.first).map(|place| place as usize) else { return };
        if place > frames(HELD + UNJUDGED_MAX) as usize {
            return;
        }
        if place >= self.frames.len() {
            self.frames.resize(place + 1, Both::default());
        }
        match tapped {
            Tapped::Caller(Frame { pcm, .. }) => self.frames[place].caller = Some(pcm.into_samples()),
            Tapped::Ours(Frame { pcm, .. }) => self.frames[place].ours = Some(pcm.into_samples()),
        }
    }

    fn release(&mut self, count: usize) -> Vec<Both> {
        self.first += count as u64;
        self.frames.drain(..count).collect()
    }
}

fn frames(long: Duration) -> u64 {
    long.as_millis() as u64 / FRAME_MS
}

fn index(at: CallTime) -> u64 {
    at.as_ms() / FRAME_MS
}

/// Off the threads that carry calls.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RecordingError> + Send + 'static,
) -> Result<T, RecordingError> {
    spawn_blocking(work).await.expect("nothing in it panics, and the runtime waits for it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> Recorded {
        Recorded { marks: Arc::default(), _all_known: CancellationToken::new().drop_guard() }
    }

    fn open(recorded: &Recorded) -> Option<u64> {
        lock(&recorded.marks).open.map(CallTime::as_ms)
    }

    const fn at(ms: u64) -> CallTime {
        CallTime::from_ms(ms)
    }

    #[test]
    fn what_was_looked_through_was_so_up_to_its_end_only() {
        let recorded = recorded();
        assert_eq!(open(&recorded), None);
        recorded.speech_started(at(1000));
        assert_eq!(open(&recorded), Some(600), "with its margin");
        recorded.words_known(at(6000));
        assert_eq!(open(&recorded), Some(6000), "the speech goes on");
        recorded.speech_ended(at(8000));
        assert_eq!(open(&recorded), Some(6000), "its end is not known yet");
        recorded.words_known(at(8000));
        assert_eq!(open(&recorded), None);
    }

    #[test]
    fn the_words_of_an_earlier_part_say_nothing_of_a_later_one() {
        let recorded = recorded();
        recorded.speech_started(at(1000));
        recorded.speech_ended(at(2000));
        recorded.speech_started(at(5000));
        recorded.speech_ended(at(6000));
        recorded.words_known(at(2000));
        assert_eq!(open(&recorded), Some(2000));
        recorded.words_known(at(6000));
        assert_eq!(open(&recorded), None);
    }

    #[test]
    fn words_that_are_known_before_the_speech_is_said_to_have_ended_are_known_all_the_same() {
        let recorded = recorded();
        recorded.speech_started(at(1000));
        recorded.words_known(at(26_000));
        recorded.speech_ended(at(26_032));
        assert_eq!(open(&recorded), None);
    }
}
