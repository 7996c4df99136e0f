//! An urgent case: the page is under way.

use super::{Next, Step};
use crate::Prompt;
use crate::contact::Contact;
use crate::prompt::RequestLine;
use crate::question::Question;
use crate::silence::Waiting;

/// Name and number are asked for, and the caller learns what became of the page.
#[derive(Debug)]
pub(crate) struct Urgent {
    caller: Caller,
    connect: Step,
    contact: Step,
    more: Step,
    /// The caller takes leave, and waits for nobody.
    leaves: bool,
}

/// Who has an urgent matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A patient, or somebody for a patient.
    Patient,
    /// A physician or hospital: they say which patient it is about.
    Clinician,
    /// Somebody whose language is not spoken here: nothing is asked, and they leave when they like.
    Foreign,
}

impl Urgent {
    pub(crate) fn new(caller: Caller, connects: bool) -> Self {
        let more = if caller == Caller::Foreign { Step::Done } else { Step::Due };
        Self { caller, connect: if connects { Step::Due } else { Step::Done }, contact: Step::Due, more, leaves: false }
    }

    pub(crate) fn is_for(&self, caller: Caller) -> bool {
        self.caller == caller
    }

    /// The caller takes leave: nothing more is asked.
    pub(crate) fn leave(&mut self) {
        (self.contact, self.more, self.leaves) = (Step::Done, Step::Done, true);
    }

    /// The last question was answered.
    pub(crate) fn answer_more(&mut self) {
        self.more = Step::Done;
    }

    /// `rings`: somebody's telephone rings, and the caller waits for them.
    pub(crate) fn next(&mut self, contact: &Contact, page_news_awaited: bool, rings: bool) -> Next {
        let question = match self.caller {
            Caller::Patient | Caller::Clinician => contact.number_question().or_else(|| contact.name_question()),
            Caller::Foreign => None,
        };
        match (question, self.contact, self.more) {
            _ if self.connect == Step::Due && !page_news_awaited => {
                self.connect = Step::Done;
                Next::Connect
            }
            // Who calls about a patient waits for the page first: the question would be cut in two by the news of it.
            _ if self.caller == Caller::Clinician && page_news_awaited => Next::Wait(Waiting::ForOffice),
            (Some(question), Step::Due, _) => Next::Ask(question),
            _ if page_news_awaited => Next::Wait(Waiting::ForOffice),
            _ if rings && !self.leaves => Next::Wait(Waiting::WhileRinging),
            (_, _, Step::Due) => Next::Ask(match self.caller {
                Caller::Clinician => Question::Request(RequestLine::AskAboutWhom),
                Caller::Patient | Caller::Foreign => Question::MoreForDoctor,
            }),
            (_, _, Step::Done) if self.caller == Caller::Foreign => Next::Wait(Waiting::ForCaller),
            (_, _, Step::Done) => Next::Close(Prompt::Goodbye),
        }
    }
}
