//! The language model in this process: GGUF weights on candle, with a decoder of our own.
//!
//! Why our own: candle's stock models copy whole prompts or cannot continue them, keep every mask for ever, and run
//! Q4_1, Q5_0 and Q5_1 on scalar kernels; see `weights` and `decoder`.
//!
//! Threads: candle has a pool of its own whose threads wait by spinning. `CANDLE_NUM_THREADS` (before the first use;
//! by default `RAYON_NUM_THREADS`, then the number of cores) should leave a core to the recogniser. The kernels are
//! chosen at compile time: without `-C target-cpu` they are several times slower.

mod adapter;
mod chat;
mod decoder;
mod encoder;
mod head;
mod prefix_file;
mod prefixes;
mod weights;

use std::io;
use std::path::Path;

use candle_core::Device;
use serde::Serialize;

use self::adapter::Adapter;
use self::chat::Chat;
use self::decoder::{Decoder, Memory, Pass};
use self::prefix_file::PrefixFile;
use self::prefixes::Prefixes;
use self::weights::Weights;
use super::{Cancel, LanguageModel, Message, Question};
use crate::{NluError, Questions};

pub use self::head::SentenceHead;

/// Tokens of one pass. Between passes a cancellation is seen: 0.3 s with the 1.5 B model on two threads.
const PASS_TOKENS_MAX: usize = 64;

/// The longest prompt. Longer ones are refused ([`NluError::TooLong`]); a reading's prompt has about 1,100 tokens.
const PROMPT_TOKENS_MAX: usize = 4096;

/// A Qwen 2 or Llama model (SmolLM2, ..) from a GGUF file, on ChatML.
pub struct CandleModel {
    chat: Chat,
    decoder: Decoder,
    prefixes: Prefixes,
}

/// How a model came by the beginning of its prompts.
#[derive(Debug)]
pub enum Begun {
    /// From the file that an earlier start kept.
    Loaded,
    /// It was read anew, which takes many times as long.
    Read {
        /// Why the file that was found was not used; `None` if there was none.
        refused: Option<io::Error>,
        /// Whether the next start will find a file.
        kept: io::Result<()>,
    },
}

/// A prompt and the right choices after it, in tokens: what training shows a model.
#[derive(Clone, Debug, Serialize)]
pub struct Lesson {
    /// Up to where the answer begins.
    pub prompt: Vec<u32>,
    /// Each is read behind the prompt, on its own.
    pub forks: Vec<LessonFork>,
}

/// A choice among tokens.
#[derive(Clone, Debug, Serialize)]
pub struct LessonFork {
    /// Of which question.
    pub question: String,
    /// What stands between the prompt and the choice.
    pub lead: Vec<u32>,
    /// Which tokens may follow.
    pub choices: Vec<u32>,
    /// Which of them is right.
    pub right: usize,
}

impl std::fmt::Debug for CandleModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CandleModel").finish_non_exhaustive()
    }
}

impl From<candle_core::Error> for NluError {
    fn from(error: candle_core::Error) -> Self {
        Self::Inference(Box::new(error))
    }
}

impl CandleModel {
    /// Loads the weights: one to three seconds.
    pub fn load(path: &Path) -> Result<Self, NluError> {
        Self::load_changed(path, None)
    }

    /// Loads the weights with what training made of them: `trained` are the bytes of an adapter for just these weights.
    pub fn load_trained(path: &Path, trained: &[u8]) -> Result<Self, NluError> {
        Self::load_changed(path, Some(Adapter::read(trained)?))
    }

    fn load_changed(path: &Path, adapter: Option<Adapter>) -> Result<Self, NluError> {
        let device = Device::Cpu;
        let mut weights = Weights::open(path, adapter, &device)?;
        let unusable = |problem: &str, source: Option<candle_core::Error>| NluError::Weights {
            path: path.to_owned(),
            problem: problem.to_owned(),
            source: source.map(Into::into),
        };
        let tokenizer = weights.tokenizer().map_err(|e| unusable("its tokenizer is not known", Some(e)))?;
        let chat = Chat::new(tokenizer).ok_or_else(|| unusable("it was not trained on ChatML", None))?;
        let decoder = Decoder::load(&mut weights, &device, PROMPT_TOKENS_MAX)
            .map_err(|e| unusable("its layers cannot be read", Some(e)))?;
        Ok(Self { chat, decoder, prefixes: Prefixes::default() })
    }

