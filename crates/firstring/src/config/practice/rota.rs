//! `[rota]`: who is on call when.

use std::collections::{BTreeMap, BTreeSet};

use domain::RedFlagId;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use nlu::red_flags::RedFlags;
use oncall::{
    Change, ChangeKind, Clinician, ClinicianId, Holiday, Line, LineId, Rota, RotaError, Rotation, Shift, Tier,
};
use serde::Deserialize;
use toml::Spanned;

use super::calendars::{RawCalendar, Reading, beneath};
use super::checked::Checked;
use super::contacts::{Contact, RawContact};
use crate::config::ConfigError;

/// Without a `[rota]` the list is followed: first, second, last.
const LIST_MAX: usize = 3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRota {
    last_resort: Spanned<String>,
    #[serde(default)]
    lines: Vec<RawLine>,
    #[serde(default)]
    shifts: Vec<Spanned<RawShift>>,
    #[serde(default)]
    holidays: Vec<RawHoliday>,
    #[serde(default)]
    calendars: Vec<RawCalendar>,
    #[serde(default)]
    changes: Vec<Spanned<RawChange>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    id: Spanned<String>,
    red_flags: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShift {
    line: Option<Spanned<String>>,
    tier: Option<Spanned<String>>,
    days: Spanned<Vec<Spanned<String>>>,
    from: Spanned<String>,
    to: Spanned<String>,
    until_day: Option<Spanned<String>>,
    who: Spanned<Vec<String>>,
    since: Option<Spanned<String>>,
    weeks: Option<Spanned<u16>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHoliday {
    on: Spanned<String>,
    like: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChange {
    line: Option<Spanned<String>>,
    tier: Option<Spanned<String>>,
    from: Spanned<String>,
    to: Spanned<String>,
    who: Option<String>,
    swap: Option<Spanned<Vec<String>>>,
}

/// The rota, and which line of service a red flag belongs to.
pub(super) struct CheckedRota {
    pub(super) rota: Rota,
    pub(super) lines: BTreeMap<RedFlagId, LineId>,
    /// Why calendars are not followed.
    pub(super) unread: Vec<ConfigError>,
}

impl Checked<'_> {
    pub(super) fn rota(
        &self,
        raw: Option<Spanned<RawRota>>,
        oncall: &Spanned<Vec<Spanned<RawContact>>>,
        contacts: &[Contact],
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<CheckedRota, ConfigError> {
        let people: Vec<Clinician> = contacts.iter().map(Contact::clinician).collect();
        let Some(raw) = raw else {
            let [first, between @ .., last] = &people[..] else {
                let only = people.first().expect("somebody is on call");
                self.reachable(oncall, contacts.first())?;
                return Ok(CheckedRota::of(Rota::always(only.clone(), None, only.clone())));
            };
            if people.len() > LIST_MAX {
                let what =
                    "without a [rota] three can be on call: the first, the second and the last resort; write a [rota]";
                return Err(self.wrong(oncall, what));
            }
            self.reachable(oncall, contacts.last())?;
            return Ok(CheckedRota::of(Rota::always(first.clone(), between.first().cloned(), last.clone())));
        };
        let span = raw.span();
        let raw = raw.into_inner();
        let lines = self.lines(&raw.lines)?;
        let mut unread = Vec::new();
        let plan = self.plan(&raw, &Reading { people: &people, zone, now }, &mut unread)?;
        let last_resort = ClinicianId(raw.last_resort.get_ref().clone());
        self.reachable(&raw.last_resort, contacts.iter().find(|one| one.id == last_resort.0))?;
        let rota = Rota::new(zone.clone(), people, last_resort.clone(), plan).map_err(|error| {
            if error == (RotaError::Unknown { who: last_resort }) {
                let what = "last_resort is nobody of [[oncall]]; name the one who is always there";
                return self.wrong(&raw.last_resort, what);
            }
            self.0.at(Some(span), format!("[rota] cannot be followed: {error}"))
        })?;
        Ok(CheckedRota { rota, lines, unread })
    }

    /// When every other way has failed, somebody is called: the last resort has a telephone.
    fn reachable<T>(&self, at: &Spanned<T>, last_resort: Option<&Contact>) -> Result<(), ConfigError> {
        match last_resort {
            Some(Contact { name, phone: None, .. }) => {
                let what =
                    format!("{name} is the last resort, who is there when nobody else answers: write their phone");
                Err(self.wrong(at, &what))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn lines(&self, raw: &[RawLine]) -> Result<BTreeMap<RedFlagId, LineId>, ConfigError> {
        let rules = RedFlags::built_in();
        let mut lines = BTreeMap::new();
        for line in raw {
            for flag in &line.red_flags {
                let id = RedFlagId(flag.get_ref().clone());
                if !rules.ids().any(|known| *known == id) {
                    return Err(self.wrong(flag, "there is no such red flag; prompts/red_flags*.toml names them"));
                }
                if lines.insert(id, LineId(line.id.get_ref().clone())).is_some() {
                    return Err(self.wrong(flag, "this red flag belongs to two lines of service; leave it in one"));
                }
            }
        }
        Ok(lines)
    }

    fn plan(
        &self,
        raw: &RawRota,
        reading: &Reading,
        unread: &mut Vec<ConfigError>,
    ) -> Result<BTreeMap<LineId, Line>, ConfigError> {
        let holidays: Vec<Holiday> = raw.holidays.iter().map(|day| self.holiday(day)).collect::<Result<_, _>>()?;
        let known: BTreeSet<_> =
            raw.lines.iter().map(|line| line.id.get_ref().as_str()).chain([Rota::GENERAL]).collect();
        let line = |id: &str| (LineId(id.to_owned()), Line { holidays: holidays.clone(), ..Line::default() });
        let mut lines: BTreeMap<LineId, Line> = known.iter().copied().map(line).collect();
        for shift in &raw.shifts {
            let line = shift.get_ref().line.as_ref();
            self.line_of(&mut lines, line)?.weekly.push(self.shift(shift.get_ref())?);
        }
        for change in &raw.changes {
            let line = change.get_ref().line.as_ref();
            self.line_of(&mut lines, line)?.changes.push(self.change(change, reading.zone)?);
        }
        for (id, planned) in self.planned(raw, reading, &mut lines, unread)? {
            let changes = &mut lines.get_mut(&id).expect("it was looked up").changes;
            changes.splice(..0, beneath(planned, changes));
        }
        Ok(lines)
    }

    /// What the calendars say of each line of service.
    fn planned(
        &self,
        raw: &RawRota,
        reading: &Reading,
        lines: &mut BTreeMap<LineId, Line>,
        unread: &mut Vec<ConfigError>,
    ) -> Result<BTreeMap<LineId, Vec<Change>>, ConfigError> {
        let mut planned: BTreeMap<LineId, Vec<Change>> = BTreeMap::new();
        for calendar in &raw.calendars {
            let line = calendar.line.as_ref();
            self.line_of(lines, line)?;
            let id = LineId(line.map_or(Rota::GENERAL, |line| line.get_ref()).to_owned());
            let tier = self.tier(calendar.tier.as_ref())?;
            match self.calendar(calendar, tier, reading) {
                Ok(changes) => planned.entry(id).or_default().extend(changes),
                Err(why) => unread.push(why),
            }
        }
        Ok(planned)
    }

    fn line_of<'a>(
        &self,
        lines: &'a mut BTreeMap<LineId, Line>,
        written: Option<&Spanned<String>>,
    ) -> Result<&'a mut Line, ConfigError> {
        let Some(id) = written else {
            return Ok(lines.get_mut(&LineId(Rota::GENERAL.to_owned())).expect("the general line is always there"));
        };
        let unknown = || self.wrong(id, "there is no such line of service; name it under [[rota.lines]]");
        lines.get_mut(&LineId(id.get_ref().clone())).ok_or_else(unknown)
    }

    fn shift(&self, shift: &RawShift) -> Result<Shift, ConfigError> {
        let members: Vec<ClinicianId> = shift.who.get_ref().iter().cloned().map(ClinicianId).collect();
        if shift.days.get_ref().is_empty() {
            return Err(self.wrong(&shift.days, "days is empty; name the days on which the shift begins"));
        }
        if let (Some(weeks), None) = (&shift.weeks, &shift.since) {
            return Err(self.wrong(weeks, "weeks is for those who take turns; write `since` as well"));
        }
        let weeks = shift.weeks.as_ref().map_or(1, |weeks| *weeks.get_ref());
        let who = match (&members[..], &shift.since) {
            ([only], None) => Rotation::always(only.clone()),
            (_, Some(since)) => Rotation { members, since: self.date(since)?, weeks },
            (_, None) => {
                return Err(self.wrong(&shift.who, "who take turns need `since`: a day of the first one's first turn"));
            }
        };
        let days = shift.days.get_ref().iter().map(|day| self.weekday(day)).collect::<Result<_, _>>()?;
        let until_day = shift.until_day.as_ref().map(|day| self.weekday(day)).transpose()?;
        let (from, to) = (self.time(&shift.from)?, self.time(&shift.to)?);
        Ok(Shift { tier: self.tier(shift.tier.as_ref())?, days, from, to, until_day, who })
    }

    fn holiday(&self, raw: &RawHoliday) -> Result<Holiday, ConfigError> {
        Ok(Holiday { on: self.date(&raw.on)?, like: self.weekday(&raw.like)? })
    }

    fn change(&self, raw: &Spanned<RawChange>, zone: &TimeZone) -> Result<Change, ConfigError> {
        let change = raw.get_ref();
        let (from, to) = (self.instant(&change.from, zone)?, self.instant(&change.to, zone)?);
        if from >= to {
            return Err(self.wrong(&change.to, "this change ends before it begins"));
        }
        let kind = match (&change.who, change.swap.as_ref().map(|swap| (swap, &swap.get_ref()[..]))) {
            (Some(who), None) => {
                ChangeKind::Takes { tier: self.tier(change.tier.as_ref())?, who: ClinicianId(who.clone()) }
            }
            (None, Some(_)) if change.tier.is_some() => {
                let tier = change.tier.as_ref().expect("it is written");
                return Err(self.wrong(tier, "two swap all that they have; leave tier out"));
            }
            (None, Some((_, [a, b]))) => ChangeKind::Swap(ClinicianId(a.clone()), ClinicianId(b.clone())),
            (None, Some((swap, _))) => return Err(self.wrong(swap, "two swap; name both")),
            _ => return Err(self.wrong(raw, "write either `who` takes the time, or which two `swap`")),
        };
        Ok(Change { from, to, kind })
    }

    fn tier(&self, written: Option<&Spanned<String>>) -> Result<Tier, ConfigError> {
        match written.map(|tier| tier.get_ref().as_str()) {
            None | Some("primary") => Ok(Tier::Primary),
            Some("backup") => Ok(Tier::Backup),
            Some(_) => {
                Err(self
                    .wrong(written.expect("it is written"), "not a tier with shifts; write \"primary\" or \"backup\""))
            }
        }
    }

    fn instant(&self, text: &Spanned<String>, zone: &TimeZone) -> Result<Timestamp, ConfigError> {
        let civil = self.moment(text)?;
        let zoned = civil.to_zoned(zone.clone()).map_err(|_| self.wrong(text, "no clock shows this time"))?;
        Ok(zoned.timestamp())
    }
}

impl CheckedRota {
    /// One line of service for everything.
    fn of(rota: Rota) -> Self {
        Self { rota, lines: BTreeMap::new(), unread: Vec::new() }
    }
}
