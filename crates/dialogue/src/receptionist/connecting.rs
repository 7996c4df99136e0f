//! A person on the line: they are rung while the conversation goes on, and the caller is with them when they have accepted.
//!
//! Nothing is told of it before it is so: that somebody is rung when they are, that they are there when they have accepted.

use std::time::Duration;

use domain::{CallTime, CaseUpdate, Intent, OfficeHours, Phi, Reading};

use super::Receptionist;
use super::speaking::Saying;
use crate::plan::{Message, Plan};
use crate::question::Question;
use crate::{About, Claim, Input, Outcome, Output, Prompt, TransferNews, TransferTo, Witness};

/// So long nothing may be heard of a search.
const TRANSFER_DUE: Duration = Duration::from_secs(25);
/// From one telephone that rings to the next, or to the end of the search: it rings 20 s, and who picked up has 20 s to press a key.
const RINGING_DUE: Duration = Duration::from_secs(60);
/// Who is gone again so soon has not spoken with the caller.
const SPOKEN_AFTER: Duration = Duration::from_secs(5);

/// A person who is sought for the caller.
#[derive(Debug, Default)]
pub(super) enum Sought {
    #[default]
    Nobody,
    /// Nothing was heard yet of the search.
    Asked { since: CallTime },
    /// Somebody's telephone rings.
    Ringing { since: CallTime },
    /// They have accepted, and the caller is to be told so.
    Accepted { by: String },
    /// The caller is being told.
    Announced,
}

impl Sought {
    pub(super) fn rings(&self) -> bool {
        matches!(self, Self::Ringing { .. })
    }

    /// When the search has failed, if nothing is heard of it until then.
    pub(super) fn due(&self) -> Option<CallTime> {
        match self {
            Self::Asked { since } => Some(*since + TRANSFER_DUE),
            Self::Ringing { since } => Some(*since + RINGING_DUE),
            Self::Nobody | Self::Accepted { .. } | Self::Announced => None,
        }
    }
}

impl Receptionist {
    /// Seeks a person: who is in the office, or else who is on call.
    pub(super) fn transfer(&mut self, now: CallTime) {
        let to = match self.office {
            OfficeHours::Open => TransferTo::Desk,
            OfficeHours::Closed => TransferTo::OnCall,
        };
        self.seek(to, now);
    }

    /// Seeks a person, unless one is being sought.
    pub(super) fn seek(&mut self, to: TransferTo, now: CallTime) {
        if !matches!(self.sought, Sought::Nobody) {
            return;
        }
        self.sought = Sought::Asked { since: now };
        self.outputs.push_back(Output::Transfer { to, about: Some(Box::new(self.about())) });
    }

    /// What whoever is rung is to be told, as far as it is known by now.
    pub fn about(&self) -> About {
        About {
            urgency: self.triage.urgency(),
            caller: self.contact.caller(),
            red_flags: self.triage.red_flags(),
            name: self.contact.name().cloned(),
        }
    }

    pub(super) fn hear_of_transfer(&mut self, news: TransferNews, now: CallTime) {
        let seeks = matches!(self.sought, Sought::Asked { .. } | Sought::Ringing { .. });
        match news {
            TransferNews::Ringing if seeks => {
                let rang = self.sought.rings();
                self.sought = Sought::Ringing { since: now };
                if !rang {
                    self.tell_of_ringing();
                }
            }
            TransferNews::HandedOver => {
                if !self.achieved.contains(&Outcome::Connected) {
                    self.achieved.push(Outcome::Connected);
                }
                self.hang_up(now);
            }
            TransferNews::Accepted { by } if seeks => self.sought = Sought::Accepted { by },
            TransferNews::Unavailable | TransferNews::Ended | TransferNews::Lost
                if !matches!(self.sought, Sought::Nobody) =>
            {
                self.not_connected(now);
            }
            TransferNews::Ended => self.other_is_gone(true, now),
            TransferNews::Lost => self.other_is_gone(false, now),
            // Of a search that was given up.
            TransferNews::Ringing | TransferNews::Accepted { .. } | TransferNews::Unavailable => {}
        }
    }

    /// In an emergency nobody is asked to wait, and who does not speak our language would not understand it.
    fn tell_of_ringing(&mut self) {
        match self.plan {
            Plan::Urgent(_) if self.foreign.is_none() => self.tell(Prompt::RingingDoctor),
            Plan::Connecting if self.foreign.is_none() => self.tell(Prompt::RingingPerson),
            Plan::Urgent(_)
            | Plan::Connecting
            | Plan::Ringing
            | Plan::Open(_)
            | Plan::Offer(_)
            | Plan::Message(_)
            | Plan::Visit(_)
            | Plan::Together { .. }
            | Plan::Emergency(_)
            | Plan::Unheard
            | Plan::Unspoken(_)
            | Plan::Closing { .. }
            | Plan::Ended { .. } => {}
        }
    }

    /// The caller says something while somebody's telephone rings: their words are kept; who wants a message is taken one.
    pub(super) fn hear_while_ringing(&mut self, reading: &Reading) {
        if !self.sought.rings() {
            return;
        }
        if matches!(self.plan, Plan::Connecting) && reading.intent() == Intent::LeaveMessage {
            self.sought = Sought::Nobody;
            self.keep_quiet_of_ringing();
            self.outputs.push_back(Output::StopRinging);
            self.plan = Plan::Message(Message::about(Intent::LeaveMessage, false));
        } else {
            self.fill(Prompt::HeardWhileRinging);
        }
    }

