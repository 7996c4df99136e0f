//! iCalendar (RFC 5545), read so that nothing that is not understood counts as free; and written.
//!
//! `calcard` takes the text apart and repeats series in civil time. When a civil time is, and which occurrence another event
//! replaces, is decided here: by zone and by UID.

mod event;
mod moment;
mod series;
mod write;

use std::collections::BTreeMap;

use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarParameterName, ICalendarProperty,
};
use domain::AppointmentId;
use jiff::tz::TimeZone;

use crate::{Busy, Period, Taken};
use event::Event;
use moment::{Marks, Zones};
pub(crate) use write::{href, text, utc};

/// What the entries of a calendar come to.
#[derive(Debug)]
pub(crate) struct Reading {
    /// What is wanted of them.
    window: Period,
    zone: TimeZone,
    busy: Busy,
    /// Occurrences of series up to now, wanted or not.
    repeated: usize,
}

impl Reading {
    /// `zone` is the practice's: of days, and of times without a zone.
    pub(crate) fn new(window: Period, zone: TimeZone) -> Self {
        Self { window, zone, busy: Busy::default(), repeated: 0 }
    }

    /// One object of a calendar: an event, with what replaces its occurrences.
    pub(crate) fn read(&mut self, text: &str) {
        let Ok(calendar) = ICalendar::parse(text) else { return self.is_unreadable() };
        let zone = self.zone.clone();
        let zones = Zones::of(&calendar, &zone);
        let events = || calendar.components.iter().filter(|part| part.component_type == ICalendarComponentType::VEvent);
        if events().next().is_none() && !calendar.components.iter().any(is_no_event) {
            return self.is_unreadable();
        }
        let mut instead: BTreeMap<&str, Marks> = BTreeMap::new();
        for event in events() {
            self.note_replaced(event, &zones, &mut instead);
        }
        for event in events() {
            let replaced = event.uid().filter(|_| !is_replacement(event)).and_then(|uid| instead.get(uid));
            Event { written: event, zones: &zones }.read(replaced, self);
        }
    }

    /// A part of the answer that nobody can tell the time of.
    pub(crate) fn is_unreadable(&mut self) {
        self.busy.unreadable += 1;
    }

    pub(crate) fn done(mut self) -> Busy {
        self.busy.taken.sort_by_key(|taken| taken.period);
        self.busy
    }

    fn is_taken(&mut self, period: Period, uid: Option<&str>) {
        if period.overlaps(&self.window) {
            self.busy.taken.push(Taken { period, ours: uid.and_then(write::id_of) });
        }
    }

    fn note_replaced<'a>(
        &mut self,
        event: &'a ICalendarComponent,
        zones: &Zones,
        instead: &mut BTreeMap<&'a str, Marks>,
    ) {
        let Some(id) = event.property(&ICalendarProperty::RecurrenceId) else { return };
        let start = event.property(&ICalendarProperty::Dtstart).and_then(|start| zones.moment(start, None));
        // Where either lacks, the occurrence counts as well: rather twice than not at all.
        if let (Some(uid), Some(moment)) = (event.uid(), zones.moment(id, start.as_ref())) {
            instead.entry(uid).or_default().add(&moment);
        }
        // It moves every later occurrence too; where to is not followed.
        if id.has_parameter(&ICalendarParameterName::Range) {
            self.is_unreadable();
        }
    }
}

/// Whose object `text` is, and when; none where it is not one event that is read to the last line.
pub(crate) fn single(text: &str, zone: &TimeZone) -> Option<(AppointmentId, Period)> {
    let whole = Period::new(jiff::Timestamp::MIN, jiff::Timestamp::MAX)?;
    let mut reading = Reading::new(whole, zone.clone());
    reading.read(text);
    match (reading.busy.taken.as_slice(), reading.busy.unreadable) {
        ([Taken { period, ours: Some(id) }], 0) => Some((*id, *period)),
        _ => None,
    }
}

fn is_replacement(event: &ICalendarComponent) -> bool {
    event.has_property(&ICalendarProperty::RecurrenceId)
}

/// What a calendar holds beside events; none of it takes anybody's time.
fn is_no_event(part: &ICalendarComponent) -> bool {
    let kinds = [
        ICalendarComponentType::VTodo,
        ICalendarComponentType::VJournal,
        ICalendarComponentType::VFreebusy,
        ICalendarComponentType::VAvailability,
    ];
    kinds.contains(&part.component_type)
}

#[cfg(test)]
mod tests;
