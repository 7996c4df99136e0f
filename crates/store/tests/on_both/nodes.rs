//! Two nodes on one database: what one has the other does not change, and what one takes the other does not.

use domain::{CallId, CaseId, RequestId};
use jiff::SignedDuration;
use store::NoticeWay::{Email, Webhook};
use store::{CallRow, CaseChange, CaseRow, KeptCase, NodeId, Notify, Secret, Store};

use crate::database::{Database, on_both};
use crate::rows::{at, case, message, practice};

on_both!(
    a_case_is_written_by_the_node_that_has_it_alone,
    what_a_dead_node_had_is_taken_once_whoever_comes,
    a_notification_is_taken_by_one_node_at_a_time,
    what_a_caller_said_after_their_node_was_taken_for_dead_is_a_message_of_its_own,
    a_case_that_cannot_be_read_takes_no_other_with_it,
    a_digest_is_one_nodes_as_a_whole,
    a_node_is_seen_to_count_and_is_forgotten_when_nothing_is_left_of_it,
    a_turn_is_one_nodes_and_a_key_is_everybodys
);

async fn two_nodes(database: &Database) -> [Store; 2] {
    let node = |name: &str| NodeId(name.to_owned());
    [database.open().await.as_node(node("a")), database.open().await.as_node(node("b"))]
}

fn change(case: &CaseRow, state: &str) -> CaseChange {
    CaseChange { case: CaseRow { state: state.to_owned(), ..case.clone() }, events: Vec::new(), pages: Vec::new() }
}

async fn a_case_is_written_by_the_node_that_has_it_alone(database: Database) {
    let [a, b] = two_nodes(&database).await;
    let case = case(CallId::new(), 1);
    let keep = async |store: &Store, state| store.keep_case(&change(&case, state)).await.unwrap();
    assert_eq!(keep(&a, "1").await, KeptCase::Kept);
    assert_eq!(keep(&b, "2").await, KeptCase::Elsewhere);
    assert!(!a.is_elsewhere(case.id).await.unwrap() && b.is_elsewhere(case.id).await.unwrap());
    assert!(!b.is_elsewhere(CaseId::new()).await.unwrap(), "what is not kept yet nobody has");
    assert_eq!(b.take_case(case.id).await.unwrap().case.state, "1");
    assert_eq!(keep(&b, "3").await, KeptCase::Kept);
    assert_eq!(keep(&a, "4").await, KeptCase::Elsewhere);
    assert_eq!(a.case(case.id).await.unwrap().case.state, "3");
    assert!(a.take_case(CaseId::new()).await.is_err());
}

async fn what_a_dead_node_had_is_taken_once_whoever_comes(database: Database) {
    let [dead, other] = two_nodes(&database).await;
    let mut had = Vec::new();
    for number in 0..20 {
        let case = case(CallId::new(), number);
        dead.keep_case(&change(&case, "open")).await.unwrap();
        had.push(case.id);
    }
    let call = |practice| CallRow {
        id: CallId::new(),
        practice,
        caller_id: None,
        began_at: at("09:00:00"),
        ended_at: None,
        summary: None,
    };
    dead.begin_call(&call(practice())).await.unwrap();
    dead.begin_call(&call("lakeside".into())).await.unwrap();
    other.begin_call(&call(practice())).await.unwrap();
    let takers = (0..6).map(|number| {
        let taker = other.clone().as_node(NodeId(format!("taker {number}")));
        tokio::spawn(async move {
            let node = NodeId("a".to_owned());
            let cases = taker.take_cases(&practice(), Some(&node)).await.unwrap();
            let calls = taker.take_calls(&practice(), Some(&node)).await.unwrap();
            (cases.into_iter().map(|file| file.case.id).collect::<Vec<_>>(), calls.len())
        })
    });
    let (mut cases, mut calls) = (Vec::new(), 0);
    for taker in takers.collect::<Vec<_>>() {
        let (taken, ended) = taker.await.unwrap();
        cases.extend(taken);
        calls += ended;
    }
    cases.sort();
    had.sort();
    assert_eq!((cases, calls), (had, 1), "each once, of this practice and of this node");
    let all = other.take_cases(&practice(), None).await.unwrap();
    assert_eq!(all.len(), 20, "whoever serves alone takes everything");
    assert_eq!(other.take_calls(&practice(), None).await.unwrap().len(), 2);
}

async fn a_notification_is_taken_by_one_node_at_a_time(database: Database) {
    let [a, b] = two_nodes(&database).await;
    let saved = message(CallId::new(), 1, "09:00:00");
    a.save_message(&saved, Notify::Practice).await.unwrap();
    let due = async |now| b.due_notifications(&practice(), Webhook, now, 9).await.unwrap();
    let found = due(at("09:01:00")).await;
    let until = at("09:01:15");
    let taken = tokio::join!(a.take_notifications(found.clone(), until), b.take_notifications(found.clone(), until));
    assert_eq!(taken.0.unwrap().len() + taken.1.unwrap().len(), 1, "one of them");
    assert!(due(at("09:01:14")).await.is_empty());
    let again = due(until).await;
    assert_eq!((again[0].tries, again[0].due_at), (0, until), "whoever took it has died");
    b.notifications_delivered(Webhook, &[saved.id], until).await.unwrap();
    assert!(a.take_notifications(again, until + SignedDuration::from_secs(9)).await.unwrap().is_empty());
}

