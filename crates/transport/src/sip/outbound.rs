//! Calls that we place: somebody is rung, and the call is theirs when they pick up.

use std::pin::pin;
use std::sync::Arc;

use domain::Phi;
use rsipstack::dialog::authenticate::AuthRetry;
use rsipstack::dialog::dialog::{Dialog, DialogStateReceiver};
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::uri::ParamsExt;
use rsipstack::sip::{Auth, Host, Response, StatusCode, StatusCodeKind, Transport, Uri};
use tokio::sync::{mpsc, oneshot};

use super::abilities;
use super::answer::{hang_up, ours};
use super::call::{End, SipCall};
use super::offer::description;
use super::refer::REPLACES;
use super::requests::Desk;
use super::server::{SipOptions, contact};
use super::session_timer::Asking;
use super::signalling::Signalling;
use super::trunks::{Login, Trunk, is_same};
use crate::media::{Media, Ports};
use crate::rtp::sdp::{Agreed, Direction, Security, Session};
use crate::{Dial, Leg, NotAnswered, pair};

/// Whether somebody could be called at this: `sip:USER@HOST`, perhaps with a port and `;transport=`.
pub fn is_address(written: &str) -> bool {
    let has_user = |uri: &Uri| uri.auth.as_ref().is_some_and(|auth| !auth.user.is_empty());
    written.starts_with("sip:") && Uri::try_from(written).is_ok_and(|uri| has_user(&uri))
}

/// Places every call that is ordered, each in a task of its own.
pub(super) async fn take(mut orders: mpsc::Receiver<Dial>, desk: Arc<Desk>) {
    while let Some(Dial { to, mut answered }) = orders.recv().await {
        let desk = Arc::clone(&desk);
        tokio::spawn(async move {
            match ring(&to, &mut answered, &desk).await {
                Ok(rung) => rung.conduct(answered, &desk).await,
                // Whoever has given up needs no answer.
                Err(why) => drop(answered.send(Err(why))),
            }
        });
    }
}

/// A call that was picked up at the other side.
struct Rung {
    dialog: InviteDialog,
    states: DialogStateReceiver,
    response: Response,
    session: Session,
    ports: Ports,
    agreed: Agreed,
    /// What their telephone may be asked to put in our place.
    in_our_place: Option<Phi<String>>,
}

impl Rung {
    async fn conduct(self, answered: oneshot::Sender<Result<Leg, NotAnswered>>, desk: &Desk) {
        let Self { dialog, states, response, session, ports, agreed, in_our_place } = self;
        let (mut leg, driver) = pair(None);
        leg.in_our_place = in_our_place;
        let media = Media::new(ports, agreed, leg.picked_up);
        // A leg that nobody takes any more is dropped, and that ends the call.
        drop(answered.send(Ok(leg)));
        let signalling = Signalling::new(dialog, states, Arc::clone(&desk.dialogs));
        let mut call = SipCall::new(signalling, session, media, driver).picked_up_by(&response);
        let end = call.carry_to_its_end().await;
        hang_up(call.dialog(), Some(end), desk).await;
    }
}

/// Rings until they pick up, refuse, or nobody waits any more: rsipstack gives up by itself after 32 s without any answer.
async fn ring(
    to: &Phi<String>,
    answered: &mut oneshot::Sender<Result<Leg, NotAnswered>>,
    desk: &Desk,
) -> Result<Rung, NotAnswered> {
    let options = &desk.options;
    if !options.may_ring.contains(to) {
        tracing::error!("a call was ordered to an address that the configuration does not name");
        return Err(NotAnswered::NotAllowed);
    }
    let callee = Uri::try_from(to.expose().as_str()).map_err(|_| NotAnswered::NotReached)?;
    let way = Way::to(&callee, options);
    let ports = Ports::bind(options.listen.ip(), &options.rtp_ports).await.map_err(|_| NotAnswered::NotReached)?;
    let port = ports.port().map_err(|_| NotAnswered::NotReached)?;
    let security = if way.transport == Transport::Tls { Security::Required } else { Security::IfOffered };
    let address = options.external.unwrap_or(options.listen.ip());
    let mut session = Session::new(ours(desk, address, port, security));
    let offer = session.offer(Direction::SendRecv).to_string().into_bytes();
    let contact = contact(options, way.transport);
    let invite = InviteOption {
        caller: way.caller(options, &contact),
        callee,
        destination: way.trunk.map(|trunk| trunk.server.target()),
        contact,
        content_type: Some("application/sdp".to_owned()),
        offer: Some(offer),
        headers: Some(vec![abilities::allow()]),
        ..InviteOption::default()
    };
    let Invited { dialog, states, response } = let_in(invite, way.trunk, answered, desk).await?;
    picked_up(&response)?;
    let in_our_place = in_our_place(&dialog, |host| way.leads_to(host));
    let answer = description(&response.headers, &response.body).ok().flatten();
    match answer.and_then(|answer| session.accept(&answer).ok()) {
        Some(agreed) => Ok(Rung { dialog, states, response, session, ports, agreed, in_our_place }),
        None => {
            hang_up(&dialog, Some(End::ByFirstRing), desk).await;
            Err(NotAnswered::NotReached)
        }
    }
}

