//! The other side is asked to call somebody else in our place (RFC 3515), perhaps somebody whom we have on the line (RFC 3891).

use domain::Phi;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{HasHeaders, Request, StatusCodeKind};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant};

use crate::{NotAnswered, Refer};

/// Who is called rings so long, and the telephone that calls them has a few seconds more to tell.
const TOLD_WITHIN: Duration = Duration::from_secs(30);

/// Before the call that is to be replaced, in an address.
pub(super) const REPLACES: &str = "?Replaces=";

/// What is under way.
///
/// Of one dialog there is one at a time. Whoever has taken a request may still call whom it names, however long that takes: nobody can
/// take it back (RFC 3515 has no way), and a second one would have two telephones ring for one caller.
#[derive(Default)]
pub(super) struct Referring {
    /// Whoever waits for the outcome, until when.
    order: Option<(Refer, Instant)>,
    /// Whether the request was taken.
    asked: JoinSet<bool>,
    /// A request was sent, and its outcome is not known.
    is_open: bool,
    /// CSeq of the last request of which the outcome is known, where the other side names it.
    settled: u32,
}

impl Referring {
    /// Asks, unless what was asked before may still be done. Dropped, the order cannot be done.
    pub(super) fn begin(&mut self, refer: Refer, dialog: &InviteDialog) {
        // Whoever is called so hears nothing of us any more; with who is to replace us the caller is already.
        let takes_our_voice_away = refer.speaks_on && !replaces(&refer.to);
        if takes_our_voice_away || self.is_open {
            return;
        }
        let (dialog, to) = (dialog.clone(), refer.to.clone());
        self.asked.spawn(async move { is_taken(&dialog, &to).await });
        self.order = Some((refer, Instant::now() + TOLD_WITHIN));
        self.is_open = true;
    }

    /// Looks whether the request was refused, or nothing was told in time. The call is as it was then.
    pub(super) fn tick(&mut self) {
        if matches!(self.asked.try_join_next(), Some(Ok(false) | Err(_))) {
            self.settle(Err(NotAnswered::NotReached));
        }
        if self.order.as_ref().is_some_and(|(_, until)| Instant::now() >= *until) {
            self.tell(Err(NotAnswered::NotReached));
        }
    }

    /// A NOTIFY tells how far the other side is.
    pub(super) fn hear(&mut self, notify: &Request) {
        // Of one before: it may come late, or twice.
        let id = id_of(notify);
        if id.is_some_and(|id| id <= self.settled) {
            return;
        }
        let how = match told_by(notify) {
            None | Some(100..200) => return,
            Some(200..300) => Ok(()),
            Some(_) => Err(NotAnswered::NotReached),
        };
        self.settled = id.unwrap_or(self.settled);
        self.settle(how);
    }

    /// What was asked for is done, or will not be.
    fn settle(&mut self, how: Result<(), NotAnswered>) {
        self.is_open = false;
        self.tell(how);
    }

    fn tell(&mut self, how: Result<(), NotAnswered>) {
        if let Some((refer, _)) = self.order.take() {
            // Whoever has given up needs no answer.
            refer.done.send(how).ok();
        }
    }
}

/// Of which REFER it is: its CSeq, where the other side says so (RFC 3515 2.4.6).
fn id_of(notify: &Request) -> Option<u32> {
    let event = notify.headers().iter().find(|header| header.name().eq_ignore_ascii_case("event"))?;
    event.value().split(';').find_map(|parameter| parameter.trim().strip_prefix("id=")?.parse().ok())
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
