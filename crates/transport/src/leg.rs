use audio::{Pcm, Sound};
use domain::{CallTime, LineId, LineQuality, Lines, Phi, PhoneNumber};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Speaker;

/// The rate at which every leg hears and is heard, in samples a second.
pub const LEG_HZ: u32 = 16_000;

/// One end of a call as the call's shell sees it. Dropping it, or its `hears` or `news`, ends the call.
#[derive(Debug)]
pub struct Leg {
    /// The number that the call comes from, if the line tells it.
    pub caller_id: Option<Phi<PhoneNumber>>,
    /// When the call was picked up: zero of [`CallTime`] and of [`Frame::at`].
    pub picked_up: Instant,
    /// What the caller says. Full after [`HEARS_FRAMES`](crate::HEARS_FRAMES): see [`LegNews::HearingOverrun`].
    pub hears: mpsc::Receiver<Frame>,
    /// What happens on the line. Full after [`NEWS_MAX`](crate::NEWS_MAX): the leg waits.
    pub news: mpsc::Receiver<LegNews>,
    /// Says things to the caller.
    pub speaker: Speaker,
    /// How many lines are left after it.
    pub lines: Lines,
    /// What a caller's line is to be given to put the caller in our place (RFC 3891): a SIP address that names this call. Only of calls
    /// that we placed by SIP.
    pub in_our_place: Option<Phi<String>>,
    /// What the line was like, once that is known: before `HungUp` and `Lost` are told, or soon after we hung up. Only of calls by SIP.
    pub quality: watch::Receiver<Option<LineQuality>>,
    /// Cancel it to hang up; the leg cancels it when it is gone.
    pub over: CancellationToken,
}

/// 20 ms of what the caller says.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The sound.
    pub pcm: Pcm<LEG_HZ>,
    /// The position of its first sample, counted from pick-up.
    pub at: u64,
}

/// What happens on the line. `HungUp` and `Lost` are the last news of a call, and come before [`Leg::over`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegNews {
    /// The caller pressed a key: `0` to `9`, `*`, `#`, `A` to `D`.
    Dtmf(char),
    /// The first sample of a line was sent.
    Started {
        /// Which line.
        line: LineId,
        /// When.
        at: CallTime,
    },
    /// The last sample of a line was sent: the caller heard it to its end. A line that was stopped never finishes.
    Finished {
        /// Which line.
        line: LineId,
        /// When.
        at: CallTime,
    },
    /// What the caller said was not taken in time and some of it is gone. Told once, until there is room again.
    HearingOverrun,
    /// The caller hung up.
    HungUp,
    /// The connection broke, or was cut off because of what came over it.
    Lost,
}

/// A piece of a line, at the voice's own rate.
#[derive(Clone, Debug)]
pub struct Voiced {
    /// Which line it belongs to.
    pub line: LineId,
    /// Its sound; usually 20 ms. A longer one is cut up by [`Speaker::play`].
    pub sound: Sound,
    /// Nothing more of this line follows.
    pub last: bool,
}

/// The call is over: there is nobody to speak to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call is over; stop what is done for it")]
pub struct LegGone;
