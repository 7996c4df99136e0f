use serde::{Deserialize, Serialize};

use crate::{CallId, CallTime, Intent, LineId, Partial, Phi, Reading, Urgency, Utterance};

/// What happens in a call, for those who watch it: the caller's own page, the dashboard. A slow viewer loses news; a
/// call never waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum CallNews {
    /// Picked up.
    Answered {
        /// Which call.
        call: CallId,
    },
    /// Words while the caller speaks.
    Hearing(Partial),
    /// Words when the caller has finished.
    Heard(Utterance),
    /// What they were understood to mean.
    Understood {
        /// The whole reading.
        reading: Box<Reading>,
        /// The call's main wish so far.
        intent: Intent,
        /// The call's urgency so far.
        urgency: Urgency,
        /// How long reading took.
        read_ms: u64,
    },
    /// FirstRing begins to say a line.
    Saying {
        /// Which line.
        line: LineId,
        /// Its words.
        text: Phi<String>,
        /// When its first sound left.
        at: CallTime,
        /// From the caller's last voiced sample to this line's first sound.
        voice_to_voice_ms: Option<u64>,
    },
    /// How long a stage took.
    Stage {
        /// A name from the list of metrics.
        stage: String,
        /// Milliseconds.
        ms: u64,
    },
    /// The call is over.
    Ended {
        /// When.
        at: CallTime,
    },
}
