//! What the conversation is about, and what each subject wants next. A plan is asked for its [`Next`] whenever the floor
//! is free; it keeps no queue of lines, so that nothing stale is ever said.

use std::time::Duration;

use domain::{CallTime, Intent};

use crate::Prompt;
use crate::contact::Contact;
use crate::question::Question;
use crate::silence::Waiting;

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
    /// A person was asked for and is being sought.
    Connecting {
        /// Since when.
        since: CallTime,
    },
    /// An urgent case.
    Urgent(Urgent),
    /// An emergency.
    Emergency(Emergency),
    /// The caller cannot be heard; the page and the keys are all there is.
    Unheard,
    /// The caller cannot be spoken to.
    Unspoken {
        /// Since when somebody is sought to take over.
        since: CallTime,
    },
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
    Wait(Waiting),
    Close(Prompt),
}

/// A message.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) intent: Intent,
    text: Text,
}

/// How far the text of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    /// Nothing yet.
    Wanted,
    /// The wish is known; the caller is told that it will be passed on, and asked for details.
    Begun,
    /// There is some; perhaps there is more.
    Some,
    /// That is all.
    Whole,
}

impl Message {
    /// A message about a wish that was told. `told`: the caller has said what the message is, not only that there is one.
    pub(crate) fn about(intent: Intent, told: bool) -> Self {
        let text = match intent {
            Intent::LeaveMessage | Intent::SpeakToPerson | Intent::OfficeInfo if told => Text::Some,
            Intent::LeaveMessage | Intent::SpeakToPerson | Intent::OfficeInfo => Text::Wanted,
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
            | Intent::PharmacyCall
            | Intent::VendorSales
            | Intent::WrongNumber
            | Intent::Other => Text::Begun,
        };
        Self { intent, text }
    }

    /// A later utterance told more clearly what the message is about.
    pub(crate) fn learn(&mut self, intent: Intent) {
        if matches!(self.intent, Intent::Other | Intent::LeaveMessage) && intent != Intent::Other {
            self.intent = intent;
        }
    }

    /// An answer to one of the questions about the text. `only_no`: "no, that's all", or silence.
    pub(crate) fn answer_text(&mut self, only_no: bool) {
        self.text = match (self.text, only_no) {
            (Text::Begun | Text::Some | Text::Whole, true) => Text::Whole,
            (Text::Wanted, true) => Text::Wanted,
            (Text::Wanted | Text::Begun | Text::Some | Text::Whole, false) => Text::Some,
        };
    }

    /// Whether the caller has said what the message is.
    pub(crate) fn has_text(&self) -> bool {
        match self.text {
            Text::Wanted => false,
            Text::Begun | Text::Some | Text::Whole => true,
        }
    }

    pub(crate) fn next(&self, contact: &Contact) -> Next {
        match self.text {
            Text::Wanted => Next::Ask(Question::Message),
            Text::Begun => Next::Ask(Question::PassOn(self.intent)),
            Text::Some => Next::Ask(Question::MoreMessage),
            Text::Whole => contact.name_question().or_else(|| contact.number_question()).map_or(Next::Save, Next::Ask),
        }
    }
}

/// An urgent case: the page is under way; name and number are asked for, and the caller learns what became of the page.
#[derive(Debug)]
pub(crate) struct Urgent {
    connect: Step,
    contact: Step,
    more: Step,
}

/// Something that is done at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Due,
    Done,
}

impl Urgent {
    pub(crate) fn new(connects: bool) -> Self {
        Self { connect: if connects { Step::Due } else { Step::Done }, contact: Step::Due, more: Step::Due }
    }

    /// The caller takes leave: nothing more is asked.
    pub(crate) fn leave(&mut self) {
        (self.contact, self.more) = (Step::Done, Step::Done);
    }

    /// The last question was answered.
    pub(crate) fn answer_more(&mut self) {
        self.more = Step::Done;
    }

    pub(crate) fn next(&mut self, contact: &Contact, page_news_awaited: bool) -> Next {
        let question = contact.number_question().or_else(|| contact.name_question());
        match (question, self.contact, self.more) {
            _ if self.connect == Step::Due && !page_news_awaited => {
                self.connect = Step::Done;
                Next::Connect
            }
            (Some(question), Step::Due, _) => Next::Ask(question),
            _ if page_news_awaited => Next::Wait(Waiting::ForOffice),
            (_, _, Step::Due) => Next::Ask(Question::MoreForDoctor),
            (_, _, Step::Done) => Next::Close(Prompt::Goodbye),
        }
    }
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
