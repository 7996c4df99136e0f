//! The escalation that this call opened: what the office said of it, and what the caller is told of that.

use std::time::Duration;

use domain::{CallTime, CaseId, OfficeReply, Phi, PhoneNumber, RequestId, Urgency};

use crate::Prompt;

/// The caller is told that nothing is known yet when the office has said nothing for this long.
const NEWS_DUE: Duration = Duration::from_secs(10);
/// So long the first question waits for the page: told before it, the news does not come between a question and its answer.
const SPEEDY: Duration = Duration::from_secs(2);

/// One escalation.
#[derive(Debug)]
pub(crate) struct Case {
    /// The request that opened it; all news of it come under this id.
    pub(crate) request: RequestId,
    /// The office's, once it is kept.
    pub(crate) id: Option<CaseId>,
    /// As the office knows it.
    pub(crate) urgency: Urgency,
    /// The name that the office was told.
    pub(crate) name: Option<Phi<String>>,
    /// The number that the office was told.
    pub(crate) callback: Option<Phi<PhoneNumber>>,
    page: Page,
}

/// What is known of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    JustAsked {
        since: CallTime,
    },
    Awaited {
        since: CallTime,
    },
    Overdue,
    NotSent,
    /// The front desk has it; nobody else yet.
    AtDesk,
    Sent,
    Acknowledged,
}

impl Case {
    pub(crate) fn new(request: RequestId, urgency: Urgency, callback: Option<Phi<PhoneNumber>>, now: CallTime) -> Self {
        Self { request, id: None, urgency, name: None, callback, page: Page::JustAsked { since: now } }
    }

    /// What the caller is to hear of the office's reply. Nothing is told twice; bad news after good news is stale.
    pub(crate) fn reply(&mut self, reply: &OfficeReply) -> Option<Prompt> {
        if let OfficeReply::CaseOpened { case } = reply {
            self.id = Some(*case);
        }
        let unknown =
            matches!(self.page, Page::JustAsked { .. } | Page::Awaited { .. } | Page::Overdue | Page::NotSent);
        if *reply == OfficeReply::Paged && (unknown || self.page == Page::AtDesk) {
            self.page = Page::Sent;
            return Some(Prompt::DoctorPaged);
        }
        // In an emergency a clinician is paged with the desk, and what counts is that.
        if *reply == OfficeReply::DeskPaged && unknown && self.urgency < Urgency::Emergency {
            self.page = Page::AtDesk;
            return Some(Prompt::DeskPaged);
        }
        // Every page was lost after it had been taken: for the caller that is the same.
        let all_lost = *reply == OfficeReply::NotPaged && self.page == Page::Sent;
        if all_lost || (*reply == OfficeReply::NobodyAnswers && self.page != Page::Acknowledged) {
            self.page = Page::Sent;
            return Some(Prompt::NobodyAnswers);
        }
        if let (
            OfficeReply::NotPaged | OfficeReply::Unavailable,
            Page::JustAsked { .. } | Page::Awaited { .. } | Page::Overdue | Page::AtDesk,
        ) = (reply, self.page)
        {
            self.page = Page::NotSent;
            return Some(match self.urgency {
                Urgency::Emergency => Prompt::DoctorNotPagedEmergency,
                Urgency::Urgent | Urgency::Routine => Prompt::DoctorNotPaged,
            });
        }
        if let OfficeReply::Acknowledged { by } = reply
            && self.page != Page::Acknowledged
        {
            self.page = Page::Acknowledged;
            return Some(Prompt::DoctorAcknowledged { by: by.clone() });
        }
        None
    }

    /// Whether the caller is still owed a word about the page.
    pub(crate) fn news_awaited(&self) -> bool {
        matches!(self.page, Page::JustAsked { .. } | Page::Awaited { .. })
    }

    /// Whether news of the page may come any moment.
    pub(crate) fn news_expected(&self) -> bool {
        matches!(self.page, Page::JustAsked { .. })
    }

    pub(crate) fn poll_timeout(&self) -> Option<CallTime> {
        match self.page {
            Page::JustAsked { since } => Some(since + SPEEDY),
            Page::Awaited { since } => Some(since + NEWS_DUE),
            Page::Overdue | Page::NotSent | Page::AtDesk | Page::Sent | Page::Acknowledged => None,
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: CallTime) -> Option<Prompt> {
        self.poll_timeout().filter(|at| *at <= now)?;
        if let Page::JustAsked { since } = self.page {
            self.page = Page::Awaited { since };
            return None;
        }
        self.page = Page::Overdue;
        Some(Prompt::PageUnknown)
    }
}
