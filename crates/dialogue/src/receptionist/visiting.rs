//! Errands about appointments: how they begin, what answers mean to them, and how they end.

use domain::{CallTime, Certainty, Intent, OfficeReply, Phi, Reading, YesNo};

use super::Receptionist;
use crate::agenda::{Wish, is_errand, is_visit};
use crate::plan::{Message, Plan};
use crate::prompt::{PatientLine, VisitLine};
use crate::question::Question;
use crate::setting::Setting;
use crate::visit::Visit;
use crate::{Prompt, phrases};

/// A shorter utterance is an answer, however little it seems to be one; what it seems to wish for is not believed.
const WISH_WORDS_MIN: usize = 4;

impl Receptionist {
    /// The visit that a wish leads to, where the practice has its appointments made on the telephone.
    pub(super) fn visit_for(&self, wish: &Wish) -> Option<Visit> {
        let setting = Setting { practice: &self.practice, began: &self.began, now: CallTime::ZERO };
        setting.books().then(|| Visit::new(wish)).flatten()
    }

    pub(super) fn answer_about_patient(
        &mut self,
        line: &PatientLine,
        text: &Phi<String>,
        reading: &Reading,
        now: CallTime,
    ) {
        let slots = &reading.slots;
        let told = slots.name.is_some() || slots.date_of_birth.is_some() || slots.callback.is_some();
        let any_words = matches!(line, PatientLine::AskInsurance(_));
        if !told && !any_words && reading.yes_no.is_none() && self.digress(text, reading, now) {
            return;
        }
        if let Plan::Visit(visit) = &mut self.plan {
            visit.amend(reading);
        } else if let Plan::Message(message) = &mut self.plan {
            message.answer_patient();
        }
        self.identity.answer(line, text, reading, &mut self.contact);
    }

    pub(super) fn answer_about_visit(
        &mut self,
        line: &VisitLine,
        text: &Phi<String>,
        reading: &Reading,
        now: CallTime,
    ) {
        let slots = &reading.slots;
        let told = reading.choice.is_some() || slots.appointment_type.is_some() || !slots.when.is_empty();
        let any_words = matches!(line, VisitLine::AskReason(_)) && reading.intent() != Intent::OfficeInfo;
        if !told && !any_words && reading.yes_no.is_none() && self.digress(text, reading, now) {
            return;
        }
        let setting = Setting { practice: &self.practice, began: &self.began, now };
        let Plan::Visit(visit) = &mut self.plan else { return };
        visit.answer(line, text, reading, &setting);
        let confirms = reading.certainty == Certainty::Sure && phrases::confirms(text.expose());
        if reading.yes_no == Some(YesNo::Yes)
            && confirms
            && let Some(change) = visit.take_confirmed(&self.contact, &setting)
        {
            self.desk.change(change, now);
        }
    }

    /// Something else than the answer: a question of the practice's facts, a person, another wish. It is answered or kept
    /// for later, and what was asked is asked again. False if it is nothing of that.
    pub(super) fn digress(&mut self, text: &Phi<String>, reading: &Reading, now: CallTime) -> bool {
        if let Some(fact) = &reading.fact {
            self.said.last_is_settled();
            self.tell(Prompt::Fact(fact.clone()));
            return true;
        }
        let (present, is_message, is_under_way) = match &self.plan {
            Plan::Visit(visit) => (visit.intent(), false, visit.is_under_way()),
            Plan::Message(message) => (message.intent, true, false),
            Plan::Ringing
            | Plan::Open(_)
            | Plan::Offer(_)
            | Plan::Connecting { .. }
            | Plan::Urgent(_)
            | Plan::Emergency(_)
            | Plan::Unheard
            | Plan::Unspoken(_)
            | Plan::Closing { .. }
            | Plan::Ended { .. } => return false,
        };
        let intent = reading.intent();
        if intent == Intent::SpeakToPerson {
            self.save_if_begun(now);
            self.connect_desk(now);
            return true;
        }
        if phrases::words(text.expose()).len() < WISH_WORDS_MIN || intent == present {
            return false;
        }
        let replaces = !is_message && !is_under_way;
        if intent == Intent::LeaveMessage && replaces {
            self.plan = Plan::Message(Message::about_visit(present));
        } else if is_visit(intent) && replaces {
            self.drop_inquiry();
            self.agenda.hear_instead(text, reading);
            self.plan = Plan::Open(Question::AnythingElse);
        } else if is_errand(intent) {
            self.agenda.hear_beside(text, reading);
            let prompt = self.repeats.count(Prompt::Noted);
            self.tell(prompt);
        } else {
            return false;
        }
        true
    }

    /// What a visit has asked is no longer wanted; but who the patient is, is.
    pub(super) fn drop_inquiry(&mut self) {
        if !self.identity.is_sought() {
            self.desk.forget_inquiry();
        }
    }

    /// The office's answer to what a visit, or the search for the patient, has asked.
    pub(super) fn hear_of_visit(&mut self, reply: &OfficeReply, now: CallTime) {
        if self.identity.is_sought() && self.identity.reply(reply, &mut self.contact) {
            return;
        }
        let setting = Setting { practice: &self.practice, began: &self.began, now };
        if let Plan::Visit(visit) = &mut self.plan
            && let Some(line) = visit.reply(reply, &setting)
        {
            self.tell(Prompt::Visit(line));
        }
    }

    /// The question was heard to its end.
    pub(super) fn question_heard(&mut self) {
        if let (Plan::Visit(visit), Some(Question::Visit(_))) = (&mut self.plan, &self.question) {
            visit.question_heard();
        }
    }

    /// The visit is over; no message need tell of it, unless there was a doubt.
    pub(super) fn visit_done(&mut self, line: Option<Prompt>) {
        if let Some(line) = line {
            self.tell(line);
        }
        if !self.triage.doubt_to_keep() {
            self.said.settle();
        }
        self.plan = Plan::Open(Question::AnythingElse);
    }

    /// A message is taken instead of the visit: it has every word that was said.
    pub(super) fn hand_over_visit(&mut self, why: Prompt) {
        let intent = if let Plan::Visit(visit) = &self.plan { visit.intent() } else { Intent::Other };
        self.tell(why);
        self.plan = Plan::Message(Message::about_visit(intent));
    }

    /// Turns to the next wish of the caller.
    pub(super) fn take_up_next(&mut self, now: CallTime) {
        let Some(wish) = self.agenda.next() else { return };
        self.tell(Prompt::NowAbout(wish.intent));
        self.said.recall(&wish.words);
        self.begin(&wish, now);
    }

    /// Whether the keys of the telephone give a date of birth.
    pub(super) fn birth_wanted(&self) -> bool {
        matches!(
            self.question,
            Some(Question::Patient(
                PatientLine::AskNameAndBirth(_) | PatientLine::AskBirth(_) | PatientLine::AskAgain(_)
            ))
        )
    }
}
