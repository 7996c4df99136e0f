use std::collections::VecDeque;
use std::sync::Arc;

use domain::{Partial, Phi, Utterance};

use super::activity::{Activity, ONSET_WINDOWS, VoiceActivity};
use super::correction::Corrections;
use super::final_text::FinalText;
use super::output::{DecodeJob, Dismissal, Hearing, JobId};
use super::part::{PRE_ROLL, Part};
use super::patience::{Expecting, FINISHED, Judgement, Verdict, silence_needed};
use super::position::samples;
use super::sound::Sound;
use super::wordless::Wordless;
use super::{Purpose, Recognized, SamplePosition, WINDOW, evidence};

/// New speech that is worth another partial decode.
const PARTIAL_EVERY: u64 = samples(300);

/// After so many quiet windows (96 ms) the final decode is started, in the hope that the caller has finished.
const SPECULATE_WINDOWS: usize = 3;

/// What smart-turn looks at.
const JUDGED: u64 = samples(8_000);

/// Above this probability a turn is finished; smart-turn's own threshold.
const COMPLETE: f32 = 0.5;

/// Parts of one long speech that wait for their text, 25 s each. When full, the recogniser is more than a minute behind:
/// the oldest part is given up and reported as unintelligible.
const CLOSED_MAX: usize = 3;

/// Whether each utterance is decoded a second time, by a better and slower model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondDecode {
    /// No.
    #[default]
    Never,
    /// Yes, after it has been told.
    EachUtterance,
}

/// Decides what is decoded when, and what the caller has said: pure, and told everything.
///
/// It is fed every window of the call's sound with its probability of voice, and the answers to the jobs it asks for.
/// Drain [`poll_output`](Self::poll_output) after each call. Every job is answered exactly once, by
/// `handle_recognized`, `handle_judged` or `handle_failed`, in any order and at any later time; answers to cancelled
/// jobs are ignored. At most one partial, and one final per part of the speech, is under way.
///
/// Every stretch of speech ends as one of `Utterance`, `Dismissed` and `Unintelligible`. `Unintelligible` may also come
/// in the middle of one; what follows it has an outcome of its own.
#[derive(Debug, Default)]
pub struct Listener {
    sound: Sound,
    activity: VoiceActivity,
    turn: Turn,
    /// Parts that have ended for certain and lack their text, oldest first.
    closed: VecDeque<(Part, FinalText)>,
    /// Up to here all speech has been assigned to a part.
    assigned_to: SamplePosition,
    wordless: Wordless,
    second_decode: SecondDecode,
    corrections: Corrections,
    expecting: Expecting,
    jobs: u32,
    outputs: VecDeque<Hearing>,
}

#[derive(Debug, Default)]
enum Turn {
    #[default]
    Idle,
    Speaking {
        part: Part,
        partial: Option<PartialJob>,
        /// The last partial heard up to here.
        partial_to: SamplePosition,
    },
    Pausing {
        part: Part,
        text: FinalText,
        judgement: Judgement,
    },
}

#[derive(Debug)]
struct PartialJob {
    id: JobId,
    to: SamplePosition,
}

impl Listener {
    /// A listener at the first sample of a call.
    pub fn new(second_decode: SecondDecode) -> Self {
        Self { second_decode, ..Self::default() }
    }

    /// Tells what the caller has been asked for; stays until told otherwise.
    pub fn expect(&mut self, expecting: Expecting) {
        self.expecting = expecting;
    }

    /// What has been heard, and what is to be done; drain until `None`.
    pub fn poll_output(&mut self) -> Option<Hearing> {
        self.outputs.pop_front()
    }

