use std::net::IpAddr;

use domain::{Phi, PhoneNumber};
use reqwest::{Method, Url};

use super::interface::Interface;
use super::request::{Authorization, Body, OurEnd, Progress, RemoteCall, Request};
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
    pub fn hang_up(&self, call: &RemoteCall) -> Request {
        match self.interface {
            Interface::Twilio | Interface::SignalWire => twilio::hang_up(self, call),
            Interface::Telnyx => telnyx::hang_up(self, call),
            Interface::Plivo => plivo::hang_up(self, call),
        }
    }

    /// Ends a call that nobody has picked up yet; `None` where the same ends it as any other.
    pub fn cancel(&self, call: &RemoteCall) -> Option<Request> {
        match self.interface {
            Interface::SignalWire => Some(signalwire::cancel(self, call)),
            Interface::Twilio | Interface::Telnyx | Interface::Plivo => None,
        }
    }

    /// What the provider is to fetch for a call that is placed, or moved to somebody who is called for so many seconds: whoever is on the line is
    /// streamed to us with `parameters`. `None` for one that takes it within the request, or cannot do it.
    pub fn instructions(
        &self,
        end: &OurEnd,
        to: Option<(&PhoneNumber, u64)>,
        parameters: &[(&str, &str)],
    ) -> Option<Phi<String>> {
        match self.interface {
            Interface::SignalWire => Some(Phi::new(twilio::instructions(end, to, parameters))),
            Interface::Plivo if to.is_none() => Some(Phi::new(plivo::instructions(end, parameters))),
            Interface::Plivo | Interface::Twilio | Interface::Telnyx => None,
        }
    }

    /// Calls somebody, for so many seconds; when they pick up they are streamed to us with the id `ringing`. `at` is the id of what the provider
    /// fetches for that, if it does.
    pub fn ring(
        &self,
        to: &PhoneNumber,
        from: &PhoneNumber,
        end: &OurEnd,
        ringing: &str,
        at: &str,
        seconds: u64,
    ) -> Request {
        match self.interface {
            Interface::Twilio => twilio::ring(self, to, from, end, ringing, seconds),
            Interface::SignalWire => signalwire::ring(self, to, from, end, at, seconds),
            Interface::Telnyx => telnyx::ring(self, to, from, end, ringing, seconds),
            Interface::Plivo => plivo::ring(self, to, from, end, at, seconds),
        }
    }

    /// Asks how far a call is that we placed; `None` for a provider that tells by itself when it is over.
    pub fn look(&self, call: &RemoteCall) -> Option<Request> {
        match self.interface {
            Interface::Twilio | Interface::SignalWire => Some(twilio::look(self, call)),
            Interface::Telnyx => Some(telnyx::look(self, call)),
            Interface::Plivo => None,
        }
    }

    /// Has somebody else called for a call, for so many seconds. That ends its stream; when it comes to nothing, or they hang up first, the caller
    /// is streamed to us again with `parameters`. `at` is the id of what the provider fetches for that, if it does. `None` where that is not possible.
    pub fn hand_over(
        &self,
        call: &RemoteCall,
        to: &PhoneNumber,
        end: &OurEnd,
        parameters: &[(&str, &str)],
        at: &str,
        seconds: u64,
    ) -> Option<Request> {
        match self.interface {
            Interface::Twilio => Some(twilio::hand_over(self, call, to, end, parameters, seconds)),
            Interface::SignalWire => Some(signalwire::hand_over(self, call, end, at)),
            Interface::Telnyx | Interface::Plivo => None,
        }
    }

    /// Asks for the calls that a call was handed over by.
    pub fn children(&self, call: &RemoteCall) -> Option<Request> {
        match self.interface {
            Interface::Twilio | Interface::SignalWire => Some(twilio::children(self, call)),
            Interface::Telnyx | Interface::Plivo => None,
        }
    }

    /// Which call was placed.
    pub fn read_call(&self, body: &[u8]) -> Option<RemoteCall> {
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
    pub fn read_children(&self, of: &RemoteCall, body: &[u8]) -> Option<bool> {
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
