//! Copies of what passes through a leg, for whoever records the call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use audio::Pcm;
use tokio::sync::mpsc;

use crate::{Frame, LEG_HZ};

/// Copies on their way, of both sides together: 10 s. Full: the frame is lost and counted; a call never waits for its recording.
const TAPPED_MAX: usize = 1000;

/// 20 ms of one side. [`Frame::at`] counts from pick-up on either side.
#[derive(Clone, Debug, PartialEq)]
pub enum Tapped {
    /// What the caller let hear.
    Caller(Frame),
    /// What the caller was sent.
    Ours(Frame),
}

/// Given to a leg by [`Speaker::tap`](crate::Speaker::tap); dropping the receiver ends it. What two people say to each other on a
/// [`Bridge`](crate::Bridge) does not pass here.
#[derive(Debug)]
pub struct Tap {
    copies: mpsc::Sender<Tapped>,
    lost: Arc<AtomicU64>,
}

/// What comes out of a tap.
#[derive(Debug)]
pub struct Copies {
    copies: mpsc::Receiver<Tapped>,
    lost: Arc<AtomicU64>,
}

impl Tap {
    /// Both ends.
    pub fn new() -> (Self, Copies) {
        let (sender, receiver) = mpsc::channel(TAPPED_MAX);
        let lost = Arc::new(AtomicU64::new(0));
        (Self { copies: sender, lost: Arc::clone(&lost) }, Copies { copies: receiver, lost })
    }

    /// Whether somebody still records.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.copies.is_closed()
    }

    pub(crate) fn caller(&self, pcm: &Pcm<LEG_HZ>, at: u64) {
        self.give(Tapped::Caller(Frame { pcm: pcm.clone(), at }));
    }

    pub(crate) fn ours(&self, pcm: &Pcm<LEG_HZ>, at: u64) {
        self.give(Tapped::Ours(Frame { pcm: pcm.clone(), at }));
    }

    fn give(&self, tapped: Tapped) {
        if self.copies.try_send(tapped).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Copies {
    /// The next copy; `None` once the call is over and all were taken.
    pub async fn recv(&mut self) -> Option<Tapped> {
        self.copies.recv().await
    }

    /// Nothing more is wanted; what was copied before can still be taken.
    pub fn close(&mut self) {
        self.copies.close();
    }

    /// How many frames were lost because nobody took them in time.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}
