//! Whisper, by whisper.cpp: English, greedy, one thread a decode, no timestamps, nothing carried from one decode to the
//! next.
//!
//! The encoder normally looks at 30 s; here it is shown the speech and a margin, which is about six times cheaper. The
//! price is that the decoder sometimes goes round in circles, so every decode has a token cap and is searched for
//! loops, and a final decode that loops is done again with the full 30 s.
#![allow(unsafe_code)] // one callback, below: whisper-rs 0.16's safe variant casts its user data to the wrong type

use std::ffi::c_void;
use std::path::Path;
use std::sync::Arc;

use domain::Phi;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError, WhisperState, WhisperTokenId,
};

use crate::SpeechError;
use crate::hearing::{Cancel, Decoding, HZ, Purpose, Recognized, Recognizer, without_loop};

/// Encoder positions for the full 30 s.
const FULL_CONTEXT: usize = 1500;
const FULL_CONTEXT_S: f32 = 30.0;

/// Encoder positions beyond the speech; 32 are too few for any model.
const CONTEXT_MARGIN: usize = 128;

/// The least for words that will be acted on: with the margin alone, tiny.en loops in 31 of 53 short answers
/// (speech_an4, cut by VAD), with 384 in 6, with 512 in 3; the words then cost 270 ms in place of 170.
const CONTEXT_MIN: usize = 512;
/// After a prompt base loops below this ("A1C, A1C, ...").
const PROMPTED_CONTEXT_MIN: usize = 768;

/// Nobody says more: a decode that reaches the cap of `6 * seconds + 12` is looping.
const TOKENS_PER_S: f32 = 6.0;
const TOKENS_MORE: f32 = 12.0;

/// Tokens of prompt. Names beyond it are not told to the decoder; whisper.cpp keeps at most 223.
const PROMPT_TOKENS_MAX: usize = 120;

/// whisper.cpp returns nothing at all for less than 100 ms and is unsure below about half a second: shorter sound gets
/// silence behind it.
const SHORTEST: usize = HZ as usize;

/// A loaded model. Its weights are shared by all its recognisers.
#[derive(Debug)]
pub struct Whisper {
    context: WhisperContext,
}

impl Whisper {
    /// Loads a ggml file.
    pub fn load(model: &Path) -> Result<Arc<Self>, SpeechError> {
        if !model.is_file() {
            return Err(SpeechError::Missing { path: model.to_owned() });
        }
        // Without a log feature the hooks drop everything: whisper.cpp prints decoded text at some levels.
        whisper_rs::install_logging_hooks();
        let mut parameters = WhisperContextParameters::default();
        parameters.use_gpu(false);
        let context = WhisperContext::new_with_params(model, parameters).map_err(SpeechError::unusable(model))?;
        Ok(Arc::new(Self { context }))
    }

    /// A recogniser with its own working memory: one for each thread that decodes.
    pub fn recognizer(self: &Arc<Self>) -> Result<WhisperRecognizer, SpeechError> {
        let state = self.context.create_state().map_err(SpeechError::failed(NAME))?;
        Ok(WhisperRecognizer { whisper: Arc::clone(self), state, padded: Vec::new() })
    }

    /// "Dr. Okafor, metoprolol." as tokens; empty for a partial, which is worth no more than the plain decode.
    fn prompt(&self, decoding: &Decoding) -> Result<Vec<WhisperTokenId>, WhisperError> {
        if decoding.words.is_empty() || decoding.purpose == Purpose::Partial {
            return Ok(Vec::new());
        }
        let text = format!(" {}.", decoding.words.join(", "));
        // A token is at least a byte; with less room than it needs, whisper-rs would read beyond its own buffer.
        let mut tokens = self.context.tokenize(&text, text.len() + 1)?;
        tokens.truncate(PROMPT_TOKENS_MAX);
        Ok(tokens)
    }
}

const NAME: &str = "whisper";

/// Whisper for one thread.
#[derive(Debug)]
pub struct WhisperRecognizer {
    whisper: Arc<Whisper>,
    state: WhisperState,
    padded: Vec<f32>,
}

/// One pass of the decoder.
struct Pass {
    text: String,
    confidence: f32,
    looped: bool,
}

