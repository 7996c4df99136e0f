use std::collections::VecDeque;
use std::sync::Arc;

use super::SamplePosition;

/// The newest part of the caller's sound, addressed by position.
#[derive(Debug, Default)]
pub(super) struct Sound {
    first: SamplePosition,
    samples: Samples,
}

impl Sound {
    pub(super) fn end(&self) -> SamplePosition {
        self.first + self.samples.0.len() as u64
    }

    pub(super) fn push(&mut self, window: &[f32]) {
        self.samples.0.extend(window);
    }

    /// Drops what lies before `position`.
    pub(super) fn forget_before(&mut self, position: SamplePosition) {
        let gone = (position.since(self.first) as usize).min(self.samples.0.len());
        self.samples.0.drain(..gone);
        self.first = self.first + gone as u64;
    }

    /// A copy of what is left of the sound between two positions.
    pub(super) fn between(&self, from: SamplePosition, to: SamplePosition) -> Arc<[f32]> {
        let index = |position: SamplePosition| (position.since(self.first) as usize).min(self.samples.0.len());
        self.samples.0.range(index(from)..index(to)).copied().collect()
    }
}

/// Samples whose `Debug` tells their number: a patient's voice does not belong into a log.
#[derive(Default)]
struct Samples(VecDeque<f32>);

impl std::fmt::Debug for Samples {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} samples", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_addressed_by_position_even_after_forgetting() {
        let mut sound = Sound::default();
        sound.push(&[0.0, 1.0, 2.0, 3.0, 4.0]);
        sound.forget_before(SamplePosition(2));
        assert_eq!(*sound.between(SamplePosition(1), SamplePosition(4)), [2.0, 3.0]);
        assert_eq!(*sound.between(SamplePosition(4), SamplePosition(9)), [4.0]);
        assert_eq!(sound.end(), SamplePosition(5));
        sound.forget_before(SamplePosition(9));
        sound.push(&[5.0]);
        assert_eq!(*sound.between(SamplePosition(0), SamplePosition(9)), [5.0]);
    }
}
