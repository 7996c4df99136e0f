//! What an answer picks of the things that were offered: by number, by time, by provider, or by yes and no.

use domain::{AppointmentTypeId, Choice, Interval, ProviderId, ProviderWish, Reading, YesNo};
use jiff::{SignedDuration, Timestamp};

/// An interval that is longer was not said as a clock time.
const CLOCK_TIME_MAX: SignedDuration = SignedDuration::from_mins(30);

/// Something that can be picked.
pub trait Offered {
    /// When it begins.
    fn start(&self) -> Timestamp;
    /// With whom.
    fn provider(&self) -> &ProviderId;
    /// For what.
    fn kind(&self) -> &AppointmentTypeId;
}

impl Offered for domain::OfferedSlot {
    fn start(&self) -> Timestamp {
        self.start
    }
    fn provider(&self) -> &ProviderId {
        &self.provider
    }
    fn kind(&self) -> &AppointmentTypeId {
        &self.kind
    }
}

impl Offered for domain::Appointment {
    fn start(&self) -> Timestamp {
        self.start
    }
    fn provider(&self) -> &ProviderId {
        &self.provider
    }
    fn kind(&self) -> &AppointmentTypeId {
        &self.kind
    }
}

/// What an answer picks.
#[derive(Debug, PartialEq, Eq)]
pub enum Pick<T> {
    /// Just this one.
    This(T),
    /// Several of them fit the answer, but not all.
    OneOf(Vec<T>),
    /// Something earlier than any of them.
    Earlier,
    /// Something later.
    Later,
    /// None of them.
    None,
    /// Another time or provider than any of them.
    Elsewhere,
    /// The answer does not say.
    NotSaid,
}

/// Picks of `offered`, which is not empty.
pub fn pick<T: Offered + Clone>(offered: &[T], reading: &Reading) -> Pick<T> {
    match reading.choice {
        Some(Choice::Nth(nth)) => {
            return offered.get(usize::from(nth)).cloned().map_or(Pick::NotSaid, Pick::This);
        }
        Some(Choice::Last) => return offered.last().cloned().map_or(Pick::NotSaid, Pick::This),
        Some(Choice::Any) => return offered.first().cloned().map_or(Pick::NotSaid, Pick::This),
        Some(Choice::SomethingEarlier) => return Pick::Earlier,
        Some(Choice::SomethingLater) => return Pick::Later,
        Some(Choice::None) if reading.slots.when.is_empty() => return Pick::None,
        Some(Choice::None) => return Pick::Elsewhere,
        None => {}
    }
    let named = named(reading.slots.provider_wish.as_ref());
    if named.is_some() || !reading.slots.when.is_empty() {
        let fits = |one: &&T| is_within(&reading.slots.when, one.start()) && named.is_none_or(|n| n == one.provider());
        let mut fitting: Vec<T> = offered.iter().filter(fits).cloned().collect();
        if fitting.iter().any(|one| is_named_by(&reading.slots.when, one.start())) {
            fitting.retain(|one| is_named_by(&reading.slots.when, one.start()));
        }
        return match fitting.len() {
            0 => Pick::Elsewhere,
            1 => Pick::This(fitting.remove(0)),
            all if all == offered.len() => Pick::NotSaid,
            _ => Pick::OneOf(fitting),
        };
    }
    let of_kind: Vec<&T> =
        offered.iter().filter(|one| reading.slots.appointment_type.as_ref() == Some(one.kind())).collect();
    if let ([only], [_, _, ..]) = (of_kind.as_slice(), offered) {
        return Pick::This((*only).clone());
    }
    match (reading.yes_no, offered) {
        (Some(YesNo::Yes), [only]) => Pick::This(only.clone()),
        (Some(YesNo::No), _) => Pick::None,
        (Some(YesNo::Yes) | None, _) => Pick::NotSaid,
    }
}