    /// Takes the next 32 ms of sound and the probability that somebody speaks in it.
    pub fn handle_window(&mut self, window: &[f32; WINDOW], speech_probability: f32) {
        self.sound.push(window);
        let activity = self.activity.handle_window(speech_probability);
        let edge = self.sound.end() - activity.samples_ago();
        match activity {
            Activity::Started(_) => self.outputs.push_back(Hearing::SpeechStarted { at: edge.into() }),
            Activity::Ended { .. } => self.outputs.push_back(Hearing::SpeechEnded { at: edge.into() }),
            Activity::Silent | Activity::Voiced | Activity::Quiet { .. } => {}
        }
        let turn = std::mem::take(&mut self.turn);
        self.turn = self.after_window(turn, activity, speech_probability);
        self.release_if_due();
        self.forget_old_sound();
    }

    /// The answer to a [`Hearing::Decode`].
    pub fn handle_recognized(&mut self, job: JobId, recognized: Recognized) {
        if let Some(corrected) = self.corrections.corrected(job, &recognized) {
            self.outputs.extend(corrected.map(Hearing::Corrected));
            return;
        }
        match &mut self.turn {
            Turn::Speaking { part, partial, .. } if partial.as_ref().is_some_and(|partial| partial.id == job) => {
                let to = partial.take().map_or(part.to(), |partial| partial.to);
                match evidence::words(&recognized, part.voicing()) {
                    Ok(text) => {
                        self.wordless.heard_partly(to);
                        let (from, to) = (part.from.into(), to.into());
                        self.outputs.push_back(Hearing::Partial(Partial { text: text.into(), from, to }));
                    }
                    Err(_) => {
                        let from = self.wordless.heard_none_yet(part);
                        self.outputs.extend(from.map(|from| Hearing::unintelligible(from, part.to())));
                    }
                }
            }
            Turn::Idle | Turn::Speaking { .. } | Turn::Pausing { .. } => self.settle(job, Some(recognized)),
        }
    }

    /// The answer to a [`Hearing::JudgeTurn`].
    pub fn handle_judged(&mut self, job: JobId, completion_probability: f32) {
        self.decide(job, if completion_probability > COMPLETE { Verdict::Complete } else { Verdict::Incomplete });
    }

    /// A job came to nothing.
    pub fn handle_failed(&mut self, job: JobId) {
        if let Turn::Speaking { partial, .. } = &mut self.turn
            && partial.as_ref().is_some_and(|partial| partial.id == job)
        {
            *partial = None;
        } else if !self.corrections.forget(job) {
            self.decide(job, Verdict::Unknown);
            self.settle(job, None);
        }
    }

    /// The sound is over: what has been said so far is finished.
    pub fn finish(&mut self) {
        match std::mem::take(&mut self.turn) {
            Turn::Idle => {}
            Turn::Speaking { part, partial, .. } => {
                self.cancel(partial.map(|partial| partial.id));
                let text = self.start_final(&part);
                self.close(part, text);
            }
            Turn::Pausing { part, text, judgement } => {
                self.cancel(judgement.job);
                self.close(part, text);
            }
        }
        self.release_closed();
    }

    fn after_window(&mut self, turn: Turn, activity: Activity, probability: f32) -> Turn {
        match (turn, activity) {
            (Turn::Idle, Activity::Started(onset)) => self.begin(activity, &onset),
            // Speech that goes on after a long part was closed.
            (Turn::Idle, Activity::Voiced) => self.begin(activity, &[probability]),
            (Turn::Idle, Activity::Silent | Activity::Quiet { .. } | Activity::Ended { .. }) => Turn::Idle,
            (Turn::Speaking { mut part, partial, partial_to }, Activity::Voiced | Activity::Started(_)) => {
                part.add_voiced(probability);
                self.go_on(part, partial, partial_to)
            }
            (Turn::Speaking { mut part, partial, partial_to }, Activity::Quiet { windows })
                if windows < SPECULATE_WINDOWS =>
            {
                part.add_quiet(probability);
                self.go_on(part, partial, partial_to)
            }
            (
                Turn::Speaking { mut part, partial, .. },
                Activity::Quiet { .. } | Activity::Ended { .. } | Activity::Silent,
            ) => {
                part.add_quiet(probability);
                self.cancel(partial.map(|partial| partial.id));
                self.pause(part)
            }
            (Turn::Pausing { mut part, text, judgement }, Activity::Voiced | Activity::Started(_)) => {
                part.add_voiced(probability);
                self.cancel(judgement.job);
                self.cancel(text.job());
                let partial_to = part.to();
                Turn::Speaking { part, partial: None, partial_to }
            }
            (
                Turn::Pausing { mut part, text, mut judgement },
                Activity::Quiet { .. } | Activity::Ended { .. } | Activity::Silent,
            ) => {
                part.add_quiet(probability);
                if judgement.is_due(self.sound.end().since(part.to())) {
                    judgement.job = Some(self.start_judging(&part));
                }
                Turn::Pausing { part, text, judgement }
            }
        }
    }

