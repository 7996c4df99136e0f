use std::path::PathBuf;

/// Where a secret stands: configuration holds references, never values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// `env:NAME`
    Env(String),
    /// `file:PATH`
    File(PathBuf),
}

impl SecretRef {
    /// Parses `env:NAME` or `file:PATH`.
    pub fn parse(written: &str) -> Result<Self, String> {
        match written.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err("a secret is written as \"env:NAME\" or \"file:PATH\", never as its value".to_owned()),
        }
    }

    /// The secret itself; an error names the reference and not the value.
    pub fn read(&self) -> anyhow::Result<String> {
        let value = match self {
            Self::Env(name) => std::env::var(name)
                .map_err(|_| anyhow::anyhow!("the secret {name} is not in the environment; set it and start again"))?,
            Self::File(path) => std::fs::read_to_string(path)
                .map_err(|why| anyhow::anyhow!("the secret file {} cannot be read: {why}", path.display()))?,
        };
        Ok(value.trim().to_owned())
    }
}
