//! What is left to do when a line could not be voiced. Lines that lie on disk may still sound, so nobody is left with
//! nothing: an emergency's line is tried again, and everybody else hears one last line.

use domain::CallTime;

use super::speaking::Saying;
use super::{Receptionist, Sense};
use crate::plan::{Emergency, Plan};
use crate::turn_taking::LineEnd;
use crate::unspoken::Unspoken;
use crate::{Prompt, Witness};

impl Receptionist {
    /// A person is sought, the practice is told, and the call ends with a last line; but not an emergency, in which the
    /// caller can still be heard.
    pub(super) fn lose_voice(&mut self, now: CallTime) {
        if self.is_voiceless() {
            return self.drop_line(); // not even the last line can be heard
        }
        let lost_before = std::mem::replace(&mut self.voice, Sense::Lost) == Sense::Lost;
        if !lost_before {
            self.transfer(now);
        }
        self.question = None;
        if let Plan::Emergency(emergency) = &mut self.plan {
            if !lost_before {
                *emergency = Emergency::unheard(); // nothing is asked that cannot be heard
            }
            return self.try_again(now);
        }
        self.triage.ends();
        self.escalate(Witness::Timeout, now);
        let worth_a_call = self.said.has_unsaved() || self.contact.callback().is_some();
        if self.desk.case_urgency().is_none() && worth_a_call {
            self.save_message(false, now);
        }
        self.drop_line();
        self.plan = Plan::Unspoken(Unspoken::new(now));
    }

    /// Frees a line on which nothing more can be said, with everything kept that the caller said meanwhile.
    pub(super) fn hang_up_unspoken(&mut self, now: CallTime) {
        self.save_if_begun(now);
        self.hang_up(now);
    }

    /// In an emergency: its line once more, and when that was tried, what is broken and whom to call. That line itself is
    /// not followed by another, so a voice that is gone for good leaves the rest to the silence's own clock.
    fn try_again(&mut self, now: CallTime) {
        let is_told = |prompt: &Prompt| *prompt == Prompt::VoiceLost;
        let told = matches!(&self.saying, Saying::News(news) if is_told(&news.prompt))
            || self.news.iter().any(|news| is_told(&news.prompt));
        if let Some(end) = self.turn.stop(LineEnd::Lost) {
            self.line_over(end, now);
        }
        if self.emergency_lines.is_empty() && !told {
            self.repeat_question(Prompt::VoiceLost);
        }
    }

    /// Whether nothing more can be said to the caller.
    pub(super) fn is_voiceless(&self) -> bool {
        matches!(self.plan, Plan::Unspoken(_))
    }

    fn drop_line(&mut self) {
        self.saying = Saying::Nothing;
        self.turn.stop(LineEnd::Lost);
    }
}
