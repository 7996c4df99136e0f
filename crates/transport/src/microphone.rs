//! A call by this computer's own microphone and loudspeaker.
//!
//! [`devices`] has the sound devices, at their own rates; `cleaner` takes our own voice and the room's noise out of what the
//! microphone hears; `line` is the task between both and the call's [`Driver`](crate::Driver). The call's clock is tokio's.

mod cleaner;
mod devices;
mod line;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use cleaner::Cleaner;
pub use devices::{Device, devices};

use crate::{Leg, pair};

/// Keys on their way to the call. Full: who presses waits.
const KEYS_MAX: usize = 16;

/// Which devices; `None`: the computer's default.
#[derive(Clone, Debug, Default)]
pub struct MicrophoneOptions {
    /// The microphone, by its name or id as [`devices`] tells them.
    pub input: Option<String>,
    /// The loudspeaker.
    pub output: Option<String>,
}

/// Why there is no call by microphone, or no longer one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MicrophoneError {
    /// The computer has none.
    #[error("this computer has no {0}; plug one in, or see --list-devices")]
    None(&'static str),
    /// None of this name.
    #[error("there is no {0} {1:?}; --list-devices tells which there are")]
    Unknown(&'static str, String),
    /// It is there and cannot be used.
    #[error("the {0} cannot be used ({1}); --list-devices tells which there are")]
    Unusable(&'static str, String),
    /// It went away within the call.
    #[error("the {0} is gone: the call is over")]
    Gone(&'static str),
}

/// How loud it is just now, in dBFS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// The microphone, cleaned.
    pub heard: f32,
    /// FirstRing.
    pub said: f32,
}

/// Whoever sits at the microphone. Dropping it hangs up.
#[derive(Debug)]
pub struct Talker {
    keys: mpsc::Sender<char>,
    levels: watch::Receiver<Levels>,
    hang_up: CancellationToken,
    task: JoinHandle<Result<(), MicrophoneError>>,
}

/// Whether the devices are there and can be used.
pub fn check(options: &MicrophoneOptions) -> Result<(), MicrophoneError> {
    devices::Sounds::open(options).map(drop)
}

/// Opens the devices and picks up as soon as the loudspeaker takes sound.
pub async fn open(options: &MicrophoneOptions) -> Result<(Leg, Talker), MicrophoneError> {
    let mut sounds = devices::Sounds::open(options)?;
    sounds.begin().await?;
    let (leg, driver) = pair(None);
    let (keys, pressed) = mpsc::channel(KEYS_MAX);
    let (levels_sender, levels) = watch::channel(Levels { heard: f32::NEG_INFINITY, said: f32::NEG_INFINITY });
    let hang_up = CancellationToken::new();
    let task = tokio::spawn(line::Line::new(driver, sounds, levels_sender).run(pressed, hang_up.clone()));
    Ok((leg, Talker { keys, levels, hang_up, task }))
}

impl Talker {
    /// Presses a key: `0` to `9`, `*`, `#`. A call that is over hears none.
    pub async fn press(&self, key: char) {
        self.keys.send(key).await.ok();
    }

    /// How loud it is.
    pub fn levels(&self) -> Levels {
        *self.levels.borrow()
    }

    /// Hangs up.
    pub fn hang_up(&self) {
        self.hang_up.cancel();
    }

    /// Waits until the call is over, and tells of a device that ended it. Cancel-safe.
    pub async fn ended(&mut self) -> Result<(), MicrophoneError> {
        (&mut self.task).await.expect("the microphone's task does not panic")
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        self.hang_up.cancel();
    }
}
