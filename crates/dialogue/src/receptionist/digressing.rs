//! What a caller says instead of an answer, or beside it: a question of the practice's facts, a person, another wish. It is
//! answered or kept for later, and what was asked is asked again.

use domain::{CallTime, Directive, FactId, Intent, Phi, Reading};
use jiff::ToSpan;

use super::Receptionist;
use crate::agenda::{is_errand, is_visit};
use crate::plan::{Message, Plan};
use crate::prompt::RequestLine;
use crate::question::Question;
use crate::{Prompt, asking, phrases};

/// A shorter utterance is an answer, however little it seems to be one; what it seems to wish for is not believed.
const WISH_WORDS_MIN: usize = 4;
/// The fact about opening hours, with which holidays are told.
const HOURS: &str = "hours";
/// Holidays that begin later than this are told to whoever asks for them by name.
const HOLIDAY_DAYS: i64 = 7;

impl Receptionist {
    /// Whether the words are something else than an answer to a question about the message, a name or a number. In the
    /// text of a message any words may belong to it but a question put to us.
    pub(super) fn digress_from(
        &mut self,
        question: &Question,
        text: &Phi<String>,
        reading: &Reading,
        now: CallTime,
    ) -> bool {
        let slots = &reading.slots;
        let changes_mind = asking::is_question(text.expose()) || reading.directive == Some(Directive::Correction);
        let may = match question {
            Question::Message | Question::PassOn(_) | Question::MoreMessage => {
                // "something came up", and now what it is; but who asked for a message leaves one
                let no_text = self.present().is_some_and(|(_, replaceable)| replaceable);
                changes_mind || no_text && is_visit(reading.intent()) && !self.said.holds("message")
            }
            Question::Name
            | Question::Spelling
            | Question::NameReadBack(_)
            | Question::OfferCallerId
            | Question::Number
            | Question::NumberAgain
            | Question::NumberReadBack(_)
            | Question::Request(RequestLine::OfferCallerId | RequestLine::ReadBackNumber(_)) => {
                reading.yes_no.is_none() && slots.name.is_none() && slots.callback.is_none()
            }
            Question::Greeting
            | Question::EmergencyFirst
            | Question::HowCanIHelp
            | Question::GoOn
            | Question::DidNotCatch
            | Question::AnythingElse
            | Question::Safety
            | Question::SafetyAgain
            | Question::CalledEmergencyNumber
            | Question::WhoIsThere
            | Question::OfferMessage(_)
            | Question::MoreForDoctor
            | Question::Patient(_)
            | Question::Request(
                RequestLine::Begun(_) | RequestLine::Ask { .. } | RequestLine::AlmostOut | RequestLine::AskAboutWhom,
            )
            | Question::Visit(_) => false,
        };
        may && self.digress(text, reading, now)
    }

    /// Something else than the answer. False if it is nothing of that.
    pub(super) fn digress(&mut self, text: &Phi<String>, reading: &Reading, now: CallTime) -> bool {
        if let Some(fact) = &reading.fact
            && !matches!(self.plan, Plan::Emergency(_))
        {
            self.tell_fact(fact, text);
            return true;
        }
        let Some((present, replaceable)) = self.present() else { return false };
        let intent = reading.intent();
        if intent == Intent::SpeakToPerson {
            self.save_if_begun(now);
            self.connect_desk(now);
            return true;
        }
        if phrases::words(text.expose()).len() < WISH_WORDS_MIN || intent == present {
            return false;
        }
        if intent == Intent::LeaveMessage && is_visit(present) && replaceable {
            self.plan = Plan::Message(Message::about_visit(present));
        } else if is_visit(intent) && replaceable {
            self.drop_inquiry();
            self.agenda.hear_instead(text, reading);
            self.plan = Plan::Open(Question::AnythingElse);
        } else if is_errand(intent) {
            self.agenda.hear_beside(text, reading);
            self.note();
        } else {
            return false;
        }
        true
    }

    /// What stands beside an answer that counts: it is lost no more than the answer.
    pub(super) fn hear_beside_answer(&mut self, text: &Phi<String>, reading: &Reading) {
        if let Plan::Emergency(_) = self.plan {
            return;
        }
        if let Some(fact) = &reading.fact {
            self.tell_fact(fact, text);
        } else if phrases::words(text.expose()).len() >= WISH_WORDS_MIN
            && let Some((present, _)) = self.present()
            && self.agenda.hear_others(text, reading, present)
        {
            self.note();
        }
    }

    /// What is being seen to, and whether another wish may take its place.
    pub(super) fn present(&self) -> Option<(Intent, bool)> {
        if let Plan::Visit(visit) = &self.plan {
            return Some((visit.intent(), !visit.is_under_way()));
        }
        if let Plan::Message(message) = &self.plan {
            return Some((message.intent, !message.has_text()));
        }
        None
    }

    fn note(&mut self) {
        let prompt = self.repeats.count(Prompt::Noted);
        self.tell(prompt);
    }

    /// Answers a question. Who asks for a holiday by its name, or for the hours shortly before one, hears when the practice
    /// is closed.
    pub(super) fn tell_fact(&mut self, fact: &FactId, text: &Phi<String>) {
        self.said.last_is_settled();
        let said = phrases::words(text.expose()).join(" ");
        let today = self.began.with_time_zone(self.practice.zone.clone()).datetime();
        let soon = today.saturating_add(HOLIDAY_DAYS.days());
        let mut ahead = self.practice.front_desk.closures.iter().filter(|closure| closure.to > today);
        let by_name = |why: &str| phrases::holds(&said, &phrases::words(why).join(" "));
        let named = ahead.clone().find(|closure| by_name(&closure.why));
        let near = ahead.find(|closure| fact.0 == HOURS && closure.from <= soon);
        let closed = named.or(near).map(|closure| Prompt::Closed { from: closure.from, to: closure.to });
        if named.is_none() {
            self.tell(Prompt::Fact(fact.clone()));
        }
        if let Some(closed) = closed {
            self.tell(closed);
        }
    }
}
