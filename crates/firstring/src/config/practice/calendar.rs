//! iCalendar (RFC 5545), read strictly: when which event of a file takes place.
//!
//! Calendar programs guess at what they do not understand. Here a wrong guess pages the wrong doctor, so whatever is not quite
//! understood is an error that says where it stands. `calcard` repeats the series in civil time and knows Windows' names of
//! time zones; which occurrence another event replaces, and when a civil time is, is decided here: by UID and by zone.

mod event;
mod lines;
mod series;
mod times;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use event::{Event, Marks};
use lines::Component;
use times::Zones;

/// From when until when occurrences are wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// One event at one time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Occurrence {
    /// Where the event begins in the file.
    pub(super) line: usize,
    pub(super) summary: String,
    pub(super) categories: Vec<String>,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// What is wrong with a calendar, and in which line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{wrong}")]
pub(super) struct CalendarError {
    pub(super) line: usize,
    pub(super) wrong: String,
}

/// The occurrences that touch `window`, in the order of the file, of events whose title `is_wanted`; of others only the lines
/// must be in order. Times without a zone, and days, are those of `zone`.
pub(super) fn occurrences(
    text: &[u8],
    zone: &TimeZone,
    window: Window,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Occurrence>, CalendarError> {
    let calendars = lines::calendars(text)?;
    let mut found = Vec::new();
    let mut work = series::Work::default();
    for calendar in &calendars {
        if calendar.text("METHOD").is_some_and(|method| method.eq_ignore_ascii_case("CANCEL")) {
            return Err(calendar.wrong("this file cancels events; save the whole calendar as a file"));
        }
        let zones = Zones::of(calendar, zone);
        // What replaces an occurrence takes it away whatever its own title.
        let is_read = |part: &&Component| {
            is_wanted(&part.text("SUMMARY").unwrap_or_default()) || part.all("RECURRENCE-ID").next().is_some()
        };
        let written = calendar.parts.iter().filter(|part| part.kind == "VEVENT").filter(is_read);
        let events: Vec<Event> = written.map(|part| Event::read(part, &zones)).collect::<Result<_, _>>()?;
        let (alone, instead) = latest(events)?;
        for event in &alone {
            let none = Marks::default();
            let replaced = event.uid.as_ref().and_then(|uid| instead.get(uid)).unwrap_or(&none);
            if is_wanted(&event.summary) {
                event.occurrences(window, replaced, &zones, &mut work, &mut found)?;
            }
        }
    }
    Ok(found)
}

/// The events without those that a later version of the same occurrence replaces; and, by UID, which occurrences are replaced.
fn latest(events: Vec<Event>) -> Result<(Vec<Event>, BTreeMap<String, Marks>), CalendarError> {
    let mut alone: Vec<Event> = Vec::new();
    let mut versions: BTreeMap<(String, Timestamp), usize> = BTreeMap::new();
    let mut instead: BTreeMap<String, Marks> = BTreeMap::new();
    for event in events {
        if let Some(of) = &event.instead_of {
            let uid = event.uid.clone().ok_or_else(|| event.wrong("has a RECURRENCE-ID but no UID"))?;
            instead.entry(uid.clone()).or_default().add(of);
            if let Some(&place) = versions.get(&(uid.clone(), of.instant())) {
                let other = &mut alone[place];
                if event.sequence == other.sequence {
                    return Err(event.wrong("stands twice with the same RECURRENCE-ID; delete one of the two"));
                }
                if event.sequence > other.sequence {
                    *other = event;
                }
                continue;
            }
            versions.insert((uid, of.instant()), alone.len());
        }
        alone.push(event);
    }
    Ok((alone, instead))
}

/// An event's title as an error shows it: short, and in one line.
pub(super) fn shown(summary: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut shown: String = summary.chars().take(CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if summary.chars().nth(CHARS_MAX).is_some() {
        shown.push_str("..");
    }
    shown
}

#[cfg(test)]
mod tests;
