//! How urgent the call is. Urgency rises and never falls: [`Highest`] has no way down.
//!
//! Who raises it:
//! - a red flag in a finished utterance, or in two partials in a row;
//! - the reading's own urgency;
//! - *doubt*: an utterance that could not be read, or sound without words. Doubt makes the call urgent and asks the one
//!   safety question. A clear "no" settles the doubt: the call stays urgent, but nobody is paged for it; what the caller
//!   says is kept as a message marked urgent, so that every doubt reaches a person. "Yes" is an emergency. Words that are
//!   neither, after the question was asked once more, are an emergency if the call holds a *complaint*: a symptom, a red
//!   flag, or urgency by a reading that was sure. Where it holds nothing but doubt, the page is sent as urgent, and nobody is
//!   told to call for an ambulance because of an answer about a pharmacy. So it is if there are no words at all.
//!
//! The safety question is asked once in a call. It is also asked of everybody who tells of a complaint.

use domain::{Certainty, EmergencyKind, Intent, Reading, RedFlag, RedFlagId, Urgency, YesNo};

/// The highest urgency so far.
#[derive(Clone, Copy, Debug)]
struct Highest(Urgency);

impl Highest {
    fn raise(&mut self, urgency: Urgency) {
        self.0 = self.0.raise(urgency);
    }
}

/// The judgement of a call so far.
#[derive(Debug)]
pub(crate) struct Triage {
    highest: Highest,
    /// What a clinician must be told now; at most `highest`.
    to_page: Highest,
    flags: Vec<RedFlag>,
    last_partial: Vec<RedFlag>,
    kinds: Vec<EmergencyKind>,
    complaint: Complaint,
    safety: Safety,
}

/// Whether anything that was understood tells of illness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Complaint {
    NoneTold,
    Told,
}

/// The one safety question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Safety {
    NotNeeded,
    /// To be asked, or asked and not answered.
    Open {
        doubt: bool,
        unclear: bool,
    },
    /// Answered "no".
    Clear {
        doubt: bool,
    },
    /// Answered "yes", or not clearly where a complaint was told.
    Danger,
    /// Never answered by a word, or not clearly where there was nothing but doubt.
    Unanswered,
}

/// What an answer to the safety question was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SafetyAnswer {
    /// Nobody is in danger.
    Clear,
    /// Somebody is, or may be.
    Danger,
    /// Nobody can tell, and nothing speaks for danger: a clinician hears of it.
    Doubtful,
    /// Neither: to be asked once more.
    Unclear,
}

impl Triage {
    pub(crate) fn new() -> Self {
        Self {
            highest: Highest(Urgency::Routine),
            to_page: Highest(Urgency::Routine),
            flags: Vec::new(),
            last_partial: Vec::new(),
            kinds: Vec::new(),
            complaint: Complaint::NoneTold,
            safety: Safety::NotNeeded,
        }
    }

    /// How urgent the call is.
    pub(crate) fn urgency(&self) -> Urgency {
        self.highest.0
    }

    /// How urgent the case is that a clinician must be told of; `None` if nobody need be.
    pub(crate) fn to_page(&self) -> Option<Urgency> {
        (self.to_page.0 > Urgency::Routine).then_some(self.to_page.0)
    }

    /// The rules that fired.
    pub(crate) fn red_flags(&self) -> Vec<RedFlagId> {
        self.flags.iter().map(|flag| flag.id.clone()).collect()
    }

    /// The flags of a partial: those that the partial before had too are believed.
    pub(crate) fn hear_partial(&mut self, flags: Vec<RedFlag>) {
        let believed: Vec<_> = flags.iter().filter(|flag| self.last_partial.contains(flag)).cloned().collect();
        self.last_partial = flags;
        self.believe(&believed);
    }

