//! A call in virtual time: a mouth that takes time, an office that answers in its own way, and a trace of everything.
#![allow(dead_code)] // each test binary uses a part of it
#![allow(clippy::unwrap_used)] // a panic is how a test fails

pub(crate) mod book;
pub(crate) mod office;
pub(crate) mod promises;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use dialogue::{CallContext, Input, Note, Output, Prompt, Reason, Receptionist, Wording};
use domain::{
    AnswerPromise, CallTime, CallerKind, CallerPolicy, Fact, FactId, FrontDesk, Intent, LanguageLine, LineId,
    Meanwhile, Phi, Practice, PracticeId, Recording, Urgency,
};
use jiff::tz::TimeZone;

use self::office::Office;

/// What a test drives: the receptionist, or one that breaks a promise.
pub(crate) trait Core: std::fmt::Debug {
    fn handle_input(&mut self, input: Input, now: CallTime);
    fn handle_timeout(&mut self, now: CallTime);
    fn poll_timeout(&self) -> Option<(CallTime, Reason)>;
    fn poll_output(&mut self) -> Option<Output>;
    fn is_over(&self) -> bool;
    fn urgency(&self) -> Urgency;
}

impl Core for Receptionist {
    fn handle_input(&mut self, input: Input, now: CallTime) {
        Self::handle_input(self, input, now);
    }
    fn handle_timeout(&mut self, now: CallTime) {
        Self::handle_timeout(self, now);
    }
    fn poll_timeout(&self) -> Option<(CallTime, Reason)> {
        Self::poll_timeout(self)
    }
    fn poll_output(&mut self) -> Option<Output> {
        Self::poll_output(self)
    }
    fn is_over(&self) -> bool {
        Self::is_over(self)
    }
    fn urgency(&self) -> Urgency {
        Self::urgency(self)
    }
}

/// One thing that happened, with the call's urgency after it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: CallTime,
    pub(crate) event: Event,
    pub(crate) urgency: Urgency,
}

#[derive(Clone, Debug)]
pub(crate) enum Event {
    In(Input),
    Woke(Reason),
    Out(Output),
}

/// Everything that happened, and how it ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    pub(crate) entries: Vec<Entry>,
    /// The machine said that it was over.
    pub(crate) over: bool,
    /// `Debug` of the machine after each step.
    pub(crate) debugs: String,
}

/// How the mouth speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mouth {
    Works,
    /// Loses every n-th line: it never starts.
    LosesEvery(u32),
    /// From the n-th line on only what says that the voice is lost can be heard, and the rest is known to be lost.
    FixedFrom(u32),
    /// From the n-th line on nothing can be heard, and that is known.
    MuteFrom(u32),
}

/// A call in virtual time.
#[derive(Debug)]
pub(crate) struct Call<C> {
    pub(crate) core: C,
    pub(crate) now: CallTime,
    pub(crate) trace: Trace,
    office: Office,
    mouth: Mouth,
    wording: Wording,
    practice: Arc<Practice>,
    line: Option<Speaking>,
    keep_debugs: bool,
}

#[derive(Debug)]
struct Speaking {
    line: LineId,
    started: bool,
    held: bool,
    /// Until it starts, or until it ends.
    left: Duration,
}

const FIRST_SOUND: Duration = Duration::from_millis(200);
const PER_CHARACTER: Duration = Duration::from_millis(60);
/// No call of these tests lasts longer; one that does never ends.
pub(crate) const CALL_LIMIT: CallTime = CallTime::from_ms(6 * 60 * 60 * 1000);

pub(crate) fn practice(connects_urgent: bool) -> Arc<Practice> {
    let fact = Fact {
        id: FactId::from("parking"),
        asked_with: vec!["park".to_owned()],
        answer: "There is free parking behind the building.".to_owned(),
    };
    Arc::new(Practice {
        id: PracticeId::from("riverside"),
        name: "Riverside Family Medicine".to_owned(),
        zone: TimeZone::UTC,
        emergency_number: "911".to_owned(),
        crisis_number: "988".to_owned(),
        hours: Vec::new(),
        facts: vec![fact],
        words: Vec::new(),
        meanwhile: vec![Meanwhile { connect: connects_urgent, ..Meanwhile::default() }],
        front_desk: front_desk(),
    })
}

/// Who calls again within this time goes on.
pub(crate) const RESUME_WITHIN: Duration = Duration::from_mins(15);

