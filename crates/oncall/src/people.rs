use std::fmt;

use domain::name_id;
use serde::{Deserialize, Serialize};

name_id!(/** Somebody who can be paged, as the practice's configuration names them. */ ClinicianId);

/// Somebody who can be paged: a clinician, or the front desk.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Clinician {
    /// As the configuration names them.
    pub id: ClinicianId,
    /// As it may be spoken: "Doctor Alvarez".
    pub name: String,
    /// How they are reached. Who has no way is passed over.
    pub ways: Vec<Way>,
}

/// How somebody is reached. Addresses and secrets are not known here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// A signed HTTP request to their pager's service.
    Webhook,
    /// A text message.
    Sms,
    /// A telephone call that takes a key.
    Voice,
    /// An e-mail.
    Email,
    /// A push notification.
    Ntfy,
    /// An incident.
    Pagerduty,
}

impl Way {
    /// Every way, in order.
    pub const ALL: [Self; 6] = [Self::Webhook, Self::Sms, Self::Voice, Self::Email, Self::Ntfy, Self::Pagerduty];

    /// As it is written in configuration, records and logs.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Email => "email",
            Self::Ntfy => "ntfy",
            Self::Pagerduty => "pagerduty",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
