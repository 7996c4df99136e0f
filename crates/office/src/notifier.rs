//! Tells the practice of new messages: at least once each, in the order in which they are due, for ever until taken.

use std::sync::Arc;
use std::time::Duration;

use domain::MessageId;
use store::{DueNotification, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::body::{MessageBody, json};
use crate::desk::Premises;
use crate::webhook::Hook;

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
/// Read at once; the others stay due.
const BATCH: u32 = 16;

/// Delivers until `stop`. `saved` is notified of each new message.
pub(crate) async fn run(premises: Arc<Premises>, saved: Arc<Notify>, stop: CancellationToken) {
    let Some(hook) = &premises.messages else { return };
    let mut alarmed = false;
    loop {
        let nap = deliver_due(&premises, hook).await.unwrap_or_else(|error| {
            tracing::error!(%error, "notifications cannot be read or noted, will be tried again");
            FIRST_PAUSE
        });
        alarmed = alarm(&premises, alarmed).await.unwrap_or(alarmed);
        tokio::select! {
            () = stop.cancelled() => return,
            () = saved.notified() => {}
            () = tokio::time::sleep(nap) => {}
        }
    }
}

/// Delivers what is due and says how long nothing will be.
async fn deliver_due(premises: &Premises, hook: &Hook) -> Result<Duration, StoreError> {
    let practice = &premises.config.practice.id;
    for due in premises.store.due_notifications(practice, premises.now(), BATCH).await? {
        deliver(premises, hook, due).await?;
    }
    let next = premises.store.next_notification_at(practice).await?;
    Ok(next.map_or(LONGEST_NAP, |at| {
        Duration::try_from(at.duration_since(premises.now())).unwrap_or_default().min(LONGEST_NAP)
    }))
}

/// Tells when the practice's system stops taking messages and when it takes them again, each once; whether it does not.
async fn alarm(premises: &Premises, alarmed: bool) -> Result<bool, StoreError> {
    let before = premises.now().saturating_sub(ALARM_AFTER).expect("a duration has no calendar units");
    let overdue = premises.store.overdue_announcements(&premises.config.practice.id, before).await?;
    match (alarmed, overdue) {
        (false, Some(overdue)) => {
            tracing::error!(messages = overdue.messages, since = %overdue.since, "the practice's system takes no messages");
        }
        (true, None) => tracing::info!("the practice's system has taken every message, or they are done"),
        (false, None) | (true, Some(_)) => {}
    }
    Ok(overdue.is_some())
}

async fn deliver(premises: &Premises, hook: &Hook, due: DueNotification) -> Result<(), StoreError> {
    let config = &premises.config;
    let until = premises.now().saturating_add(TAKEN_FOR).expect("a duration has no calendar units");
    if !premises.store.take_notification(&due, until).await? {
        return Ok(());
    }
    let DueNotification { message, tries, .. } = due;
    let body = json(&MessageBody::of(&message, &config.practice.name, config.details));
    let id = format!("message-{}", message.id);
    match hook.deliver(&premises.client, &id, body, DELIVER_WITHIN).await {
        Ok(()) => premises.store.notification_delivered(message.id, premises.now()).await,
        Err(why) => {
            let pause = pause(message.id, tries);
            tracing::warn!(message = %message.id, tries, %why, pause_ms = pause.as_millis() as u64, "message not announced");
            let due = premises.now().saturating_add(pause).expect("a duration has no calendar units");
            premises.store.notification_failed(message.id, due).await
        }
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
