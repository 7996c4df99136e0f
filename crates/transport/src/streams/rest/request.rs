use domain::{Phi, PhoneNumber};
use reqwest::{Method, Url};
use serde_json::Value;

use crate::streams::instructions::{FETCHED, TOLD};

/// What a provider is asked, as a value: nothing is sent here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` or `DELETE`.
    pub method: Method,
    /// Below the configured address of the interface, and nowhere else.
    pub url: Url,
    /// What goes with it.
    pub body: Body,
    /// As whom.
    pub authorization: Authorization,
}

/// What goes with a request. Telephone numbers are in it, and the token of our WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    None,
    /// `application/x-www-form-urlencoded`.
    Form(Phi<Vec<(&'static str, String)>>),
    /// `application/json`.
    Json(Phi<Value>),
}

/// As whom something is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Name and password.
    Basic(String, Phi<String>),
    /// A key.
    Bearer(Phi<String>),
}

/// A provider's id of a call, or of whose it is, that may stand in an address: letters, digits and `-`, `_`, `:`, `=`. Whoever streams a call chooses
/// it; one with a slash, a dot or a percent sign would lead elsewhere at the provider, and an empty one ends every call of an account at Plivo.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RemoteId(String);

impl RemoteId {
    const LEN_MAX: usize = 256;

    /// `None` if it is not an id.
    pub fn of(id: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:=".contains(&byte);
        ((1..=Self::LEN_MAX).contains(&id.len()) && id.bytes().all(is_plain)).then(|| Self(id.to_owned()))
    }

    /// As the provider wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How far a call is that we placed or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is about to ring, or rings.
    Rings,
    /// It was picked up.
    PickedUp,
    /// They are on the telephone.
    Busy,
    /// It is over, or was never picked up.
    Over,
}

/// Our WebSocket, as a provider is told of it.
#[derive(Clone, Debug)]
pub struct OurEnd {
    /// `wss://HOST/streams`.
    pub url: String,
    /// What opens it, where the provider's signature does not.
    pub token: Option<Phi<String>>,
}

impl OurEnd {
    /// Where the instructions stand that have this id.
    pub(super) fn fetched(&self, id: &str) -> String {
        self.below(FETCHED, id)
    }

    /// Where it is told how far the call is whose instructions have this id.
    pub(super) fn told(&self, id: &str) -> String {
        self.below(TOLD, id)
    }

    /// The same server by HTTP: `https://` for `wss://`.
    fn below(&self, what: &str, id: &str) -> String {
        format!("{}/{what}/{id}", self.url.replacen("ws", "http", 1))
    }
}

/// A call to be placed.
#[derive(Clone, Copy, Debug)]
pub struct Ring<'a> {
    /// Who is called.
    pub to: &'a PhoneNumber,
    /// As whom.
    pub from: &'a PhoneNumber,
    /// Where whoever picks up is streamed to.
    pub end: &'a OurEnd,
    /// By this their stream is known.
    pub ringing: &'a str,
    /// The id of what the provider fetches for it, if it does.
    pub at: &'a str,
    /// So long it rings.
    pub seconds: u64,
}

/// What a call is to do: whoever is on the line is streamed to us, after somebody else was called, if anybody is.
#[derive(Clone, Copy, Debug)]
pub struct Orders<'a> {
    /// Where they are streamed to.
    pub end: &'a OurEnd,
    /// With these: `token` comes of itself.
    pub parameters: &'a [(&'a str, &'a str)],
    /// Who is called first.
    pub callee: Option<Callee<'a>>,
    /// Their own id: where they are fetched, and where it is told what becomes of the callee.
    pub at: &'a str,
}

impl Orders<'_> {
    /// Where they are fetched.
    pub(super) fn url(&self) -> String {
        self.end.fetched(self.at)
    }
}

/// Somebody who is called for a caller.
#[derive(Clone, Copy, Debug)]
pub struct Callee<'a> {
    /// Who.
    pub to: &'a PhoneNumber,
    /// As whom, where the caller's own number is not shown.
    pub from: Option<&'a PhoneNumber>,
    /// So long it rings.
    pub seconds: u64,
}

/// A caller who is to be moved.
#[derive(Clone, Copy, Debug)]
pub struct Move<'a> {
    /// Their call.
    pub call: &'a RemoteId,
    /// Whose call it is at the provider, if their stream has told.
    pub owner: Option<&'a RemoteId>,
    /// What it is to do from now on.
    pub orders: Orders<'a>,
}
