//! The file of rules -> checked rules.

use std::collections::BTreeSet;

use domain::{EmergencyKind, RedFlag, RedFlagId, Urgency};
use serde::Deserialize;

use super::{RedFlags, Rule};
use crate::NluError;
use crate::phrase::{Glossary, Pattern, Phrases};

const FILE: &str = "prompts/red_flags.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
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
    any: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    always: bool,
}

pub(super) fn read(toml: &str) -> Result<RedFlags, NluError> {
    let file: WrittenFile =
        toml::from_str(toml).map_err(|source| NluError::Toml { file: FILE, source: Box::new(source) })?;
    let (mut rules, mut patterns, mut exceptions) = (Vec::new(), Vec::new(), Vec::new());
    let mut ids = BTreeSet::new();
    for (place, rule) in file.rule.into_iter().enumerate() {
        check(&rule, &mut ids)?;
        patterns.extend(parse_all(&rule.id, &rule.any, &file.words)?.into_iter().map(|pattern| (place, pattern)));
        exceptions.extend(parse_all(&rule.id, &rule.unless, &file.words)?.into_iter().map(|pattern| (place, pattern)));
        let flag = RedFlag { id: RedFlagId(rule.id), urgency: rule.urgency, kind: rule.kind };
        rules.push(Rule { flag, always: rule.always });
    }
    Ok(RedFlags { rules, patterns: Phrases::new(patterns), exceptions: Phrases::new(exceptions) })
}

fn check(rule: &WrittenRule, ids: &mut BTreeSet<String>) -> Result<(), NluError> {
    if rule.urgency == Urgency::Routine {
        return Err(entry(
            &rule.id,
            "urgency is \"routine\", which raises nothing",
            "write \"urgent\" or \"emergency\"",
        ));
    }
    if rule.any.is_empty() {
        return Err(entry(&rule.id, "`any` is empty, so it never fires", "write at least one pattern"));
    }
    if !ids.insert(rule.id.clone()) {
        return Err(entry(&rule.id, "another rule has the same id", "give each rule its own"));
    }
    Ok(())
}

fn parse_all(rule: &str, written: &[String], words: &Glossary) -> Result<Vec<Pattern>, NluError> {
    written
        .iter()
        .map(|pattern| {
            Pattern::parse(pattern, words)
                .map_err(|wrong| entry(rule, &format!("the pattern {pattern:?}"), &wrong.to_string()))
        })
        .collect()
}

fn entry(rule: &str, problem: &str, fix: &str) -> NluError {
    NluError::Entry { file: FILE, entry: format!("rule {rule:?}"), problem: problem.to_owned(), fix: fix.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(urgency: &str, any: &str) -> String {
        format!(
            "[words]\nchest = \"(chest|breast bone)\"\n[[rule]]\nid = \"x\"\nurgency = \"{urgency}\"\nkind = \"cardiac\"\nany = {any}\n"
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
            let message = RedFlags::parse(&toml).map(|_| ()).expect_err(&toml).to_string();
            assert!(message.contains("rule \"x\"") && message.contains(said), "{toml}\n{message}");
        }
        assert!(RedFlags::parse("rule = 3").is_err());
        assert!(RedFlags::parse(&rule("urgent", "['@chest pain']")).is_ok());
    }
}
