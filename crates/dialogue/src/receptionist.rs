//! One call. [`Receptionist`] holds the small machines and lets them work together:
//!
//! | machine | decides |
//! |---|---|
//! | `TurnTaking` | when to speak |
//! | `Silence` | what to do while nobody does |
//! | `Triage` | how urgent the call is |
//! | `Agenda` | what is done first, and what then |
//! | `Contact`, `Identity`, `Visit`, `Form`, `Plan` | what to ask |
//! | `Desk` | what the office is asked, and what may be claimed |
//!
//! After every input it takes the one next step (`proceed`): an emergency line, at once or when the sentence is over; else,
//! when the floor is free, news from the office, then the safety question, then whatever the plan wants. Nothing is queued but news, so nothing stale
//! is ever said.

mod answers;
mod callers;
mod connecting;
mod digressing;
mod ending;
mod handing_over;
mod hearing;
mod recording;
mod requesting;
mod resuming;
mod speaking;
mod talking;
mod visiting;
mod voiceless;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::{Asked, CallTime, EmergencyKind, Lines, OfficeHours, OfficeReply, Phi, Practice, Slots, Urgency, YesNo};
use jiff::Zoned;

use crate::agenda::Agenda;
use crate::contact::Contact;
use crate::desk::Desk;
use crate::echo::Echo;
use crate::identity::Identity;
use crate::plan::Plan;
use crate::question::Question;
use crate::resume::Resume;
use crate::said::Said;
use crate::silence::Silence;
use crate::triage::Triage;
use crate::turn_taking::TurnTaking;
use crate::{CallContext, Input, Outcome, Output, Witness};
use connecting::Sought;
use recording::Recording;
use speaking::{News, Repeats, Saying, Telling};

/// A sentence that holds a red flag is waited for so long before its emergency line is said into it. The page has left.
const SENTENCE_ENDS_WITHIN: Duration = Duration::from_millis(1500);
/// After so many utterances that wanted nothing known, a message is offered.
const MISSES_MAX: u32 = 2;

/// The receptionist of one call.
///
/// Tell it what happens, drain [`Self::poll_output`], and wake it at [`Self::poll_timeout`]; until [`Self::is_over`]
/// there is always something that it waits for.
#[derive(Debug)]
pub struct Receptionist {
    practice: Arc<Practice>,
    began: Zoned,
    office: OfficeHours,
    agenda: Agenda,
    plan: Plan,
    question: Option<Question>,
    /// For its second decode.
    latest: Option<Latest>,
    turn: TurnTaking,
    silence: Silence,
    triage: Triage,
    contact: Contact,
    identity: Identity,
    desk: Desk,
    said: Said,
    resume: Resume,
    saying: Saying,
    echo: Echo,
    news: VecDeque<News>,
    emergency_lines: VecDeque<(EmergencyKind, Telling)>,
    /// Until then an emergency line waits for the end of the sentence that it answers.
    line_due: Option<CallTime>,
    repeats: Repeats,
    /// How often in a row a question was talked over.
    cut_offs: u32,
    misses: u32,
    /// How often a recorded announcement was heard.
    recordings: u32,
    /// What the practice says to this caller when somebody was paged; until it is said.
    says_meanwhile: Option<String>,
    /// A person who is sought for the caller.
    sought: Sought,
    /// How many lines were left at the beginning.
    lines: Lines,
    recording: Recording,
    /// The caller's language, if it is none that is spoken here.
    foreign: Option<String>,
    ears: Sense,
    voice: Sense,
    achieved: Vec<Outcome>,
    last_words: CallTime,
    outputs: VecDeque<Output>,
    life: Life,
}

/// The last utterance that answered something, as it was first heard.
#[derive(Debug)]
struct Latest {
    text: Phi<String>,
    slots: Slots,
    yes_no: Option<YesNo>,
    /// What it answered.
    question: Option<Question>,
}

