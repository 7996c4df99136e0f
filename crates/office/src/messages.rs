//! Keeps messages. One that the database does not take at once is refused, so that its caller is told the truth and sent
//! on to a person; but it is tried again until it is kept, for as long as the process lives. If that ends first, the
//! journal of the call has the message, and the next start saves it from there.

use std::sync::Arc;
use std::time::Duration;

use domain::{CallId, CallerKind, Intent, MessageDraft, MessageId, Phi, RequestId, Urgency};
use store::{MessageRow, Notify as Notification, PatientRow};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until, timeout};

use crate::desk::Premises;

/// How long a caller waits to hear that their message is kept.
const SAVE_WITHIN: Duration = Duration::from_secs(3);
/// Refused messages on their way to [`retry`]. Full: one more is left to its call, which asks again, and to its journal.
pub(crate) const REFUSED_MAX: usize = 64;
/// Messages that wait for the database: days of a practice's calls. Full: as above.
const WAITING_MAX: usize = 1024;
/// From a refusal to the next try; doubled each time up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Keeps a message, or says in the log why not.
pub(crate) async fn keep(premises: &Premises, message: &MessageRow) -> Option<MessageId> {
    let notify = if premises.messages.is_some() { Notification::Practice } else { Notification::Nobody };
    match timeout(SAVE_WITHIN, premises.store.save_message(message, notify)).await {
        Ok(Ok(id)) => return Some(id),
        Ok(Err(error)) => tracing::error!(call = %message.call, %error, "message not kept, will be tried again"),
        Err(_) => {
            tracing::error!(call = %message.call, "message not kept: the database does not answer; will be tried again");
        }
    }
    None
}

/// Leaves a message to the staff about an appointment that nobody has called about; false if it cannot be kept now.
pub(crate) async fn leave_for_staff(premises: &Premises, text: String, patient: Option<PatientRow>) -> bool {
    let (name, callback, date_of_birth) = patient.map_or((None, None, None), |patient| {
        (Some(patient.name), patient.numbers.into_iter().next(), Some(patient.date_of_birth))
    });
    let message = MessageRow {
        id: MessageId::new(),
        call: CallId::new(),
        request: RequestId(1),
        practice: premises.config.practice.id.clone(),
        saved_at: premises.now(),
        redacted_at: None,
        draft: MessageDraft {
            caller: CallerKind::Other,
            intent: Intent::BookAppointment,
            urgency: Urgency::Routine,
            name,
            date_of_birth,
            callback,
            text: Phi::new(text),
            fields: Vec::new(),
            confirmed: domain::Confirmed::default(),
            promised: None,
            decodes: Vec::new(),
            complete: true,
            continues: None,
        },
    };
    keep(premises, &message).await.is_some()
}

/// Tries refused messages again until the office closes; `saved` is notified of those that are kept.
pub(crate) async fn retry(premises: Arc<Premises>, mut refused: mpsc::Receiver<MessageRow>, saved: Arc<Notify>) {
    let mut waiting: Vec<MessageRow> = Vec::new();
    let mut pause = FIRST_PAUSE;
    let mut retry_at = Instant::now();
    loop {
        tokio::select! {
            message = refused.recv() => match message {
                Some(message) => {
                    if waiting.is_empty() {
                        (pause, retry_at) = (FIRST_PAUSE, Instant::now() + FIRST_PAUSE);
                    }
                    wait(&mut waiting, message);
                }
                None => break,
            },
            () = sleep_until(retry_at), if !waiting.is_empty() => {
                keep_all(&premises, &mut waiting, &saved).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                retry_at = Instant::now() + pause;
            }
        }
    }
    keep_all(&premises, &mut waiting, &saved).await;
    if !waiting.is_empty() {
        tracing::error!(
            messages = waiting.len(),
            "not kept; the journals of their calls have them, for the next start"
        );
    }
}

/// The same request again is the same message.
fn wait(waiting: &mut Vec<MessageRow>, message: MessageRow) {
    if waiting.iter().any(|known| (known.call, known.request) == (message.call, message.request)) {
        return;
    }
    if waiting.len() == WAITING_MAX {
        tracing::error!(call = %message.call, "too many messages wait for the database; its journal has this one");
        return;
    }
    waiting.push(message);
}

/// In their order, until one is refused.
async fn keep_all(premises: &Premises, waiting: &mut Vec<MessageRow>, saved: &Notify) {
    while let Some(message) = waiting.first() {
        if keep(premises, message).await.is_none() {
            return;
        }
        waiting.remove(0);
        saved.notify_one();
    }
}
