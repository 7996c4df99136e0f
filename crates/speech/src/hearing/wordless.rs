use super::SamplePosition;
use super::part::Part;

/// So much voice without a word is somebody whom we do not understand, no longer a cough.
const UNINTELLIGIBLE_S: f32 = 5.0;

/// How much voice without words there has been since the last words.
#[derive(Debug, Default)]
pub(super) struct Wordless {
    /// Where it began, and how much of it lies in parts that have ended.
    ended: Option<(SamplePosition, f32)>,
    /// Voice up to here has been reported.
    reported_to: SamplePosition,
}

impl Wordless {
    pub(super) fn heard_words(&mut self) {
        self.ended = None;
    }

    /// The part so far, `part`, holds no words. Returns from where on nothing was understood, if that is enough voice to
    /// be said.
    pub(super) fn heard_none_yet(&mut self, part: &Part) -> Option<SamplePosition> {
        let (from, voiced_s) = self.with(part);
        if voiced_s < UNINTELLIGIBLE_S {
            return None;
        }
        self.ended = None;
        self.reported_to = part.to();
        Some(from)
    }

    /// The same of a part that has ended.
    pub(super) fn heard_none(&mut self, part: &Part) -> Option<SamplePosition> {
        let from = self.heard_none_yet(part);
        if from.is_none() {
            self.ended = Some(self.with(part));
        }
        from
    }

    /// Where the voice in `part` begins that has not been reported.
    pub(super) fn unreported_from(&self, part: &Part) -> SamplePosition {
        part.from.max(self.reported_to).min(part.to())
    }

    fn with(&self, part: &Part) -> (SamplePosition, f32) {
        let (from, before_s) = self.ended.unwrap_or((self.unreported_from(part), 0.0));
        (from, before_s + part.voicing_since(self.reported_to).voiced_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hearing::WINDOW;

    fn part(from_window: u64, windows: usize) -> Part {
        Part::new(SamplePosition(from_window * WINDOW as u64), &vec![0.9; windows], SamplePosition::default())
    }

    #[test]
    fn coughs_add_up_and_words_start_afresh() {
        let mut wordless = Wordless::default();
        assert_eq!(wordless.heard_none(&part(10, 70)), None);
        assert_eq!(wordless.heard_none(&part(100, 70)), None);
        assert_eq!(wordless.heard_none(&part(200, 70)), Some(SamplePosition(10 * 512)));
        assert_eq!(wordless.heard_none(&part(300, 100)), None);
        wordless.heard_words();
        assert_eq!(wordless.heard_none(&part(400, 100)), None);
    }

    #[test]
    fn a_part_that_goes_on_is_not_counted_twice() {
        let mut wordless = Wordless::default();
        let mut growing = part(0, 160);
        assert_eq!(wordless.heard_none_yet(&growing), Some(SamplePosition(0)));
        assert_eq!(wordless.heard_none_yet(&growing), None);
        (0..100).for_each(|_| growing.add_voiced(0.9));
        assert_eq!(wordless.heard_none_yet(&growing), None);
        (0..60).for_each(|_| growing.add_voiced(0.9));
        assert_eq!(wordless.heard_none(&growing), Some(SamplePosition(160 * 512)));
    }
}
