//! What clinicians answer by telephone: replies to text messages, and keys that are pressed in calls. Replies of patients who wait
//! for an opening come the same way.
//!
//! The gateway that carries them posts them here. It signs each request with the practice's token; a reply counts for whoever
//! is paged at the number that it comes from, a key for the one clinician whose call it was. Both do what the buttons of the
//! link do, and no more: who was not told how urgent a case has become neither takes nor closes it.

use std::time::Duration;

use domain::{CaseId, CaseStanding, CaseUpdate, PhoneNumber, Urgency};
use jiff::{SignedDuration, Timestamp};
use oncall::{Clinician, ClinicianId, Why};
use store::{CaseFile, PageOutcome, PageRow};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::book::waiting;
use crate::case::CaseInput;
use crate::channel::{self, Channel, PageNotice};
use crate::desk::{Command, Which};
use crate::office::LinkedCase;
use crate::{Key, Named, Office, OfficeError, SmsReply, Twiml, is_signed};

mod receipts;

/// A case answers within this, or is left out.
const LOOK_WITHIN: Duration = Duration::from_secs(1);
/// Nobody reads a text message and writes another in less.
const READ_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// A request of the gateway.
#[derive(Clone, Copy, Debug)]
pub struct GatewayPost<'a> {
    /// The path and the query that it was posted to.
    pub path: &'a str,
    /// The form, decoded.
    pub form: &'a [(String, String)],
    /// The header `X-Twilio-Signature`.
    pub signature: &'a str,
}

