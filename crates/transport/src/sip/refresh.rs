//! A session that we refresh (RFC 4028 7.4): by UPDATE (RFC 3311), or by a re-INVITE where the other side has none.

use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, Headers, Response};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::abilities;
use super::offer::{description, sdp_header};
use super::session_timer::{SessionTimer, too_short_for};
use crate::rtp::sdp::Sdp;

/// What became of a refresh.
pub(super) enum Refreshed {
    /// With what they answered to our description, if they did, and the timer that they grant now.
    StillThere(Option<Sdp>, Option<SessionTimer>),
    /// They know the call, but refused this, perhaps because it has to last so many seconds: it is to be asked again soon.
    NotNow {
        at_least: Option<u32>,
    },
    /// They have no UPDATE: it is to be asked again.
    OtherwisePlease,
    Gone,
}

/// Refreshes under way, and how they are asked for.
#[derive(Default)]
pub(super) struct Refreshing {
    /// `true`: they have no UPDATE.
    by_invite: bool,
    asked: JoinSet<Refreshed>,
}

impl Refreshing {
    /// As who sent these has it; who does not say so is tried.
    pub(super) fn allowed_by(headers: &Headers) -> Self {
        let allowed = headers
            .iter()
            .filter_map(|header| if let Header::Allow(methods) = header { Some(methods.value()) } else { None });
        let mut methods = allowed.flat_map(|methods| methods.split(',')).map(str::trim).peekable();
        let by_invite = methods.peek().is_some() && !methods.any(|method| method == "UPDATE");
        Self { by_invite, ..Self::default() }
    }

    /// Asks. A re-INVITE says again what was said last, so that nothing changes.
    pub(super) fn begin(&mut self, dialog: &InviteDialog, mut headers: Vec<Header>, said: Option<Sdp>) {
        let dialog = dialog.clone();
        headers.push(abilities::allow());
        if let Some(said) = said.filter(|_| self.by_invite) {
            headers.push(sdp_header());
            let body = said.to_string().into_bytes();
            self.asked.spawn(async move { of(dialog.reinvite(Some(headers), Some(body)).await, true) });
        } else {
            self.asked.spawn(async move { of(dialog.update(Some(headers), None).await, false) });
        }
    }

    /// The next outcome; never, while nothing is asked.
    pub(super) async fn next(&mut self) -> Refreshed {
        let Some(refreshed) = self.asked.join_next().await else { return std::future::pending().await };
        let refreshed = refreshed.unwrap_or(Refreshed::Gone);
        self.by_invite |= matches!(refreshed, Refreshed::OtherwisePlease);
        refreshed
    }
}

fn of(answered: rsipstack::Result<Option<Response>>, by_invite: bool) -> Refreshed {
    let response = match answered {
        Ok(Some(response)) => response,
        Ok(None) => return Refreshed::NotNow { at_least: None },
        Err(_) => return Refreshed::Gone,
    };
    match response.status_code.code() {
        200..300 => {
            let answer = description(&response.headers, &response.body).ok().flatten();
            Refreshed::StillThere(answer, SessionTimer::granted_again(&response.headers, Instant::now()))
        }
        405 | 501 if !by_invite => Refreshed::OtherwisePlease,
        // There is no such call (RFC 3261 12.2.1.2).
        408 | 481 => Refreshed::Gone,
        _ => Refreshed::NotNow { at_least: too_short_for(&response) },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use rsipstack::sip::Request;

    use super::*;

    #[test]
    fn who_names_methods_without_update_is_invited_again() {
        let by_invite = |headers: &str| {
            let request = format!("INVITE sip:clinic@192.0.2.1 SIP/2.0\r\n{headers}\r\n\r\n");
            Refreshing::allowed_by(&Request::try_from(request.as_str()).unwrap().headers).by_invite
        };
        assert!(!by_invite("Supported: timer"));
        assert!(!by_invite("Allow: INVITE, ACK\r\nAllow: BYE,UPDATE"));
        assert!(by_invite("Allow: INVITE, ACK, BYE"));
    }
}
