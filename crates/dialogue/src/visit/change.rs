//! A change of the office's book, with what may be claimed and noted of it once the office says that it was made.

use domain::{
    Appointment, AppointmentTypeId, Booking, CallerKind, MatchedPatient, OfferedSlot, OfficeReply, OfficeRequest, Phi,
    ProviderId, WaitingWish,
};
use jiff::Timestamp;

use crate::contact::Contact;
use crate::prompt::VisitLine;
use crate::setting::Setting;
use crate::{AppointmentOutcome, Outcome};

/// Behind the reason of an appointment that somebody else has made for the patient.
const CAREGIVER: &str = "booked by somebody who called for the patient";

/// What was chosen and is read back.
#[derive(Clone, Debug)]
pub(crate) enum Chosen {
    Book(OfferedSlot),
    Move { from: Appointment, to: OfferedSlot },
    Cancel(Appointment),
}

/// One change.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) request: OfficeRequest,
    /// What is said when it is made.
    pub(crate) claim: VisitLine,
    /// What is said when the office has yet to confirm it, or will call.
    pub(crate) noted: VisitLine,
    /// What is noted of it, if anything is.
    pub(crate) outcome: Option<Outcome>,
}

impl Change {
    pub(crate) fn new(
        chosen: &Chosen,
        patient: &MatchedPatient,
        contact: &Contact,
        reason: Option<Phi<String>>,
        setting: &Setting<'_>,
    ) -> Self {
        let outcome = |start: Timestamp, provider: &ProviderId, kind: &AppointmentTypeId| {
            Box::new(AppointmentOutcome {
                start,
                provider: provider.clone(),
                kind: kind.clone(),
                name: patient.name.clone(),
                date_of_birth: patient.date_of_birth.clone(),
                callback: contact.callback().cloned(),
            })
        };
        match chosen {
            Chosen::Book(slot) => Self {
                request: OfficeRequest::Book(Booking {
                    slot: slot.id,
                    patient: patient.id,
                    reason: told_by(contact.caller(), reason),
                }),
                claim: VisitLine::Booked(setting.offered(slot)),
                noted: VisitLine::ToBeConfirmed(setting.offered(slot)),
                outcome: Some(Outcome::Booked(outcome(slot.start, &slot.provider, &slot.kind))),
            },
            Chosen::Move { from, to } => Self {
                request: OfficeRequest::Move { appointment: from.id, to: to.id },
                claim: VisitLine::Moved(setting.offered(to)),
                noted: VisitLine::ToBeConfirmed(setting.offered(to)),
                outcome: Some(Outcome::Moved(outcome(to.start, &to.provider, &to.kind))),
            },
            Chosen::Cancel(one) => Self {
                request: OfficeRequest::Cancel(one.id),
                claim: VisitLine::Cancelled(setting.opening(one.start, &one.provider, &one.kind)),
                noted: VisitLine::ToBeConfirmed(setting.opening(one.start, &one.provider, &one.kind)),
                outcome: Some(Outcome::Cancelled(outcome(one.start, &one.provider, &one.kind))),
            },
        }
    }

    /// Puts somebody on the waiting list.
    pub(crate) fn wait(wish: WaitingWish) -> Self {
        Self {
            request: OfficeRequest::JoinWaitingList(wish),
            claim: VisitLine::OnWaitingList { by_text: true },
            noted: VisitLine::OnWaitingList { by_text: false },
            outcome: None,
        }
    }

    /// What may be said after the office's reply; `None` if that does not say that it has made this change.
    pub(crate) fn told_of(&self, reply: &OfficeReply) -> Option<&VisitLine> {
        match (&self.request, reply) {
            (OfficeRequest::Book(_), OfficeReply::Booked(_))
            | (OfficeRequest::Move { .. }, OfficeReply::Moved(_))
            | (OfficeRequest::Cancel(_), OfficeReply::Cancelled(_)) => Some(&self.claim),
            (OfficeRequest::Book(_) | OfficeRequest::Move { .. }, OfficeReply::ToBeConfirmed(_)) => Some(&self.noted),
            (OfficeRequest::JoinWaitingList(_), OfficeReply::OnWaitingList { by_text }) => {
                Some(if *by_text { &self.claim } else { &self.noted })
            }
            (_, _) => None,
        }
    }
}

/// What it is for; the practice should know if it was not the patient who said so.
fn told_by(caller: CallerKind, reason: Option<Phi<String>>) -> Option<Phi<String>> {
    if caller != CallerKind::Caregiver {
        return reason;
    }
    Some(reason.map_or_else(|| CAREGIVER.into(), |reason| Phi::new(format!("{} ({CAREGIVER})", reason.expose()))))
}
