//! An errand about an appointment: to book, move, cancel or be told of one. First who the patient is ([`Identity`]), then
//! what is missing, then openings or appointments to choose from, then a read-back of everything.
//!
//! The office is asked to change the book for one reason only: a read-back that was heard to its end and answered with
//! yes ([`Stage::ReadingBack`]). A "yes" into it has it put again in short. Any other time, provider or kind that the
//! caller names, at whatever point, replaces what was said before.

mod answers;
mod change;
mod choice;
mod lines;
pub(crate) mod times;
mod turning;
mod waiting;

use domain::{
    Admits, Appointment, AppointmentType, AppointmentTypeId, Intent, MatchedPatient, OfferedSlot, OfficeReply,
    OfficeRequest, Phi, ProviderWish, SlotId, SlotQuery,
};

use crate::agenda::{VisitWish, Wish};
use crate::contact::Contact;
use crate::identity::{Identity, Step};
use crate::plan::Next;
use crate::prompt::{Prompt, VisitLine};
use crate::question::Question;
use crate::setting::Setting;
use crate::silence::Waiting as Silence;
pub(crate) use change::{Change, Chosen};
use choice::is_within;
pub use choice::{Offered, Pick, pick};
use waiting::Waiting;

/// How often in a row a question is answered by nothing that can be used.
const UNANSWERED_MAX: u8 = 3;

/// One errand about an appointment.
#[derive(Debug)]
pub(crate) struct Visit {
    goal: Goal,
    wish: VisitWish,
    /// The time has been asked for, or need not be.
    time_asked: bool,
    patient: Option<MatchedPatient>,
    /// What is to be moved or cancelled.
    appointment: Option<Appointment>,
    /// The last search, if nothing was open at the wished time.
    unmet: Option<SlotQuery>,
    sought: Option<SlotQuery>,
    /// Offered and not wanted.
    refused: Vec<OfferedSlot>,
    /// Wanted, and somebody else was faster.
    gone: Vec<SlotId>,
    misfits: u8,
    unanswered: u8,
    asks: u32,
    stage: Stage,
}

/// What is to become of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Book,
    Move,
    Cancel,
    /// Nothing: the caller wants to know.
    Confirm,
}

#[derive(Debug)]
enum Stage {
    /// Who is it for?
    Identifying,
    /// The office looks for the patient's appointments.
    Looking,
    /// Which of them?
    Which(Vec<Appointment>),
    /// For what and when? Then openings are sought.
    Wishing,
    /// The wish did not fit: another.
    OtherTime,
    /// The office looks for openings.
    Searching,
    /// Which of them?
    Offering(Vec<OfferedSlot>),
    /// Is that right?
    ReadingBack {
        chosen: Chosen,
        told: Told,
    },
    /// The office changes its book.
    Changing(Chosen),
    /// The waiting list?
    Waiting(Waiting),
    Over(End),
}

/// Whether the read-back was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    NotYet,
    ToTheEnd,
}

#[derive(Clone, Debug)]
enum End {
    /// Perhaps with a last word.
    Done(Option<VisitLine>),
    /// A message is taken instead; the line says why.
    Message(Prompt),
}

impl Visit {
    /// An errand about an appointment; `None` if the wish is another.
    pub(crate) fn new(wish: &Wish) -> Option<Self> {
        let goal = goal_of(wish.intent)?;
        let visit = wish.visit.clone();
        Some(Self {
            goal,
            wish: visit,
            time_asked: false,
            patient: None,
            appointment: None,
            unmet: None,
            sought: None,
            refused: Vec::new(),
            gone: Vec::new(),
            misfits: 0,
            unanswered: 0,
            asks: 0,
            stage: Stage::Identifying,
        })
    }

    /// What a message about it is about.
    pub(crate) fn intent(&self) -> Intent {
        match self.goal {
            Goal::Book => Intent::BookAppointment,
            Goal::Move => Intent::RescheduleAppointment,
            Goal::Cancel => Intent::CancelAppointment,
            Goal::Confirm => Intent::ConfirmAppointment,
        }
    }

