//! What has become of text messages and telephone calls that the gateway had taken.
//!
//! It posts its reports to an address that goes with each page and needs nothing to be set up. Only failures do anything: that a
//! message has arrived does not mean that anybody has read it, and only an acknowledgement takes a case.

use domain::CaseId;
use oncall::{Attempt, ClinicianId, Way};
use store::{CaseFile, PageOutcome, PageRow};

use super::GatewayPost;
use crate::case::CaseInput;
use crate::desk::Which;
use crate::{Office, OfficeError, Progress, Twiml, messages, test_pages};

/// What a gateway says of one page.
struct Report<'a> {
    status: &'a str,
    /// Its number for why, which its documentation explains.
    code: Option<u32>,
}

impl<'a> Report<'a> {
    fn of(post: &'a GatewayPost<'_>) -> Self {
        let texted = post.field("MessageStatus");
        let status = if texted.is_empty() { post.field("CallStatus") } else { texted };
        Self { status, code: post.field("ErrorCode").parse().ok().filter(|code| *code > 0) }
    }

    fn is_failure(&self) -> bool {
        Progress::of(self.status) == Progress::Failed
    }

    /// A telephone that rang, or was in use: nobody has answered, but the way is good.
    fn is_unanswered(&self) -> bool {
        matches!(self.status, "busy" | "no-answer")
    }

    /// For staff. Of the gateway's own words only those that mean a failure get here.
    fn why(&self) -> String {
        match self.code {
            Some(code) => format!("reported as {}, code {code}", self.status),
            None => format!("reported as {}", self.status),
        }
    }
}

impl Office {
    /// The gateway reports what has become of a page. One that failed or rang in vain is as good as refused, and whoever is next is paged
    /// at once where nobody else of the turn has theirs. Everything else, a page that nobody knows included, changes nothing.
    ///
    /// # Errors
    /// [`OfficeError::BadLink`] if the gateway has not signed it.
    pub async fn page_reported(
        &self,
        case: CaseId,
        attempt: u32,
        post: &GatewayPost<'_>,
    ) -> Result<Twiml, OfficeError> {
        self.check_signature(post)?;
        let report = Report::of(post);
        if report.is_failure() && self.is_awaited(case, attempt).await? {
            let lost = |done| CaseInput::PageLost { attempt: Attempt(attempt), why: report.why(), done };
            self.tell(Which::Case(case), lost).await?;
        }
        Ok(Twiml::nothing())
    }

    /// Whether a failure of this page would change anything. Asked first, so that no case is taken from another node, or taken up again
    /// after it was closed, for nothing.
    async fn is_awaited(&self, case: CaseId, attempt: u32) -> Result<bool, OfficeError> {
        let file = match self.file(case).await {
            Err(OfficeError::BadLink) => {
                tracing::warn!(%case, "a report of a page of a case that nobody knows");
                return Ok(false);
            }
            file => file?,
        };
        let CaseFile { case, pages, .. } = file;
        let goes_by_gateway = |page: &PageRow| [Way::Sms, Way::Voice].iter().any(|way| way.label() == page.channel);
        let failed = |page: &PageRow| matches!(page.outcome, PageOutcome::Failed { .. });
        let ours = case.practice == self.premises.config.practice.id;
        let page = pages.iter().find(|page| page.step == attempt && goes_by_gateway(page));
        Ok(ours && case.acknowledged.is_none() && case.closed.is_none() && page.is_some_and(|page| !failed(page)))
    }

    /// The gateway reports what has become of a test page of that moment (in ms since 1970): one that did not arrive is told of as one that was
    /// refused, once. A call that nobody answered has arrived: nobody is to sit by the telephone for a test.
    ///
    /// # Errors
    /// [`OfficeError::BadLink`] if the gateway has not signed it.
    pub async fn test_page_reported(
        &self,
        clinician: &ClinicianId,
        way: &str,
        sent_ms: i64,
        post: &GatewayPost<'_>,
    ) -> Result<Twiml, OfficeError> {
        self.check_signature(post)?;
        let (report, premises) = (Report::of(post), &self.premises);
        let way = Way::ALL.into_iter().find(|known| known.label() == way);
        let known = test_pages::everybody(&premises.config).find(|one| one.id == *clinician);
        let (Some(known), Some(way)) = (known, way) else { return Ok(Twiml::nothing()) };
        if report.is_failure() && !report.is_unanswered() {
            let once = format!("test page {clinician} {way} {sent_ms} was lost");
            // Rather twice than never.
            if premises.store.take_turn(&premises.config.practice.id, &once).await.unwrap_or(true) {
                tracing::error!(%clinician, %way, "a test page did not arrive: the practice is told");
                self.leave(messages::urgent(premises, &test_pages::lost(&known.name, way, &report.why()))).await;
            }
        }
        Ok(Twiml::nothing())
    }
}
