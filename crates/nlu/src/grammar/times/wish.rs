//! The pieces of a wish put together: "Tuesday or Thursday after four, but not the nineteenth".
//!
//! A wish is a list of groups. A group has days and hours, each a list of alternatives, each alternative a list of
//! conditions that hold together. Hours said behind several days hold for all of them; days that follow hours begin a new
//! group. A group may be denied; what it says is taken out of the others.

use jiff::civil::DateTime;

use super::calendar::Found;
use super::clock::{Clock, Minutes, Opening, hours_of};
use super::days::{Day, HORIZON_DAYS, later};
use super::group::{Group, Sense, Span, merged, midnight, settled, without};
use super::hours::Cue;
use super::text::Text;

/// So many small words may stand between "not" and what is denied.
const DENIED_WORDS_MAX: usize = 3;

/// Minutes since midnight.
const TONIGHT: Minutes = (18 * 60, 24 * 60);
const LATE_TONIGHT: Minutes = (21 * 60, 24 * 60);

/// As soon as there is anything.
const SOONEST: &[&str] = &[
    "?as soon as possible",
    "?as soon as you can",
    "asap",
    "right now|away",
    "immediately",
    "the soonest|earliest",
    "soonest|earliest available|possible",
    "?the first|next|earliest|soonest available|open|opening",
    "earliest",
    "soonest",
];

const DENIALS: &[&str] = &[
    "except ?for",
    "excluding",
    "besides",
    "other than",
    "apart from",
    "but not",
    "just not",
    "not",
    "can't ?do|make|come",
    "don't do|want|like",
    "avoid",
    "never",
];
/// Between what was said and what is meant.
const TURNS: &[&str] = &[
    "no|nope|sorry|actually|oops ?wait ?i ?mean|meant ?make ?it",
    "wait ?no ?i ?mean|meant",
    "i mean|meant",
    "make it|that",
];
/// Behind a "no" that denies: "no Mondays", but "no, Monday".
const PLURALS: &str =
    "mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|weekends|mornings|afternoons|evenings";
/// Behind what is denied: "Monday doesn't work".
const REFUSED: &[&str] = &[
    "doesn't|don't|won't|wouldn't|can't|isn't|aren't|not ?really ?going ?to work|good|possible|great|fit|do|suit|happen",
    "is|are no good",
    "is|are bad|out|impossible",
    "does|do|will|is|are not ?really work|good|possible|great|fit|do|suit",
];
/// Between a denial and what it denies.
const LINKS: &str =
    "on|in|the|this|next|a|any|for|do|make|come|at|be|work|free|there|me|available|it|is|that|to|if|early";

/// What an utterance says of time.
#[derive(Debug, Default)]
pub(super) struct Wish {
    groups: Vec<Group>,
    /// How much of the text it accounts for, words that say nothing of when included: see [`weight`].
    pub(super) weight: usize,
}

/// How a piece hangs on the piece before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Beside,
    And,
    Or,
}

impl Wish {
    /// Reads `text`. `answers`: it answers "When?", where a bare number is a clock time.
    pub(super) fn read(text: Text<'_>, answers: bool) -> Self {
        let mut reading = Composing { wish: Self::default(), text, link: Link::Beside, behind: None };
        let mut at = 0;
        while at < text.words.len() {
            let answering = answers && (0..at).all(|at| text.seq(at, LEADS).is_some());
            at = match reading.step(at, answering) {
                Some(to) => {
                    reading.wish.weight += text.words[at..to].iter().map(|word| weight(&word.text)).sum::<usize>();
                    to
                }
                None => {
                    reading.pass(at);
                    at + 1
                }
            };
        }
        reading.wish.groups = settled(reading.wish.groups);
        reading.wish
    }

    /// When that is, in order, without overlaps.
    pub(super) fn spans(&self, now: DateTime, opening: Opening<'_>) -> Vec<Span> {
        let (denied, wished): (Vec<_>, Vec<_>) =
            self.groups.iter().filter(|group| !group.is_empty()).partition(|group| group.is_denied());
        let mut spans: Vec<Span> = wished.iter().flat_map(|group| group.spans(now, opening)).collect();
        if wished.is_empty() && !denied.is_empty() {
            spans.push((midnight(now.date()), midnight(later(now.date(), HORIZON_DAYS))));
        }
        denied.iter().flat_map(|group| group.spans(now, opening)).fold(merged(spans), without)
    }
}

/// How much a word says of time: its letters and digits, and nothing for words that only link.
pub(super) fn weight(word: &str) -> usize {
    let links = matches!(
        word,
        "on" | "in" | "at" | "the" | "of" | "for" | "and" | "or" | "a" | "an" | "to" | "from" | "by" | "between"
    );
    if links { 0 } else { word.chars().filter(|c| c.is_alphanumeric()).count() }
}

