//! Tells the practice of new messages: in each of its ways at least once each, in the order in which they are due, for ever until
//! taken. A way that fails holds up no other.

use std::sync::Arc;
use std::time::Duration;

use calendars::{FhirInbox, OutsideMessage};
use domain::{MessageId, Phi};
use store::{DueNotification, MessageRow, NoticeWay, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::body::{MessageBody, json};
use crate::channel::EmailSender;
use crate::desk::{Premises, reference};
use crate::letters::{is_alone, letter, told};
use crate::webhook::{Hook, Undelivered};

/// How long the practice's receiver may take.
const DELIVER_WITHIN: Duration = Duration::from_secs(10);
/// If whoever delivers has died meanwhile, the next one does it after so long.
const TAKEN_FOR: Duration = Duration::from_secs(15);
/// From the first failure to the next try; doubled each time up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// The longest sleep: a wall clock that was set is noticed, and a database that failed is asked again.
const LONGEST_NAP: Duration = Duration::from_secs(30);
/// What is not taken for so long is told once as an error: somebody has to look.
const ALARM_AFTER: Duration = Duration::from_mins(10);
/// Read at once, and so the most that stand in one digest; the others stay due.
const BATCH: u32 = 50;

/// Who takes what the practice is told in a way.
enum Taker<'a> {
    System(&'a Hook),
    Records(&'a FhirInbox),
    Mailbox(&'a EmailSender),
}

/// Delivers in every way that the practice has until `stop`. `saved` is notified of each new message.
pub(crate) async fn run(premises: Arc<Premises>, saved: Arc<Notify>, stop: CancellationToken) {
    let news = NoticeWay::ALL.map(|_| Notify::new());
    let pass_on = async {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = saved.notified() => news.iter().for_each(Notify::notify_one),
            }
        }
    };
    let [webhook, email] = NoticeWay::ALL;
    tokio::join!(pass_on, announce(&premises, webhook, &news[0], &stop), announce(&premises, email, &news[1], &stop));
}

async fn announce(premises: &Premises, way: NoticeWay, news: &Notify, stop: &CancellationToken) {
    let Some(taker) = Taker::of(premises, way) else { return };
    let mut alarmed = false;
    loop {
        let nap = deliver_due(premises, &taker, way).await.unwrap_or_else(|error| {
            tracing::error!(%error, "notifications cannot be read or noted, will be tried again");
            FIRST_PAUSE
        });
        alarmed = alarm(premises, way, alarmed).await.unwrap_or(alarmed);
        tokio::select! {
            () = stop.cancelled() => return,
            () = news.notified() => {}
            () = tokio::time::sleep(nap) => {}
        }
    }
}

/// Delivers what is due and says how long nothing will be.
async fn deliver_due(premises: &Premises, taker: &Taker<'_>, way: NoticeWay) -> Result<Duration, StoreError> {
    let practice = &premises.config.practice.id;
    let due = premises.store.due_notifications(practice, way, premises.now(), BATCH).await?;
    for together in bundles(way, due) {
        deliver(premises, taker, way, together).await?;
    }
    let next = premises.store.next_notification_at(practice, way).await?;
    Ok(next.map_or(LONGEST_NAP, |at| {
        Duration::try_from(at.duration_since(premises.now())).unwrap_or_default().min(LONGEST_NAP)
    }))
}

/// What is told together: a system has each message by itself, a mailbox each urgent one, and then all others at once.
fn bundles(way: NoticeWay, due: Vec<DueNotification>) -> Vec<Vec<DueNotification>> {
    let (alone, digest): (Vec<_>, Vec<_>) = due.into_iter().partition(|due| match way {
        NoticeWay::Webhook => true,
        NoticeWay::Email => is_alone(&due.message.draft),
    });
    let digest = Some(digest).filter(|digest| !digest.is_empty());
    alone.into_iter().map(|one| vec![one]).chain(digest).collect()
}

/// Tells when messages stop being taken in this way and when they are taken again, each once; whether they are not.
async fn alarm(premises: &Premises, way: NoticeWay, alarmed: bool) -> Result<bool, StoreError> {
    let before = premises.now().saturating_sub(ALARM_AFTER).expect("a duration has no calendar units");
    let overdue = premises.store.overdue_announcements(&premises.config.practice.id, before).await?;
    let overdue = overdue.into_iter().find(|overdue| overdue.way == way);
    let who = match way {
        NoticeWay::Webhook => "the practice's system",
        NoticeWay::Email => "the mail server",
    };
    match (alarmed, overdue) {
        (false, Some(overdue)) => {
            tracing::error!(messages = overdue.messages, since = %overdue.since, "{who} takes no messages");
        }
        (true, None) => tracing::info!("{who} has taken every message, or they are done"),
        (false, None) | (true, Some(_)) => {}
    }
    Ok(overdue.is_some())
}

async fn deliver(
    premises: &Premises,
    taker: &Taker<'_>,
    way: NoticeWay,
    together: Vec<DueNotification>,
) -> Result<(), StoreError> {
    let until = premises.now().saturating_add(TAKEN_FOR).expect("a duration has no calendar units");
    let taken = premises.store.take_notifications(together, until).await?;
    let ids: Vec<_> = taken.iter().map(|due| due.message.id).collect();
    let Some(&first) = ids.first() else { return Ok(()) };
    match taker.tell(premises, &taken).await {
        Ok(()) => premises.store.notifications_delivered(way, &ids, premises.now()).await,
        Err(why) => {
            let tries = taken.iter().map(|due| due.tries).max().unwrap_or(0);
            let (messages, pause) = (ids.len(), pause(first, tries));
            let pause_ms = pause.as_millis() as u64;
            tracing::warn!(message = %first, messages, way = way.label(), tries, %why, pause_ms, "not announced");
            let due = premises.now().saturating_add(pause).expect("a duration has no calendar units");
            premises.store.notifications_failed(way, &ids, due).await
        }
    }
}

impl<'a> Taker<'a> {
    /// `None`: the practice is not told in this way.
    fn of(premises: &'a Premises, way: NoticeWay) -> Option<Self> {
        match way {
            NoticeWay::Webhook => {
                let records = || premises.config.records.as_deref().map(Self::Records);
                premises.messages.as_ref().map(Self::System).or_else(records)
            }
            NoticeWay::Email => premises.mailbox.as_ref().map(Self::Mailbox),
        }
    }

    async fn tell(&self, premises: &Premises, taken: &[DueNotification]) -> Result<(), Undelivered> {
        let config = &premises.config;
        match self {
            Self::System(hook) => {
                for DueNotification { message, .. } in taken {
                    let body = json(&MessageBody::of(message, &config.practice.name, config.details));
                    hook.deliver(&premises.client, &format!("message-{}", message.id), body, DELIVER_WITHIN).await?;
                }
                Ok(())
            }
            Self::Records(inbox) => {
                for DueNotification { message, .. } in taken {
                    inbox.deliver(&for_records(message)).await?;
                }
                Ok(())
            }
            Self::Mailbox(sender) => {
                let messages: Vec<_> = taken.iter().map(|due| &due.message).collect();
                let letter = letter(&messages, &config.practice, premises.public_url(), config.details);
                sender.send_letter(letter, DELIVER_WITHIN).await
            }
        }
    }
}

/// The practice's own records hold what was said, whatever e-mails and webhooks may carry.
fn for_records(message: &MessageRow) -> OutsideMessage {
    OutsideMessage {
        id: message.id,
        reference: reference(message.id.0),
        urgency: message.draft.urgency,
        taken: message.saved_at,
        title: None,
        text: Phi::new(told(&message.draft)),
        // Which record is meant staff decide: a name and a date that were heard are not proof enough to write into one.
        patient: None,
    }
}

/// Doubles with every try; up to a quarter is added by the message's id, so that those that failed together are not all
/// tried again together.
fn pause(message: MessageId, tries: u32) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries)).min(LONGEST_PAUSE);
    pause + pause / 4 * u32::from(message.0.as_bytes()[15]) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit() {
        let message = MessageId::new();
        let pauses: Vec<_> = [0, 1, 2, 8, 9, 40].map(|tries| pause(message, tries)).to_vec();
        assert!(pauses.is_sorted(), "{pauses:?}");
        assert!((FIRST_PAUSE..FIRST_PAUSE * 2).contains(&pauses[0]), "{pauses:?}");
        assert!(pauses[5] < LONGEST_PAUSE * 5 / 4, "{pauses:?}");
    }
}
