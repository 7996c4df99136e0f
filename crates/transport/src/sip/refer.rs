//! The other side is asked to call somebody else in our place (RFC 3515), perhaps somebody whom we have on the line (RFC 3891).

use domain::Phi;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Request, StatusCodeKind};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant};

use crate::{NotAnswered, Refer};

/// Who is called rings so long, and the telephone that calls them has a few seconds more to tell.
const TOLD_WITHIN: Duration = Duration::from_secs(30);

/// Before the call that is to be replaced, in an address.
pub(super) const REPLACES: &str = "?Replaces=";

/// What is under way.
#[derive(Default)]
pub(super) struct Referring {
    order: Option<(Refer, Instant)>,
    /// Whether the request was taken.
    asked: JoinSet<bool>,
}

impl Referring {
    /// Asks; whatever was asked before is not heard of any more. Dropped, the order cannot be done.
    pub(super) fn begin(&mut self, refer: Refer, dialog: &InviteDialog) {
        // Whoever is called so hears nothing of us any more; with who is to replace us the caller is already.
        if refer.speaks_on && !replaces(&refer.to) {
            return;
        }
        let (dialog, to) = (dialog.clone(), refer.to.clone());
        self.asked.spawn(async move { is_taken(&dialog, &to).await });
        self.order = Some((refer, Instant::now() + TOLD_WITHIN));
    }

    /// Looks whether the request was refused, or nothing was told in time. The call is as it was then.
    pub(super) fn tick(&mut self) {
        let refused = matches!(self.asked.try_join_next(), Some(Ok(false) | Err(_)));
        if refused || self.order.as_ref().is_some_and(|(_, until)| Instant::now() >= *until) {
            self.end(Err(NotAnswered::NotReached));
        }
    }

    /// A NOTIFY tells how far the other side is.
    pub(super) fn hear(&mut self, notify: &Request) {
        match told_by(notify) {
            None | Some(100..200) => {}
            Some(200..300) => self.end(Ok(())),
            Some(_) => self.end(Err(NotAnswered::NotReached)),
        }
    }

    fn end(&mut self, how: Result<(), NotAnswered>) {
        if let Some((refer, _)) = self.order.take() {
            // Whoever has given up needs no answer.
            refer.done.send(how).ok();
        }
    }
}

/// The status line that a NOTIFY carries (RFC 3515 2.4.5). rsipstack's own reader overlooks those that name the event as its parser does.
fn told_by(notify: &Request) -> Option<u16> {
    let line = std::str::from_utf8(&notify.body).ok()?.lines().next()?;
    line.strip_prefix("SIP/2.0 ")?.split(' ').next()?.parse().ok()
}

/// Whether who is to be called is with the caller already, in a call with us that is to be replaced (RFC 3891).
fn replaces(to: &Phi<String>) -> bool {
    to.expose().contains(REPLACES)
}

async fn is_taken(dialog: &InviteDialog, to: &Phi<String>) -> bool {
    let asked = dialog.refer(format!("<{}>", to.expose()), None, None).await;
    matches!(asked, Ok(Some(response)) if response.status_code.kind() == StatusCodeKind::Successful)
}
