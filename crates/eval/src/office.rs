use std::str::FromStr;

use domain::{CaseDraft, CaseId, OfficeReply, OfficeRequest};

/// How the office of a scenario behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OfficeManner {
    /// Keeps everything, pages are accepted, nobody acknowledges within the call.
    #[default]
    Works,
    /// Keeps everything, and no channel takes a page.
    NoPages,
    /// Its database does not answer.
    Dead,
}

impl FromStr for OfficeManner {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "works" => Ok(Self::Works),
            "no pages" => Ok(Self::NoPages),
            "dead" => Ok(Self::Dead),
            _ => Err(format!("the office is \"works\", \"no pages\" or \"dead\", not {word:?}")),
        }
    }
}

/// Nobody acknowledges, so an earlier call's case goes on.
fn opened(draft: &CaseDraft) -> OfficeReply {
    OfficeReply::CaseOpened { case: draft.continues.unwrap_or_else(CaseId::new) }
}

impl OfficeManner {
    /// What the scenario says of this request; `None`: the office itself answers.
    pub(crate) fn replies(self, request: &OfficeRequest) -> Option<Vec<OfficeReply>> {
        match (self, request) {
            (Self::Dead, _) => Some(vec![OfficeReply::Unavailable]),
            (Self::Works, OfficeRequest::OpenCase(draft)) => Some(vec![opened(draft), OfficeReply::Paged]),
            (Self::NoPages, OfficeRequest::OpenCase(draft)) => Some(vec![opened(draft), OfficeReply::NotPaged]),
            (Self::Works | Self::NoPages, OfficeRequest::UpdateCase(_)) => Some(vec![OfficeReply::CaseUpdated]),
            (
                Self::Works | Self::NoPages,
                OfficeRequest::SaveMessage(_)
                | OfficeRequest::FindPatient(_)
                | OfficeRequest::RegisterPatient(_)
                | OfficeRequest::FindSlots(_)
                | OfficeRequest::FindAppointments(_)
                | OfficeRequest::Book(_)
                | OfficeRequest::Move { .. }
                | OfficeRequest::Cancel(_)
                | OfficeRequest::JoinWaitingList(_),
            ) => None,
        }
    }
}