    /// Loads the weights, and has the model know the written beginning of every prompt: from the file that an earlier start
    /// kept in `folder`, else by reading it. An unusable folder costs time, and is no error.
    pub fn load_begun(path: &Path, questions: &Questions, folder: &Path) -> Result<(Self, Begun), NluError> {
        let mut model = Self::load(path)?;
        let tokens = model.chat.open(questions.beginning())?;
        let file = PrefixFile::new(folder, path, &tokens);
        let found = match &file {
            Ok(file) => file.load(&model.decoder, tokens.len()),
            Err(_) => Ok(None),
        };
        let (memory, begun) = match found {
            Ok(Some(memory)) => {
                // candle lays the weights out for its kernels in the first pass of several tokens, which takes over a
                // second: the first caller is not to wait for it.
                let several = Pass { trunk: &tokens[..tokens.len().min(2)], branches: &[] };
                model.decoder.read(&several, &Memory::default())?;
                (memory, Begun::Loaded)
            }
            Ok(None) | Err(_) => {
                let memory = model.read(&tokens, &Cancel::default())?;
                let kept = file.and_then(|file| file.keep(&memory));
                (memory, Begun::Read { refused: found.err(), kept })
            }
        };
        model.prefixes.keep(tokens, memory);
        Ok((model, begun))
    }

    /// What the model would have to learn so as to give these answers: (question, its words, the right one).
    pub fn lesson(&self, messages: &[Message], answers: &[(Question<'_>, usize)]) -> Result<Lesson, NluError> {
        let mut forks = Vec::new();
        for (question, right) in answers {
            let choice = Choice::new(&self.chat, question)?;
            forks.extend(
                choice.on_the_way_to(*right).map(|fork| LessonFork { question: question.name.to_owned(), ..fork }),
            );
        }
        Ok(Lesson { prompt: self.chat.up_to_answer(messages)?, forks })
    }

    /// The memory of `tokens`.
    fn read(&mut self, tokens: &[u32], cancel: &Cancel) -> Result<Memory, NluError> {
        let (memory, rest) = self.read_up_to(tokens, cancel)?;
        if rest.is_empty() {
            return Ok(memory);
        }
        Ok(self.decoder.read(&Pass { trunk: rest, branches: &[] }, &memory)?.0)
    }

    /// The memory of all but the last `PASS_TOKENS_MAX` of `tokens`, at most, and these last tokens.
    fn read_up_to<'a>(&mut self, tokens: &'a [u32], cancel: &Cancel) -> Result<(Memory, &'a [u32]), NluError> {
        let tokens_max = self.decoder.tokens_max();
        if tokens.len() > tokens_max {
            return Err(NluError::TooLong { tokens: tokens.len(), tokens_max });
        }
        let mut memory = self.prefixes.longest(tokens)?;
        let mut rest = &tokens[memory.tokens()..];
        while rest.len() > PASS_TOKENS_MAX {
            cancel.check()?;
            let (trunk, after) = rest.split_at(PASS_TOKENS_MAX);
            memory = self.decoder.read(&Pass { trunk, branches: &[] }, &memory)?.0;
            rest = after;
        }
        cancel.check()?;
        Ok((memory, rest))
    }
}

impl LanguageModel for CandleModel {
    fn prepare(&mut self, messages: &[Message], cancel: &Cancel) -> Result<(), NluError> {
        let tokens = self.chat.open(messages)?;
        let memory = self.read(&tokens, cancel)?;
        self.prefixes.keep(tokens, memory);
        Ok(())
    }

