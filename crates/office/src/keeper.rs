//! Keeps a case on the disk without ever holding up its pages.
//!
//! Changes are noted in memory and written by a task of their own. [`Keeper::settle`] waits a little for it; what is not
//! written by then is *behind* and goes on in the background, tried again until the database takes it. One write runs at
//! a time; changes that come meanwhile are merged into the next.

use std::time::Duration;

use domain::CaseId;
use store::{CaseChange, KeptCase, Store, StoreError};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout_at};

/// How long a page waits for its case to be kept before it goes out from memory.
pub(crate) const PATIENCE: Duration = Duration::from_millis(300);
/// From a failed write to the next.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// How long what is behind is tried again when the office closes. A database that does not answer says so after five seconds.
const LAST_TRIES: Duration = Duration::from_secs(8);

/// How the disk stands to the memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// Everything noted is on the disk.
    Kept,
    /// Something is not yet.
    Behind,
    /// The same request had opened another case before; this one is not to be.
    Other(CaseId),
    /// Another node has taken the case.
    Elsewhere,
}

pub(crate) struct Keeper {
    store: Store,
    unwritten: Option<CaseChange>,
    writing: Option<Writing>,
    retry_at: Option<Instant>,
}

struct Writing {
    change: CaseChange,
    since: Instant,
    task: JoinHandle<Result<KeptCase, StoreError>>,
}

impl Keeper {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, unwritten: None, writing: None, retry_at: None }
    }

    /// Notes a change. It is worth a try even if an earlier one failed just now.
    pub(crate) fn note(&mut self, change: CaseChange) {
        self.retry_at = None;
        self.unwritten = Some(match self.unwritten.take() {
            Some(earlier) => merge(earlier, change),
            None => change,
        });
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.unwritten.is_some() || self.writing.is_some()
    }

    /// Writes, for at most [`PATIENCE`] since the write in progress began: a disk that hangs is waited for once, not at
    /// every page.
    pub(crate) async fn settle(&mut self) -> Standing {
        if self.retry_at.is_some() {
            return Standing::Behind;
        }
        let since = self.writing.as_ref().map_or_else(Instant::now, |w| w.since);
        timeout_at(since + PATIENCE, self.write()).await.unwrap_or(Standing::Behind)
    }

    /// Goes on with what is behind. May be cancelled at any time. To be called only if [`Self::is_behind`].
    pub(crate) async fn catch_up(&mut self) -> Standing {
        if let (None, Some(at)) = (&self.writing, self.retry_at) {
            sleep_until(at).await;
        }
        self.write().await
    }

    /// The office closes: what is behind is written now or never.
    pub(crate) async fn finish(&mut self) {
        let until = Instant::now() + LAST_TRIES;
        self.retry_at = None;
        while self.is_behind() {
            if timeout_at(until, self.catch_up()).await.is_err() {
                let behind = self.writing.as_ref().map(|writing| &writing.change).or(self.unwritten.as_ref());
                let case = behind.map(|change| change.case.id);
                tracing::error!(?case, "not kept; the journal of its call has it, for the next start");
                return;
            }
        }
    }

    /// Writes until nothing is left or a write fails.
    async fn write(&mut self) -> Standing {
        loop {
            let Some(writing) = self.begin() else { return Standing::Kept };
            let done = (&mut writing.task).await;
            let Some(Writing { change, .. }) = self.writing.take() else { return Standing::Kept };
            match done {
                Ok(Ok(KeptCase::Kept)) => self.retry_at = None,
                Ok(Ok(KeptCase::Other(case))) => {
                    self.unwritten = None;
                    return Standing::Other(case);
                }
                Ok(Ok(KeptCase::Elsewhere)) => {
                    self.unwritten = None;
                    return Standing::Elsewhere;
                }
                Ok(Err(error)) => {
                    tracing::error!(case = %change.case.id, %error, "case not kept, will be tried again");
                    return self.put_back(change);
                }
                Err(_) => return self.put_back(change),
            }
        }
    }

    /// The write in progress, or one that begins now; `None` if nothing is left.
    fn begin(&mut self) -> Option<&mut Writing> {
        if self.writing.is_none() {
            let change = self.unwritten.take()?;
            let (store, copy) = (self.store.clone(), change.clone());
            let task = tokio::spawn(async move { store.keep_case(&copy).await });
            self.writing = Some(Writing { change, since: Instant::now(), task });
        }
        self.writing.as_mut()
    }

    fn put_back(&mut self, change: CaseChange) -> Standing {
        self.unwritten = Some(match self.unwritten.take() {
            Some(later) => merge(change, later),
            None => change,
        });
        self.retry_at = Some(Instant::now() + RETRY_AFTER);
        Standing::Behind
    }
}

/// The newest row, all events, and of each page what is known last.
fn merge(earlier: CaseChange, later: CaseChange) -> CaseChange {
    let CaseChange { mut events, mut pages, .. } = earlier;
    events.extend(later.events);
    pages.retain(|p| !later.pages.iter().any(|l| l.step == p.step));
    pages.extend(later.pages);
    CaseChange { case: later.case, events, pages }
}
