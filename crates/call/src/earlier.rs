//! The call that the same caller made last: if it broke off, this one may go on with it. It is looked for while the
//! greeting is spoken and never waited for; what is not found within [`LOOK_MAX`] plays no part, and the call begins afresh.

use std::sync::Arc;
use std::time::Duration;

use dialogue::Unfinished;
use domain::{CallId, Phi, PhoneNumber};
use jiff::Zoned;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::front_desk::FrontDesk;
use crate::journal::Entry;
use crate::replay::replay;

/// Calls whose callers' last calls are still being looked for. Full: the call that is one too many waits its second.
pub const LAST_CALLS_MAX: usize = 16;
/// So long an earlier call is looked for: the greeting lasts some five seconds.
const LOOK_MAX: Duration = Duration::from_secs(1);

/// Asks which call a number made last.
#[derive(Debug)]
pub struct LastCall {
    /// Whose.
    pub number: Phi<PhoneNumber>,
    /// The present call, which is not meant.
    pub but: CallId,
    /// Where its journal goes. Dropped: there is none, or none that can be read.
    pub journal: oneshot::Sender<Vec<Entry>>,
}

/// The way to the calls of the past. The program connects its other end.
pub type LastCalls = mpsc::Sender<LastCall>;

/// Looks for what the last call from `number` left undone. It comes by the receiver, or nothing does.
pub(crate) fn look_for(
    desk: &FrontDesk,
    call: CallId,
    number: Option<&Phi<PhoneNumber>>,
    started: &Zoned,
) -> mpsc::Receiver<Box<Unfinished>> {
    let (found, receiver) = mpsc::channel(1);
    if let (Some(last_calls), Some(number)) = (&desk.last_calls, number)
        && !desk.practice.front_desk.resume_within.is_zero()
    {
        let (last_calls, number, started) = (last_calls.clone(), number.clone(), started.clone());
        let practice = Arc::clone(&desk.practice);
        tokio::spawn(async move {
            let look = async {
                let (journal, answer) = oneshot::channel();
                last_calls.send(LastCall { number, but: call, journal }).await.ok()?;
                let journal = answer.await.ok()?;
                let replayed = tokio::task::spawn_blocking(move || {
                    replay(&journal, &practice).ok()?.receptionist.unfinished(&started)
                });
                replayed.await.ok().flatten()
            };
            if let Ok(Some(unfinished)) = timeout(LOOK_MAX, look).await {
                // A call that is over needs it no more.
                found.send(Box::new(unfinished)).await.ok();
            }
        });
    }
    receiver
}