    /// A finished utterance, or the second decode of one.
    pub(crate) fn hear(&mut self, reading: &Reading) {
        self.last_partial.clear();
        self.believe(&reading.red_flags);
        match reading.certainty {
            Certainty::Sure => self.must_page(reading.urgency),
            Certainty::Unsure if reading.urgency == Urgency::Emergency => self.must_page(Urgency::Emergency),
            Certainty::Unsure => self.doubt(),
        }
        if tells_of_illness(reading) {
            self.complaint = Complaint::Told;
        }
        let asked_about = reading.intents.contains(&Intent::Symptom) || reading.urgency > Urgency::Routine;
        if asked_about && self.safety == Safety::NotNeeded {
            self.safety = Safety::Open { doubt: false, unclear: false };
        }
    }

    /// Whether the safety question is asked for nothing but doubt.
    pub(crate) fn merely_doubts(&self) -> bool {
        self.complaint == Complaint::NoneTold
    }

    /// Something was not understood: it counts as urgent until the safety question is answered.
    pub(crate) fn doubt(&mut self) {
        self.highest.raise(Urgency::Urgent);
        self.safety = match self.safety {
            Safety::NotNeeded => Safety::Open { doubt: true, unclear: false },
            Safety::Open { unclear, .. } => Safety::Open { doubt: true, unclear },
            Safety::Clear { .. } => Safety::Clear { doubt: true },
            Safety::Danger => Safety::Danger,
            Safety::Unanswered => Safety::Unanswered,
        };
    }

    /// A clinician must hear of it, whatever else is said.
    pub(crate) fn must_page(&mut self, urgency: Urgency) {
        self.highest.raise(urgency);
        self.to_page.raise(urgency);
    }

    /// The caller fell silent. If that was at the safety question, whoever told of a complaint may be unable to answer:
    /// it becomes a page.
    pub(crate) fn falls_silent(&mut self) {
        if let Safety::Open { .. } = self.safety {
            self.safety = Safety::Unanswered;
            self.must_page(Urgency::Urgent);
        }
    }

    /// Somebody who is no patient calls, and a clinician is paged for them: nobody is asked whether they can breathe.
    pub(crate) fn asks_nothing(&mut self) {
        self.safety = match self.safety {
            Safety::NotNeeded | Safety::Open { .. } | Safety::Unanswered => Safety::Unanswered,
            Safety::Clear { doubt } => Safety::Clear { doubt },
            Safety::Danger => Safety::Danger,
        };
    }

    /// The call ends before the safety question is answered: a doubt becomes a page.
    pub(crate) fn ends(&mut self) {
        if let Safety::Open { doubt: true, .. } = self.safety {
            self.falls_silent();
        }
    }

    /// Whether there was a doubt that nobody is paged for: what was said must be kept as a message.
    pub(crate) fn doubt_to_keep(&self) -> bool {
        match self.safety {
            Safety::Open { doubt, .. } | Safety::Clear { doubt } => doubt && self.to_page().is_none(),
            Safety::NotNeeded | Safety::Danger | Safety::Unanswered => false,
        }
    }

    /// Whether the safety question is to be asked, and whether for the second time.
    pub(crate) fn safety_question(&self) -> Option<Again> {
        match self.safety {
            Safety::Open { unclear, .. } => Some(if unclear { Again::Second } else { Again::First }),
            Safety::NotNeeded | Safety::Clear { .. } | Safety::Danger | Safety::Unanswered => None,
        }
    }

    /// The answer to the safety question.
    pub(crate) fn safety_answer(&mut self, yes_no: Option<YesNo>) -> SafetyAnswer {
        let Safety::Open { doubt, unclear } = self.safety else { return SafetyAnswer::Clear };
        let (safety, answer) = match (yes_no, unclear) {
            (Some(YesNo::No), _) => (Safety::Clear { doubt }, SafetyAnswer::Clear),
            (None, false) => (Safety::Open { doubt, unclear: true }, SafetyAnswer::Unclear),
            (None, true) if self.merely_doubts() => (Safety::Unanswered, SafetyAnswer::Doubtful),
            (Some(YesNo::Yes), _) | (None, true) => (Safety::Danger, SafetyAnswer::Danger),
        };
        self.safety = safety;
        match answer {
            SafetyAnswer::Danger => self.must_page(Urgency::Emergency),
            SafetyAnswer::Doubtful => self.must_page(Urgency::Urgent),
            SafetyAnswer::Clear | SafetyAnswer::Unclear => {}
        }
        answer
    }

