//! What a journal tells of a call: turns, latencies, outcomes. Pure: the same journal gives the same summary.

mod achieved;

use dialogue::{Input, Note, Output, Record};
use domain::{CallTime, LineId, LineQuality, OfficeReply, Phi, Utterance};
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
    /// Whether its sound is kept.
    pub recorded: bool,
    /// Who ended the call.
    pub hangup_by: Option<Party>,
    /// By which advertising channel it came; `None`: unknown.
    pub channel: Option<String>,
    /// Loss and jitter of its line; `None` of calls that did not come by SIP, or were cut off by an outage.
    pub quality: Option<LineQuality>,
    #[serde(skip)]
    newest_line: Option<Line>,
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
    /// From the caller's last voiced sample to the first sound of the answer; `None` also where the answer began before the
    /// caller had finished.
    pub voice_to_voice_ms: Option<u64>,
    /// The answer's words.
    pub reply: Option<Phi<String>>,
    #[serde(skip)]
    reply_line: Option<LineId>,
}

/// A line of ours.
#[derive(Debug)]
struct Line {
    id: LineId,
    text: Phi<String>,
    first_sound: Option<CallTime>,
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
            Happening::Heard(utterance) => self.heard(utterance),
            Happening::Input(input) => self.add_input(input, *at),
            Happening::Output(output) => self.add_output(output, *at),
            Happening::Line { line, text } => {
                self.newest_line = Some(Line { id: *line, text: text.clone(), first_sound: None });
                if let Some(turn) = self.turns.last_mut().filter(|turn| turn.reply_line.is_none()) {
                    turn.reply_line = Some(*line);
                    turn.reply = Some(text.clone());
                }
            }
            Happening::FirstSound { line } => self.first_sound(*line, *at),
            Happening::Over { by, line } => (self.hangup_by, self.quality) = (Some(*by), *line),
            Happening::Hearing(partial) => self.evidence_end = Some(partial.to),
            Happening::Answered { started, channel, .. } => {
                self.zone = Some(started.time_zone().clone());
                self.channel.clone_from(channel);
            }
            Happening::Dismissed | Happening::Timeout | Happening::Stage { .. } => {}
        }
    }

    /// Urgent words are answered while the caller still speaks: the line that began in the midst of an utterance is its answer.
    fn heard(&mut self, utterance: &Utterance) {
        let begun_within = |line: &&Line| line.first_sound.is_some_and(|at| at > utterance.from);
        let answer = self.newest_line.as_ref().filter(begun_within);
        let first_sound_ms = answer.and_then(|line| line.first_sound).map(CallTime::as_ms);
        self.turns.push(Turn {
            caller_start_ms: utterance.from.as_ms(),
            caller_end_ms: utterance.to.as_ms(),
            text: utterance.text.clone(),
            reading: None,
            first_sound_ms,
            voice_to_voice_ms: first_sound_ms.and_then(|first| first.checked_sub(utterance.to.as_ms())),
            reply: answer.map(|line| line.text.clone()),
            reply_line: answer.map(|line| line.id),
        });
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
            | Input::LinesAreFew
            | Input::HearingLost
            | Input::VoiceLost
            | Input::BrokeOff(_)
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
            Output::Record(record) => self.recorded = self.recorded && *record == Record::Off || *record == Record::On,
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
            | Output::Bridge
            | Output::StopRinging
            | Output::HangUp => {}
        }
    }

    fn first_sound(&mut self, line: LineId, at: CallTime) {
        if let Some(newest) = self.newest_line.as_mut().filter(|newest| newest.id == line) {
            newest.first_sound = Some(at);
        }
        self.greeting_first_sound_ms.get_or_insert(at.as_ms());
        if let Some(turn) = self.turns.iter_mut().rev().find(|turn| turn.reply_line == Some(line)) {
            turn.first_sound_ms = Some(at.as_ms());
            turn.voice_to_voice_ms = at.as_ms().checked_sub(turn.caller_end_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{LineCodec, WayQuality};

    use super::*;

    const WAY: WayQuality = WayQuality { expected: 900, lost: 9, jitter_ms: 1.5 };
    const LINE: LineQuality = LineQuality { codec: LineCodec::G722, heard: WAY, said: Some(WAY), round_trip_ms: None };

    #[test]
    fn a_line_that_begins_in_the_midst_of_an_utterance_is_its_answer() {
        let line = |line, text: &str| Happening::Line { line: LineId(line), text: Phi::from(text.to_owned()) };
        let heard = |from, to| {
            let (from, to) = (CallTime::from_ms(from), CallTime::from_ms(to));
            Happening::Heard(Utterance { text: Phi::from("words".to_owned()), from, to, confidence: 1.0 })
        };
        let journal = [
            (0, line(1, "greeting")),
            (10, Happening::FirstSound { line: LineId(1) }),
            (7_000, line(2, "Call 911 now.")),
            (7_020, Happening::FirstSound { line: LineId(2) }),
            (9_600, heard(5_500, 9_000)),
            (14_000, line(3, "Have you called?")),
            (14_020, Happening::FirstSound { line: LineId(3) }),
            (16_500, heard(15_000, 16_000)),
            (16_800, line(4, "Who is with you?")),
            (16_820, Happening::FirstSound { line: LineId(4) }),
            (20_000, Happening::Over { by: Party::Caller, line: Some(LINE) }),
        ];
        let summary = Summary::of(&journal.map(|(at, what)| Entry { at: CallTime::from_ms(at), what }));
        let told = |turn: &Turn| {
            let reply = turn.reply.as_ref().map(|reply| reply.expose().clone()).unwrap();
            (reply, turn.first_sound_ms, turn.voice_to_voice_ms)
        };
        let turns: Vec<_> = summary.turns.iter().map(told).collect();
        assert_eq!(turns[0], ("Call 911 now.".to_owned(), Some(7_020), None));
        assert_eq!(turns[1], ("Who is with you?".to_owned(), Some(16_820), Some(820)));
        assert_eq!((summary.hangup_by, summary.quality), (Some(Party::Caller), Some(LINE)));
        let told = serde_json::to_value(&summary).unwrap();
        let way = serde_json::json!({ "expected": 900, "lost": 9, "jitter_ms": 1.5 });
        assert_eq!(
            told["quality"],
            serde_json::json!({ "codec": "g722", "heard": way, "said": way, "round_trip_ms": null })
        );
    }

    #[test]
    fn an_end_that_was_kept_before_lines_were_counted_is_read() {
        let kept = r#"{"at":5,"what":{"over":{"by":"caller"}}}"#;
        let entry: Entry = serde_json::from_str(kept).unwrap();
        assert!(matches!(entry.what, Happening::Over { by: Party::Caller, line: None }));
        assert_eq!(serde_json::to_string(&entry).unwrap(), kept);
    }
}
