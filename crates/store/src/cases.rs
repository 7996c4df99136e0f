use domain::{CallId, CallerKind, CaseDraft, CaseId, CaseUpdate, PracticeId, RedFlagId, RequestId, Urgency};
use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use crate::column::{Columns, json, time};
use crate::{Store, StoreError};

/// One escalation.
#[derive(Clone, PartialEq, Debug)]
pub struct CaseRow {
    /// Which.
    pub id: CaseId,
    /// Which call opened it.
    pub call: CallId,
    /// By which of the call's requests.
    pub request: RequestId,
    /// Whose clinicians are paged.
    pub practice: PracticeId,
    /// A short name that can be spoken and typed.
    pub reference: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How urgent it is now.
    pub urgency: Urgency,
    /// What was known when it was opened.
    pub draft: CaseDraft,
    /// The state of paging, as its owner writes it.
    pub state: String,
    /// The clinician who has it, and since when.
    pub acknowledged: Option<(String, Timestamp)>,
    /// The clinician who closed it, and when.
    pub closed: Option<(String, Timestamp)>,
}

/// What became known after the page.
#[derive(Clone, PartialEq, Debug)]
pub struct CaseEvent {
    /// By which call: the one that opened the case, or a later one of the same caller.
    pub call: CallId,
    /// By which of the call's requests.
    pub request: RequestId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub update: CaseUpdate,
}

/// One page to one clinician on one channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageRow {
    /// Its number within the case.
    pub step: u32,
    /// To whom.
    pub clinician: String,
    /// By which way.
    pub channel: String,
    /// Why it was sent.
    pub why: String,
    /// When it was decided, just before it was sent.
    pub intended_at: Timestamp,
    /// What became of it.
    pub outcome: PageOutcome,
}

/// What became of a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PageOutcome {
    /// Not known: on its way, or lost in a restart.
    Unknown,
    /// The channel took it.
    Accepted {
        /// When.
        at: Timestamp,
    },
    /// The channel did not take it, or has reported afterwards that it did not arrive. This stays so.
    Failed {
        /// When.
        at: Timestamp,
        /// Why, for staff.
        why: String,
    },
}

/// A case with everything that happened to it.
#[derive(Clone, PartialEq, Debug)]
pub struct CaseFile {
    /// The case.
    pub case: CaseRow,
    /// What became known after the page, in order.
    pub events: Vec<CaseEvent>,
    /// The pages that were sent, in order.
    pub pages: Vec<PageRow>,
}

impl CaseFile {
    /// Who is calling, as far as the newest call has told.
    pub fn caller(&self) -> CallerKind {
        let again = self.events.iter().filter_map(|event| match &event.update {
            CaseUpdate::CalledAgain(draft) => Some(draft.caller),
            CaseUpdate::Raised { .. }
            | CaseUpdate::Heard(_)
            | CaseUpdate::Name(_)
            | CaseUpdate::Callback(_)
            | CaseUpdate::CalledEmergencyNumber(_)
            | CaseUpdate::WhoIsThere(_)
            | CaseUpdate::StoppedAnswering
            | CaseUpdate::HungUp => None,
        });
        let mut told = std::iter::once(self.case.draft.caller).chain(again).filter(|kind| *kind != CallerKind::Other);
        told.next_back().unwrap_or_default()
    }

    /// The written rules that had fired when the office last heard of them.
    pub fn red_flags(&self) -> Vec<RedFlagId> {
        let later = self.events.iter().filter_map(|event| match &event.update {
            CaseUpdate::Raised { red_flags, .. } => Some(red_flags),
            CaseUpdate::CalledAgain(draft) => Some(&draft.red_flags),
            CaseUpdate::Heard(_)
            | CaseUpdate::Name(_)
            | CaseUpdate::Callback(_)
            | CaseUpdate::CalledEmergencyNumber(_)
            | CaseUpdate::WhoIsThere(_)
            | CaseUpdate::StoppedAnswering
            | CaseUpdate::HungUp => None,
        });
        let mut all = self.case.draft.red_flags.clone();
        for flag in later.flatten() {
            if !all.contains(flag) {
                all.push(flag.clone());
            }
        }
        all
    }
}

/// A change of a case: its row as it is now, and the events and pages that are new or have changed.
#[derive(Clone, PartialEq, Debug)]
pub struct CaseChange {
    /// The case.
    pub case: CaseRow,
    /// Events that are new.
    pub events: Vec<CaseEvent>,
    /// Pages that are new or have an outcome now.
    pub pages: Vec<PageRow>,
}

/// What keeping a change found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeptCase {
    /// It is kept.
    Kept,
    /// The same request of the same call has opened this other case before. Nothing was written.
    Other(CaseId),
    /// Another node has taken the case. Nothing was written.
    Elsewhere,
}