    /// The second decode of a "no", or of what was neither, is a "yes".
    pub(crate) fn safety_corrected(&mut self) {
        if let Safety::Clear { .. } | Safety::Unanswered = self.safety {
            self.safety = Safety::Danger;
            self.must_page(Urgency::Emergency);
        }
    }

    /// The emergency lines to be said next, each kind once in a call. Flags come in the order in which their lines are to
    /// be said (`spoken_first` in `prompts/red_flags.toml`). Of several kinds heard together the first counts, and danger to
    /// oneself besides, whose line gives another number. Where that comes first, the next is said too, because it tells
    /// what to do about the pills; but not the general line, which adds nothing to that or to a line said before. An emergency without a kind has that one.
    pub(crate) fn take_lines(&mut self) -> Vec<EmergencyKind> {
        if self.to_page.0 < Urgency::Emergency {
            return Vec::new();
        }
        let mut fresh: Vec<EmergencyKind> = Vec::new();
        for flag in self.flags.iter().filter(|flag| flag.urgency == Urgency::Emergency) {
            if !self.kinds.contains(&flag.kind) && !fresh.contains(&flag.kind) {
                fresh.push(flag.kind);
            }
        }
        let self_harm = fresh.contains(&EmergencyKind::SelfHarm);
        let told_what_to_do = self.kinds.iter().any(|kind| *kind != EmergencyKind::SelfHarm);
        let says_more = |kind: &EmergencyKind| *kind != EmergencyKind::General || !self_harm && !told_what_to_do;
        let other = fresh.iter().copied().filter(says_more).find(|kind| *kind != EmergencyKind::SelfHarm);
        let mut lines = fresh.clone();
        lines.retain(|kind| *kind == EmergencyKind::SelfHarm || Some(*kind) == other);
        if lines.is_empty() && self.kinds.is_empty() {
            lines.push(EmergencyKind::General);
        }
        self.kinds.extend(fresh);
        self.kinds.extend(&lines);
        lines
    }

    /// Whether somebody may harm themselves.
    pub(crate) fn self_harm(&self) -> bool {
        self.kinds.contains(&EmergencyKind::SelfHarm)
    }

    fn believe(&mut self, flags: &[RedFlag]) {
        for flag in flags {
            self.must_page(flag.urgency);
            if !self.flags.contains(flag) {
                self.flags.push(flag.clone());
            }
        }
    }
}

/// Of a reading that is unsure the urgency is only a doubt, unless a model was asked and leans to it.
fn tells_of_illness(reading: &Reading) -> bool {
    let by_model = reading.p.emergency + reading.p.urgent > reading.p.routine;
    let urgent = match reading.certainty {
        Certainty::Sure => reading.urgency > Urgency::Routine,
        Certainty::Unsure => reading.urgency == Urgency::Emergency || by_model,
    };
    urgent || reading.intents.contains(&Intent::Symptom) || !reading.red_flags.is_empty()
}

