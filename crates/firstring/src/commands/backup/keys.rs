//! The keys of a data directory, which are in no backup.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use store::Secret;

use super::files::Partial;
use crate::wiring::is_whole_key;

/// The database's key in the data directory.
pub(in crate::commands) const KEY: &str = "key";
/// The key that signs the links in pages.
pub(in crate::commands) const LINK_KEY: &str = "link-key";

/// Both.
pub(in crate::commands) struct Keys {
    pub(in crate::commands) key: Secret,
    /// `None` if no server has ever run there.
    pub(in crate::commands) link_key: Option<Secret>,
}

/// As `--key-to` writes them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    key: String,
    link_key: Option<String>,
}

impl Keys {
    /// Those in a data directory.
    pub(in crate::commands) fn of(data: &Path) -> anyhow::Result<Self> {
        let key = kept(&data.join(KEY))?.with_context(|| {
            format!("there is no key in {}, and nothing opens its records without it", data.display())
        })?;
        Ok(Self { key, link_key: kept(&data.join(LINK_KEY))? })
    }

    /// Those that `--key-to` wrote, or a copy of a data directory's `key`.
    pub(in crate::commands) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        if is_whole_key(text.trim()) {
            return Ok(Self { key: Secret::new(text.trim()), link_key: None });
        }
        // Why is not told: the error may quote the key.
        let written: Option<Written> = toml::from_str(&text).ok();
        let keys = written.filter(|keys| is_whole_key(&keys.key) && keys.link_key.as_deref().is_none_or(is_whole_key));
        let Some(Written { key, link_key }) = keys else {
            bail!(
                "{} holds no key; give the file that `firstring backup --key-to` wrote, or a copy of the data directory's `key`",
                file.display()
            );
        };
        Ok(Self { key: Secret::new(key), link_key: link_key.map(Secret::new) })
    }

    /// For `--key-to`.
    pub(in crate::commands) fn written(&self, to: &Path) -> anyhow::Result<Partial> {
        let written = Written {
            key: self.key.expose().to_owned(),
            link_key: self.link_key.as_ref().map(|key| key.expose().to_owned()),
        };
        let text = toml::to_string(&written)?;
        Partial::holding(
            to,
            &format!("# These open every backup of this practice: keep them apart from those.\n{text}"),
        )
    }
}

fn kept(file: &Path) -> anyhow::Result<Option<Secret>> {
    match std::fs::read_to_string(file) {
        Ok(key) if is_whole_key(key.trim()) => Ok(Some(Secret::new(key.trim()))),
        Ok(_) => bail!("the key {} is damaged; bring it back from a copy", file.display()),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why).with_context(|| format!("the key {} cannot be read", file.display())),
    }
}
