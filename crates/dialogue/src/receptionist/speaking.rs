//! The next step, and what becomes of a line.

use std::mem::{Discriminant, discriminant};

use domain::{CallTime, EmergencyKind, OfficeHours};

use super::{Receptionist, Sense};
use crate::people::Address;
use crate::plan::{Next, Plan};
use crate::prompt::VisitLine;
use crate::question::Question;
use crate::setting::Setting;
use crate::silence::Waiting;
use crate::triage::Again;
use crate::turn_taking::LineEnd;
use crate::unspoken::Parting;
use crate::{Claim, Outcome, Prompt, TransferTo};

/// Steps without a word (saving, connecting, turning to another plan) in a row; more would be a loop.
const SILENT_STEPS_MAX: u32 = 8;

/// What is being said, and what is to be done when it is over.
#[derive(Debug)]
pub(super) enum Saying {
    Nothing,
    /// Told again if the caller's words stopped it, or if it was lost.
    News(News),
    /// Said again if it was lost.
    EmergencyLine(EmergencyKind, Telling),
    /// A pending question.
    Question,
    /// Asks for nothing, and is not said again.
    Filler,
    /// Who is on the line; then the caller is with them.
    OnTheLine,
    /// The last line of the call.
    Closing,
}

/// Something that the caller is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) prompt: Prompt,
    telling: Telling,
}

/// What was talked over or lost is told once more, and then left: a caller who talks on must not keep us from asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    First,
    Second,
}

/// How often each repeatable line has been said.
#[derive(Debug, Default)]
pub(super) struct Repeats(Vec<(Discriminant<Prompt>, u32)>);

impl Repeats {
    /// The line, numbered.
    pub(super) fn count(&mut self, line: fn(u32) -> Prompt) -> Prompt {
        let kind = discriminant(&line(0));
        if let Some((_, said)) = self.0.iter_mut().find(|(known, _)| *known == kind) {
            *said += 1;
            return line(*said);
        }
        self.0.push((kind, 0));
        line(0)
    }
}

impl Receptionist {
    /// Takes the next step: an emergency line as soon as the sentence is over that it answers, or has become too long; anything else
    /// when the floor is free.
    pub(super) fn proceed(&mut self, now: CallTime) {
        if let Plan::Ended { since } = self.plan {
            if now >= self.after_call(since) {
                self.finish();
            }
            return;
        }
        let another_is_said = matches!(self.saying, Saying::EmergencyLine(..));
        let waits = another_is_said || self.line_due.is_some();
        if !waits && let Some((kind, telling)) = self.emergency_lines.pop_front() {
            self.say_emergency_line(kind, telling, now);
        }
        if !matches!(self.saying, Saying::EmergencyLine(..)) && self.emergency_lines.is_empty() {
            self.announce(now);
        }
        if self.is_together() {
            return self.silence.hold(now);
        }
        for _ in 0..SILENT_STEPS_MAX {
            if !self.may_speak() || (self.line_due.is_some() && !self.emergency_lines.is_empty()) {
                return self.silence.hold(now);
            }
            match self.next(now) {
                Step::Say(saying, prompt) => return self.say(saying, prompt, now),
                Step::Wait(waiting) => return self.silence.run(waiting, now),
                Step::Idle => return self.silence.hold(now),
                Step::Taken => {}
            }
            if self.has_ended() {
                return self.proceed(now);
            }
        }
        debug_assert!(false, "too many steps without a word");
    }

    /// Whether a line may start. The last line of a call that has lasted too long waits for nobody: a radio never pauses.
    fn may_speak(&self) -> bool {
        let at_the_end = matches!(self.plan, Plan::Closing { prompt: Prompt::GoodbyeTooLong, .. });
        self.turn.is_free() || (at_the_end && !self.turn.is_speaking())
    }

    fn say_emergency_line(&mut self, kind: EmergencyKind, telling: Telling, now: CallTime) {
        // What was to be told of an errand no longer matters; what became of the page does.
        self.news.retain(|news| !news.prompt.is_of_an_errand());
        self.echo.answered();
        if let Some(end) = self.turn.interject(Prompt::EmergencyLine(kind), now) {
            self.line_over(end, now);
        }
        self.saying = Saying::EmergencyLine(kind, telling);
    }

