//! `[[rota.calendars]]`: who is on call by the events of an .ics file.
//!
//! An event counts only if it is beyond doubt whose shift it is; any other is an error, because who is not in the rota is not
//! paged. The files are read when the program starts.

mod titles;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use oncall::{Change, ChangeKind, Clinician, Rota, Tier};
use serde::Deserialize;
use toml::Spanned;

use self::titles::{has, tier_of, who};
use super::calendar::{Window, occurrences, shown};
use super::checked::Checked;
use crate::config::ConfigError;

/// The title of an event that says that there is a gap; `firstring oncall export` writes it.
pub const NOBODY: &str = "NOBODY ON CALL";

/// A rota of several years is smaller by far.
const FILE_BYTES_MAX: u64 = 5 * 1024 * 1024;
/// Cases that are still open may have begun so long before the program.
const BEFORE: SignedDuration = SignedDuration::from_hours(31 * 24);
/// So long the program may run without a look at the file, and still see the end of a holding: two years.
const AFTER: SignedDuration = SignedDuration::from_hours((Rota::HORIZON_DAYS + 2 * 366) * 24);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCalendar {
    file: Spanned<String>,
    pub(super) line: Option<Spanned<String>>,
    pub(super) tier: Option<Spanned<String>>,
    only: Option<Spanned<String>>,
}

/// What is the same for every event of a file.
pub(super) struct Reading<'a> {
    pub(super) people: &'a [Clinician],
    pub(super) zone: &'a TimeZone,
    /// When the program starts.
    pub(super) now: Timestamp,
}

impl Checked<'_> {
    /// Who takes which time by a calendar's events, in the order in which they begin; of those that begin at once, the longest
    /// first. The last one counts: the short event that somebody put upon a long one.
    pub(super) fn calendar(
        &self,
        raw: &RawCalendar,
        tier: Tier,
        reading: &Reading,
    ) -> Result<Vec<Change>, ConfigError> {
        let file = self.0.path(raw.file.get_ref());
        let text = read(&file).map_err(|why| self.wrong(&raw.file, &why))?;
        if let Some(only) = raw.only.as_ref().filter(|only| !only.get_ref().contains(char::is_alphanumeric)) {
            return Err(self.wrong(only, "only is empty; write what the titles of the shifts have, or leave it out"));
        }
        let window = Window { from: sum(reading.now, -BEFORE), to: sum(reading.now, AFTER) };
        let wrong = |line, wrong| ConfigError { file: file.clone(), line, wrong };
        let is_shift = |title: &str| {
            let only = raw.only.as_ref().is_none_or(|only| has(title, only.get_ref()));
            only && !has(title, NOBODY)
        };
        let found = occurrences(&text, reading.zone, window, is_shift);
        let found = found.map_err(|error| wrong(Some(error.line), error.wrong))?;
        let mut changes = Vec::new();
        for event in &found {
            let at = |what: String| {
                let (title, day) = (shown(&event.summary), reading.zone.to_datetime(event.from).date());
                wrong(Some(event.line), format!("the event \"{title}\" on {day} {what}"))
            };
            let kind = ChangeKind::Takes {
                tier: tier_of(event, tier).map_err(|what| at(what.to_owned()))?,
                who: who(&event.summary, reading.people).map_err(at)?,
            };
            changes.push(Change { from: event.from, to: event.to, kind });
        }
        if changes.is_empty() {
            let day = |at: Timestamp| reading.zone.to_datetime(at).date();
            let (from, to) = (day(window.from), day(window.to));
            let what = format!("no event from {from} to {to} is a shift; export it anew, or correct `only`");
            return Err(wrong(None, what));
        }
        changes.sort_by_key(|change| (change.from, std::cmp::Reverse(change.to)));
        Ok(changes)
    }
}

/// What calendars say where nothing else was written by hand: a change in the practice's file is no overlap with them.
pub(super) fn beneath(planned: Vec<Change>, written: &[Change]) -> Vec<Change> {
    let over = |change: &Change, by: &Change| match (&change.kind, &by.kind) {
        (ChangeKind::Takes { tier, .. }, ChangeKind::Takes { tier: other, .. }) => tier == other,
        (ChangeKind::Swap(..), _) | (_, ChangeKind::Swap(..)) => false,
    };
    let without = |pieces: Vec<Change>, by: &Change| -> Vec<Change> {
        let cut = |piece: Change| {
            if !over(&piece, by) {
                return vec![piece];
            }
            let before = Change { to: piece.to.min(by.from), ..piece.clone() };
            let after = Change { from: piece.from.max(by.to), ..piece };
            [before, after].into_iter().filter(|piece| piece.from < piece.to).collect()
        };
        pieces.into_iter().flat_map(cut).collect()
    };
    written.iter().fold(planned, without)
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    if file.to_string_lossy().contains("://") {
        return Err("a calendar is read from a file; have it downloaded to one, and write its path".to_owned());
    }
    let mut text = Vec::new();
    let opened = File::open(file).and_then(|opened| opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut text));
    if let Err(why) = opened {
        return Err(format!("{} cannot be read ({why}); write a path relative to this file", file.display()));
    }
    if text.len() as u64 > FILE_BYTES_MAX {
        let megabytes = FILE_BYTES_MAX / 1024 / 1024;
        return Err(format!("{} has more than {megabytes} MB; export the rota alone", file.display()));
    }
    Ok(text)
}

fn sum(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_by_hand_lies_over_the_calendars() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let takes = |from, to, tier, who: &str| Change {
            from: at(from),
            to: at(to),
            kind: ChangeKind::Takes { tier, who: who.into() },
        };
        let swap = Change { from: at(0), to: at(100), kind: ChangeKind::Swap("obi".into(), "anna".into()) };
        let hand = [takes(10, 20, Tier::Primary, "anna"), swap, takes(15, 30, Tier::Primary, "kim-2")];
        let planned = vec![takes(0, 40, Tier::Primary, "obi"), takes(0, 40, Tier::Backup, "anna")];
        let left = [
            takes(0, 10, Tier::Primary, "obi"),
            takes(30, 40, Tier::Primary, "obi"),
            takes(0, 40, Tier::Backup, "anna"),
        ];
        assert_eq!(beneath(planned, &hand), left);
    }
}
