//! The files of rules -> checked rules.

use std::collections::BTreeSet;

use domain::{EmergencyKind, RedFlag, RedFlagId, Urgency};
use serde::Deserialize;

use super::{Fires, LineOrder, RedFlags, Rule};
use crate::NluError;
use crate::phrase::{Glossary, Pattern, Phrases};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    #[serde(default)]
    spoken_first: Vec<EmergencyKind>,
    #[serde(default)]
    doubtful_beside: Vec<String>,
    #[serde(default)]
    words: Glossary,
    rule: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    id: String,
    urgency: Urgency,
    kind: EmergencyKind,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    maybe: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    always: bool,
    /// Where the signs are told of: public guidance. For people.
    #[serde(default, rename = "source")]
    _source: String,
    /// What it must fire on, and what it must not.
    #[serde(default)]
    fires_on: Vec<String>,
    #[serde(default)]
    silent_on: Vec<String>,
}

pub(super) fn read(files: &[(&'static str, &str)]) -> Result<RedFlags, NluError> {
    let (mut spoken_first, mut words, mut written) = (Vec::new(), Glossary::new(), Vec::new());
    let mut beside = Vec::new();
    for (file, toml) in files {
        let read: WrittenFile =
            toml::from_str(toml).map_err(|source| NluError::Toml { file, source: Box::new(source) })?;
        spoken_first.extend(read.spoken_first);
        words.extend(read.words);
        beside.push((*file, read.doubtful_beside));
        written.extend(read.rule.into_iter().map(|rule| (*file, rule)));
    }
    let order = LineOrder::of(spoken_first, files.first().map_or("", |(file, _)| file))?;
    let (mut rules, mut patterns, mut exceptions) = (Vec::new(), Vec::new(), Vec::new());
    let mut ids = BTreeSet::new();
    for (place, (file, rule)) in written.into_iter().enumerate() {
        check(&rule, &mut ids, file)?;
        let entry = format!("rule {:?}", rule.id);
        let parse = |list| parse_all(&entry, list, &words, file);
        patterns.extend(parse(&rule.any)?.into_iter().map(|pattern| (Fires { rule: place, sure: true }, pattern)));
        patterns.extend(parse(&rule.maybe)?.into_iter().map(|pattern| (Fires { rule: place, sure: false }, pattern)));
        exceptions.extend(parse(&rule.unless)?.into_iter().map(|pattern| (place, pattern)));
        let flag = RedFlag { id: RedFlagId(rule.id), urgency: rule.urgency, kind: rule.kind };
        rules.push(Rule { flag, always: rule.always, fires_on: rule.fires_on, silent_on: rule.silent_on });
    }
    let mut doubtful_beside = Vec::new();
    for (file, list) in &beside {
        let parsed = parse_all("doubtful_beside", list, &words, file)?;
        doubtful_beside.extend(parsed.into_iter().map(|pattern| ((), pattern)));
    }
    Ok(RedFlags {
        rules,
        order,
        patterns: Phrases::new(patterns),
        exceptions: Phrases::new(exceptions),
        doubtful_beside: Phrases::new(doubtful_beside),
    })
}

impl LineOrder {
    fn of(kinds: Vec<EmergencyKind>, file: &'static str) -> Result<Self, NluError> {
        let times = |kind: &EmergencyKind| kinds.iter().filter(|listed| *listed == kind).count();
        match EmergencyKind::ALL.iter().find(|kind| times(kind) != 1) {
            None => Ok(Self(kinds)),
            Some(kind) => Err(NluError::Entry {
                file,
                entry: "spoken_first".to_owned(),
                problem: format!("\"{kind}\" stands there {} times", times(kind)),
                fix: "list every kind once".to_owned(),
            }),
        }
    }
}

fn check(rule: &WrittenRule, ids: &mut BTreeSet<String>, file: &'static str) -> Result<(), NluError> {
    let of = || format!("rule {:?}", rule.id);
    if rule.urgency == Urgency::Routine {
        return Err(entry(
            file,
            of(),
            "urgency is \"routine\", which raises nothing",
            "write \"urgent\" or \"emergency\"",
        ));
    }
    if rule.any.is_empty() && rule.maybe.is_empty() {
        return Err(entry(file, of(), "`any` and `maybe` are empty, so it never fires", "write at least one pattern"));
    }
    if !ids.insert(rule.id.clone()) {
        return Err(entry(file, of(), "another rule has the same id", "give each rule its own"));
    }
    Ok(())
}

fn parse_all(of: &str, written: &[String], words: &Glossary, file: &'static str) -> Result<Vec<Pattern>, NluError> {
    written
        .iter()
        .map(|pattern| {
            Pattern::parse(pattern, words)
                .map_err(|wrong| entry(file, of.to_owned(), &format!("the pattern {pattern:?}"), &wrong.to_string()))
        })
        .collect()
}

fn entry(file: &'static str, entry: String, problem: &str, fix: &str) -> NluError {
    NluError::Entry { file, entry, problem: problem.to_owned(), fix: fix.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(toml: &str) -> Result<RedFlags, NluError> {
        RedFlags::parse(&[("rules.toml", toml)])
    }

    fn rule(urgency: &str, any: &str) -> String {
        let kinds: Vec<_> = EmergencyKind::ALL.iter().map(|kind| kind.label()).collect();
        format!(
            "spoken_first = {kinds:?}\n[words]\nchest = \"(chest|breast bone)\"\n[[rule]]\nid = \"x\"\nurgency = \"{urgency}\"\nkind = \"cardiac\"\nany = {any}\n"
        )
    }

    #[test]
    fn errors_name_the_rule_and_the_fix() {
        for (toml, said) in [
            (rule("routine", "['a']"), "write \"urgent\" or \"emergency\""),
            (rule("urgent", "[]"), "at least one pattern"),
            (rule("urgent", "['(chest pain']"), "both"),
            (rule("urgent", "['chest) pain']"), "both"),
            (rule("urgent", "['@heart pain']"), "define it"),
            (rule("urgent", "['.. pain']"), "begin with a word"),
            (rule("urgent", "['[my] chest']"), "begin with a word"),
            (rule("urgent", "['fever {110-103}']"), "{103-110}"),
            (rule("urgent", "['*']"), "cannot be heard"),
            (rule("urgent", "['chest & ']"), "is empty"),
            (
                rule("urgent", "['a']")
                    + "[[rule]]\nid = \"x\"\nurgency = \"urgent\"\nkind = \"cardiac\"\nany = ['b']\n",
                "its own",
            ),
        ] {
            let message = parse(&toml).map(|_| ()).expect_err(&toml).to_string();
            assert!(message.contains("rule \"x\"") && message.contains(said), "{toml}\n{message}");
        }
        assert!(parse("rule = 3").is_err());
        for (in_place_of_stroke, times) in [("", "0 times"), ("\"stroke\", \"stroke\", ", "2 times")] {
            let toml = rule("urgent", "['a']").replace("\"stroke\", ", in_place_of_stroke);
            let message = parse(&toml).map(|_| ()).expect_err(&toml).to_string();
            assert!(message.contains("every kind once") && message.contains(times), "{message}");
        }
        assert!(parse(&rule("urgent", "['@chest pain']")).is_ok());
    }

    #[test]
    fn beside_certain_words_a_rule_is_only_doubtful() {
        let rules =
            |beside: &str| parse(&format!("doubtful_beside = [{beside}]\n{}", rule("urgent", "['@chest pain']")));
        let with = rules("'last year'").expect("right");
        let sure = |text: &str| with.find(text).iter().map(|fired| fired.sure).collect::<Vec<_>>();
        assert_eq!(
            (sure("chest pain"), sure("chest pain last year"), sure("last year")),
            (vec![true], vec![false], vec![])
        );
        let message = rules("'(last'").map(|_| ()).expect_err("wrong").to_string();
        assert!(message.contains("doubtful_beside") && message.contains("(last"), "{message}");
    }

    #[test]
    fn each_file_may_use_the_words_of_all_and_is_named_in_its_errors() {
        let first = rule("emergency", "['@chest pain']");
        let second =
            |any: &str| format!("[[rule]]\nid = \"y\"\nurgency = \"urgent\"\nkind = \"cardiac\"\nany = {any}\n");
        let both = |any: &str| RedFlags::parse(&[("first.toml", &first), ("second.toml", &second(any))]);
        assert_eq!(both("['@chest cold']").expect("right").ids().count(), 2);
        let message = both("['@arm']").map(|_| ()).expect_err("wrong").to_string();
        assert!(message.contains("second.toml") && message.contains("rule \"y\""), "{message}");
    }
}
