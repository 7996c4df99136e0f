//! Whom to ring for a caller who is to speak with a person, and what they did.
//!
//! Pages go on beside it. Who takes the call takes the case; who has spoken with the caller closes it, as by the buttons of their link.

use domain::{CallId, CallerKind, Phi, RedFlagId, Urgency};
use jiff::Timestamp;
use oncall::{Clinician, ClinicianId, Escalation};
use store::CaseFile;

use crate::Office;
use crate::case::CaseInput;
use crate::desk::Which;

/// Who is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The front desk; for an urgent caller, whom their case pages after it.
    Desk,
    /// Whom the caller's case pages, in that order.
    OnCall,
}

/// Somebody who can be rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    /// Who.
    pub id: ClinicianId,
    /// As it may be spoken.
    pub name: String,
    /// Their SIP address.
    pub address: Phi<String>,
}

/// What somebody who was rung did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalleeDid {
    /// They declined.
    Decline,
    /// They took the call, and were told that it is so urgent.
    Accept(Urgency),
    /// They have spoken with the caller.
    Reach,
}

impl Office {
    /// Who is to be rung for such a call, in order, each once. Only addresses of the practice's own file are ever among them.
    pub fn whom_to_ring(
        &self,
        wanted: Wanted,
        urgency: Urgency,
        caller: CallerKind,
        red_flags: &[RedFlagId],
    ) -> Vec<Callee> {
        let config = &self.premises.config;
        let plan = config.plan(red_flags, caller, self.premises.now());
        let is_urgent = wanted == Wanted::OnCall || urgency > Urgency::Routine;
        let turns = plan.chain(urgency).turns().iter().filter(|_| is_urgent);
        let desk = config.policy.desk().filter(|_| wanted == Wanted::Desk);
        let mut callees: Vec<Callee> = Vec::new();
        for one in desk.into_iter().chain(turns.flat_map(|turn| &turn.people)) {
            if let Some(address) = config.telephones.get(&one.id)
                && callees.iter().all(|known| known.id != one.id)
            {
                callees.push(Callee { id: one.id.clone(), name: one.name.clone(), address: address.clone() });
            }
        }
        callees
    }

    /// What somebody did who was rung for this call. Without a case there is nothing to be kept.
    pub async fn callee_did(&self, call: CallId, who: &ClinicianId, did: CalleeDid, at: Timestamp) {
        let clinician = || who.clone();
        let file = match did {
            CalleeDid::Decline => {
                self.tell(Which::OfCall(call), |done| CaseInput::Decline { clinician: clinician(), at, done }).await
            }
            CalleeDid::Accept(shown) => {
                let accept = |done| CaseInput::Acknowledge { clinician: clinician(), shown, at, done };
                self.tell(Which::OfCall(call), accept).await
            }
            // Whoever speaks with the caller hears for themselves how urgent it has become.
            CalleeDid::Reach => {
                let shown = Urgency::Emergency;
                let reached = |done| CaseInput::Done { clinician: clinician(), shown, at, done };
                self.tell(Which::OfCall(call), reached).await
            }
        };
        let action = match did {
            CalleeDid::Decline => "declined",
            CalleeDid::Accept(_) => "acknowledged",
            CalleeDid::Reach => "closed",
        };
        match file {
            Ok(file) => {
                let known = people(&file).into_iter().find(|one| one.id == *who);
                if let Some(clinician) = known.as_ref().or_else(|| self.premises.config.policy.desk()) {
                    self.audit(clinician, action, file.case.id).await;
                }
            }
            Err(why) => {
                tracing::info!(%call, clinician = %who, action, %why, "there is no case that this could be kept in");
            }
        }
    }
}

/// Whom the case pages or has paged.
fn people(file: &CaseFile) -> Vec<Clinician> {
    let machine: Result<Escalation, _> = serde_json::from_str(&file.case.state);
    machine.map(|machine| machine.clinicians().cloned().collect()).unwrap_or_default()
}
