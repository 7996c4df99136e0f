//! What whoever is rung is told of a call, in the words of `whisper` in `lines.toml`.

use domain::{CallerKind, Urgency};

use crate::About;

/// The values of the line.
pub(super) fn of(about: &About) -> Vec<(&'static str, String)> {
    let what = match about.urgency {
        Urgency::Emergency => "an emergency",
        Urgency::Urgent => "an urgent call",
        Urgency::Routine => "a call",
    };
    let who = match about.caller {
        CallerKind::Patient => "a patient",
        CallerKind::Caregiver => "somebody calling for a patient",
        CallerKind::NewPatient => "a new patient",
        CallerKind::Clinician => "a physician or hospital",
        CallerKind::Pharmacy => "a pharmacy",
        CallerKind::Insurer => "an insurer",
        CallerKind::Vendor | CallerKind::Other => "a caller",
    };
    let who = about.name.as_ref().map_or_else(|| who.to_owned(), |name| format!("{}, {who}", name.expose()));
    let why = about.red_flags.first().map(|flag| format!(", about {}", flag.0.replace('_', " ")));
    vec![("what", what.to_owned()), ("who", who), ("why", why.unwrap_or_default())]
}
