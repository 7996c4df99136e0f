//! Drugs that nobody should be without for a day: `prompts/vital_drugs.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::phrases;

const FILE: &str = include_str!("../../../prompts/vital_drugs.toml");

/// Each name as words between spaces.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let groups: BTreeMap<String, Vec<String>> = toml::from_str(FILE).expect("the shipped list is checked by a test");
    groups.into_values().flatten().map(|name| spaced(&name)).collect()
});

/// Whether the words name such a drug.
pub(crate) fn is_named(text: &str) -> bool {
    let text = spaced(text);
    NAMES.iter().any(|name| text.contains(name.as_str()))
}

fn spaced(text: &str) -> String {
    format!(" {} ", phrases::words(text).join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vital_drugs_are_known_by_name_and_by_kind() {
        for vital in
            ["my insulin", "Lantus, please", "the blood thinner", "Warfarin 5 mg", "my rescue inhalers", "Keppra"]
        {
            assert!(is_named(vital), "{vital}");
        }
        for other in ["", "ibuprofen", "a cream for my skin", "insulins-like", "my heartburn pill"] {
            assert!(!is_named(other), "{other}");
        }
        assert!(NAMES.iter().all(|name| name.len() > 4 && *name == name.to_lowercase()), "{NAMES:?}");
    }
}
