//! Suites as Markdown: scenarios, each with its labels, and what people say in it. `LABELLING.md` has the form.

use std::collections::BTreeMap;
use std::str::FromStr;

use domain::{Asked, CallerKind, Intent, Phi, Urgency};
use jiff::Zoned;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as WordError, StrDeserializer};

use super::{Case, Field, Line};

/// When nothing is said about it: a Wednesday morning.
const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";

/// The cases of a file. The error is the line and what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Vec<Case>, (usize, String)> {
    let mut now: Zoned = NOW.parse().expect("a Wednesday morning");
    let mut scenario: Option<Scenario> = None;
    let mut cases = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let at = |wrong: String| (index + 1, wrong);
        let line = line.trim();
        if let Some(title) = line.strip_prefix("## ") {
            scenario = Some(Scenario::new(title, now.clone()));
        } else if let (Some(setting), Some(scenario)) = (line.strip_prefix("- "), &mut scenario) {
            scenario.set(setting).map_err(at)?;
        } else if let Some(setting) = line.strip_prefix("- now: ") {
            now = setting.parse().map_err(|why| at(format!("now: {why}")))?;
        } else if let Some((by_caller, said)) = spoken(line) {
            let scenario =
                scenario.as_mut().ok_or_else(|| at("it stands before the first `## scenario`".to_owned()))?;
            cases.extend(scenario.say(by_caller, said).map_err(at)?);
        } else if !line.is_empty() && !line.starts_with("# ") && scenario.is_some() {
            return Err(at("a line of a scenario begins with `- `, `> ` or `< `".to_owned()));
        }
    }
    Ok(cases)
}

/// Who says it, and what.
fn spoken(line: &str) -> Option<(bool, &str)> {
    let by_caller = line.strip_prefix("> ").map(|said| (true, said));
    by_caller.or_else(|| line.strip_prefix("< ").map(|said| (false, said)))
}

/// A scenario as far as it was read.
struct Scenario {
    /// Its labels, for every utterance that does not say otherwise.
    labels: Option<Labels>,
    given: BTreeMap<String, String>,
    now: Zoned,
    /// Of a call: what was said up to here, and what was asked last.
    so_far: Vec<Line>,
    asked: Asked,
    /// Of a call: how urgent it is.
    is: Urgency,
    cases: usize,
}

#[derive(Clone)]
struct Labels {
    caller: CallerKind,
    intents: Vec<Intent>,
    urgency: Urgency,
}

impl Scenario {
    fn new(title: &str, now: Zoned) -> Self {
        let given = BTreeMap::from([("title".to_owned(), title.to_owned())]);
        Self { labels: None, given, now, so_far: Vec::new(), asked: Asked::Open, is: Urgency::Routine, cases: 0 }
    }

    fn set(&mut self, setting: &str) -> Result<(), String> {
        const SETTINGS: [&str; 8] = ["id", "urgency", "topic", "caller", "intents", "why", "near miss", "call"];
        let (key, value) = setting.split_once(':').ok_or("a setting is written `- key: value`")?;
        if key == "now" {
            self.now = value.trim().parse().map_err(|why| format!("now: {why}"))?;
            return Ok(());
        }
        if !SETTINGS.contains(&key) {
            return Err(format!("unknown setting {key:?}; there are {}", SETTINGS.join(", ")));
        }
        if matches!(key, "near miss" | "call") && !matches!(value.trim(), "yes" | "no") {
            return Err(format!("{key} is yes or no"));
        }
        self.given.insert(key.to_owned(), value.trim().to_owned());
        Ok(())
    }

    fn given(&self, key: &str) -> &str {
        self.given.get(key).map_or("", String::as_str)
    }

    /// The labels that stand at the head, once they are needed.
    fn labels(&mut self) -> Result<Labels, String> {
        if self.labels.is_none() {
            if self.given("id").is_empty() {
                return Err("its scenario has no `- id:`".to_owned());
            }
            self.labels = Some(Labels {
                caller: label("caller", self.given("caller"))?,
                intents: intents(self.given("intents"))?,
                urgency: label("urgency", self.given("urgency"))?,
            });
        }
        self.labels.clone().ok_or_else(|| "no labels".to_owned())
    }