fn front_desk() -> FrontDesk {
    let soon = "by the end of the next working day".to_owned();
    FrontDesk {
        promises: vec![AnswerPromise { intent: Intent::PrescriptionRefill, by: soon }],
        callers: vec![
            (CallerKind::Clinician, CallerPolicy::PageClinician),
            (CallerKind::Pharmacy, CallerPolicy::Message),
            (CallerKind::Insurer, CallerPolicy::Desk),
            (CallerKind::Vendor, CallerPolicy::Decline),
        ],
        languages: vec![LanguageLine {
            language: "Spanish".to_owned(),
            heard_with: vec!["hablo".to_owned()],
            line: "Un momento, por favor.".to_owned(),
        }],
        resume_within: RESUME_WITHIN,
        ..FrontDesk::default()
    }
}

pub(crate) fn context(caller_id: bool, open: bool, connects_urgent: bool) -> CallContext {
    CallContext {
        caller_id: caller_id.then(|| Phi::new("+15550100199".parse().unwrap())),
        open,
        practice: practice(connects_urgent),
        began: "2026-03-03T10:00:00+00:00[UTC]".parse().unwrap(),
    }
}

/// The same of a practice that handles recordings so.
pub(crate) fn recording_context(mut context: CallContext, recording: Recording) -> CallContext {
    Arc::make_mut(&mut context.practice).front_desk.recording = recording;
    context
}

/// A context of a practice that has its appointments made on the telephone.
pub(crate) fn booking_context(caller_id: bool, open: bool) -> CallContext {
    CallContext { practice: book::practice(), ..context(caller_id, open, false) }
}

/// The same of one that keeps a waiting list.
pub(crate) fn waiting_context(caller_id: bool, open: bool, kept: domain::WaitingListKept) -> CallContext {
    let mut practice = (*book::practice()).clone();
    practice.front_desk.waiting_list = kept;
    CallContext { practice: std::sync::Arc::new(practice), ..context(caller_id, open, false) }
}

impl<C: Core> Call<C> {
    pub(crate) fn new(core: C, office: Office, mouth: Mouth) -> Self {
        Self {
            core,
            now: CallTime::ZERO,
            trace: Trace::default(),
            office,
            mouth,
            wording: Wording::built_in(),
            practice: book::practice(),
            line: None,
            keep_debugs: false,
        }
    }

    /// Keeps what `Debug` prints of the machine, too.
    pub(crate) fn with_debugs(mut self) -> Self {
        self.keep_debugs = true;
        self
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.record(Event::In(input.clone()));
        self.core.handle_input(input, self.now);
        self.drain();
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.advance_to(self.now + time);
    }

    /// Lets the call go on by itself until it is over, or until it has lasted too long.
    pub(crate) fn finish(&mut self) {
        self.advance_to(CALL_LIMIT);
        self.trace.over = self.core.is_over();
    }

    /// Waits until a line is over and the machine waits for the caller, at most a minute.
    pub(crate) fn until_quiet(&mut self) {
        let limit = self.now + Duration::from_mins(1);
        loop {
            let next = self.next_event().filter(|at| *at <= limit);
            let Some(at) =
                next.filter(|_| !self.core.is_over() && (self.line.is_some() || self.office.is_busy(self.now)))
            else {
                return;
            };
            self.advance_to(at);
        }
    }

    pub(crate) fn advance_to(&mut self, limit: CallTime) {
        while let Some(at) = self.next_event().filter(|at| *at <= limit && !self.core.is_over()) {
            self.pass(at);
            if self.line.as_ref().is_some_and(|line| !line.held && line.left.is_zero()) {
                self.mouth_event();
            } else if let Some(input) = self.office.reply(self.now) {
                self.input(input);
            } else if let Some((_, reason)) = self.core.poll_timeout().filter(|(at, _)| *at <= self.now) {
                self.record(Event::Woke(reason));
                self.core.handle_timeout(self.now);
                self.drain();
            }
        }
        if !self.core.is_over() {
            self.pass(limit);
        }
    }

    fn next_event(&self) -> Option<CallTime> {
        let mouth = self.line.as_ref().filter(|line| !line.held).map(|line| self.now + line.left);
        let wake = self.core.poll_timeout().map(|(at, _)| at.max(self.now));
        [mouth, wake, self.office.next_at()].into_iter().flatten().min()
    }

    fn pass(&mut self, to: CallTime) {
        let time = to.since(self.now);
        if let Some(line) = self.line.as_mut().filter(|line| !line.held) {
            line.left = line.left.saturating_sub(time);
        }
        self.now = self.now.max(to);
    }

