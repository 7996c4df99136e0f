//! The rota as an iCalendar file.

use std::io::Write;

use anyhow::Context;
use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use oncall::{ClinicianId, LineId, Rota, Stretch, Tier};

use super::super::records::now;
use super::{config, known_line, tier};
use crate::cli;
use crate::config::{NOBODY, PracticeConfig};

/// A stretch that lasts longer is one event a month: who exports on another day gets the same events, with the same UIDs.
const WHOLE_MAX: SignedDuration = SignedDuration::from_hours(31 * 24);
/// How far beyond the days that are asked for a stretch is followed to its true begin and end; longer than `WHOLE_MAX`.
const BEYOND: SignedDuration = SignedDuration::from_hours(Rota::HORIZON_DAYS * 24);

pub(super) fn run(args: &cli::Export) -> anyhow::Result<()> {
    let now = now(args.now.as_ref());
    let around = args.from.map_or(Ok(now), |day| midnight(day, &TimeZone::UTC))?;
    let config = config(&args.files, around)?;
    let line = known_line(&args.line, &config)?;
    let zone = &config.practice.zone;
    let first = args.from.unwrap_or_else(|| zone.to_datetime(now).date());
    let last = first.checked_add(Span::new().days(args.days))?;
    let wanted = (midnight(first, zone)?, midnight(last, zone)?);
    let text = calendar(&config, &line, wanted, now)?.to_string();
    match &args.out {
        Some(file) => std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display())),
        None => Ok(std::io::stdout().lock().write_all(text.as_bytes())?),
    }
}

fn midnight(day: Date, zone: &TimeZone) -> anyhow::Result<Timestamp> {
    Ok(day.to_zoned(zone.clone())?.timestamp())
}

fn calendar(
    config: &PracticeConfig,
    line: &LineId,
    (from, to): (Timestamp, Timestamp),
    now: Timestamp,
) -> anyhow::Result<Calendar> {
    let holdings = config.rota.holdings(line, from);
    let last_resort = &holdings.last().expect("the last resort is always there").holder.name;
    let zone = &config.practice.zone;
    let mut calendar = Calendar::empty();
    let about = [("VERSION", "2.0"), ("PRODID", "-//FirstRing//oncall export//EN"), ("CALSCALE", "GREGORIAN")];
    for (name, value) in about.into_iter().chain([("METHOD", "PUBLISH")]) {
        calendar.append_property(Property::new(name, value));
    }
    calendar.name(&format!("{}: on call ({line})", config.practice.name));
    calendar.description(&format!("{last_resort} is the last resort: paged at any hour when nobody before answers."));
    if let Some(zone) = zone.iana_name() {
        calendar.timezone(zone);
    }
    for of in [Tier::Primary, Tier::Backup] {
        let (begin, end) = (from.saturating_sub(BEYOND)?, to.saturating_add(BEYOND)?);
        for stretch in config.rota.stretches(line, of, begin, end) {
            // Nobody in reserve is no gap.
            if stretch.who.is_none() && of == Tier::Backup {
                continue;
            }
            for (begin, end) in pieces(&stretch, zone)? {
                if begin < to && from < end {
                    calendar.push(event(config, line, of, &Stretch { from: begin, to: end, ..stretch.clone() }, now));
                }
            }
        }
    }
    Ok(calendar)
}

/// The stretch itself or, if it is long, its months.
fn pieces(stretch: &Stretch, zone: &TimeZone) -> anyhow::Result<Vec<(Timestamp, Timestamp)>> {
    let mut pieces = Vec::new();
    let mut begin = stretch.from;
    if stretch.from.duration_until(stretch.to) > WHOLE_MAX {
        let mut month = zone.to_datetime(stretch.from).date().first_of_month();
        while midnight(month, zone)? < stretch.to {
            if begin < midnight(month, zone)? {
                pieces.push((begin, midnight(month, zone)?));
                begin = midnight(month, zone)?;
            }
            month = month.checked_add(Span::new().months(1))?;
        }
    }
    pieces.push((begin, stretch.to));
    Ok(pieces)
}

/// Times stand in UTC: every program knows it, and no two differ about its clock changes.
fn event(config: &PracticeConfig, line: &LineId, of: Tier, stretch: &Stretch, now: Timestamp) -> Event {
    let utc = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let person =
        |id: &ClinicianId| config.rota.clinicians().find(|person| person.id == *id).map_or("", |person| &person.name);
    let tier = tier(of);
    let mut event = Event::new();
    // Who imports again updates the event. The tier begins then, whoever has it.
    event.uid(&format!("{line}-{tier}-{}@{}", utc(stretch.from), config.practice.id));
    event.add_property("DTSTAMP", utc(now)).add_property("DTSTART", utc(stretch.from));
    // A shift fills nobody's calendar: appointments go on.
    event.add_property("DTEND", utc(stretch.to)).add_property("TRANSP", "TRANSPARENT");
    event.location(&format!("{} ({line})", config.practice.name));
    event.categories([tier]);
    let mut told = vec![format!("Line of service: {line}.")];
    if let Some(who) = &stretch.who {
        event.summary(&format!("{} ({tier})", person(who))).status(EventStatus::Confirmed);
    } else {
        // Shown, and not as something that is settled.
        event.summary(NOBODY).status(EventStatus::Tentative);
        told.push("The rota has a gap: whoever comes next is paged at once.".to_owned());
    }
    if !stretch.too.is_empty() {
        let others: Vec<&str> = stretch.too.iter().map(person).collect();
        told.push(format!("By another shift or change, too: {}.", others.join(", ")));
    }
    event.description(&told.join(" ")).done()
}
