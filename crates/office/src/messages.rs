//! Keeps messages. One that the database does not take at once is refused, so that its caller is told the truth and sent
//! on to a person; but it is tried again until it is kept, for as long as the process lives. If that ends first, the
//! journal of the call has the message, and the next start saves it from there.

use std::sync::Arc;
use std::time::Duration;

use domain::{CallId, CallerKind, Confirmed, Intent, MessageDraft, MessageId, Phi, RequestId, Urgency};
use store::{MessageRow, PatientRow};
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
/// A database that does not keep a message of ours is asked again after this time.
const LEAVE_AGAIN: Duration = Duration::from_secs(30);

/// Keeps a message, or says in the log why not.
pub(crate) async fn keep(premises: &Premises, message: &MessageRow) -> Option<MessageId> {
    match timeout(SAVE_WITHIN, premises.store.save_message(message, premises.notify(message))).await {
        Ok(Ok(id)) => return Some(id),
        Ok(Err(error)) => tracing::error!(call = %message.call, %error, "message not kept, will be tried again"),
        Err(_) => {
            tracing::error!(call = %message.call, "message not kept: the database does not answer; will be tried again");
        }
    }
    None
}

/// Leaves the practice an urgent message that nobody has called about; tries until it is kept. `saved` is notified of it.
pub(crate) async fn leave(premises: &Premises, saved: &Notify, text: &str) {
    let message = urgent(premises, text);
    while keep(premises, &message).await.is_none() {
        tokio::time::sleep(LEAVE_AGAIN).await;
    }
    saved.notify_one();
}

/// An urgent message to the practice that nobody has called about.
pub(crate) fn urgent(premises: &Premises, text: &str) -> MessageRow {
    unasked(premises, Intent::Other, Urgency::Urgent, text)
}

/// Leaves a message about a patient's appointment that nobody has called about; false if it cannot be kept now.
pub(crate) async fn leave_for_staff(premises: &Premises, text: &str, patient: Option<PatientRow>) -> bool {
    let mut message = unasked(premises, Intent::BookAppointment, Urgency::Routine, text);
    if let Some(patient) = patient {
        message.draft.name = Some(patient.name);
        message.draft.date_of_birth = Some(patient.date_of_birth);
        message.draft.callback = patient.numbers.into_iter().next();
    }
    keep(premises, &message).await.is_some()
}

/// What FirstRing itself has to say to the practice.
fn unasked(premises: &Premises, intent: Intent, urgency: Urgency, text: &str) -> MessageRow {
    MessageRow {
        id: MessageId::new(),
        call: CallId::new(),
        request: RequestId(1),
        practice: premises.config.practice.id.clone(),
        saved_at: premises.now(),
        redacted_at: None,
        draft: MessageDraft {
            caller: CallerKind::Other,
            intent,
            urgency,
            name: Some(Phi::from("FirstRing")),
            date_of_birth: None,
            callback: None,
            text: Phi::from(text),
            fields: Vec::new(),
            confirmed: Confirmed::default(),
            promised: None,
            decodes: Vec::new(),
            complete: true,
            continues: None,
        },
    }
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