    fn mouth_event(&mut self) {
        let Some(Speaking { line, started, .. }) = self.line.take() else { return };
        if started {
            return self.input(Input::LineFinished(line));
        }
        let prompt = self.prompt_of(line);
        let voiced = match self.mouth {
            Mouth::Works | Mouth::LosesEvery(_) => true,
            Mouth::FixedFrom(n) => line.0 < n || prompt == Prompt::VoiceLost,
            Mouth::MuteFrom(n) => line.0 < n,
        };
        if !voiced {
            return self.input(Input::VoiceLost);
        }
        let text = self.wording.render(&prompt, &self.practice).text;
        let characters = u32::try_from(text.expose().len()).unwrap();
        self.line = Some(Speaking { line, started: true, held: false, left: PER_CHARACTER * characters });
        self.input(Input::LineStarted(line));
    }

    fn prompt_of(&self, id: LineId) -> Prompt {
        let says = self.trace.entries.iter().rev().find_map(|entry| match &entry.event {
            Event::Out(Output::Say { line, prompt, .. }) if *line == id => Some(prompt.clone()),
            Event::Out(_) | Event::In(_) | Event::Woke(_) => None,
        });
        says.expect("a line that was said")
    }

    fn drain(&mut self) {
        while let Some(output) = self.core.poll_output() {
            match &output {
                Output::Say { line, .. } => {
                    let lost = matches!(self.mouth, Mouth::LosesEvery(n) if line.0.is_multiple_of(n));
                    self.line = Some(Speaking { line: *line, started: false, held: lost, left: FIRST_SOUND });
                }
                Output::PauseSpeaking => self.hold(true),
                Output::ResumeSpeaking => self.hold(false),
                Output::StopSpeaking | Output::HangUp => self.line = None,
                Output::Ask { id, request } => self.office.ask(*id, request, self.now),
                Output::Transfer { .. } => self.office.transfer(self.now),
                Output::Bridge | Output::StopRinging | Output::Record(_) | Output::Note(_) => {}
            }
            self.record(Event::Out(output));
        }
        if self.keep_debugs {
            write!(self.trace.debugs, "{:?}", self.core).unwrap();
        }
    }

    fn hold(&mut self, held: bool) {
        if let Some(line) = &mut self.line {
            line.held = held;
        }
    }

    fn record(&mut self, event: Event) {
        self.trace.entries.push(Entry { at: self.now, event, urgency: self.core.urgency() });
    }
}

impl Trace {
    /// The call as a person would write it down.
    pub(crate) fn lines(&self) -> VecDeque<String> {
        let (wording, practice) = (Wording::built_in(), book::practice());
        self.entries.iter().filter_map(|entry| line_of(entry, &wording, &practice)).collect()
    }
}

/// A line of a scenario for what came out; what went in is in the scenario already.
fn line_of(entry: &Entry, wording: &Wording, practice: &Practice) -> Option<String> {
    let Event::Out(output) = &entry.event else { return None };
    let short = |value: serde_json::Value| {
        let text = value.to_string();
        text.replace(['"', '{', '}'], "").replace(':', " ").replace(",nth", "")
    };
    match output {
        Output::Say {
            prompt: prompt @ (Prompt::Visit(_) | Prompt::Patient(_) | Prompt::OfYou(_) | Prompt::Request(_)),
            ..
        } => Some(format!("FirstRing: {}", wording.render(prompt, practice).text.expose())),
        Output::Note(Note::Outcome(outcome)) => Some(format!("Note: outcome {}", outcome.kind())),
        Output::Say { prompt, .. } => Some(format!("FirstRing: {}", short(serde_json::to_value(prompt).unwrap()))),
        Output::PauseSpeaking => Some("FirstRing holds".to_owned()),
        Output::ResumeSpeaking => Some("FirstRing goes on".to_owned()),
        Output::StopSpeaking => Some("FirstRing stops".to_owned()),
        Output::Ask { request, .. } => Some(format!("Office: {}", office::short(request))),
        Output::Bridge => Some("Bridge".to_owned()),
        Output::StopRinging => Some("StopRinging".to_owned()),
        Output::Record(record) => Some(format!("Record: {}", short(serde_json::to_value(record).unwrap()))),
        Output::Transfer { to, .. } => Some(format!("Transfer: {}", short(serde_json::to_value(to).unwrap()))),
        Output::HangUp => Some("FirstRing hangs up".to_owned()),
        Output::Note(note) => Some(format!("Note: {}", short(serde_json::to_value(note).unwrap()))),
    }
}