    /// What is said next: a case, where the caller says it.
    fn say(&mut self, by_caller: bool, said: &str) -> Result<Option<Case>, String> {
        let (braces, text) = split_braces(said)?;
        let mut asked = None;
        let mut labels = self.labels()?;
        let (mut why, mut voice, mut values) = (self.given("why").to_owned(), String::new(), BTreeMap::new());
        for part in braces.split(';').filter(|part| !part.trim().is_empty()) {
            let (key, value) = part.split_once(':').ok_or("in braces stands `{key: value; key: value}`")?;
            let value = value.trim();
            match key.trim() {
                "urgency" => labels.urgency = label("urgency", value)?,
                "caller" => labels.caller = label("caller", value)?,
                "intents" => labels.intents = intents(value)?,
                "why" => value.clone_into(&mut why),
                "voice" => value.clone_into(&mut voice),
                "asked" => asked = Some(question(value)?),
                field => drop(values.insert(field.parse::<Field>()?, Phi::from(value))),
            }
        }
        if text.is_empty() {
            return Err("nothing is said".to_owned());
        }
        let text = Phi::from(text);
        let in_call = self.given("call") == "yes";
        let line = Line { by_caller, text: text.clone() };
        if !by_caller {
            self.asked = asked.unwrap_or_default();
            self.so_far.push(line);
            return Ok(None);
        }
        self.cases += 1;
        let so_far = if in_call { self.so_far.clone() } else { std::mem::take(&mut self.so_far) };
        let asked = asked.unwrap_or(self.asked);
        let was = self.is;
        if in_call {
            self.so_far.push(line);
            self.is = was.raise(labels.urgency);
        } else {
            self.asked = Asked::Open;
        }
        Ok(Some(Case {
            id: format!("{}.{}", self.given("id"), self.cases),
            scenario: self.given("id").to_owned(),
            topic: self.given("topic").to_owned(),
            voice,
            near_miss: self.given("near miss") == "yes" && labels.urgency == Urgency::Routine,
            in_call,
            why,
            asked,
            so_far,
            text,
            now: self.now.clone(),
            caller: labels.caller,
            intents: labels.intents,
            urgency: labels.urgency.raise(was),
            was,
            values,
            over: None,
        }))
    }
}

/// `{..} text`, of which the braces may be missing.
fn split_braces(said: &str) -> Result<(&str, &str), String> {
    match said.trim().strip_prefix('{') {
        None => Ok(("", said.trim())),
        Some(rest) => {
            let (braces, text) = rest.split_once('}').ok_or("the brace is not closed")?;
            Ok((braces, text.trim()))
        }
    }
}

fn label<T: FromStr>(what: &str, word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("{word:?} is no {what}"))
}

fn intents(list: &str) -> Result<Vec<Intent>, String> {
    list.split(',').map(|intent| label("intent", intent.trim())).collect()
}

fn question(word: &str) -> Result<Asked, String> {
    let word: StrDeserializer<'_, WordError> = word.into_deserializer();
    Asked::deserialize(word).map_err(|why| format!("asked: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# A suite\n\n## Snow\n- id: heart-snow\n- urgency: emergency\n- topic: heart\n- caller: patient\n- intents: symptom\n- why: pressure\n\n";

    #[test]
    fn braces_override_the_scenario_for_one_utterance() {
        let text = format!(
            "{HEAD}> there's this weight here\n> {{caller: caregiver; intents: symptom, billing; voice: old; drug: aspirin}} he took one\n"
        );
        let cases = parse(&text).expect("right");
        assert_eq!(cases.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["heart-snow.1", "heart-snow.2"]);
        assert_eq!((cases[0].caller, cases[1].caller), (CallerKind::Patient, CallerKind::Caregiver));
        assert_eq!(cases[1].intents, [Intent::Symptom, Intent::Billing]);
        assert_eq!(cases[1].values[&Field::Drug].expose(), "aspirin");
        assert_eq!(cases[1].text.expose(), "he took one");
        assert!(cases.iter().all(|case| case.so_far.is_empty() && case.urgency == Urgency::Emergency));
    }

    #[test]
    fn a_call_remembers_what_was_said() {
        let call = HEAD.replace("- why", "- call: yes\n- why");
        let text = format!(
            "{call}< {{asked: open}} How can I help?\n> my chest\n< {{asked: yes_no}} Does it hurt now?\n> {{urgency: routine}} no\n"
        );
        let cases = parse(&text).expect("right");
        assert_eq!((cases[0].so_far.len(), cases[1].so_far.len()), (1, 3));
        assert_eq!((cases[0].asked, cases[1].asked), (Asked::Open, Asked::YesNo));
        assert_eq!((cases[1].was, cases[1].urgency), (Urgency::Emergency, Urgency::Emergency), "urgency only rises");
    }

    #[test]
    fn errors_name_the_line_and_what_is_wrong() {
        for (text, line, said) in [
            ("> hello".to_owned(), 1, "before the first"),
            (format!("{HEAD}> {{urgency: dire}} hello"), 11, "\"dire\" is no urgency"),
            (format!("{HEAD}> {{mood: bad}} hello"), 11, "unknown value \"mood\""),
            (format!("{HEAD}> {{asked: what}} hello"), 11, "asked"),
            (format!("{HEAD}> {{caller: patient hello"), 11, "not closed"),
            (format!("{HEAD}> {{caller: patient}}"), 11, "nothing is said"),
            (format!("{HEAD}hello"), 11, "begins with"),
            (HEAD.replace("id:", "name:"), 4, "unknown setting \"name\""),
            (HEAD.replace("- id: heart-snow\n", "") + "> hello", 10, "no `- id:`"),
        ] {
            let (at, wrong) = parse(&text).expect_err(&text);
            assert_eq!(at, line, "{text}");
            assert!(wrong.contains(said), "{wrong}");
        }
    }
}
