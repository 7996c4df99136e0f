//! When: days, times and the zones that they are written in.

use std::collections::BTreeMap;

use calcard::common::timezone::Tz;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::CalendarError;
use super::lines::{Component, Property};

/// A day or a time of a zone.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) civil: DateTime,
    pub(super) zone: TimeZone,
    /// A whole day; `civil` is its midnight.
    pub(super) is_day: bool,
}

impl Moment {
    pub(super) fn instant(&self) -> Timestamp {
        self.at(self.civil)
    }

    /// When a clock of its zone shows `civil`; in an hour that is skipped or comes twice, as RFC 5545, 3.3.5 has it.
    pub(super) fn at(&self, civil: DateTime) -> Timestamp {
        self.zone.to_ambiguous_timestamp(civil).compatible().unwrap_or(Timestamp::MAX)
    }

    /// What a clock where `other` is written shows then.
    pub(super) fn civil_in(&self, other: &Self) -> DateTime {
        if self.is_day { self.civil } else { other.zone.to_datetime(self.instant()) }
    }
}

/// The zones that a calendar defines, beside those that everybody knows.
pub(super) struct Zones<'a> {
    practice: &'a TimeZone,
    defined: BTreeMap<String, TimeZone>,
}

impl<'a> Zones<'a> {
    pub(super) fn of(calendar: &Component, practice: &'a TimeZone) -> Self {
        let definitions = calendar.parts.iter().filter(|part| part.kind == "VTIMEZONE");
        let defined = definitions.filter_map(|zone| Some((zone.text("TZID")?, by_its_place(zone)?)));
        Self { practice, defined: defined.collect() }
    }

    /// A day or a time. Without a zone it is that of `beside`, or else the practice's.
    pub(super) fn moment(&self, written: &Property, beside: Option<&Moment>) -> Result<Moment, CalendarError> {
        self.read(written, &written.value, beside)
    }

    /// Several of an event that begins at `start`.
    pub(super) fn moments(&self, written: &Property, start: &Moment) -> Result<Vec<Moment>, CalendarError> {
        written.value.split(',').map(|text| self.read(written, text, Some(start))).collect()
    }

    /// The same for a text within a property.
    pub(super) fn read(
        &self,
        written: &Property,
        text: &str,
        beside: Option<&Moment>,
    ) -> Result<Moment, CalendarError> {
        let local = || beside.map_or(self.practice, |moment| &moment.zone).clone();
        let text = text.trim();
        if let Some(day) = day(text) {
            return Ok(Moment { civil: day.into(), zone: local(), is_day: true });
        }
        let (civil, is_utc) = text.strip_suffix('Z').map_or((text, false), |civil| (civil, true));
        let civil = time(civil).ok_or_else(|| {
            written.wrong(&format!("{} is not a day or time such as 20261224 or 20261224T180000Z", written.name))
        })?;
        let zone = match written.param("TZID") {
            _ if is_utc => TimeZone::UTC,
            None => local(),
            Some(id) => self.zone(id).ok_or_else(|| {
                let what = format!("the time zone \"{id}\" is not known; choose one such as America/New_York there");
                written.wrong(&what)
            })?,
        };
        Ok(Moment { civil, zone, is_day: false })
    }

    fn zone(&self, id: &str) -> Option<TimeZone> {
        by_name(id).or_else(|| self.defined.get(id).cloned())
    }
}

/// An IANA name, the end of a path that is one (`/freeassociation.sourceforge.net/America/New_York`), or one of Windows' or Outlook's.
fn by_name(id: &str) -> Option<TimeZone> {
    let in_a_path = id.strip_prefix('/').into_iter().flat_map(|path| path.match_indices('/'));
    let mut ends = std::iter::once(id).chain(in_a_path.map(|(place, _)| &id[place + 2..]));
    if let Some(zone) = ends.find_map(|name| TimeZone::get(name).ok()) {
        return Some(zone);
    }
    match id.parse::<Tz>().ok()? {
        Tz::Tz(zone) => TimeZone::get(zone.name()).ok(),
        // An offset alone knows no summer.
        Tz::Fixed(_) | Tz::Floating => None,
    }
}

/// What other programs write into a definition to say which place it is.
fn by_its_place(definition: &Component) -> Option<TimeZone> {
    let exchange = || match Tz::from_ms_cdo_zone_id(&definition.text("X-MICROSOFT-CDO-TZID")?)? {
        Tz::Tz(zone) => TimeZone::get(zone.name()).ok(),
        Tz::Fixed(_) | Tz::Floating => None,
    };
    definition.text("X-LIC-LOCATION").and_then(|place| by_name(&place)).or_else(exchange)
}

/// `20261224`
fn day(text: &str) -> Option<Date> {
    is_digits(text, 8).then(|| Date::strptime("%Y%m%d", text).ok())?
}

/// `20261224T180000`
fn time(text: &str) -> Option<DateTime> {
    let (day, clock) = text.split_once('T')?;
    (is_digits(day, 8) && is_digits(clock, 6)).then(|| DateTime::strptime("%Y%m%dT%H%M%S", text).ok())?
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `PT13H30M`, `P1D`
pub(super) fn duration(written: &Property) -> Result<Span, CalendarError> {
    let span: Span = written
        .value
        .trim()
        .parse()
        .map_err(|_| written.wrong("DURATION is not a length of time such as PT12H; give the event an end"))?;
    if span.is_negative() || span.is_zero() {
        return Err(written.wrong("it ends before it begins"));
    }
    Ok(span)
}
