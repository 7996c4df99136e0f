//! The keys of a call by microphone: single ones of a terminal, or whatever comes in by stdin.

use std::io::{IsTerminal, Read};

use anyhow::Context;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;

/// Keys on their way to the call. Full: the keyboard waits.
const KEYS_MAX: usize = 16;

/// What somebody at the keyboard wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Pressed(char),
    HangUp,
}

/// Dropping it leaves the terminal as it was.
pub(super) struct Keyboard {
    keys: mpsc::Receiver<Key>,
    before: Option<Termios>,
}

impl Keyboard {
    /// Reads stdin from now on.
    pub(super) fn open() -> anyhow::Result<Self> {
        let before = if std::io::stdin().is_terminal() { Some(key_by_key()?) } else { None };
        let (sender, keys) = mpsc::channel(KEYS_MAX);
        // Nothing wakes a thread that reads stdin: it ends with the process.
        std::thread::spawn(move || read(&sender));
        Ok(Self { keys, before })
    }

    /// The next key; `None` when stdin has ended, and the call goes on without it. Cancel-safe.
    pub(super) async fn pressed(&mut self) -> Option<Key> {
        self.keys.recv().await
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // A terminal that is gone needs nothing back.
            tcsetattr(std::io::stdin(), OptionalActions::Now, before).ok();
        }
    }
}

/// The terminal gives each key at once and shows none. Ctrl-C stays a signal. Gives back how it was.
fn key_by_key() -> anyhow::Result<Termios> {
    let before = tcgetattr(std::io::stdin()).context("the terminal cannot be asked")?;
    let mut modes = before.clone();
    modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
    modes.special_codes[SpecialCodeIndex::VMIN] = 1;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(std::io::stdin(), OptionalActions::Now, &modes).context("the terminal cannot be read key by key")?;
    Ok(before)
}

fn read(keys: &mpsc::Sender<Key>) {
    for byte in std::io::stdin().lock().bytes() {
        let Ok(byte) = byte else { return };
        if key(char::from(byte)).is_some_and(|key| keys.blocking_send(key).is_err()) {
            return;
        }
    }
}

fn key(typed: char) -> Option<Key> {
    match typed {
        'q' => Some(Key::HangUp),
        '0'..='9' | '*' | '#' => Some(Key::Pressed(typed)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_keys_q_hangs_up_and_nothing_else_is_anything() {
        let keys: Vec<_> = "4 *a\n#Qq".chars().filter_map(key).collect();
        assert_eq!(keys, [Key::Pressed('4'), Key::Pressed('*'), Key::Pressed('#'), Key::HangUp]);
    }
}
