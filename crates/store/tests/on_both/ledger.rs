//! Every message stands in the ledger, and whatever is done to it afterwards is found.

mod practice;
mod redaction;
mod tampering;

use store::{LedgerFlaw, LedgerHead, Notify};

use crate::database::{Database, on_both};
use practice::{Bed, message, riverside};

on_both!(
    every_message_is_entered_once_and_a_head_of_before_stays_in_the_chain,
    messages_that_are_saved_at_the_same_time_leave_no_gap
);

async fn every_message_is_entered_once_and_a_head_of_before_stays_in_the_chain(database: Database) {
    let bed = Bed::new(database).await;
    let empty = bed.verified(None).await;
    assert_eq!((empty.entries, empty.head, empty.flaws.len()), (0, None, 0));

    let mut heads = Vec::new();
    for number in 1..=600 {
        let message = message(number);
        bed.store.save_message(&message, Notify::Nobody).await.unwrap();
        bed.store.save_message(&message, Notify::Nobody).await.unwrap();
        if number % 200 == 0 {
            let report = bed.verified(None).await;
            assert_eq!((report.entries, report.redacted, report.flaws.len()), (number.into(), 0, 0));
            heads.push(report.head.unwrap());
        }
    }
    assert_eq!(heads.iter().map(|head| head.seq).collect::<Vec<_>>(), [200, 400, 600]);
    for head in &heads {
        assert!(bed.verified(Some(head)).await.flaws.is_empty(), "{head}");
    }
    let other = LedgerHead { hash: heads[1].hash, ..heads[0] };
    assert_eq!(bed.verified(Some(&other)).await.flaws, [LedgerFlaw::OtherHead { seq: 200 }]);
    let later = LedgerHead { seq: 601, ..heads[2] };
    assert_eq!(bed.verified(Some(&later)).await.flaws, [LedgerFlaw::Cut { expected: 601, found: 600 }]);
    let elsewhere = bed.store.verify_ledger(&"lakeside".into(), None).await.unwrap();
    assert_eq!((elsewhere.entries, elsewhere.head), (0, None), "each practice has its own");
}

async fn messages_that_are_saved_at_the_same_time_leave_no_gap(database: Database) {
    let bed = Bed::new(database).await;
    let stores = [bed.store.clone(), bed.again().await];
    let savers: Vec<_> = (0..80_u32)
        .map(|number| {
            let store = stores[number as usize % 2].clone();
            tokio::spawn(async move { store.save_message(&message(number), Notify::Practice).await })
        })
        .collect();
    let reader = bed.again().await;
    for saver in savers {
        assert!(reader.verify_ledger(&riverside(), None).await.unwrap().flaws.is_empty(), "while it grows");
        saver.await.unwrap().unwrap();
    }
    let report = bed.verified(None).await;
    assert_eq!((report.entries, report.flaws.len()), (80, 0));
    assert_eq!(report.head.unwrap().seq, 80);
}
