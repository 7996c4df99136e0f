use domain::{Phi, PhoneNumber};

use super::message::Start;
use super::rest::{RemoteId, Rest};

/// The provider's call behind a stream, where it can be ended.
#[derive(Clone, Debug)]
pub(super) struct Behind {
    pub(super) rest: Rest,
    pub(super) call: RemoteId,
    /// Whose call it is at the provider, if that is told.
    pub(super) owner: Option<RemoteId>,
    pub(super) ends: Ends,
    /// The caller's number, and the one that was dialled: a caller who comes back brings them along.
    pub(super) from: Option<Phi<PhoneNumber>>,
    pub(super) to: Option<Phi<String>>,
}

/// When the provider's call ends with our part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// When the conversation is at its end. If we fail, the provider goes on with what the practice has written behind the stream.
    WhenDone,
    /// Always: we placed it, and there is nothing behind.
    WithUs,
}

impl Behind {
    /// Whether a stream is of this call.
    pub(super) fn is(&self, start: &Start) -> bool {
        start.ids.call.as_str() == self.call.as_str()
    }

    pub(super) async fn hang_up(&self) {
        let call = self.call.as_str();
        match self.rest.hang_up(&self.call).await {
            Ok(()) => tracing::info!(call, "the call was ended at the provider"),
            Err(why) => tracing::warn!(call, %why, "the provider has not ended the call and goes on with it"),
        }
    }
}
