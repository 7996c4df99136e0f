//! Written red-flag rules: what a clinician decided must never wait for a model.
//!
//! Rules stand in `prompts/red_flags*.toml`, in the language of patterns that the first of them explains. [`RedFlags::parse`]
//! checks them once; [`RedFlags::find`] is then total, deterministic and quick enough to read every partial, too.
//!
//! A rule can only *raise* urgency. What keeps a rule from firing is short and deliberately narrow, because a missed
//! emergency costs more than a false alarm:
//!
//! - a negation in the same clause with nothing of its own between ("no chest pain"; not "no fever, but my chest hurts");
//! - what is clearly long past and said with no word of the present ("had a heart attack ten years ago");
//! - what the caller takes back as a joke;
//! - the rule's own `unless`, where it overlaps the place that was found ("seizure medication").
//!
//! Words that also stand where nobody is in danger ("choking" in the name of a course) are listed under `maybe`: they count
//! when another witness half agrees, or when there is no other.
//!
//! What is only supposed ("hypothetically, if a caller had chest pain") counts as such words do, and so does what is said beside
//! words of another time, a paper, a lesson, an animal or a story, or that all is well ("the bill for my anaphylaxis last August").
//! Whatever is possible ("what should I do if ..") fires.
//!
//! Rules marked `always` know only the first and the last.
//!
//! A sentence that goes on may take back what stands in it so far: in partials, what may turn out to be long past waits for
//! its end ([`RedFlags::find_in_partial`]).

mod guards;
mod written;

use domain::{EmergencyKind, RedFlag, RedFlagId};

use crate::NluError;
use crate::phrase::{Found, Phrases, Word, words};

/// The rules, checked and ready to be matched.
#[derive(Debug)]
pub struct RedFlags {
    rules: Vec<Rule>,
    order: LineOrder,
    /// Each pattern with what it sets off.
    patterns: Phrases<Fires>,
    /// The same for `unless`.
    exceptions: Phrases<usize>,
    /// Beside these a rule is only doubtful.
    doubtful_beside: Phrases<()>,
}

/// What a pattern sets off.
#[derive(Clone, Copy, Debug)]
struct Fires {
    /// The place of its rule in `rules`.
    rule: usize,
    /// Whether it stands under `any`; under `maybe` otherwise.
    sure: bool,
}

/// A rule that fires on an utterance.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// What it says.
    pub flag: RedFlag,
    /// Whether it fires by what it says, and not only by words that also stand where nobody is in danger: these do not count
    /// without another witness, as long as there is one.
    pub sure: bool,
}

/// Every kind once: which line is spoken first.
#[derive(Debug)]
struct LineOrder(Vec<EmergencyKind>);

impl LineOrder {
    fn place(&self, kind: EmergencyKind) -> Option<usize> {
        self.0.iter().position(|listed| *listed == kind)
    }
}

#[derive(Debug)]
struct Rule {
    flag: RedFlag,
    always: bool,
    fires_on: Vec<String>,
    silent_on: Vec<String>,
}

impl RedFlags {
    /// The files that come with FirstRing: their names and texts.
    pub const FILES: [(&'static str, &'static str); 4] = [
        ("prompts/red_flags.toml", include_str!("../../../../prompts/red_flags.toml")),
        ("prompts/red_flags_harm.toml", include_str!("../../../../prompts/red_flags_harm.toml")),
        ("prompts/red_flags_urgent.toml", include_str!("../../../../prompts/red_flags_urgent.toml")),
        ("prompts/red_flags_languages.toml", include_str!("../../../../prompts/red_flags_languages.toml")),
    ];

    /// Checks rules as they are written in `prompts/red_flags*.toml`: the name and the text of each file, the first with the
    /// order of the lines, each list of words for all. An error names file, rule and what to write instead.
    pub fn parse(files: &[(&'static str, &str)]) -> Result<Self, NluError> {
        written::read(files)
    }

    /// The rules that come with FirstRing.
    pub fn built_in() -> Self {
        Self::parse(&Self::FILES).expect("a test reads these very files")
    }

    /// The names of all rules, as they are written.
    pub fn ids(&self) -> impl Iterator<Item = &RedFlagId> {
        self.rules.iter().map(|rule| &rule.flag.id)
    }

    /// Every rule that fires on what was said: the most urgent first, among these whose line is to be spoken first
    /// (`spoken_first` in the first file), then in the order of the files.
    pub fn find(&self, text: &str) -> Vec<Fired> {
        self.fired(&words(text), guards::not_now)
    }

    /// The rules that are sure on the beginning of something that is still being said, in the same order.
    pub fn find_in_partial(&self, text: &str) -> Vec<RedFlag> {
        let may_not_be_now =
            |words: &[Word], from, to| guards::not_now(words, from, to) || guards::may_be_past(words, from);
        let fired = self.fired(&words(text), may_not_be_now);
        fired.into_iter().filter(|fired| fired.sure).map(|fired| fired.flag).collect()
    }

    fn fired(&self, words: &[Word], is_doubted: impl Fn(&[Word], usize, usize) -> bool) -> Vec<Fired> {
        let mut exceptions = self.exceptions.places(words);
        // what takes an alarm away must have been said in one breath: "my appointment, and my son has a seizure"
        exceptions.retain(|e| words[e.from].clause == words[e.to - 1].clause);
        let excepted = |found: &Found, rule: usize| {
            exceptions.iter().any(|e| *self.exceptions.meaning(*e) == rule && e.from < found.to && found.from < e.to)
        };
        let mut places = self.patterns.places(words);
        places.retain(|found| {
            let rule = self.patterns.meaning(*found).rule;
            let doubted = !self.rules[rule].always && is_doubted(words, found.from, found.to);
            !doubted && !excepted(found, rule)
        });
        let fired: Vec<Fires> = self.patterns.complete(&places).copied().collect();
        let mut rules: Vec<usize> = fired.iter().map(|fires| fires.rule).collect();
        rules.sort_by_key(|&rule| {
            let flag = &self.rules[rule].flag;
            (std::cmp::Reverse(flag.urgency), self.order.place(flag.kind), rule)
        });
        rules.dedup();
        // Most partials fire nothing, and are not looked at again.
        let not_here = !fired.is_empty() && (guards::supposed(words) || !self.doubtful_beside.places(words).is_empty());
        let sure = |rule: usize| {
            (!not_here || self.rules[rule].always) && fired.iter().any(|fires| fires.rule == rule && fires.sure)
        };
        rules.into_iter().map(|rule| Fired { flag: self.rules[rule].flag.clone(), sure: sure(rule) }).collect()
    }

    /// What the rules say of themselves and does not hold: their examples for and against. For tests, and for who writes rules.
    pub fn untrue_examples(&self) -> Vec<String> {
        let mut untrue = Vec::new();
        for rule in &self.rules {
            let fires = |text: &String| self.find(text).iter().any(|fired| fired.flag.id == rule.flag.id);
            let told = |what: &str, text: &String| format!("{} {what} {text:?}", rule.flag.id.0);
            untrue.extend(rule.fires_on.iter().filter(|text| !fires(text)).map(|text| told("is silent on", text)));
            untrue.extend(rule.silent_on.iter().filter(|text| fires(text)).map(|text| told("fires on", text)));
        }
        untrue
    }
}