/// May stand before a bare clock time that is an answer.
const LEADS: &str = "uh|um|well|maybe|probably|yes|yeah|okay|ok|sure|let's|say|how|about|the|i'd|like|please|make|it|no\
    |actually|sorry|i|want|take|i'll|would|prefer|works|is|good|best|fine|then|so|oh|can|we|do|that|one";

struct Composing<'a> {
    wish: Wish,
    text: Text<'a>,
    link: Link,
    /// Where the last piece ended.
    behind: Option<usize>,
}

impl Composing<'_> {
    /// Takes what stands at `at`, if it says something of time; the place behind it.
    fn step(&mut self, at: usize, answering: bool) -> Option<usize> {
        let text = self.text;
        let ignored = IGNORED.iter().find_map(|said| text.seq(at, said)).or_else(|| text.past(at));
        ignored
            .or_else(|| self.moved_from(at))
            .or_else(|| self.one_after(at))
            .or_else(|| self.part_of_today(at))
            .or_else(|| self.clock_or_days(at, answering))
            .or_else(|| self.soonest(at))
            .or_else(|| text.seq(at, "the first|second|third|last|1st|2nd|3rd ?one|ones|option"))
            .or_else(|| self.denial(at))
            .or_else(|| self.taken_back(at))
    }

    /// "Not this Friday but the one after".
    fn one_after(&mut self, at: usize) -> Option<usize> {
        let ways = ["?but the one after ?that", "but ?the next|following ?one ?week"];
        let to = ways.iter().find_map(|said| self.text.seq(at, said))?;
        let days = self.wish.groups.last()?.days.last()?;
        let days = self.text.shifted(days, 7)?;
        self.begin(Sense::Wished);
        Some(self.take_days((days, to)))
    }

    /// "Tonight", "this afternoon".
    fn part_of_today(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        let (clock, to) = match text.seq(at, "?late tonight") {
            Some(to) if text.is(at, "late") => (Clock::Part(LATE_TONIGHT), to),
            Some(to) => (Clock::Part(TONIGHT), to),
            None => text.part(text.seq(at, "this")?)?,
        };
        self.take_days((vec![Day::on(text.today)], to));
        Some(self.take_clock(clock, to))
    }

    fn clock_or_days(&mut self, at: usize, answering: bool) -> Option<usize> {
        if let Some((clock, to)) = self.text.clock(at, self.cue(at, answering)) {
            return Some(self.take_clock(clock, to));
        }
        self.text.days(at).map(|found| self.take_days(found))
    }

    fn soonest(&mut self, at: usize) -> Option<usize> {
        let to = SOONEST.iter().find_map(|said| self.text.seq(at, said))?;
        self.group().soonest = true;
        Some(to)
    }

    /// "Except", "not", "no Mondays".
    fn denial(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        let none_of = || text.seq(at, "no").filter(|to| text.seq(*to, PLURALS).is_some());
        let denial = DENIALS.iter().find_map(|said| text.seq(at, said));
        let to = denial.or_else(none_of).or_else(|| self.but(at)).filter(|to| self.denies(*to))?;
        self.begin(Sense::Denied);
        Some(to)
    }

    /// "Tuesday, no, Wednesday".
    fn taken_back(&mut self, at: usize) -> Option<usize> {
        let said = self.wish.groups.last().is_some_and(|group| !group.is_denied() && !group.is_empty());
        let to = TURNS.iter().find_map(|said| self.text.seq(at, said))?;
        if !said || self.link == Link::Or || !self.denies(to) {
            return None;
        }
        self.begin(Sense::Corrects);
        Some(to)
    }

    /// A word that says nothing of time.
    fn pass(&mut self, at: usize) {
        match self.text.word(at) {
            Some("or") => self.link = Link::Or,
            Some("and") => self.link = Link::And,
            Some("but" | "then" | "instead" | "rather") if self.wish.groups.last().is_some_and(Group::is_denied) => {
                self.begin(Sense::Wished);
            }
            Some("but") => self.link = Link::And,
            Some(_) | None => {}
        }
    }

    /// "Any day but Friday".
    fn but(&self, at: usize) -> Option<usize> {
        let any = self
            .wish
            .groups
            .last()
            .and_then(|group| group.days.last())
            .is_some_and(|days| days.iter().any(|day| matches!(day, Day::Any | Day::Working | Day::Weekend)));
        let before = at.checked_sub(1).and_then(|before| self.text.word(before));
        let whatever = before.is_some_and(|word| matches!(word, "anything" | "anytime" | "whenever" | "time"));
        self.text.seq(at, "but").filter(|_| any || whatever)
    }

    /// Whether something of time follows at once.
    fn denies(&self, from: usize) -> bool {
        let gap = (from..from + DENIED_WORDS_MAX).take_while(|at| self.text.seq(*at, LINKS).is_some());
        let end = gap.last().map_or(from, |last| last + 1);
        (from..=end).any(|at| self.text.days(at).is_some() || self.text.clock(at, Cue::None).is_some())
    }

    /// "From Tuesday to Thursday" of an appointment that is to be moved names two days, not the days between.
    fn moved_from(&mut self, at: usize) -> Option<usize> {
        let moved =
            |word: &str| matches!(word, "move" | "change" | "reschedule" | "switch" | "push" | "moved" | "changed");
        let begin = self.text.seq(at, "from").filter(|_| self.text.words[..at].iter().any(|word| moved(&word.text)))?;
        let until = (begin..self.text.words.len()).find(|at| self.text.is(*at, "to"))?;
        let cut = Text { words: &self.text.words[..until], today: self.text.today };
        let mut before = Composing { wish: Wish::default(), text: cut, link: Link::Beside, behind: None };
        let mut place = begin;
        while place < until {
            place = before.step(place, true).unwrap_or(place + 1);
        }
        self.wish.groups.extend(before.wish.groups);
        self.begin(Sense::Wished);
        Some(until + 1)
    }

    fn cue(&self, at: usize, answering: bool) -> Cue {
        let after_day = self.behind == Some(at) && self.wish.groups.last().is_some_and(|group| !group.days.is_empty());
        let after_link = self.link != Link::Beside
            && self.behind.is_some_and(|behind| behind + 1 == at)
            && self.wish.groups.last().is_some_and(|group| !group.hours.is_empty());
        let before_day = || {
            let (_, to) = self.text.said(at, Cue::Given)?;
            let behind = self.text.seq(to, "on").unwrap_or(to);
            if behind == to && self.text.word(to).is_some_and(|word| word.ends_with("days")) {
                return None; // "three Fridays"
            }
            self.text
                .days(behind)
                .map(|(_, to)| to)
                .or_else(|| self.text.seq(behind, "?this tonight|morning|afternoon|evening"))
        };
        // "that one", "the Tuesday one"
        let thing = self.text.is(at, "one") && self.text.words.len() > 1 && self.text.minute(at + 1).is_none();
        let given = after_link || !thing && (after_day || answering || before_day().is_some());
        if given { Cue::Given } else { Cue::None }
    }

    fn group(&mut self) -> &mut Group {
        if self.wish.groups.is_empty() {
            self.wish.groups.push(Group::default());
        }
        self.wish.groups.last_mut().expect("one was pushed above")
    }

    fn begin(&mut self, sense: Sense) {
        self.wish.groups.push(Group { sense, ..Group::default() });
        self.link = Link::Beside;
        self.behind = None;
    }

    fn take_days(&mut self, (days, to): Found) -> usize {
        let today = self.text.today;
        self.after_denial();
        let beside = self.link == Link::Beside;
        let group = self.group();
        if beside && group.narrow(&days, today) {
            return self.ended(to);
        }
        if !group.hours.is_empty() && !group.hours_first && !group.days.is_empty() {
            let sense = group.sense;
            self.begin(sense);
        }
        let group = self.group();
        group.hours_first |= group.days.is_empty() && !group.hours.is_empty();
        group.days.push(days);
        self.ended(to)
    }

    fn take_clock(&mut self, clock: Clock, to: usize) -> usize {
        self.after_denial();
        let (link, today) = (self.link, self.text.today);
        let group = self.group();
        let both = group.hours.last().map(|last| [last.clone(), vec![clock]].concat());
        let together = both.filter(|both| link != Link::Or && !hours_of(both, today, Opening(&[])).is_empty());
        match (together, group.hours.last_mut()) {
            (Some(both), Some(last)) => *last = both,
            (_, _) => group.hours.push(vec![clock]),
        }
        self.ended(to)
    }

    /// After what was denied, a new thought is a wish again: "not Wednesday, Thursday".
    fn after_denial(&mut self) {
        let said = self.wish.groups.last().is_some_and(|group| group.is_denied() && !group.is_empty());
        let paused = self.behind.is_some_and(|behind| self.text.words[behind - 1].pause);
        if said && paused && self.link == Link::Beside {
            self.begin(Sense::Wished);
        }
    }

    /// A piece ends at `to`; what stands behind it may refuse it.
    fn ended(&mut self, to: usize) -> usize {
        self.link = Link::Beside;
        self.behind = Some(to);
        let Some(refused) = REFUSED.iter().find_map(|said| self.text.seq(to, said).filter(|end| *end > to + 1)) else {
            return to;
        };
        self.group().sense = Sense::Denied;
        self.begin(Sense::Wished);
        refused
    }
}

/// Says something with the words of time, and nothing of when.
const IGNORED: &[&str] = &[
    "not too early|late|long|soon",
    "?the same|this time next|tomorrow|every|on ?week|month",
    "at this|that time",
    "at the|any moment",
    "as soon as i|he|she|they|we",
    "one day",
    "the other day",
    "all|some|most|these days",
    "day care",
    "days|week|weeks|months old",
    "twice|once|times|time a|an|per|every day|week|month",
    "every other|few|single day|days",
    "every morning|night|evening|afternoon",
    "happy|good morning|afternoon|evening|day|night",
    "?have a good|great|nice|lovely|wonderful morning|afternoon|evening|day|night|weekend|week|one",
];
