use oncall::Way;
use store::StoreError;

/// Why the office could not do it, by what can be done about it.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// The database said no; see there.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A clinician's channel is not configured. Add it, or take it from the clinician.
    #[error("{clinician} is to be paged by {way}, and there is no such channel of theirs: add it")]
    UnknownChannel {
        /// Whose.
        clinician: String,
        /// Which.
        way: Way,
    },
    /// A webhook cannot be used as it is configured.
    #[error("the webhook {name:?} cannot be used: {why}")]
    BadWebhook {
        /// The channel's name, or `messages`.
        name: String,
        /// What is wrong and how to mend it, without the address or the secret.
        why: &'static str,
    },
    /// A channel cannot be used as it is configured.
    #[error("the channel {name:?} cannot be used: {why}")]
    BadChannel {
        /// Its name.
        name: String,
        /// What is wrong and how to mend it, without an address, a number or a secret.
        why: &'static str,
    },
    /// The HTTP client could not be made.
    #[error("webhooks cannot be sent from this process")]
    NoHttp(#[source] reqwest::Error),
    /// No such case, or the token is not of this case and a clinician of it, or its time is over. Use a newer link.
    #[error("this link is not valid any more: use the newest one")]
    BadLink,
    /// The office is closing or does not answer. Try again.
    #[error("the office does not answer: try again")]
    Unavailable,
}
