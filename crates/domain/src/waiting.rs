use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AppointmentId, AppointmentTypeId, Interval, PatientId, Phi, PhoneNumber, ProviderId, ProviderWish};

/// Who waits for an opening, and for which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingWish {
    /// Who.
    pub patient: PatientId,
    /// For what.
    pub kind: AppointmentTypeId,
    /// With whom, if it matters.
    pub provider: Option<ProviderWish>,
    /// Within any of these; none: at any time.
    pub when: Vec<Interval>,
    /// The appointment that would be moved to it; it stays as it is until then.
    pub instead_of: Option<AppointmentId>,
    /// Where they are told.
    pub number: Phi<PhoneNumber>,
    /// Whether they have agreed to a text message there.
    pub may_text: bool,
    /// What they were offered and did not want: begins, and with whom.
    pub refused: Vec<(Timestamp, ProviderId)>,
    /// What it is for, in their words.
    pub reason: Option<Phi<String>>,
}

impl WaitingWish {
    /// Whether an opening that begins at `start` is at a wished time.
    pub fn is_wished(&self, start: Timestamp) -> bool {
        self.when.is_empty() || self.when.iter().any(|(from, to)| (*from..*to).contains(&start))
    }
}
