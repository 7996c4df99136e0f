//! What is handed over to people: a case, a message, the caller; and what is left to do when hearing or voice is gone.

use domain::{CallTime, CaseDraft, Intent, MessageDraft, OfficeReply, RequestId, Urgency};

use super::speaking::Telling;
use super::{OfficeHours, Receptionist, Sense};
use crate::plan::{Emergency, Plan, Urgent};
use crate::question::Question;
use crate::{Note, Output, Prompt, TransferTo, Witness};

impl Receptionist {
    /// Hands the case to the office if triage asks for that, or asks for more than the office knows; and turns the
    /// conversation to it.
    pub(super) fn escalate(&mut self, on: Witness, now: CallTime) {
        let Some(urgency) = self.triage.to_page() else { return };
        match self.desk.case_urgency() {
            Some(known) if known >= urgency => return self.prepare_emergency_lines(),
            Some(_) => self.desk.raise_case(urgency, now),
            None => {
                let draft = CaseDraft {
                    urgency,
                    red_flags: self.triage.red_flags(),
                    heard: self.said.all(),
                    callback: self.contact.callback().cloned(),
                };
                self.desk.open_case(draft, now);
                self.desk.update_contact(self.contact.name(), None, now);
            }
        }
        self.said.take_unsaved(); // the case has every word
        self.last_words = now;
        self.outputs.push_back(Output::Note(Note::Escalated { urgency, on }));
        if self.has_ended() {
            return;
        }
        self.plan = match urgency {
            Urgency::Emergency => Plan::Emergency(match self.ears {
                Sense::Works => Emergency::new(),
                Sense::Lost => Emergency::unheard(),
            }),
            Urgency::Urgent | Urgency::Routine => Plan::Urgent(Urgent::new(self.practice.connects_urgent)),
        };
        self.question = None;
        self.prepare_emergency_lines();
    }

    pub(super) fn prepare_emergency_lines(&mut self) {
        self.emergency_lines.extend(self.triage.take_lines().into_iter().map(|kind| (kind, Telling::First)));
    }

    pub(super) fn hear_office(&mut self, id: RequestId, reply: &OfficeReply) {
        if let Some(prompt) = self.desk.reply(id, reply) {
            self.tell(prompt);
        }
    }

    /// Saves what was said if a message was begun, or if there was a doubt that nobody was paged for.
    pub(super) fn save_if_begun(&mut self, now: CallTime) {
        let begun = matches!(self.plan, Plan::Message(_)) || self.triage.doubt_to_keep();
        if begun && self.said.has_unsaved() {
            self.save_message(false, now);
        }
    }

    pub(super) fn save_message(&mut self, complete: bool, now: CallTime) {
        let intent = if let Plan::Message(message) = &self.plan { message.intent } else { Intent::Other };
        let draft = MessageDraft {
            caller: self.contact.caller(),
            intent,
            urgency: self.triage.urgency(),
            name: self.contact.name().cloned(),
            date_of_birth: self.contact.date_of_birth().cloned(),
            callback: self.contact.callback().cloned(),
            text: self.said.take_unsaved(),
            complete,
        };
        self.desk.save(draft, now);
    }

    /// Nobody could be connected. Nothing was promised, so only a caller who asked for a person hears of it.
    pub(super) fn not_connected(&mut self, now: CallTime) {
        if let Plan::Connecting { .. } = self.plan {
            self.plan = Plan::Offer(Question::OfferMessage(Prompt::NobodyAvailable));
        } else if let Plan::Unspoken { .. } = self.plan {
            self.hang_up(now);
        }
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
        self.transfer();
        if let Plan::Emergency(emergency) = &mut self.plan {
            *emergency = Emergency::unheard();
            self.tell(Prompt::HearingLost);
        } else {
            self.plan = Plan::Unheard;
            let no_number = self.contact.callback().is_none();
            self.tell(if no_number { Prompt::HearingLostAskKeys } else { Prompt::HearingLost });
        }
        self.question = None;
    }

    /// The caller hears nothing any more: a person is sought, the practice is told, and the line is freed. An emergency is
    /// kept: it can still be heard, and its lines are on disk.
    pub(super) fn lose_voice(&mut self, now: CallTime) {
        self.transfer();
        if let Plan::Emergency(_) = self.plan {
            return;
        }
        self.triage.ends();
        self.escalate(Witness::Timeout, now);
        if let Plan::Emergency(_) = self.plan {
            return;
        }
        let worth_a_call = self.said.has_unsaved() || self.contact.callback().is_some();
        if self.desk.case_urgency().is_none() && worth_a_call {
            self.save_message(false, now);
        }
        self.plan = Plan::Unspoken { since: now };
    }

    /// Seeks a person: who is in the office, or else who is on call.
    pub(super) fn transfer(&mut self) {
        let to = match self.office {
            OfficeHours::Open => TransferTo::Desk,
            OfficeHours::Closed => TransferTo::OnCall,
        };
        self.outputs.push_back(Output::Transfer { to });
    }
}
