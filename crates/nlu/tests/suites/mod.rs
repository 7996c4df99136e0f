//! Cases that nobody in the project made, each told to our grammars and to plain `duckling`, for the test that holds floors
//! (`corpora.rs`) and the benchmark that prints both (`benches/values.rs`).
//!
//! | suite | classes | what counts |
//! |---|---|---|
//! | Duckling's English corpus, where what is meant lies ahead | days, weeks and months, clock times, stretches, open ends, no time | the first interval begins where the corpus says (a stretch also ends there); nothing where it says nothing |
//! | NeMo, spoken numbers | dates with a year, dates without, clock times, telephone numbers | the value |
//! | Restaurants-8K, real callers; read from `shared/data` only | a time is found, no time is found | whether anything was |
//!
//! The corpus gives an unmarked hour ("at 3") to whichever half of the day comes next or seems usual; ours goes by opening
//! hours, here unknown. Both are told the corpus's own reference time.
#![allow(dead_code)] // the test and the benchmark each use their part

use std::path::{Path, PathBuf};

use chrono::{FixedOffset, TimeZone as _};
use domain::Asked;
use duckling::{Context, DimensionKind, DimensionValue, Entity, Lang, Locale, Options, Region, TimePoint, TimeValue};
use jiff::civil::{Date, DateTime, Time};
use jiff::{ToSpan, Zoned};
use nlu::grammar::{date_of_birth, telephone, when};
use serde_json::Value;

/// When Duckling's corpus was spoken.
const DUCKLING_NOW: &str = "2013-02-12T04:30:00-02:00[-02:00]";
/// When the real callers rang.
const RESTAURANTS_NOW: &str = "2018-04-02T10:00:00+01:00[+01:00]";
/// When NeMo's numbers are read: any time would do.
const NOW: &str = "2026-11-18T10:00:00-05:00[-05:00]";

/// Something that somebody says, and what it means.
pub(crate) struct Case {
    pub(crate) class: &'static str,
    pub(crate) said: String,
    asked: Asked,
    now: Zoned,
    meant: Meant,
}

