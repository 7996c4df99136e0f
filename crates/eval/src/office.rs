use std::str::FromStr;

use domain::{CaseId, MessageId, OfficeReply, OfficeRequest};

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

impl OfficeManner {
    pub(crate) fn replies(self, request: &OfficeRequest) -> Vec<OfficeReply> {
        match (self, request) {
            (Self::Dead, _) => vec![OfficeReply::Unavailable],
            (_, OfficeRequest::SaveMessage(_)) => vec![OfficeReply::MessageSaved { message: MessageId::new() }],
            (_, OfficeRequest::UpdateCase(_)) => vec![OfficeReply::CaseUpdated],
            (Self::Works, OfficeRequest::OpenCase(_)) => {
                vec![OfficeReply::CaseOpened { case: CaseId::new() }, OfficeReply::Paged]
            }
            (Self::NoPages, OfficeRequest::OpenCase(_)) => {
                vec![OfficeReply::CaseOpened { case: CaseId::new() }, OfficeReply::NotPaged]
            }
        }
    }
}
