//! The practice's office: it keeps what a call asks to be kept, and tells people.
//!
//! [`Office`] answers [`domain::OfficeRequest`]s. What it says has happened has happened: a message or a case is on the
//! disk before the reply. The one exception is paging. A clinician is paged even if the database does not answer within
//! 300 ms; the case then lives in memory, its page says so, and it is kept as soon as the database is back.
//!
//! - One task owns each open case: [`oncall::Escalation`] decides, the task waits, sends and keeps.
//! - Pages and notifications are webhooks signed by the Standard Webhooks scheme (<https://www.standardwebhooks.com>:
//!   headers `webhook-id`, `webhook-timestamp`, `webhook-signature`). By default they carry a reference and a link, and
//!   nothing that a caller said; [`Details::Included`] is the practice's own decision.
//! - Messages may come by e-mail as well, urgent ones at once, the others as a digest ([`Mailbox`]). Each way is told at least once,
//!   by one node, across restarts.
//! - The link belongs to one case and one clinician; opening it changes nothing, [`Office::acknowledge`] does.
//! - A message that the database refuses is answered by `Unavailable`, and tried again while the process lives. If that ends
//!   first, the call's journal has it.
//! - Appointments: only what was offered to a call can be booked, and only for a patient whom it was matched to; see
//!   `store::Store::book` for what holds against racing calls and repeated requests.
//! - A case that was taken pages again unless its clinician tells in time that the caller was reached: [`Office::caller_reached`].
//! - At start, cases that nobody has closed and messages that were not delivered are taken up again.
//!
//! `office` knows no sound, no model and no dialogue. `reqwest` is built without a TLS provider of its own: the process
//! installs one (`rustls::crypto::ring`) before [`Office::start`].

mod body;
mod book;
mod case;
mod channel;
mod config;
mod desk;
mod error;
mod gaps;
mod gateway;
mod identity;
mod keeper;
mod letters;
mod link;
mod listener;
mod messages;
mod nodes;
mod notifier;
mod office;
mod ringing;
mod schedule;
mod test_pages;
mod webhook;

pub use book::{Opening, answer_waiting_offer, openings};
pub use channel::{
    Channel, Email, Encryption, Gateway, Key, Login, Named, Ntfy, PagerDuty, Progress, Sms, SmsFrom, SmsReply, Twiml,
    Voice, is_signed,
};
pub use config::{Clock, Details, Mailbox, OfficeConfig, ProviderCalendar, WaitingList, Webhook};
pub use error::OfficeError;
pub use gateway::GatewayPost;
pub use office::{LinkedCase, Office};
pub use ringing::{Callee, CalleeDid, Wanted};
pub use schedule::Schedule;
pub use test_pages::{TestPage, test_pages};
