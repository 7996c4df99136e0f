//! Calls that we place at the provider: when they are picked up, the provider streams them to us like any other, with the id that we gave.

use std::time::Duration;

use domain::{Phi, PhoneNumber};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::request::{Progress, RemoteId};
use super::sending::{Rest, Rung};
use crate::streams::awaited::Arrived;
use crate::streams::behind::{Behind, Ends};
use crate::streams::instructions::Served;
use crate::streams::session::Session;
use crate::{DIALS_MAX, Dial, Dials, Leg, NotAnswered, pair};

/// What addresses of those begin with whom a provider calls (RFC 3966).
pub const TEL: &str = "tel:";
/// The provider rings so long. Whoever orders a call gives up sooner; this is for when we are not there any more to end it.
const RINGS_FOR_SECONDS: u64 = 30;
/// So often the provider is asked how far a call is.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A call that was placed has come to us within this, or never.
const COMES_WITHIN: Duration = Duration::from_secs(60);

impl Rest {
    /// The way to whoever rings; `None` where no number of ours is known that the provider could call from.
    pub fn dials(&self) -> Option<Dials> {
        let from = self.from()?.clone();
        let (dials, orders) = mpsc::channel(DIALS_MAX);
        tokio::spawn(take(orders, self.clone(), from));
        Some(dials)
    }
}

/// Places every call that is ordered, each in a task of its own.
async fn take(mut orders: mpsc::Receiver<Dial>, rest: Rest, from: PhoneNumber) {
    while let Some(Dial { to, mut answered }) = orders.recv().await {
        let (rest, from) = (rest.clone(), from.clone());
        tokio::spawn(async move {
            match ring(&rest, &to, &from, &mut answered).await {
                Ok((call, arrived)) => conduct(rest, call, arrived, answered).await,
                // Whoever has given up needs no answer.
                Err(why) => drop(answered.send(Err(why))),
            }
        });
    }
}

async fn conduct(rest: Rest, call: RemoteId, arrived: Arrived, answered: oneshot::Sender<Result<Leg, NotAnswered>>) {
    let Arrived { socket, adapter, start, idle } = arrived;
    let (leg, driver) = pair(None);
    // A leg that nobody takes any more is dropped, and that ends the call.
    drop(answered.send(Ok(leg)));
    let behind = Behind { rest, call, owner: None, ends: Ends::WithUs, from: None, to: None };
    Session::new(socket, driver, adapter, &start, idle).with(Some(behind)).run().await;
}

/// Rings until they pick up, refuse, or nobody waits any more.
async fn ring(
    rest: &Rest,
    to: &Phi<String>,
    from: &PhoneNumber,
    answered: &mut oneshot::Sender<Result<Leg, NotAnswered>>,
) -> Result<(RemoteId, Arrived), NotAnswered> {
    let to = rest.allowed(to).ok_or(NotAnswered::NotAllowed)?;
    let (ticket, arrival) = rest.awaited().expect().ok_or(NotAnswered::NotReached)?;
    // Not given up in between: a call must be known to be ended.
    let mut rung = rest.ring(&to, from, ticket.id(), RINGS_FOR_SECONDS).await.map_err(|why| {
        tracing::warn!(%why, "nobody could be rung");
        NotAnswered::NotReached
    })?;
    tracing::info!(call = rung.call.as_str(), "somebody is rung");
    let why = tokio::select! {
        arrived = arrival => match arrived.ok().and_then(|arrived| Some((rest.come(&rung.call, &arrived)?, arrived))) {
            Some(come) => return Ok(come),
            // Somebody else's: its connection is dropped.
            None => NotAnswered::NotReached,
        },
        why = over(rest, &mut rung) => return Err(why),
        () = answered.closed() => NotAnswered::NotReached,
        () = sleep(COMES_WITHIN) => NotAnswered::NotReached,
    };
    if let Err(why) = rest.give_up(&rung.call).await {
        tracing::warn!(call = rung.call.as_str(), %why, "a call that nobody waits for any more rings on");
    }
    Err(why)
}

/// When the call is over without having come to us, and why.
async fn over(rest: &Rest, rung: &mut Rung) -> NotAnswered {
    let progress = match &mut rung.served {
        Some(served) if rest.tells() => told_to_be_over(served).await,
        Some(_) | None => seen_to_be_over(rest, &rung.call).await,
    };
    if progress == Progress::Busy { NotAnswered::Busy } else { NotAnswered::NotReached }
}

async fn told_to_be_over(served: &mut Served) -> Progress {
    loop {
        if let over @ (Progress::Busy | Progress::Over) = served.told().await {
            return over;
        }
    }
}

/// An answer that does not come, or is not understood, says nothing.
async fn seen_to_be_over(rest: &Rest, call: &RemoteId) -> Progress {
    loop {
        sleep(LOOK_EVERY).await;
        match rest.look(call).await {
            Ok(over @ (Progress::Busy | Progress::Over)) => return over,
            Ok(Progress::Rings | Progress::PickedUp) => {}
            Err(why) => tracing::debug!(call = call.as_str(), %why, "it is not known how far a call is"),
        }
    }
}