    fn next(&mut self, now: CallTime) -> Step {
        if let Plan::Ringing = self.plan {
            return Step::Idle;
        }
        self.prove_whose();
        if let Plan::Unspoken(unspoken) = &mut self.plan {
            let parting = unspoken.next();
            return self.part(parting, now);
        }
        if self.turn.is_free()
            && let Some(news) = self.next_news()
        {
            let prompt = news.prompt.clone();
            return Step::Say(Saying::News(news), prompt);
        }
        if let Some(question) = self.safety_question() {
            if self.desk.page_news_expected() {
                return Step::Wait(Waiting::ForOffice);
            }
            return self.step(Next::Ask(question), now);
        }
        if let Some((prompt, is_last)) = self.echo.next() {
            let asks = is_last && self.question.is_some();
            return Step::Say(if asks { Saying::Question } else { Saying::Filler }, prompt);
        }
        if self.question.is_some() {
            return Step::Wait(self.waiting());
        }
        if let Plan::Emergency(emergency) = &mut self.plan {
            let next = emergency.next(&self.contact, self.triage.self_harm(), now);
            return self.step(next, now);
        }
        if let Plan::Closing { prompt, .. } = &self.plan {
            return self.closing(prompt.clone(), now);
        }
        let next = match &mut self.plan {
            Plan::Connecting if self.sought.rings() => Next::Wait(Waiting::WhileRinging),
            Plan::Connecting => Next::Wait(Waiting::ForOffice),
            Plan::Open(Question::AnythingElse) if self.desk.news_awaited() => Next::Wait(Waiting::ForOffice),
            Plan::Open(Question::AnythingElse) if self.agenda.has_more() => Next::TakeUp,
            Plan::Open(question) | Plan::Offer(question) => Next::Ask(question.clone()),
            Plan::Visit(visit) => {
                let setting = Setting { practice: &self.practice, began: &self.began, now };
                visit.next(&mut self.identity, &self.contact, &setting)
            }
            Plan::Message(message) => {
                let born = self.contact.date_of_birth().or_else(|| self.identity.birth());
                message.next(&self.contact, born)
            }
            Plan::Urgent(urgent) => urgent.next(&self.contact, self.desk.page_news_awaited(), self.sought.rings()),
            Plan::Unheard if self.contact.callback().is_none() || self.sought.due().is_some() => {
                Next::Wait(Waiting::ForCaller)
            }
            Plan::Unheard => Next::Close(Prompt::Goodbye),
            // Seen to above.
            Plan::Ringing
            | Plan::Unspoken(_)
            | Plan::Emergency(_)
            | Plan::Together { .. }
            | Plan::Closing { .. }
            | Plan::Ended { .. } => {
                return Step::Idle;
            }
        };
        self.step(next, now)
    }

    /// What the caller is to be told next. What became of a page is told when a question is answered, not before: whoever is
    /// asked about danger would be asked twice. In an emergency, and to a caller who says nothing, it is told at once.
    fn next_news(&mut self) -> Option<News> {
        let is_silent = self.news.iter().any(|news| matches!(news.prompt, Prompt::StillThere(_)));
        let asks = self.question.is_some() || self.triage.safety_question() == Some(Again::Second);
        let waits = asks && !is_silent && matches!(self.plan, Plan::Urgent(_));
        let due = self.news.iter().position(|news| !(waits && news.prompt.is_of_a_page()))?;
        self.news.remove(due)
    }

    /// The safety question comes before whatever else was asked, and is not asked twice at once.
    fn safety_question(&self) -> Option<Question> {
        let question = match self.triage.safety_question()? {
            Again::First => Question::Safety,
            Again::Second => Question::SafetyAgain,
        };
        let possible = matches!(
            self.plan,
            Plan::Open(_) | Plan::Offer(_) | Plan::Message(_) | Plan::Visit(_) | Plan::Connecting | Plan::Urgent(_)
        );
        (possible && self.question.as_ref() != Some(&question)).then_some(question)
    }

