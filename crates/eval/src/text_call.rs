use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use dialogue::{CallContext, Input, Note, Outcome, Output, Receptionist, TransferNews, Wording};
use domain::{CallId, CallTime, LineId, OfficeRequest, Phi, Practice};
use jiff::Zoned;
use nlu::{ReadContext, Reader, Said};

use crate::scenario::{Expectation, Scenario, Step};
use crate::{Book, BookError, BookOptions, OfficeManner};

/// A letter takes so long to say: about 15 letters a second.
const LETTER: Duration = Duration::from_millis(65);
/// From the end of the caller's words to their reading.
const READING: Duration = Duration::from_millis(600);
/// From a request to the office's first reply, and between replies.
const OFFICE: Duration = Duration::from_millis(150);
/// A caller waits so long after FirstRing's last word before speaking.
const PAUSE: Duration = Duration::from_millis(500);

/// One line that FirstRing said.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// Its words.
    pub text: String,
    /// How many utterances the caller had made before it.
    pub after_turn: usize,
}

/// A call in text and virtual time.
#[derive(Debug)]
pub struct TextCall {
    practice: Arc<Practice>,
    wording: Wording,
    reader: Reader,
    receptionist: Receptionist,
    manner: OfficeManner,
    book: Book,
    id: CallId,
    started: Zoned,
    now: CallTime,
    /// What will happen, in order of time.
    ahead: VecDeque<(CallTime, Input)>,
    history: Vec<Said>,
    spoken: Vec<Spoken>,
    turns: usize,
    cases: Vec<String>,
    messages: Vec<String>,
    outcomes: Vec<Outcome>,
    hung_up: bool,
}

impl TextCall {
    /// A call of `scenario`, picked up; the reader may have a model.
    pub fn answer(scenario: &Scenario, office: BookOptions, reader: Reader) -> Result<Self, BookError> {
        let practice = Arc::clone(&office.practice);
        let context = CallContext {
            caller_id: scenario.caller_id.clone(),
            open: practice.is_open(&scenario.now),
            practice: Arc::clone(&practice),
            began: scenario.now.clone(),
        };
        let mut call = Self {
            practice,
            wording: Wording::built_in(),
            reader,
            receptionist: Receptionist::new(context),
            manner: scenario.office,
            book: Book::open(office, scenario.now.timestamp(), &scenario.book)?,
            id: CallId::new(),
            started: scenario.now.clone(),
            now: CallTime::ZERO,
            ahead: VecDeque::new(),
            history: Vec::new(),
            spoken: Vec::new(),
            turns: 0,
            cases: Vec::new(),
            messages: Vec::new(),
            outcomes: Vec::new(),
            hung_up: false,
        };
        call.input(Input::Answered);
        call.settle();
        Ok(call)
    }

