//! A whole recording at once, in virtual time: every job is done the moment it is asked for.
use std::sync::Arc;

use domain::CallTime;

use super::{
    Cancel, DecodeJob, Decoding, EndOfTurn, Expecting, Hearing, Listener, Recognizer, SamplePosition, SecondDecode,
    Vad, WINDOW,
};
use crate::SpeechError;

/// Hears `samples` (16 kHz mono) as a call's listener would, with each event's moment of being told.
///
/// The vad is reset first. Jobs do not appear among the events. A recogniser may answer
/// [`SpeechError::Cancelled`] to decline a job (partials, say, where nobody looks at them); any other error ends the
/// hearing.
pub fn hear(
    samples: &[f32],
    vad: &mut dyn Vad,
    end_of_turn: &mut dyn EndOfTurn,
    recognizer: &mut dyn Recognizer,
    expecting: Expecting,
    words: &Arc<[String]>,
) -> Result<Vec<(CallTime, Hearing)>, SpeechError> {
    vad.reset();
    let mut listener = Listener::new(SecondDecode::Never);
    listener.expect(expecting);
    let mut models = Models { end_of_turn, recognizer, words };
    let mut events = Vec::new();
    let mut now = SamplePosition::default();
    for chunk in samples.chunks(WINDOW) {
        let mut window = [0.0; WINDOW];
        window[..chunk.len()].copy_from_slice(chunk);
        let probability = vad.speech_probability(&window)?;
        listener.handle_window(&window, probability);
        now = now + WINDOW as u64;
        models.drain(&mut listener, now, &mut events)?;
    }
    listener.finish();
    models.drain(&mut listener, now, &mut events)?;
    Ok(events)
}

/// All that was said, utterances joined by spaces.
pub fn text(events: &[(CallTime, Hearing)]) -> String {
    let utterances = events.iter().filter_map(|(_, hearing)| match hearing {
        Hearing::Utterance(utterance) => Some(utterance.text.expose().as_str()),
        Hearing::SpeechStarted { .. }
        | Hearing::SpeechEnded { .. }
        | Hearing::Partial(_)
        | Hearing::Corrected(_)
        | Hearing::Dismissed { .. }
        | Hearing::Unintelligible { .. }
        | Hearing::Decode(_)
        | Hearing::JudgeTurn { .. }
        | Hearing::Cancel(_) => None,
    });
    utterances.collect::<Vec<_>>().join(" ")
}

struct Models<'a> {
    end_of_turn: &'a mut dyn EndOfTurn,
    recognizer: &'a mut dyn Recognizer,
    words: &'a Arc<[String]>,
}

impl Models<'_> {
    fn drain(
        &mut self,
        listener: &mut Listener,
        now: SamplePosition,
        events: &mut Vec<(CallTime, Hearing)>,
    ) -> Result<(), SpeechError> {
        while let Some(hearing) = listener.poll_output() {
            match hearing {
                Hearing::Decode(job) => self.decode(listener, &job)?,
                Hearing::JudgeTurn { id, samples } => {
                    listener.handle_judged(id, self.end_of_turn.completion_probability(samples.expose())?);
                }
                Hearing::Cancel(_) => {} // nothing is ever under way
                Hearing::SpeechStarted { .. }
                | Hearing::SpeechEnded { .. }
                | Hearing::Partial(_)
                | Hearing::Utterance(_)
                | Hearing::Corrected(_)
                | Hearing::Dismissed { .. }
                | Hearing::Unintelligible { .. } => events.push((now.into(), hearing)),
            }
        }
        Ok(())
    }

    fn decode(&mut self, listener: &mut Listener, job: &DecodeJob) -> Result<(), SpeechError> {
        let decoding = Decoding { purpose: job.purpose, words: Arc::clone(self.words) };
        match self.recognizer.recognize(job.samples.expose(), &decoding, &Cancel::default()) {
            Ok(recognized) => listener.handle_recognized(job.id, recognized),
            Err(SpeechError::Cancelled) => listener.handle_failed(job.id),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
