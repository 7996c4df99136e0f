//! Somebody with the key of the database and all the time in the world.

use domain::MessageId;
use proptest::prelude::{Strategy, any};
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sqlx::{AnyConnection, AssertSqlSafe, Row};
use store::LedgerFlaw::{
    Cut, Gap, MessageDiffers, MessageMissing, MessageWithoutEntry, TextChanged, TextMissing, TextNotRemoved,
    TextWithoutEntry, WrongHash, WrongPrevious,
};

use super::practice::{Bed, message, restore, run};
use crate::database::{Database, on_both};

on_both!(
    each_kind_of_tampering_is_found_where_it_is,
    an_end_that_was_cut_off_without_a_trace_is_known_by_the_head_that_was_written_down,
    a_ledger_that_is_none_any_more_is_not_read_to_its_end
);

async fn each_kind_of_tampering_is_found_where_it_is(database: Database) {
    let (bed, messages) = Bed::with_six_entries(database).await;
    let mut file = bed.disarmed().await;
    let draft = "SET draft = replace(draft, 'inhaler', 'morphine') WHERE saved_at LIKE '%:03.000000Z'";
    let last: MessageId = messages[4].id;
    let moved_into_salt = if bed.is_sqlite() {
        "UPDATE ledger_text SET salt = CAST(salt || substr(text, 1, 1) AS BLOB), text = substr(text, 2) WHERE seq = 3"
    } else {
        "ALTER TABLE ledger_text DROP CONSTRAINT ledger_text_salt_check;
         UPDATE ledger_text SET salt = salt || convert_to(substr(text, 1, 1), 'UTF8'), text = substr(text, 2) WHERE seq = 3"
    };
    let rows = [
        ("UPDATE ledger SET at = '2026-03-02T09:00:04.000000Z' WHERE seq = 3", WrongHash { seq: 3 }),
        ("UPDATE ledger SET kind = 'redaction' WHERE seq = 3", WrongHash { seq: 3 }),
        ("UPDATE ledger SET version = 2 WHERE seq = 3", WrongHash { seq: 3 }),
        ("UPDATE ledger SET previous = text_hash WHERE seq = 3", WrongPrevious { seq: 3 }),
        ("DELETE FROM ledger WHERE seq = 1", Gap { expected: 1, found: 2 }),
        ("DELETE FROM ledger WHERE seq = 3", Gap { expected: 3, found: 4 }),
        ("DELETE FROM ledger WHERE seq = 6", TextWithoutEntry { seq: 6 }),
        (
            "DELETE FROM ledger WHERE seq = 6; DELETE FROM ledger_text WHERE seq = 6",
            MessageWithoutEntry { message: Some(last) },
        ),
        ("DELETE FROM ledger WHERE seq >= 4; DELETE FROM ledger_text WHERE seq >= 4", TextMissing { seq: 2 }),
        ("UPDATE ledger_text SET text = replace(text, 'inhaler', 'morphine') WHERE seq = 3", TextChanged { seq: 3 }),
        (moved_into_salt, TextChanged { seq: 3 }),
        ("DELETE FROM ledger_text WHERE seq = 3", TextMissing { seq: 3 }),
        ("DELETE FROM ledger_text WHERE seq = 4", TextMissing { seq: 4 }),
        (
            "INSERT INTO ledger_text SELECT practice, 2, salt, text FROM ledger_text WHERE seq = 3",
            TextNotRemoved { seq: 2 },
        ),
        (&format!("UPDATE message {draft}"), MessageDiffers { seq: 3 }),
        ("UPDATE message SET call_id = id WHERE saved_at LIKE '%:03.000000Z'", MessageDiffers { seq: 3 }),
        ("UPDATE message SET request_id = 9 WHERE saved_at LIKE '%:03.000000Z'", MessageDiffers { seq: 3 }),
        (
            "UPDATE message SET saved_at = '2026-03-02T09:00:00.000000Z' WHERE saved_at LIKE '%:03.000000Z'",
            MessageDiffers { seq: 3 },
        ),
        ("UPDATE message SET redacted_at = saved_at WHERE saved_at LIKE '%:03.000000Z'", MessageDiffers { seq: 3 }),
        ("UPDATE message SET practice = 'x' WHERE saved_at LIKE '%:03.000000Z'", MessageMissing { seq: 3 }),
        ("DELETE FROM message WHERE saved_at LIKE '%:03.000000Z'", MessageMissing { seq: 3 }),
        (
            "UPDATE message SET draft = replace(draft, 'routine', 'emergency') WHERE redacted_at IS NOT NULL",
            MessageDiffers { seq: 4 },
        ),
        ("UPDATE message SET redacted_at = NULL", MessageDiffers { seq: 4 }),
    ];
    for (sql, flaw) in rows {
        run(sql, &mut file).await;
        assert_eq!(bed.flaws().await.first(), Some(&flaw), "{sql}");
        restore(&mut file).await;
        assert!(bed.flaws().await.is_empty(), "restored after {sql}");
    }
}

