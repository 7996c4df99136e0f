//! What was asked of the office and is not yet answered. A request that is refused or forgotten is asked again under
//! the same id, which the office does only once: no caller's word depends on one message arriving.

use std::time::Duration;

use domain::{CallTime, OfficeRequest, RequestId};

use crate::Output;

/// An unanswered or refused request is asked again after this long.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Requests under way. Bounded by what a caller can say in a call: one update for each utterance.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    last: u32,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    id: RequestId,
    request: OfficeRequest,
    asked_at: CallTime,
}

impl Requests {
    /// A new request.
    pub(crate) fn ask(&mut self, request: OfficeRequest, now: CallTime) -> (RequestId, Output) {
        self.last += 1;
        let id = RequestId(self.last);
        self.open.push(Open { id, request: request.clone(), asked_at: now });
        (id, Output::Ask { id, request })
    }

    /// The office has done it.
    pub(crate) fn done(&mut self, id: RequestId) {
        self.open.retain(|open| open.id != id);
    }

    /// Whether everything that was asked is done.
    pub(crate) fn are_done(&self) -> bool {
        self.open.is_empty()
    }

    /// When something is to be asked again.
    pub(crate) fn poll_timeout(&self) -> Option<CallTime> {
        self.open.iter().map(|open| open.asked_at + RETRY_AFTER).min()
    }

    /// What is to be asked again now, the oldest first.
    pub(crate) fn handle_timeout(&mut self, now: CallTime) -> Vec<Output> {
        let due = self.open.iter_mut().filter(|open| open.asked_at + RETRY_AFTER <= now);
        due.map(|open| {
            open.asked_at = now;
            Output::Ask { id: open.id, request: open.request.clone() }
        })
        .collect()
    }
}
