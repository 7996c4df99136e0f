use std::collections::VecDeque;

use domain::Utterance;

use super::evidence::plain;
use super::part::Voicing;
use super::{JobId, Recognized, evidence};

/// Utterances that wait for their second decode. When full, the oldest stays as it was first understood.
const WAITING_MAX: usize = 4;

/// A second decode this unsure corrects nothing.
const CONFIDENT: f32 = 0.5;

/// Utterances whose second decode is under way.
#[derive(Debug, Default)]
pub(super) struct Corrections(VecDeque<(JobId, Utterance, Voicing)>);

impl Corrections {
    /// Waits for `job`'s result; returns a job that is given up for it.
    pub(super) fn wait_for(&mut self, job: JobId, utterance: Utterance, voicing: Voicing) -> Option<JobId> {
        let given_up = if self.0.len() == WAITING_MAX { self.0.pop_front() } else { None };
        self.0.push_back((job, utterance, voicing));
        given_up.map(|(job, ..)| job)
    }

    /// Stops waiting for `job`; tells whether it was waited for.
    pub(super) fn forget(&mut self, job: JobId) -> bool {
        self.take(job).is_some()
    }

    /// What an utterance should have been. `None`: the job is not one of these; `Some(None)`: it stays as it was.
    #[allow(clippy::option_option)] // two questions, one answer each
    pub(super) fn corrected(&mut self, job: JobId, second: &Recognized) -> Option<Option<Utterance>> {
        let (_, first, voicing) = self.take(job)?;
        let text = match evidence::words(second, voicing) {
            Ok(text) if !second.looped && second.confidence >= CONFIDENT => text,
            Ok(_) | Err(_) => return Some(None),
        };
        let (before, after) = (plain(first.text.expose()), plain(&text));
        let same = before == after || !same_length(&before, &after);
        Some((!same).then(|| Utterance { text: text.into(), confidence: second.confidence, ..first }))
    }

    fn take(&mut self, job: JobId) -> Option<(JobId, Utterance, Voicing)> {
        let at = self.0.iter().position(|(waiting, ..)| *waiting == job)?;
        self.0.remove(at)
    }
}

/// Two decodes of one sound differ in words, not in length: otherwise one of them lost the thread. Letters are counted
/// because "two one two" and "212" may stand for each other.
fn same_length(a: &str, b: &str) -> bool {
    let (shorter, longer) = (a.len().min(b.len()), a.len().max(b.len()));
    let digits = super::digits::digits_in(a).abs_diff(super::digits::digits_in(b)) <= 1;
    longer <= 2 * shorter + 4 || digits && super::digits::digits_in(a) > 0
}

#[cfg(test)]
mod tests {
    use domain::CallTime;

    use super::*;

    #[test]
    fn a_second_decode_corrects_words_and_nothing_else() {
        let cases = [
            // first, second, its confidence -> corrected
            ("metoprolol", "my top roll all and then some more words", 0.9, None),
            ("I take my top roll all", "I take metoprolol", 0.9, Some("I take metoprolol")),
            ("I take metoprolol", "i take Metoprolol.", 0.9, None),
            ("I take metoprolol", "I take Monopoly", 0.3, None),
            ("two one two five five five", "212-555", 0.9, Some("212-555")),
            ("my chest hurts since this morning", "Thank you.", 0.9, None),
            ("my chest hurts", "[BLANK_AUDIO]", 0.9, None),
        ];
        for (first, second, confidence, expected) in cases {
            let mut corrections = Corrections::default();
            let utterance =
                Utterance { text: first.into(), from: CallTime::ZERO, to: CallTime::from_ms(900), confidence: 0.7 };
            let voicing = Voicing { voiced_s: 0.9, certainty: 0.9 };
            assert_eq!(corrections.wait_for(JobId(1), utterance, voicing), None);
            let second = Recognized { text: second.into(), confidence, looped: false };
            assert_eq!(corrections.corrected(JobId(2), &second), None);
            let corrected = corrections.corrected(JobId(1), &second).expect("waited for");
            assert_eq!(corrected.as_ref().map(|u| u.text.expose().as_str()), expected, "{first}");
            assert!(!corrections.forget(JobId(1)));
        }
    }
}
