//! Several processes that serve from one database: who lives, and who has what.
//!
//! Nobody's clock is asked. A node counts; whoever has seen another's count stand still for long enough by its own clock may
//! take what that one had. A node that was only slow finds at its next write that it has nothing any more
//! ([`crate::KeptCase::Elsewhere`]): of two that hold the same case for theirs, one alone can change it.

use std::fmt;

use domain::PracticeId;
use uuid::Uuid;

use crate::calls::{CallRow, call};
use crate::column::Columns;
use crate::{CaseFile, MessageRow, Notify, Secret, Store, StoreError, messages};

/// One process that serves, for as long as it or its successor in the same place lives.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub String);

impl NodeId {
    /// One that nobody else has.
    pub fn random() -> Self {
        Self(Uuid::now_v7().to_string())
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Store {
    /// This handle and its clones write as `node`. Without it each opening is a node of its own.
    #[must_use]
    pub fn as_node(self, node: NodeId) -> Self {
        Self { node: node.0.into(), ..self }
    }

    /// Who writes.
    pub fn node(&self) -> NodeId {
        NodeId(self.node.to_string())
    }

    /// Whether other nodes may serve from the same database at the same time. From a file one process serves alone.
    pub fn is_shared(&self) -> bool {
        self.engine.is_shared
    }

    /// Counts once more, and says how far every other node has counted.
    pub async fn beat(&self) -> Result<Vec<(NodeId, i64)>, StoreError> {
        sqlx::query(
            "INSERT INTO node (id, beats) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET beats = node.beats + 1",
        )
        .bind(&*self.node)
        // Not behind those who wait to write: who lives must be seen to live.
        .execute(&self.readers)
        .await?;
        let rows = sqlx::query("SELECT id, beats FROM node WHERE id <> $1 ORDER BY id")
            .bind(&*self.node)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(Columns).map(|row| Ok((NodeId(row.text("id")?), row.integer("beats")?))).collect()
    }

    /// A node is dead and what it had was taken, of every practice. If it lives after all, it counts anew.
    pub async fn forget_node(&self, node: &NodeId) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM node WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM call WHERE node = $1 AND ended_at IS NULL)
                AND NOT EXISTS (SELECT 1 FROM escalation WHERE node = $1 AND closed_by IS NULL)",
        )
        .bind(&node.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Takes the practice's cases that nobody has closed, oldest first: those of `node`, or all that there are. What one
    /// node takes no other takes from the same.
    pub async fn take_cases(&self, practice: &PracticeId, of: Option<&NodeId>) -> Result<Vec<CaseFile>, StoreError> {
        let mut transaction = self.write().await?;
        let rows = sqlx::query(
            "SELECT id FROM escalation WHERE practice = $1 AND closed_by IS NULL AND ($2 IS NULL OR node = $2)
             ORDER BY opened_at, id",
        )
        .bind(&practice.0)
        .bind(of.map(|node| &node.0))
        .fetch_all(&mut *transaction)
        .await?;
        let mut files = Vec::with_capacity(rows.len());
        for row in &rows {
            files.push(self.take(&Columns(row).text("id")?, &mut transaction).await?);
        }
        transaction.commit().await?;
        Ok(files)
    }

    /// Takes the practice's calls that have not ended, oldest first: those of `node`, or all that there are.
    pub async fn take_calls(&self, practice: &PracticeId, of: Option<&NodeId>) -> Result<Vec<CallRow>, StoreError> {
        let mut transaction = self.write().await?;
        let rows = sqlx::query(
            "SELECT * FROM call WHERE practice = $1 AND ended_at IS NULL AND ($2 IS NULL OR node = $2)
             ORDER BY began_at, id",
        )
        .bind(&practice.0)
        .bind(of.map(|node| &node.0))
        .fetch_all(&mut *transaction)
        .await?;
        sqlx::query("UPDATE call SET node = $1 WHERE practice = $2 AND ended_at IS NULL AND ($3 IS NULL OR node = $3)")
            .bind(&*self.node)
            .bind(&practice.0)
            .bind(of.map(|node| &node.0))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        rows.iter().map(call).collect()
    }

    /// Whether it is this node's turn to do what is named so; each name has one turn, of whoever asks first.
    pub async fn take_turn(&self, practice: &PracticeId, name: &str) -> Result<bool, StoreError> {
        let taken = sqlx::query("INSERT INTO turn (practice, name) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(&practice.0)
            .bind(name)
            .execute(&self.writer)
            .await?;
        Ok(taken.rows_affected() == 1)
    }

    /// Keeps a message as [`Store::save_message`] does, and takes all these turns with it: both or neither. False, and nothing is
    /// kept, if any of them was taken.
    pub async fn save_message_once(
        &self,
        message: &MessageRow,
        notify: Notify,
        turns: &[String],
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        for name in turns {
            let taken = sqlx::query("INSERT INTO turn (practice, name) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(&message.practice.0)
                .bind(name)
                .execute(&mut *transaction)
                .await?;
            if taken.rows_affected() != 1 {
                return Ok(false);
            }
        }
        messages::insert(message, notify, &mut transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Whether a turn is still to be had.
    pub async fn is_turn_free(&self, practice: &PracticeId, name: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM turn WHERE practice = $1 AND name = $2")
            .bind(&practice.0)
            .bind(name)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.is_none())
    }

    /// The key of this name that every node has: the one that was proposed first.
    pub async fn shared_key(&self, name: &str, proposed: &Secret) -> Result<Secret, StoreError> {
        sqlx::query("INSERT INTO shared_key (name, key) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(proposed.expose())
            .execute(&self.writer)
            .await?;
        let row = sqlx::query("SELECT key FROM shared_key WHERE name = $1").bind(name).fetch_one(&self.writer).await?;
        Ok(Secret::new(Columns(&row).text("key")?))
    }
}
