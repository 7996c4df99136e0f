//! `[policy]`: whom a case pages, how and how fast, and what its caller is offered and told meanwhile.

use std::time::Duration;

use domain::{Applies, CallerKind, Meanwhile, OfficeHours, Urgency};
use office::Schedule;
use oncall::{Clinician, Pace, Policy, Rule, Step, Tier, Way, Whom};
use serde::Deserialize;
use toml::Spanned;

use super::checked::Checked;
use crate::config::ConfigError;

/// Followed where a practice has written no rule.
const STANDARD: &str = r#"
[[rules]]
urgency = "emergency"
steps = [{ page = ["primary"], next_s = 120 }, { page = ["backup"], next_s = 120 }, { page = ["last_resort"], next_s = 120 }]

[[rules]]
steps = [{ page = ["primary"], next_s = 300 }, { page = ["backup"], next_s = 300 }, { page = ["last_resort"], next_s = 300 }]
"#;

/// A page that nobody acknowledges within an hour is no page.
const STEP_MAX_S: u64 = 3600;
/// The desk alone has a case so long at most: a clinician must hear of it in time, and at closing time nobody is there.
const DESK_MAX_S: u64 = 300;
/// After a round in which nothing got through; a fault of seconds must not silence an emergency for longer.
const RETRY_MAX_S: u64 = 60;
const RETRY_S: u64 = 15;
const REACHED_WITHIN_MINUTES: u64 = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPolicy {
    page_details: bool,
    test_pages: Option<RawTests>,
    #[serde(default)]
    rules: Vec<Spanned<RawRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTests {
    days: Spanned<Vec<Spanned<String>>>,
    at: Spanned<String>,
}

/// The same without the rest.
#[derive(Deserialize)]
struct Standard {
    rules: Vec<Spanned<RawRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    urgency: Option<Spanned<String>>,
    #[serde(default)]
    callers: Vec<Spanned<String>>,
    hours: Option<Spanned<String>>,
    steps: Spanned<Vec<RawStep>>,
    retry_s: Option<Spanned<u64>>,
    reached_within_minutes: Option<Spanned<u64>>,
    #[serde(default)]
    connect: bool,
    says: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    page: Vec<Spanned<String>>,
    #[serde(default)]
    by: Vec<Spanned<String>>,
    again_s: Option<Spanned<u64>>,
    next_s: Spanned<u64>,
}

/// What the rules say to those who page, and to those who talk.
pub(super) struct CheckedPolicy {
    pub(super) policy: Policy,
    pub(super) meanwhile: Vec<Meanwhile>,
    /// Whether the caller's words stand in the page itself.
    pub(super) page_details: bool,
    /// When pages are tried out.
    pub(super) test_pages: Option<Schedule>,
}

impl Checked<'_> {
    /// `people` are all who can be paged, the desk among them.
    pub(super) fn policy(
        &self,
        raw: RawPolicy,
        desk: Option<Clinician>,
        people: &[Clinician],
    ) -> Result<CheckedPolicy, ConfigError> {
        let RawPolicy { page_details, test_pages, rules: written } = raw;
        let test_pages = test_pages.map(|raw| self.tests(&raw)).transpose()?;
        let written = if written.is_empty() {
            toml::from_str::<Standard>(STANDARD).expect("the standard rules are tested").rules
        } else {
            written
        };
        let (mut rules, mut meanwhile, mut spans) = (Vec::new(), Vec::new(), Vec::new());
        for written in written {
            spans.push(written.span());
            let rule = written.into_inner();
            let applies = self.applies(&rule)?;
            let says = rule.says.as_ref().map(|says| self.named(says, "says")).transpose()?;
            meanwhile.push(Meanwhile { applies: applies.clone(), connect: rule.connect, says });
            rules.push(self.rule(applies, &rule, people)?);
        }
        let policy = Policy::new(rules, desk).map_err(|error| {
            let span = error.rule().and_then(|number| spans.get(number - 1)).or(spans.last()).cloned();
            self.0.at(span, format!("[policy] cannot be followed: {error}"))
        })?;
        Ok(CheckedPolicy { policy, meanwhile, page_details, test_pages })
    }

    fn tests(&self, raw: &RawTests) -> Result<Schedule, ConfigError> {
        if raw.days.get_ref().is_empty() {
            return Err(self.wrong(&raw.days, "days is empty; name the days on which pages are tried out"));
        }
        let days = raw.days.get_ref().iter().map(|day| self.weekday(day)).collect::<Result<_, _>>()?;
        Ok(Schedule { days, at: vec![self.time(&raw.at)?] })
    }

    fn applies(&self, rule: &RawRule) -> Result<Applies, ConfigError> {
        let urgency = match rule.urgency.as_ref().map(|written| (written, written.get_ref().as_str())) {
            None => Vec::new(),
            Some((_, "emergency")) => vec![Urgency::Emergency],
            Some((_, "urgent")) => vec![Urgency::Urgent],
            Some((written, _)) => {
                let what =
                    "not an urgency that is paged for; write \"emergency\" or \"urgent\", or leave it out for both";
                return Err(self.wrong(written, what));
            }
        };
        let caller = |written: &Spanned<String>| {
            let known = CallerKind::ALL.iter().map(|kind| kind.label()).collect::<Vec<_>>().join(", ");
            let unknown = |_| self.wrong(written, &format!("there is no such kind of caller; write one of {known}"));
            written.get_ref().parse::<CallerKind>().map_err(unknown)
        };
        let hours = match rule.hours.as_ref().map(|written| (written, written.get_ref().as_str())) {
            None => None,
            Some((_, "open")) => Some(OfficeHours::Open),
            Some((_, "closed")) => Some(OfficeHours::Closed),
            Some((written, _)) => {
                return Err(self.wrong(written, "write hours = \"open\" or \"closed\", or leave it out for both"));
            }
        };
        Ok(Applies { urgency, callers: rule.callers.iter().map(caller).collect::<Result<_, _>>()?, hours })
    }

    fn rule(&self, applies: Applies, raw: &RawRule, people: &[Clinician]) -> Result<Rule, ConfigError> {
        let step = |step: &RawStep| self.step(step, people);
        let steps = raw.steps.get_ref().iter().map(step).collect::<Result<Vec<_>, _>>()?;
        let retry = raw
            .retry_s
            .as_ref()
            .map_or(Ok(Duration::from_secs(RETRY_S)), |s| self.seconds(s, RETRY_MAX_S, "retry_s"))?;
        let reach_within = match raw.reached_within_minutes.as_ref().map(|written| (written, *written.get_ref())) {
            None => Duration::from_mins(REACHED_WITHIN_MINUTES),
            Some((_, minutes @ 1..=120)) => Duration::from_mins(minutes),
            Some((written, _)) => {
                let what = "reached_within_minutes must be 1 to 120: nobody is left waiting longer";
                return Err(self.wrong(written, what));
            }
        };
        Ok(Rule { applies, steps, retry_after: retry, reach_within })
    }

    fn step(&self, raw: &RawStep, people: &[Clinician]) -> Result<Step, ConfigError> {
        let whom =
            |written: &Spanned<String>| match written.get_ref().as_str() {
                "desk" => Ok(Whom::Desk),
                "primary" => Ok(Whom::OnCall(Tier::Primary)),
                "backup" => Ok(Whom::OnCall(Tier::Backup)),
                "last_resort" => Ok(Whom::OnCall(Tier::LastResort)),
                _ => Err(self
                    .wrong(written, "nobody is called so; page \"desk\", \"primary\", \"backup\" or \"last_resort\"")),
            };
        let by = |written: &Spanned<String>| {
            let way = Way::ALL.into_iter().find(|way| way.label() == written.get_ref());
            let known = Way::ALL.map(Way::label).join(", ");
            let way = way.ok_or_else(|| self.wrong(written, &format!("not a way to page; write one of {known}")))?;
            if people.iter().any(|one| one.ways.contains(&way)) {
                return Ok(way);
            }
            Err(self.wrong(written, "nobody can be paged in this way; say how they are reached, or leave it out"))
        };
        let desk_alone = raw.page.iter().all(|whom| whom.get_ref() == "desk");
        let next = self.seconds(&raw.next_s, if desk_alone { DESK_MAX_S } else { STEP_MAX_S }, "next_s")?;
        let again =
            raw.again_s.as_ref().map_or(Ok(next / 2), |seconds| self.seconds(seconds, STEP_MAX_S, "again_s"))?;
        Ok(Step {
            whom: raw.page.iter().map(whom).collect::<Result<_, _>>()?,
            by: raw.by.iter().map(by).collect::<Result<_, _>>()?,
            pace: Pace::new(again, next),
        })
    }

    fn seconds(&self, seconds: &Spanned<u64>, most: u64, key: &str) -> Result<Duration, ConfigError> {
        match *seconds.get_ref() {
            s if (1..=most).contains(&s) => Ok(Duration::from_secs(s)),
            _ => Err(self.wrong(seconds, &format!("{key} must be 1 to {most} seconds here"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::PracticeConfig;

    #[test]
    fn the_standard_rules_are_for_everything() {
        let rules = toml::from_str::<Standard>(STANDARD).unwrap().rules;
        assert_eq!(rules.iter().map(|rule| rule.get_ref().urgency.is_some()).collect::<Vec<_>>(), [true, false]);
        assert!(rules.iter().all(|rule| rule.get_ref().hours.is_none() && rule.get_ref().callers.is_empty()));
    }

    #[test]
    fn what_is_written_is_followed_and_told() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/practices");
        let config = PracticeConfig::load(&root.join("lakeside_pediatrics.toml")).unwrap();
        let at = "2026-11-23T15:00:00Z".parse().unwrap(); // a Monday, in hours
        let line = oncall::Rota::GENERAL.into();
        let plan = config.policy.plan(&config.rota, &line, CallerKind::Patient, OfficeHours::Open, at);
        let turns = |chain: &oncall::Chain| {
            let ids =
                |turn: &oncall::Turn| turn.people.iter().map(|one| one.id.0.clone()).collect::<Vec<_>>().join("+");
            chain.turns().iter().map(ids).collect::<Vec<_>>()
        };
        assert_eq!(turns(&plan.urgent), ["desk", "lindqvist"]);
        assert_eq!(turns(&plan.emergency), ["lindqvist+desk"], "who holds every tier by day");
        assert_eq!(plan.urgent.turns()[0].pace, Pace::new(Duration::from_secs(30), Duration::from_secs(60)));
        let meanwhile = config.practice.meanwhile(Urgency::Urgent, CallerKind::Caregiver, OfficeHours::Open).unwrap();
        assert!(meanwhile.says.as_ref().is_some_and(|says| says.contains("nurse")) && !meanwhile.connect);
    }
}
