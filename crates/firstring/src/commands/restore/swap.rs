//! One database in the place of another, so that at every moment there is one, and nothing of the other is lost.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::Timestamp;
use store::{Secret, StoreError};

use super::opens;
use crate::commands::backup::files::{Partial, sync_directory};
use crate::commands::backup::keys::{KEY, Keys, LINK_KEY};
use crate::wiring::DATABASE;

/// Puts what was verified into its place, and its keys. What was there gets a name with the time and is told. On an error
/// everything is as it was.
pub(super) async fn swap_in(data: &Path, restored: &Partial, keys: &Keys) -> anyhow::Result<Vec<PathBuf>> {
    let database = data.join(DATABASE);
    bring_to_rest(data, &database).await?;
    let mut steps = Steps { ending: unused_ending(data), kept: Vec::new(), made: Vec::new(), placed: false };
    let done = async {
        steps.put_keys(data, keys)?;
        steps.keep(&database)?;
        for beside in store::files_beside(&database) {
            steps.move_away(&beside)?;
        }
        if !database.exists() {
            steps.made.push(database.clone());
        }
        sync_directory(data)?;
        restored.put()?;
        steps.placed = true;
        sync_directory(data)?;
        opens(&database, &keys.key).await
    };
    if let Err(why) = done.await {
        steps.undo(&database);
        sync_directory(data)?;
        return Err(why.context("the backup cannot be put in its place; the present database is as it was"));
    }
    Ok(steps.kept.into_iter().map(|(_, kept)| kept).collect())
}

/// Nobody else has the present database open, and its log is brought in. One that is damaged, or whose key is lost, is taken as it lies:
/// that is what backups are for.
async fn bring_to_rest(data: &Path, database: &Path) -> anyhow::Result<()> {
    if !database.exists() {
        return Ok(());
    }
    let at_rest = match Keys::of(data) {
        Ok(Keys { key, .. }) => store::settle(database, &key).await.map_err(anyhow::Error::from),
        Err(why) => Err(why),
    };
    let Err(why) = at_rest else { return Ok(()) };
    if matches!(why.downcast_ref(), Some(StoreError::Busy(_))) {
        bail!("another process works with {}; wait until it has ended", database.display());
    }
    tracing::warn!("the present database does not open ({why:#}); it is kept as it lies");
    Ok(())
}

/// `.before-20260302T090000Z`, or with a number if that is taken.
fn unused_ending(data: &Path) -> String {
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let is_unused =
        |ending: &String| [DATABASE, KEY, LINK_KEY].iter().all(|name| !data.join(format!("{name}{ending}")).exists());
    let mut endings =
        std::iter::once(format!(".before-{now}")).chain((2..).map(|number| format!(".before-{now}-{number}")));
    endings.find(is_unused).expect("there is always another number")
}

/// What was done, so that it can be undone.
struct Steps {
    ending: String,
    /// Files, and the names under which they are kept.
    kept: Vec<(PathBuf, PathBuf)>,
    /// Files where there was none.
    made: Vec<PathBuf>,
    /// The restored database is in its place.
    placed: bool,
}

impl Steps {
    /// `firstring.db-wal` is kept as `firstring.db.before-..-wal`, so that SQLite knows what it belongs to.
    fn name(&self, file: &Path) -> PathBuf {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let beside = name.strip_prefix(DATABASE).filter(|rest| rest.starts_with('-'));
        file.with_file_name(match beside {
            Some(rest) => format!("{DATABASE}{}{rest}", self.ending),
            None => format!("{name}{}", self.ending),
        })
    }

    /// Gives a file a second name. It is there under its own until another takes its place in one step.
    fn keep(&mut self, file: &Path) -> anyhow::Result<()> {
        let name = self.name(file);
        match std::fs::hard_link(file, &name) {
            Ok(()) => {}
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
            // Not every file system has second names.
            Err(_) => {
                let copied = std::fs::copy(file, &name).and_then(|_| std::fs::File::open(&name)?.sync_all());
                if let Err(why) = copied {
                    std::fs::remove_file(&name).ok();
                    return Err(why).with_context(|| format!("{} cannot be kept", file.display()));
                }
            }
        }
        self.kept.push((file.to_owned(), name));
        Ok(())
    }

    /// A log of the present database would be taken for the restored one's.
    fn move_away(&mut self, file: &Path) -> anyhow::Result<()> {
        let name = self.name(file);
        match std::fs::rename(file, &name) {
            Ok(()) => self.kept.push((file.to_owned(), name)),
            Err(why) if why.kind() == ErrorKind::NotFound => {}
            Err(why) => return Err(why).with_context(|| format!("{} cannot be kept", file.display())),
        }
        Ok(())
    }

    fn put_keys(&mut self, data: &Path, keys: &Keys) -> anyhow::Result<()> {
        let both = [(KEY, Some(&keys.key)), (LINK_KEY, keys.link_key.as_ref())];
        for (name, key) in both {
            if let Some(key) = key {
                self.put_key(&data.join(name), key)?;
            }
        }
        Ok(())
    }

    /// The present key belongs to the present database: it is kept with it.
    fn put_key(&mut self, file: &Path, key: &Secret) -> anyhow::Result<()> {
        let present = std::fs::read_to_string(file).ok();
        if present.is_some_and(|present| present.trim() == key.expose()) {
            return Ok(());
        }
        if file.exists() {
            self.keep(file)?;
        } else {
            self.made.push(file.to_owned());
        }
        Partial::holding(file, key.expose())?.put()
    }

    fn undo(&self, database: &Path) {
        if self.placed {
            // What lies beside it now is the restored one's.
            for file in store::files_beside(database) {
                std::fs::remove_file(file).ok();
            }
        }
        for file in &self.made {
            std::fs::remove_file(file).ok();
        }
        for (file, name) in self.kept.iter().rev() {
            // Two names of one file stay both: then the second is taken away.
            if let Err(why) = std::fs::rename(name, file) {
                tracing::error!(%why, "{} is kept as {}; rename it by hand", file.display(), name.display());
            } else {
                std::fs::remove_file(name).ok();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use store::{OpenOptions, Store};

    use super::*;

    fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    #[tokio::test]
    async fn a_swap_that_fails_at_its_last_step_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (full, empty) = (folder.path().join("full"), folder.path().join("empty"));
        for data in [&full, &empty] {
            std::fs::create_dir(data).unwrap();
        }
        let present = "ab".repeat(32);
        std::fs::write(full.join(KEY), &present).unwrap();
        Store::open(&OpenOptions::new(full.join(DATABASE), Secret::new(present))).await.unwrap().close().await;
        for data in [&full, &empty] {
            let before = files(data);
            let restored = Partial::holding(&data.join(DATABASE), "no database at all").unwrap();
            let keys = Keys { key: Secret::new("cd".repeat(32)), link_key: Some(Secret::new("ef".repeat(32))) };
            let failed = swap_in(data, &restored, &keys).await.expect_err("what is no database does not open");
            assert!(format!("{failed:#}").contains("the present database is as it was"), "{failed:#}");
            drop(restored);
            assert!(files(data) == before, "{:?}", files(data).keys());
        }
    }
}