    /// What is left of it when the call breaks off. Whether a change that is under way was made, the caller would want to know.
    pub(crate) fn left(&self, words: Phi<String>) -> Option<Wish> {
        let intent = match &self.stage {
            Stage::Over(End::Done(_)) => return None,
            Stage::Waiting(waiting) if waiting.has_appointment() => return None,
            Stage::Changing(_) => Intent::ConfirmAppointment,
            Stage::Identifying
            | Stage::Looking
            | Stage::Which(_)
            | Stage::Wishing
            | Stage::OtherTime
            | Stage::Searching
            | Stage::Offering(_)
            | Stage::ReadingBack { .. }
            | Stage::Waiting(_)
            | Stage::Over(End::Message(_)) => self.intent(),
        };
        Some(Wish { visit: self.wish.clone(), ..Wish::of(intent, words) })
    }

    /// Whether the office is changing its book: it is too late to drop it, and no message need tell of it.
    pub(crate) fn is_under_way(&self) -> bool {
        match &self.stage {
            Stage::Changing(_) | Stage::Over(End::Done(_)) => true,
            Stage::Waiting(waiting) => waiting.has_appointment(),
            Stage::Identifying
            | Stage::Looking
            | Stage::Which(_)
            | Stage::Wishing
            | Stage::OtherTime
            | Stage::Searching
            | Stage::Offering(_)
            | Stage::ReadingBack { .. }
            | Stage::Over(End::Message(_)) => false,
        }
    }

    pub(crate) fn next(&mut self, identity: &mut Identity, contact: &Contact, setting: &Setting<'_>) -> Next {
        if let Stage::Over(end) = &self.stage {
            return end.next();
        }
        let patient = match identity.next(contact, setting.practice.front_desk.new_patients, self.goal == Goal::Book) {
            Step::Known(patient) => patient,
            Step::Ask(question) => return Next::Ask(question),
            Step::Request(request) => return Next::Request(request),
            Step::Wait => return Next::Wait(Silence::ForOffice),
            Step::Unknown(why) => return Next::HandOver(Prompt::Patient(why)),
        };
        if let Stage::Waiting(_) = self.stage {
            return self.next_of_waiting(patient.id, contact, setting);
        }
        if let Stage::Identifying = self.stage {
            let id = patient.id;
            self.patient = Some(patient);
            if self.goal == Goal::Book {
                self.stage = Stage::Wishing;
            } else {
                self.stage = Stage::Looking;
                return Next::Request(OfficeRequest::FindAppointments(id));
            }
        }
        if let Stage::Wishing = self.stage
            && !self.lacks_something()
        {
            return self.search(identity, setting);
        }
        if self.unanswered >= UNANSWERED_MAX {
            return Next::HandOver(Prompt::Visit(VisitLine::NotUnderstood));
        }
        let Some(line) = self.line(setting) else { return Next::Wait(Silence::ForOffice) };
        self.asks += 1;
        if let Stage::ReadingBack { told, .. } = &mut self.stage {
            *told = Told::NotYet;
        }
        Next::Ask(Question::Visit(line))
    }

    /// The last question was heard to its end.
    pub(crate) fn question_heard(&mut self) {
        if let Stage::ReadingBack { told, .. } = &mut self.stage {
            *told = Told::ToTheEnd;
        }
    }

    /// The last question was not understood and is said again.
    pub(crate) fn question_repeated(&mut self) {
        if let Stage::ReadingBack { told, .. } = &mut self.stage {
            *told = Told::NotYet;
        }
    }

    /// The read-back was confirmed: what the office is to do. Given once.
    pub(crate) fn take_confirmed(&mut self, contact: &Contact, setting: &Setting<'_>) -> Option<Change> {
        let (Stage::ReadingBack { chosen, told: Told::ToTheEnd }, Some(patient)) = (&self.stage, &self.patient) else {
            return None;
        };
        let change = Change::new(chosen, patient, contact, self.wish.reason.clone(), setting);
        self.stage = Stage::Changing(chosen.clone());
        Some(change)
    }