    fn step(&mut self, next: Next, now: CallTime) -> Step {
        match next {
            Next::Ask(question) => {
                let prompt = self.wording_of(&question);
                if let Plan::Open(next) | Plan::Offer(next) = &mut self.plan {
                    *next = next.clone().again();
                }
                self.question = Some(question);
                Step::Say(Saying::Question, prompt)
            }
            Next::CheckIn => Step::Say(Saying::Filler, self.check_in_line()),
            Next::Connect => {
                self.seek(TransferTo::OnCall, now);
                Step::Taken
            }
            Next::Save => {
                self.save_message(true, now);
                self.plan = Plan::Open(Question::AnythingElse);
                Step::Taken
            }
            Next::Close(prompt) => {
                self.close(prompt, now);
                Step::Taken
            }
            Next::Request(request) => {
                self.desk.inquire(request, now);
                Step::Taken
            }
            Next::Change(change) => {
                self.desk.change(*change, now);
                Step::Taken
            }
            Next::Done(line) => {
                self.visit_done(line);
                Step::Taken
            }
            Next::HandOver(why) => {
                self.hand_over_visit(why);
                Step::Taken
            }
            Next::TakeUp => {
                self.take_up_next(now);
                Step::Taken
            }
            Next::Wait(waiting) => Step::Wait(waiting),
        }
    }

    /// The call is closed when nothing is owed: no word about a page or a message, no doubt unkept.
    fn closing(&mut self, prompt: Prompt, now: CallTime) -> Step {
        self.save_if_begun(now);
        if self.desk.news_awaited() {
            return Step::Wait(Waiting::ForOffice);
        }
        Step::Say(Saying::Closing, prompt)
    }

    /// The steps of a call in which only one line may still be heard.
    fn part(&mut self, parting: Parting, now: CallTime) -> Step {
        match parting {
            Parting::LastLine => Step::Say(Saying::Filler, Prompt::VoiceLost),
            Parting::Wait => Step::Idle,
            Parting::HangUp => {
                self.hang_up_unspoken(now);
                Step::Taken
            }
        }
    }

    fn say(&mut self, saying: Saying, prompt: Prompt, now: CallTime) {
        self.saying = saying;
        self.echo.said(&prompt);
        let interruptible = self.ears == Sense::Works && !matches!(prompt, Prompt::GoodbyeTooLong | Prompt::VoiceLost);
        self.turn.say(prompt, interruptible, now);
        self.silence.hold(now);
    }

    pub(super) fn line_over(&mut self, end: LineEnd, now: CallTime) {
        match (std::mem::replace(&mut self.saying, Saying::Nothing), end) {
            (Saying::News(news), LineEnd::Stopped | LineEnd::Lost)
                if news.prompt.claim() == Some(Claim::Ringing) && !self.sought.rings() => {} // not true any more
            (Saying::News(news), LineEnd::Stopped | LineEnd::Lost) if news.telling == Telling::First => {
                self.news.push_front(News { telling: Telling::Second, ..news });
            }
            (Saying::EmergencyLine(kind, Telling::First), LineEnd::Lost) => {
                self.emergency_lines.push_front((kind, Telling::Second));
            }
            (Saying::News(news), LineEnd::Heard) => {
                let answers =
                    matches!(news.prompt, Prompt::Fact(_) | Prompt::Closed { .. } | Prompt::Visit(VisitLine::Ahead(_)));
                if answers && !self.achieved.contains(&Outcome::Answered) {
                    self.achieved.push(Outcome::Answered);
                }
                self.question = None; // what was asked before the news is asked again
            }
            // an alarm may have been raised while it was said
            (Saying::Closing, LineEnd::Heard | LineEnd::Lost) if matches!(self.plan, Plan::Closing { .. }) => {
                self.hang_up(now);
            }
            (Saying::Question, LineEnd::Heard) => self.question_heard(),
            (Saying::OnTheLine, LineEnd::Heard | LineEnd::Stopped | LineEnd::Lost) => self.put_through(now),
            (Saying::News(_) | Saying::Question, LineEnd::Stopped | LineEnd::Lost)
            | (
                Saying::Nothing | Saying::EmergencyLine(..) | Saying::Filler | Saying::Closing,
                LineEnd::Heard | LineEnd::Stopped | LineEnd::Lost,
            ) => {}
        }
    }

    /// Whether a question is being said.
    pub(super) fn is_asking(&self) -> bool {
        matches!(self.saying, Saying::Question)
    }