/// Which asking of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    First,
    Second,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(id: &str, kind: EmergencyKind) -> RedFlag {
        RedFlag { id: RedFlagId(id.to_owned()), urgency: Urgency::Emergency, kind }
    }

    #[test]
    fn a_partial_is_believed_the_second_time() {
        let chest = || vec![flag("chest_pain", EmergencyKind::Cardiac)];
        let mut triage = Triage::new();
        triage.hear_partial(chest());
        triage.hear_partial(Vec::new());
        triage.hear_partial(chest());
        assert_eq!(triage.urgency(), Urgency::Routine, "never twice in a row");
        triage.hear_partial(chest());
        assert_eq!(triage.to_page(), Some(Urgency::Emergency));
        assert_eq!(triage.take_lines(), [EmergencyKind::Cardiac]);
        assert_eq!(triage.take_lines(), [], "once");
    }

    #[test]
    fn a_doubt_is_urgent_and_a_clear_no_does_not_take_that_back() {
        let mut triage = Triage::new();
        triage.hear(&Reading::unsure());
        assert_eq!((triage.urgency(), triage.to_page()), (Urgency::Urgent, None));
        assert_eq!(triage.safety_question(), Some(Again::First));
        assert_eq!(triage.safety_answer(Some(YesNo::No)), SafetyAnswer::Clear);
        assert_eq!((triage.urgency(), triage.to_page()), (Urgency::Urgent, None));
        assert!(triage.doubt_to_keep());
        triage.hear(&Reading::unsure());
        assert_eq!(triage.safety_question(), None, "asked once in a call");
        triage.safety_corrected();
        assert_eq!(triage.to_page(), Some(Urgency::Emergency));
    }

    #[test]
    fn an_unclear_answer_counts_as_yes_after_one_more_question_if_a_complaint_was_told() {
        let told = |change: fn(&mut Reading)| {
            let mut reading = Reading::unsure();
            change(&mut reading);
            reading
        };
        let rows = [
            (Reading::unsure(), Urgency::Urgent),
            (told(|r| r.intents = vec![Intent::Symptom]), Urgency::Emergency),
            (told(|r| r.p.urgent = 0.6), Urgency::Emergency),
            (told(|r| r.certainty = Certainty::Sure), Urgency::Emergency),
            (told(|r| r.red_flags = vec![flag("fever", EmergencyKind::Infection)]), Urgency::Emergency),
        ];
        for (reading, paged) in rows {
            let mut triage = Triage::new();
            triage.hear(&reading);
            assert_eq!(triage.safety_answer(None), SafetyAnswer::Unclear);
            assert_eq!(triage.safety_question(), Some(Again::Second));
            triage.safety_answer(None);
            assert_eq!(triage.to_page(), Some(paged), "{reading:?}");
            assert_eq!(triage.take_lines().is_empty(), paged == Urgency::Urgent);
        }
        let mut triage = Triage::new();
        triage.hear(&Reading::unsure());
        triage.safety_answer(None);
        triage.hear(&told(|r| r.intents = vec![Intent::Symptom]));
        assert_eq!(triage.safety_answer(None), SafetyAnswer::Danger, "told in the answer itself");
    }

    #[test]
    fn which_lines_are_said_of_several() {
        use EmergencyKind::{Bleeding, General, Overdose, SelfHarm, Unresponsive};
        let said: &[(&[EmergencyKind], &[EmergencyKind])] = &[
            (&[Bleeding, Overdose], &[Bleeding]),
            (&[SelfHarm, Overdose, Bleeding], &[SelfHarm, Overdose]),
            (&[Unresponsive, Bleeding, SelfHarm, Overdose], &[Unresponsive, SelfHarm]),
            (&[SelfHarm, General], &[SelfHarm]),
            (&[Overdose, General], &[Overdose]),
            (&[General], &[General]),
        ];
        for (heard, lines) in said {
            let mut triage = Triage::new();
            let mut reading = Reading::unsure();
            reading.red_flags = heard.iter().map(|kind| flag(kind.label(), *kind)).collect();
            triage.hear(&reading);
            assert_eq!(triage.take_lines(), *lines, "{heard:?}");
            assert_eq!(triage.take_lines(), [], "{heard:?}: once");
            assert_eq!(triage.self_harm(), heard.contains(&SelfHarm));
        }
    }
}
