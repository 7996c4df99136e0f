//! Whether a file of lines has words for every key, and a value for every placeholder.

use std::collections::BTreeMap;

use super::{COMMON, WordingError};

/// The lines of a file. `keys`: every line there is, and the placeholders that it must have.
pub(super) fn checked(
    file: &'static str,
    text: &str,
    keys: &[(&str, &'static [&'static str])],
) -> Result<BTreeMap<String, Vec<String>>, WordingError> {
    let lines: BTreeMap<String, Vec<String>> =
        toml::from_str(text).map_err(|source| WordingError::Unreadable { file, source })?;
    if let Some(key) = lines.keys().find(|key| !keys.iter().any(|(known, _)| known == key)) {
        return Err(WordingError::Unknown { file, key: key.clone() });
    }
    for (key, needed) in keys {
        let variants = lines.get(*key).filter(|variants| !variants.is_empty());
        let variants = variants.ok_or_else(|| WordingError::Missing { file, key: (*key).to_owned() })?;
        for variant in variants {
            check_placeholders(file, key, variant, needed)?;
        }
    }
    Ok(lines)
}

fn check_placeholders(file: &'static str, key: &str, text: &str, needed: &[&str]) -> Result<(), WordingError> {
    let found: Vec<&str> = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    if let Some(placeholder) = needed.iter().find(|placeholder| !found.contains(placeholder)) {
        return Err(WordingError::MissingPlaceholder {
            file,
            key: key.to_owned(),
            placeholder: (*placeholder).to_owned(),
            text: text.to_owned(),
        });
    }
    if let Some(placeholder) = found.iter().find(|found| !needed.contains(found) && !COMMON.contains(found)) {
        let allowed: Vec<_> = needed.iter().chain(COMMON).map(|name| format!("{{{name}}}")).collect();
        return Err(WordingError::UnknownPlaceholder {
            file,
            key: key.to_owned(),
            placeholder: (*placeholder).to_owned(),
            allowed: allowed.join(", "),
        });
    }
    Ok(())
}
