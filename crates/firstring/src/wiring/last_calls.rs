//! What a call may learn of the one that its caller made last: from the database, in a task of its own.

use call::{Entry, LAST_CALLS_MAX, LastCall, LastCalls, Pace};
use domain::PracticeId;
use store::{Store, StoreError};
use tokio::sync::mpsc;

use super::recovery::{Reading, read_journal};

/// The other end of [`LastCalls`], until the front desk is gone. A database that is slow keeps nobody else waiting.
pub(super) fn answer_for(store: Store, practice: PracticeId, pace: Pace) -> LastCalls {
    let (last_calls, mut queue) = mpsc::channel::<LastCall>(LAST_CALLS_MAX);
    tokio::spawn(async move {
        while let Some(asked) = queue.recv().await {
            let (store, practice, hold) = (store.clone(), practice.clone(), pace.hold());
            tokio::spawn(async move {
                match journal(&store, &practice, &asked).await {
                    // A call that does not wait any more needs no answer.
                    Ok(Some(journal)) => drop(asked.journal.send(journal)),
                    Ok(None) => {}
                    Err(why) => tracing::warn!(call = %asked.but, %why, "the caller's last call cannot be looked up"),
                }
                drop(hold);
            });
        }
    });
    last_calls
}

async fn journal(store: &Store, practice: &PracticeId, asked: &LastCall) -> Result<Option<Vec<Entry>>, StoreError> {
    let Some(row) = store.latest_call_from(practice, &asked.number, asked.but).await? else { return Ok(None) };
    let mut journal = Vec::new();
    match read_journal(store, &row, &mut journal).await? {
        Reading::Whole => Ok(Some(journal)),
        Reading::Broken => Ok(None),
    }
}
