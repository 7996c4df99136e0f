//! How often somebody may try to log in.
//!
//! Tries are counted by where they come from, so that nobody keeps others from logging in: an address that tries too often waits, and
//! no other. A name that is tried from many addresses makes those slower that it has never logged in from, and locks out
//! nobody. What strangers may have compared at all is bounded, because calls are answered on the same processor.
//!
//! Each try counts as wrong before the password is looked at and is forgiven when it was right: tries that are made at the
//! same time find no gap. It holds for this process; a restart forgets it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::client::Client;
use super::tries::{Counts, Tries, later};

/// So many wrong tries with one name from one address cost nothing: fingers slip.
const FREE_PER_PAIR: u32 = 5;
/// The same with all names: everybody at a practice may come from one address.
const FREE_PER_ADDRESS: u32 = 30;
/// So many with one name from anywhere; after it strangers are answered later.
const FREE_PER_NAME: u32 = 10;
/// So many by strangers; after it one is compared every [`PACE`].
const FREE_OVERALL: u32 = 50;
const PACE: SignedDuration = SignedDuration::from_secs(1);
/// A stranger whose turn would come later is told to come again. So many requests stand open at most.
const QUEUE_MAX: SignedDuration = SignedDuration::from_secs(10);
/// From the first try with a name that is slower; doubled up to [`DELAY_MAX`].
const DELAY: SignedDuration = SignedDuration::from_secs(1);
const DELAY_MAX: SignedDuration = SignedDuration::from_secs(8);
const WAIT_MAX: SignedDuration = SignedDuration::from_mins(15);
/// Of whoever has logged in from there before: others at the same address must not keep them out for long.
const WAIT_OF_KNOWN_MAX: SignedDuration = SignedDuration::from_mins(1);
/// Names and addresses from which they have logged in; beyond that the one of longest ago is a stranger again.
const KNOWN_MAX: usize = 500;

/// A name, and where it was tried from.
type Pair = (String, Client);

/// Wrong tries of late.
#[derive(Debug)]
pub(super) struct Limiter {
    pairs: Counts<Pair>,
    addresses: Counts<Client>,
    /// By strangers only.
    names: Counts<String>,
    strangers: Tries,
    /// When the next stranger's turn is.
    next_turn: Timestamp,
    /// Who has logged in from where, and when last.
    known: BTreeMap<Pair, Timestamp>,
}

/// What a try may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turn {
    /// The password is looked at.
    Try {
        /// After so long.
        after: SignedDuration,
        /// If it is wrong, the next one waits until then.
        then_waits: Option<Timestamp>,
    },
    /// Not before then.
    Wait(Timestamp),
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            pairs: Counts::new(FREE_PER_PAIR),
            addresses: Counts::new(FREE_PER_ADDRESS),
            names: Counts::new(u32::MAX),
            strangers: Tries::default(),
            next_turn: Timestamp::MIN,
            known: BTreeMap::new(),
        }
    }
}

impl Limiter {
    /// Somebody at `client` tries `name` at `now`.
    pub(super) fn try_name(&mut self, name: &str, client: Client, now: Timestamp) -> Turn {
        self.pairs.forget_old(now);
        self.addresses.forget_old(now);
        self.names.forget_old(now);
        let pair = (name.to_lowercase(), client);
        let is_known = self.known.contains_key(&pair);
        let most = if is_known { WAIT_OF_KNOWN_MAX } else { WAIT_MAX };
        if let Some(until) = self.waits(&pair, now, most) {
            return Turn::Wait(until);
        }
        let mut after = SignedDuration::ZERO;
        if !is_known {
            let turn = self.turn(now);
            if turn > QUEUE_MAX {
                return Turn::Wait(later(now, turn));
            }
            self.next_turn = later(now, turn + PACE);
            after = turn.max(self.delay(&pair.0));
            self.names.count(&pair.0, now);
            // Only counted: nobody waits for what others do.
            self.strangers.count(now, u32::MAX);
        }
        self.pairs.count(&pair, now);
        self.addresses.count(&client, now);
        Turn::Try { after, then_waits: self.waits(&pair, now, most) }
    }

