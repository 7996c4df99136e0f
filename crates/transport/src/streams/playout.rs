//! What the provider has been sent and the caller has not heard yet. Pure: told the time.

use std::collections::VecDeque;
use std::time::Duration;

use audio::FRAME_MS;
use domain::{CallTime, LineId};

use crate::LegNews;
use crate::playback::BrokeOff;

/// How far ahead of the time of its playing sound is sent. It bridges the network's unevenness, and has to be less than what a
/// line repeats when it goes on after a pause (200 ms), because a pause clears it.
const LEAD: Duration = Duration::from_millis(100);
const TICK: Duration = Duration::from_millis(FRAME_MS as u64);
/// The mark behind a line's first sound may come back so long after that should have been played; then it counts as begun.
const BEGUN_PATIENCE: Duration = Duration::from_millis(300);
/// The mark behind a line's end may come back so long after that: twice what a bad mobile network and the provider's own buffers
/// have been said to take. Then the line counts as finished, so that no call hangs.
const ENDED_PATIENCE: Duration = Duration::from_secs(2);
/// The same where the last mark did not come back: a provider without marks costs the long wait once.
const UNMARKED_PATIENCE: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct Playout {
    /// When all that was sent has been played, if nothing holds it up.
    plays_until: Duration,
    /// What is told when its mark comes back; in order. Two a line; lines wait for each other, so it stays short.
    held: VecDeque<Held>,
    marks: u64,
    /// A line has been begun and its end not sent.
    mid_line: bool,
    ended_patience: Duration,
}

#[derive(Debug)]
struct Held {
    mark: u64,
    news: Milestone,
    overdue_at: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Milestone {
    Started(LineId),
    Finished(LineId),
}

impl Playout {
    pub(super) fn new() -> Self {
        Self {
            plays_until: Duration::ZERO,
            held: VecDeque::new(),
            marks: 0,
            mid_line: false,
            ended_patience: ENDED_PATIENCE,
        }
    }

    /// Whether more may be sent before the next tick.
    pub(super) fn has_room(&self, now: Duration) -> bool {
        self.plays_until < now + LEAD
    }

    /// 20 ms were sent.
    pub(super) fn sent(&mut self, now: Duration) {
        self.plays_until = self.plays_until.max(now) + TICK;
    }

    /// Keeps news of a line until the mark that it gives comes back; it is to be sent now. `None` for other news.
    pub(super) fn hold(&mut self, news: LegNews, now: Duration) -> Option<u64> {
        let (news, patience) = match news {
            LegNews::Started { line, .. } => (Milestone::Started(line), BEGUN_PATIENCE),
            LegNews::Finished { line, .. } => (Milestone::Finished(line), self.ended_patience),
            LegNews::Dtmf(_) | LegNews::HearingOverrun | LegNews::HungUp | LegNews::Lost => return None,
        };
        self.mid_line = matches!(news, Milestone::Started(_));
        self.marks += 1;
        let overdue_at = self.plays_until.max(now) + patience;
        self.held.push_back(Held { mark: self.marks, news, overdue_at });
        Some(self.marks)
    }

    /// A mark came back: what it says has happened, and all before it. A mark of what was stopped says nothing any more.
    pub(super) fn returned(&mut self, mark: u64, now: Duration) -> Vec<LegNews> {
        let Some(index) = self.held.iter().position(|held| held.mark == mark) else { return Vec::new() };
        self.ended_patience = ENDED_PATIENCE;
        self.held.drain(..=index).map(|held| held.news.told(now)).collect()
    }

    /// What has happened although no mark says so.
    pub(super) fn overdue(&mut self, now: Duration) -> Vec<LegNews> {
        let mut news = Vec::new();
        while let Some(held) = self.held.pop_front_if(|held| held.overdue_at <= now) {
            if matches!(held.news, Milestone::Finished(_)) {
                tracing::warn!("a mark did not come back; the line counts as heard");
                self.ended_patience = UNMARKED_PATIENCE;
            }
            news.push(held.news.told(now));
        }
        news
    }