/// Why a receptionist would wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody speaks.
    Silence,
    /// The caller stopped, and no words came.
    WordsOverdue,
    /// A line did not start, or did not end.
    LineOverdue,
    /// The office has not answered, or is to be asked again.
    OfficeOverdue,
    /// Nobody could be connected yet.
    TransferOverdue,
    /// The caller goes on, and an emergency line waits no longer.
    EmergencyLineDue,
    /// The call has lasted too long, or too long without a word.
    CallTooLong,
    /// The call is over, and the office has had its time.
    AfterCall,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sense {
    Works,
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Going,
    Over,
}

impl Receptionist {
    /// A receptionist that waits for [`Input::Answered`].
    pub fn new(context: CallContext) -> Self {
        Self {
            practice: context.practice,
            began: context.began,
            agenda: Agenda::default(),
            office: if context.open { OfficeHours::Open } else { OfficeHours::Closed },
            plan: Plan::Ringing,
            question: None,
            latest: None,
            turn: TurnTaking::default(),
            silence: Silence::default(),
            triage: Triage::new(),
            contact: Contact::new(context.caller_id),
            identity: Identity::default(),
            desk: Desk::default(),
            said: Said::default(),
            resume: Resume::default(),
            saying: Saying::Nothing,
            echo: Echo::default(),
            news: VecDeque::new(),
            emergency_lines: VecDeque::new(),
            line_due: None,
            repeats: Repeats::default(),
            cut_offs: 0,
            misses: 0,
            recordings: 0,
            says_meanwhile: None,
            sought: Sought::default(),
            lines: Lines::Plenty,
            recording: Recording::default(),
            foreign: None,
            ears: Sense::Works,
            voice: Sense::Works,
            achieved: Vec::new(),
            last_words: CallTime::ZERO,
            outputs: VecDeque::new(),
            life: Life::Going,
        }
    }

    /// Tells it what happened.
    pub fn handle_input(&mut self, input: Input, now: CallTime) {
        if let (Life::Going, Input::Corrected { was, reading, .. }) = (self.life, &input) {
            self.correct_consent(was, reading, now);
        }
        match (self.life, self.has_ended()) {
            (Life::Over, _) => return,
            (Life::Going, true) => self.handle_after_call(input, now),
            (Life::Going, false) if self.is_together() => self.handle_together(input, now),
            (Life::Going, false) => self.handle_in_call(input, now),
        }
        self.proceed(now);
    }

    /// Tells it the time, at or after [`Self::poll_timeout`].
    pub fn handle_timeout(&mut self, now: CallTime) {
        let Some((_, reason)) = self.poll_timeout().filter(|(at, _)| *at <= now) else { return };
        match reason {
            Reason::WordsOverdue | Reason::LineOverdue => {
                if let Some(end) = self.turn.handle_timeout(now) {
                    self.line_over(end, now);
                }
            }
            Reason::Silence => {
                if let Some(nudge) = self.silence.handle_timeout(now) {
                    self.nudge(nudge, now);
                }
            }
            Reason::OfficeOverdue => {
                for prompt in self.desk.handle_timeout(now) {
                    self.tell(prompt);
                }
                if self.desk.answer_overdue(now) {
                    self.hear_of_visit(&OfficeReply::Unavailable, now);
                }
            }
            Reason::TransferOverdue => self.not_connected(now),
            Reason::EmergencyLineDue => self.line_due = None, // the next step says it
            Reason::CallTooLong => self.too_long(now),
            Reason::AfterCall => {} // the next step sees it
        }
        self.proceed(now);
    }

