//! A call that was answered becomes a case of a suite.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::Arc;

use ::call::{ReadTurn, turns};
use anyhow::Context;
use domain::{Asked, Phi, Reading, Slot, Slots};
use nlu::Said;

use super::super::print;
use super::super::replay::journal;
use crate::cli;
use crate::config::{PracticeConfig, Server};

/// Who checks the case deletes this.
const TO_BE_CHECKED: &str = "labelled as it was read; to be checked by a person";

pub(super) fn run(args: &cli::EvalAdd) -> anyhow::Result<()> {
    let server = Server::load(args.files.config.as_deref(), args.files.overrides())?;
    let practice = Arc::new(PracticeConfig::load(&server.practice)?.practice);
    let turns = turns(&journal(&args.journal, "made a case of a suite", &args.files)?, &practice)
        .with_context(|| args.journal.clone())?;
    let first = turns.first().context("nothing was said in this call")?;
    let mask = if args.mask { Mask::of(&turns) } else { Mask::default() };
    let case = written(first, &turns, &mask);
    let mut file = OpenOptions::new().create(true).append(true).open(&args.suite)?;
    let heading = if file.metadata()?.len() == 0 { "# Calls\n" } else { "" };
    write!(file, "{heading}\n{case}").with_context(|| args.suite.display().to_string())?;
    print(&format!("{} turns were added to {}; check their labels", turns.len(), args.suite.display()))
}

/// The call as Markdown, as `LABELLING.md` describes it.
fn written(first: &ReadTurn, turns: &[ReadTurn], mask: &Mask) -> String {
    let urgency = turns.iter().map(|turn| turn.reading.urgency).max().unwrap_or(first.reading.urgency);
    let began = &first.context.now;
    let mut lines = vec![format!(
        "## Call of {}\n- id: call-{}\n- now: {began}\n- urgency: {urgency}\n- topic: call\n- caller: {}\n- intents: {}\n- call: yes\n- why: {TO_BE_CHECKED}\n",
        began.date(),
        began.strftime("%Y%m%d-%H%M%S"),
        first.reading.caller,
        intents(&first.reading)
    )];
    for turn in turns {
        if let Some(Said::FirstRing(line)) = turn.context.so_far.last() {
            lines.push(format!("< {{asked: {}}} {}", asked(turn.context.asked), mask.cover(line)));
        }
        let reading = &turn.reading;
        let labels = format!("urgency: {}; caller: {}; intents: {}", reading.urgency, reading.caller, intents(reading));
        lines.push(format!("> {{{labels}{}}} {}", values(&reading.slots, mask), mask.cover(&turn.text)));
    }
    lines.join("\n") + "\n"
}

fn intents(reading: &Reading) -> String {
    reading.intents.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The values that were understood; of a masked call only those that tell nothing of who the caller is.
fn values(slots: &Slots, mask: &Mask) -> String {
    let text = |slot: &Option<Slot<String>>| slot.as_ref().map(|slot| slot.value.clone());
    let birth = slots.date_of_birth.as_ref().map(|slot| Phi::from(slot.value.expose().to_string()));
    let phone = slots.callback.as_ref().map(|slot| Phi::from(slot.value.expose().as_str().trim_start_matches("+1")));
    let of_person =
        [("name", text(&slots.name)), ("birth", birth), ("phone", phone), ("pharmacy", text(&slots.pharmacy))];
    let of_wish = [("drug", text(&slots.drug)), ("dose", text(&slots.dose)), ("provider", text(&slots.provider))];
    let told = of_person.into_iter().filter(|_| !mask.on).chain(of_wish);
    // A value of a suite holds no braces and no semicolons.
    let plain = |value: &Phi<String>| value.expose().replace(['{', '}', ';', '\n'], " ");
    // What is put out of sight in the words cannot be read out of them.
    let whole = |value: &Phi<String>| !mask.on || mask.cover(value) == plain(value);
    let told = told.filter_map(|(key, value)| Some((key, value.filter(whole)?)));
    told.map(|(key, value)| ["; ", key, ": ", &plain(&value)].concat()).collect()
}

fn asked(asked: Asked) -> String {
    let word = serde_json::to_value(asked).ok().and_then(|value| value.as_str().map(str::to_owned));
    word.unwrap_or_default()
}

/// What tells who a caller is: what was understood as a name, a date of birth or a number, and every digit.
#[derive(Default)]
struct Mask {
    on: bool,
    words: Vec<(String, &'static str)>,
}

impl Mask {
    fn of(turns: &[ReadTurn]) -> Self {
        let mut words = Vec::new();
        let mut hide = |said: &str, with| words.extend((!said.is_empty()).then(|| (said.to_owned(), with)));
        for slots in turns.iter().map(|turn| &turn.reading.slots) {
            for slot in slots.name.iter().chain(&slots.pharmacy) {
                hide(slot.heard.expose(), "[name]");
                slot.value.expose().split_whitespace().for_each(|part| hide(part, "[name]"));
            }
            slots.date_of_birth.iter().for_each(|slot| hide(slot.heard.expose(), "[date]"));
            slots.callback.iter().for_each(|slot| hide(slot.heard.expose(), "[number]"));
        }
        words.sort_by_key(|(said, _)| std::cmp::Reverse(said.len()));
        Self { on: true, words }
    }

    fn cover(&self, text: &Phi<String>) -> String {
        // A line of a suite holds no braces and no line breaks of its own.
        let mut text = text.expose().replace(['{', '}', '\n'], " ");
        if !self.on {
            return text;
        }
        for (said, with) in &self.words {
            text = replace_ignoring_case(&text, said, with);
        }
        text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect()
    }
}

/// Whole words only: "Al" is no part of "also".
fn replace_ignoring_case(text: &str, said: &str, with: &str) -> String {
    let (lower, said) = (text.to_ascii_lowercase(), said.to_ascii_lowercase());
    let mut covered = String::new();
    let mut from = 0;
    let in_a_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    for (at, _) in lower.match_indices(&said) {
        if in_a_word(text[..at].chars().next_back()) || in_a_word(text[at + said.len()..].chars().next()) {
            continue;
        }
        covered.push_str(&text[from..at]);
        covered.push_str(with);
        from = at + said.len();
    }
    covered + &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_understood_is_covered_wherever_it_stands() {
        let words = vec![("Maria Lopez".to_owned(), "[name]"), ("Lopez".to_owned(), "[name]")];
        let mask = Mask { on: true, words };
        let cover = |text: &str| mask.cover(&Phi::from(text));
        assert_eq!(cover("It's maria lopez, born March 14"), "It's [name], born March ##");
        assert_eq!(cover("Ms. LOPEZ {caller: x}"), "Ms. [name]  caller: x ");
        assert_eq!(cover("the Lopezes, too"), "the Lopezes, too");
    }
}
