//! *When* to speak: who has the floor, barge-in, and lines that get lost.
//!
//! - One line at a time. A line is over when its end was heard, when it was stopped, or when the mouth stayed silent about
//!   it for too long.
//! - The caller's first sound holds an interruptible line at once. Words drop it; a murmur, a cough or sound without
//!   words lets it go on as soon as that is known. It is not guessed: on a busy machine words come late, and a line that
//!   went on before them would be said over the caller.
//! - While the caller speaks, and until their words are there or overdue, no new line starts. Emergency lines are the
//!   exception: [`TurnTaking::interject`] drops whatever is being said and starts.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{CallTime, LineId, Tempo};

use crate::{Output, Prompt, Reason};

/// Words that were never seen in a partial are not waited for longer than this: decode and reading have about 2 s.
const WORDS_DUE: Duration = Duration::from_millis(2500);
/// Words that were seen in a partial are waited for this long.
const SEEN_WORDS_DUE: Duration = Duration::from_secs(6);
/// Speech of which nothing is understood for this long is treated as noise: the ears should have said so after 5 s.
const SPEECH_WITHOUT_WORDS: Duration = Duration::from_secs(20);
/// From `Say` to the first sound. A line that has not started by then never will.
const LINE_START_DUE: Duration = Duration::from_secs(15);
/// From the first sound to the last. The longest line takes about 20 s.
const LINE_END_DUE: Duration = Duration::from_mins(1);

/// The floor.
#[derive(Debug, Default)]
pub(crate) struct TurnTaking {
    caller: Caller,
    line: Option<Line>,
    next_line: u32,
    tempo: Tempo,
    outputs: VecDeque<Output>,
}

/// What the caller is doing.
#[derive(Clone, Copy, Debug, Default)]
enum Caller {
    #[default]
    Quiet,
    /// Speaks; `since` the last sign of it.
    Speaking { since: CallTime, words: bool },
    /// Has stopped; words may follow.
    Stopped { at: CallTime, words: bool },
    /// Makes, or is in, sound without words. Not waited for.
    Noise,
}

/// The line that is being said.
#[derive(Debug)]
struct Line {
    id: LineId,
    interruptible: bool,
    pace: Pace,
}

#[derive(Clone, Copy, Debug)]
enum Pace {
    Awaited { since: CallTime },
    Sounding { since: CallTime },
    Held,
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnd {
    /// Its last sound left.
    Heard,
    /// The caller's words, or an emergency line, ended it.
    Stopped,
    /// Nothing was heard of it in time.
    Lost,
}

impl TurnTaking {
    /// Whether a new line may start.
    pub(crate) fn is_free(&self) -> bool {
        self.line.is_none() && matches!(self.caller, Caller::Quiet | Caller::Noise)
    }

    /// Whether a line is unfinished.
    pub(crate) fn is_speaking(&self) -> bool {
        self.line.is_some()
    }

    /// Whether the caller's words are still being made out.
    pub(crate) fn awaits_words(&self) -> bool {
        match self.caller {
            Caller::Speaking { .. } | Caller::Stopped { .. } => true,
            Caller::Quiet | Caller::Noise => false,
        }
    }

    /// Whether the line that is being said gives way to nobody.
    pub(crate) fn holds_the_floor(&self) -> bool {
        self.line.as_ref().is_some_and(|line| !line.interruptible)
    }

    /// Says a line. Call only when [`Self::is_free`].
    pub(crate) fn say(&mut self, prompt: Prompt, interruptible: bool, now: CallTime) {
        debug_assert!(self.line.is_none(), "one line at a time");
        self.next_line += 1;
        let id = LineId(self.next_line);
        self.outputs.push_back(Output::Say { line: id, prompt, interruptible, tempo: self.tempo });
        self.line = Some(Line { id, interruptible, pace: Pace::Awaited { since: now } });
    }

    /// Says an emergency line at once, whoever is speaking. Gives how the line before it ended, if there was one.
    pub(crate) fn interject(&mut self, prompt: Prompt, now: CallTime) -> Option<LineEnd> {
        let over = self.stop(LineEnd::Stopped);
        self.say(prompt, false, now);
        over
    }

    /// The caller asked for it: every line from now on is slower.
    pub(crate) fn slow_down(&mut self) {
        self.tempo = Tempo::Slower;
    }

    /// Drops what is being said. Gives `end` if there was a line.
    pub(crate) fn stop(&mut self, end: LineEnd) -> Option<LineEnd> {
        self.line.take()?;
        self.outputs.push_back(Output::StopSpeaking);
        Some(end)
    }

    pub(crate) fn caller_starts(&mut self, now: CallTime) {
        self.caller = Caller::Speaking { since: now, words: false };
        self.hold();
    }