    /// What the office says; the line tells the caller of it. Claims do not come from here.
    pub(crate) fn reply(&mut self, reply: &OfficeReply, setting: &Setting<'_>) -> Option<VisitLine> {
        self.note_unmet(reply);
        match (&self.stage, reply) {
            (Stage::Waiting(_), reply) => self.reply_of_waiting(reply),
            (Stage::Looking, OfficeReply::Appointments(list)) => {
                self.found(list, setting);
                None
            }
            (Stage::Searching, OfficeReply::Slots(slots)) if slots.is_empty() && self.is_for_today_only(setting) => {
                self.wish.kind = setting.practice.front_desk.appointment_types.first().map(|usual| usual.id.clone());
                self.become_stage(Stage::Wishing);
                None
            }
            (Stage::Searching, OfficeReply::Slots(slots)) if slots.is_empty() => {
                self.nothing_fits(setting);
                None
            }
            (Stage::Searching, OfficeReply::Slots(slots)) => {
                self.become_stage(Stage::Offering(slots.clone()));
                None
            }
            (
                Stage::Changing(_),
                OfficeReply::Booked(made) | OfficeReply::Moved(made) | OfficeReply::ToBeConfirmed(made),
            ) => {
                let end = End::Done(None);
                self.stage = self.waiting(Some(made.id), end.clone(), setting).unwrap_or(Stage::Over(end));
                None
            }
            (Stage::Changing(_), OfficeReply::Cancelled(_)) => {
                self.stage = Stage::Over(End::Done(None));
                None
            }
            (Stage::Changing(Chosen::Book(slot) | Chosen::Move { to: slot, .. }), OfficeReply::SlotTaken) => {
                self.gone.push(slot.id);
                self.become_stage(Stage::Wishing);
                Some(VisitLine::SlotTaken)
            }
            (Stage::Changing(_), OfficeReply::NoSuchAppointment) => {
                self.stage = Stage::Over(End::Done(Some(VisitLine::NothingAhead)));
                None
            }
            (Stage::Looking | Stage::Searching | Stage::Changing(_), OfficeReply::NotAllowed) => {
                self.hand_over(VisitLine::NotAllowed)
            }
            (Stage::Identifying | Stage::Looking | Stage::Searching | Stage::Changing(_), _) => {
                self.hand_over(VisitLine::OutOfReach)
            }
            // The answer to what is no longer asked.
            (
                Stage::Which(_)
                | Stage::Wishing
                | Stage::OtherTime
                | Stage::Offering(_)
                | Stage::ReadingBack { .. }
                | Stage::Over(_),
                _,
            ) => None,
        }
    }

    /// Whether only a visit of the same day is sought. If none is left, the usual one is offered for the next days.
    fn is_for_today_only(&self, setting: &Setting<'_>) -> bool {
        let [usual, others @ ..] = setting.practice.front_desk.appointment_types.as_slice() else { return false };
        let sought = others.iter().find(|kind| Some(&kind.id) == self.wish.kind.as_ref());
        self.appointment.is_none() && usual.horizon_days > 0 && sought.is_some_and(|kind| kind.horizon_days == 0)
    }

    /// What the patient has ahead.
    fn found(&mut self, list: &[Appointment], setting: &Setting<'_>) {
        let openings = || list.iter().map(|one| setting.opening(one.start, &one.provider, &one.kind)).collect();
        if list.is_empty() || self.goal == Goal::Confirm {
            let line = if list.is_empty() { VisitLine::NothingAhead } else { VisitLine::Ahead(openings()) };
            self.stage = Stage::Over(End::Done(Some(line)));
            return;
        }
        let meant: Vec<_> = list.iter().filter(|one| is_within(&self.wish.when, one.start)).cloned().collect();
        match (meant.as_slice(), list) {
            ([only], _) if !self.wish.when.is_empty() => {
                let only = only.clone();
                // "Move my Thursday appointment": that was the day it is on, not the one it should be on.
                self.wish.when.retain(|interval| !is_within(&[*interval], only.start));
                self.take_up(only);
            }
            (_, [only]) => self.take_up(only.clone()),
            _ => self.become_stage(Stage::Which(list.to_vec())),
        }
    }

