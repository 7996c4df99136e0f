//! What a journal tells of a call: turns, latencies, outcomes. Pure: the same journal gives the same summary.

use std::time::Duration;

use dialogue::{Input, Note, Output};
use domain::{CallTime, LineId, OfficeReply, Phi};
use nlu::ReadingView;
use serde::Serialize;

use crate::journal::{Entry, Happening, Party};

/// A call, summed up. Times are milliseconds from the answer.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// From the first ring to the answer.
    pub answered_ms: u64,
    /// When the greeting's first sound left.
    pub greeting_first_sound_ms: Option<u64>,
    /// Every utterance of the caller, with what was understood and answered.
    pub turns: Vec<Turn>,
    /// What was achieved.
    pub outcomes: Vec<OutcomeKind>,
    /// The escalation, if there was one.
    pub escalation: Option<EscalationTimes>,
    /// Who ended the call.
    pub hangup_by: Option<Party>,
}

/// One kind of outcome.
#[derive(Debug, Serialize)]
pub struct OutcomeKind {
    /// Its name.
    pub kind: dialogue::Outcome,
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
    /// Last voiced sample of what it was decided on.
    pub heard_end_ms: Option<u64>,
    /// On whose word.
    pub decided_on: dialogue::Witness,
    /// When it was decided.
    pub decided_ms: u64,
    /// When paging began: the case was durable, or could not be made so and was paged all the same.
    pub page_sent_ms: Option<u64>,
    /// When a channel accepted a page.
    pub page_accepted_ms: Option<u64>,
    /// Where a recording's urgent words ended, if somebody marked them.
    pub urgent_words_end_ms: Option<u64>,
}

impl Summary {
    /// Sums up a whole journal. `answered_after` is how long it rang.
    pub fn of(journal: &[Entry], answered_after: Duration) -> Self {
        let mut summary = Self { answered_ms: answered_after.as_millis() as u64, ..Self::default() };
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
            Happening::Answered { .. } | Happening::Timeout | Happening::Stage { .. } => {}
        }
    }

    fn add_input(&mut self, input: &Input, at: CallTime) {
        match input {
            Input::Heard { text, reading } => {
                if let Some(turn) = self.turns.iter_mut().find(|turn| turn.reading.is_none()) {
                    turn.reading = Some(ReadingView::new(text, reading, None));
                }
            }
            Input::Office { reply, .. } => self.office(reply, at),
            Input::Answered
            | Input::SpeechStarted
            | Input::SpeechEnded
            | Input::PartialFlags(_)
            | Input::Corrected { .. }
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
        match reply {
            OfficeReply::CaseOpened { .. } => {
                escalation.page_sent_ms.get_or_insert(at.as_ms());
            }
            OfficeReply::Paged => {
                escalation.page_sent_ms.get_or_insert(at.as_ms());
                escalation.page_accepted_ms.get_or_insert(at.as_ms());
            }
            OfficeReply::MessageSaved { .. }
            | OfficeReply::NotPaged
            | OfficeReply::Acknowledged { .. }
            | OfficeReply::CaseUpdated
            | OfficeReply::Unavailable => {}
        }
    }

    fn add_output(&mut self, output: &Output, at: CallTime) {
        match output {
            Output::Note(Note::Outcome(kind)) => self.outcomes.push(OutcomeKind { kind: *kind }),
            Output::Note(Note::Escalated { on, .. }) => {
                let heard_end_ms = self.turns.last().map(|turn| turn.caller_end_ms);
                self.escalation.get_or_insert(EscalationTimes {
                    heard_end_ms,
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