    /// When it wants to be woken, and why. `None` only once it is over.
    pub fn poll_timeout(&self) -> Option<(CallTime, Reason)> {
        if self.is_over() {
            return None;
        }
        let office = self.desk.poll_timeout().map(|at| (at, Reason::OfficeOverdue));
        if let Plan::Ended { since } = self.plan {
            let after_call = (self.after_call(since), Reason::AfterCall);
            return office.into_iter().chain([after_call]).min_by_key(|(at, _)| *at);
        }
        let turn = self.turn.poll_timeout();
        let silence = self.silence.poll_timeout().map(|at| (at, Reason::Silence));
        let sought = self.sought.due().map(|at| (at, Reason::TransferOverdue));
        let line = self.line_due.map(|at| (at, Reason::EmergencyLineDue));
        let cap = Some((self.cap(), Reason::CallTooLong));
        [office, turn, silence, sought, line, cap].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// What is to be done next; to be drained after every call of the two above.
    pub fn poll_output(&mut self) -> Option<Output> {
        let first = self.turn.poll_output().or_else(|| self.desk.poll_output());
        first.or_else(|| self.outputs.pop_front())
    }

    /// Whether nothing more will come, once the outputs are drained.
    pub fn is_over(&self) -> bool {
        self.life == Life::Over
    }

    /// What was asked last: the reader needs it.
    pub fn asked(&self) -> Asked {
        self.question.as_ref().map_or(Asked::Open, Question::asked)
    }

    /// How urgent the call is so far. Never falls.
    pub fn urgency(&self) -> Urgency {
        self.triage.urgency()
    }

    fn handle_in_call(&mut self, input: Input, now: CallTime) {
        match input {
            Input::Answered => self.answered_call(now),
            Input::LinesAreFew => self.lines = Lines::Reserve,
            Input::SpeechStarted => self.turn.caller_starts(now),
            Input::SpeechEnded => self.turn.caller_stops(now),
            Input::PartialFlags(flags) => {
                self.turn.words_seen(now);
                self.triage.hear_partial(flags);
                let lines = self.emergency_lines.len();
                self.escalate(Witness::Partial, now);
                if self.emergency_lines.len() > lines {
                    self.line_due.get_or_insert(now + SENTENCE_ENDS_WITHIN);
                }
            }
            Input::Heard { text, reading } => {
                self.line_due = None;
                self.hear(&text, &reading, now);
            }
            Input::Corrected { was, text, reading } => self.correct(&was, &text, &reading, now),
            Input::Dismissed => {
                self.line_due = None;
                self.turn.dismissed(now);
            }
            Input::Unintelligible => {
                self.line_due = None;
                self.hear_noise(now);
            }
            Input::LineStarted(id) => self.turn.line_started(id, now),
            Input::LineFinished(id) => {
                if let Some(end) = self.turn.line_finished(id) {
                    self.line_over(end, now);
                }
            }
            Input::Digit(key) => self.hear_key(key, now),
            Input::Office { id, reply } => self.hear_office(id, &reply, now),
            Input::Transfer(news) => self.hear_of_transfer(news, now),
            Input::HearingLost => {
                self.line_due = None;
                self.lose_hearing(now);
            }
            Input::VoiceLost => self.lose_voice(now),
            Input::BrokeOff(earlier) => self.hear_of_earlier(*earlier),
            Input::HungUp | Input::LineLost => self.caller_left(now),
        }
    }

    /// The last words of a caller who has hung up may still come, and so do the office's replies.
    fn handle_after_call(&mut self, input: Input, now: CallTime) {
        match input {
            Input::Heard { text, reading } => self.hear_last_words(text, &reading, now),
            Input::Corrected { reading, .. } => {
                self.triage.hear(&reading);
                self.escalate(Witness::SecondDecode, now);
            }
            Input::Office { id, reply } => self.hear_office(id, &reply, now),
            Input::Answered
            | Input::LinesAreFew
            | Input::SpeechStarted
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
            | Input::BrokeOff(_)
            | Input::HungUp
            | Input::LineLost => {}
        }
    }

    fn answered_call(&mut self, now: CallTime) {
        if let Plan::Ringing = self.plan {
            self.last_words = now;
            self.open();
        }
    }
}
