//! What the office is asked for a visit: one question at a time, and changes of its book, of which the caller is told
//! whenever they become known.

use std::time::Duration;

use domain::{CallTime, OfficeReply, RequestId};

use crate::visit::Change;
use crate::{Outcome, Prompt};

/// The caller waits no longer for the office than this.
pub(crate) const ANSWER_DUE: Duration = Duration::from_secs(15);

/// A question under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inquiry {
    pub(crate) request: RequestId,
    pub(crate) since: CallTime,
}

/// A change of the book that was confirmed by the caller.
#[derive(Debug)]
pub(crate) struct UnderWay {
    pub(crate) request: RequestId,
    change: Change,
    standing: Standing,
}

#[derive(Debug)]
enum Standing {
    Awaited,
    /// It was not made, or nothing was heard of it in time. Should it have been made all the same, the caller hears so.
    NotMade,
    /// With what was achieved.
    Made(Outcome),
}

impl UnderWay {
    pub(crate) fn new(request: RequestId, change: Change) -> Self {
        Self { request, change, standing: Standing::Awaited }
    }

    /// Whether the caller is still owed a word of it.
    pub(crate) fn news_awaited(&self) -> bool {
        matches!(self.standing, Standing::Awaited)
    }

    /// What the caller is to hear of a reply.
    pub(crate) fn reply(&mut self, reply: &OfficeReply) -> Option<Prompt> {
        if self.outcome().is_some() {
            return None;
        }
        let told = self.change.told_of(reply);
        self.standing = told.map_or(Standing::NotMade, |told| Standing::Made(told.outcome.clone()));
        told.map(|told| Prompt::Visit(told.line.clone()))
    }

    /// What was achieved.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        match &self.standing {
            Standing::Made(outcome) => Some(outcome),
            Standing::Awaited | Standing::NotMade => None,
        }
    }

    /// Nothing was heard of it in time.
    pub(crate) fn give_up(&mut self) {
        if self.news_awaited() {
            self.standing = Standing::NotMade;
        }
    }
}
