use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id; ids made later sort later (UUID version 7).
            #[allow(clippy::new_without_default)] // a default that differs each time would surprise
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

uuid_id!(/** One telephone call. */ CallId);
uuid_id!(/** One message left for the practice. */ MessageId);
uuid_id!(/** One escalation: everything that is done until a clinician has reached the caller. */ CaseId);

/// A name as an id: a `String` of its own type. For the crates that name things of their own; they need `serde`.
#[macro_export]
macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.to_owned())
            }
        }
    };
}

uuid_id!(/** A patient's record. */ PatientId);
uuid_id!(/** An appointment in the practice's book. */ AppointmentId);
uuid_id!(/** An opening that the office has offered to a call. Only the office makes one. */ SlotId);
uuid_id!(/** Somebody's place on the waiting list. */ WaitingId);
name_id!(/** Somebody who sees patients, as the configuration names them. */ ProviderId);
name_id!(/** A kind of appointment, as the configuration names it. */ AppointmentTypeId);
name_id!(/** A practice, as its configuration names it. */ PracticeId);
name_id!(/** A fact that the practice lets FirstRing tell, as its configuration names it. */ FactId);

/// One line that FirstRing speaks; numbered within a call, later lines are greater.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LineId(pub u32);

/// One request to the office; numbered within a call. With the call's id it makes a request idempotent.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u32);
