//! Speaking: from a line of text to sound.
//!
//! ```text
//! reply --clauses--> clause --spoken--> words --model--> raw sound --finished--> sound --> leg
//!          |                 (one Synthesizer does all of this)                       ^
//!          +--- a fixed line, rendered before: LineCache -----------------------------+
//! ```
//!
//! Text goes in as it is written ("Dr. Lopez, 2:30 p.m."); sound comes out mono, -1.0 to 1.0, at the voice's own rate
//! ([`Synthesizer::hz`]). Nothing here resamples and nothing here knows a clock or a runtime. A patient's words may be
//! in any clause: no clause stands in an error or a log, and only clauses that are put into the
//! [`LineCache`](cache::LineCache) reach the disk.

pub mod cache;
pub mod clauses;
pub mod espeak;
#[cfg(any(test, feature = "fakes"))]
pub mod fake;
pub mod sound;
pub mod spoken;

use domain::Tempo;

use crate::SpeechError;

/// A voice that renders one clause at a time.
///
/// A call may take hundreds of milliseconds, so it belongs on an engine's own thread. To stop early, hand over short
/// clauses ([`clauses`](clauses::clauses)): a clause that has begun is rendered to its end.
pub trait Synthesizer: Send {
    /// Which voice this is, as `backend/voice`, for example `piper/joe`.
    fn name(&self) -> &str;

    /// The sample rate of everything this voice returns, in hertz.
    fn hz(&self) -> u32;

    /// Renders `clause`, written as in print: the voice itself turns numbers and abbreviations into words.
    ///
    /// The sound is trimmed and levelled; it lasts [`Tempo::stretch`] times as long as usual, pauses at its ends aside. A
    /// clause without anything to say gives no samples.
    fn synthesize(&mut self, clause: &str, tempo: Tempo) -> Result<Vec<f32>, SpeechError>;
}
