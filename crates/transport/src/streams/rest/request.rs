use domain::Phi;
use reqwest::{Method, Url};
use serde_json::Value;

use crate::streams::instructions::{ENDED, FETCHED};

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

/// A provider's id of a call that may stand in an address: letters, digits and `-`, `_`, `:`, `=`. Whoever streams a call chooses its id; one
/// with a slash, a dot or a percent sign would lead elsewhere at the provider, and an empty one ends every call of an account at Plivo.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RemoteCall(String);

impl RemoteCall {
    const LEN_MAX: usize = 256;

    /// `None` if it is not an id of a call.
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

    /// Where it is told that the call is over whose instructions have this id.
    pub(super) fn ended(&self, id: &str) -> String {
        self.below(ENDED, id)
    }

    /// The same server by HTTP: `https://` for `wss://`.
    fn below(&self, what: &str, id: &str) -> String {
        format!("{}/{what}/{id}", self.url.replacen("ws", "http", 1))
    }
}
