//! What stands in a calendar, as FirstRing writes and sees it.

use domain::{AppointmentId, Phi};

use crate::Period;

/// So long may a text be in somebody else's calendar; the practice's own book has the whole.
const CHARS_MAX: usize = 2_000;

/// An appointment as it is to stand in an outside calendar.
///
/// Who is seen, and why, is written only where the practice chose that: calendars are shown on telephones and shared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Ours. The same id is the same entry, however often it is written.
    pub id: AppointmentId,
    /// When the provider is taken. In whole seconds: calendars know nothing smaller.
    pub period: Period,
    /// With whom, as it is shown: "Doctor Patel".
    pub provider: String,
    /// What kind of appointment, as it is shown: "Check-up". Shown to everybody who may see the calendar: no patient's word.
    pub kind: String,
    /// By which the practice finds the appointment in FirstRing, such as `AB-1234`.
    pub reference: String,
    /// Instead of "FirstRing appointment" and the reference.
    pub title: Option<Phi<String>>,
    /// What stands below the title.
    pub description: Option<Phi<String>>,
}

impl Entry {
    /// The line by which the entry is known.
    pub(crate) fn shown_title(&self) -> String {
        let untitled = || format!("FirstRing appointment {}", self.reference);
        short(&one_line(&self.title.as_ref().map_or_else(untitled, |title| title.expose().clone())))
    }

    /// The lines below it.
    pub(crate) fn shown_description(&self) -> Option<String> {
        self.description.as_ref().map(|text| short(&lines(text.expose())))
    }
}

/// In one line.
pub(crate) fn one_line(text: &str) -> String {
    lines(text).replace('\n', " ").trim().to_owned()
}

/// Control characters have no place in a calendar, and some programs end a line at them (RFC 5545, 3.3.11).
pub(crate) fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n").replace('\t', " ");
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

fn short(text: &str) -> String {
    text.chars().take(CHARS_MAX).collect()
}

/// Which state of an entry its calendar holds: an ETag, or a FHIR version. Only the calendar that gave it understands it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Version(String);

impl Version {
    /// As it was kept.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// To be kept with the appointment.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// When a provider is taken.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Busy {
    /// In the order of their begins; they may overlap one another.
    pub taken: Vec<Taken>,
    /// Entries of which time or series could not be told. Any of them may lie in any gap: say that the office will confirm.
    pub unreadable: usize,
}

/// One entry's time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// From when until when, also beyond what was asked for.
    pub period: Period,
    /// The appointment, where FirstRing made the entry.
    pub ours: Option<AppointmentId>,
}

impl Busy {
    /// Whether somebody else than `but` has a moment of `period`.
    pub(crate) fn is_taken(&self, period: &Period, but: AppointmentId) -> bool {
        self.taken.iter().any(|taken| taken.ours != Some(but) && taken.period.overlaps(period))
    }
}
