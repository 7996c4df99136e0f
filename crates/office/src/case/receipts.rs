//! A page that a gateway had taken, and that did not arrive.

use oncall::{Attempt, Input};
use store::{PageOutcome, PageRow};

use super::Case;

impl Case {
    /// A gateway reports that this page has reached nobody, and why: as if it had refused it. Whoever has the case has heard of it
    /// otherwise, so then nothing changes; nor does it when it is reported again.
    pub(super) fn page_lost(&mut self, attempt: Attempt, why: String) {
        if !self.machine.is_paging() || self.is_lost(attempt) {
            return;
        }
        let now = self.premises.now();
        let Some(row) = self.fared(attempt, PageOutcome::Failed { at: now, why }) else { return };
        tracing::warn!(case = %self.file.case.id, step = row.step, outcome = ?row.outcome, "page");
        self.machine.handle_input(Input::PageFailed { attempt }, now);
    }

    /// Whether it has failed. A report may come before the gateway's own answer that it has taken the page, and counts all the same.
    pub(super) fn is_lost(&self, attempt: Attempt) -> bool {
        let failed = |page: &PageRow| matches!(page.outcome, PageOutcome::Failed { .. });
        self.file.pages.iter().any(|page| page.step == attempt.0 && failed(page))
    }

    /// Notes what has become of a page, for the disk too.
    pub(super) fn fared(&mut self, attempt: Attempt, outcome: PageOutcome) -> Option<PageRow> {
        let row = self.file.pages.iter_mut().rev().find(|page| page.step == attempt.0)?;
        row.outcome = outcome;
        self.news.pages.push(row.clone());
        Some(row.clone())
    }
}
