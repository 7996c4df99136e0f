use std::time::Duration;

use domain::Urgency;
use serde::{Deserialize, Serialize};

/// How fast pages follow one another at one urgency.
///
/// No interval is shorter than [`Pace::SHORTEST`], so that no configuration can make the machine spin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pace {
    repeat_after: Duration,
    ack_within: Duration,
    retry_after: Duration,
    #[serde(default = "reach_within")]
    reach_within: Duration,
}

/// Ten minutes.
fn reach_within() -> Duration {
    Duration::from_mins(10)
}

impl Pace {
    /// The least time between two pages to one clinician for want of an answer.
    pub const SHORTEST: Duration = Duration::from_millis(100);

    /// The same clinician is paged again after `repeat_after`, the next in the rota after `ack_within`; when a whole
    /// round reached nobody, everybody is tried again after `retry_after`.
    pub fn new(repeat_after: Duration, ack_within: Duration, retry_after: Duration) -> Self {
        Self {
            repeat_after: repeat_after.max(Self::SHORTEST),
            ack_within: ack_within.max(Self::SHORTEST),
            retry_after: retry_after.max(Self::SHORTEST),
            reach_within: reach_within(),
        }
    }

    /// Who takes a case is to reach the caller within this time; ten minutes unless it is said.
    pub fn with_reach_within(self, reach_within: Duration) -> Self {
        Self { reach_within: reach_within.max(Self::SHORTEST), ..self }
    }

    /// From an acknowledgement to the next page, if nobody tells that the caller was reached.
    pub fn reach_within(&self) -> Duration {
        self.reach_within
    }

    /// From a page to its repetition.
    pub fn repeat_after(&self) -> Duration {
        self.repeat_after
    }

    /// From a clinician's first page to the next clinician's.
    pub fn ack_within(&self) -> Duration {
        self.ack_within
    }

    /// From a round in which every page failed to the next round.
    pub fn retry_after(&self) -> Duration {
        self.retry_after
    }
}

/// The pace at each urgency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// For [`Urgency::Emergency`].
    pub emergency: Pace,
    /// For everything else.
    pub urgent: Pace,
}

impl Policy {
    /// The pace at `urgency`. A routine case is nevertheless a case: it goes at the urgent pace.
    pub fn pace(&self, urgency: Urgency) -> &Pace {
        match urgency {
            Urgency::Emergency => &self.emergency,
            Urgency::Urgent | Urgency::Routine => &self.urgent,
        }
    }
}

impl Default for Policy {
    /// Two minutes per clinician in an emergency, five otherwise, a reminder half-way. The practice's configuration
    /// sets its own.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            emergency: Pace::new(seconds(60), seconds(120), seconds(10)),
            urgent: Pace::new(seconds(150), seconds(300), seconds(30)),
        }
    }
}
