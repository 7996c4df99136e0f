//! When to register: pure, told the time.

use std::time::Duration;

use tokio::time::Instant;

use super::Registered;

/// After the first failure; doubled with each, until [`RETRY_MAX`].
const RETRY_FIRST: Duration = Duration::from_secs(2);
/// Also after the user or the password was refused: nobody corrects them sooner, and many trunks lock out who insists.
const RETRY_MAX: Duration = Duration::from_secs(300);
/// Who grants less is asked no more often.
const REFRESH_MIN: Duration = Duration::from_secs(5);
/// A registrar that wants longer registrations is not followed.
const EXPIRES_MAX: Duration = Duration::from_secs(24 * 3600);
/// Waits differ by so much of themselves to either side, so that not all come at once to a trunk that has been away.
const JITTER: f64 = 0.25;

/// What a trunk has said to a REGISTER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It knows where we are, for so long.
    Granted(Duration),
    /// It wants longer registrations (423).
    TooBrief(Duration),
    /// It does not take user or password.
    Refused,
    /// It did not answer, or with an error.
    Failed {
        /// When it wants to be asked again.
        after: Option<Duration>,
    },
}

/// What is worth a line in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Registered,
    Failing,
    Refused,
}

/// One trunk's registration.
#[derive(Debug)]
pub(super) struct Registration {
    asks_for: Duration,
    due: Instant,
    failures: u32,
    state: Registered,
    /// The trunk has granted a registration, and has not taken it back.
    is_held: bool,
    /// The last that was told.
    told: Option<News>,
}

impl Registration {
    /// Due at once.
    pub(super) fn new(asks_for: Duration, now: Instant) -> Self {
        Self { asks_for, due: now, failures: 0, state: Registered::No, is_held: false, told: None }
    }

    pub(super) fn due(&self) -> Instant {
        self.due
    }

    pub(super) fn asks_for(&self) -> Duration {
        self.asks_for
    }

    pub(super) fn state(&self) -> Registered {
        self.state
    }

    /// Whether the trunk may still send calls here.
    pub(super) fn is_held(&self) -> bool {
        self.is_held
    }

    /// The trunk was away and is back.
    pub(super) fn is_due(&mut self, now: Instant) {
        if self.state != Registered::Refused {
            (self.due, self.failures) = (now, 0);
        }
    }

    /// What the trunk has said; `luck` is evenly spread over 0 to 1. Tells what was not told before.
    pub(super) fn heard(&mut self, outcome: Outcome, now: Instant, luck: f64) -> Option<News> {
        let news = match outcome {
            Outcome::Granted(granted) => {
                (self.failures, self.state, self.is_held) = (0, Registered::Yes, true);
                // Half is left for what fails on the way to the next.
                self.due = now + (granted / 2).max(REFRESH_MIN);
                News::Registered
            }
            Outcome::TooBrief(wanted) if wanted > self.asks_for && wanted <= EXPIRES_MAX => {
                (self.asks_for, self.due) = (wanted, now);
                return None;
            }
            Outcome::Refused => {
                (self.state, self.is_held) = (Registered::Refused, false);
                self.due = now + spread(RETRY_MAX, luck);
                News::Refused
            }
            Outcome::TooBrief(_) => self.failed(None, now, luck),
            Outcome::Failed { after } => self.failed(after, now, luck),
        };
        let is_new = self.told != Some(news);
        self.told = Some(news);
        is_new.then_some(news)
    }

    fn failed(&mut self, after: Option<Duration>, now: Instant, luck: f64) -> News {
        let doubled = RETRY_FIRST.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        let wait = doubled.max(after.unwrap_or_default()).min(RETRY_MAX);
        self.failures = self.failures.saturating_add(1);
        self.due = now + spread(wait, luck);
        self.state = Registered::No;
        News::Failing
    }
}

fn spread(wait: Duration, luck: f64) -> Duration {
    wait.mul_f64(1.0 - JITTER + 2.0 * JITTER * luck.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const FAILED: Outcome = Outcome::Failed { after: None };
    /// Neither early nor late.
    const EVEN: f64 = 0.5;

    fn wait(registration: &Registration, now: Instant) -> u64 {
        registration.due().duration_since(now).as_secs()
    }

    #[test]
    fn what_was_granted_is_renewed_at_half_of_it_and_told_once() {
        let now = Instant::now();
        let mut registration = Registration::new(HOUR, now);
        assert_eq!(registration.due(), now);
        assert_eq!(registration.heard(Outcome::Granted(Duration::from_secs(60)), now, EVEN), Some(News::Registered));
        assert_eq!((wait(&registration, now), registration.state()), (30, Registered::Yes));
        assert_eq!(registration.heard(Outcome::Granted(Duration::from_secs(1)), now, EVEN), None);
        assert_eq!((wait(&registration, now), registration.is_held()), (5, true));
    }

    #[test]
    fn failures_are_tried_again_later_and_later_up_to_five_minutes() {
        let now = Instant::now();
        let mut registration = Registration::new(HOUR, now);
        let waits: Vec<u64> = (0..40)
            .map(|nth| {
                assert_eq!(registration.heard(FAILED, now, EVEN), (nth == 0).then_some(News::Failing));
                wait(&registration, now)
            })
            .collect();
        assert_eq!(waits[..9], [2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(waits[39], 300);
        registration.heard(FAILED, now, 0.0);
        assert_eq!(wait(&registration, now), 225);
        registration.heard(FAILED, now, 1.0);
        assert_eq!(wait(&registration, now), 375);
        // It is there again: at once, and then quickly.
        registration.is_due(now);
        assert_eq!(wait(&registration, now), 0);
        registration.heard(Outcome::Failed { after: Some(Duration::from_secs(20)) }, now, EVEN);
        assert_eq!(wait(&registration, now), 20);
    }

    #[test]
    fn who_is_refused_does_not_insist_and_hears_so_once() {
        let now = Instant::now();
        let mut registration = Registration::new(HOUR, now);
        assert_eq!(registration.heard(Outcome::Refused, now, EVEN), Some(News::Refused));
        assert_eq!(registration.heard(Outcome::Refused, now, EVEN), None);
        registration.is_due(now);
        assert_eq!((wait(&registration, now), registration.state()), (300, Registered::Refused));
        assert_eq!(registration.heard(Outcome::Granted(HOUR), now, EVEN), Some(News::Registered));
    }

    #[test]
    fn who_wants_longer_registrations_is_asked_for_them_at_once_but_for_no_absurd_ones() {
        let now = Instant::now();
        let mut registration = Registration::new(Duration::from_secs(60), now);
        assert_eq!(registration.heard(Outcome::TooBrief(HOUR), now, EVEN), None);
        assert_eq!((registration.asks_for(), registration.due()), (HOUR, now));
        // The same again is a failure: nobody is asked in a circle.
        assert_eq!(registration.heard(Outcome::TooBrief(HOUR), now, EVEN), Some(News::Failing));
        assert_eq!(registration.heard(Outcome::TooBrief(EXPIRES_MAX * 2), now, EVEN), None);
        assert_eq!((registration.asks_for(), wait(&registration, now)), (HOUR, 4));
    }
}
