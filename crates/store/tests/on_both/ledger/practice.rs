//! A practice with a ledger, and somebody who writes to its file past FirstRing.

use domain::{CallId, CallerKind, Intent, MessageDraft, MessageId, Phi, PracticeId, RequestId, Urgency};
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, AssertSqlSafe};
use store::{LedgerFlaw, LedgerHead, LedgerReport, MessageRow, Notify, Store};

use crate::database::Database;

pub(crate) fn riverside() -> PracticeId {
    "riverside".into()
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    let morning: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
    morning + SignedDuration::from_secs(seconds)
}

pub(crate) fn message(number: u32) -> MessageRow {
    MessageRow {
        id: MessageId::new(),
        call: CallId::new(),
        request: RequestId(number),
        practice: riverside(),
        saved_at: at(number.into()),
        draft: MessageDraft {
            caller: CallerKind::Patient,
            intent: Intent::PrescriptionRefill,
            urgency: Urgency::Routine,
            name: Some(Phi::from("Zoë Byron")),
            date_of_birth: None,
            callback: Some(Phi::new("+15551234567".parse().unwrap())),
            text: Phi::from(format!("please renew my inhaler, number {number}")),
            fields: Vec::new(),
            confirmed: domain::Confirmed::default(),
            promised: None,
            decodes: Vec::new(),
            complete: true,
            continues: None,
        },
        redacted_at: None,
    }
}

/// A store of its own database.
pub(crate) struct Bed {
    pub(crate) store: Store,
    database: Database,
}

impl Bed {
    pub(crate) async fn new(database: Database) -> Self {
        Self { store: database.open().await, database }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.database.is_sqlite()
    }

    /// Messages 1, 2 and 3, the redaction of 2, messages 4 and 5: six entries. Only 2 is still to be notified.
    pub(crate) async fn with_six_entries(database: Database) -> (Self, Vec<MessageRow>) {
        let bed = Self::new(database).await;
        let messages: Vec<_> = (1..=5).map(message).collect();
        for (number, message) in (1..).zip(&messages) {
            if number == 4 {
                let why = Phi::from("asked for by the patient");
                bed.store.redact_message(&riverside(), messages[1].id, "Ann", &why, at(60)).await.unwrap();
            }
            let notify = if number == 2 { Notify::Practice } else { Notify::Nobody };
            bed.store.save_message(message, notify).await.unwrap();
        }
        (bed, messages)
    }

    /// The same database once more, as another process has it.
    pub(crate) async fn again(&self) -> Store {
        self.database.open().await
    }

    pub(crate) async fn verified(&self, expected: Option<&LedgerHead>) -> LedgerReport {
        self.store.verify_ledger(&riverside(), expected).await.unwrap()
    }

    pub(crate) async fn flaws(&self) -> Vec<LedgerFlaw> {
        self.verified(None).await.flaws
    }

    /// A connection past FirstRing.
    pub(crate) async fn intruder(&self) -> AnyConnection {
        self.database.past_us().await
    }

    /// Nothing in the database stands in the way any more, and what there was is remembered for [`restore`].
    pub(crate) async fn disarmed(&self) -> AnyConnection {
        let mut connection = self.intruder().await;
        if self.is_sqlite() {
            disarm_sqlite(&mut connection).await;
        } else {
            for table in TABLES {
                run(&format!("ALTER TABLE {table} DISABLE TRIGGER ALL"), &mut connection).await;
            }
        }
        for table in TABLES {
            run(&format!("CREATE TEMP TABLE was_{table} AS SELECT * FROM {table}"), &mut connection).await;
        }
        connection
    }
}

/// Does what is written; a fault of ours is a panic.
pub(crate) async fn run(sql: &str, connection: &mut AnyConnection) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap_or_else(|why| panic!("{sql}: {why}"));
}

async fn disarm_sqlite(connection: &mut AnyConnection) {
    let triggers: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ('ledger', 'ledger_text', 'message')",
    )
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    assert_eq!(triggers.len(), 10);
    for trigger in triggers {
        run(&format!("DROP TRIGGER {trigger}"), connection).await;
    }
    run("PRAGMA ignore_check_constraints = ON", connection).await;
}

/// As it was before it was tampered with.
pub(crate) async fn restore(connection: &mut AnyConnection) {
    for table in TABLES {
        run(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM was_{table}"), connection).await;
    }
}

const TABLES: [&str; 3] = ["ledger", "ledger_text", "message"];
