//! Where and when a call takes place: the practice, its clock and its book's names.

use domain::{AppointmentTypeId, CallTime, OfferedSlot, Practice, ProviderId};
use jiff::{Timestamp, Zoned};

use crate::prompt::{Moment, Opening};

/// What the machines need to know of the practice and of the time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) practice: &'a Practice,
    pub(crate) began: &'a Zoned,
    pub(crate) now: CallTime,
}

impl Setting<'_> {
    /// Wall time.
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.began.timestamp().checked_add(std::time::Duration::from(self.now));
        now.unwrap_or(self.began.timestamp()) // a call does not reach the end of time
    }

    /// A time as it is spoken.
    pub(crate) fn moment(&self, at: Timestamp) -> Moment {
        let zone = &self.practice.zone;
        Moment { at: at.to_zoned(zone.clone()).datetime(), today: self.began.timestamp().to_zoned(zone.clone()).date() }
    }

    /// An opening or appointment as it is spoken.
    pub(crate) fn opening(&self, start: Timestamp, provider: &ProviderId, kind: &AppointmentTypeId) -> Opening {
        Opening { at: self.moment(start), provider: provider.clone(), kind: kind.clone() }
    }

    pub(crate) fn offered(&self, slot: &OfferedSlot) -> Opening {
        self.opening(slot.start, &slot.provider, &slot.kind)
    }

    /// Whether this practice lets appointments be made on the telephone.
    pub(crate) fn books(&self) -> bool {
        !self.practice.front_desk.appointment_types.is_empty()
    }
}