    /// This appointment is meant.
    fn take_up(&mut self, appointment: Appointment) {
        if self.goal == Goal::Cancel {
            return self.become_stage(Stage::ReadingBack { chosen: Chosen::Cancel(appointment), told: Told::NotYet });
        }
        self.wish.kind = Some(appointment.kind.clone());
        let provider = self.wish.provider.take();
        self.wish.provider = provider.or_else(|| Some(ProviderWish::Named(appointment.provider.clone())));
        self.appointment = Some(appointment);
        self.become_stage(Stage::Wishing);
    }

    fn lacks_something(&self) -> bool {
        (self.wish.kind.is_none() && self.wish.reason.is_none()) || (self.wish.when.is_empty() && !self.time_asked)
    }

    /// The kind that was asked for, if the patient may have it; else the first that they may have. The office knows the
    /// rules, and has the last word.
    fn fitting_kind(&self, is_new: bool, setting: &Setting<'_>) -> Option<AppointmentTypeId> {
        let admits = |kind: &&AppointmentType| match kind.admits {
            Admits::Everybody => true,
            Admits::KnownPatients => !is_new,
            Admits::NewPatients => is_new,
        };
        let kinds = &setting.practice.front_desk.appointment_types;
        let asked = kinds.iter().find(|kind| Some(&kind.id) == self.wish.kind.as_ref());
        let fitting = || kinds.iter().find(admits);
        asked.filter(admits).or_else(fitting).map(|kind| kind.id.clone())
    }

    fn search(&mut self, identity: &Identity, setting: &Setting<'_>) -> Next {
        let kind = match &self.appointment {
            Some(appointment) => Some(appointment.kind.clone()),
            None => self.fitting_kind(identity.is_new(), setting),
        };
        let (Some(kind), Some(patient)) = (kind, &self.patient) else {
            return Next::HandOver(Prompt::Visit(VisitLine::NotAllowed));
        };
        let query = SlotQuery {
            kind,
            patient: patient.id,
            provider: self.wish.provider.clone(),
            when: self.wish.when.clone(),
            instead_of: self.appointment.as_ref().map(|one| one.id),
            not: self.refused.iter().map(|slot| slot.id).chain(self.gone.iter().copied()).collect(),
        };
        self.stage = Stage::Searching;
        self.sought = Some(query.clone());
        Next::Request(OfficeRequest::FindSlots(query))
    }

    fn hand_over(&mut self, why: VisitLine) -> Option<VisitLine> {
        self.stage = Stage::Over(End::Message(Prompt::Visit(why)));
        None
    }

    fn become_stage(&mut self, stage: Stage) {
        (self.stage, self.asks, self.unanswered) = (stage, 0, 0);
    }
}

impl End {
    fn next(&self) -> Next {
        match self {
            Self::Done(line) => Next::Done(line.clone().map(Prompt::Visit)),
            Self::Message(why) => Next::HandOver(why.clone()),
        }
    }
}

fn goal_of(intent: Intent) -> Option<Goal> {
    match intent {
        Intent::BookAppointment => Some(Goal::Book),
        Intent::RescheduleAppointment => Some(Goal::Move),
        Intent::CancelAppointment => Some(Goal::Cancel),
        Intent::ConfirmAppointment => Some(Goal::Confirm),
        Intent::Symptom
        | Intent::PrescriptionRefill
        | Intent::TestResults
        | Intent::Billing
        | Intent::Insurance
        | Intent::RecordsRequest
        | Intent::Referral
        | Intent::OfficeInfo
        | Intent::SpeakToPerson
        | Intent::LeaveMessage
        | Intent::ClinicianCall
        | Intent::PharmacyCall
        | Intent::VendorSales
        | Intent::WrongNumber
        | Intent::Other => None,
    }
}
