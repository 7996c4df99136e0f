//! What the conversation is about, and what each subject wants next. A plan is asked for its [`Next`] whenever the floor
//! is free; it keeps no queue of lines, so that nothing stale is ever said.

mod message;
mod urgent;

use std::time::Duration;

use domain::{CallTime, Intent, OfficeRequest};

use crate::Prompt;
use crate::contact::Contact;
use crate::question::Question;
use crate::silence::Waiting;
use crate::unspoken::Unspoken;
use crate::visit::{Change, Visit};
pub(crate) use message::Message;
pub(crate) use urgent::{Caller, Urgent};

/// How often each fact is asked for in an emergency; then it is left alone.
const EMERGENCY_ASKS_MAX: u8 = 2;
/// The number is asked for and read back, so it has more turns.
const EMERGENCY_NUMBER_ASKS_MAX: u8 = 4;
/// A caller who says something unasked is told "I am here" at most this often; silence has its own clock.
const CHECK_IN_EVERY: Duration = Duration::from_secs(10);

/// What the conversation is about.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Not picked up yet.
    Ringing,
    /// "How can I help?", "Anything else?"
    Open(Question),
    /// A message is offered, and why.
    Offer(Question),
    /// A message is taken.
    Message(Message),
    /// An appointment is booked, moved, cancelled or told of.
    Visit(Box<Visit>),
    /// A person was asked for and is being sought.
    Connecting,
    /// The caller is on the line with a person. We hear nothing of it.
    Together {
        /// Since when.
        since: CallTime,
        /// What the conversation was about: it goes on if they are lost to each other.
        before: Box<Plan>,
    },
    /// An urgent case.
    Urgent(Urgent),
    /// An emergency.
    Emergency(Emergency),
    /// The caller cannot be heard; the page and the keys are all there is.
    Unheard,
    /// The caller cannot be spoken to, but perhaps by one line that lies on disk.
    Unspoken(Unspoken),
    /// A last line, then the end.
    Closing {
        /// The line.
        prompt: Prompt,
        /// Since when.
        since: CallTime,
    },
    /// The call is over; the office may still be busy with it.
    Ended {
        /// Since when.
        since: CallTime,
    },
}

/// What is to be done next.
#[derive(Debug)]
pub(crate) enum Next {
    Ask(Question),
    /// "I am still here."
    CheckIn,
    /// Put the caller through to a person.
    Connect,
    /// Save the message.
    Save,
    /// Ask the office, and wait for its answer.
    Request(OfficeRequest),
    /// Have the office do what the caller has agreed to, and tell of it when it is done.
    Change(Box<Change>),
    /// Nothing is left to do, but perhaps a last word to say.
    Done(Option<Prompt>),
    /// It cannot be done here, and why: a message is taken.
    HandOver(Prompt),
    /// Turn to the next wish.
    TakeUp,
    Wait(Waiting),
    Close(Prompt),
}

/// What a wish leads to where nothing is urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// To a person.
    Person,
    /// To an answer of the practice's.
    Fact,
    /// To a message, of which nothing is known yet.
    Message,
    /// To a message whose matter is known.
    Matter,
    /// To a good-bye: nothing is bought here.
    Vendor,
    /// To a good-bye.
    WrongNumber,
    /// To a question, or a message.
    Unknown,
}

impl Errand {
    pub(crate) fn of(intent: Intent) -> Self {
        match intent {
            Intent::SpeakToPerson => Self::Person,
            Intent::OfficeInfo => Self::Fact,
            Intent::LeaveMessage => Self::Message,
            Intent::Symptom
            | Intent::BookAppointment
            | Intent::RescheduleAppointment
            | Intent::CancelAppointment
            | Intent::ConfirmAppointment
            | Intent::PrescriptionRefill
            | Intent::TestResults
            | Intent::Billing
            | Intent::Insurance
            | Intent::RecordsRequest
            | Intent::Referral
            | Intent::ClinicianCall
            | Intent::PharmacyCall => Self::Matter,
            Intent::VendorSales => Self::Vendor,
            Intent::WrongNumber => Self::WrongNumber,
            Intent::Other => Self::Unknown,
        }
    }
}

/// Something that is done at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Due,
    Done,
}

/// An emergency: FirstRing stays as long as the caller does, learns three facts, and says now and then that it is there.
#[derive(Debug)]
pub(crate) struct Emergency {
    number_asks: u8,
    called_asks: u8,
    who_asks: u8,
    /// "I am here": once after the facts, and for whatever the caller says unasked.
    answer: Step,
    last_check_in: CallTime,
}

impl Emergency {
    pub(crate) fn new() -> Self {
        Self { number_asks: 0, called_asks: 0, who_asks: 0, answer: Step::Due, last_check_in: CallTime::ZERO }
    }

    /// An emergency in which nothing is asked: the caller cannot be heard.
    pub(crate) fn unheard() -> Self {
        Self {
            number_asks: EMERGENCY_NUMBER_ASKS_MAX,
            called_asks: EMERGENCY_ASKS_MAX,
            who_asks: EMERGENCY_ASKS_MAX,
            ..Self::new()
        }
    }

    /// "Have you called?" is answered; an unclear answer is not asked about again: the clinician has the words.
    pub(crate) fn answer_called(&mut self) {
        self.called_asks = EMERGENCY_ASKS_MAX;
    }

    /// "Who is with you?" is answered.
    pub(crate) fn answer_who(&mut self) {
        self.who_asks = EMERGENCY_ASKS_MAX;
    }

    /// The caller said something that was not asked for.
    pub(crate) fn hear(&mut self) {
        self.answer = Step::Due;
    }

    /// "I am here" is being said for another reason.
    pub(crate) fn checked_in(&mut self, now: CallTime) {
        (self.answer, self.last_check_in) = (Step::Done, now);
    }

    /// Danger to oneself: company first, then the number. Else the number first, for the line may break.
    pub(crate) fn next(&mut self, contact: &Contact, self_harm: bool, now: CallTime) -> Next {
        let number = || contact.number_question();
        if self_harm && take_turn(&mut self.who_asks, EMERGENCY_ASKS_MAX) {
            return Next::Ask(Question::WhoIsThere);
        }
        if let Some(question) = number()
            && take_turn(&mut self.number_asks, EMERGENCY_NUMBER_ASKS_MAX)
        {
            return Next::Ask(question);
        }
        if take_turn(&mut self.called_asks, EMERGENCY_ASKS_MAX) {
            return Next::Ask(Question::CalledEmergencyNumber);
        }
        if take_turn(&mut self.who_asks, EMERGENCY_ASKS_MAX) {
            return Next::Ask(Question::WhoIsThere);
        }
        let early = now < self.last_check_in + CHECK_IN_EVERY;
        match std::mem::replace(&mut self.answer, Step::Done) {
            Step::Due if !early => {
                self.last_check_in = now;
                Next::CheckIn
            }
            Step::Due | Step::Done => Next::Wait(Waiting::InEmergency),
        }
    }
}

fn take_turn(asks: &mut u8, max: u8) -> bool {
    let free = *asks < max;
    *asks += u8::from(free);
    free
}
