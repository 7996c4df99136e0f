//! The dialog of a call that was picked up: what the other side wants within it, and a way to ask for something ourselves.

use std::sync::Arc;

use rsipstack::dialog::dialog::{Dialog, DialogSnapshotState, DialogState, DialogStateReceiver, TerminatedReason};
use rsipstack::dialog::dialog_layer::DialogLayer;
use rsipstack::dialog::invite_dialog::InviteDialog;

/// A call's dialog, for as long as the two sides have it.
pub(super) struct Signalling {
    dialog: InviteDialog,
    states: DialogStateReceiver,
    dialogs: Arc<DialogLayer>,
}

impl Signalling {
    pub(super) fn new(dialog: InviteDialog, states: DialogStateReceiver, dialogs: Arc<DialogLayer>) -> Self {
        Self { dialog, states, dialogs }
    }

    pub(super) fn dialog(&self) -> &InviteDialog {
        &self.dialog
    }

    /// What comes next; `None` if nothing more can.
    pub(super) async fn next(&mut self) -> Option<DialogState> {
        loop {
            let state = self.states.recv().await?;
            if !is_challenge(&state) || self.revive().is_none() {
                return Some(state);
            }
        }
    }

    /// A request of ours within the call was answered with 401 or 407: it is refused, and nothing more (RFC 3261 12.2.1.2). rsipstack
    /// takes that for the end of the dialog, and would not even send a BYE: the dialog is made anew as it was. A connection that the
    /// caller has opened to us is found again by the address of their `Contact` only.
    fn revive(&mut self) -> Option<()> {
        let mut was = self.dialog.snapshot();
        was.state = DialogSnapshotState::Confirmed;
        let id = was.id.clone();
        let (sender, states) = self.dialogs.new_dialog_state_channel();
        self.dialogs.remove_dialog(&id);
        self.dialogs.restore_from_snapshot(was, sender).ok()?;
        let Dialog::Invite(dialog) = self.dialogs.get_dialog(&id)? else { return None };
        (self.dialog, self.states) = (dialog, states);
        tracing::warn!(
            "a request within a call was answered with a question for a password; the call goes on without it"
        );
        Some(())
    }
}

/// Whether it is the end that rsipstack makes of a 401 or 407.
pub(super) fn is_challenge(state: &DialogState) -> bool {
    matches!(state, DialogState::Terminated(_, TerminatedReason::ProxyAuthRequired))
}
