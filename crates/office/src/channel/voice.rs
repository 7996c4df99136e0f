//! Pages as telephone calls that ask for a key.

use std::time::Duration;

use domain::PhoneNumber;
use reqwest::Client;

use super::gateway::{Endpoint, Gateway};
use super::twiml::Twiml;
use super::{PageNotice, text};
use crate::webhook::Undelivered;

/// How long it rings: five times or six, until shortly before most mailboxes pick up. One that does gets a reference and
/// presses no key, and the case goes on to the next.
const RING_SECONDS: &str = "25";

/// Telephone calls to one clinician. The gateway's word that it will call is all that counts as taken; that somebody has
/// taken the case is told by a key, never by picking up: a mailbox picks up too.
#[derive(Clone, Debug)]
pub struct Voice {
    /// Who calls.
    pub gateway: Gateway,
    /// The telephone number of the practice that it calls from.
    pub from: PhoneNumber,
    /// The clinician's telephone.
    pub to: PhoneNumber,
}

pub(crate) struct VoiceSender {
    endpoint: Endpoint,
    from: PhoneNumber,
    to: PhoneNumber,
}

impl VoiceSender {
    pub(super) fn check(voice: &Voice) -> Result<Self, &'static str> {
        if voice.from == voice.to {
            return Err("it calls from the number that it calls");
        }
        let endpoint = Endpoint::check(&voice.gateway, "Calls")?;
        Ok(Self { endpoint, from: voice.from.clone(), to: voice.to.clone() })
    }

    pub(super) async fn send(
        &self,
        client: &Client,
        page: &PageNotice<'_>,
        within: Duration,
    ) -> Result<(), Undelivered> {
        let twiml = twiml(page);
        let form = vec![
            ("To", self.to.as_str()),
            ("From", self.from.as_str()),
            ("Twiml", twiml.as_str()),
            ("Timeout", RING_SECONDS),
        ];
        self.endpoint.post_reported(client, form, page.status_url, within).await
    }
}

/// What such a call says and asks; again, too, to whoever wants to hear it again.
pub(crate) fn twiml(page: &PageNotice<'_>) -> Twiml {
    let spoken = text::spoken(page);
    if page.test { Twiml::say(&spoken) } else { Twiml::ask(&spoken, page.key_url) }
}
