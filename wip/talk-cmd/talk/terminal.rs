//! The terminal of a call by microphone: what is said, how loud it is, and which keys are pressed.

use std::io::{IsTerminal, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyModifiers, poll, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode, size};
use domain::CallNews;
use tokio::sync::mpsc;
use transport::microphone::Levels;

/// Keys on their way to the call. Full: the keyboard waits.
const KEYS_MAX: usize = 16;
/// How soon the keyboard is left alone when the call is over.
const POLL: Duration = Duration::from_millis(100);
/// Characters of a level meter; the quietest level that it shows.
const METER: usize = 12;
const METER_FROM_DBFS: f32 = -60.0;
/// Where the terminal does not tell how wide it is.
const WIDTH: u16 = 80;

/// What somebody at the keyboard wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Pressed(char),
    HangUp,
}

/// Where the call is shown: a line that is rewritten below those that stay, or plain lines where stdout is no terminal.
/// Dropping it leaves the terminal as it was.
pub(super) struct Screen {
    is_terminal: bool,
    is_raw: bool,
    over: Arc<AtomicBool>,
    levels: Levels,
    /// Words while the caller speaks.
    hearing: String,
}

impl Screen {
    /// Takes the keyboard: single keys of a terminal, else every character of stdin.
    pub(super) fn open() -> anyhow::Result<(Self, mpsc::Receiver<Key>)> {
        let (keys, pressed) = mpsc::channel(KEYS_MAX);
        let over = Arc::new(AtomicBool::new(false));
        let is_raw = std::io::stdin().is_terminal();
        if is_raw {
            enable_raw_mode()?;
            let over = Arc::clone(&over);
            std::thread::spawn(move || keyboard(&keys, &over));
        } else {
            std::thread::spawn(move || lines(&keys));
        }
        let quiet = Levels { heard: f32::NEG_INFINITY, said: f32::NEG_INFINITY };
        let is_terminal = std::io::stdout().is_terminal();
        let mut screen = Self { is_terminal, is_raw, over, levels: quiet, hearing: String::new() };
        screen.line("Speak. Digits are pressed keys; q hangs up.")?;
        Ok((screen, pressed))
    }

    pub(super) fn tell(&mut self, news: &CallNews) -> anyhow::Result<()> {
        match news {
            CallNews::Hearing(partial) => {
                self.hearing.clone_from(partial.text.expose());
                self.redraw()
            }
            CallNews::Heard(utterance) => {
                self.hearing.clear();
                self.line(&format!("{}  you        {}", utterance.from, utterance.text.expose()))
            }
            CallNews::Saying { text, at, .. } => self.line(&format!("{at}  FirstRing  {}", text.expose())),
            CallNews::Ended { at } => self.line(&format!("{at}  the call is over")),
            CallNews::Answered { .. } | CallNews::Understood { .. } | CallNews::Stage { .. } => Ok(()),
        }
    }

    pub(super) fn meter(&mut self, levels: Levels) -> anyhow::Result<()> {
        self.levels = levels;
        self.redraw()
    }

    /// A line that stays.
    fn line(&mut self, text: &str) -> anyhow::Result<()> {
        let mut stdout = std::io::stdout().lock();
        let (before, end) = (if self.is_terminal { "\r\x1b[K" } else { "" }, if self.is_raw { "\r\n" } else { "\n" });
        write!(stdout, "{before}{text}{end}")?;
        stdout.flush()?;
        drop(stdout);
        self.redraw()
    }

    fn redraw(&mut self) -> anyhow::Result<()> {
        if !self.is_terminal {
            return Ok(());
        }
        let width = usize::from(size().map_or(WIDTH, |(columns, _)| columns));
        let status = format!("you {} FirstRing {} ", bar(self.levels.heard), bar(self.levels.said));
        let room = width.saturating_sub(status.len() + 1);
        let skipped = self.hearing.chars().count().saturating_sub(room);
        let words: String = self.hearing.chars().skip(skipped).collect();
        let mut stdout = std::io::stdout().lock();
        write!(stdout, "\r\x1b[K{status}{words}")?;
        Ok(stdout.flush()?)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if self.is_terminal {
            // A terminal that is gone needs no cleaning.
            drop(write!(std::io::stdout(), "\r\x1b[K"));
        }
        if self.is_raw {
            drop(disable_raw_mode());
        }
    }
}

/// A level as a bar of fixed length.
fn bar(dbfs: f32) -> String {
    let share = ((dbfs - METER_FROM_DBFS) / -METER_FROM_DBFS).clamp(0.0, 1.0);
    let full = (share * METER as f32).round() as usize;
    format!("[{}{}]", "#".repeat(full), " ".repeat(METER - full))
}

fn key(typed: char) -> Option<Key> {
    match typed {
        'q' => Some(Key::HangUp),
        '0'..='9' | '*' | '#' => Some(Key::Pressed(typed)),
        _ => None,
    }
}

/// Until the call is over: a terminal in raw mode makes no signal of Ctrl-C.
fn keyboard(keys: &mpsc::Sender<Key>, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        if !poll(POLL).unwrap_or(false) {
            continue;
        }
        let Ok(Event::Key(typed)) = read() else { continue };
        let is_interrupt = typed.modifiers.contains(KeyModifiers::CONTROL) && typed.code == KeyCode::Char('c');
        let wanted = match typed.code {
            _ if is_interrupt => Some(Key::HangUp),
            KeyCode::Char(typed) => key(typed),
            _ => None,
        };
        if wanted.is_some_and(|wanted| keys.blocking_send(wanted).is_err()) {
            return;
        }
    }
}

/// Until stdin ends; the call goes on without it.
fn lines(keys: &mpsc::Sender<Key>) {
    for byte in std::io::stdin().lock().bytes() {
        let Ok(byte) = byte else { return };
        if key(char::from(byte)).is_some_and(|wanted| keys.blocking_send(wanted).is_err()) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_is_as_long_as_it_is_loud() {
        assert_eq!(bar(f32::NEG_INFINITY), format!("[{}]", " ".repeat(METER)));
        assert_eq!(bar(-30.0), "[######      ]");
        assert_eq!(bar(3.0), format!("[{}]", "#".repeat(METER)));
    }

    #[test]
    fn digits_are_keys_and_q_hangs_up() {
        assert_eq!(
            "4*#q".chars().filter_map(key).collect::<Vec<_>>(),
            [Key::Pressed('4'), Key::Pressed('*'), Key::Pressed('#'), Key::HangUp]
        );
        assert_eq!("ax \n".chars().find_map(key), None);
    }
}