    /// Has the caller told something, as soon as the floor is free.
    pub(super) fn tell(&mut self, prompt: Prompt) {
        self.news.push_back(News { prompt, telling: Telling::First });
    }

    /// Says something that asks for nothing.
    pub(super) fn fill(&mut self, line: fn(u32) -> Prompt) {
        let prompt = self.repeats.count(line);
        self.news.push_back(News { prompt, telling: Telling::Second });
    }

    pub(super) fn check_in(&mut self, now: CallTime) {
        self.question = None;
        if let Plan::Emergency(emergency) = &mut self.plan {
            emergency.checked_in(now);
        }
        let prompt = self.check_in_line();
        self.news.push_back(News { prompt, telling: Telling::Second });
    }

    /// Asks for a sign of life, then asks again what was asked. In between a "yes" answers nothing.
    pub(super) fn repeat_after(&mut self, line: fn(u32) -> Prompt) {
        self.question = None;
        self.fill(line);
    }

    /// Says again, by this line, what the caller is to do.
    pub(super) fn repeat_question(&mut self, prompt: Prompt) {
        self.question = None;
        self.news.push_back(News { prompt, telling: Telling::Second });
    }

    fn check_in_line(&mut self) -> Prompt {
        let line = if self.triage.self_harm() { Prompt::CheckInSelfHarm } else { Prompt::CheckIn };
        self.repeats.count(line)
    }

    /// Seeks a person for a caller who asked for one.
    pub(super) fn connect_desk(&mut self, now: CallTime) {
        self.plan = match self.office {
            OfficeHours::Open => {
                self.transfer(now);
                Plan::Connecting
            }
            OfficeHours::Closed => Plan::Offer(Question::OfferMessage(Prompt::OfficeClosed)),
        };
    }

    fn waiting(&self) -> Waiting {
        if let Plan::Emergency(_) = self.plan { Waiting::InEmergency } else { Waiting::ForCaller }
    }

    fn wording_of(&mut self, question: &Question) -> Prompt {
        match question {
            Question::Greeting => Prompt::Greeting,
            Question::EmergencyFirst => Prompt::EmergencyFirst,
            Question::HowCanIHelp => self.repeats.count(Prompt::HowCanIHelp),
            Question::DidNotCatch => self.repeats.count(Prompt::DidNotCatch),
            Question::OfferMessage(prompt) => prompt.clone(),
            Question::AnythingElse => self.repeats.count(Prompt::AnythingElse),
            Question::GoOn => self.repeats.count(Prompt::GoOn),
            Question::Safety if self.triage.merely_doubts() => Prompt::SafetyQuestionInDoubt,
            Question::Safety => Prompt::SafetyQuestion,
            Question::SafetyAgain => Prompt::SafetyQuestionAgain,
            Question::CalledEmergencyNumber => Prompt::AskCalledEmergencyNumber,
            Question::WhoIsThere => Prompt::AskWhoIsThere,
            Question::Message => Prompt::AskMessage,
            Question::PassOn(intent) => Prompt::PassOn(*intent),
            Question::MoreMessage => self.repeats.count(Prompt::MoreMessage),
            Question::MoreForDoctor => Prompt::MoreForDoctor,
            Question::Name => Prompt::AskName,
            Question::Spelling => Prompt::AskSpelling,
            Question::NameReadBack(name) => Prompt::ReadBackName { name: name.clone() },
            Question::OfferCallerId => Prompt::OfferCallerId,
            Question::Number => Prompt::AskNumber,
            Question::NumberAgain => Prompt::AskNumberAgain,
            Question::NumberReadBack(number) => Prompt::ReadBackNumber(number.clone()),
            Question::Request(line) => Prompt::Request(line.clone()),
            Question::Patient(line) => match self.identity.address() {
                Address::You => Prompt::OfYou(line.clone()),
                Address::ThePatient => Prompt::Patient(line.clone()),
            },
            Question::Visit(line) => Prompt::Visit(line.clone()),
        }
    }
}

/// What the next step is.
#[allow(clippy::large_enum_variant)] // one at a time, and not for long
enum Step {
    Say(Saying, Prompt),
    Wait(Waiting),
    /// Nothing, and nothing is to be said for waiting.
    Idle,
    /// Done without a word; there is another.
    Taken,
}