impl Recognizer for WhisperRecognizer {
    fn recognize(&mut self, speech: &[f32], decoding: &Decoding, cancel: &Cancel) -> Result<Recognized, SpeechError> {
        let prompt = self.whisper.prompt(decoding).map_err(SpeechError::failed(NAME))?;
        let context = context_for(speech.len().max(SHORTEST), decoding.purpose, !prompt.is_empty());
        self.padded.clear();
        self.padded.extend_from_slice(speech);
        self.padded.resize(speech.len().max(SHORTEST), 0.0);
        let mut pass = self.pass(context, &prompt, cancel)?;
        if pass.looped && context < FULL_CONTEXT {
            match decoding.purpose {
                // The next partial comes sooner than a second try.
                Purpose::Partial => {}
                Purpose::Final | Purpose::Careful => pass = self.pass(FULL_CONTEXT, &prompt, cancel)?,
            }
        }
        Ok(Recognized { text: Phi::new(pass.text), confidence: pass.confidence, looped: pass.looped })
    }
}

impl WhisperRecognizer {
    /// Decodes `self.padded`. A cancel is seen after the encoder and after each token.
    fn pass(&mut self, context: usize, prompt: &[WhisperTokenId], cancel: &Cancel) -> Result<Pass, SpeechError> {
        if cancel.is_cancelled() {
            return Err(SpeechError::Cancelled);
        }
        let tokens_max = (self.padded.len() as f32 / HZ as f32 * TOKENS_PER_S + TOKENS_MORE) as i32;
        let mut parameters = parameters(context, tokens_max, prompt);
        // SAFETY: the callback only reads the `Cancel` behind its user data, which is borrowed until this function returns;
        // whisper.cpp calls back only from within `full`, on this thread.
        unsafe {
            parameters.set_abort_callback(Some(is_cancelled));
            parameters.set_abort_callback_user_data(std::ptr::from_ref(cancel).cast_mut().cast());
        }
        match self.state.full(parameters, &self.padded) {
            Ok(()) => self.collected(tokens_max).map_err(SpeechError::failed(NAME)),
            Err(_) if cancel.is_cancelled() => Err(SpeechError::Cancelled),
            Err(error) => Err(SpeechError::failed(NAME)(error)),
        }
    }

    fn collected(&self, tokens_max: i32) -> Result<Pass, WhisperError> {
        let first_special = self.whisper.context.token_eot();
        let (mut bytes, mut sum, mut count) = (Vec::new(), 0.0, 0);
        for segment in self.state.as_iter() {
            bytes.extend_from_slice(segment.to_bytes()?);
            for token in (0..segment.n_tokens()).filter_map(|i| segment.get_token(i)) {
                if token.token_id() < first_special {
                    sum += token.token_probability();
                    count += 1;
                }
            }
        }
        // A character may be cut in two where a decode was cut off.
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        let confidence = if count == 0 { 0.0 } else { sum / count as f32 };
        Ok(match without_loop(&text) {
            Some(text) => Pass { text, confidence, looped: true },
            None => Pass { text, confidence, looped: count >= tokens_max },
        })
    }
}

/// Encoder positions for so many samples.
fn context_for(samples: usize, purpose: Purpose, prompted: bool) -> usize {
    let speech = (samples as f32 / HZ as f32 / FULL_CONTEXT_S * FULL_CONTEXT as f32).ceil() as usize;
    let least = match (purpose, prompted) {
        // Cheap beats good: its loops are cut off, and the next one comes at once.
        (Purpose::Partial, _) => 0,
        (Purpose::Final | Purpose::Careful, false) => CONTEXT_MIN,
        (Purpose::Final | Purpose::Careful, true) => PROMPTED_CONTEXT_MIN,
    };
    (speech + CONTEXT_MARGIN).clamp(least, FULL_CONTEXT)
}

fn parameters(context: usize, tokens_max: i32, prompt: &[WhisperTokenId]) -> FullParams<'static, '_> {
    // The language stays at its default, "en": set_language and set_initial_prompt leak a C string each time.
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    parameters.set_n_threads(1);
    parameters.set_audio_ctx(context as i32);
    parameters.set_max_tokens(tokens_max);
    parameters.set_tokens(prompt);
    parameters.set_no_context(true);
    parameters.set_no_timestamps(true);
    parameters.set_single_segment(true);
    parameters.set_suppress_nst(true);
    // No second tries at higher temperature: they take as long again and invent words.
    parameters.set_temperature_inc(0.0);
    parameters.set_print_progress(false);
    parameters.set_print_realtime(false);
    parameters.set_print_timestamps(false);
    parameters
}

unsafe extern "C" fn is_cancelled(cancel: *mut c_void) -> bool {
    // SAFETY: `pass` hands over a pointer to a `Cancel` that outlives the decode.
    unsafe { &*cancel.cast::<Cancel>() }.is_cancelled()
}