    /// It was the right password: they were no guesses, and whoever comes from there with this name is no stranger any more.
    pub(super) fn was_right(&mut self, name: &str, client: Client, now: Timestamp) {
        let pair = (name.to_lowercase(), client);
        let wrong = self.pairs.forget(&pair);
        self.addresses.forgive(&client, wrong);
        if !self.known.contains_key(&pair) {
            self.names.forgive(&pair.0, wrong);
            self.strangers.forgive(wrong);
        }
        self.known.insert(pair, now);
        if self.known.len() > KNOWN_MAX {
            let oldest = self.known.iter().min_by_key(|(_, last)| **last).map(|(pair, _)| pair.clone());
            oldest.and_then(|oldest| self.known.remove(&oldest));
        }
    }

    /// How long until it is the next stranger's turn.
    fn turn(&self, now: Timestamp) -> SignedDuration {
        if self.strangers.wrong < FREE_OVERALL || self.strangers.is_forgotten(now) {
            return SignedDuration::ZERO;
        }
        let turn = self.next_turn.duration_since(now);
        // Farther away only by a clock that was put back.
        if turn > QUEUE_MAX + PACE { SignedDuration::ZERO } else { turn.max(SignedDuration::ZERO) }
    }

    /// How much later strangers are answered who try this name.
    fn delay(&self, name: &String) -> SignedDuration {
        let Some(doubled) = self.names.wrong(name).checked_sub(FREE_PER_NAME) else { return SignedDuration::ZERO };
        DELAY.checked_mul(1 << doubled.min(10)).unwrap_or(DELAY_MAX).min(DELAY_MAX)
    }

