use std::net::IpAddr;

use domain::{Phi, PhoneNumber};
use reqwest::{Method, Url};

use super::request::{Authorization, Body, OurEnd, Progress, RemoteCall, Request};
use super::{plivo, telnyx, twilio};
use crate::streams::Provider;

/// Whose interface it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// Twilio's: ends, places and moves calls.
    Twilio,
    /// SignalWire's, which is Twilio's without instructions in requests: ends calls.
    SignalWire,
    /// Telnyx's call commands: ends and places calls.
    Telnyx,
    /// Plivo's: ends calls.
    Plivo,
}

impl Interface {
    /// Whose messages the calls are streamed in that it knows.
    pub fn provider(self) -> Provider {
        match self {
            Self::Twilio | Self::SignalWire => Provider::Twilio,
            Self::Telnyx => Provider::Telnyx,
            Self::Plivo => Provider::Plivo,
        }
    }

    /// Where it is, if not at an address of the practice's own.
    pub fn usual_address(self) -> Option<&'static str> {
        match self {
            Self::Twilio => Some("https://api.twilio.com"),
            Self::SignalWire => None,
            Self::Telnyx => Some("https://api.telnyx.com/v2"),
            Self::Plivo => Some("https://api.plivo.com/v1"),
        }
    }

    /// Whether it places calls that are streamed to us.
    pub fn rings(self) -> bool {
        matches!(self, Self::Twilio | Self::Telnyx)
    }

    /// Whether it puts callers through instead of us, and brings back those whom nobody answers.
    pub fn moves(self) -> bool {
        matches!(self, Self::Twilio)
    }
}

/// An account at a provider: writes what is asked, reads what is answered. Pure.
#[derive(Clone, Debug)]
pub struct Account {
    interface: Interface,
    base: Url,
    id: String,
    secret: Phi<String>,
}

/// Why an account cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAccount {
    /// The address is not one.
    #[error("the address of the interface is not a URL without query; write one such as \"https://api.twilio.com\"")]
    NotAnAddress,
    /// What is sent could be read on the way.
    #[error("the address of the interface must begin with https://; http:// only to this machine")]
    NotEncrypted,
    /// The account's id could not stand in an address.
    #[error("the account is not an id of letters, digits and hyphens")]
    NotAnId,
    /// There is no secret, or one that cannot stand in a header.
    #[error("the secret is empty, or holds what no secret of a provider does")]
    NoSecret,
}

impl Account {
    /// `base` is what addresses of the interface begin with, `id` the account's (Twilio's `AccountSid`, SignalWire's project, Plivo's Auth ID; at
    /// Telnyx the connection that places calls), `secret` its
    /// token or key.
    ///
    /// # Errors
    /// One of the three cannot be used.
    pub fn check(interface: Interface, base: &str, id: &str, secret: Phi<String>) -> Result<Self, BadAccount> {
        let base: Url = base.trim_end_matches('/').parse().map_err(|_| BadAccount::NotAnAddress)?;
        let is_plain = base.query().is_none() && base.fragment().is_none() && base.username().is_empty();
        if !is_plain || base.host_str().is_none() {
            return Err(BadAccount::NotAnAddress);
        }
        if base.scheme() != "https" && !(base.scheme() == "http" && is_here(&base)) {
            return Err(BadAccount::NotEncrypted);
        }
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(BadAccount::NotAnId);
        }
        if secret.expose().is_empty() || !secret.expose().bytes().all(|b| b.is_ascii_graphic()) {
            return Err(BadAccount::NoSecret);
        }
        Ok(Self { interface, base, id: id.to_owned(), secret })
    }

    /// Whose it is.
    pub fn interface(&self) -> Interface {
        self.interface
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Ends a call.
    pub fn hang_up(&self, call: &RemoteCall) -> Request {
        match self.interface {
            Interface::Twilio | Interface::SignalWire => twilio::hang_up(self, call),
            Interface::Telnyx => telnyx::hang_up(self, call),
            Interface::Plivo => plivo::hang_up(self, call),
        }
    }

    /// Calls somebody, for so many seconds; when they pick up they are streamed to us with this id. `None` where that is not possible.
    pub fn ring(
        &self,
        to: &PhoneNumber,
        from: &PhoneNumber,
        end: &OurEnd,
        ringing: &str,
        seconds: u64,
    ) -> Option<Request> {
        match self.interface {
            Interface::Twilio => Some(twilio::ring(self, to, from, end, ringing, seconds)),
            Interface::Telnyx => Some(telnyx::ring(self, to, from, end, ringing, seconds)),
            Interface::SignalWire | Interface::Plivo => None,
        }
    }

    /// Asks how far a call is that we placed.
    pub fn look(&self, call: &RemoteCall) -> Option<Request> {
        match self.interface {
            Interface::Twilio => Some(twilio::look(self, call)),
            Interface::Telnyx => Some(telnyx::look(self, call)),
            Interface::SignalWire | Interface::Plivo => None,
        }
    }

    /// Has somebody else called for a call, for so many seconds. That ends its stream; when it comes to nothing, or they hang up first, the caller
    /// is streamed to us again with `parameters`. `None` where that is not possible.
    pub fn hand_over(
        &self,
        call: &RemoteCall,
        to: &PhoneNumber,
        end: &OurEnd,
        parameters: &[(&str, &str)],
        seconds: u64,
    ) -> Option<Request> {
        match self.interface {
            Interface::Twilio => Some(twilio::hand_over(self, call, to, end, parameters, seconds)),
            Interface::SignalWire | Interface::Telnyx | Interface::Plivo => None,
        }
    }

    /// Asks for the calls that a call was handed over by.
    pub fn children(&self, call: &RemoteCall) -> Option<Request> {
        match self.interface {
            Interface::Twilio => Some(twilio::children(self, call)),
            Interface::SignalWire | Interface::Telnyx | Interface::Plivo => None,
        }
    }

    /// Which call was placed.
    pub fn read_call(&self, body: &[u8]) -> Option<RemoteCall> {
        match self.interface {
            Interface::Twilio | Interface::SignalWire => twilio::read_call(body),
            Interface::Telnyx => telnyx::read_call(body),
            Interface::Plivo => None,
        }
    }

    /// How far it is.
    pub fn read_progress(&self, body: &[u8]) -> Option<Progress> {
        match self.interface {
            Interface::Twilio | Interface::SignalWire => twilio::read_progress(body),
            Interface::Telnyx => telnyx::read_progress(body),
            Interface::Plivo => None,
        }
    }

    /// Whether one of the calls that a call was handed over by goes on.
    pub fn read_children(&self, body: &[u8]) -> Option<bool> {
        match self.interface {
            Interface::Twilio => twilio::read_children(body),
            Interface::SignalWire | Interface::Telnyx | Interface::Plivo => None,
        }
    }

    pub(super) fn basic(&self, method: Method, path: &str, body: Body) -> Request {
        let authorization = Authorization::Basic(self.id.clone(), self.secret.clone());
        Request { method, url: self.below(path), body, authorization }
    }

    pub(super) fn bearer(&self, method: Method, path: &str, body: Body) -> Request {
        Request { method, url: self.below(path), body, authorization: Authorization::Bearer(self.secret.clone()) }
    }

    fn below(&self, path: &str) -> Url {
        let url = format!("{}/{path}", self.base.as_str().trim_end_matches('/'));
        url.parse().expect("the base is an address, and paths are made of ids that were checked")
    }
}

fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
