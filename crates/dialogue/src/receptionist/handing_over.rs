//! What is handed over to people: a case, a message, the caller; and what is left to do when hearing is gone.

use domain::{
    CallTime, CaseDraft, Confirmed, Intent, Meanwhile, MessageDraft, OfficeReply, Phi, RequestField, RequestId,
    Urgency, YesNo,
};

use super::speaking::Telling;
use super::{Receptionist, Sense};
use crate::plan::{Caller, Emergency, Plan, Urgent};
use crate::{Note, Output, Prompt, TransferTo, Witness};

impl Receptionist {
    /// Hands the case to the office if triage asks for that, or asks for more than the office knows; and turns the
    /// conversation to it.
    pub(super) fn escalate(&mut self, on: Witness, now: CallTime) {
        let Some(urgency) = self.triage.to_page() else { return };
        match self.desk.case_urgency() {
            Some(known) if known >= urgency => return self.prepare_emergency_lines(),
            Some(_) => self.desk.raise_case(urgency, self.triage.red_flags(), now),
            None => {
                let draft = CaseDraft {
                    urgency,
                    caller: self.contact.caller(),
                    red_flags: self.triage.red_flags(),
                    heard: self.said.all(),
                    unconfirmed: on == Witness::Partial,
                    callback: self.contact.callback().cloned(),
                    continues: self.resume.case,
                };
                self.desk.open_case(draft, now);
                self.desk.update_contact(self.contact.name(), None, now);
            }
        }
        self.said.take_unsaved(); // the case has every word
        // By what the office knew when it began to page.
        self.says_meanwhile = self.meanwhile().and_then(|meanwhile| meanwhile.says.clone());
        self.last_words = now;
        self.outputs.push_back(Output::Note(Note::Escalated { urgency, on }));
        if self.has_ended() || self.is_together() {
            return;
        }
        self.plan = match urgency {
            Urgency::Emergency => Plan::Emergency(match (self.ears, self.voice) {
                (Sense::Works, Sense::Works) => Emergency::new(),
                (Sense::Lost, _) | (_, Sense::Lost) => Emergency::unheard(),
            }),
            Urgency::Urgent | Urgency::Routine if self.is_voiceless() => return,
            Urgency::Urgent | Urgency::Routine => Plan::Urgent(Urgent::new(Caller::Patient, self.connects())),
        };
        // Rung at once, beside the page; nobody is asked to wait.
        if urgency == Urgency::Emergency && self.connects() {
            self.seek(TransferTo::OnCall, now);
        }
        self.question = None;
        self.prepare_emergency_lines();
    }

    /// What the practice offers this caller while clinicians are paged.
    fn meanwhile(&self) -> Option<&Meanwhile> {
        self.practice.meanwhile(self.triage.urgency(), self.contact.caller(), self.office)
    }

    fn tell_meanwhile(&mut self) {
        if let Some(says) = self.says_meanwhile.take() {
            self.tell(Prompt::Meanwhile(says));
        }
    }

    /// Whether the practice wants this caller put through.
    pub(super) fn connects(&self) -> bool {
        self.meanwhile().is_some_and(|meanwhile| meanwhile.connect)
    }

    pub(super) fn prepare_emergency_lines(&mut self) {
        self.emergency_lines.extend(self.triage.take_lines().into_iter().map(|kind| (kind, Telling::First)));
    }

    pub(super) fn hear_office(&mut self, id: RequestId, reply: &OfficeReply, now: CallTime) {
        let for_visit = self.desk.takes_answer(id);
        let emergency = matches!(self.plan, Plan::Emergency(_));
        if let Some(prompt) = self.desk.reply(id, reply)
            && !(emergency && prompt.is_of_an_errand())
        {
            let paged = matches!(prompt, Prompt::DoctorPaged | Prompt::DeskPaged);
            self.tell(prompt);
            if paged {
                self.tell_meanwhile();
            }
        }
        if for_visit {
            self.hear_of_visit(reply, now);
        }
    }

    /// Saves what was said if a message was begun, if nothing could be answered to it, or if there was a doubt that nobody
    /// was paged for.
    pub(super) fn save_if_begun(&mut self, now: CallTime) {
        let nobody_knows = self.is_voiceless() && self.desk.case_urgency().is_none();
        let visit_begun = matches!(&self.plan, Plan::Visit(visit) if !visit.is_under_way());
        let begun = visit_begun || matches!(self.plan, Plan::Message(_));
        let begun = begun || nobody_knows || self.triage.doubt_to_keep();
        if begun && self.said.has_unsaved() {
            self.save_message(false, now);
        }
    }

    pub(super) fn save_message(&mut self, complete: bool, now: CallTime) {
        let intent = self.present().map_or(Intent::Other, |(intent, _)| intent);
        let promises = &self.practice.front_desk.promises;
        let promise = promises.iter().find(|promise| complete && promise.intent == intent);
        let promised = promise.map(|promise| promise.by.clone());
        let confirmed = self.contact.confirmed();
        let date_of_birth = self.identity.birth_confirmation().or(confirmed.date_of_birth);
        let draft = MessageDraft {
            caller: self.contact.caller(),
            intent,
            urgency: self.triage.urgency(),
            name: self.contact.name().cloned(),
            date_of_birth: self.contact.date_of_birth().or_else(|| self.identity.birth()).cloned(),
            callback: self.contact.callback().cloned(),
            text: self.said.take_unsaved(),
            fields: self.message_fields(),
            confirmed: Confirmed { date_of_birth, ..confirmed },
            promised: promised.clone(),
            decodes: Vec::new(), // whoever hears has them
            complete,
            continues: self.resume.message.take(),
        };
        self.desk.save(draft, promised, now);
    }

    fn message_fields(&self) -> Vec<(RequestField, Phi<String>)> {
        let mut fields = if let Plan::Message(message) = &self.plan { message.fields() } else { Vec::new() };
        if let Some(yes_no) = self.contact.leave_message() {
            let answer = if yes_no == YesNo::Yes { "yes" } else { "no" };
            fields.push((RequestField::LeaveMessage, Phi::from(answer)));
        }
        fields
    }

    /// The caller cannot be understood any more. Nobody knows what they need, so a clinician is paged and a person is
    /// sought; the caller is told the truth, and keys still work.
    pub(super) fn lose_hearing(&mut self, now: CallTime) {
        if self.ears == Sense::Lost {
            return;
        }
        self.ears = Sense::Lost;
        self.triage.must_page(Urgency::Urgent);
        self.escalate(Witness::Timeout, now);
        self.transfer(now);
        if let Plan::Emergency(emergency) = &mut self.plan {
            *emergency = Emergency::unheard();
            self.tell(Prompt::HearingLost);
        } else if !self.is_voiceless() {
            self.plan = Plan::Unheard;
            let no_number = self.contact.callback().is_none();
            self.tell(if no_number { Prompt::HearingLostAskKeys } else { Prompt::HearingLost });
        }
        self.question = None;
    }
}