    pub(crate) fn caller_stops(&mut self, now: CallTime) {
        self.caller = match self.caller {
            Caller::Speaking { words, .. } => Caller::Stopped { at: now, words },
            Caller::Noise | Caller::Quiet => Caller::Quiet,
            stopped @ Caller::Stopped { .. } => stopped,
        };
    }

    /// A partial with words.
    pub(crate) fn words_seen(&mut self, now: CallTime) {
        match &mut self.caller {
            Caller::Speaking { since, words } => (*since, *words) = (now, true),
            Caller::Stopped { words, .. } => *words = true,
            Caller::Noise => {
                self.caller = Caller::Speaking { since: now, words: true };
                self.hold();
            }
            Caller::Quiet => {}
        }
    }

    /// The words of an utterance. `aside`: they ask for nothing, the line goes on.
    pub(crate) fn heard(&mut self, aside: bool, now: CallTime) -> Option<LineEnd> {
        match &mut self.caller {
            Caller::Speaking { since, words } => (*since, *words) = (now, false), // a part of a long utterance
            Caller::Stopped { .. } | Caller::Noise | Caller::Quiet => self.caller = Caller::Quiet,
        }
        match (&self.line, aside) {
            (Some(line), false) if line.interruptible => self.stop(LineEnd::Stopped),
            (Some(_) | None, _) => {
                self.go_on(now);
                None
            }
        }
    }

    /// What the caller let hear last was no words.
    pub(crate) fn dismissed(&mut self, now: CallTime) {
        self.caller = match self.caller {
            Caller::Stopped { .. } | Caller::Quiet => Caller::Quiet,
            other @ (Caller::Speaking { .. } | Caller::Noise) => other,
        };
        self.go_on(now);
    }

    /// Sound without words: it neither stops a line nor keeps the next one waiting.
    pub(crate) fn noise(&mut self, now: CallTime) {
        self.caller = match self.caller {
            Caller::Speaking { .. } | Caller::Noise => Caller::Noise,
            Caller::Stopped { .. } | Caller::Quiet => Caller::Quiet,
        };
        self.go_on(now);
    }

    pub(crate) fn line_started(&mut self, id: LineId, now: CallTime) {
        if let Some(line) = self.line.as_mut().filter(|line| line.id == id)
            && let Pace::Awaited { .. } = line.pace
        {
            line.pace = Pace::Sounding { since: now };
        }
    }

    pub(crate) fn line_finished(&mut self, id: LineId) -> Option<LineEnd> {
        self.line.take_if(|line| line.id == id)?;
        Some(LineEnd::Heard)
    }

    pub(crate) fn poll_timeout(&self) -> Option<(CallTime, Reason)> {
        let caller = match self.caller {
            Caller::Quiet | Caller::Noise => None,
            Caller::Speaking { since, .. } => Some(since + SPEECH_WITHOUT_WORDS),
            Caller::Stopped { at, words: true } => Some(at + SEEN_WORDS_DUE),
            Caller::Stopped { at, words: false } => Some(at + WORDS_DUE),
        };
        let line = self.line.as_ref().and_then(|line| match line.pace {
            Pace::Awaited { since } => Some(since + LINE_START_DUE),
            Pace::Sounding { since } => Some(since + LINE_END_DUE),
            Pace::Held => None, // the caller's state has a time-out
        });
        let caller = caller.map(|at| (at, Reason::WordsOverdue));
        let line = line.map(|at| (at, Reason::LineOverdue));
        caller.into_iter().chain(line).min_by_key(|(at, _)| *at)
    }

    /// Gives how the line ended if one was lost.
    pub(crate) fn handle_timeout(&mut self, now: CallTime) -> Option<LineEnd> {
        match self.poll_timeout().filter(|(at, _)| *at <= now) {
            Some((_, Reason::LineOverdue)) => self.stop(LineEnd::Lost),
            Some(_) => {
                self.caller = match self.caller {
                    Caller::Speaking { .. } | Caller::Noise => Caller::Noise,
                    Caller::Stopped { .. } | Caller::Quiet => Caller::Quiet,
                };
                self.go_on(now);
                None
            }
            None => None,
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn hold(&mut self) {
        if let Some(line) = self.line.as_mut().filter(|line| line.interruptible && !matches!(line.pace, Pace::Held)) {
            line.pace = Pace::Held;
            self.outputs.push_back(Output::PauseSpeaking);
        }
    }

    fn go_on(&mut self, now: CallTime) {
        let quiet = matches!(self.caller, Caller::Quiet | Caller::Noise);
        if let Some(line) = self.line.as_mut().filter(|line| quiet && matches!(line.pace, Pace::Held)) {
            // Whether it had started before it was held no longer matters: the longer limit covers both.
            line.pace = Pace::Sounding { since: now };
            self.outputs.push_back(Output::ResumeSpeaking);
        }
    }
}
