//! The same INVITE by two ways (RFC 3261 8.2.2.2): the first is answered.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rsipstack::sip::{HeadersExt, Request};

/// INVITEs that are dealt with now: as many as there are calls.
#[derive(Clone, Debug, Default)]
pub(in crate::sip) struct Underway(Arc<Mutex<HashSet<Key>>>);

/// Call-ID, tag of the caller, number: the same in all copies of an INVITE.
type Key = (String, String, u32);

/// One of them, for as long as this lives.
#[derive(Debug)]
pub(in crate::sip) struct Entered {
    underway: Underway,
    key: Key,
}

impl Underway {
    /// `Err` if it is another copy. `Ok(None)` if it cannot be told: whoever writes so is answered with 400 elsewhere.
    pub(in crate::sip) fn enter(&self, invite: &Request) -> Result<Option<Entered>, ()> {
        let Some(key) = key(invite) else { return Ok(None) };
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        if is_new { Ok(Some(Entered { underway: self.clone(), key })) } else { Err(()) }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.underway.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

fn key(invite: &Request) -> Option<Key> {
    let call = invite.call_id_header().ok()?.value().to_owned();
    let tag = invite.from_header().ok()?.tag().ok()??.value().to_owned();
    Some((call, tag, invite.cseq_header().ok()?.seq().ok()?))
}
