//! Errands about appointments: how they begin, what answers mean to them, and how they end.

use domain::{CallTime, Certainty, Intent, OfficeReply, Phi, Reading, Slots, YesNo};

use super::Receptionist;
use crate::agenda::{Wish, is_errand};
use crate::people::{self, Relation, Whom};
use crate::plan::{Message, Plan};
use crate::prompt::{PatientLine, VisitLine};
use crate::question::Question;
use crate::setting::Setting;
use crate::visit::Visit;
use crate::{Prompt, asking, phrases};

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
        if self.stays_as_it_is(text) {
            return;
        }
        if !told && !any_words && reading.yes_no.is_none() && self.digress(text, reading, now) {
            return;
        }
        let setting = Setting { practice: &self.practice, began: &self.began, now };
        if let Plan::Visit(visit) = &mut self.plan {
            visit.amend(reading, &setting);
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
        if asking::asks_again(text.expose()) && reading.fact.is_none() {
            return; // it is put again
        }
        if self.stays_as_it_is(text) || self.is_somebody_elses(line, text, reading) {
            return;
        }
        if let VisitLine::OfferWaitingList { .. } = line {
            return self.answer_waiting_list(text, reading, now);
        }
        let setting = Setting { practice: &self.practice, began: &self.began, now };
        let Plan::Visit(visit) = &mut self.plan else { return };
        if reading.yes_no != Some(YesNo::Yes) && visit.turn_to(reading.intent()) {
            visit.amend(reading, &setting);
            return;
        }
        let cancels = reading.intent() == Intent::CancelAppointment && visit.intent() != Intent::CancelAppointment;
        let slots = &reading.slots;
        let kind = slots.appointment_type.is_some() && !cancels;
        let told = reading.choice.is_some() || kind || !slots.when.is_empty();
        let any_words = matches!(line, VisitLine::AskReason(_)) && reading.intent() != Intent::OfficeInfo;
        if !told && !any_words && reading.yes_no.is_none() && self.digress(text, reading, now) {
            return;
        }
        let setting = Setting { practice: &self.practice, began: &self.began, now };
        let Plan::Visit(visit) = &mut self.plan else { return };
        visit.answer(line, text, reading, &setting);
        let confirms = reading.certainty == Certainty::Sure && phrases::confirms(text.expose());
        let present = visit.intent();
        if reading.yes_no == Some(YesNo::Yes)
            && confirms
            && let Some(change) = visit.take_confirmed(&self.contact, &setting)
        {
            self.desk.change(change, now);
            self.agenda.hear_after(text, reading, present);
        } else if !any_words {
            self.hear_beside_answer(text, reading);
        }
    }

    /// Asked once: whatever is no clear yes is a no.
    fn answer_waiting_list(&mut self, text: &Phi<String>, reading: &Reading, now: CallTime) {
        if reading.yes_no.is_none() && self.digress(text, reading, now) {
            return;
        }
        let agrees = reading.yes_no == Some(YesNo::Yes) && reading.certainty == Certainty::Sure;
        if let Plan::Visit(visit) = &mut self.plan {
            visit.answer_waiting(agrees);
        }
        self.hear_beside_answer(text, reading);
    }

    /// An utterance that was heard as `was` names another time, kind or provider in its second decode: the visit goes on
    /// from there, and what was asked in between is taken back.
    pub(super) fn correct_visit(&mut self, was: &Slots, reading: &Reading, now: CallTime) {
        let slots = &reading.slots;
        let another = !slots.when.is_empty() && slots.when != was.when
            || slots.appointment_type.is_some() && slots.appointment_type != was.appointment_type
            || slots.provider_wish.is_some() && slots.provider_wish != was.provider_wish;
        let setting = Setting { practice: &self.practice, began: &self.began, now };
        if let Plan::Visit(visit) = &mut self.plan
            && another
            && visit.amend(reading, &setting)
            && let Some(Question::Visit(_)) = self.question
        {
            self.question = None;
            self.cut(now);
        }
    }

    /// "No, leave it as it is": nothing is moved or cancelled. True if that was wanted.
    fn stays_as_it_is(&mut self, text: &Phi<String>) -> bool {
        let Plan::Visit(visit) = &mut self.plan else { return false };
        phrases::keeps_it(text.expose()) && visit.leave_as_it_is()
    }

    /// "No, that's my husband": the record that is talked of is not the one that was meant. Who the patient is, is asked
    /// anew. True if that was said.
    fn is_somebody_elses(&mut self, line: &VisitLine, text: &Phi<String>, reading: &Reading) -> bool {
        let Plan::Visit(visit) = &mut self.plan else { return false };
        let whom = Whom::told(text, reading);
        let corrects = line.discloses() && reading.yes_no != Some(YesNo::Yes);
        let named = matches!(whom.relation, Relation::Other(_)) && self.identity.is_another(&whom);
        let wrong = corrects && (people::is_wrong(text.expose()) || named);
        if wrong {
            visit.identify_anew();
            self.identity.begin_anew(&whom, &mut self.contact);
        }
        wrong
    }

    /// One of the things that were named, by a key of the telephone: `1` is the first. True if there is such a thing.
    pub(super) fn choose_by_key(&mut self, key: char, now: CallTime) -> bool {
        let Some(Question::Visit(VisitLine::Offer { .. } | VisitLine::Which { .. })) = &self.question else {
            return false;
        };
        let nth = key.to_digit(10).and_then(|digit| digit.checked_sub(1)).and_then(|nth| u8::try_from(nth).ok());
        let (Some(nth), Plan::Visit(visit)) = (nth, &mut self.plan) else { return false };
        let setting = Setting { practice: &self.practice, began: &self.began, now };
        let chosen = visit.choose_nth(nth, &setting);
        if chosen {
            self.question = None;
            self.cut(now);
        }
        chosen
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
        if is_errand(wish.intent) || wish.intent == Intent::Symptom {
            self.tell(Prompt::NowAbout(wish.intent));
        }
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
