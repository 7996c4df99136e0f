//! The waiting list: offered once, where nothing was open at the wished time, after whatever could be booked was booked. It never
//! stands in the way of what is urgent: like every question it is asked only when nothing else is to be said.

use domain::{AppointmentId, Confirmation, Fit, OfficeReply, PatientId, SlotQuery, WaitingListKept, WaitingWish};

use super::{Change, End, Stage, Visit, change};
use crate::contact::Contact;
use crate::plan::Next;
use crate::prompt::{Prompt, VisitLine};
use crate::question::Question;
use crate::setting::Setting;
use crate::silence;

/// An offer to wait.
#[derive(Debug)]
pub(super) struct Waiting {
    wish: SlotQuery,
    /// What was booked or is to be moved.
    instead_of: Option<AppointmentId>,
    /// What comes after it, if the caller does not wait.
    otherwise: End,
    step: Step,
    asks: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Offered,
    /// Where can they be reached?
    Agreed,
    /// The office has been asked.
    Asked,
}

impl Waiting {
    /// Whether the caller has got an appointment all the same: no message need tell of the errand.
    pub(super) fn has_appointment(&self) -> bool {
        matches!(self.otherwise, End::Done(_))
    }
}

impl Visit {
    /// Keeps what was sought if nothing was open at the wished time.
    pub(super) fn note_unmet(&mut self, reply: &OfficeReply) {
        if let (Stage::Searching, OfficeReply::Slots(slots)) = (&self.stage, reply) {
            let is_unmet = slots.iter().all(|slot| slot.fit == Fit::OtherTime);
            self.unmet = self.sought.take().filter(|_| is_unmet);
        }
    }

    /// Nothing fits: a message is taken, after the waiting list was offered where something may still come.
    pub(super) fn nothing_fits(&mut self, setting: &Setting<'_>) {
        let moved = self.appointment.as_ref().map(|one| one.id);
        let message = |line| End::Message(Prompt::Visit(line));
        let offer = self.waiting(moved, message(VisitLine::MessageInstead), setting);
        let stage = offer.unwrap_or(Stage::Over(message(VisitLine::NothingFits)));
        self.become_stage(stage);
    }

    /// The offer to wait, if there is something to wait for. Once in a visit.
    pub(super) fn waiting(
        &mut self,
        instead_of: Option<AppointmentId>,
        otherwise: End,
        setting: &Setting<'_>,
    ) -> Option<Stage> {
        let is_kept = setting.practice.front_desk.waiting_list != WaitingListKept::No;
        let wish = self.unmet.take().filter(|_| is_kept)?;
        Some(Stage::Waiting(Waiting { wish, instead_of, otherwise, step: Step::Offered, asks: 0 }))
    }

    /// The answer to the offer.
    pub(crate) fn answer_waiting(&mut self, agrees: bool) {
        if let Stage::Waiting(waiting) = &mut self.stage {
            if agrees {
                waiting.step = Step::Agreed;
            } else {
                self.stage = Stage::Over(waiting.otherwise.clone());
            }
        }
    }

    pub(super) fn next_of_waiting(&mut self, patient: PatientId, contact: &Contact, setting: &Setting<'_>) -> Next {
        let Stage::Waiting(waiting) = &mut self.stage else { return Next::Wait(silence::Waiting::ForOffice) };
        let by_text = setting.practice.front_desk.waiting_list == WaitingListKept::PatientsAreTexted;
        match waiting.step {
            Step::Offered => {
                let nth = waiting.asks;
                waiting.asks += 1;
                let nothing_fits = !waiting.has_appointment();
                Next::Ask(Question::Visit(VisitLine::OfferWaitingList { by_text, nothing_fits, nth }))
            }
            Step::Agreed => {
                if let Some(question) = contact.number_question() {
                    return Next::Ask(question);
                }
                let Some(number) = contact.callback() else {
                    let not_done = End::Done(Some(VisitLine::NotOnWaitingList));
                    let end = if waiting.has_appointment() { not_done } else { waiting.otherwise.clone() };
                    let next = end.next();
                    self.stage = Stage::Over(end);
                    return next;
                };
                // A stranger's telephone is not texted: a number that nobody has confirmed is called.
                let is_sure = contact.confirmed().callback.is_some_and(|how| how != Confirmation::NotConfirmed);
                let wish = WaitingWish {
                    patient,
                    kind: waiting.wish.kind.clone(),
                    provider: waiting.wish.provider.clone(),
                    when: waiting.wish.when.clone(),
                    instead_of: waiting.instead_of,
                    number: number.clone(),
                    may_text: by_text && is_sure,
                    refused: self.refused.iter().map(|slot| (slot.start, slot.provider.clone())).collect(),
                    reason: change::told_by(contact.caller(), self.wish.reason.clone()),
                };
                waiting.step = Step::Asked;
                Next::Change(Box::new(Change::wait(wish)))
            }
            Step::Asked => Next::Wait(silence::Waiting::ForOffice),
        }
    }

    /// What the office says of it. That they wait is told by whoever has asked.
    pub(super) fn reply_of_waiting(&mut self, reply: &OfficeReply) -> Option<VisitLine> {
        let Stage::Waiting(waiting) = &self.stage else { return None };
        if waiting.step != Step::Asked {
            return None;
        }
        if let OfficeReply::OnWaitingList { .. } = reply {
            self.stage = Stage::Over(End::Done(None));
            return None;
        }
        self.stage = Stage::Over(waiting.otherwise.clone());
        Some(VisitLine::NotOnWaitingList)
    }
}
