//! How long a silence ends a turn.

use super::activity::END_WINDOWS;
use super::digits::{digits_in, has_year};
use super::evidence::plain;
use super::position::samples;
use super::{JobId, WINDOW};

/// What the caller was asked for, which decides how patiently a pause is borne.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Expecting {
    /// Speech of any kind.
    #[default]
    Anything,
    /// A telephone number or another row of digits, read in groups.
    Digits,
    /// A name, letter by letter.
    Spelling,
    /// A date of birth, perhaps behind a name: "Maria Lopez .. March fourteenth .. fifty-eight".
    DateOfBirth,
}

/// What is known about a pause.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Judgement {
    /// The question that is under way.
    pub(super) job: Option<JobId>,
    /// The last answer.
    pub(super) verdict: Verdict,
    /// Questions so far.
    asked: u64,
}

impl Judgement {
    /// Whether a pause of so many samples is to be judged now; counts as asked if so.
    pub(super) fn is_due(&mut self, silence: u64) -> bool {
        let answered = match self.verdict {
            Verdict::Open => self.asked > 0,
            Verdict::Incomplete => false,
            Verdict::Complete | Verdict::Unknown => true,
        };
        let due = !answered && self.job.is_none() && silence >= FINISHED + self.asked * JUDGED_AGAIN;
        self.asked += u64::from(due);
        due
    }
}

/// Whether the caller has finished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nobody knows yet.
    #[default]
    Open,
    /// The caller has finished.
    Complete,
    /// The caller paused in mid-thought.
    Incomplete,
    /// It failed.
    Unknown,
}

/// A finished turn is answered after this silence; the shortest that tells a pause from a stop consonant.
pub(super) const FINISHED: u64 = (END_WINDOWS * WINDOW) as u64;

/// A pause that seemed to be in mid-thought is judged again each time that it has lasted so much longer. Of 15 finished
/// turns that smart-turn first took for unfinished it accepted 7 at the second look (speech_an4, _numbers, _picovoice).
const JUDGED_AGAIN: u64 = samples(800);

/// Without a verdict, the usual silence of systems that have none.
const UNJUDGED: u64 = samples(800);

/// Between two groups of digits or letters people pause up to a second, with the melody of a finished turn.
const BETWEEN_GROUPS: u64 = samples(1_200);

/// Who paused in mid-thought goes on within 3 s or waits for us; the common value with smart-turn.
const MID_THOUGHT: u64 = samples(3_000);

/// With so many digits a telephone number is complete, and nothing more is to come.
const TELEPHONE_DIGITS: usize = 10;

/// A whole number needs no verdict on its melody: who adds to it is heard while it is read back.
const WHOLE_NUMBER: u64 = samples(480);

/// "3 14 58": month, day and year in figures have no fewer digits.
const DATE_DIGITS: usize = 5;

fn is_whole_date(text: &str) -> bool {
    has_year(text) || digits_in(text) >= DATE_DIGITS
}

/// Who has taken leave has finished, whatever the melody: smart-turn took "Thank you, goodbye." for unfinished.
const LEAVE: &[&str] = &["bye", "goodbye", "thanks", "thank you", "that's all", "that is all", "that's it"];

fn takes_leave(text: &str) -> bool {
    let text = text.to_lowercase();
    let text = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    LEAVE.iter().any(|words| {
        text.strip_suffix(words).is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '\''))
    })
}

/// "Hi .. I'd like to": who only greets has not said what they call for.
const GREETINGS: &[&str] = &["hi", "hello", "hey", "good", "morning", "afternoon", "evening", "there", "yes", "yeah"];

fn only_greets(text: &str) -> bool {
    let plain = plain(text);
    let mut words = plain.split(' ');
    words.all(|word| GREETINGS.contains(&word)) && !plain.split(' ').all(|word| matches!(word, "yes" | "yeah" | "good"))
}

/// The silence after `text` that ends the turn; `None` while that is not known.
pub(super) fn silence_needed(expecting: Expecting, verdict: Verdict, text: &str) -> Option<u64> {
    match (expecting, verdict) {
        (_, Verdict::Open) => None,
        (Expecting::Anything, Verdict::Complete) if only_greets(text) => Some(UNJUDGED),
        (Expecting::Anything, Verdict::Complete) => Some(FINISHED),
        (Expecting::Anything, Verdict::Unknown) => Some(UNJUDGED),
        (Expecting::Digits, Verdict::Complete) if digits_in(text) >= TELEPHONE_DIGITS => Some(FINISHED),
        (Expecting::Digits, _) if digits_in(text) >= TELEPHONE_DIGITS => Some(WHOLE_NUMBER),
        (Expecting::DateOfBirth, Verdict::Complete) if is_whole_date(text) => Some(FINISHED),
        (Expecting::DateOfBirth, _) if is_whole_date(text) => Some(UNJUDGED),
        (Expecting::Digits | Expecting::Spelling | Expecting::DateOfBirth, Verdict::Complete | Verdict::Unknown) => {
            Some(BETWEEN_GROUPS)
        }
        (Expecting::Anything, Verdict::Incomplete) if takes_leave(text) => Some(UNJUDGED),
        (
            Expecting::Anything | Expecting::Digits | Expecting::Spelling | Expecting::DateOfBirth,
            Verdict::Incomplete,
        ) => Some(MID_THOUGHT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_without_its_year_is_waited_for() {
        let needed = |text| silence_needed(Expecting::DateOfBirth, Verdict::Complete, text);
        for text in ["Maria Lopez.", "Carlos Ramirez February 19.", "March fourteenth", ""] {
            assert_eq!(needed(text), Some(BETWEEN_GROUPS), "{text}");
        }
        for text in ["Carlos Ramirez February 19. 1959.", "Maria Lopez, 3 14 58", "July second 1984", "3/4/1962."] {
            assert_eq!(needed(text), Some(FINISHED), "{text}");
        }
    }

    #[test]
    fn who_only_greets_is_waited_for() {
        let needed = |text| silence_needed(Expecting::Anything, Verdict::Complete, text);
        for text in ["Hi.", "Hello?", "Yeah, hi.", "Good morning!", "Hi there."] {
            assert_eq!(needed(text), Some(UNJUDGED), "{text}");
        }
        for text in ["Yes.", "Yeah.", "Good.", "Hi, I need a refill.", "At 9 in the morning.", ""] {
            assert_eq!(needed(text), Some(FINISHED), "{text}");
        }
    }

    #[test]
    fn who_takes_leave_is_not_waited_for() {
        for text in ["No, that's all. Thank you, goodbye.", "Bye!", "okay thanks", "That's it."] {
            assert_eq!(silence_needed(Expecting::Anything, Verdict::Incomplete, text), Some(UNJUDGED), "{text}");
        }
        for text in ["Thanks, and I wanted to", "my doctor was Kirby", "I was standing by", ""] {
            assert_eq!(silence_needed(Expecting::Anything, Verdict::Incomplete, text), Some(MID_THOUGHT), "{text}");
        }
    }
}
