//! What to do while nobody speaks. Only true silence counts: the time in which neither side says anything.

use std::time::Duration;

use domain::CallTime;

/// "Hold on": with the 8 s that everybody has, the caller is left alone for a minute.
const GRANTED: Duration = Duration::from_secs(52);

/// Who is being waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The caller.
    #[default]
    ForCaller,
    /// The office, while the caller waits for us.
    ForOffice,
    /// Somebody whose telephone rings, while the caller hears that.
    WhileRinging,
    /// The caller, in an emergency: never given up for silence.
    InEmergency,
}

/// What a silence asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nudge {
    /// "Are you still there?"
    StillThere,
    /// "One moment, please."
    OneMoment,
    /// "It is still ringing."
    StillRinging,
    /// "I am still here."
    CheckIn,
    /// In an emergency: the clinician should know that the caller fell silent.
    FellSilent,
    /// Silent for 30 s in all, and asked twice.
    GiveUp,
}

/// The clock of a silence.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    waiting: Waiting,
    /// Silence before `running_from`.
    before: Duration,
    /// Since when nobody speaks; `None` while somebody does.
    running_from: Option<CallTime>,
    /// How many nudges there were.
    step: u32,
    /// The caller asked for time: so much more than else.
    granted: Duration,
}

impl Silence {
    /// Nobody speaks now, and this is waited for. Another kind of wait is another silence.
    pub(crate) fn run(&mut self, waiting: Waiting, now: CallTime) {
        if self.waiting != waiting {
            *self = Self { waiting, ..Self::default() };
        }
        self.running_from.get_or_insert(now);
    }

    /// Somebody speaks, or may be about to.
    pub(crate) fn hold(&mut self, now: CallTime) {
        if let Some(from) = self.running_from.take() {
            self.before += now.since(from);
        }
    }

    /// The caller said something: the silence is over.
    pub(crate) fn broken(&mut self) {
        *self = Self { waiting: self.waiting, ..Self::default() };
    }

    /// The caller asked for time, and has it until they say something.
    pub(crate) fn grant(&mut self) {
        if self.waiting == Waiting::ForCaller {
            self.granted = GRANTED;
        }
    }

    /// When the next nudge is due.
    pub(crate) fn poll_timeout(&self) -> Option<CallTime> {
        let (after, _) = self.next();
        self.running_from.map(|from| from + (after + self.granted).saturating_sub(self.before))
    }

    /// The nudge that is due.
    pub(crate) fn handle_timeout(&mut self, now: CallTime) -> Option<Nudge> {
        self.poll_timeout().filter(|at| *at <= now)?;
        let (_, nudge) = self.next();
        self.step += 1;
        Some(nudge)
    }

    fn next(&self) -> (Duration, Nudge) {
        let (after_s, nudge) = match (self.waiting, self.step) {
            (Waiting::ForCaller, 0) => (8, Nudge::StillThere),
            (Waiting::ForCaller, 1) => (18, Nudge::StillThere),
            (Waiting::ForCaller, step) => (30 * (step - 1), Nudge::GiveUp),
            (Waiting::ForOffice, step) => (4 + 8 * step, Nudge::OneMoment),
            (Waiting::WhileRinging, step) => (10 + 12 * step, Nudge::StillRinging),
            (Waiting::InEmergency, 0) => (12, Nudge::CheckIn),
            (Waiting::InEmergency, 1) => (30, Nudge::FellSilent),
            (Waiting::InEmergency, step) => (30 * (step - 1) + 5, Nudge::CheckIn),
        };
        (Duration::from_secs(after_s.into()), nudge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `waiting` through 100 s of silence.
    fn nudges(waiting: Waiting) -> Vec<(u64, Nudge)> {
        let mut silence = Silence::default();
        silence.run(waiting, CallTime::ZERO);
        let mut seen = Vec::new();
        while let Some(at) = silence.poll_timeout().filter(|at| at.as_ms() <= 100_000) {
            seen.extend(silence.handle_timeout(at).map(|nudge| (at.as_ms() / 1000, nudge)));
        }
        seen
    }

    #[test]
    fn silence_is_asked_about_twice_and_given_up_after_30_s() {
        let expected = [(8, Nudge::StillThere), (18, Nudge::StillThere), (30, Nudge::GiveUp)];
        assert_eq!(nudges(Waiting::ForCaller)[..3], expected);
    }

    #[test]
    fn an_emergency_is_never_given_up_and_never_pressed() {
        let nudges = nudges(Waiting::InEmergency);
        assert_eq!(nudges[..2], [(12, Nudge::CheckIn), (30, Nudge::FellSilent)]);
        assert!(nudges[2..].iter().all(|(_, nudge)| *nudge == Nudge::CheckIn));
        assert!(nudges[2..].windows(2).all(|pair| pair[1].0 - pair[0].0 >= 30), "{nudges:?}");
    }

    #[test]
    fn our_own_speech_does_not_count() {
        let mut silence = Silence::default();
        silence.run(Waiting::ForCaller, CallTime::from_ms(0));
        silence.hold(CallTime::from_ms(5_000));
        silence.run(Waiting::ForCaller, CallTime::from_ms(60_000));
        assert_eq!(silence.poll_timeout(), Some(CallTime::from_ms(63_000)));
        silence.broken();
        silence.run(Waiting::ForCaller, CallTime::from_ms(70_000));
        assert_eq!(silence.poll_timeout(), Some(CallTime::from_ms(78_000)));
    }
}