enum Meant {
    /// A time that begins then.
    Begins(DateTime),
    /// Exactly these.
    Lasts(DateTime, DateTime),
    /// Nothing of time.
    NoTime,
    /// Something of time, whatever it is.
    SomeTime,
    /// A time of day; of either half, if it was not said.
    Clock(Time, EitherHalf),
    /// A whole date, not in the future.
    Date(Date),
    /// Digits of a telephone number.
    Number(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EitherHalf {
    Yes,
    No,
}

impl Case {
    /// Whether our grammars understand it.
    pub(crate) fn ours(&self) -> bool {
        let all = || when(&self.said, self.asked, &self.now, &[]);
        let local = |at: jiff::Timestamp| at.to_zoned(self.now.time_zone().clone()).datetime();
        let first = || all().first().map(|&(from, to)| (local(from), local(to)));
        match &self.meant {
            Meant::Begins(at) => first().is_some_and(|(from, _)| from == self.ahead(*at)),
            Meant::Lasts(from, to) => first().is_some_and(|got| self.is_meant(got, *from, *to)),
            Meant::NoTime => all().is_empty(),
            Meant::SomeTime => !all().is_empty(),
            Meant::Clock(time, half) => first().is_some_and(|(from, _)| same_clock(from.time(), *time, *half)),
            Meant::Date(date) => date_of_birth(&self.said, Asked::DateOfBirth, self.now.date())
                .is_some_and(|slot| slot.value.expose() == date),
            Meant::Number(written) => telephone(&self.said, None).is_some_and(|slot| {
                digits(slot.value.expose().as_str()).trim_start_matches('1') == written.trim_start_matches('1')
            }),
        }
    }

    /// Whether plain duckling does.
    pub(crate) fn plain(&self) -> bool {
        let kind =
            if matches!(self.meant, Meant::Number(_)) { DimensionKind::PhoneNumber } else { DimensionKind::Time };
        let all = parse(&self.said, &self.now, kind);
        let times: Vec<&TimeValue> = all
            .iter()
            .filter_map(|entity| if let DimensionValue::Time(time) = &entity.value { Some(time) } else { None })
            .collect();
        let begin = || times.first().and_then(|time| begin(time));
        match &self.meant {
            Meant::Begins(at) => begin().is_some_and(|from| self.ahead(from) == self.ahead(*at)),
            Meant::Lasts(from, to) => times.first().is_some_and(|time| match time {
                TimeValue::Interval { from: Some(begin), to: Some(end), .. } => {
                    civil(begin).zip(civil(end)).is_some_and(|got| self.is_meant(got, *from, *to))
                }
                TimeValue::Interval { .. } | TimeValue::Single { .. } => false,
            }),
            Meant::NoTime => times.is_empty(),
            Meant::SomeTime => !times.is_empty(),
            Meant::Clock(time, half) => begin().is_some_and(|from| same_clock(from.time(), *time, *half)),
            Meant::Date(date) => begin().is_some_and(|from| from.date() == *date),
            Meant::Number(written) => all.iter().any(
                |entity| matches!(&entity.value, DimensionValue::PhoneNumber(number) if digits(number) == *written),
            ),
        }
    }

    /// What began before now begins now.
    fn ahead(&self, at: DateTime) -> DateTime {
        at.max(self.now.datetime())
    }

    /// Duckling ends some stretches a minute or an hour later: the unit of what was said.
    fn is_meant(&self, (from, to): (DateTime, DateTime), wanted: DateTime, end: DateTime) -> bool {
        let early = [0, 1, 60].iter().any(|minutes| to.saturating_add(minutes.minutes()) == end);
        self.ahead(from) == self.ahead(wanted) && early
    }
}

/// Duckling's corpus, as far as it speaks of what is to come.
pub(crate) fn duckling() -> Vec<Case> {
    let now: Zoned = DUCKLING_NOW.parse().expect("a time");
    let case = |row: &Value| {
        let at = |key: &str| row[key].as_str().and_then(|at| at.parse::<DateTime>().ok());
        let (class, meant, end) = match row["type"].as_str()? {
            "instant" => {
                let (class, length) = match row["grain"].as_str()? {
                    "Day" => ("days", 24.hours()),
                    "Second" | "Minute" | "Hour" => ("clock times", 1.minutes()),
                    _ => ("weeks, months, years", (24 * 7).hours()),
                };
                (class, Meant::Begins(at("value")?), at("value")?.saturating_add(length))
            }
            "interval" => ("stretches", Meant::Lasts(at("from")?, at("to")?), at("to")?),
            "open_after" => ("open ends", Meant::Begins(at("value").or(at("from"))?), DateTime::MAX),
            "open_before" => {
                let end = at("value").or(at("to"))?;
                ("open ends", Meant::Lasts(now.datetime(), end), end)
            }
            _ => ("no time", Meant::NoTime, DateTime::MAX),
        };
        let said = row["text"].as_str()?.to_owned();
        (end > now.datetime()).then(|| Case { class, said, asked: Asked::Open, now: now.clone(), meant })
    };
    rows(&copied("duckling_times.jsonl")).expect("it stands in the repository").iter().filter_map(case).collect()
}

/// NeMo's spoken numbers.
pub(crate) fn nemo() -> Vec<Case> {
    let now: Zoned = NOW.parse().expect("a time");
    let case = |row: &Value| {
        let (said, written) = (row["said"].as_str()?, row["written"].as_str()?);
        let (class, meant) = match row["class"].as_str()? {
            "date" => nemo_date(written, now.date())?,
            "time" => ("spoken clock times", nemo_clock(written)?),
            _ => {
                let number = digits(written);
                let is_number =
                    (10..=13).contains(&number.len()) && !written.contains(['.', ' ']) || written.starts_with('+');
                ("spoken telephone numbers", is_number.then_some(Meant::Number(number))?)
            }
        };
        Some(Case { class, said: said.to_owned(), asked: Asked::When, now: now.clone(), meant })
    };
    rows(&copied("nemo_spoken.jsonl")).expect("it stands in the repository").iter().filter_map(case).collect()
}

/// Real callers of a restaurant; none where the data is not, and that is said.
pub(crate) fn restaurants() -> Vec<Case> {
    let now: Zoned = RESTAURANTS_NOW.parse().expect("a time");
    let case = |row: &Value| {
        let slots = &row["slots"];
        let speaks = slots["date"].is_string() || slots["time"].is_string();
        let (class, meant) =
            if speaks { ("real callers, a time", Meant::SomeTime) } else { ("real callers, no time", Meant::NoTime) };
        let asked = row["requested"]
            .as_array()
            .is_some_and(|asked| asked.iter().any(|slot| matches!(slot.as_str(), Some("time" | "date"))));
        let asked = if asked { Asked::When } else { Asked::Open };
        Some(Case { class, said: row["text"].as_str()?.to_owned(), asked, now: now.clone(), meant })
    };
    shared("slots_restaurant8k/sample.jsonl").unwrap_or_default().iter().filter_map(case).collect()
}

/// A file of `shared/data` or of `FIRSTRING_DATA`; where it is missing, says so.
pub(crate) fn shared(file: &str) -> Option<Vec<Value>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("FIRSTRING_DATA").map_or(beside, PathBuf::from);
    let rows = rows(&folder.join(file));
    if rows.is_none() {
        eprintln!("SKIPPED: {file} is not here; set FIRSTRING_DATA to the folder of data");
    }
    rows
}

fn copied(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/fixtures/text").join(file)
}

fn rows(path: &Path) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect())
}

