//! What a call left undone that broke off, and how the same caller's next call takes it up.
//!
//! A caller id may be shared or forged. So the next call asks whether to go on and tells nothing of the earlier one before
//! the patient is identified anew; and who then names another patient than the earlier call did begins afresh
//! ([`Whose::is_another`]). The earlier name and date of birth serve that comparison only: they are never spoken.

use domain::{CallerKind, CaseId, MessageId, Phi, RequestField, Urgency};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::agenda::Wish;

/// What a call left undone: for the next call of the same caller, which is told of it by [`crate::Input::BrokeOff`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unfinished {
    /// The one that was being seen to.
    pub(crate) wish: Option<Wish>,
    /// What was told of it, where it is a request with questions of its own.
    pub(crate) answers: Option<Answers>,
    /// Those that waited.
    pub(crate) waiting: Vec<Wish>,
    /// The message that the office has of it.
    pub(crate) message: Option<MessageId>,
    /// The case that was opened, as urgent as the office knows it.
    pub(crate) case: Option<(CaseId, Urgency)>,
    pub(crate) caller: CallerKind,
    pub(crate) whose: Whose,
}

/// Answers to what a request asks, in the caller's words; `None`: there was nothing in them.
pub(crate) type Answers = Vec<(RequestField, Option<Phi<String>>)>;

/// The patient, as far as the caller has said who it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Whose {
    pub(crate) name: Option<Phi<String>>,
    pub(crate) born: Option<Phi<Date>>,
}

/// What this call knows of an earlier one, and what it leaves undone itself.
#[derive(Debug, Default)]
pub(crate) struct Resume {
    /// Offered to the caller, who has not said yet whether to go on with it.
    pub(crate) offered: Option<Box<Unfinished>>,
    /// Whose errand is gone on with, and the wishes that wait behind it, until the patient is known.
    pub(crate) unproven: Option<(Whose, Vec<Wish>)>,
    /// The message that the next one goes on from.
    pub(crate) message: Option<MessageId>,
    /// The case that an urgent matter belongs to.
    pub(crate) case: Option<CaseId>,
    pub(crate) left: Option<Unfinished>,
}

impl Unfinished {
    /// Whether the caller would have to begin anew.
    pub(crate) fn is_worth_it(&self) -> bool {
        self.wish.is_some() || !self.waiting.is_empty() || self.case.is_some()
    }
}

impl Whose {
    /// Whether both are known, so that it can be told whose it is.
    pub(crate) fn is_whole(&self) -> bool {
        self.name.is_some() && self.born.is_some()
    }

    /// Whether another patient is meant. The date of birth decides; a name is heard too variously for that, unless there is
    /// nothing else.
    pub(crate) fn is_another(&self, now: &Self) -> bool {
        match (&self.born, &now.born) {
            (Some(before), Some(now)) => before != now,
            (None, _) | (_, None) => match (&self.name, &now.name) {
                (Some(before), Some(now)) => !before.expose().trim().eq_ignore_ascii_case(now.expose().trim()),
                (None, _) | (_, None) => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_patient_is_told_by_the_date_of_birth_or_else_by_the_name() {
        let whose = |name: &str, born: &str| Whose {
            name: (!name.is_empty()).then(|| Phi::from(name)),
            born: (!born.is_empty()).then(|| Phi::new(born.parse().unwrap())),
        };
        let (may, june) = ("1958-05-14", "1990-06-01");
        let table = [
            (("Maria Lopez", may), ("Maria Lopez", may), false),
            (("Maria Lopez", may), ("Mariah Lopes", may), false),
            (("Maria Lopez", may), ("Maria Lopez", june), true),
            (("Maria Lopez", ""), ("Ann Smith", june), true),
            (("Maria Lopez", may), ("maria lopez ", ""), false),
            (("", ""), ("Ann Smith", june), false),
            (("Maria Lopez", may), ("", ""), false),
        ];
        for ((name, born), (new_name, new_born), another) in table {
            let is_another = whose(name, born).is_another(&whose(new_name, new_born));
            assert_eq!(is_another, another, "{name} {born}, then {new_name} {new_born}");
        }
    }
}