    fn waits(&self, pair: &Pair, now: Timestamp, most: SignedDuration) -> Option<Timestamp> {
        self.pairs.waits(pair, now, most).max(self.addresses.waits(&pair.1, now, most))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::tries::REMEMBERED_MAX;
    use super::*;

    fn second(seconds: i64) -> Timestamp {
        "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
    }

    fn minute(minutes: i64) -> Timestamp {
        second(60 * minutes)
    }

    fn client(number: u32) -> Client {
        Client::at(Ipv4Addr::from_bits(0x0a00_0000 + number).into())
    }

    fn tried(after: i64, then_waits: Option<Timestamp>) -> Turn {
        Turn::Try { after: SignedDuration::from_secs(after), then_waits }
    }

    fn waits(turn: Turn) -> bool {
        matches!(turn, Turn::Wait(_))
    }

    /// By somebody else each: `from` and so many after it.
    fn attack(limiter: &mut Limiter, name: &str, from: u32, tries: u32, at: Timestamp) -> u32 {
        (from..from + tries).filter(|number| !waits(limiter.try_name(name, client(*number), at))).count() as u32
    }

    #[test]
    fn the_sixth_wrong_try_from_one_address_waits_and_each_further_one_longer() {
        let mut limiter = Limiter::default();
        let here = client(1);
        let turns: Vec<_> = (0..5).map(|_| limiter.try_name("ann", here, minute(0))).collect();
        assert_eq!(turns[..4], [tried(0, None); 4]);
        assert_eq!(turns[4], tried(0, Some(minute(1))));
        assert_eq!(limiter.try_name("ANN", here, minute(0)), Turn::Wait(minute(1)), "upper case is no other name");
        assert_eq!(limiter.try_name("bob", here, minute(0)), tried(0, None));
        let mut at = 1;
        for then in [3, 7, 15, 30, 45] {
            let Turn::Try { then_waits, .. } = limiter.try_name("ann", here, minute(at)) else { panic!("{at}") };
            assert_eq!(then_waits, Some(minute(then)), "never longer than 15 minutes");
            at = then;
        }
        assert_eq!(limiter.try_name("ann", here, minute(60)), tried(0, None), "forgotten");
    }

    #[test]
    fn nobody_is_kept_out_by_what_is_tried_from_elsewhere() {
        let mut limiter = Limiter::default();
        limiter.was_right("ann", client(7), minute(0));
        for _ in 0..100 {
            limiter.try_name("ann", client(1), minute(1));
        }
        assert!(waits(limiter.try_name("ann", client(1), minute(1))));
        assert_eq!(limiter.try_name("ann", client(7), minute(1)), tried(0, None), "where she has logged in before");
        assert_eq!(limiter.try_name("ann", client(8), minute(1)), tried(0, None), "and where she has not");

        attack(&mut limiter, "ann", 100, 30, minute(2));
        assert_eq!(limiter.try_name("ann", client(7), minute(2)), tried(0, None));
        assert_eq!(limiter.try_name("ann", client(9), minute(2)), tried(8, None), "slower, and no more than that");
        assert_eq!(limiter.try_name("bob", client(9), minute(2)), tried(0, None));
    }

    #[test]
    fn an_address_that_tries_many_names_waits_and_its_neighbours_do_not() {
        let mut limiter = Limiter::default();
        let free =
            (0..1000).take_while(|n| !waits(limiter.try_name(&format!("name {n}"), client(1), minute(0)))).count();
        assert_eq!(free, FREE_PER_ADDRESS as usize);
        assert_eq!(limiter.try_name("ann", client(1), minute(0)), Turn::Wait(minute(1)));
        assert_eq!(limiter.try_name("ann", client(2), minute(0)), tried(0, None));
    }

    #[test]
    fn what_strangers_have_compared_is_bounded_and_whoever_is_known_does_not_queue() {
        let mut limiter = Limiter::default();
        limiter.was_right("ann", client(7), minute(0));
        let queue = (QUEUE_MAX.as_secs() / PACE.as_secs()) as u32;
        assert_eq!(attack(&mut limiter, "bob", 100, 1000, minute(0)), FREE_OVERALL + queue);
        assert_eq!(limiter.try_name("cy", client(9), minute(0)), Turn::Wait(second(11)));
        assert_eq!(limiter.try_name("ann", client(7), minute(0)), tried(0, None));
        let compared: u32 =
            (1..=300).map(|at| attack(&mut limiter, "bob", 2000 + 10 * at, 10, second(i64::from(at)))).sum();
        assert_eq!(compared, 300, "one a second, from however many addresses");
        assert_eq!(limiter.try_name("ann", client(7), second(300)), tried(0, None));
    }

    #[test]
    fn whoever_shares_an_address_with_a_guesser_waits_a_minute_at_most_where_they_have_logged_in() {
        let mut limiter = Limiter::default();
        limiter.was_right("ann", client(1), minute(0));
        for at in [0, 1, 3, 7, 15] {
            for n in 0..30 {
                limiter.try_name(&format!("name {n}"), client(1), minute(at));
            }
        }
        let Turn::Wait(until) = limiter.try_name("bob", client(1), minute(15)) else { panic!("waits") };
        assert!(until > minute(20), "{until}");
        assert_eq!(limiter.try_name("ann", client(1), minute(15)), Turn::Wait(minute(16)));
        assert!(!waits(limiter.try_name("ann", client(1), minute(16))));
    }

    #[test]
    fn who_knows_the_password_starts_afresh() {
        let mut limiter = Limiter::default();
        for _ in 0..100 {
            for _ in 0..5 {
                assert!(!waits(limiter.try_name("ann", client(1), minute(0))));
            }
            limiter.was_right("Ann", client(1), minute(0));
        }
        assert_eq!(limiter.strangers.wrong, 0);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut limiter = Limiter::default();
        for n in 0..3000 {
            limiter.strangers = Tries::default();
            limiter.try_name(&format!("name {n}"), client(n), minute(0));
            limiter.was_right(&format!("other {n}"), client(n), second(i64::from(n)));
        }
        let counts = [limiter.pairs.len(), limiter.addresses.len(), limiter.names.len()];
        assert_eq!((counts, limiter.known.len()), ([REMEMBERED_MAX; 3], KNOWN_MAX));
        assert!(limiter.known.contains_key(&("other 2999".to_owned(), client(2999))));
    }

    #[test]
    fn a_clock_that_is_put_back_locks_nobody_out() {
        let mut limiter = Limiter::default();
        attack(&mut limiter, "ann", 100, 1000, minute(60 * 24));
        for _ in 0..5 {
            limiter.try_name("ann", client(1), minute(60 * 24));
        }
        assert!(!waits(limiter.try_name("ann", client(1), minute(0))));
    }
}
