use serde::Deserialize;

use super::request::Progress;

/// What a provider posts about a call that it has placed, as a form, of which only this counts here.
#[derive(Debug, Deserialize)]
pub(in crate::streams) struct Report {
    /// Of a call that was placed. Plivo's, about somebody who is called for a caller, have the caller's here.
    #[serde(rename = "CallStatus")]
    status: Option<String>,
    /// Plivo's of somebody who is called for a caller.
    #[serde(rename = "DialAction")]
    action: Option<String>,
}

impl Report {
    /// One that does not say how far the call is says that it has ended.
    pub(in crate::streams) fn progress(&self) -> Progress {
        match (self.action.as_deref(), self.status.as_deref()) {
            (Some("answer" | "connected"), _) | (None, Some("in-progress")) => Progress::PickedUp,
            (Some("hangup"), _) => Progress::Over,
            (Some(_), _) | (None, Some("initiated" | "ringing")) => Progress::Rings,
            (None, Some("busy")) => Progress::Busy,
            (None, _) => Progress::Over,
        }
    }
}
