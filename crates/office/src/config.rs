use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use calendars::{FhirInbox, OutsideCalendar};
use domain::{CallerKind, Phi, Practice, ProviderId, RedFlagId, Urgency};
use jiff::{SignedDuration, Timestamp, Zoned};
use oncall::{ClinicianId, LineId, Plan, Policy, Rota, Way};
use store::{Exception, Secret, Template};

use crate::{Channel, Email, Gateway, Schedule, SmsFrom};

/// What the office of one practice needs to know.
#[derive(Clone, Debug)]
pub struct OfficeConfig {
    /// Whose office it is.
    pub practice: Arc<Practice>,
    /// The ordinary week of each provider of [`Practice::front_desk`].
    pub templates: Vec<Template>,
    /// What differs from it: holidays, absences, extra hours.
    pub exceptions: Vec<Exception>,
    /// Who is on call.
    pub rota: Rota,
    /// Which line of service a red flag belongs to; the general one otherwise.
    pub lines: BTreeMap<RedFlagId, LineId>,
    /// Whom a case pages, how and how fast.
    pub policy: Policy,
    /// Every way of everybody whom the rota and the policy name.
    pub channels: BTreeMap<(ClinicianId, Way), Channel>,
    /// The SIP addresses of those who can be rung for a caller.
    pub telephones: BTreeMap<ClinicianId, Phi<String>>,
    /// The token by which the gateway of text messages and calls signs what it tells.
    pub gateway_token: Option<Secret>,
    /// When test pages are sent by themselves.
    pub test_pages: Option<Schedule>,
    /// Providers who keep a calendar elsewhere.
    pub calendars: Vec<(ProviderId, ProviderCalendar)>,
    /// How those who wait for an opening are told of one.
    pub waiting: WaitingList,
    /// Where new messages are announced. Without it and a mailbox the practice reads them in FirstRing.
    pub messages: Option<Webhook>,
    /// The worklist in the practice's records that takes them, instead of `messages`.
    pub records: Option<Arc<FhirInbox>>,
    /// Where they come by e-mail.
    pub mailbox: Option<Mailbox>,
    /// What pages and notifications carry.
    pub details: Details,
    /// Where clinicians reach FirstRing, e.g. `https://firstring.example`, without a slash at the end.
    pub public_url: String,
    /// The key of the links in pages. A new key makes every old link invalid.
    pub link_key: Secret,
    /// What time it is.
    pub clock: Clock,
}

impl OfficeConfig {
    /// Whom such a case is to page at `at`.
    pub(crate) fn plan(&self, red_flags: &[RedFlagId], caller: CallerKind, at: Timestamp) -> Plan {
        self.policy.plan(&self.rota, &self.line(red_flags), caller, self.practice.office_hours(at), at)
    }

    /// The line of service of a case: that of the first of its red flags that belongs to one.
    fn line(&self, red_flags: &[RedFlagId]) -> LineId {
        let line = red_flags.iter().find_map(|flag| self.lines.get(flag));
        line.cloned().unwrap_or_else(|| Rota::GENERAL.into())
    }
}

/// A calendar that a provider keeps elsewhere, and what is shown of a patient there.
#[derive(Clone, Debug)]
pub struct ProviderCalendar {
    /// The calendar.
    pub calendar: Arc<dyn OutsideCalendar>,
    /// Whether entries are titled with the patient's name. Calendars are shown on telephones and shared.
    pub names: bool,
}

/// How those who wait for an opening that is freed are told of one, and how long they have to answer.
#[derive(Clone, Debug)]
pub struct WaitingList {
    /// Who texts those who have agreed to that; without it staff find a message and call.
    pub texts: Option<(Gateway, SmsFrom)>,
    /// Then the next is offered it. More than nothing and less than twelve hours: it must end on the day on which it begins.
    pub answer_within: SignedDuration,
}

impl Default for WaitingList {
    fn default() -> Self {
        Self { texts: None, answer_within: SignedDuration::from_mins(30) }
    }
}

/// Where a webhook goes and how it is signed.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its address. May hold a secret, so it is printed by nobody.
    pub url: Secret,
    /// `whsec_` and the key in base64.
    pub secret: Secret,
}

/// Where messages come by e-mail, and when.
#[derive(Clone, Debug)]
pub struct Mailbox {
    /// To whom, and through which server.
    pub email: Email,
    /// When those come that are not urgent, all in one e-mail. The others come at once, each by itself.
    pub digest: Schedule,
}

impl Mailbox {
    /// From when on the practice is to have the e-mail with such a message, which was left at `left_at`.
    pub(crate) fn due(&self, urgency: Urgency, left_at: &Zoned) -> Timestamp {
        match urgency {
            Urgency::Emergency | Urgency::Urgent => left_at.timestamp(),
            // Without any time of a digest it is better told at once than never.
            Urgency::Routine => self.digest.next(left_at).unwrap_or_else(|| left_at.timestamp()),
        }
    }
}

/// What pages and notifications carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Details {
    /// A reference, a link, the urgency and the time. Nothing that the caller said or is.
    ReferenceOnly,
    /// The caller's words and number too: only where the practice has made sure that the receiver may have them.
    Included,
}

/// Tells the wall time. The process has one; tests and `--now` give their own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The computer's clock.
    pub fn system() -> Self {
        Self::new(Timestamp::now)
    }

    /// Any other clock.
    pub fn new(tell: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
