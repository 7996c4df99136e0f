use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::{CallerKind, FactId, FrontDesk, Meanwhile, OfficeHours, PracticeId, Urgency};

/// What a call needs to know of the practice that it rang.
#[derive(Clone, Debug)]
pub struct Practice {
    /// As the configuration names it.
    pub id: PracticeId,
    /// As it is spoken: "Riverside Family Medicine".
    pub name: String,
    /// Where its clock hangs.
    pub zone: TimeZone,
    /// The number for emergencies, e.g. `911`.
    pub emergency_number: String,
    /// The number for suicidal crises, e.g. `988`.
    pub crisis_number: String,
    /// When somebody is in the office.
    pub hours: Vec<OpenHours>,
    /// What FirstRing may tell.
    pub facts: Vec<Fact>,
    /// Names that the recogniser should know: clinicians, drugs, streets. Never symptoms: a prompt can put words into
    /// a caller's mouth.
    pub words: Vec<String>,
    /// What callers are offered and told while clinicians are paged; the first that fits counts.
    pub meanwhile: Vec<Meanwhile>,
    /// Appointments, requests and kinds of callers.
    pub front_desk: FrontDesk,
}

impl Practice {
    /// What such a caller is offered and told while clinicians are paged.
    pub fn meanwhile(&self, urgency: Urgency, caller: CallerKind, hours: OfficeHours) -> Option<&Meanwhile> {
        self.meanwhile.iter().find(|meanwhile| meanwhile.applies.fits(urgency, caller, hours))
    }

    /// Whether somebody is in the office at `at`: within the opening hours, and on no day that is an exception from them.
    pub fn is_open(&self, at: &Zoned) -> bool {
        self.office_hours(at.timestamp()) == OfficeHours::Open
    }

    /// The same, of any instant.
    pub fn office_hours(&self, at: Timestamp) -> OfficeHours {
        let local = at.to_zoned(self.zone.clone()).datetime();
        let closed = self.front_desk.closures.iter().any(|closure| (closure.from..closure.to).contains(&local));
        let open = self.hours.iter().any(|h| h.weekday == local.weekday() && (h.from..h.to).contains(&local.time()));
        if open && !closed { OfficeHours::Open } else { OfficeHours::Closed }
    }
}

/// Opening hours on one day of the week, `[from, to)` in the practice's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenHours {
    /// The day.
    pub weekday: Weekday,
    /// Opens.
    pub from: Time,
    /// Closes.
    pub to: Time,
}

/// A fact that FirstRing may tell anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name, e.g. `parking`. With the one called `hours` the next days are told on which the practice is closed.
    pub id: FactId,
    /// Words and phrases that ask for it: "park", "where can I leave my car".
    pub asked_with: Vec<String>,
    /// The answer, as it is spoken.
    pub answer: String,
}
