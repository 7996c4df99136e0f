//! When the pages of a call left and were taken, by the office's own record. The journal knows only when the call was
//! told, which is later: a page is recorded before it is sent, and taken before anybody is told.

use call::{Entry, Happening, Summary};
use jiff::Timestamp;
use store::{PageOutcome, Store};

/// Puts the record's times in place of those that the call heard of, as far as the record has any.
pub async fn note_page_times(store: &Store, journal: &[Entry], summary: &mut Summary) {
    let Some(escalation) = &mut summary.escalation else { return };
    let Some(Happening::Answered { call, started, .. }) = journal.first().map(|entry| &entry.what) else { return };
    let file = match store.case_of_call(*call).await {
        Ok(file) => file,
        Err(why) => return tracing::warn!(%why, "the summary has the times of paging as the call heard of them"),
    };
    // Nothing is paged before it is decided: where it looks so, two clocks were rounded to milliseconds.
    let decided_ms = escalation.decided_ms;
    let since_answer = |at: Timestamp| {
        let ms = u64::try_from(at.duration_since(started.timestamp()).as_millis()).ok()?;
        Some(ms.max(decided_ms))
    };
    let sent = file.pages.iter().map(|page| page.intended_at).min();
    let accepted = file.pages.iter().filter_map(|page| match page.outcome {
        PageOutcome::Accepted { at } => Some(at),
        PageOutcome::Unknown | PageOutcome::Failed { .. } => None,
    });
    escalation.page_sent_ms = sent.and_then(since_answer).or(escalation.page_sent_ms);
    escalation.page_accepted_ms = accepted.min().and_then(since_answer).or(escalation.page_accepted_ms);
}