/// "july 25 2012", "25 july 2012": a date; "january 1": the next one.
fn nemo_date(written: &str, today: Date) -> Option<(&'static str, Meant)> {
    let read = |text: &str| Date::strptime("%B %d %Y", text).or_else(|_| Date::strptime("%d %B %Y", text)).ok();
    if let Some(date) = read(written) {
        let possible = date <= today && today.year() - date.year() <= 120;
        return possible.then_some(("spoken dates with a year", Meant::Date(date)));
    }
    let next = |year: i16| read(&format!("{written} {year}")).filter(|date| *date >= today);
    let date = next(today.year()).or_else(|| next(today.year() + 1))?;
    Some(("spoken dates without a year", Meant::Begins(date.to_datetime(Time::midnight()))))
}

/// "02:30", "11:55 p.m.".
fn nemo_clock(written: &str) -> Option<Meant> {
    let clock = written.split(' ').find(|word| word.contains(':'))?;
    let time = Time::strptime("%H:%M", clock).ok()?;
    let lower = written.to_lowercase();
    let half = if lower.contains(".m.") { EitherHalf::No } else { EitherHalf::Yes };
    let hour = match (lower.contains("p.m."), lower.contains("a.m."), time.hour()) {
        (true, _, hour @ 1..=11) => hour + 12,
        (_, true, 12) => 0,
        (_, _, hour) => hour,
    };
    Some(Meant::Clock(Time::new(hour, time.minute(), 0, 0).ok()?, half))
}

fn same_clock(got: Time, wanted: Time, half: EitherHalf) -> bool {
    let hours = if half == EitherHalf::Yes { 12 } else { 24 };
    (got.hour() % hours, got.minute()) == (wanted.hour() % hours, wanted.minute())
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn parse(text: &str, now: &Zoned, kind: DimensionKind) -> Vec<Entity> {
    let offset = FixedOffset::east_opt(now.offset().seconds()).expect("an offset");
    let reference = offset.timestamp_opt(now.timestamp().as_second(), 0).single().expect("a time");
    let locale = Locale::new(Lang::EN, Some(Region::US));
    let read = || duckling::parse(text, &locale, &[kind], &Context::new(reference, locale), &Options::default());
    std::panic::catch_unwind(read).unwrap_or_default()
}

fn begin(time: &TimeValue) -> Option<DateTime> {
    match time {
        TimeValue::Single { value, .. } => civil(value),
        TimeValue::Interval { from, .. } => from.as_ref().and_then(civil),
    }
}

fn civil(point: &TimePoint) -> Option<DateTime> {
    let naive = match point {
        TimePoint::Naive { value, .. } => *value,
        TimePoint::Instant { value, .. } => value.naive_local(),
    };
    naive.format("%Y-%m-%dT%H:%M:%S").to_string().parse().ok()
}