    /// They have accepted. A caller who is speaking is put through in mid-sentence; everybody else hears who it is.
    pub(super) fn announce(&mut self, now: CallTime) {
        let Sought::Accepted { by } = &self.sought else { return };
        let by = by.clone();
        self.sought = Sought::Announced;
        self.keep_quiet_of_ringing();
        if self.turn.awaits_words() || self.is_voiceless() {
            return self.put_through(now);
        }
        self.question = None;
        if let Some(end) = self.turn.interject(Prompt::OnTheLine { by }, now) {
            self.line_over(end, now);
        }
        self.saying = Saying::OnTheLine;
    }

    /// It does not ring any more: what was to be told of it is not true any more. False if the caller has not heard that it rang.
    fn keep_quiet_of_ringing(&mut self) -> bool {
        let untold = |prompt: &Prompt| matches!(prompt, Prompt::RingingDoctor | Prompt::RingingPerson);
        let was_told = !self.news.iter().any(|news| untold(&news.prompt));
        self.news.retain(|news| news.prompt.claim() != Some(Claim::Ringing));
        was_told
    }

    /// The caller is with them from now on, unless they have gone while that was being said.
    pub(super) fn put_through(&mut self, now: CallTime) {
        if !matches!(self.sought, Sought::Announced) {
            return;
        }
        self.sought = Sought::Nobody;
        self.question = None;
        self.stop_recording();
        self.outputs.push_back(Output::Bridge);
        self.achieved.push(Outcome::Connected);
        let before = Box::new(std::mem::replace(&mut self.plan, Plan::Ringing));
        self.plan = Plan::Together { since: now, before };
    }

    /// Whether the caller is with somebody.
    pub(super) fn is_together(&self) -> bool {
        matches!(self.plan, Plan::Together { .. })
    }

    /// What comes in while the caller is with somebody: late words, the office, and the end.
    pub(super) fn handle_together(&mut self, input: Input, now: CallTime) {
        match input {
            Input::Transfer(news) => self.hear_of_transfer(news, now),
            Input::Heard { text, reading } => self.hear_beside(text, &reading, now),
            Input::Corrected { reading, .. } => {
                self.triage.hear(&reading);
                self.escalate(Witness::SecondDecode, now);
            }
            Input::Office { id, reply } => self.hear_office(id, &reply, now),
            Input::LineFinished(id) => drop(self.turn.line_finished(id)),
            Input::HungUp | Input::LineLost => self.caller_left(now),
            Input::Answered
            | Input::LinesAreFew
            | Input::SpeechStarted
            | Input::SpeechEnded
            | Input::PartialFlags(_)
            | Input::Dismissed
            | Input::Unintelligible
            | Input::LineStarted(_)
            | Input::Digit(_)
            | Input::HearingLost
            | Input::VoiceLost
            | Input::BrokeOff(_) => {}
        }
    }

    /// What was said just before the caller was put through.
    fn hear_beside(&mut self, text: Phi<String>, reading: &Reading, now: CallTime) {
        let had_case = self.desk.case_urgency().is_some();
        self.said.keep(text.clone(), self.tells_more(&text, reading));
        self.triage.hear(reading);
        self.escalate(Witness::Final, now);
        if had_case {
            self.desk.update_case(CaseUpdate::Heard(text), now);
        }
    }

    /// Who was with the caller is gone. If they had spoken with each other and hung up, the call is over; else it is taken back.
    fn other_is_gone(&mut self, hung_up: bool, now: CallTime) {
        let Plan::Together { since, before } = &mut self.plan else { return };
        if hung_up && now.since(*since) >= SPOKEN_AFTER {
            return self.hang_up(now);
        }
        let before = std::mem::replace(before.as_mut(), Plan::Ringing);
        let sought_nobody_else = matches!(before, Plan::Connecting);
        self.plan =
            if sought_nobody_else { Plan::Offer(Question::OfferMessage(Prompt::NobodyAvailable)) } else { before };
        self.turn.noise(now);
        self.last_words = now;
        self.tell(Prompt::ConnectionLost);
    }

    /// Nobody could be connected. Only who was told that somebody is rung, or who asked for a person, hears of it.
    pub(super) fn not_connected(&mut self, now: CallTime) {
        let was_told = !matches!(self.sought, Sought::Asked { .. }) && self.keep_quiet_of_ringing();
        self.sought = Sought::Nobody;
        if matches!(self.plan, Plan::Connecting) && self.page_if_foreign(now) {
            return;
        }
        if matches!(self.plan, Plan::Connecting) {
            self.plan = Plan::Offer(Question::OfferMessage(Prompt::NobodyAvailable));
        } else if let Plan::Unspoken(unspoken) = &mut self.plan {
            unspoken.nobody_comes();
        } else if was_told && matches!(self.plan, Plan::Urgent(_)) && self.foreign.is_none() {
            self.tell(Prompt::NotConnected);
        }
    }
}
