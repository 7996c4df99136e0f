//! What a call tells the receptionist.

use std::sync::Arc;

use domain::{LineId, OfficeReply, Phi, PhoneNumber, Practice, Reading, RedFlag, RequestId};
use jiff::Zoned;
use serde::{Deserialize, Serialize};

use crate::Unfinished;

/// What is known before the first word.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// The number that the telephone network shows, if it shows one.
    pub caller_id: Option<Phi<PhoneNumber>>,
    /// Whether somebody is in the office.
    pub open: bool,
    /// The practice that was rung.
    pub practice: Arc<Practice>,
    /// When it was picked up: what "tomorrow" means.
    pub began: Zoned,
}

/// Something that happened in the call. With the [`domain::CallTime`] it happened at, it is all that the receptionist
/// ever learns; written down in order, it is the call's journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The call was picked up. First, and once.
    Answered,
    /// Before [`Input::Answered`]: only the last lines are left, so the call begins with the question whether it is an emergency.
    LinesAreFew,
    /// The caller's first voiced sample. Pauses what is being said.
    SpeechStarted,
    /// The caller has stopped. [`Input::Heard`] follows if there were words, [`Input::Dismissed`] if there were none.
    SpeechEnded,
    /// The red flags of a partial. Sent for *every* partial that has words, with an empty list where no rule fired: a
    /// flag counts when two partials in a row have it, and any partial shows that words are coming.
    PartialFlags(Vec<RedFlag>),
    /// A finished utterance, read.
    Heard {
        /// The words.
        text: Phi<String>,
        /// What they were understood to mean.
        reading: Box<Reading>,
    },
    /// Later and better evidence about an utterance: its second decode, or the model's reading of what the rules read
    /// first. It may raise urgency and improve what is not yet confirmed; it never takes urgency back.
    Corrected {
        /// The words as they were heard first; other utterances may have followed.
        was: Phi<String>,
        /// The better words.
        text: Phi<String>,
        /// What they were understood to mean.
        reading: Box<Reading>,
    },
    /// What seemed to be speech has turned out to be a cough, a laugh or noise. What was being said goes on.
    Dismissed,
    /// Voiced sound without words for 5 s, and again for every further 5 s of it. Unsure, so it counts as urgent.
    Unintelligible,
    /// The first sound of a line has left.
    LineStarted(LineId),
    /// The last sound of a line has left. Not sent for a line that was stopped.
    LineFinished(LineId),
    /// A key of the caller's telephone: `0` to `9`, `*`, `#`.
    Digit(char),
    /// The office's answer to an [`crate::Output::Ask`]. May come late, twice or never.
    Office {
        /// Which request.
        id: RequestId,
        /// What happened.
        reply: OfficeReply,
    },
    /// What became of an [`crate::Output::Transfer`].
    Transfer(TransferNews),
    /// The caller can no longer be understood: recogniser gone or words lost. Keys still work.
    HearingLost,
    /// Nothing new can be voiced. Lines kept on disk may still sound: every `Say` is tried.
    VoiceLost,
    /// An earlier call of this caller broke off minutes ago, and this is what it left undone. At most once, soon after
    /// [`Input::Answered`]; what comes when the caller has begun to speak is not offered any more.
    BrokeOff(Box<Unfinished>),
    /// The caller hung up.
    HungUp,
    /// The line broke.
    LineLost,
}

/// What became of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferNews {
    /// There is no way to connect anybody, or nobody picked up.
    Unavailable,
    /// Somebody's telephone rings. Again for everybody who is rung.
    Ringing,
    /// They have accepted the call, and wait for [`crate::Output::Bridge`].
    Accepted {
        /// Who, as it may be spoken.
        by: String,
    },
    /// The line itself has put the caller through: they are with somebody, and not with us any more.
    HandedOver,
    /// Who had accepted has hung up.
    Ended,
    /// The line to who had accepted broke.
    Lost,
}
