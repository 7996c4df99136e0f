//! A caller in the same process: says sounds, waits for answers, presses keys, hangs up, and keeps what both sides heard.
//!
//! By [`call`] sound moves in both directions every 20 ms of tokio's time; a tick that was missed is caught up. [`call_by_sip`]
//! calls a real SIP port on the loopback interface instead, and hears with its ears alone. Nothing is sent that the caller
//! was not told to say: between two sounds the line carries silence.

use std::time::Duration;

use audio::Pcm;
use audio::telephone::Telephone;
use domain::{CallTime, Phi, PhoneNumber};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{LEG_HZ, Leg, pair};

mod bad_network;
mod by_ear;
mod line;
mod telephone;

pub use bad_network::BadNetwork;
pub use line::Recording;
use line::{LastLine, LineTask, Progress, call_time, position};
pub use telephone::{Exchange, NoCall, SipCallOptions, call_by_sip};

/// After this much silence behind a whole line, FirstRing has finished speaking.
pub const SETTLED: Duration = Duration::from_millis(500);
/// What a caller may be told to do before it is done. Full: the caller's methods wait.
const ORDERS_MAX: usize = 16;

/// How the caller's sound comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Line {
    /// As it is.
    Wide,
    /// Over a telephone line at 8 kHz.
    G711(Telephone),
}

/// What a loopback call is like.
#[derive(Clone, Debug)]
pub struct LoopbackOptions {
    /// What the caller's sound goes through.
    pub line: Line,
    /// The number that the call seems to come from.
    pub caller_id: Option<Phi<PhoneNumber>>,
}

/// When a sound was said: its first sample, and the end of its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Position of its first sample.
    pub from: CallTime,
    /// Where it ended.
    pub to: CallTime,
}

/// What [`LoopbackCaller::finished_speaking`] waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// FirstRing spoke a line to its end and has been silent since.
    Spoken,
    /// FirstRing has been silent for as long as the caller would wait.
    Nothing,
    /// FirstRing hung up.
    HungUp,
}

/// A caller in this process. Dropping it hangs up.
#[derive(Debug)]
pub struct LoopbackCaller {
    orders: mpsc::Sender<Order>,
    progress: watch::Receiver<Progress>,
    line: Line,
    /// Where the caller last began to speak, or had an answer: what FirstRing finished before that is no answer.
    since: u64,
    hang_up: CancellationToken,
    task: JoinHandle<Recording>,
}

/// What the caller is told to do, one after the other.
#[derive(Debug)]
enum Order {
    Say { sound: Pcm<LEG_HZ>, done: oneshot::Sender<Said> },
    Press(char),
}

/// Orders to a new caller, and the ways to see how far the call is.
fn caller(
    task: impl FnOnce(mpsc::Receiver<Order>, watch::Sender<Progress>, CancellationToken) -> JoinHandle<Recording>,
    line: Line,
) -> LoopbackCaller {
    let (orders, orders_receiver) = mpsc::channel(ORDERS_MAX);
    let (progress_sender, progress) = watch::channel(Progress::default());
    let hang_up = CancellationToken::new();
    let task = task(orders_receiver, progress_sender, hang_up.clone());
    LoopbackCaller { orders, progress, line, since: 0, hang_up, task }
}

/// The call is over: the caller can do nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call is over; see its recording")]
pub struct CallOver;

/// Calls; the call is picked up at once. Must be called within a tokio runtime.
pub fn call(options: LoopbackOptions) -> (Leg, LoopbackCaller) {
    let (leg, driver) = pair(options.caller_id);
    let run = |orders, progress, hang_up| tokio::spawn(LineTask::new(driver, orders, progress, hang_up).run());
    (leg, caller(run, options.line))
}

impl LoopbackCaller {
    /// Says 16 kHz sound, and returns when it has been said.
    pub async fn say(&mut self, samples: Vec<f32>) -> Result<Said, CallOver> {
        let said = self.pass(Pcm::new(samples)).await?;
        self.since = position(said.from);
        Ok(said)
    }

    /// Says nothing for this long.
    pub async fn silence(&mut self, long: Duration) -> Result<Said, CallOver> {
        self.pass(Pcm::silence(position(long.into()) as usize)).await
    }

    /// Presses a key.
    pub async fn press(&self, digit: char) -> Result<(), CallOver> {
        self.orders.send(Order::Press(digit)).await.map_err(|_| CallOver)
    }

    /// Hangs up at once, whatever is still to be said.
    pub fn hang_up(&self) {
        self.hang_up.cancel();
    }

    /// Waits until FirstRing begins a line, after the caller last began to speak or had an answer, and gives where; so that
    /// the caller can speak over it. `None` if the call is over before, or FirstRing begins none for as long as `patience`.
    pub async fn begins_speaking(&mut self, patience: Duration) -> Option<CallTime> {
        let give_up = self.progress.borrow().at + position(patience.into());
        let since = self.since;
        let begun = |progress: &Progress| progress.last_line_from.filter(|from| *from >= since);
        let waited_for = |progress: &Progress| begun(progress).is_some() || progress.is_over || progress.at >= give_up;
        let progress = self.progress.wait_for(waited_for).await.ok()?;
        begun(&progress).map(call_time)
    }

    /// Waits until FirstRing has spoken a line to its end, after the caller last began to speak, and has been silent for
    /// [`SETTLED`]; or has been silent for `patience`.
    pub async fn finished_speaking(&mut self, patience: Duration) -> Reply {
        let (since, asked_at) = (self.since, self.progress.borrow().at);
        let (patience, settled) = (position(patience.into()), position(SETTLED.into()));
        let reply = |progress: &Progress| {
            let answered = matches!(progress.last_line, LastLine::Finished { to } if to > since);
            if progress.is_over {
                Some(Reply::HungUp)
            } else if answered && progress.at >= progress.sound_end + settled {
                Some(Reply::Spoken)
            } else if progress.at >= progress.sound_end.max(asked_at) + patience {
                Some(Reply::Nothing)
            } else {
                None
            }
        };
        let reply = match self.progress.wait_for(|progress| reply(progress).is_some()).await {
            Ok(progress) => reply(&progress).unwrap_or(Reply::HungUp),
            Err(_gone) => Reply::HungUp,
        };
        self.since = self.progress.borrow().at;
        reply
    }

    /// Waits until the call is over: FirstRing hung up, or the caller did.
    pub async fn hung_up(&mut self) {
        // An error means that the line is gone, which is what is waited for.
        drop(self.progress.wait_for(|progress| progress.is_over).await);
    }

    /// The time on the line.
    pub fn now(&self) -> CallTime {
        call_time(self.progress.borrow().at)
    }

    /// Hangs up if that is still to be done, and gives what both sides heard.
    pub async fn recording(self) -> Recording {
        self.hang_up.cancel();
        self.task.await.expect("the line's task does not panic")
    }

    async fn pass(&self, sound: Pcm<LEG_HZ>) -> Result<Said, CallOver> {
        let sound = match &self.line {
            Line::Wide => sound,
            Line::G711(telephone) => telephone.carry(&sound),
        };
        let (done, said) = oneshot::channel();
        self.orders.send(Order::Say { sound, done }).await.map_err(|_| CallOver)?;
        said.await.map_err(|_| CallOver)
    }
}
