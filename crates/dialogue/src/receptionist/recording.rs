//! Whether the call's sound is kept: as the practice decides, never before the caller knows, and never in the way of anything urgent.

use std::time::Duration;

use domain::{CallTime, Intent, Phi, Reading, Recording as Policy, YesNo};

use super::Receptionist;
use crate::plan::Plan;
use crate::question::Question;
use crate::{Output, Prompt, Record};

/// The second decode of a "yes" comes within this, or never: the recogniser has 1.5 s and 10 s for it, the reader 2.5 s for each. Later
/// the same word answers something else. So long the recorder waits, too, when nothing more is recorded.
const CORRECTED_WITHIN: Duration = Duration::from_secs(20);

/// What is known of the caller's mind, and what was ordered.
#[derive(Debug, Default)]
pub(super) struct Recording {
    state: State,
    /// The question has been put again, because a "yes" came into it.
    asked_twice: bool,
    /// The words that were taken for a "yes", and when: they may turn out to be a "no" whatever was said since.
    consent: Option<(Phi<String>, CallTime)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing was asked yet, or what was asked was not heard to its end.
    #[default]
    Unasked,
    /// The question was heard; no answer yet.
    Asked,
    On,
    /// For the rest of the call.
    Off,
}

impl Receptionist {
    /// The first words of a call. Where something is to be said of its recording, that comes between the practice's name and "How
    /// can I help?": who is asked a question does not listen to what follows it. A call on the last lines is short: it is not
    /// recorded, and begins with the question whether it is an emergency.
    pub(super) fn open(&mut self) {
        if !self.lines.are_plenty() {
            self.recording.state = State::Off;
            self.plan = Plan::Open(Question::EmergencyFirst);
            return;
        }
        let notice = match self.policy() {
            Policy::Off => {
                self.plan = Plan::Open(Question::Greeting);
                return;
            }
            Policy::OffTranscriptNotice => Some(Prompt::TranscriptNotice),
            Policy::Notice => Some(Prompt::RecordingNotice),
            Policy::Consent => None,
        };
        self.repeat_question(Prompt::Welcome);
        match notice {
            Some(notice) => {
                self.plan = Plan::Open(Question::HowCanIHelp);
                self.tell(notice);
            }
            None => self.plan = Plan::Open(Question::Recording),
        }
    }

    /// A call on the last lines is no emergency: there is time to say what the opening left out.
    pub(super) fn say_what_is_kept(&mut self) {
        if self.policy() != Policy::Off {
            self.tell(Prompt::TranscriptNotice);
        }
    }

    /// Whether the call is still being opened, by more than the usual greeting.
    pub(super) fn is_opening(&self) -> bool {
        let unasked = matches!(self.question, None | Some(Question::Recording | Question::HowCanIHelp));
        let open = matches!(self.plan, Plan::Open(Question::Recording | Question::HowCanIHelp));
        self.policy() != Policy::Off && unasked && open
    }

    /// Asks next whether to go on with an earlier call, or, where that is still to be asked, after the question about the recording.
    pub(super) fn offer_to_go_on(&mut self) {
        if !matches!(self.plan, Plan::Open(Question::Recording)) {
            self.plan = Plan::Open(Question::GoOn);
        }
    }

    /// What was said of the recording was heard to its end.
    pub(super) fn notice_heard(&mut self) {
        if self.policy() == Policy::Notice && self.recording.state == State::Unasked && !self.is_together() {
            self.record(State::On, Record::On);
        }
    }

    /// A question was heard to its end.
    pub(super) fn recording_question_heard(&mut self) {
        if self.question == Some(Question::Recording) && self.recording.state == State::Unasked {
            self.recording.state = State::Asked;
        }
    }

    /// "May we record this call?" Only a "yes" to the whole question counts. The call goes on whatever the answer is.
    pub(super) fn answer_recording(
        &mut self,
        text: &Phi<String>,
        reading: &Reading,
        bare: bool,
        cut_off: bool,
        now: CallTime,
    ) {
        let yes = reading.yes_no == Some(YesNo::Yes);
        let heard = self.recording.state == State::Asked && !cut_off;
        if yes && !heard && bare && !self.recording.asked_twice {
            self.recording.asked_twice = true;
            self.plan = Plan::Open(Question::Recording);
            return;
        }
        match (yes && heard, self.policy()) {
            (true, Policy::Consent) => {
                self.recording.consent = Some((text.clone(), now));
                self.record(State::On, Record::On);
            }
            (true, Policy::Off | Policy::OffTranscriptNotice | Policy::Notice) | (false, _) => {
                self.recording.state = State::Off;
            }
        }
        let next = if self.resume.offered.is_some() { Question::GoOn } else { Question::HowCanIHelp };
        self.plan = Plan::Open(next);
        let only_that = bare || (reading.yes_no.is_some() && reading.intent() == Intent::Other);
        if !only_that {
            self.resume.offered = None;
            self.plan = Plan::Open(Question::HowCanIHelp);
            self.errand(text, reading, now);
        }
    }

    /// The second decode of the "yes", wherever the call has got to meanwhile. The same word once more within that time counts as
    /// well: a recording too few is better than one that was refused.
    pub(super) fn correct_consent(&mut self, was: &Phi<String>, reading: &Reading, now: CallTime) {
        let of_consent = |(text, at): &(Phi<String>, CallTime)| text == was && now.since(*at) <= CORRECTED_WITHIN;
        if reading.yes_no == Some(YesNo::No) && self.recording.consent.as_ref().is_some_and(of_consent) {
            self.withdraw_recording();
        }
    }

    /// What was taken for a "yes" was a "no". What was recorded goes, even if nothing is recorded any more.
    pub(super) fn withdraw_recording(&mut self) {
        if self.recording.consent.take().is_some() {
            self.record(State::Off, Record::Withdrawn);
        }
        self.recording.state = State::Off;
    }

    /// Two people speak with each other from now on: nothing of that is kept.
    pub(super) fn stop_recording(&mut self) {
        if self.recording.state == State::On {
            self.record(State::Off, Record::Off);
        }
        self.recording.state = State::Off;
    }

    /// Urgent words need no notice: what is left of the opening is not said, and nothing is recorded without it.
    pub(super) fn drop_the_opening_if_urgent(&mut self) {
        let urgent = self.triage.to_page().is_some() || self.triage.safety_question().is_some();
        if urgent && self.policy() != Policy::Off {
            self.news.retain(|news| !news.prompt.is_of_the_opening());
            if let Plan::Open(question) = &mut self.plan
                && *question == Question::Recording
            {
                *question = Question::HowCanIHelp;
            }
        }
    }

    fn record(&mut self, state: State, record: Record) {
        self.recording.state = state;
        self.outputs.push_back(Output::Record(record));
    }

    fn policy(&self) -> Policy {
        self.practice.front_desk.recording
    }
}
