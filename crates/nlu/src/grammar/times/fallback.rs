//! What our own grammar of times has no words for, read by the crate `duckling`: holidays, seasons, hours from now.
//!
//! The first call builds duckling's rules, about 0.3 s: [`warm_up`] is such a call.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{Datelike, FixedOffset, NaiveDateTime, TimeZone as _, Timelike};
use duckling::{
    Context, DimensionKind, DimensionValue, Entity, Grain, Lang, Locale, Options, Region, TimePoint, TimeValue,
};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span as Length, ToSpan, Zoned};

use super::calendar::Found;
use super::clock::{Clock, Opening, Said, hours_of};
use super::days::{Day, later};
use super::group::{Span, on_date};
use super::text::Text;
use super::wish::weight;
use super::words::Word;
use crate::phrase::numbers::number_word;

/// So many words at most name a holiday.
const HOLIDAY_WORDS_MAX: usize = 4;
/// A clock time stands for the half hour that begins with it.
const POINT_MINUTES: i64 = 30;
const NOON: u16 = 12 * 60;
/// So many digits and no letter are no time of day.
const TELEPHONE_DIGITS_MIN: usize = 7;
/// Open ends are closed so many days later.
const OPEN_END_DAYS: i64 = 14;

const HOLIDAYS: &[&str] = &[
    "christmas",
    "xmas",
    "thanksgiving",
    "easter",
    "halloween",
    "memorial",
    "labor",
    "independence",
    "valentine's",
    "valentines",
    "presidents",
    "presidents'",
    "veterans",
    "columbus",
    "mother's",
    "father's",
    "mothers",
    "fathers",
    "martin",
    "mlk",
    "black",
    "good",
    "ash",
    "palm",
    "boxing",
    "new",
    "groundhog",
    "juneteenth",
    "hanukkah",
    "yom",
    "rosh",
    "ramadan",
    "passover",
    "diwali",
    "st",
    "saint",
];

/// Lets duckling build its rules.
pub(super) fn warm_up() {
    let today = Date::constant(2026, 1, 1).to_zoned(TimeZone::UTC);
    std::hint::black_box(today.map(|today| parse("tomorrow", &today)).ok());
}

impl Text<'_> {
    /// A holiday that duckling knows.
    pub(super) fn holiday(&self, at: usize) -> Option<Found> {
        let begin = self.seq(at, "?the ?this|next").unwrap_or(at);
        self.word(begin).filter(|word| HOLIDAYS.contains(word))?;
        let words = self.words.get(begin..)?;
        let words = &words[..words.len().min(HOLIDAY_WORDS_MAX)];
        (1..=words.len()).rev().find_map(|count| {
            let said = joined(&words[..count]);
            let today = self.today.to_zoned(TimeZone::UTC).ok()?;
            let all = parse(&said, &today);
            let whole = all.iter().find(|entity| entity.start == 0 && entity.end == said.len())?;
            let DimensionValue::Time(TimeValue::Single { value, .. }) = &whole.value else { return None };
            let day = civil(value).filter(|_| value.grain() == Grain::Day)?.date();
            let to = begin + count;
            Some(match self.seq(to, "eve") {
                Some(behind) => (vec![Day::on(later(day, -1))], behind),
                None => (vec![Day::on(day)], to),
            })
        })
    }
}

/// What duckling finds in `text`, if it accounts for more of it than our own words did.
pub(super) fn spans(text: &str, now: &Zoned, opening: Opening<'_>, weight_ours: usize) -> Option<Vec<Span>> {
    let weight = |entity: &&Entity| entity.body.to_lowercase().split_whitespace().map(weight).sum::<usize>();
    let found = parse(text, now);
    let counts = |entity: &&Entity| text.get(entity.end..).is_some_and(|rest| rest.starts_with(" of "));
    let telling = found.iter().filter(|entity| !is_bare(&entity.body) && !counts(entity));
    let longest = telling.max_by_key(weight).filter(|entity| weight(entity) > weight_ours)?;
    Some(spans_of(longest, now.datetime(), opening)).filter(|spans| !spans.is_empty())
}

