use std::sync::Arc;

use domain::{CallTime, Partial, Phi, Utterance};

use super::{Purpose, SamplePosition};

/// What the [`Listener`](super::Listener) has heard, and what it wants done.
///
/// Events about the caller are in the order of the call: positions never go back, and an utterance follows the end of
/// its own speech.
#[derive(Clone, Debug, PartialEq)]
pub enum Hearing {
    /// The caller began to speak. Said about 100 ms later, when it is certain.
    SpeechStarted {
        /// First voiced sample.
        at: CallTime,
    },
    /// The caller fell silent; perhaps in mid-thought.
    SpeechEnded {
        /// End of the last voiced window.
        at: CallTime,
    },
    /// What the utterance sounds like so far.
    Partial(Partial),
    /// The caller has finished saying this. Long speech comes in several utterances.
    Utterance(Utterance),
    /// A second decode understood an utterance differently. `from` and `to` tell which.
    Corrected(Utterance),
    /// Voice that was no words: a cough, a hum, a television. Nobody need answer it.
    Dismissed {
        /// First voiced sample.
        from: CallTime,
        /// Last voiced sample.
        to: CallTime,
        /// Why it is no utterance.
        why: Dismissal,
    },
    /// Somebody speaks, and nothing of it can be understood: 5 s of voice without words, or a recogniser that failed.
    Unintelligible {
        /// First voiced sample that was not understood.
        from: CallTime,
        /// Last one.
        to: CallTime,
    },
    /// To be decoded; answer with `handle_recognized` or `handle_failed`.
    Decode(DecodeJob),
    /// Is this turn finished? Answer with `handle_judged` or `handle_failed`.
    JudgeTurn {
        /// For the answer.
        id: JobId,
        /// The turn's last 8 s, or less.
        samples: Phi<Arc<[f32]>>,
    },
    /// This job's result is no longer wanted; an answer that comes all the same is ignored.
    Cancel(JobId),
}

impl Hearing {
    pub(super) fn unintelligible(from: SamplePosition, to: SamplePosition) -> Self {
        Self::Unintelligible { from: from.into(), to: to.into() }
    }
}

/// Sound to be decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeJob {
    /// For the answer.
    pub id: JobId,
    /// How urgent and how good.
    pub purpose: Purpose,
    /// 16 kHz, at most 30 s.
    pub samples: Phi<Arc<[f32]>>,
}

/// One piece of work that the listener asked for; numbered within a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u32);

/// Why voiced sound became no utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dismissal {
    /// The recogniser found no words.
    NoWords,
    /// The recogniser found what it is known to make up from noise, and the sound was hardly voice.
    MadeUp,
}
