//! Whom a call may ring, from the practice's file and its office; nobody else is ever rung.

use std::collections::BTreeMap;

use call::{Callee, CalleeNews, HandingOver, SWITCHBOARD_MAX, Switchboard, SwitchboardRequest};
use dialogue::TransferTo;
use domain::Phi;
use office::{CalleeDid, Clock, Office, Wanted};
use oncall::ClinicianId;
use tokio::sync::mpsc;
use transport::Dials;

use crate::config::{Contact, PracticeConfig};

/// The SIP addresses of those who can be rung: their own, or else their telephone number behind `outbound`, the trunk that calls
/// numbers.
pub fn telephones(config: &PracticeConfig, outbound: Option<&str>) -> BTreeMap<ClinicianId, Phi<String>> {
    let address = |contact: &Contact| {
        let by_number = contact.phone.as_ref().zip(outbound);
        let by_number = by_number.map(|(phone, trunk)| format!("sip:{}@{trunk}", phone.as_str()));
        contact.sip.clone().or(by_number).map(Phi::new)
    };
    let people = config.oncall.iter().chain(&config.desk);
    people.filter_map(|contact| Some((ClinicianId(contact.id.clone()), address(contact)?))).collect()
}

/// The other end of a call's way to those who know whom to ring, until the front desk is gone.
pub(super) fn open(office: Office, dials: Dials, names: bool, handing_over: HandingOver, clock: Clock) -> Switchboard {
    let (requests, mut queue) = mpsc::channel(SWITCHBOARD_MAX);
    tokio::spawn(async move {
        while let Some(request) = queue.recv().await {
            match request {
                SwitchboardRequest::Whom { call: _, to, about, callees } => {
                    let wanted = match to {
                        TransferTo::Desk => Wanted::Desk,
                        TransferTo::OnCall => Wanted::OnCall,
                    };
                    let found = office.whom_to_ring(wanted, about.urgency, about.caller, &about.red_flags);
                    // A call that does not wait any more needs no answer.
                    drop(callees.send(found.into_iter().map(callee).collect()));
                }
                // In order: who took a call is not known to have spoken before that.
                SwitchboardRequest::Told { call, who, news } => {
                    let did = match news {
                        CalleeNews::Declined => CalleeDid::Decline,
                        CalleeNews::Accepted(urgency) => CalleeDid::Accept(urgency),
                        CalleeNews::Reached => CalleeDid::Reach,
                    };
                    office.callee_did(call, &ClinicianId(who), did, clock.now()).await;
                }
            }
        }
    });
    Switchboard { requests, dials, names, handing_over }
}

fn callee(one: office::Callee) -> Callee {
    Callee { id: one.id.0, name: one.name, address: one.address }
}
