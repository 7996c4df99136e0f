//! What a journal tells of a call: turns, latencies, outcomes. Pure: the same journal gives the same summary.

mod achieved;

use dialogue::{Input, Note, Output};
use domain::{CallTime, LineId, OfficeReply, Phi};
use jiff::tz::TimeZone;
use nlu::ReadingView;
use serde::Serialize;

use crate::journal::{Entry, Happening, Party};
pub use achieved::Achieved;

/// A call, summed up. Times are milliseconds from the answer.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// From the call's arrival until a receptionist took it. Every leg of today picks up as it arrives, so this is what
    /// the caller waited in a line that was open and silent; over a loopback it is 0 or next to it.
    pub answered_ms: u64,
    /// When the greeting's first sound left.
    pub greeting_first_sound_ms: Option<u64>,
    /// Every utterance of the caller, with what was understood and answered.
    pub turns: Vec<Turn>,
    /// What was achieved.
    pub outcomes: Vec<Achieved>,
    /// The escalation, if there was one.
    pub escalation: Option<EscalationTimes>,
    /// Who ended the call.
    pub hangup_by: Option<Party>,
    /// Up to where the newest evidence had been heard.
    #[serde(skip)]
    evidence_end: Option<CallTime>,
    /// The practice's.
    #[serde(skip)]
    zone: Option<TimeZone>,
}

/// One utterance of the caller and the answer to it.
#[derive(Debug, Serialize)]
pub struct Turn {
    /// First voiced sample.
    pub caller_start_ms: u64,
    /// Last voiced sample.
    pub caller_end_ms: u64,
    /// The words.
    pub text: Phi<String>,
    /// What they were understood to mean; `None` if the call ended before they were read.
    pub reading: Option<ReadingView>,
    /// First sound of the answer; `None` where FirstRing kept listening.
    pub first_sound_ms: Option<u64>,
    /// From the caller's last voiced sample to the first sound of the answer.
    pub voice_to_voice_ms: Option<u64>,
    /// The answer's words.
    pub reply: Option<Phi<String>>,
    #[serde(skip)]
    reply_line: Option<LineId>,
}

/// When an escalation went how far.
#[derive(Debug, Serialize)]
pub struct EscalationTimes {
    /// Up to where the words were heard that it was decided on: the last voiced sample of an utterance, or how far a partial
    /// reached. `None` if nothing had been heard at all.
    pub heard_end_ms: Option<u64>,
    /// On whose word.
    pub decided_on: dialogue::Witness,
    /// When it was decided.
    pub decided_ms: u64,
    /// When the first page left, or, as far as only the call knows, when it heard that paging had begun.
    pub page_sent_ms: Option<u64>,
    /// When a channel accepted a page, or when the call heard of it.
    pub page_accepted_ms: Option<u64>,
    /// Where a recording's urgent words ended, if somebody marked them.
    pub urgent_words_end_ms: Option<u64>,
}

impl Summary {
    /// Sums up a whole journal.
    pub fn of(journal: &[Entry]) -> Self {
        let mut summary = Self::default();
        for entry in journal {
            summary.add(entry);
        }
        summary
    }

    fn add(&mut self, Entry { at, what }: &Entry) {
        match what {
            Happening::Heard(utterance) => self.turns.push(Turn {
                caller_start_ms: utterance.from.as_ms(),
                caller_end_ms: utterance.to.as_ms(),
                text: utterance.text.clone(),
                reading: None,
                first_sound_ms: None,
                voice_to_voice_ms: None,
                reply: None,
                reply_line: None,
            }),
            Happening::Input(input) => self.add_input(input, *at),
            Happening::Output(output) => self.add_output(output, *at),
            Happening::Line { line, text } => {
                if let Some(turn) = self.turns.last_mut().filter(|turn| turn.reply_line.is_none()) {
                    turn.reply_line = Some(*line);
                    turn.reply = Some(text.clone());
                }
            }
            Happening::FirstSound { line } => self.first_sound(*line, *at),
            Happening::Over { by } => self.hangup_by = Some(*by),
            Happening::Hearing(partial) => self.evidence_end = Some(partial.to),
            Happening::Answered { started, .. } => self.zone = Some(started.time_zone().clone()),
            Happening::Dismissed | Happening::Timeout | Happening::Stage { .. } => {}
        }
    }

    fn add_input(&mut self, input: &Input, at: CallTime) {
        match input {
            Input::Answered => self.answered_ms = at.as_ms(),
            Input::Heard { text, reading } => {
                if let Some(turn) = self.turns.iter_mut().find(|turn| turn.reading.is_none()) {
                    turn.reading = Some(ReadingView::new(text, reading, None));
                    self.evidence_end = Some(CallTime::from_ms(turn.caller_end_ms));
                }
            }
            Input::Corrected { was, .. } => {
                if let Some(turn) = self.turns.iter().rfind(|turn| turn.text == *was) {
                    self.evidence_end = Some(CallTime::from_ms(turn.caller_end_ms));
                }
            }
            Input::Office { reply, .. } => self.office(reply, at),
            Input::SpeechStarted
            | Input::SpeechEnded
            | Input::PartialFlags(_)
            | Input::Dismissed
            | Input::Unintelligible
            | Input::LineStarted(_)
            | Input::LineFinished(_)
            | Input::Digit(_)
            | Input::Transfer(_)
            | Input::HearingLost
            | Input::VoiceLost
            | Input::HungUp
            | Input::LineLost => {}
        }
    }

    fn office(&mut self, reply: &OfficeReply, at: CallTime) {
        let Some(escalation) = &mut self.escalation else { return };
        if let OfficeReply::CaseOpened { .. } | OfficeReply::Paged = reply {
            escalation.page_sent_ms.get_or_insert(at.as_ms());
        }
        if let OfficeReply::Paged = reply {
            escalation.page_accepted_ms.get_or_insert(at.as_ms());
        }
    }

    fn add_output(&mut self, output: &Output, at: CallTime) {
        match output {
            Output::Note(Note::Outcome(outcome)) => {
                let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
                self.outcomes.push(Achieved { outcome: outcome.clone(), zone });
            }
            Output::Note(Note::Escalated { on, .. }) => {
                self.escalation.get_or_insert(EscalationTimes {
                    heard_end_ms: self.evidence_end.map(CallTime::as_ms),
                    decided_on: *on,
                    decided_ms: at.as_ms(),
                    page_sent_ms: None,
                    page_accepted_ms: None,
                    urgent_words_end_ms: None,
                });
            }
            Output::Ask { .. }
            | Output::Say { .. }
            | Output::PauseSpeaking
            | Output::ResumeSpeaking
            | Output::StopSpeaking
            | Output::Transfer { .. }
            | Output::HangUp => {}
        }
    }

    fn first_sound(&mut self, line: LineId, at: CallTime) {
        self.greeting_first_sound_ms.get_or_insert(at.as_ms());
        if let Some(turn) = self.turns.iter_mut().rev().find(|turn| turn.reply_line == Some(line)) {
            turn.first_sound_ms = Some(at.as_ms());
            turn.voice_to_voice_ms = at.as_ms().checked_sub(turn.caller_end_ms);
        }
    }
}
