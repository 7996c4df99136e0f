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
    /// When it is made.
    made: Told,
    /// When the office has yet to confirm it, or will call.
    noted: Told,
}

/// What is said of a change, and what the practice reads of it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) line: VisitLine,
    pub(crate) outcome: Outcome,
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
        let to_be_confirmed = |start: Timestamp, provider: &ProviderId, kind: &AppointmentTypeId| Told {
            line: VisitLine::ToBeConfirmed(setting.opening(start, provider, kind)),
            outcome: Outcome::ToBeConfirmed(outcome(start, provider, kind)),
        };
        match chosen {
            Chosen::Book(slot) => Self {
                request: OfficeRequest::Book(Booking {
                    slot: slot.id,
                    patient: patient.id,
                    reason: told_by(contact.caller(), reason),
                }),
                made: Told {
                    line: VisitLine::Booked(setting.offered(slot)),
                    outcome: Outcome::Booked(outcome(slot.start, &slot.provider, &slot.kind)),
                },
                noted: to_be_confirmed(slot.start, &slot.provider, &slot.kind),
            },
            Chosen::Move { from, to } => Self {
                request: OfficeRequest::Move { appointment: from.id, to: to.id },
                made: Told {
                    line: VisitLine::Moved(setting.offered(to)),
                    outcome: Outcome::Moved(outcome(to.start, &to.provider, &to.kind)),
                },
                noted: to_be_confirmed(to.start, &to.provider, &to.kind),
            },
            Chosen::Cancel(one) => Self {
                request: OfficeRequest::Cancel(one.id),
                made: Told {
                    line: VisitLine::Cancelled(setting.opening(one.start, &one.provider, &one.kind)),
                    outcome: Outcome::Cancelled(outcome(one.start, &one.provider, &one.kind)),
                },
                noted: to_be_confirmed(one.start, &one.provider, &one.kind),
            },
        }
    }

    /// Puts somebody on the waiting list.
    pub(crate) fn wait(wish: WaitingWish) -> Self {
        Self {
            request: OfficeRequest::JoinWaitingList(wish),
            made: Told { line: VisitLine::OnWaitingList { by_text: true }, outcome: Outcome::OnWaitingList },
            noted: Told { line: VisitLine::OnWaitingList { by_text: false }, outcome: Outcome::OnWaitingList },
        }
    }

    /// What is told after the office's reply; `None` if that does not say that it has made this change.
    pub(crate) fn told_of(&self, reply: &OfficeReply) -> Option<&Told> {
        match (&self.request, reply) {
            (OfficeRequest::Book(_), OfficeReply::Booked(_))
            | (OfficeRequest::Move { .. }, OfficeReply::Moved(_))
            | (OfficeRequest::Cancel(_), OfficeReply::Cancelled(_)) => Some(&self.made),
            (OfficeRequest::Book(_) | OfficeRequest::Move { .. }, OfficeReply::ToBeConfirmed(_)) => Some(&self.noted),
            (OfficeRequest::JoinWaitingList(_), OfficeReply::OnWaitingList { by_text }) => {
                Some(if *by_text { &self.made } else { &self.noted })
            }
            (_, _) => None,
        }
    }
}

/// What it is for; the practice should know if it was not the patient who said so.
pub(super) fn told_by(caller: CallerKind, reason: Option<Phi<String>>) -> Option<Phi<String>> {
    if caller != CallerKind::Caregiver {
        return reason;
    }
    Some(reason.map_or_else(|| CAREGIVER.into(), |reason| Phi::new(format!("{} ({CAREGIVER})", reason.expose()))))
}
