//! A caller is put through by the provider instead of us: the instructions of their call are replaced, which ends the stream. When nobody picks up,
//! or whoever did hangs up first, the last of the new instructions streams the caller to us again, and the same call goes on.
//!
//! How it went is told by the provider (Telnyx, Plivo), or asked of it: as soon as somebody has picked up, the caller is put through, and the call is
//! no longer ours to end. A caller who comes back when nobody here waits any more, or to another process, is a new caller: whoever is still on the
//! line is answered.

use std::future::pending;
use std::time::Duration;

use domain::PhoneNumber;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::awaited::{Arrived, Ticket};
use super::behind::Behind;
use super::instructions::Served;
use super::rest::{NotAsked, Progress, TEL};
use crate::{NotAnswered, Refer};

/// Whoever is called rings so long: as long as when we ring ourselves.
const RINGS_FOR_SECONDS: u64 = 20;
/// So often the provider is asked.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After this it is not known where the caller is.
const KNOWN_WITHIN: Duration = Duration::from_secs(60);
/// Whoever was called is not, any more, and a caller who is still there has come back within this.
const BACK_WITHIN: Duration = Duration::from_secs(10);

/// A caller who is with somebody else, or on the way there.
#[derive(Debug)]
pub(super) struct Away {
    refer: Refer,
    _ticket: Ticket,
    /// `None` when it has told something that does not count.
    back: Option<oneshot::Receiver<Arrived>>,
    outcome: oneshot::Receiver<Outcome>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The provider will not: the call is as it was.
    Refused,
    /// The provider has not said that it does.
    NotDone,
    /// They speak with each other.
    PutThrough,
    /// The caller hung up.
    CallerGone,
    /// Nobody knows: the provider has said that it does it.
    Unknown,
}

/// News of a caller who is away.
#[derive(Debug)]
pub(super) enum News {
    Back(Box<Arrived>),
    Outcome(Outcome),
}

impl Away {
    /// Begins to put a caller through; `None` if that cannot be done here, or ought not to be: the order is dropped then.
    pub(super) fn begin(behind: &Behind, refer: Refer) -> Option<Self> {
        // Our voice would be gone with the stream.
        let is_possible = !refer.speaks_on && refer.to.expose().starts_with(TEL);
        let to = is_possible.then(|| behind.rest.allowed(&refer.to)).flatten()?;
        let (ticket, back) = behind.rest.awaited().expect()?;
        let (tell, outcome) = oneshot::channel();
        tokio::spawn(watch(behind.clone(), to, ticket.id().to_owned(), tell));
        Some(Self { refer, _ticket: ticket, back: Some(back), outcome })
    }

    /// What comes next; never, where nobody is away: that they are back before all else. Cancel-safe.
    pub(super) async fn next(away: &mut Option<Self>) -> News {
        let Some(Self { back, outcome, .. }) = away else { return pending().await };
        let returns = async {
            match back {
                Some(back) if !back.is_terminated() => back.await,
                Some(_) | None => pending().await,
            }
        };
        tokio::select! {
            biased;
            Ok(arrived) = returns => News::Back(Box::new(arrived)),
            outcome = outcome => News::Outcome(outcome.unwrap_or(Outcome::Unknown)),
        }
    }

    /// Who came back at the very last; nobody can from now on.
    pub(super) fn late(&mut self) -> Option<Arrived> {
        let back = self.back.as_mut().filter(|back| !back.is_terminated())?;
        back.close();
        back.try_recv().ok()
    }

    /// Whoever came was somebody else.
    pub(super) fn was_another(&mut self) {
        self.back = None;
    }

    pub(super) fn tell(self, how: Result<(), NotAnswered>) {
        // Whoever has given up needs no answer.
        self.refer.done.send(how).ok();
    }
}

/// Tells what became of it, unless nobody wants to know any more.
async fn watch(behind: Behind, to: PhoneNumber, back: String, mut tell: oneshot::Sender<Outcome>) {
    let (asked, mut served) = ask(&behind, &to, &back).await;
    let outcome = match asked {
        Ok(()) => tokio::select! {
            outcome = follow(&behind, &mut served) => Some(outcome),
            () = tell.closed() => None,
        },
        Err(why) if why.may_be_done() => Some(Outcome::NotDone),
        Err(_) => Some(Outcome::Refused),
    };
    if let Some(outcome) = outcome {
        tracing::info!(call = behind.call.as_str(), ?outcome, "a call was handed over to the provider");
        tell.send(outcome).ok();
    }
    // Asked or perhaps asked, and not heard of again: a caller who is sent to an address where nothing stands would be lost.
    let may_be_fetched = matches!(outcome, None | Some(Outcome::Unknown | Outcome::NotDone));
    if let Some(served) = served.filter(|_| may_be_fetched) {
        served.stay(KNOWN_WITHIN).await;
    }
}

/// Has the provider put the caller through, and what it comes to us for, if anything.
async fn ask(behind: &Behind, to: &PhoneNumber, back: &str) -> (Result<(), NotAsked>, Option<Served>) {
    let Behind { rest, call, owner, from, to: dialled, .. } = behind;
    let from = from.as_ref().map(|from| ("from", from.expose().as_str()));
    let dialled = dialled.as_ref().map(|to| ("to", to.expose().as_str()));
    let parameters: Vec<_> = [Some(("back", back)), from, dialled].into_iter().flatten().collect();
    let (asked, served) = rest.hand_over((call, owner.as_ref()), (to, RINGS_FOR_SECONDS), &parameters).await;
    if let Err(why) = asked {
        tracing::warn!(call = call.as_str(), %why, "the provider does not put a caller through");
    }
    (asked, served)
}

/// What becomes of a caller whom the provider puts through.
async fn follow(behind: &Behind, served: &mut Option<Served>) -> Outcome {
    let found = async {
        match served {
            Some(served) => tokio::select! {
                outcome = told(served) => outcome,
                outcome = seen(behind) => outcome,
            },
            None => seen(behind).await,
        }
    };
    match timeout(KNOWN_WITHIN, found).await {
        Ok(outcome) => outcome,
        // What was never fetched was never begun.
        Err(_) if served.as_ref().is_some_and(Served::waits) => Outcome::NotDone,
        Err(_) => Outcome::Unknown,
    }
}

/// By a provider that tells, in whatever order that comes.
async fn told(served: &mut Served) -> Outcome {
    let mut gone_at = None;
    loop {
        let gone = async {
            match gone_at {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        tokio::select! {
            progress = served.told() => match progress {
                Progress::Rings => {}
                Progress::PickedUp => return Outcome::PutThrough,
                Progress::Busy | Progress::Over => {
                    gone_at.get_or_insert_with(|| Instant::now() + BACK_WITHIN);
                }
            },
            () = gone => return Outcome::CallerGone,
        }
    }
}

/// By a provider that is asked.
async fn seen(behind: &Behind) -> Outcome {
    let Behind { rest, call, .. } = behind;
    loop {
        sleep(LOOK_EVERY).await;
        if rest.is_put_through(call).await == Ok(true) {
            return Outcome::PutThrough;
        }
        if rest.look(call).await == Ok(Progress::Over) {
            return Outcome::CallerGone;
        }
    }
}
