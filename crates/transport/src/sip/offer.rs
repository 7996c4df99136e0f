//! What a request offers, and why it is refused.

use rsipstack::sip::{Header, Headers, Request, StatusCode};

use super::abilities;
use super::multipart::{self, Unread, is_type};
use super::session_timer::{TooShort, min_se};
use crate::rtp::sdp::{Sdp, SdpError};

/// A call, or a change of one, that cannot be taken.
pub(super) struct Refusal(pub(super) StatusCode, pub(super) Vec<Header>);

impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Self {
        Self(status, Vec::new())
    }
}

impl From<TooShort> for Refusal {
    fn from(TooShort: TooShort) -> Self {
        Self(StatusCode::SessionIntervalTooSmall, vec![min_se()])
    }
}

impl From<SdpError> for Refusal {
    fn from(why: SdpError) -> Self {
        match why {
            SdpError::TooLong | SdpError::Syntax(_) => StatusCode::BadRequest.into(),
            SdpError::NothingInCommon | SdpError::NoCommonSecurity => StatusCode::NotAcceptableHere.into(),
            // RFC 3261 20.43: incompatible network address formats.
            SdpError::NamedHost => {
                let warning = "301 firstring \"write an address instead of a host's name in c=\"";
                Self(StatusCode::NotAcceptableHere, vec![Header::Warning(warning.into())])
            }
        }
    }
}

impl From<Unread> for Refusal {
    fn from(why: Unread) -> Self {
        match why {
            Unread::Malformed => StatusCode::BadRequest.into(),
            Unread::Unsupported => Self(StatusCode::UnsupportedMediaType, vec![abilities::accept()]),
        }
    }
}

/// The description in a request or an answer; `None` if it has none.
pub(super) fn description(headers: &Headers, body: &[u8]) -> Result<Option<Sdp>, Refusal> {
    if body.is_empty() {
        return Ok(None);
    }
    let kind = headers
        .iter()
        .find_map(|header| if let Header::ContentType(kind) = header { Some(kind.value()) } else { None });
    let kind = kind.unwrap_or_default();
    let description = if is_type(kind, "application/sdp") {
        body
    } else if is_type(kind, "multipart/mixed") {
        multipart::description(kind, body)?
    } else {
        return Err(Unread::Unsupported.into());
    };
    let text = std::str::from_utf8(description).map_err(|_| StatusCode::BadRequest)?;
    Ok(Some(Sdp::parse(text)?))
}

/// What a request offers, or an ACK answers.
pub(super) fn offer_of(request: &Request) -> Result<Option<Sdp>, Refusal> {
    description(&request.headers, &request.body)
}

pub(super) fn sdp_header() -> Header {
    Header::ContentType("application/sdp".into())
}