async fn a_digest_is_one_nodes_as_a_whole(database: Database) {
    let [a, b] = two_nodes(&database).await;
    let noon = at("12:00:00");
    for number in 0..30 {
        let saved = message(CallId::new(), number, "09:00:00");
        a.save_message(&saved, Notify::Mailbox { from: noon }).await.unwrap();
    }
    assert!(a.due_notifications(&practice(), Email, at("11:59:59"), 99).await.unwrap().is_empty());
    assert_eq!(a.next_notification_at(&practice(), Email).await.unwrap(), Some(noon));
    let nodes = [a, b].map(|node| {
        tokio::spawn(async move {
            let mut due = node.due_notifications(&practice(), Email, noon, 99).await.unwrap();
            // The other may have taken some already.
            let begin = 7.min(due.len());
            due.rotate_left(begin);
            node.take_notifications(due, noon + SignedDuration::from_secs(15)).await.unwrap().len()
        })
    });
    let mut taken = Vec::new();
    for node in nodes {
        taken.push(node.await.unwrap());
    }
    taken.sort_unstable();
    assert_eq!(taken, [0, 30]);
}

async fn a_node_is_seen_to_count_and_is_forgotten_when_nothing_is_left_of_it(database: Database) {
    let [a, b] = two_nodes(&database).await;
    assert!(a.beat().await.unwrap().is_empty());
    let node = NodeId("a".to_owned());
    assert_eq!(b.beat().await.unwrap(), [(node.clone(), 1)]);
    a.beat().await.unwrap();
    assert_eq!(b.beat().await.unwrap(), [(node.clone(), 2)]);
    let case = case(CallId::new(), 1);
    a.keep_case(&change(&case, "open")).await.unwrap();
    b.forget_node(&node).await.unwrap();
    assert_eq!(b.beat().await.unwrap().len(), 1, "another practice's office has not yet taken what it had");
    b.take_cases(&practice(), Some(&node)).await.unwrap();
    b.forget_node(&node).await.unwrap();
    assert!(b.beat().await.unwrap().is_empty());
}

async fn a_turn_is_one_nodes_and_a_key_is_everybodys(database: Database) {
    let [a, b] = two_nodes(&database).await;
    assert!(a.take_turn(&practice(), "test pages").await.unwrap());
    assert!(!b.take_turn(&practice(), "test pages").await.unwrap());
    assert!(b.take_turn(&"lakeside".into(), "test pages").await.unwrap());
    let told = message(CallId::new(), 1, "09:00:00");
    let turns = ["gap one", "gap two"].map(str::to_owned);
    assert!(a.is_turn_free(&practice(), "gap one").await.unwrap());
    assert!(a.save_message_once(&told, Notify::Nobody, &turns).await.unwrap());
    assert!(!b.is_turn_free(&practice(), "gap one").await.unwrap());
    let again = message(CallId::new(), 1, "09:00:01");
    let more = ["gap three", "gap two"].map(str::to_owned);
    assert!(!b.save_message_once(&again, Notify::Nobody, &more).await.unwrap());
    assert!(b.is_turn_free(&practice(), "gap three").await.unwrap(), "with the message or not at all");
    assert_eq!(b.latest_messages(&practice(), 9).await.unwrap().len(), 1);
    let key = a.shared_key("links", &Secret::new("first")).await.unwrap();
    let same = b.shared_key("links", &Secret::new("second")).await.unwrap();
    assert_eq!((key.expose(), same.expose()), ("first", "first"));
}

#[tokio::test]
async fn a_request_of_another_case_stays_another_case() {
    let [a, b] = two_nodes(&Database::sqlite()).await;
    let first = case(CallId::new(), 1);
    let again = CaseRow { id: CaseId::new(), request: RequestId(1), ..first.clone() };
    a.keep_case(&change(&first, "")).await.unwrap();
    assert_eq!(b.keep_case(&change(&again, "")).await.unwrap(), KeptCase::Other(first.id));
}

async fn what_a_caller_said_after_their_node_was_taken_for_dead_is_a_message_of_its_own(database: Database) {
    let [slow, other] = two_nodes(&database).await;
    let call = CallId::new();
    let mut fragment = message(call, 7, "09:00:00");
    fragment.draft.text = "please re".into();
    let whole = message(call, 7, "09:00:20");
    let first = other.save_message(&fragment, Notify::Nobody).await.unwrap();
    let kept = slow.save_message(&whole, Notify::Nobody).await.unwrap();
    assert_ne!(kept, first);
    assert_eq!(slow.save_message(&whole, Notify::Nobody).await.unwrap(), kept, "asked again");
    assert_eq!(other.save_message(&fragment, Notify::Nobody).await.unwrap(), first);
    let texts: Vec<_> = slow.messages_of(call).await.unwrap().into_iter().map(|row| row.draft.text).collect();
    assert_eq!(texts, [fragment.draft.text, whole.draft.text]);
    assert!(slow.verify_ledger(&practice(), None).await.unwrap().flaws.is_empty());
}

async fn a_case_that_cannot_be_read_takes_no_other_with_it(database: Database) {
    let [a, b] = two_nodes(&database).await;
    for number in 0..2 {
        a.keep_case(&change(&case(CallId::new(), number), "open")).await.unwrap();
    }
    let damage = "UPDATE escalation SET draft = 'no JSON' WHERE request_id = 0";
    sqlx::query(damage).execute(&mut database.past_us().await).await.unwrap();
    let cases = b.take_cases(&practice(), Some(&NodeId("a".to_owned()))).await.unwrap();
    let heard: Vec<_> = cases.iter().map(|file| file.case.draft.heard.expose().contains("cannot be read")).collect();
    assert_eq!((heard.len(), heard.iter().filter(|damaged| **damaged).count()), (2, 1));
}
