//! Two calls put together: what comes in at one leg goes out at the other, whatever their codecs.

use audio::Pcm;
use tokio::sync::mpsc;

use crate::LEG_HZ;

/// Frames on their way from one leg to the other: 200 ms. Full only while the other leg's task stands still: what comes then is lost, as it
/// would be too late.
const FRAMES_MAX: usize = 10;
/// Two tasks with a clock of 20 ms each: sound begins when so much is there, and of more than twice that the oldest is dropped.
const FRAMES_AHEAD: usize = 2;

/// One leg's side of a bridge. Given to a leg by [`Speaker::bridge`](crate::Speaker::bridge), it takes the place of the ears: the call's shell
/// hears nothing of what two people say to each other.
#[derive(Debug)]
pub struct Bridge {
    to: mpsc::Sender<Pcm<LEG_HZ>>,
    from: mpsc::Receiver<Pcm<LEG_HZ>>,
    flows: bool,
}

impl Bridge {
    /// Both sides.
    pub fn pair() -> (Self, Self) {
        let (to_second, from_first) = mpsc::channel(FRAMES_MAX);
        let (to_first, from_second) = mpsc::channel(FRAMES_MAX);
        let first = Self { to: to_second, from: from_second, flows: false };
        (first, Self { to: to_first, from: from_first, flows: false })
    }

    /// Whether the other leg is still there.
    pub(crate) fn stands(&self) -> bool {
        !self.to.is_closed()
    }

    /// 20 ms for the other leg.
    pub(crate) fn give(&self, frame: Pcm<LEG_HZ>) {
        self.to.try_send(frame).ok();
    }

    /// 20 ms from the other leg, if there are any.
    pub(crate) fn take(&mut self) -> Option<Pcm<LEG_HZ>> {
        if self.from.len() > 2 * FRAMES_AHEAD {
            while self.from.len() > FRAMES_AHEAD {
                self.from.try_recv().ok();
            }
        }
        self.flows = if self.flows { !self.from.is_empty() } else { self.from.len() >= FRAMES_AHEAD };
        if self.flows { self.from.try_recv().ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    fn frame(level: f32) -> Pcm<LEG_HZ> {
        Pcm::new(vec![level; Pcm::<LEG_HZ>::frame_len()])
    }

    fn level(frame: Option<Pcm<LEG_HZ>>) -> Option<f32> {
        frame.map(|frame| frame.samples()[0])
    }

    #[test]
    fn sound_goes_both_ways_in_order_and_begins_when_a_little_is_there() {
        let (mut first, mut second) = Bridge::pair();
        first.give(frame(0.1));
        assert_eq!(level(second.take()), None, "one frame would run dry at once");
        first.give(frame(0.2));
        second.give(frame(0.5));
        second.give(frame(0.6));
        assert_eq!([level(second.take()), level(second.take()), level(second.take())], [Some(0.1), Some(0.2), None]);
        assert_eq!([level(first.take()), level(first.take())], [Some(0.5), Some(0.6)]);
    }

    #[test]
    fn what_has_waited_too_long_is_dropped_so_that_no_delay_stays() {
        let (first, mut second) = Bridge::pair();
        for count in 0..30 {
            first.give(frame(count as f32 / 100.0));
        }
        assert_eq!(level(second.take()), Some(0.08), "ten were held, two are left");
        assert_eq!(level(second.take()), Some(0.09));
        drop(second);
        first.give(frame(0.0)); // the other leg is gone: nothing happens
    }
}