/// How somebody is reached.
struct Way<'a> {
    /// The host that the configuration names.
    host: Host,
    /// By which trunk, if their address belongs to one: nobody else hears its user or has its password.
    trunk: Option<&'a Trunk>,
    transport: Transport,
}

impl<'a> Way<'a> {
    fn to(callee: &Uri, options: &'a SipOptions) -> Self {
        let trunk = options.trunks.iter().find(|trunk| trunk.carries(callee));
        let written = callee.transport().copied().unwrap_or(Transport::Udp);
        let host = callee.host_with_port.host.clone();
        Self { host, trunk, transport: trunk.map_or(written, |trunk| trunk.server.transport()) }
    }

    /// Whether that is where the configuration sends such calls.
    fn leads_to(&self, host: &Host) -> bool {
        is_same(host, &self.host) || self.trunk.is_some_and(|trunk| trunk.server.is_at(host))
    }

    /// Whom the call is from: a trunk that asks for a password knows its own users only.
    fn caller(&self, options: &SipOptions, contact: &Uri) -> Uri {
        let ours = || {
            let user = options.calls_from.expose().clone();
            Uri { auth: Some(Auth { user, password: None }), ..contact.clone() }
        };
        self.trunk.map_or_else(ours, Trunk::user)
    }
}

/// A call that was placed, and the last answer to it.
struct Invited {
    dialog: InviteDialog,
    states: DialogStateReceiver,
    response: Response,
}

/// Calls, and once more with the password if the trunk asks for it, or with a longer session or none. rsipstack knows no password: it would give
/// it to every realm and host that asks later.
async fn let_in(
    invite: InviteOption,
    trunk: Option<&Trunk>,
    answered: &mut oneshot::Sender<Result<Leg, NotAnswered>>,
    desk: &Desk,
) -> Result<Invited, NotAnswered> {
    let login = trunk.map(Login::of);
    let (mut tries, mut asking, mut authorization, mut call_id) = (AuthRetry::new(), Asking::Usual, None, None);
    while !answered.is_closed() {
        let further = asking.headers().into_iter().chain(authorization.take());
        let headers = Some(invite.headers.iter().flatten().cloned().chain(further).collect());
        let invited = invited(InviteOption { headers, call_id, ..invite.clone() }, answered, desk).await?;
        if let Some(next) = asking.after(&invited.response) {
            // That is another request, which may be asked for the password anew.
            (asking, tries) = (next, AuthRetry::new());
        } else {
            let asked = invited.dialog.initial_request();
            if let Some(login) = &login {
                authorization = login.header(asked, &invited.response, &desk.dialogs.endpoint).await;
            }
            if authorization.is_none() || !tries.should_answer(&invited.response) {
                return Ok(invited);
            }
        }
        call_id = Some(invited.dialog.id().call_id);
    }
    Err(NotAnswered::NotReached)
}

async fn invited(
    invite: InviteOption,
    answered: &mut oneshot::Sender<Result<Leg, NotAnswered>>,
    desk: &Desk,
) -> Result<Invited, NotAnswered> {
    let (sender, states) = desk.dialogs.new_dialog_state_channel();
    let (dialog, inviting) = desk.dialogs.do_invite_async(invite, sender).map_err(|_| NotAnswered::NotReached)?;
    let mut inviting = pin!(inviting);
    let last = tokio::select! {
        last = &mut inviting => last,
        () = answered.closed() => {
            // If they pick up in this very moment rsipstack hangs up by itself.
            drop(dialog.cancel().await);
            return Err(NotAnswered::NotReached);
        }
    };
    let response = last.ok().and_then(Result::ok).and_then(|(_, response)| response);
    Ok(Invited { dialog, states, response: response.ok_or(NotAnswered::NotReached)? })
}

/// Their address, if it is where the configuration sends calls, with the call that they have with us as the one to be replaced. Its tags are named as seen from there (RFC 3891 3).
fn in_our_place(dialog: &InviteDialog, may_be: impl Fn(&Host) -> bool) -> Option<Phi<String>> {
    let id = dialog.id();
    let theirs =
        Dialog::Invite(dialog.clone()).remote_contact().filter(|theirs| may_be(&theirs.host_with_port.host))?;
    let theirs = Uri { headers: Vec::new(), ..theirs };
    let replaces = format!("{};to-tag={};from-tag={}", id.call_id, id.remote_tag, id.local_tag);
    Some(Phi::new(format!("{theirs}{REPLACES}{}", escaped(&replaces))))
}

/// As a header's value stands in an address (RFC 3261 25.1, `hvalue`).
fn escaped(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    let escape = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(escape).collect()
}

fn picked_up(response: &Response) -> Result<(), NotAnswered> {
    let status = &response.status_code;
    if status.kind() == StatusCodeKind::Successful {
        Ok(())
    } else if matches!(status, StatusCode::BusyHere | StatusCode::BusyEverywhere) {
        Err(NotAnswered::Busy)
    } else if matches!(status, StatusCode::Decline) {
        Err(NotAnswered::Declined)
    } else {
        Err(NotAnswered::NotReached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_replaces_stands_escaped_in_an_address() {
        let call = "a84b@192.0.2.1;to-tag=1%2;from-tag=x_y-z";
        assert_eq!(escaped(call), "a84b%40192.0.2.1%3Bto-tag%3D1%252%3Bfrom-tag%3Dx_y-z");
    }
}
