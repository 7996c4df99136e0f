//! Callers whom the practice wants handled in a way of their own: physicians, pharmacies, insurers, vendors; those who
//! speak another language; and machines. Whoever may be a patient is helped.

use domain::{CallTime, CallerKind, CallerPolicy, Directive, Intent, OfficeHours, Phi, Reading, Urgency};

use super::Receptionist;
use crate::agenda::is_visit;
use crate::plan::{Caller, Message, Plan, Urgent};
use crate::{Prompt, Witness};

/// A recorded announcement that is heard so often has nobody behind it.
const RECORDINGS_MAX: u32 = 2;

impl Receptionist {
    /// Does what the practice has decided about this kind of caller. False if they are helped like a patient.
    pub(super) fn receive(&mut self, reading: &Reading, now: CallTime) -> bool {
        let Some(kind) = kind_of(reading) else { return false };
        let policies = &self.practice.front_desk.callers;
        let policy = policies.iter().find(|(of, _)| *of == kind).map(|(_, policy)| *policy);
        match policy {
            Some(CallerPolicy::PageClinician) => self.page_for(Caller::Clinician, self.connects(), now),
            Some(CallerPolicy::Desk) => self.connect_desk(now),
            Some(CallerPolicy::Message) => self.plan = Plan::Message(Message::about(subject_of(kind, reading), false)),
            Some(CallerPolicy::Decline) => self.close(Prompt::GoodbyeVendor, now),
            Some(CallerPolicy::Help) | None => return false,
        }
        true
    }

    /// Answers who speaks another language by the practice's sentence in it, then by a person: who is in the office, or
    /// else who is on call. True if that was done.
    pub(super) fn hear_foreign(&mut self, reading: &Reading, now: CallTime) -> bool {
        let Some(language) = reading.language.as_ref() else { return false };
        let known = self.practice.front_desk.languages.iter().any(|one| one.language == *language);
        let listens = match &self.plan {
            Plan::Open(_) | Plan::Offer(_) | Plan::Message(_) | Plan::Visit(_) | Plan::Connecting | Plan::Urgent(_) => {
                true
            }
            Plan::Ringing
            | Plan::Together { .. }
            | Plan::Emergency(_)
            | Plan::Unheard
            | Plan::Unspoken(_)
            | Plan::Closing { .. }
            | Plan::Ended { .. } => false,
        };
        if !known || !listens {
            return false;
        }
        if self.foreign.replace(language.clone()).is_none() {
            self.said.keep(Phi::new(format!("(The caller speaks {language}.)")), true);
        }
        self.question = None;
        self.tell(Prompt::Foreign(language.clone()));
        self.triage.falls_silent(); // the safety question would not be understood
        match (&self.plan, self.office) {
            (Plan::Connecting | Plan::Urgent(_), _) if self.triage.to_page().is_none() => {}
            (_, OfficeHours::Open) if self.triage.to_page().is_none() => {
                self.drop_inquiry();
                self.transfer(now);
                self.plan = Plan::Connecting;
            }
            _ => self.page_for(Caller::Foreign, true, now),
        }
        true
    }

    /// Nobody could be connected with somebody who speaks another language, or they cannot wait: the clinician is paged.
    pub(super) fn page_if_foreign(&mut self, now: CallTime) -> bool {
        let pages = self.foreign.is_some() && self.triage.to_page().is_none();
        if pages {
            self.page_for(Caller::Foreign, false, now);
        }
        pages
    }

    /// "Please leave a message after the tone": once may be the background, twice is a machine. Where anything may be
    /// urgent the call goes on. True if nothing is to be answered.
    pub(super) fn hear_recording(&mut self, reading: &Reading, now: CallTime) -> bool {
        if reading.directive != Some(Directive::Recording) || self.triage.urgency() > Urgency::Routine {
            return false;
        }
        self.recordings += 1;
        if self.recordings >= RECORDINGS_MAX {
            self.save_if_begun(now);
            self.close(Prompt::Goodbye, now);
        }
        true
    }

    /// Pages the clinician on call and turns the conversation to that.
    fn page_for(&mut self, caller: Caller, connects: bool, now: CallTime) {
        self.triage.must_page(Urgency::Urgent);
        match caller {
            Caller::Clinician => self.triage.asks_nothing(),
            Caller::Patient | Caller::Foreign => {}
        }
        self.escalate(Witness::Final, now);
        if let Plan::Urgent(urgent) = &mut self.plan
            && !urgent.is_for(caller)
        {
            *urgent = Urgent::new(caller, connects);
            self.question = None;
        }
    }
}

/// Who is calling, as far as that is certain: a vendor only by what is wanted, and nobody who wants what patients want.
fn kind_of(reading: &Reading) -> Option<CallerKind> {
    match (reading.intent(), reading.caller) {
        (Intent::ClinicianCall, _) => Some(CallerKind::Clinician),
        (Intent::PharmacyCall, _) => Some(CallerKind::Pharmacy),
        (Intent::VendorSales, _) => Some(CallerKind::Vendor),
        (Intent::OfficeInfo | Intent::WrongNumber, _) | (_, CallerKind::Vendor | CallerKind::Other) => None,
        (intent, _) if is_visit(intent) => None,
        (_, kind) => Some(kind),
    }
}

/// What a message of such a caller is about.
fn subject_of(kind: CallerKind, reading: &Reading) -> Intent {
    match kind {
        CallerKind::Clinician => Intent::ClinicianCall,
        CallerKind::Pharmacy => Intent::PharmacyCall,
        CallerKind::Insurer => Intent::Insurance,
        CallerKind::Patient
        | CallerKind::Caregiver
        | CallerKind::NewPatient
        | CallerKind::Vendor
        | CallerKind::Other => reading.intent(),
    }
}