async fn an_end_that_was_cut_off_without_a_trace_is_known_by_the_head_that_was_written_down(database: Database) {
    let (bed, _) = Bed::with_six_entries(database).await;
    let written_down = bed.verified(None).await.head.unwrap();
    let mut file = bed.disarmed().await;
    run("DELETE FROM message WHERE id = (SELECT object FROM ledger WHERE seq = 6)", &mut file).await;
    run("DELETE FROM ledger WHERE seq = 6; DELETE FROM ledger_text WHERE seq = 6", &mut file).await;
    let report = bed.verified(None).await;
    assert_eq!((report.entries, report.flaws.len()), (5, 0), "the chain alone cannot know");
    assert_eq!(bed.verified(Some(&written_down)).await.flaws, [Cut { expected: 6, found: 5 }]);
    // A message that comes in its place does not hide it.
    bed.store.save_message(&message(6), store::Notify::Nobody).await.unwrap();
    let flaws = bed.verified(Some(&written_down)).await.flaws;
    assert_eq!(flaws, [store::LedgerFlaw::OtherHead { seq: 6 }]);
}

async fn a_ledger_that_is_none_any_more_is_not_read_to_its_end(database: Database) {
    let bed = Bed::new(database).await;
    for number in 1..=100 {
        bed.store.save_message(&message(number), store::Notify::Nobody).await.unwrap();
    }
    let mut file = bed.disarmed().await;
    run("UPDATE ledger SET object = object || 'x'", &mut file).await;
    let report = bed.verified(None).await;
    assert_eq!((report.flaws.len(), report.entries), (store::FLAWS_MAX, store::FLAWS_MAX as u64));
}

const COLUMNS: [(&str, &str); 13] = [
    ("ledger", "practice"),
    ("ledger", "seq"),
    ("ledger", "version"),
    ("ledger", "at"),
    ("ledger", "kind"),
    ("ledger", "object"),
    ("ledger", "text_hash"),
    ("ledger", "previous"),
    ("ledger", "hash"),
    ("ledger_text", "practice"),
    ("ledger_text", "seq"),
    ("ledger_text", "salt"),
    ("ledger_text", "text"),
];

/// One byte of one value.
#[derive(Clone, Debug)]
struct Change {
    table: &'static str,
    column: &'static str,
    row: Index,
    byte: Index,
    xor: u8,
}

fn change() -> impl Strategy<Value = Change> {
    (select(&COLUMNS[..]), any::<Index>(), any::<Index>(), 1..=u8::MAX)
        .prop_map(|((table, column), row, byte, xor)| Change { table, column, row, byte, xor })
}

impl Change {
    /// False if the file cannot hold it: two entries of one number.
    async fn make(&self, file: &mut AnyConnection) -> bool {
        let Self { table, column, .. } = self;
        let query = format!("SELECT practice, seq, typeof({column}), {column} FROM {table} ORDER BY practice, seq");
        let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(&mut *file).await.unwrap();
        let row = &rows[self.row.index(rows.len())];
        let kind: String = row.get(2);
        let mut bytes = match kind.as_str() {
            "integer" => row.get::<i64, _>(3).to_be_bytes().to_vec(),
            "text" => row.get::<String, _>(3).into_bytes(),
            _ => row.get::<Vec<u8>, _>(3),
        };
        let place = self.byte.index(bytes.len());
        bytes[place] ^= self.xor;
        let value = if kind == "text" { "CAST($1 AS TEXT)" } else { "$1" };
        let update = AssertSqlSafe(format!("UPDATE {table} SET {column} = {value} WHERE practice = $2 AND seq = $3"));
        let update = match kind.as_str() {
            "integer" => sqlx::query(update).bind(i64::from_be_bytes(bytes.try_into().unwrap())),
            _ => sqlx::query(update).bind(bytes),
        };
        match update.bind(row.get::<String, _>(0)).bind(row.get::<i64, _>(1)).execute(file).await {
            Ok(done) => done.rows_affected() == 1,
            Err(error) => {
                assert!(error.to_string().contains("UNIQUE"), "{self:?}: {error}");
                false
            }
        }
    }
}

#[test]
fn a_change_of_any_single_byte_is_found() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (bed, mut file) = runtime.block_on(async {
        let (bed, _) = Bed::with_six_entries(Database::sqlite()).await;
        let file = bed.disarmed().await;
        (bed, file)
    });
    let file = std::cell::RefCell::new(&mut file);
    let config = Config { cases: 512, failure_persistence: None, max_shrink_iters: 100, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let made = std::cell::Cell::new(0);
    let found = runner.run(&change(), |change| {
        let file = &mut **file.borrow_mut();
        let flaws = runtime.block_on(async {
            let flaws = if change.make(file).await { Some(bed.flaws().await) } else { None };
            restore(file).await;
            flaws
        });
        made.set(made.get() + usize::from(flaws.is_some()));
        proptest::prop_assert!(flaws.is_none_or(|flaws| !flaws.is_empty()), "not found: {:?}", change);
        Ok(())
    });
    found.unwrap();
    assert!(made.get() > 450, "only {} changes could be made", made.get());
}
