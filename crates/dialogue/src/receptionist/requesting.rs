//! Answers to what a request asks, and what a drug that is almost out leads to.

use domain::{CallTime, Phi, Reading, RequestField, Urgency};

use super::Receptionist;
use crate::plan::Plan;
use crate::prompt::RequestLine;
use crate::request::Form;
use crate::{Prompt, Witness};

impl Receptionist {
    pub(super) fn answer_about_request(
        &mut self,
        line: &RequestLine,
        text: &Phi<String>,
        reading: &Reading,
        now: CallTime,
    ) {
        match line {
            RequestLine::Ask { field, .. } => self.answer_field(*field, text, reading, now),
            RequestLine::OfferCallerId => {
                self.contact.answer_offer(text, reading.yes_no);
                self.contact.answer_leave_message(reading.yes_no);
            }
            RequestLine::ReadBackNumber(read) => {
                self.contact.answer_number_read_back(read, reading.yes_no);
                self.contact.answer_leave_message(reading.yes_no);
            }
            RequestLine::AskAboutWhom => {
                if let Plan::Urgent(urgent) = &mut self.plan {
                    urgent.answer_more();
                }
            }
            RequestLine::Begun(_) | RequestLine::AlmostOut => {}
        }
    }

    fn answer_field(&mut self, field: RequestField, text: &Phi<String>, reading: &Reading, now: CallTime) {
        let told = self.form().is_some_and(|form| form.knows(field));
        if !told && self.digress(text, reading, now) {
            return;
        }
        if let Plan::Message(message) = &mut self.plan {
            message.answer_field(field, text);
        }
        self.watch_supply(now);
    }

    /// Whoever is almost out of what nobody should be without is an urgent case.
    pub(super) fn watch_supply(&mut self, now: CallTime) {
        if self.form().is_some_and(Form::is_almost_out) && self.triage.to_page().is_none() {
            self.tell(Prompt::Request(RequestLine::AlmostOut));
            self.triage.must_page(Urgency::Urgent);
            self.escalate(Witness::Final, now);
        }
    }

    fn form(&self) -> Option<&Form> {
        if let Plan::Message(message) = &self.plan { message.form() } else { None }
    }

    /// Tells what becomes of a request that has just been begun.
    pub(super) fn acknowledge_request(&mut self) {
        if let Plan::Message(message) = &self.plan
            && message.form().is_some()
        {
            let line = RequestLine::Begun(message.intent);
            self.tell(Prompt::Request(line));
        }
    }
}
