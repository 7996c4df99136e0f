//! An office that answers in virtual time, well or badly.

use std::time::Duration;

use super::book::Book;
use dialogue::{Input, TransferNews};
use domain::{CallTime, CaseId, CaseUpdate, MessageId, OfficeReply, OfficeRequest, RedFlagId, RequestId};

/// How the office answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// At once; pages are sent and acknowledged after half a minute.
    Well,
    /// Pages are sent, nobody acknowledges, no transfer is answered.
    PagedOnly,
    /// The front desk has the page for a minute, then who is on call; nobody answers.
    DeskFirst,
    /// No channel takes a page.
    NotPaged,
    /// Its database does not answer.
    Unavailable,
    /// Unavailable for the first half minute, then well.
    LateWell,
    /// Replies take twenty seconds, come twice, and out of order.
    Muddled,
    /// Never answers.
    Dead,
    /// Transfers connect.
    Connects,
}

impl Manner {
    pub(crate) const ALL: &'static [Self] = &[
        Self::Well,
        Self::PagedOnly,
        Self::DeskFirst,
        Self::NotPaged,
        Self::Unavailable,
        Self::LateWell,
        Self::Muddled,
        Self::Dead,
        Self::Connects,
    ];
}

#[derive(Debug)]
pub(crate) struct Office {
    pub(crate) book: Book,
    manner: Manner,
    due: Vec<(CallTime, Input)>,
}

impl Office {
    pub(crate) fn new(manner: Manner) -> Self {
        Self { book: Book::default(), manner, due: Vec::new() }
    }

    pub(crate) fn next_at(&self) -> Option<CallTime> {
        self.due.iter().map(|(at, _)| *at).min()
    }

    /// Whether an answer comes within a few seconds.
    pub(crate) fn is_busy(&self, now: CallTime) -> bool {
        self.next_at().is_some_and(|at| at <= now + Duration::from_secs(3))
    }

    /// The reply that is due.
    pub(crate) fn reply(&mut self, now: CallTime) -> Option<Input> {
        let at = self.next_at().filter(|at| *at <= now)?;
        let index = self.due.iter().position(|(due, _)| *due == at)?;
        Some(self.due.remove(index).1)
    }

    pub(crate) fn ask(&mut self, id: RequestId, request: &OfficeRequest, now: CallTime) {
        let manner = match self.manner {
            Manner::LateWell if now < CallTime::from_ms(30_000) => Manner::Unavailable,
            Manner::LateWell | Manner::Connects => Manner::Well,
            Manner::Well
            | Manner::PagedOnly
            | Manner::DeskFirst
            | Manner::NotPaged
            | Manner::Unavailable
            | Manner::Muddled
            | Manner::Dead => self.manner,
        };
        let good: Vec<OfficeReply> = match request {
            OfficeRequest::SaveMessage(_) => vec![OfficeReply::MessageSaved { message: MessageId::new() }],
            OfficeRequest::OpenCase(_) => vec![OfficeReply::CaseOpened { case: CaseId::new() }, OfficeReply::Paged],
            OfficeRequest::UpdateCase(_) => vec![OfficeReply::CaseUpdated],
            OfficeRequest::FindPatient(_)
            | OfficeRequest::RegisterPatient(_)
            | OfficeRequest::FindSlots(_)
            | OfficeRequest::FindAppointments(_)
            | OfficeRequest::Book(_)
            | OfficeRequest::Move { .. }
            | OfficeRequest::Cancel(_)
            | OfficeRequest::JoinWaitingList(_) => vec![self.book.reply(request)],
        };
        let opens = matches!(request, OfficeRequest::OpenCase(_));
        let replies: Vec<(u64, OfficeReply)> = match manner {
            Manner::Dead => Vec::new(),
            Manner::Unavailable => vec![(300, OfficeReply::Unavailable)],
            Manner::NotPaged if opens => {
                vec![(100, OfficeReply::CaseOpened { case: CaseId::new() }), (800, OfficeReply::NotPaged)]
            }
            Manner::DeskFirst if opens => vec![
                (100, OfficeReply::CaseOpened { case: CaseId::new() }),
                (900, OfficeReply::DeskPaged),
                (60_000, OfficeReply::Paged),
                (90_000, OfficeReply::NobodyAnswers),
            ],
            Manner::Muddled => good
                .iter()
                .rev()
                .chain(&good)
                .cloned()
                .zip([20_000, 21_000, 500, 22_000])
                .map(|(r, ms)| (ms, r))
                .collect(),
            Manner::Well if opens => {
                let acknowledged = OfficeReply::Acknowledged { by: "Doctor Lee".to_owned() };
                good.into_iter().zip([100, 900]).map(|(r, ms)| (ms, r)).chain([(30_000, acknowledged)]).collect()
            }
            Manner::Well
            | Manner::PagedOnly
            | Manner::DeskFirst
            | Manner::NotPaged
            | Manner::LateWell
            | Manner::Connects => good.into_iter().zip([100, 900]).map(|(r, ms)| (ms, r)).collect(),
        };
        self.due.extend(
            replies.into_iter().map(|(ms, reply)| (now + Duration::from_millis(ms), Input::Office { id, reply })),
        );
    }

