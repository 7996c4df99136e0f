//! An entry of ours as an iCalendar object.

use domain::AppointmentId;
use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};
use jiff::Timestamp;
use uuid::Uuid;

use crate::Entry;
use crate::entry::one_line;

/// Before the id in a UID: by it we know our own.
const MARK: &str = "firstring-";

fn uid(id: AppointmentId) -> String {
    format!("{MARK}{id}")
}

/// Whose UID it is, if it is ours.
pub(super) fn id_of(uid: &str) -> Option<AppointmentId> {
    uid.strip_prefix(MARK)?.parse::<Uuid>().ok().map(AppointmentId)
}

/// Where it stands in a calendar. Its name is its UID: some servers want that.
pub(crate) fn href(id: AppointmentId) -> String {
    format!("{}.ics", uid(id))
}

/// The whole object. Times stand in UTC: every program knows it, and no two differ about its clock changes. The same entry is
/// the same text.
pub(crate) fn text(entry: &Entry) -> String {
    let mut calendar = Calendar::empty();
    for (name, value) in [("VERSION", "2.0"), ("PRODID", "-//FirstRing//calendars//EN"), ("CALSCALE", "GREGORIAN")] {
        calendar.append_property(Property::new(name, value));
    }
    let mut event = Event::new();
    event.uid(&uid(entry.id));
    event.add_property("DTSTAMP", utc(made(entry)));
    event.add_property("DTSTART", utc(entry.period.start())).add_property("DTEND", utc(entry.period.end()));
    event.summary(&entry.shown_title()).description(&description(entry)).categories([one_line(&entry.kind)]);
    event.status(EventStatus::Confirmed).add_property("TRANSP", "OPAQUE");
    calendar.push(event.done());
    calendar.to_string()
}

fn description(entry: &Entry) -> String {
    let what = format!("{} with {}.", one_line(&entry.kind), one_line(&entry.provider));
    entry.shown_description().map_or(what.clone(), |more| format!("{what}\n{more}"))
}

/// When the appointment was made, which its id tells.
fn made(entry: &Entry) -> Timestamp {
    let from_id = entry.id.0.get_timestamp().map(|time| time.to_unix().0.cast_signed());
    from_id.and_then(|second| Timestamp::from_second(second).ok()).unwrap_or(entry.period.start())
}

pub(crate) fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