    /// Does one step; an expectation that does not hold is an error that says what did.
    pub fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Caller(text) => self.say(text),
            Step::Silence(long) => self.pass(*long),
            Step::Digit(key) => {
                self.input(Input::Digit(*key));
                self.settle();
            }
            Step::HangUp => {
                self.input(Input::HungUp);
                self.hung_up = true;
                self.settle();
            }
            Step::Expect(expectation) => return self.check(expectation),
        }
        Ok(())
    }

    /// Everything that FirstRing has said.
    pub fn spoken(&self) -> &[Spoken] {
        &self.spoken
    }

    fn say(&mut self, text: &Phi<String>) {
        self.turns += 1;
        self.input(Input::SpeechStarted);
        self.pass_until(self.now + LETTER * u32::try_from(text.expose().len()).unwrap_or(u32::MAX));
        self.input(Input::SpeechEnded);
        let context =
            ReadContext { asked: self.receptionist.asked(), so_far: self.history.clone(), now: self.wall_time() };
        let reading = Box::new(self.reader.read(text, &context));
        self.history.push(Said::Caller(text.clone()));
        self.pass_until(self.now + READING);
        self.input(Input::Heard { text: text.clone(), reading });
        self.settle();
    }

    fn wall_time(&self) -> Zoned {
        self.started.checked_add(Duration::from(self.now)).expect("calls are short")
    }

    fn input(&mut self, input: Input) {
        self.receptionist.handle_input(input, self.now);
        self.act();
    }

    fn act(&mut self) {
        while let Some(output) = self.receptionist.poll_output() {
            match output {
                Output::Say { line, prompt, .. } => self.begin_line(line, &prompt),
                Output::Ask { id, request } => {
                    self.note_request(&request);
                    let replies = self.manner.replies(&request);
                    let now = self.wall_time().timestamp();
                    let replies = replies.unwrap_or_else(|| self.book.ask(self.id, id, request, now));
                    for (index, reply) in replies.into_iter().enumerate() {
                        let after = OFFICE * u32::try_from(index + 1).expect("few replies");
                        self.later(after, Input::Office { id, reply });
                    }
                }
                Output::Transfer { .. } => self.later(Duration::ZERO, Input::Transfer(TransferNews::Unavailable)),
                Output::StopSpeaking => self.ahead.retain(|(_, input)| !matches!(input, Input::LineFinished(_))),
                Output::HangUp => self.hung_up = true,
                Output::Note(Note::Outcome(outcome)) => self.outcomes.push(outcome),
                Output::Note(Note::Escalated { .. }) | Output::PauseSpeaking | Output::ResumeSpeaking => {}
            }
        }
    }

    fn begin_line(&mut self, line: LineId, prompt: &dialogue::Prompt) {
        let text = self.wording.render(prompt, &self.practice).text;
        let long = LETTER * u32::try_from(text.expose().len()).unwrap_or(u32::MAX);
        self.history.push(Said::FirstRing(text.clone()));
        self.spoken.push(Spoken { text: text.into_exposed(), after_turn: self.turns });
        self.later(Duration::ZERO, Input::LineStarted(line));
        self.later(long, Input::LineFinished(line));
    }

    fn note_request(&mut self, request: &OfficeRequest) {
        match request {
            OfficeRequest::OpenCase(case) => self.cases.push(case.urgency.to_string()),
            OfficeRequest::UpdateCase(domain::CaseUpdate::Raised { urgency, .. }) => {
                self.cases.push(urgency.to_string());
            }
            OfficeRequest::SaveMessage(message) => {
                let name = message.name.as_ref().map_or("", |name| name.expose());
                let number = message.callback.as_ref().map_or("", |number| number.expose().as_str());
                let complete = if message.complete { "complete" } else { "incomplete" };
                self.messages.push(format!("{name} {number} {complete}: {}", message.text.expose()));
            }
            OfficeRequest::UpdateCase(_)
            | OfficeRequest::FindPatient(_)
            | OfficeRequest::RegisterPatient(_)
            | OfficeRequest::FindSlots(_)
            | OfficeRequest::FindAppointments(_)
            | OfficeRequest::Book(_)
            | OfficeRequest::Move { .. }
            | OfficeRequest::Cancel(_) => {}
        }
    }

    fn later(&mut self, after: Duration, input: Input) {
        let at = self.now + after;
        let place = self.ahead.partition_point(|(other, _)| *other <= at);
        self.ahead.insert(place, (at, input));
    }

    /// Lets everything happen that is under way: lines are said, replies come. Then the caller pauses.
    fn settle(&mut self) {
        while let Some((at, _)) = self.ahead.back() {
            self.pass_until(*at);
        }
        self.pass_until(self.now + PAUSE);
    }

    fn pass(&mut self, long: Duration) {
        self.pass_until(self.now + long);
        self.settle();
    }

    /// Everything that is due by `end`, timers and inputs, in order of time.
    fn pass_until(&mut self, end: CallTime) {
        loop {
            let timer = self.receptionist.poll_timeout().map(|(at, _)| at);
            let input = self.ahead.front().map(|(at, _)| *at);
            let Some(next) = timer.into_iter().chain(input).min().filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            if input == Some(next)
                && let Some((_, input)) = self.ahead.pop_front()
            {
                self.input(input);
            } else {
                self.receptionist.handle_timeout(self.now);
                self.act();
            }
        }
        self.now = self.now.max(end);
    }

    fn check(&self, expectation: &Expectation) -> Result<(), String> {
        let since: Vec<_> =
            self.spoken.iter().filter(|line| line.after_turn == self.turns).map(|line| line.text.as_str()).collect();
        let since = since.join(" ");
        match expectation {
            Expectation::Says(pattern) if matches(pattern, &since) => Ok(()),
            Expectation::Says(pattern) => Err(format!("expected {pattern:?}, but FirstRing said {since:?}")),
            Expectation::Never(pattern) => match self.spoken.iter().find(|line| matches(pattern, &line.text)) {
                Some(line) => Err(format!("must not be said: {:?}", line.text)),
                None => Ok(()),
            },
            Expectation::Paged(urgency) => held(self.cases.contains(urgency), "paged", &self.cases),
            Expectation::NotPaged => held(self.cases.is_empty(), "not paged", &self.cases),
            Expectation::Message(pattern) => {
                held(self.messages.iter().any(|text| matches(pattern, text)), pattern, &self.messages)
            }
            Expectation::InBook(pattern) => {
                let lines = self.book.lines();
                held(lines.iter().any(|line| matches(pattern, line)), pattern, &lines)
            }
            Expectation::NotInBook(pattern) => {
                let lines = self.book.lines();
                held(!lines.iter().any(|line| matches(pattern, line)), &format!("nothing like {pattern}"), &lines)
            }
            Expectation::Outcome(kind) => {
                let kinds: Vec<_> = self.outcomes.iter().map(|outcome| outcome.kind().to_owned()).collect();
                held(kinds.contains(kind), kind, &kinds)
            }
            Expectation::Over(expected) => {
                let over = self.hung_up || self.receptionist.is_over();
                held(over == *expected, "whether the call is over", &[over.to_string()])
            }
        }
    }
}

fn held(holds: bool, expected: &str, found: &[String]) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}")) }
}

/// Whether `text` contains the pieces of `pattern` between its `...`, in order.
fn matches(pattern: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    let mut rest = text.as_str();
    pattern.to_lowercase().split("...").map(str::trim).filter(|piece| !piece.is_empty()).all(|piece| {
        match rest.find(piece) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        }
    })
}