    /// What was being sent does not go on. Whether the provider has to be told to clear what it has.
    pub(super) fn broke_off(&mut self, why: BrokeOff, now: Duration) -> bool {
        let clears = match why {
            BrokeOff::Stopped => {
                let has_any = self.mid_line || !self.held.is_empty() || self.plays_until > now;
                self.held.clear();
                self.mid_line = false;
                has_any
            }
            // What is cleared in the middle of a line is repeated when it goes on. The end of one would never be heard.
            BrokeOff::Paused => {
                let has_end = self.held.iter().any(|held| matches!(held.news, Milestone::Finished(_)));
                self.mid_line && !has_end
            }
        };
        if clears {
            self.plays_until = now;
        }
        clears
    }
}

impl Milestone {
    fn told(self, now: Duration) -> LegNews {
        let at = CallTime::from(now);
        match self {
            Self::Started(line) => LegNews::Started { line, at },
            Self::Finished(line) => LegNews::Finished { line, at },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn started(line: u32, at: u64) -> LegNews {
        LegNews::Started { line: LineId(line), at: CallTime::from(ms(at)) }
    }

    fn finished(line: u32, at: u64) -> LegNews {
        LegNews::Finished { line: LineId(line), at: CallTime::from(ms(at)) }
    }

    /// A line of so many frames, sent at once at 0; its two marks.
    fn line(playout: &mut Playout, frames: u32) -> (u64, u64) {
        playout.sent(ms(0));
        let first = playout.hold(started(1, 7), ms(0)).unwrap();
        (1..frames).for_each(|_| playout.sent(ms(0)));
        (first, playout.hold(finished(1, 7), ms(0)).unwrap())
    }

    #[test]
    fn a_line_is_finished_when_its_mark_comes_back() {
        let mut playout = Playout::new();
        let (first, last) = line(&mut playout, 10);
        assert_eq!(playout.returned(first, ms(90)), [started(1, 90)]);
        assert_eq!(playout.returned(last, ms(300)), [finished(1, 300)]);
        assert_eq!(playout.returned(last, ms(310)), []);
        assert_eq!(playout.overdue(ms(60_000)), []);
    }

    #[test]
    fn a_mark_stands_for_those_before_it() {
        let mut playout = Playout::new();
        let (_, last) = line(&mut playout, 10);
        assert_eq!(playout.returned(last, ms(300)), [started(1, 300), finished(1, 300)]);
    }

    #[test]
    fn without_marks_a_line_is_finished_after_a_wait_and_the_next_after_a_shorter_one() {
        let mut playout = Playout::new();
        line(&mut playout, 10);
        assert_eq!(playout.overdue(ms(319)), []);
        assert_eq!(playout.overdue(ms(320)), [started(1, 320)]);
        assert_eq!(playout.overdue(ms(2199)), []);
        assert_eq!(playout.overdue(ms(2200)), [finished(1, 2200)]);
        let mark = playout.hold(finished(2, 0), ms(3000)).unwrap();
        assert_eq!(playout.overdue(ms(3249)), []);
        assert_eq!(playout.overdue(ms(3250)), [finished(2, 3250)]);
        // Late, but marks do come back.
        assert_eq!(playout.returned(mark, ms(3300)), []);
        let mark = playout.hold(finished(3, 0), ms(4000)).unwrap();
        assert_eq!(playout.returned(mark, ms(4100)), [finished(3, 4100)]);
        playout.hold(finished(4, 0), ms(5000));
        assert_eq!(playout.overdue(ms(6999)), []);
    }

    #[test]
    fn no_more_is_sent_than_the_lead() {
        let mut playout = Playout::new();
        let mut frames = 0;
        while playout.has_room(ms(1000)) {
            playout.sent(ms(1000));
            frames += 1;
        }
        assert_eq!(frames, 5);
        assert!(!playout.has_room(ms(1000)));
        assert!(playout.has_room(ms(1020)));
    }

    #[test]
    fn what_is_stopped_is_cleared_and_never_finishes() {
        let mut playout = Playout::new();
        assert!(!playout.broke_off(BrokeOff::Stopped, ms(0)), "nothing is there to clear");
        let (first, last) = line(&mut playout, 10);
        assert!(playout.broke_off(BrokeOff::Stopped, ms(40)));
        // Twilio sends back what it has cleared.
        assert_eq!((playout.returned(first, ms(60)), playout.returned(last, ms(60))), (vec![], vec![]));
        assert_eq!(playout.overdue(ms(60_000)), []);
        assert!(!playout.broke_off(BrokeOff::Stopped, ms(60_000)));
    }

    #[test]
    fn a_pause_clears_the_middle_of_a_line_and_lets_its_end_be_heard() {
        let mut playout = Playout::new();
        playout.sent(ms(0));
        playout.hold(started(1, 0), ms(0));
        assert!(playout.broke_off(BrokeOff::Paused, ms(40)));
        assert!(playout.has_room(ms(40)));
        let last = playout.hold(finished(1, 0), ms(80)).unwrap();
        assert!(!playout.broke_off(BrokeOff::Paused, ms(90)));
        assert_eq!(playout.returned(last, ms(100)).last(), Some(&finished(1, 100)));
    }
}
