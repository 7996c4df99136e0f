//! Whom a call may ring, from the practice's file and its office; nobody else is ever rung.

use std::collections::BTreeMap;

use call::{Callee, CalleeNews, HandingOver, SWITCHBOARD_MAX, Switchboard, SwitchboardRequest};
use dialogue::TransferTo;
use domain::{Phi, PhoneNumber};
use office::{CalleeDid, Clock, Office, Wanted};
use oncall::ClinicianId;
use tokio::sync::mpsc;
use transport::Dials;
use transport::streams::rest::TEL;

use crate::config::{Contact, PracticeConfig, Server};

/// The addresses of those who can be rung: their own for SIP, or else their telephone number, behind `[sip] outbound`, the trunk that calls
/// numbers, or where there is none for the provider that streams calls.
pub fn telephones(config: &PracticeConfig, server: &Server) -> BTreeMap<ClinicianId, Phi<String>> {
    let by_sip = server.sip.is_some();
    let outbound = server.outbound.as_deref().filter(|_| by_sip);
    let by_number = |phone: &PhoneNumber| match outbound {
        Some(trunk) => Some(format!("sip:{}@{trunk}", phone.as_str())),
        None => server.provider_rings().then(|| format!("{TEL}{}", phone.as_str())),
    };
    let address = |contact: &Contact| {
        let sip = contact.sip.clone().filter(|_| by_sip);
        sip.or_else(|| contact.phone.as_ref().and_then(by_number)).map(Phi::new)
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
