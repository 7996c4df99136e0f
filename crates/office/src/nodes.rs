//! The other nodes of this practice: one that has died leaves cases behind, and its page must not wait for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use store::{CaseFile, NodeId, StoreError};
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::desk::{Command, Premises};

/// How often this node shows that it lives and looks at the others.
const BEAT: Duration = Duration::from_secs(1);
/// A count that stands still for so long is a dead node's. One that is only slow loses its cases: they are paged from elsewhere.
const DEAD_AFTER: Duration = Duration::from_secs(6);
/// A database that takes longer tells nothing of the others.
const BEAT_WITHIN: Duration = Duration::from_secs(3);
/// Dead nodes that nobody has yet listened to.
pub(crate) const DEAD_MAX: usize = 16;

/// The cases that are this office's when it starts: its own of before, or all where nobody else can have any.
pub(crate) async fn take_own_cases(premises: &Premises) -> Result<Vec<CaseFile>, StoreError> {
    let (store, practice) = (&premises.store, &premises.config.practice.id);
    let own = store.node();
    store.take_cases(practice, store.is_shared().then_some(&own)).await
}

/// Shows that this node lives, and takes up the cases of those that do not, until `stop`.
pub(crate) async fn watch(
    premises: Arc<Premises>,
    commands: mpsc::WeakSender<Command>,
    dead: broadcast::Sender<NodeId>,
    stop: CancellationToken,
) {
    if !premises.store.is_shared() {
        return;
    }
    let mut others = Others::default();
    loop {
        match timeout(BEAT_WITHIN, premises.store.beat()).await {
            Ok(Ok(beats)) => {
                for node in others.dead(beats, Instant::now()) {
                    tracing::warn!(%node, "another node has died: what it had is taken up");
                    take_up(&premises, &commands, &node).await;
                    // Where nobody listens, nobody answers calls either.
                    dead.send(node).ok();
                }
            }
            Ok(Err(_)) | Err(_) => others.forget(),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(BEAT) => {}
        }
    }
}

async fn take_up(premises: &Premises, commands: &mpsc::WeakSender<Command>, node: &NodeId) {
    let taken = premises.store.take_cases(&premises.config.practice.id, Some(node)).await;
    let files = taken.unwrap_or_else(|error| {
        tracing::error!(%node, %error, "its cases cannot be taken now, will be tried again");
        Vec::new()
    });
    for file in files {
        let Some(commands) = commands.upgrade() else { return };
        // The office that closes just now leaves them to the next.
        commands.send(Command::TakeUp { file: Box::new(file) }).await.ok();
    }
    if let Err(error) = premises.store.forget_node(node).await {
        tracing::warn!(%node, %error, "not forgotten, will be tried again");
    }
}

/// How far each other node had counted, and since when.
#[derive(Default)]
struct Others(BTreeMap<NodeId, (i64, Instant)>);

impl Others {
    /// Those whose count stands still. Each again after as long, as long as it is in the database.
    fn dead(&mut self, beats: Vec<(NodeId, i64)>, now: Instant) -> Vec<NodeId> {
        let before = std::mem::take(&mut self.0);
        let mut dead = Vec::new();
        for (node, count) in beats {
            let since = match before.get(&node) {
                Some((counted, since)) if *counted == count => *since,
                Some(_) | None => now,
            };
            let is_dead = now.duration_since(since) >= DEAD_AFTER;
            if is_dead {
                dead.push(node.clone());
            }
            self.0.insert(node, (count, if is_dead { now } else { since }));
        }
        dead
    }

    /// While the database was away nobody could count.
    fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_dead_when_its_count_stands_still_and_not_while_nobody_could_count() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let node = |name: &str| NodeId(name.to_owned());
        let mut others = Others::default();
        let mut dead = |seconds, a, b| others.dead(vec![(node("a"), a), (node("b"), b)], at(seconds));
        assert!(dead(0, 7, 1).is_empty());
        assert!(dead(5, 7, 6).is_empty());
        assert_eq!(dead(6, 7, 7), [node("a")]);
        assert!(dead(7, 7, 8).is_empty(), "it was said just now");
        assert!(dead(11, 7, 9).is_empty());
        assert_eq!(dead(12, 7, 9), [node("a")], "it is still there, so not everything was taken");
        assert!(dead(13, 8, 9).is_empty(), "it lives after all");
        others.forget();
        assert!(others.dead(vec![(node("a"), 8), (node("b"), 9)], at(90)).is_empty(), "the database was away");
    }
}