    fn begin(&mut self, activity: Activity, voiced: &[f32]) -> Turn {
        let from = self.sound.end() - activity.samples_ago();
        Turn::Speaking { part: Part::new(from, voiced, self.assigned_to), partial: None, partial_to: from }
    }

    /// While the caller speaks: cuts what has become too long, and keeps one partial under way.
    fn go_on(&mut self, mut part: Part, mut partial: Option<PartialJob>, mut partial_to: SamplePosition) -> Turn {
        if let Some(rest) = part.split() {
            self.cancel(partial.take().map(|partial| partial.id));
            let text = self.start_decode(Purpose::Final, part.sound_from, rest.from);
            self.close(std::mem::replace(&mut part, rest), text);
            partial_to = part.from;
        }
        let now = self.sound.end();
        if partial.is_none() && now.since(partial_to) >= PARTIAL_EVERY {
            let text = self.start_decode(Purpose::Partial, part.sound_from, now);
            partial = text.job().map(|id| PartialJob { id, to: now });
            partial_to = now;
        }
        Turn::Speaking { part, partial, partial_to }
    }

    /// The caller has paused: decodes in case that was all. A long part ends here in any case.
    fn pause(&mut self, part: Part) -> Turn {
        let text = self.start_final(&part);
        if part.is_long() {
            self.close(part, text);
            return Turn::Idle;
        }
        Turn::Pausing { part, text, judgement: Judgement::default() }
    }

    fn start_final(&mut self, part: &Part) -> FinalText {
        self.start_decode(Purpose::Final, part.sound_from, self.sound.end())
    }

    fn start_decode(&mut self, purpose: Purpose, from: SamplePosition, to: SamplePosition) -> FinalText {
        let sound = Phi::new(self.sound.between(from, to));
        let job = self.next_job();
        self.outputs.push_back(Hearing::Decode(DecodeJob { id: job, purpose, samples: sound.clone() }));
        FinalText::Decoding { job, sound }
    }

    fn start_judging(&mut self, part: &Part) -> JobId {
        let now = self.sound.end();
        let samples = Phi::new(self.sound.between(part.sound_from.max(now - JUDGED), now));
        let id = self.next_job();
        self.outputs.push_back(Hearing::JudgeTurn { id, samples });
        id
    }

    fn next_job(&mut self) -> JobId {
        self.jobs += 1;
        JobId(self.jobs)
    }

    fn cancel(&mut self, job: Option<JobId>) {
        self.outputs.extend(job.map(Hearing::Cancel));
    }

    fn decide(&mut self, job: JobId, decided: Verdict) {
        if let Turn::Pausing { judgement, .. } = &mut self.turn
            && judgement.job == Some(job)
        {
            judgement.job = None;
            judgement.verdict = decided;
            self.release_if_due();
        }
    }

    /// A final decode has come back.
    fn settle(&mut self, job: JobId, recognized: Option<Recognized>) {
        let open = match &mut self.turn {
            Turn::Pausing { text, .. } => Some(text),
            Turn::Idle | Turn::Speaking { .. } => None,
        };
        let waiting = self.closed.iter_mut().map(|(_, text)| text).chain(open).find(|text| text.job() == Some(job));
        if let Some(text) = waiting {
            text.settle(recognized);
            self.release_closed();
            self.release_if_due();
        }
    }

