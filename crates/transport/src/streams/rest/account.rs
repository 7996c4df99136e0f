use std::net::IpAddr;

use domain::Phi;
use reqwest::{Method, Url};

use super::interface::Interface;
use super::request::{Authorization, Body, Move, Orders, Progress, RemoteId, Request, Ring};
use super::{plivo, signalwire, telnyx, twilio};

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
    pub fn hang_up(&self, call: &RemoteId) -> Request {
        match self.interface {
            Interface::Twilio | Interface::SignalWire => twilio::hang_up(self, call),
            Interface::Telnyx => telnyx::hang_up(self, call),
            Interface::Plivo => plivo::hang_up(self, call),
        }
    }

    /// Ends a call that nobody has picked up yet; `None` where the same ends it as any other.
    pub fn cancel(&self, call: &RemoteId) -> Option<Request> {
        match self.interface {
            Interface::SignalWire => Some(signalwire::cancel(self, call)),
            Interface::Twilio | Interface::Telnyx | Interface::Plivo => None,
        }
    }

    /// What a call is to do, as this provider reads it.
    pub fn instructions(&self, orders: &Orders<'_>) -> Phi<String> {
        Phi::new(match self.interface {
            Interface::Twilio | Interface::SignalWire => twilio::instructions(orders),
            Interface::Telnyx => telnyx::instructions(orders),
            Interface::Plivo => plivo::instructions(orders),
        })
    }

    /// Calls somebody.
    pub fn ring(&self, ring: &Ring<'_>) -> Request {
        match self.interface {
            Interface::Twilio => twilio::ring(self, ring),
            Interface::SignalWire => signalwire::ring(self, ring),
            Interface::Telnyx => telnyx::ring(self, ring),
            Interface::Plivo => plivo::ring(self, ring),
        }
    }

    /// Asks how far a call is that we placed; `None` for a provider that tells by itself when it is over.
    pub fn look(&self, call: &RemoteId) -> Option<Request> {
        match self.interface {
            Interface::Twilio | Interface::SignalWire => Some(twilio::look(self, call)),
            Interface::Telnyx => Some(telnyx::look(self, call)),
            Interface::Plivo => None,
        }
    }

    /// Has somebody else called for a caller. That ends their stream; when it comes to nothing, or whoever was called hangs up first, the caller is
    /// streamed to us again. `None` where the provider does not know the call by what is known of it.
    pub fn hand_over(&self, moved: &Move<'_>) -> Option<Request> {
        match self.interface {
            Interface::Twilio => Some(twilio::hand_over(self, moved)),
            Interface::SignalWire => Some(signalwire::hand_over(self, moved)),
            Interface::Telnyx => telnyx::hand_over(self, moved),
            Interface::Plivo => Some(plivo::hand_over(self, moved)),
        }
    }

    /// Asks for the calls that a call was handed over by; `None` for a provider that tells how they go.
    pub fn children(&self, call: &RemoteId) -> Option<Request> {
        match self.interface {
            Interface::Twilio | Interface::SignalWire => Some(twilio::children(self, call)),
            Interface::Telnyx | Interface::Plivo => None,
        }
    }

    /// Which call was placed.
    pub fn read_call(&self, body: &[u8]) -> Option<RemoteId> {
        match self.interface {
            Interface::Twilio | Interface::SignalWire => twilio::read_call(body),
            Interface::Telnyx => telnyx::read_call(body),
            Interface::Plivo => plivo::read_call(body),
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

    /// Whether one of the calls that this one was handed over by goes on.
    pub fn read_children(&self, of: &RemoteId, body: &[u8]) -> Option<bool> {
        match self.interface {
            Interface::Twilio | Interface::SignalWire => twilio::read_children(of, body),
            Interface::Telnyx | Interface::Plivo => None,
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
