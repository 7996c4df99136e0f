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
    /// Up to here a partial of the present part had words: one that has none for once tells nothing of the voice before.
    partly_heard_to: SamplePosition,
}

impl Wordless {
    pub(super) fn heard_words(&mut self) {
        self.ended = None;
    }

    /// A partial up to `to` has words.
    pub(super) fn heard_partly(&mut self, to: SamplePosition) {
        self.partly_heard_to = to;
    }

    /// The part so far, `part`, holds no words. Returns from where on nothing was understood, if that is enough voice to
    /// be said.
    pub(super) fn heard_none_yet(&mut self, part: &Part) -> Option<SamplePosition> {
        let heard_to = self.partly_heard_to.max(self.reported_to);
        self.enough(part, self.with(part, heard_to))
    }

    /// The same of a part that has ended.
    pub(super) fn heard_none(&mut self, part: &Part) -> Option<SamplePosition> {
        let voice = self.with(part, self.reported_to);
        let from = self.enough(part, voice);
        if from.is_none() {
            self.ended = Some(voice);
        }
        from
    }

    /// Where the voice in `part` begins that has not been reported.
    pub(super) fn unreported_from(&self, part: &Part) -> SamplePosition {
        begin(part, self.reported_to)
    }

    /// Where the voice without words begins, and how much of it there is, of `part` what lies behind `since`.
    fn with(&self, part: &Part, since: SamplePosition) -> (SamplePosition, f32) {
        let (from, before_s) = self.ended.unwrap_or((begin(part, since), 0.0));
        (from, before_s + part.voicing_since(since).voiced_s)
    }

    fn enough(&mut self, part: &Part, (from, voiced_s): (SamplePosition, f32)) -> Option<SamplePosition> {
        if voiced_s < UNINTELLIGIBLE_S {
            return None;
        }
        self.ended = None;
        self.reported_to = part.to();
        Some(from)
    }
}

/// Where what lies behind `since` begins in `part`.
fn begin(part: &Part, since: SamplePosition) -> SamplePosition {
    part.from.max(since).min(part.to())
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
    fn one_partial_without_words_takes_nothing_back() {
        let mut wordless = Wordless::default();
        let mut growing = part(0, 200);
        wordless.heard_partly(growing.to());
        assert_eq!(wordless.heard_none_yet(&growing), None);
        (0..160).for_each(|_| growing.add_voiced(0.9));
        assert_eq!(wordless.heard_none_yet(&growing), Some(SamplePosition(200 * 512)), "5 s later");
        let mut made_up = Wordless::default();
        made_up.heard_partly(SamplePosition(200 * 512));
        assert_eq!(made_up.heard_none(&part(0, 200)), Some(SamplePosition(0)), "the final decides");
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