impl GatewayPost<'_> {
    fn field(&self, name: &str) -> &str {
        self.form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// A case that a clinician was paged for, and their link to it.
struct Paged {
    clinician: ClinicianId,
    file: CaseFile,
}

impl Office {
    /// A text message that somebody has sent to the practice's number: if it is a clear answer of a clinician to a page, or of a patient
    /// to what was offered from the waiting list, it is done. The answer is told to the sender; a stranger is told nothing.
    ///
    /// # Errors
    /// [`OfficeError::BadLink`] if the gateway has not signed it.
    pub async fn text_message(&self, post: &GatewayPost<'_>, at: Timestamp) -> Result<Twiml, OfficeError> {
        self.check_signature(post)?;
        let Ok(from) = post.field("From").parse::<PhoneNumber>() else { return Ok(Twiml::nothing()) };
        let people = self.people_at(&from);
        let paged = if people.is_empty() { Vec::new() } else { self.paged(&people).await? };
        let said = SmsReply::of(post.field("Body"));
        // A clinician may be a patient, too: what can be meant for a case is.
        if !is_for_a_case(&said, &paged)
            && let Some(told) =
                waiting::answer(&self.premises, &from, post.field("Body"), at, !people.is_empty()).await?
        {
            return Ok(Twiml::message(&told));
        }
        if people.is_empty() {
            tracing::warn!("a text message from a number that nobody is paged at");
            return Ok(Twiml::nothing());
        }
        match said {
            SmsReply::Take(named) => self.take_by_text(&paged, named.as_ref(), at).await,
            SmsReply::Reached(named) => self.reached_by_text(&paged, &named, at).await,
            SmsReply::Other => Ok(Twiml::message(&which(&paged))),
        }
    }

    /// A key that was pressed in a call to the clinician of this link, who was told that the case is as urgent as `shown`.
    ///
    /// # Errors
    /// [`OfficeError::BadLink`] if the gateway has not signed it, or the link is not one.
    pub async fn key_pressed(
        &self,
        case: CaseId,
        token: &str,
        shown: Urgency,
        post: &GatewayPost<'_>,
        at: Timestamp,
    ) -> Result<Twiml, OfficeError> {
        self.check_signature(post)?;
        let LinkedCase { file, clinician, .. } = self.linked(self.file(case).await?, token)?;
        match Key::of(post.field("Digits")) {
            Key::Accept => {
                let linked = self.acknowledge(case, token, shown, at).await?;
                Ok(Twiml::say(&outcome(&linked)))
            }
            Key::Decline => {
                let decline = |done| CaseInput::Decline { clinician: clinician.id.clone(), at, done };
                let linked = self.linked(self.tell(Which::Case(case), decline).await?, token)?;
                self.audit(&clinician, "declined", case).await;
                Ok(Twiml::say(&match &linked.standing {
                    CaseStanding::Open => "Thank you. It is paged on without you. Goodbye.".to_owned(),
                    CaseStanding::Taken { .. } | CaseStanding::Closed { .. } => outcome(&linked),
                }))
            }
            Key::Again | Key::Other => Ok(self.ask_again(&file, &clinician)),
        }
    }

    fn check_signature(&self, post: &GatewayPost<'_>) -> Result<(), OfficeError> {
        let config = &self.premises.config;
        let url = format!("{}{}", self.premises.public_url(), post.path);
        match &config.gateway_token {
            Some(token) if is_signed(token, &url, post.form, post.signature) => Ok(()),
            Some(_) | None => Err(OfficeError::BadLink),
        }
    }

    fn people_at(&self, number: &PhoneNumber) -> Vec<ClinicianId> {
        let at = |channel: &Channel| matches!(channel, Channel::Sms(sms) if sms.to == *number);
        let channels = self.premises.config.channels.iter();
        channels.filter(|(_, channel)| at(channel)).map(|((who, _), _)| who.clone()).collect()
    }

    /// The open cases that any of these were paged for.
    async fn paged(&self, people: &[ClinicianId]) -> Result<Vec<Paged>, OfficeError> {
        let store = &self.premises.store;
        let files = if store.is_shared() {
            store.open_cases(&self.premises.config.practice.id).await?
        } else {
            self.open_here().await?
        };
        let paged = files.into_iter().filter_map(|file| {
            // Two may share a number: the one who was paged last has answered.
            let to = |page: &&PageRow| people.iter().any(|who| who.0 == page.clinician);
            let newest = file.pages.iter().filter(to).max_by_key(|page| page.step);
            let whose = newest.map(|page| ClinicianId(page.clinician.clone()));
            whose.filter(|_| file.case.closed.is_none()).map(|clinician| Paged { clinician, file })
        });
        Ok(paged.collect())
    }

    /// Every case that has its task here, as it is now.
    async fn open_here(&self) -> Result<Vec<CaseFile>, OfficeError> {
        let (found, answer) = oneshot::channel();
        self.command(Command::All { found }).await?;
        let mut files = Vec::new();
        for inputs in answer.await.map_err(|_| OfficeError::Unavailable)? {
            let (done, answer) = oneshot::channel();
            let look = async {
                inputs.send(CaseInput::Look { done }).await.ok()?;
                answer.await.ok()
            };
            // A case that is busy holds up nobody's answer to another.
            files.extend(timeout(LOOK_WITHIN, look).await.ok().flatten());
        }
        Ok(files)
    }

    async fn take_by_text(&self, paged: &[Paged], named: Option<&Named>, at: Timestamp) -> Result<Twiml, OfficeError> {
        // Without a reference only where nothing else can be meant.
        let meant = |paged: &&Paged| named.is_none_or(|named| named.names(&paged.file.case.reference));
        match paged.iter().filter(meant).collect::<Vec<_>>()[..] {
            [Paged { clinician, file }] => {
                let token = self.premises.link_key.token(file.case.id, clinician);
                let linked = self.acknowledge(file.case.id, &token, shown_to(file, clinician, at), at).await?;
                Ok(Twiml::message(&outcome(&linked)))
            }
            _ => Ok(Twiml::message(&which(paged))),
        }
    }

    async fn reached_by_text(&self, paged: &[Paged], named: &Named, at: Timestamp) -> Result<Twiml, OfficeError> {
        match paged.iter().filter(|paged| named.names(&paged.file.case.reference)).collect::<Vec<_>>()[..] {
            [Paged { clinician, file }] => {
                let token = self.premises.link_key.token(file.case.id, clinician);
                let linked = self.caller_reached(file.case.id, &token, shown_to(file, clinician, at), at).await?;
                Ok(Twiml::message(&outcome(&linked)))
            }
            _ => Ok(Twiml::message(&which(paged))),
        }
    }

    fn ask_again(&self, file: &CaseFile, clinician: &Clinician) -> Twiml {
        let premises = &self.premises;
        let key_url = premises.key_url(file.case.id, &clinician.id, file.case.urgency);
        channel::asking(&PageNotice {
            id: "",
            dedup: "",
            practice: &premises.config.practice.name,
            reference: &file.case.reference,
            urgency: file.case.urgency,
            why: Why::Opened,
            link: "",
            key_url: &key_url,
            status_url: None,
            test: false,
            json: "",
        })
    }
}

/// How urgent the case was by the last page that this clinician can have read when they wrote: it was taken by its channel, and not in
/// the very moment before.
fn shown_to(file: &CaseFile, clinician: &ClinicianId, at: Timestamp) -> Urgency {
    let read = |page: &PageRow| match page.outcome {
        PageOutcome::Accepted { at: accepted } => page.clinician == clinician.0 && accepted + READ_AFTER <= at,
        PageOutcome::Unknown | PageOutcome::Failed { .. } => false,
    };
    let paged = file.pages.iter().filter(|page| read(page)).map(|page| page.intended_at).max();
    let raises = file.events.iter().filter_map(|event| match &event.update {
        CaseUpdate::Raised { urgency, .. } => Some((event.at, *urgency)),
        CaseUpdate::CalledAgain(draft) => Some((event.at, draft.urgency)),
        CaseUpdate::Heard(_)
        | CaseUpdate::Name(_)
        | CaseUpdate::Callback(_)
        | CaseUpdate::CalledEmergencyNumber(_)
        | CaseUpdate::WhoIsThere(_)
        | CaseUpdate::StoppedAnswering
        | CaseUpdate::HungUp => None,
    });
    let known = raises.filter(|(at, _)| paged.is_some_and(|paged| *at <= paged)).map(|(_, urgency)| urgency);
    known.chain([file.case.draft.urgency]).max().unwrap_or(Urgency::Routine)
}

fn is_for_a_case(said: &SmsReply, paged: &[Paged]) -> bool {
    match said {
        SmsReply::Take(None) => !paged.is_empty(),
        SmsReply::Take(Some(named)) | SmsReply::Reached(named) => {
            paged.iter().any(|paged| named.names(&paged.file.case.reference))
        }
        SmsReply::Other => false,
    }
}

fn outcome(linked: &LinkedCase) -> String {
    let reference = &linked.file.case.reference;
    let digits = reference.rsplit('-').next().unwrap_or(reference);
    match &linked.standing {
        CaseStanding::Taken { by, .. } if *by == linked.clinician.name => {
            format!("You have {reference}. When you have reached the caller, reply done {digits}, or it pages again.")
        }
        CaseStanding::Taken { by, .. } => format!("{by} has {reference}."),
        CaseStanding::Closed { .. } => format!("{reference} is closed. Thank you."),
        CaseStanding::Open => {
            format!("{reference} is more urgent than you were told. Open its newest link, or wait for the next page.")
        }
    }
}

fn which(paged: &[Paged]) -> String {
    let references: Vec<_> = paged.iter().map(|paged| paged.file.case.reference.as_str()).collect();
    match references[..] {
        [] => "No case waits for you.".to_owned(),
        [first, ..] => {
            let digits = first.rsplit('-').next().unwrap_or(first);
            format!(
                "Nothing was done. Reply 1 and the number to take a case, such as 1 {digits}, or done {digits} when the caller \
                 was reached. Open: {}.",
                references.join(", ")
            )
        }
    }
}