impl Store {
    /// Keeps a change, all or nothing. Repeating it changes nothing.
    pub async fn keep_case(&self, change: &CaseChange) -> Result<KeptCase, StoreError> {
        let mut transaction = self.write().await?;
        let case = &change.case;
        let known = sqlx::query("SELECT id FROM escalation WHERE call_id = $1 AND request_id = $2")
            .bind(case.call.to_string())
            .bind(i64::from(case.request.0))
            .fetch_optional(&mut *transaction)
            .await?;
        if let Some(known) = known {
            let known = CaseId(Columns(&known).id("id")?);
            if known != case.id {
                return Ok(KeptCase::Other(known));
            }
        }
        if !self.keep_row(case, &mut transaction).await? {
            return Ok(KeptCase::Elsewhere);
        }
        for event in &change.events {
            keep_event(case.id, event, &mut transaction).await?;
        }
        for page in &change.pages {
            keep_page(case.id, page, &mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(KeptCase::Kept)
    }

    /// A case with everything that happened to it.
    pub async fn case(&self, id: CaseId) -> Result<CaseFile, StoreError> {
        let row = sqlx::query("SELECT * FROM escalation WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await?
            .ok_or(StoreError::NotFound { what: "case" })?;
        self.file(&row).await
    }

    /// The case that a call opened last, or else the one of an earlier call that it has told more of.
    pub async fn case_of_call(&self, call: CallId) -> Result<CaseFile, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM escalation
             WHERE call_id = $1 OR id IN (SELECT case_id FROM escalation_event WHERE call_id = $1)
             ORDER BY call_id = $1 DESC, request_id DESC LIMIT 1",
        )
        .bind(call.to_string())
        .fetch_optional(&self.readers)
        .await?
        .ok_or(StoreError::NotFound { what: "case" })?;
        self.file(&row).await
    }

    /// The practice's cases that nobody has closed, oldest first.
    pub async fn open_cases(&self, practice: &PracticeId) -> Result<Vec<CaseFile>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM escalation WHERE practice = $1 AND closed_by IS NULL ORDER BY opened_at, id")
                .bind(&practice.0)
                .fetch_all(&self.readers)
                .await?;
        let mut files = Vec::with_capacity(rows.len());
        for row in &rows {
            files.push(self.file(row).await?);
        }
        Ok(files)
    }

    /// Takes the case over, from whichever node has it: that one writes nothing of it any more.
    pub async fn take_case(&self, id: CaseId) -> Result<CaseFile, StoreError> {
        let mut transaction = self.write().await?;
        let file = self.take(&id.to_string(), &mut transaction).await?;
        transaction.commit().await?;
        Ok(file)
    }

    /// Whether another node has the case. One that is not kept yet nobody has.
    pub async fn is_elsewhere(&self, id: CaseId) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM escalation WHERE id = $1 AND node <> $2")
            .bind(id.to_string())
            .bind(&*self.node)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.is_some())
    }

    pub(crate) async fn take(&self, id: &str, connection: &mut AnyConnection) -> Result<CaseFile, StoreError> {
        let row = sqlx::query("UPDATE escalation SET node = $1 WHERE id = $2 RETURNING *")
            .bind(&*self.node)
            .bind(id)
            .fetch_optional(&mut *connection)
            .await?
            .ok_or(StoreError::NotFound { what: "case" })?;
        file(&row, connection).await
    }

    async fn file(&self, row: &AnyRow) -> Result<CaseFile, StoreError> {
        file(row, &mut *self.readers.acquire().await?).await
    }

    /// False if the case is another node's.
    async fn keep_row(&self, case: &CaseRow, connection: &mut AnyConnection) -> Result<bool, StoreError> {
        let kept = sqlx::query(
            "INSERT INTO escalation (id, call_id, request_id, practice, reference, opened_at, urgency, draft, state,
                                     acknowledged_by, acknowledged_at, closed_by, closed_at, node)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (id) DO UPDATE SET urgency = excluded.urgency, state = excluded.state,
                 acknowledged_by = excluded.acknowledged_by, acknowledged_at = excluded.acknowledged_at,
                 closed_by = excluded.closed_by, closed_at = excluded.closed_at
             WHERE escalation.node = excluded.node",
        )
        .bind(case.id.to_string())
        .bind(case.call.to_string())
        .bind(i64::from(case.request.0))
        .bind(&case.practice.0)
        .bind(&case.reference)
        .bind(time(case.opened_at))
        .bind(case.urgency.label())
        .bind(json(&case.draft))
        .bind(&case.state)
        .bind(case.acknowledged.as_ref().map(|(by, _)| by))
        .bind(case.acknowledged.as_ref().map(|(_, at)| time(*at)))
        .bind(case.closed.as_ref().map(|(by, _)| by))
        .bind(case.closed.as_ref().map(|(_, at)| time(*at)))
        .bind(&*self.node)
        .execute(connection)
        .await?;
        Ok(kept.rows_affected() == 1)
    }
}

