//! How a fair caller answers what the scenario did not foresee: who is asked again says the same again, who is asked for
//! what was said long ago says that again, who hears something wrong says so, and a name is spelled if that is wished. The words of FirstRing's questions are
//! from `prompts/lines.toml`.

/// What a caller says to something that was read back wrong.
pub const NOT_RIGHT: &str = "No, that's not right.";
/// What a caller whom the practice knows says when it asks.
pub const BEEN_HERE: &str = "Yes, I have been here before.";

/// Where something is read back.
const READ_BACK: [&str; 2] = ["right?", "shall i book it?"];
/// By these words callers know that they were not understood.
const NOT_UNDERSTOOD: [&str; 4] = ["say that again", "didn't get that", "are you still there", "please say yes or no"];

/// What a question is about, so that its second wording is known for the same question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// What the call is for, which the first line told.
    Errand,
    When,
    /// Name and date of birth.
    Who,
    BeenHere,
    Number,
    Choice,
}

const TOPICS: [(Topic, &[&str]); 6] = [
    (Topic::BeenHere, &["been here before", "been to our office before"]),
    (Topic::Who, &["full name", "last name", "your name", "the name", "date of birth"]),
    (Topic::Number, &["number"]),
    (Topic::Choice, &["which would you like", "which one"]),
    (Topic::When, &["what day and time", "when would"]),
    (Topic::Errand, &["how can i help", "can i do for you", "calling about", "visit for", "be seen for", "medicine"]),
];

/// What a caller says next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The line once more.
    Again,
    /// [`NOT_RIGHT`].
    NotRight,
    /// [`BEEN_HERE`].
    BeenHere,
    /// The line that answered this before.
    AsBefore(Topic),
    /// The name, [`spelled`].
    Spelled,
}

/// What a fair caller says to `now`, to which the scenario has no answer. `before`: what the line just said was the answer
/// to. `foreseen`: the scenario told what FirstRing should have said instead.
pub(crate) fn answer(before: &str, now: &str, foreseen: bool) -> Option<Answer> {
    let lower = now.to_lowercase();
    if lower.is_empty() || NOT_UNDERSTOOD.iter().any(|words| lower.contains(words)) {
        return Some(Answer::Again);
    }
    match topic(now) {
        Some(Topic::BeenHere) => Some(Answer::BeenHere),
        Some(Topic::Who) if lower.contains("spell") => Some(Answer::Spelled),
        _ if !foreseen => None,
        _ if READ_BACK.iter().any(|question| lower.ends_with(question)) => Some(Answer::NotRight),
        Some(asked) if Some(asked) == topic(before) => Some(Answer::Again),
        Some(Topic::Choice) | None => None,
        Some(asked) => Some(Answer::AsBefore(asked)),
    }
}

/// A line that begins with a name, with the name spelled: "Mei Chen. M, E, I. C, H, E, N. October 7th 1943". `None`: it does
/// not begin with one.
pub fn spelled(line: &str) -> Option<String> {
    let (name, rest) = line.split_once(',').unwrap_or((line, ""));
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_name = |word: &&str| word.starts_with(char::is_uppercase) && word.chars().all(char::is_alphabetic);
    if words.len() < 2 || !words.iter().all(is_name) {
        return None;
    }
    let letters = |word: &&str| word.to_uppercase().chars().map(String::from).collect::<Vec<_>>().join(", ");
    let letters = words.iter().map(letters).collect::<Vec<_>>().join(". ");
    Some(format!("{name}. {letters}. {}", rest.trim()).trim_end().to_owned())
}

/// What the question that `said` ends with is about.
pub(crate) fn topic(said: &str) -> Option<Topic> {
    let question = said.split_inclusive(['.', '!', '?']).map(str::trim).rfind(|sentence| !sentence.is_empty())?;
    let question = question.strip_suffix('?')?.to_lowercase();
    let asked = TOPICS.iter().find(|(_, words)| words.iter().any(|words| question.contains(words)));
    asked.map(|(topic, _)| *topic)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "May I have your full name and date of birth?";

    #[test]
    fn a_fair_caller_answers_what_was_not_foreseen() {
        let table = [
            ("", "", true, Some(Answer::Again)),
            ("", "Sorry, could you say that again, please?", false, Some(Answer::Again)),
            ("", "Are you still there?", false, Some(Answer::Again)),
            (NAME, "I'm sorry. What is your full name and date of birth?", true, Some(Answer::Again)),
            (NAME, "There is free parking. And your date of birth?", false, None),
            (NAME, "I don't find that name yet. Have you been here before?", true, Some(Answer::BeenHere)),
            (NAME, "I have Maria Perez. Is that right?", true, Some(Answer::NotRight)),
            (NAME, "What is the visit for?", true, Some(Answer::AsBefore(Topic::Errand))),
            ("Is that right?", "And your first and last name?", true, Some(Answer::AsBefore(Topic::Who))),
            (NAME, "I have Monday at 9 and Monday at 10. Which would you like?", true, None),
            ("Which would you like?", "Which one: Monday at 9, or Monday at 10?", true, Some(Answer::Again)),
            ("Is that right?", "Could you say your name again, and spell it for me?", true, Some(Answer::Spelled)),
            ("", "You're all set.", true, None),
        ];
        for (before, now, foreseen, expected) in table {
            assert_eq!(answer(before, now, foreseen), expected, "{now:?} after {before:?}");
        }
    }

    #[test]
    fn a_name_is_spelled() {
        let table = [
            ("Mei Chen, October 7th 1943", Some("Mei Chen. M, E, I. C, H, E, N. October 7th 1943")),
            ("Al Bo", Some("Al Bo. A, L. B, O.")),
            ("Yes", None),
            ("I need a refill", None),
        ];
        for (line, expected) in table {
            assert_eq!(spelled(line).as_deref(), expected, "{line}");
        }
    }
}
