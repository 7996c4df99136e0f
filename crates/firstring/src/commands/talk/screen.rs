//! What a call by microphone looks like: what is said, line by line, and below it how loud it is and the words that are being heard.

use std::io::{IsTerminal, Write};

use domain::CallNews;
use rustix::termios::tcgetwinsize;
use transport::microphone::Levels;

/// Characters of a level meter; the quietest level that it shows.
const METER: usize = 12;
const METER_FROM_DBFS: f32 = -60.0;
/// Where the terminal does not tell how wide it is.
const WIDTH: usize = 80;

/// Where the call is shown: a line that is rewritten below those that stay, or only these where stdout is no terminal.
/// Dropping it removes the rewritten one.
pub(super) struct Screen {
    is_terminal: bool,
    levels: Levels,
    /// Words while the caller speaks.
    hearing: String,
}

impl Screen {
    /// Says how it is used.
    pub(super) fn open() -> anyhow::Result<Self> {
        let quiet = Levels { heard: f32::NEG_INFINITY, said: f32::NEG_INFINITY };
        let is_terminal = std::io::stdout().is_terminal();
        let mut screen = Self { is_terminal, levels: quiet, hearing: String::new() };
        screen.line("Speak. Digits are pressed keys; q or Ctrl-C hangs up.")?;
        Ok(screen)
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
        let before = if self.is_terminal { CLEAR } else { "" };
        writeln!(stdout, "{before}{text}")?;
        stdout.flush()?;
        drop(stdout);
        self.redraw()
    }

    /// The cursor goes back to the line's begin, so that a log on the same terminal is written over it and not behind it.
    fn redraw(&mut self) -> anyhow::Result<()> {
        if !self.is_terminal {
            return Ok(());
        }
        let mut stdout = std::io::stdout().lock();
        let told = tcgetwinsize(&stdout).map_or(0, |size| usize::from(size.ws_col));
        let width = if told == 0 { WIDTH } else { told };
        write!(stdout, "{CLEAR}{}\r", status(self.levels, &self.hearing, width))?;
        Ok(stdout.flush()?)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.is_terminal {
            // A terminal that is gone needs no cleaning.
            write!(std::io::stdout(), "{CLEAR}").ok();
        }
    }
}

/// To the line's begin, and nothing stays behind it.
const CLEAR: &str = "\r\x1b[K";

/// The line that is rewritten, shorter than `width` characters: of words that do not fit the last are shown.
fn status(levels: Levels, hearing: &str, width: usize) -> String {
    let meters = format!("you {} FirstRing {} ", bar(levels.heard), bar(levels.said));
    let room = width.saturating_sub(meters.len() + 1);
    let skipped = hearing.chars().count().saturating_sub(room);
    let words = hearing.chars().skip(skipped);
    meters.chars().chain(words).take(width.saturating_sub(1)).collect()
}

/// A level as a bar of fixed length.
fn bar(dbfs: f32) -> String {
    let share = ((dbfs - METER_FROM_DBFS) / -METER_FROM_DBFS).clamp(0.0, 1.0);
    let full = (share * METER as f32).round() as usize;
    format!("[{}{}]", "#".repeat(full), " ".repeat(METER - full))
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
    fn the_line_fits_and_shows_the_last_words() {
        let levels = Levels { heard: -30.0, said: f32::NEG_INFINITY };
        assert_eq!(status(levels, "", 80), "you [######      ] FirstRing [            ] ");
        let full = status(levels, "my chest hurts since this morning", 60);
        assert_eq!(full, "you [######      ] FirstRing [            ] ce this morning");
        assert_eq!(status(levels, "anything", 20), "you [######      ] ");
        assert_eq!(status(levels, "anything", 0), "");
    }
}
