//! The password of a trunk, and whom it is given to.

use domain::Phi;
use rsipstack::dialog::authenticate::{Credential, handle_client_authenticate};
use rsipstack::sip::prelude::ToTypedHeader;
use rsipstack::sip::{HasHeaders, Header, Request, Response, StatusCode};
use rsipstack::transaction::endpoint::EndpointInnerRef;
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::transaction::Transaction;

use super::Trunk;

/// Name and password for digest authentication (RFC 3261 22).
pub(in crate::sip) struct Login(Phi<Credential>);

impl Login {
    pub(in crate::sip) fn of(trunk: &Trunk) -> Self {
        Self(Phi::new(Credential {
            username: trunk.user.clone(),
            password: trunk.password.expose().clone(),
            realm: trunk.realm.clone(),
            auth_username: trunk.auth_user.clone(),
        }))
    }

    /// What this answer asks for: `None` unless it asks for a password, there is one, and every realm that it names is the configured one.
    pub(in crate::sip) fn answers(&self, answer: &Response) -> Option<&Credential> {
        let credential = self.0.expose();
        let asks = matches!(answer.status_code, StatusCode::Unauthorized | StatusCode::ProxyAuthenticationRequired);
        let is_ours = |named: String| credential.realm.as_ref().is_none_or(|realm| *realm == named);
        let may_have = asks && !credential.password.is_empty() && realms(answer).all(is_ours);
        may_have.then_some(credential)
    }

    /// The header that answers what was asked for this request, and no other: whoever asks for more is looked at again. `None` as above.
    pub(in crate::sip) async fn header(
        &self,
        asked: Request,
        answer: &Response,
        endpoint: &EndpointInnerRef,
    ) -> Option<Header> {
        let credential = self.answers(answer)?;
        let key = TransactionKey::from_request(&asked, TransactionRole::Client).ok()?;
        // rsipstack writes the header into a transaction only; this one is never sent.
        let unsent = Transaction::new_client(key, asked, endpoint.clone(), None);
        let written = handle_client_authenticate(0, &unsent, answer.clone(), credential).await.ok()?;
        let is_answer = |header: &&Header| matches!(header, Header::Authorization(_) | Header::ProxyAuthorization(_));
        written.original.headers.iter().find(is_answer).cloned()
    }
}

fn realms(answer: &Response) -> impl Iterator<Item = String> {
    answer.headers().iter().filter_map(|header| {
        if let Header::WwwAuthenticate(asked) = header {
            asked.typed().ok().map(|asked| asked.realm)
        } else if let Header::ProxyAuthenticate(asked) = header {
            asked.typed().ok().map(|asked| asked.realm)
        } else {
            None
        }
    })
}
