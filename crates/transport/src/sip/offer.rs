//! What a request offers, and why it is refused.

use rsipstack::sip::{HasHeaders, Header, Request, StatusCode};

use super::abilities;
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
        }
    }
}

/// The description in a request; `None` if it has none.
pub(super) fn offer_of(request: &Request) -> Result<Option<Sdp>, Refusal> {
    if request.body.is_empty() {
        return Ok(None);
    }
    let is_sdp = request.headers().iter().any(|header| {
        matches!(header, Header::ContentType(kind) if kind.value().to_ascii_lowercase().contains("application/sdp"))
    });
    if !is_sdp {
        return Err(Refusal(StatusCode::UnsupportedMediaType, vec![abilities::accept()]));
    }
    let text = std::str::from_utf8(&request.body).map_err(|_| StatusCode::BadRequest)?;
    Ok(Some(Sdp::parse(text)?))
}

pub(super) fn sdp_header() -> Header {
    Header::ContentType("application/sdp".into())
}