    fn choose(
        &mut self,
        messages: &[Message],
        questions: &[Question<'_>],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<f32>>, NluError> {
        let tokens = self.chat.up_to_answer(messages)?;
        let mut choices = questions.iter().map(|q| Choice::new(&self.chat, q)).collect::<Result<Vec<_>, _>>()?;
        let (mut memory, mut trunk) = self.read_up_to(&tokens, cancel)?;
        loop {
            let branches: Vec<Vec<u32>> = choices.iter().flat_map(Choice::branches).collect();
            if branches.is_empty() {
                return Ok(choices.into_iter().map(|choice| choice.probabilities).collect());
            }
            cancel.check()?;
            let (read, states) = self.decoder.read(&Pass { trunk, branches: &branches }, &memory)?;
            let mut row = 0;
            for choice in &mut choices {
                choice.advance(|next| {
                    row += 1;
                    self.decoder.logits(&states.get(row - 1)?, next)
                })?;
            }
            memory = read;
            trunk = &[];
        }
    }
}

/// The choice among the words of one question. Words are compared token by token: at each fork the probability is
/// shared out among the tokens that lead to a word, so that long words are at no disadvantage.
struct Choice {
    lead: Vec<u32>,
    words: Vec<Vec<u32>>,
    probabilities: Vec<f32>,
    /// Words that begin alike, and how many tokens they have in common. Mostly one fork and one pass.
    forks: Vec<(Vec<usize>, usize)>,
}

impl Choice {
    fn new(chat: &Chat, question: &Question<'_>) -> Result<Self, NluError> {
        let words = question.words.iter().map(|word| chat.word(word)).collect::<Result<Vec<_>, _>>()?;
        let all: Vec<usize> = (0..words.len()).collect();
        Ok(Self {
            lead: chat.lead(question.name)?,
            probabilities: vec![1.0; words.len()],
            forks: if all.len() > 1 { vec![(all, 0)] } else { Vec::new() },
            words,
        })
    }

    /// What is to be read for each fork.
    fn branches(&self) -> impl Iterator<Item = Vec<u32>> + '_ {
        self.forks.iter().map(|(words, depth)| [&self.lead, &self.words[words[0]][..*depth]].concat())
    }

    /// Every fork at which a word is told from others, with what leads there.
    fn on_the_way_to(&self, right: usize) -> impl Iterator<Item = LessonFork> {
        let word = &self.words[right];
        let forks = (0..word.len()).map(|depth| {
            let open = self.words.iter().filter(|other| other.len() > depth && other[..depth] == word[..depth]);
            let mut choices: Vec<u32> = open.map(|other| other[depth]).collect();
            choices.sort_unstable();
            choices.dedup();
            let right = choices.iter().position(|token| *token == word[depth]).unwrap_or_default();
            let lead = [&self.lead, &word[..depth]].concat();
            LessonFork { question: String::new(), lead, choices, right }
        });
        forks.filter(|fork| fork.choices.len() > 1)
    }

    /// Decides each fork by the logits of its next tokens.
    fn advance(&mut self, mut logits: impl FnMut(&[u32]) -> candle_core::Result<Vec<f32>>) -> Result<(), NluError> {
        for (words, depth) in std::mem::take(&mut self.forks) {
            let next = |word: usize| self.words[word][depth];
            let mut tokens: Vec<u32> = words.iter().map(|&word| next(word)).collect();
            tokens.sort_unstable();
            tokens.dedup();
            for (&token, probability) in tokens.iter().zip(softmax(&logits(&tokens)?)) {
                let alike: Vec<usize> = words.iter().copied().filter(|&word| next(word) == token).collect();
                for &word in &alike {
                    self.probabilities[word] *= probability;
                }
                // All at their end at once: the same word twice, between which nothing can decide.
                let undecided = alike.len() > 1 && alike.iter().all(|&word| depth + 1 < self.words[word].len());
                if undecided {
                    self.forks.push((alike, depth + 1));
                }
            }
        }
        Ok(())
    }
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f32> = logits.iter().map(|logit| (logit - highest).exp()).collect();
    let sum: f32 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}
