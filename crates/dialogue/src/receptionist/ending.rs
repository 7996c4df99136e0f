//! How a call ends: by silence, by its length, by a goodbye, or because the caller is gone; and what is still done then.

use std::time::Duration;

use domain::{CallTime, CaseUpdate, Urgency};

use super::{Life, Receptionist, Sense};
use crate::plan::Plan;
use crate::question::Question;
use crate::silence::Nudge;
use crate::turn_taking::LineEnd;
use crate::{Note, Outcome, Output, Prompt, Witness};

/// A call that is no emergency is ended after this long; a radio could talk for ever.
const CALL_MAX: Duration = Duration::from_mins(20);
/// Any call is ended after this long without a word or a key from the caller. Noise is no word: an emergency in which
/// nothing but noise is heard ends, too, its page long sent.
const WORDLESS_MAX: Duration = Duration::from_mins(10);
/// Two people may speak with each other so long.
const TOGETHER_MAX: Duration = Duration::from_hours(4);
/// A call that is being closed ends after this long, whatever the line does.
const CLOSING_MAX: Duration = Duration::from_secs(90);
/// After the call, the office's replies are waited for this long.
const OFFICE_AFTER_CALL: Duration = Duration::from_secs(30);
/// After the call, the caller's last words are waited for this long.
const WORDS_AFTER_CALL: Duration = Duration::from_secs(6);

impl Receptionist {
    pub(super) fn nudge(&mut self, nudge: Nudge, now: CallTime) {
        match nudge {
            Nudge::StillThere if self.question == Some(Question::MoreMessage) => self.answer_more_message(true),
            Nudge::StillThere if self.ears == Sense::Lost => self.repeat_question(Prompt::HearingLostAskKeys),
            Nudge::StillThere => self.repeat_after(Prompt::StillThere),
            Nudge::OneMoment => self.fill(Prompt::OneMoment),
            Nudge::StillRinging => self.fill(Prompt::StillRinging),
            Nudge::CheckIn => self.check_in(now),
            Nudge::FellSilent => {
                self.desk.update_case(CaseUpdate::StoppedAnswering, now);
                self.check_in(now);
            }
            Nudge::GiveUp if self.rejoin_case(now) => {}
            Nudge::GiveUp => {
                self.give_up(now);
                self.close(Prompt::GoodbyeNoAnswer, now);
            }
        }
    }

    /// The caller does not answer any more: whatever was urgent or begun is handed over.
    pub(super) fn give_up(&mut self, now: CallTime) {
        self.page_if_foreign(now);
        self.triage.falls_silent();
        self.escalate(Witness::Timeout, now);
        self.desk.update_case(CaseUpdate::StoppedAnswering, now);
        self.save_if_begun(now);
    }

    /// When the call has lasted too long.
    pub(super) fn cap(&self) -> CallTime {
        let wordless = self.last_words + WORDLESS_MAX;
        match &self.plan {
            Plan::Emergency(_) => wordless,
            Plan::Closing { since, .. } => *since + CLOSING_MAX,
            Plan::Together { since, .. } => *since + TOGETHER_MAX,
            Plan::Unspoken(unspoken) => unspoken.since() + CLOSING_MAX,
            Plan::Ringing
            | Plan::Open(_)
            | Plan::Offer(_)
            | Plan::Message(_)
            | Plan::Visit(_)
            | Plan::Connecting
            | Plan::Urgent(_)
            | Plan::Unheard
            | Plan::Ended { .. } => wordless.min(CallTime::from(CALL_MAX)),
        }
    }

    pub(super) fn too_long(&mut self, now: CallTime) {
        match self.plan {
            Plan::Closing { .. } | Plan::Ringing | Plan::Together { .. } => self.hang_up(now),
            Plan::Unspoken(_) => self.hang_up_unspoken(now),
            Plan::Emergency(_) => {
                self.desk.update_case(CaseUpdate::StoppedAnswering, now);
                self.close(Prompt::GoodbyeNoAnswer, now);
            }
            Plan::Open(_)
            | Plan::Offer(_)
            | Plan::Message(_)
            | Plan::Visit(_)
            | Plan::Connecting
            | Plan::Urgent(_)
            | Plan::Unheard
            | Plan::Ended { .. } => {
                self.give_up(now);
                self.close(Prompt::GoodbyeTooLong, now);
            }
        }
    }

    pub(super) fn close(&mut self, prompt: Prompt, now: CallTime) {
        self.question = None;
        self.plan = Plan::Closing { prompt, since: now };
    }

    pub(super) fn caller_left(&mut self, now: CallTime) {
        self.leave_unfinished();
        self.rejoin_case(now);
        self.desk.update_case(CaseUpdate::HungUp, now);
        self.page_if_foreign(now);
        self.triage.ends();
        self.escalate(Witness::Timeout, now);
        self.save_if_begun(now);
        self.end(now);
    }

    pub(super) fn hang_up(&mut self, now: CallTime) {
        self.turn.stop(LineEnd::Stopped);
        self.outputs.push_back(Output::HangUp);
        self.end(now);
    }

    pub(super) fn end(&mut self, now: CallTime) {
        self.question = None;
        self.desk.forget_inquiry();
        self.plan = Plan::Ended { since: now };
    }

    /// When nothing more is waited for after the call.
    pub(super) fn after_call(&self, since: CallTime) -> CallTime {
        match (self.desk.is_clear(), self.words_may_come()) {
            (true, false) => since,
            (true, true) => since + WORDS_AFTER_CALL,
            (false, _) => since + OFFICE_AFTER_CALL,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.plan, Plan::Ended { .. })
    }

    /// The call is over and done: its outcomes are noted.
    pub(super) fn finish(&mut self) {
        let case = self.desk.case_urgency().map(|urgency| match urgency {
            Urgency::Emergency => Outcome::Emergency,
            Urgency::Urgent | Urgency::Routine => Outcome::Urgent,
        });
        let office = self.desk.messages_kept().chain(self.desk.changes_made());
        let mut outcomes: Vec<_> = case.into_iter().chain(office).chain(self.achieved.drain(..)).collect();
        if outcomes.is_empty() {
            outcomes.push(Outcome::None);
        }
        self.outputs.extend(outcomes.into_iter().map(|outcome| Output::Note(Note::Outcome(outcome))));
        self.life = Life::Over;
    }
}
