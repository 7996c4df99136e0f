//! What is left of a record without its words.

use domain::{CaseDraft, CaseUpdate, Phi};
use serde_json::{Map, Value};

/// Every field is named, so that whoever gives a draft a new one decides here whether it holds words.
pub(super) fn draft_without_words(draft: &CaseDraft) -> CaseDraft {
    CaseDraft {
        urgency: draft.urgency,
        caller: draft.caller,
        red_flags: draft.red_flags.clone(),
        heard: Phi::default(),
        unconfirmed: draft.unconfirmed,
        callback: None,
        continues: draft.continues,
    }
}

pub(super) fn update_without_words(update: &CaseUpdate) -> CaseUpdate {
    match update {
        CaseUpdate::Raised { .. }
        | CaseUpdate::CalledEmergencyNumber(_)
        | CaseUpdate::StoppedAnswering
        | CaseUpdate::HungUp => update.clone(),
        // No number can stand for none: that something was heard is what is left of it.
        CaseUpdate::Heard(_) | CaseUpdate::Callback(_) => CaseUpdate::Heard(Phi::default()),
        CaseUpdate::Name(_) => CaseUpdate::Name(Phi::default()),
        CaseUpdate::WhoIsThere(_) => CaseUpdate::WhoIsThere(Phi::default()),
        CaseUpdate::CalledAgain(draft) => CaseUpdate::CalledAgain(Box::new(draft_without_words(draft))),
    }
}

/// As `domain::LineCodec` is written.
const CODECS: [&str; 4] = ["pcmu", "pcma", "g722", "opus"];

/// Latencies, what was achieved and who hung up. The summary is another crate's: what is not known here to be no word is
/// left out. `None` if it is no summary.
pub(super) fn summary_without_words(summary: &Phi<String>) -> Option<String> {
    let Ok(Value::Object(summary)) = serde_json::from_str(summary.expose()) else { return None };
    let mut left = known(&summary);
    for (key, value) in &summary {
        let value = match (key.as_str(), value) {
            ("turns" | "outcomes", Value::Array(items)) => {
                items.iter().filter_map(Value::as_object).map(|item| Value::Object(known(item))).collect()
            }
            ("escalation", Value::Object(item)) => Value::Object(known(item)),
            ("quality", Value::Object(line)) => Value::Object(figures_of_line(line)),
            _ => continue,
        };
        left.insert(key.clone(), value);
    }
    Some(Value::Object(left).to_string())
}

/// Milliseconds, and labels of ours.
fn known(object: &Map<String, Value>) -> Map<String, Value> {
    let is_label = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let is_known = |(key, value): &(&String, &Value)| match key.as_str() {
        "kind" | "intent" | "urgency" | "hangup_by" | "decided_on" | "channel" => value.as_str().is_some_and(is_label),
        key => key.ends_with("_ms") && (value.is_number() || value.is_null()),
    };
    object.iter().filter(is_known).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Loss and jitter, each way, and the codec: a name of ours.
fn figures_of_line(line: &Map<String, Value>) -> Map<String, Value> {
    let is_figure = |key: &str| matches!(key, "expected" | "lost") || key.ends_with("_ms");
    let is_codec = |value: &Value| value.as_str().is_some_and(|name| CODECS.contains(&name));
    let left = line.iter().filter_map(|(key, value)| match (key.as_str(), value) {
        ("heard" | "said", Value::Object(way)) => Some((key.clone(), Value::Object(figures_of_line(way)))),
        ("codec", value) if is_codec(value) => Some((key.clone(), value.clone())),
        (figure, value) if is_figure(figure) && value.is_number() => Some((key.clone(), value.clone())),
        _ => None,
    });
    left.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_keeps_its_figures_and_loses_its_words() {
        let summary = Phi::from(
            r#"{"answered_ms":0,"greeting_first_sound_ms":null,"later":"Ada","turns":[{"caller_start_ms":7,"text":"my chest",
            "reading":{"urgency":"emergency","text":"my chest","slots":{"name":"Ada"}},"first_sound_ms":9,"reply":"Call 911"}],
            "outcomes":[{"kind":"message","intent":"Ada B","urgency":"urgent","name":"Ada","fields":{"kind":"pills"}}],
            "escalation":{"heard_end_ms":3,"decided_on":"second_decode"},"hangup_by":"caller","channel":"website",
            "quality":{"codec":"g722","heard":{"expected":9,"lost":1,"jitter_ms":0.5,"name":"Ada"},"said":null,"round_trip_ms":"Ada"}}"#,
        );
        let left: Value = serde_json::from_str(&summary_without_words(&summary).unwrap()).unwrap();
        let expected = serde_json::json!({
            "answered_ms": 0, "greeting_first_sound_ms": null, "turns": [{"caller_start_ms": 7, "first_sound_ms": 9}],
            "outcomes": [{"kind": "message", "urgency": "urgent"}],
            "escalation": {"heard_end_ms": 3, "decided_on": "second_decode"}, "hangup_by": "caller", "channel": "website",
            "quality": {"codec": "g722", "heard": {"expected": 9, "lost": 1, "jitter_ms": 0.5}},
        });
        assert_eq!(left, expected);
        assert_eq!(summary_without_words(&Phi::from("my chest hurts")), None);
    }
}
