use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use dialogue::{CallContext, Input, Note, Output, Prompt, Receptionist, TransferNews, Wording};
use domain::{Asked, CallId, CallTime, LineId, NewPatient, Phi, PhoneNumber, Practice};
use jiff::Zoned;
use nlu::{ReadContext, Reader, Said};

use crate::scenario::{Scenario, Step};
use crate::seen::{Seen, Spoken};
use crate::{Book, BookError, BookOptions, OfficeManner};

/// A letter takes so long to say: about 15 letters a second.
const LETTER: Duration = Duration::from_millis(65);
/// From the end of the caller's words to their reading.
const READING: Duration = Duration::from_millis(600);
/// From a request to the office's first reply, and between replies.
const OFFICE: Duration = Duration::from_millis(150);
/// From the pick-up until the caller's last call is looked up.
const LOOKED_UP: Duration = Duration::from_millis(300);
/// A caller waits so long after FirstRing's last word before speaking.
const PAUSE: Duration = Duration::from_millis(500);

/// A call in text and virtual time.
#[derive(Debug)]
pub struct TextCall {
    practice: Arc<Practice>,
    wording: Wording,
    reader: Reader,
    receptionist: Receptionist,
    caller_id: Option<Phi<PhoneNumber>>,
    manner: OfficeManner,
    book: Book,
    id: CallId,
    started: Zoned,
    now: CallTime,
    /// What will happen, in order of time.
    ahead: VecDeque<(CallTime, Input)>,
    history: Vec<Said>,
    prompts: Vec<Prompt>,
    seen: Seen,
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
            caller_id: scenario.caller_id.clone(),
            manner: scenario.office,
            book: Book::open(office, scenario.now.timestamp(), &scenario.book)?,
            id: CallId::new(),
            started: scenario.now.clone(),
            now: CallTime::ZERO,
            ahead: VecDeque::new(),
            history: Vec::new(),
            prompts: Vec::new(),
            seen: Seen::default(),
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
                self.seen.over = true;
                self.settle();
            }
            Step::CallAgain(after) => self.call_again(*after),
            Step::Expect(expectation) => return self.seen.check(expectation, || self.book.lines()),
        }
        Ok(())
    }

    /// The same number calls again. What the call before left undone is found in time, if it is found.
    fn call_again(&mut self, after: Duration) {
        self.pass_until(self.now + after);
        let context = CallContext {
            caller_id: self.caller_id.clone(),
            open: self.practice.is_open(&self.wall_time()),
            practice: Arc::clone(&self.practice),
            began: self.wall_time(),
        };
        (self.id, self.started, self.now) = (CallId::new(), context.began.clone(), CallTime::ZERO);
        let before = std::mem::replace(&mut self.receptionist, Receptionist::new(context));
        self.ahead.clear();
        self.history.clear();
        self.prompts.clear();
        self.seen = Seen::default();
        self.input(Input::Answered);
        if self.caller_id.is_some()
            && let Some(unfinished) = before.unfinished(&self.started)
        {
            self.later(LOOKED_UP, Input::BrokeOff(Box::new(unfinished)));
        }
        self.settle();
    }

    /// Everything that FirstRing has said.
    pub fn spoken(&self) -> &[Spoken] {
        &self.seen.spoken
    }

    pub(crate) fn asked(&self) -> Asked {
        self.receptionist.asked()
    }

    /// All that FirstRing has said since the caller last spoke.
    pub(crate) fn said_last(&self) -> String {
        self.seen.since()
    }

    /// Ends the call wherever it is.
    pub(crate) fn into_reader(self) -> Reader {
        self.reader
    }

    /// What FirstRing has said, without its words.
    pub(crate) fn prompts(&self) -> &[Prompt] {
        &self.prompts
    }

    /// Whom the office was asked to register.
    pub(crate) fn registered(&self) -> Option<&NewPatient> {
        self.seen.registered.as_ref()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.seen.over
    }

    pub(crate) fn say(&mut self, text: &Phi<String>) {
        self.seen.turns += 1;
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
                    self.seen.request(&request);
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
                Output::HangUp => self.seen.over = true,
                Output::Note(Note::Outcome(outcome)) => self.seen.outcome(&outcome),
                Output::Note(Note::Escalated { .. })
                | Output::Bridge
                | Output::StopRinging
                | Output::Record(_)
                | Output::PauseSpeaking
                | Output::ResumeSpeaking => {}
            }
        }
        self.seen.over |= self.receptionist.is_over();
    }

    fn begin_line(&mut self, line: LineId, prompt: &Prompt) {
        let text = self.wording.render(prompt, &self.practice).text;
        let long = LETTER * u32::try_from(text.expose().len()).unwrap_or(u32::MAX);
        self.history.push(Said::FirstRing(text.clone()));
        self.prompts.push(prompt.clone());
        self.seen.line(text.into_exposed());
        self.later(Duration::ZERO, Input::LineStarted(line));
        self.later(long, Input::LineFinished(line));
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
}