    /// Ends a part whose text may still be on its way.
    fn close(&mut self, part: Part, text: FinalText) {
        self.assigned_to = self.assigned_to.max(part.to());
        if self.closed.len() == CLOSED_MAX
            && let Some((oldest, text)) = self.closed.pop_front()
        {
            self.cancel(text.job());
            self.outputs.push_back(Hearing::unintelligible(oldest.from, oldest.to()));
        }
        self.closed.push_back((part, text));
    }

    fn release_closed(&mut self) {
        while self.closed.front().is_some_and(|(_, text)| text.job().is_none()) {
            if let Some((part, text)) = self.closed.pop_front() {
                self.release(&part, text);
            }
        }
    }

    /// Ends the turn once its text is there and the silence long enough. Sound without words ends at once.
    fn release_if_due(&mut self) {
        let Turn::Pausing { part, text, judgement } = &self.turn else { return };
        if !self.closed.is_empty() {
            return; // utterances are told in order
        }
        let silence = self.sound.end().since(part.to());
        let due = match text {
            FinalText::Decoding { .. } => false,
            FinalText::Failed => silence >= FINISHED,
            FinalText::Decoded { recognized, .. } => match evidence::words(recognized, part.voicing()) {
                Ok(text) => {
                    silence_needed(self.expecting, judgement.verdict, &text).is_some_and(|needed| silence >= needed)
                }
                Err(_) => silence >= FINISHED,
            },
        };
        if due && let Turn::Pausing { part, text, judgement } = std::mem::take(&mut self.turn) {
            self.cancel(judgement.job);
            self.assigned_to = self.assigned_to.max(part.to());
            self.release(&part, text);
        }
    }

    /// Says what became of a part.
    fn release(&mut self, part: &Part, text: FinalText) {
        let (recognized, sound) = match text {
            FinalText::Decoded { recognized, sound } => (recognized, sound),
            FinalText::Failed | FinalText::Decoding { .. } => {
                self.outputs.push_back(Hearing::unintelligible(part.from, part.to()));
                return;
            }
        };
        match evidence::words(&recognized, part.voicing()) {
            Ok(text) => self.utter(part, text, recognized.confidence, sound),
            Err(why) => self.dismiss(part, why),
        }
    }

    fn utter(&mut self, part: &Part, text: String, confidence: f32, sound: Phi<Arc<[f32]>>) {
        self.wordless.heard_words();
        let utterance = Utterance { text: text.into(), from: part.from.into(), to: part.to().into(), confidence };
        self.outputs.push_back(Hearing::Utterance(utterance.clone()));
        match self.second_decode {
            SecondDecode::Never => {}
            SecondDecode::EachUtterance => {
                let id = self.next_job();
                let given_up = self.corrections.wait_for(id, utterance, part.voicing());
                self.cancel(given_up);
                self.outputs.push_back(Hearing::Decode(DecodeJob { id, purpose: Purpose::Careful, samples: sound }));
            }
        }
    }

    fn dismiss(&mut self, part: &Part, why: Dismissal) {
        let unreported_from = self.wordless.unreported_from(part);
        self.outputs.push_back(match self.wordless.heard_none(part) {
            Some(from) => Hearing::unintelligible(from, part.to()),
            None => Hearing::Dismissed { from: unreported_from.into(), to: part.to().into(), why },
        });
    }

    fn forget_old_sound(&mut self) {
        let needed_from = match &self.turn {
            Turn::Idle => self.sound.end() - PRE_ROLL - (ONSET_WINDOWS * WINDOW) as u64,
            Turn::Speaking { part, .. } | Turn::Pausing { part, .. } => part.sound_from,
        };
        self.sound.forget_before(needed_from);
    }
}
