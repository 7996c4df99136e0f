use audio::{FRAME_MS, Sound};
use domain::Phi;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::{Bridge, LegGone, NotAnswered, Tap, Voiced};

/// Voiced frames between the mouth and the leg: 400 ms. Full: [`Speaker::play`] waits, which holds synthesis back.
pub const VOICED_FRAMES: usize = 20;

/// Orders on their way to the leg, which looks for them every 20 ms. Full: the leg counts as gone.
const ORDERS_MAX: usize = 4;

/// Something that a leg does once.
#[derive(Debug)]
pub(crate) enum Order {
    Bridge(Bridge),
    Refer(Refer),
    Press(char),
    Tap(Tap),
}

/// An order to have the other side call somebody else (RFC 3515).
#[derive(Debug)]
pub struct Refer {
    /// Whom: a SIP address, with the call that is to be replaced in its headers if there is one (RFC 3891).
    pub to: Phi<String>,
    /// What is said to the caller meanwhile must be heard: not to be done where it takes our voice away, unless there is a call to be
    /// replaced, since nothing more is to be said then.
    pub speaks_on: bool,
    /// What became of it. Dropped: it cannot be done, and the call is as it was.
    pub done: oneshot::Sender<Result<(), NotAnswered>>,
}

/// Says things to the caller. Clones speak by the same mouth.
#[derive(Clone, Debug)]
pub struct Speaker {
    voiced: mpsc::Sender<Stamped>,
    gate: watch::Sender<Gate>,
    orders: mpsc::Sender<Order>,
    over: CancellationToken,
}

/// What the shell has decided about the sound that is on its way; the leg looks at it every 20 ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gate {
    /// Sound of any other generation is stale.
    pub(crate) generation: u64,
    /// Silence is sent and sound is kept.
    pub(crate) paused: bool,
    /// While nothing is said, the caller hears that somebody is rung.
    pub(crate) ringing: bool,
    /// All that was to be said has been said.
    pub(crate) done: bool,
}

/// What a leg does as the speaker says.
#[derive(Debug)]
pub(crate) struct Heeded {
    pub(crate) voiced: mpsc::Receiver<Stamped>,
    pub(crate) gate: watch::Receiver<Gate>,
    /// One to three in the life of a call, or none.
    pub(crate) orders: mpsc::Receiver<Order>,
}

/// A voiced frame and the generation that was current when its line began.
#[derive(Debug)]
pub(crate) struct Stamped {
    pub(crate) generation: u64,
    pub(crate) voiced: Voiced,
}

impl Speaker {
    pub(crate) fn new(over: CancellationToken) -> (Self, Heeded) {
        let (voiced, queue) = mpsc::channel(VOICED_FRAMES);
        let (gate, watched) = watch::channel(Gate::default());
        let (orders, heeded) = mpsc::channel(ORDERS_MAX);
        (Self { voiced, gate, orders, over }, Heeded { voiced: queue, gate: watched, orders: heeded })
    }

    /// Queues a piece of a line; waits while 400 ms are queued.
    ///
    /// `generation` is what [`generation`](Self::generation) gave when the line began. If the line has been stopped since,
    /// the sound is discarded and the call returns at once.
    pub async fn play(&self, generation: u64, voiced: Voiced) -> Result<(), LegGone> {
        let mut gate = self.gate.subscribe();
        for voiced in frames_of(voiced) {
            tokio::select! {
                biased;
                () = self.over.cancelled() => return Err(LegGone),
                _ = gate.wait_for(|gate| gate.generation != generation) => return Ok(()),
                room = self.voiced.reserve() => room.map_err(|_| LegGone)?.send(Stamped { generation, voiced }),
            }
        }
        Ok(())
    }

    /// The generation of lines that begin now.
    pub fn generation(&self) -> u64 {
        self.gate.borrow().generation
    }

    /// Waits until lines of this generation are stale.
    pub async fn stopped(&self, generation: u64) {
        // An error means that nobody can stop anything any more: the leg is gone.
        drop(self.gate.subscribe().wait_for(|gate| gate.generation != generation).await);
    }

    /// Silence within 20 ms: fades out over 5 ms and discards everything that was queued. Ends a pause.
    pub fn stop(&self) {
        self.gate.send_modify(|gate| *gate = Gate { generation: gate.generation + 1, paused: false, ..*gate });
    }

    /// While nothing is said, the caller hears quietly that somebody is rung, and is never left in silence for three seconds.
    pub fn ringback(&self, ringing: bool) {
        self.gate.send_if_modified(|gate| std::mem::replace(&mut gate.ringing, ringing) != ringing);
    }

    /// The conversation is at its end, so that whoever hangs up now ends the whole call. Without this a provider who streams it goes on with what
    /// the practice has written for when FirstRing fails.
    pub fn goodbye(&self) {
        self.gate.send_modify(|gate| gate.done = true);
    }

    /// Puts the leg together with the one that has the other side. From then on nobody here hears the caller; lines are still said.
    pub fn bridge(&self, bridge: Bridge) -> Result<(), LegGone> {
        self.orders.try_send(Order::Bridge(bridge)).map_err(|_| LegGone)
    }

    /// Asks the other side of the leg to call somebody else instead of us. A way to arrive that cannot do that drops the order.
    pub fn refer(&self, refer: Refer) -> Result<(), LegGone> {
        self.orders.try_send(Order::Refer(refer)).map_err(|_| LegGone)
    }

    /// Presses a key at the other side: `0` to `9`, `*`, `#`, `A` to `D`. A way to arrive that cannot do that drops the order.
    pub fn press(&self, key: char) -> Result<(), LegGone> {
        self.orders.try_send(Order::Press(key)).map_err(|_| LegGone)
    }

    /// Has the leg copy both sides from now on, in place of an earlier tap.
    pub fn tap(&self, tap: Tap) -> Result<(), LegGone> {
        self.orders.try_send(Order::Tap(tap)).map_err(|_| LegGone)
    }

    /// Silence within 20 ms, and nothing is lost.
    pub fn pause(&self) {
        self.gate.send_modify(|gate| gate.paused = true);
    }

    /// Goes on where [`pause`](Self::pause) interrupted, or up to 200 ms earlier in the same line.
    pub fn resume(&self) {
        self.gate.send_modify(|gate| gate.paused = false);
    }
}

/// Cuts a piece into frames, so that the queue's capacity is a time.
fn frames_of(voiced: Voiced) -> Vec<Voiced> {
    let Voiced { line, sound, last } = voiced;
    let frame_len = (sound.hz * FRAME_MS / 1000).max(1) as usize;
    if sound.samples.len() <= frame_len {
        return vec![Voiced { line, sound, last }];
    }
    let count = sound.samples.len().div_ceil(frame_len);
    let frame = |(index, samples): (usize, &[f32])| Voiced {
        line,
        sound: Sound { hz: sound.hz, samples: samples.to_vec() },
        last: last && index + 1 == count,
    };
    sound.samples.chunks(frame_len).enumerate().map(frame).collect()
}