/// The provider whom a wish names.
pub(crate) fn named(wish: Option<&ProviderWish>) -> Option<&ProviderId> {
    match wish {
        Some(ProviderWish::Named(provider)) => Some(provider),
        Some(ProviderWish::Own | ProviderWish::Anybody) | None => None,
    }
}

/// Whether it is the clock time that was said: "nine fifteen" is that and nothing later, though it stands for a while.
fn is_named_by(when: &[Interval], at: Timestamp) -> bool {
    when.iter().any(|(from, to)| *from == at && from.duration_until(*to) <= CLOCK_TIME_MAX)
}

/// Whether a time lies in any of the intervals; in none if there are none, it lies everywhere.
pub(crate) fn is_within(when: &[Interval], at: Timestamp) -> bool {
    when.is_empty() || when.iter().any(|(from, to)| (*from..*to).contains(&at))
}

#[cfg(test)]
mod tests {
    use domain::Appointment;

    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn appointment(hour: i64, provider: &str) -> Appointment {
        Appointment {
            id: domain::AppointmentId::new(),
            patient: domain::PatientId::new(),
            start: at(hour),
            provider: provider.into(),
            kind: "checkup".into(),
        }
    }

    #[test]
    fn an_answer_picks_by_number_by_time_by_provider_or_by_yes() {
        let offered = [appointment(9, "patel"), appointment(11, "lee"), appointment(16, "patel")];
        let say = |change: fn(&mut Reading)| {
            let mut reading = Reading::unsure();
            change(&mut reading);
            pick(&offered, &reading)
        };
        let this = |nth: usize| Pick::This(offered[nth].clone());
        assert_eq!(say(|r| r.choice = Some(Choice::Nth(1))), this(1));
        assert_eq!(say(|r| r.choice = Some(Choice::Nth(3))), Pick::NotSaid, "there is no fourth");
        assert_eq!(say(|r| r.choice = Some(Choice::Last)), this(2));
        assert_eq!(say(|r| r.choice = Some(Choice::SomethingEarlier)), Pick::Earlier);
        assert_eq!(say(|r| r.slots.when = vec![(at(15), at(17))]), this(2));
        assert_eq!(say(|r| r.slots.when = vec![(at(20), at(21))]), Pick::Elsewhere);
        assert_eq!(say(|r| r.slots.when = vec![(at(8), at(20))]), Pick::NotSaid, "all of them");
        assert_eq!(say(|r| r.slots.provider_wish = Some(ProviderWish::Named("lee".into()))), this(1));
        let patel = Pick::OneOf(vec![offered[0].clone(), offered[2].clone()]);
        assert_eq!(say(|r| r.slots.provider_wish = Some(ProviderWish::Named("patel".into()))), patel);
        assert_eq!(say(|r| r.yes_no = Some(YesNo::Yes)), Pick::NotSaid, "yes to which?");
        assert_eq!(say(|r| r.yes_no = Some(YesNo::No)), Pick::None);
        let mut physical = offered.clone();
        physical[1].kind = "physical".into();
        let mut by_kind = Reading::unsure();
        by_kind.slots.appointment_type = Some("physical".into());
        assert_eq!(pick(&physical, &by_kind), Pick::This(physical[1].clone()), "the physical of several");
        let mut quarter = offered[1].clone();
        quarter.start += SignedDuration::from_mins(15);
        let mut by_clock = Reading::unsure();
        by_clock.slots.when = vec![(at(11), at(11) + SignedDuration::from_mins(30))];
        let near = [offered[1].clone(), quarter.clone()];
        assert_eq!(pick(&near, &by_clock), Pick::This(offered[1].clone()), "eleven is not a quarter past");
        by_clock.slots.when = vec![(at(11), at(12))];
        assert_eq!(pick(&near, &by_clock), Pick::NotSaid, "between eleven and noon");
        let mut yes = Reading::unsure();
        yes.yes_no = Some(YesNo::Yes);
        assert_eq!(pick(&offered[..1], &yes), this(0));
    }
}