/// A case's row with everything that happened to it.
async fn file(row: &AnyRow, connection: &mut AnyConnection) -> Result<CaseFile, StoreError> {
    let case = case(row)?;
    let events = sqlx::query("SELECT * FROM escalation_event WHERE case_id = $1 ORDER BY at, request_id")
        .bind(case.id.to_string())
        .fetch_all(&mut *connection)
        .await?;
    let pages = sqlx::query("SELECT * FROM page_attempt WHERE case_id = $1 ORDER BY step")
        .bind(case.id.to_string())
        .fetch_all(connection)
        .await?;
    Ok(CaseFile {
        case,
        events: events.iter().map(event).collect::<Result<_, _>>()?,
        pages: pages.iter().map(page).collect::<Result<_, _>>()?,
    })
}

async fn keep_event(case: CaseId, event: &CaseEvent, connection: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO escalation_event (case_id, call_id, request_id, at, what) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (case_id, call_id, request_id) DO NOTHING",
    )
    .bind(case.to_string())
    .bind(event.call.to_string())
    .bind(i64::from(event.request.0))
    .bind(time(event.at))
    .bind(json(&event.update))
    .execute(connection)
    .await?;
    Ok(())
}

/// `outcome` of a page that was taken; any other text says why it was not.
const ACCEPTED: &str = "accepted";

/// One that was taken may turn out to have failed, never the other way round: a channel's "taken" may come after its report.
async fn keep_page(case: CaseId, page: &PageRow, connection: &mut AnyConnection) -> Result<(), StoreError> {
    let (outcome, settled_at) = match &page.outcome {
        PageOutcome::Unknown => (None, None),
        PageOutcome::Accepted { at } => (Some(ACCEPTED), Some(time(*at))),
        PageOutcome::Failed { at, why } => (Some(why.as_str()), Some(time(*at))),
    };
    sqlx::query(
        "INSERT INTO page_attempt (case_id, step, clinician, channel, why, intended_at, outcome, settled_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (case_id, step, clinician, channel) DO UPDATE
             SET outcome = excluded.outcome, settled_at = excluded.settled_at
             WHERE page_attempt.outcome IS NULL OR page_attempt.outcome = $9",
    )
    .bind(case.to_string())
    .bind(i64::from(page.step))
    .bind(&page.clinician)
    .bind(&page.channel)
    .bind(&page.why)
    .bind(time(page.intended_at))
    .bind(outcome)
    .bind(settled_at)
    .bind(ACCEPTED)
    .execute(connection)
    .await?;
    Ok(())
}

/// What stands where something is damaged, or was written by a later version: one case must not keep all others from being paged
/// for. What is kept stays as it is.
const UNREADABLE: &str =
    "What was told here cannot be read by this version of the program; its call's journal has the words.";

fn unreadable(row: &Columns<'_>) -> Result<CaseDraft, StoreError> {
    Ok(CaseDraft {
        urgency: row.word("urgency")?,
        caller: CallerKind::Other,
        red_flags: Vec::new(),
        heard: UNREADABLE.into(),
        callback: None,
        unconfirmed: false,
        continues: None,
    })
}

fn case(row: &AnyRow) -> Result<CaseRow, StoreError> {
    let row = Columns(row);
    Ok(CaseRow {
        id: CaseId(row.id("id")?),
        call: CallId(row.id("call_id")?),
        request: RequestId(row.number("request_id")?),
        practice: PracticeId(row.text("practice")?),
        reference: row.text("reference")?,
        opened_at: row.time("opened_at")?,
        urgency: row.word("urgency")?,
        draft: row.json("draft").or_else(|_| unreadable(&row))?,
        state: row.text("state")?,
        acknowledged: row.optional_text("acknowledged_by")?.zip(row.optional_time("acknowledged_at")?),
        closed: row.optional_text("closed_by")?.zip(row.optional_time("closed_at")?),
    })
}

fn event(row: &AnyRow) -> Result<CaseEvent, StoreError> {
    let row = Columns(row);
    Ok(CaseEvent {
        call: CallId(row.id("call_id")?),
        request: RequestId(row.number("request_id")?),
        at: row.time("at")?,
        update: row.json("what").unwrap_or_else(|_| CaseUpdate::Heard(UNREADABLE.into())),
    })
}

fn page(row: &AnyRow) -> Result<PageRow, StoreError> {
    let row = Columns(row);
    let settled = row.optional_text("outcome")?.zip(row.optional_time("settled_at")?);
    Ok(PageRow {
        step: row.number("step")?,
        clinician: row.text("clinician")?,
        channel: row.text("channel")?,
        why: row.text("why")?,
        intended_at: row.time("intended_at")?,
        outcome: match settled {
            None => PageOutcome::Unknown,
            Some((outcome, at)) if outcome == ACCEPTED => PageOutcome::Accepted { at },
            Some((why, at)) => PageOutcome::Failed { at, why },
        },
    })
}