    pub(crate) fn transfer(&mut self, now: CallTime) {
        let accepted = TransferNews::Accepted { by: "Doctor Lee".to_owned() };
        let news = match self.manner {
            Manner::Connects => {
                vec![(400, TransferNews::Ringing), (9_000, accepted), (90_000, TransferNews::Ended)]
            }
            Manner::Muddled => vec![(300, TransferNews::Lost), (900, TransferNews::Ringing), (35_000, accepted)],
            Manner::LateWell => vec![(400, TransferNews::Ringing), (31_000, TransferNews::Unavailable)],
            Manner::DeskFirst => vec![(400, TransferNews::Ringing), (3_000, accepted), (6_000, TransferNews::Lost)],
            Manner::Dead | Manner::PagedOnly => return,
            Manner::Well | Manner::NotPaged | Manner::Unavailable => vec![(400, TransferNews::Unavailable)],
        };
        let due = |(ms, news)| (now + Duration::from_millis(ms), Input::Transfer(news));
        self.due.extend(news.into_iter().map(due));
    }
}

/// A request as a scenario writes it. Invented patients only: the words are shown.
pub(crate) fn short(request: &OfficeRequest) -> String {
    match request {
        OfficeRequest::SaveMessage(draft) => format!(
            "save message {} {} name={} callback={} complete={}{} text={}",
            draft.intent,
            draft.urgency,
            draft.name.as_ref().map_or("-", |name| name.expose().as_str()),
            draft.callback.as_ref().map_or("-", |number| number.expose().as_str()),
            draft.complete,
            draft.fields.iter().fold(String::new(), |all, (field, value)| format!("{all} {field}={}", value.expose())),
            draft.text.expose().replace('\n', " / "),
        ),
        OfficeRequest::OpenCase(draft) => format!(
            "open case {} flags={} callback={} heard={}",
            draft.urgency,
            listed(&draft.red_flags),
            draft.callback.as_ref().map_or("-", |number| number.expose().as_str()),
            draft.heard.expose().replace('\n', " / "),
        ),
        OfficeRequest::FindPatient(_)
        | OfficeRequest::RegisterPatient(_)
        | OfficeRequest::FindSlots(_)
        | OfficeRequest::FindAppointments(_)
        | OfficeRequest::Book(_)
        | OfficeRequest::Move { .. }
        | OfficeRequest::Cancel(_)
        | OfficeRequest::JoinWaitingList(_) => super::book::short(request),
        OfficeRequest::UpdateCase(update) => match update {
            CaseUpdate::Raised { urgency, red_flags } => format!("raised to {urgency} flags={}", listed(red_flags)),
            CaseUpdate::Heard(text) => format!("heard {}", text.expose()),
            CaseUpdate::Name(name) => format!("name {}", name.expose()),
            CaseUpdate::Callback(number) => format!("callback {}", number.expose().as_str()),
            CaseUpdate::CalledEmergencyNumber(called) => format!("called emergency number: {called}"),
            CaseUpdate::WhoIsThere(who) => format!("who is there: {}", who.expose()),
            CaseUpdate::StoppedAnswering => "stopped answering".to_owned(),
            CaseUpdate::HungUp => "hung up".to_owned(),
            CaseUpdate::CalledAgain(draft) => format!("called again: {}", draft.heard.expose()),
        },
    }
}

fn listed(flags: &[RedFlagId]) -> String {
    flags.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(",")
}