/// Numbers alone are as likely a telephone number, "sat" is a verb, "the Tuesday one" a thing, "that's all for now" no wish.
fn is_bare(body: &str) -> bool {
    let body = body.to_lowercase();
    let telling: Vec<&str> = body.split_whitespace().filter(|word| weight(word) > 0).collect();
    let digits = body.bytes().filter(u8::is_ascii_digit).count();
    let dated = body.starts_with("20");
    let thing = body.starts_with("one on ") || body.ends_with(" one") && !body.ends_with("at one");
    matches!(telling.as_slice(), ["sat" | "sun" | "may" | "march" | "now"])
        || thing
        || telling.iter().all(|word| number_word(word).is_some())
        || digits >= TELEPHONE_DIGITS_MIN && !dated && !body.contains(char::is_alphabetic)
}

fn joined(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn parse(text: &str, now: &Zoned) -> Vec<Entity> {
    let Some(reference) = reference(now) else { return Vec::new() };
    let locale = Locale::new(Lang::EN, Some(Region::US));
    let context = Context::new(reference, locale);
    // duckling checks its arithmetic and may panic on odd numbers; what it cannot read is asked for
    let read = || duckling::parse(text, &locale, &[DimensionKind::Time], &context, &Options::default());
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
}

fn reference(now: &Zoned) -> Option<chrono::DateTime<FixedOffset>> {
    FixedOffset::east_opt(now.offset().seconds())?.timestamp_opt(now.timestamp().as_second(), 0).single()
}

fn spans_of(entity: &Entity, now: DateTime, opening: Opening<'_>) -> Vec<Span> {
    let DimensionValue::Time(time) = &entity.value else { return Vec::new() };
    match time {
        TimeValue::Single { value, .. } => {
            let Some(from) = civil(value) else { return Vec::new() };
            if is_clock(value) && !tells_the_half(&entity.body) {
                return at_clock(from, opening);
            }
            vec![(from, from.saturating_add(width(value.grain())))]
        }
        TimeValue::Interval { from, to, .. } => {
            let begin = from.as_ref().and_then(civil).unwrap_or(now);
            let end = to.as_ref().and_then(civil).unwrap_or_else(|| begin.saturating_add(OPEN_END_DAYS.days()));
            if begin < end { vec![(begin, end)] } else { Vec::new() }
        }
    }
}

/// A time by the clock on the wall, and not "in two hours".
fn is_clock(point: &TimePoint) -> bool {
    matches!(point, TimePoint::Naive { grain: Grain::Second | Grain::Minute | Grain::Hour, .. })
}

fn tells_the_half(body: &str) -> bool {
    let body = body.to_lowercase();
    let told = ["morning", "afternoon", "evening", "night", "noon", "a.m", "p.m", "h"];
    told.iter().any(|word| body.contains(word)) || body.ends_with(['a', 'p', 'm'])
}

fn at_clock(at: DateTime, opening: Opening<'_>) -> Vec<Span> {
    let minutes = u16::from(at.hour().unsigned_abs()) * 60 + u16::from(at.minute().unsigned_abs());
    let said = if at.hour() < 13 { Said { minutes: minutes % NOON, either_half: true } } else { Said::sure(minutes) };
    hours_of(&[Clock::At(said)], at.date(), opening).into_iter().map(|minutes| on_date(at.date(), minutes)).collect()
}

fn civil(point: &TimePoint) -> Option<DateTime> {
    let naive: NaiveDateTime = match point {
        TimePoint::Naive { value, .. } => *value,
        TimePoint::Instant { value, .. } => value.naive_local(),
    };
    let (month, day) = (i8::try_from(naive.month()).ok()?, i8::try_from(naive.day()).ok()?);
    let date = Date::new(naive.year().try_into().ok()?, month, day).ok()?;
    Some(date.at(i8::try_from(naive.hour()).ok()?, i8::try_from(naive.minute()).ok()?, 0, 0))
}

fn width(grain: Grain) -> Length {
    match grain {
        Grain::NoGrain | Grain::Second | Grain::Minute | Grain::Hour => POINT_MINUTES.minutes(),
        Grain::Day => 1.days(),
        Grain::Week => 1.weeks(),
        Grain::Month => 1.months(),
        Grain::Quarter => 3.months(),
        Grain::Year => 1.years(),
    }
}
