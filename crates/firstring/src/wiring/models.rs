//! Weights from the models directory become engines, warm and on their own threads.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use ::models::{Checksum, Manifest, ModelsDir};
use anyhow::Context;
use call::{HearingEngines, Pace, ReaderEngine, Voice};
use domain::{Practice, Tempo};
use nlu::model::LanguageModel;
use nlu::red_flags::RedFlags;
use nlu::{Questions, Reader};
use speech::voice::Synthesizer;
use speech::voice::cache::LineCache;

use super::Desk;
use crate::config::{PracticeConfig, Server};

/// The language model that comes with an adapter: `training/README.md` tells how it was made.
const TRAINED: &str = "smollm2-135m";
#[cfg(feature = "candle")]
const LANGUAGE_MODEL_ADAPTER: &[u8] = include_bytes!("../../../../models/adapters/smollm2-135m.safetensors");
/// What the sentence encoder was taught, by the same calls.
#[cfg(feature = "candle")]
const HEAD: &[u8] = include_bytes!("../../../../models/adapters/mpnet.safetensors");

/// Everything that calls share of the models.
pub struct Engines {
    /// Hears.
    pub hearing: HearingEngines,
    /// Reads.
    pub reader: ReaderEngine,
    /// Speaks.
    pub voice: Voice,
}

impl Engines {
    /// Loads and warms them side by side: each keeps one core busy.
    pub fn load(server: &Server, config: &PracticeConfig, pace: Pace) -> anyhow::Result<Self> {
        let dir = models_dir(server.models.as_deref())?;
        thread::scope(|scope| {
            let hearing = scope.spawn(|| timed("hearing", || hearing(&dir, &config.practice.words, pace)));
            let reader = scope.spawn(|| reader_of(&dir, server, config, pace));
            let voice = timed("voice", || voice(&dir, &config.voice, pace))?;
            Ok(Self { hearing: joined(hearing)?, reader: joined(reader)?, voice })
        })
    }

    /// Those of a further practice on this server: its own reader, which knows its names and facts, and what it can share with `first`.
    pub fn beside(first: &Desk, server: &Server, config: &PracticeConfig, pace: Pace) -> anyhow::Result<Self> {
        let dir = models_dir(server.models.as_deref())?;
        let words = config.practice.words.as_slice().into();
        let hearing = HearingEngines { words, ..first.front.hearing.clone() };
        let voice = if first.voice == config.voice {
            first.front.voice.clone()
        } else {
            timed("voice", || voice(&dir, &config.voice, pace))?
        };
        Ok(Self { hearing, reader: reader_of(&dir, server, config, pace)?, voice })
    }
}

fn reader_of(dir: &ModelsDir, server: &Server, config: &PracticeConfig, pace: Pace) -> anyhow::Result<ReaderEngine> {
    timed("reading", || {
        let practice = Arc::new(config.practice.clone());
        let reader = reader(dir, server, &practice, config.area_code.as_deref(), Written::built_in())?;
        Ok(ReaderEngine::start(reader, pace)?)
    })
}

fn joined<T>(loading: ScopedJoinHandle<'_, anyhow::Result<T>>) -> anyhow::Result<T> {
    loading.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Tells the operator what took how long to become warm.
fn timed<T>(what: &str, make: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let began = Instant::now();
    let made = make()?;
    tracing::info!(what, ms = began.elapsed().as_millis() as u64, "warm");
    Ok(made)
}

/// The directory with the weights: the one given, or the usual one.
pub fn models_dir(given: Option<&Path>) -> anyhow::Result<ModelsDir> {
    let root = given.map_or_else(ModelsDir::default_root, |dir| Ok(dir.to_owned()))?;
    Ok(ModelsDir::new(root, Manifest::built_in()))
}

/// Everything that hears, warm.
#[cfg(all(feature = "whisper", feature = "onnx"))]
pub fn hearing(dir: &ModelsDir, words: &[String], pace: Pace) -> anyhow::Result<HearingEngines> {
    use ::models::Role;
    use call::{Engine, VadPool};
    use speech::hearing::{Cancel, Decoding, EndOfTurn, HZ, Purpose, Recognizer, Vad};
    use speech::onnx::{OnnxRuntime, Silero, SmartTurn};
    use speech::whisper::Whisper;

    let runtime = OnnxRuntime::load(dir.resolve(Role::Runtime)?.main())?;
    let silero = dir.resolve(Role::Vad)?.main().to_owned();
    let vads = VadPool::new(Box::new(move || Ok(Box::new(Silero::load(runtime, &silero)?) as Box<dyn Vad>)))?;
    let mut end_of_turn = SmartTurn::load(runtime, dir.resolve(Role::EndOfTurn)?.main())?;
    let second_of_silence = vec![0.0; HZ as usize];
    end_of_turn.completion_probability(&second_of_silence)?;

    let words: Arc<[String]> = words.into();
    let recognizers = |role, copies: usize| -> anyhow::Result<Vec<Box<dyn Recognizer>>> {
        let whisper = Whisper::load(dir.resolve(role)?.main())?;
        // A partial looks at the least sound: start-up is a second shorter, and the first final is no slower for it.
        let decoding = Decoding { purpose: Purpose::Partial, words: Arc::clone(&words) };
        let mut warm = Vec::new();
        for _ in 0..copies {
            let mut recognizer = whisper.recognizer()?;
            recognizer.recognize(&second_of_silence, &decoding, &Cancel::default())?;
            warm.push(Box::new(recognizer) as Box<dyn Recognizer>);
        }
        Ok(warm)
    };
    let recognizer = Engine::start("recognizer", recognizers(Role::Recognizer, cores())?, pace)?;
    let second = Engine::start("second-decode", recognizers(Role::SecondRecognizer, 1)?, pace)?;
    let end_of_turn = Engine::start("end-of-turn", vec![Box::new(end_of_turn) as Box<dyn EndOfTurn>], pace)?;
    let id = |role| anyhow::Ok(dir.resolve(role)?.id().to_owned());
    let recognizer_ids = [id(Role::Recognizer)?, id(Role::SecondRecognizer)?];
    Ok(HearingEngines { vads, end_of_turn, recognizer, second: Some(second), recognizer_ids, words, pace })
}

/// This build hears nothing.
#[cfg(not(all(feature = "whisper", feature = "onnx")))]
pub fn hearing(_dir: &ModelsDir, _words: &[String], _pace: Pace) -> anyhow::Result<HearingEngines> {
    anyhow::bail!("this build has no recogniser; build with the features whisper and onnx")
}

/// Parallel decodes: each on one thread, because two threads of one decode wait for each other when a third is busy.
#[cfg(all(feature = "whisper", feature = "onnx"))]
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).clamp(1, 8)
}

/// A voice by its name, e.g. `piper/joe` or `kokoro/af_bella`.
#[cfg(feature = "onnx")]
pub fn synthesizer(dir: &ModelsDir, name: &str) -> anyhow::Result<Box<dyn Synthesizer>> {
    use ::models::Role;
    use speech::onnx::{OnnxRuntime, Piper};

    let runtime = OnnxRuntime::load(dir.resolve(Role::Runtime)?.main())?;
    let weights = dir.resolve_id(weights_of(name)?)?;
    match name.split_once('/') {
        Some(("kokoro", voice)) => Ok(Box::new(kokoro(dir, voice)?)),
        _ => Ok(Box::new(Piper::load(runtime, weights.main(), "joe")?)),
    }
}

/// All of Kokoro's voices, of which one is its own.
#[cfg(feature = "onnx")]
pub fn kokoro(dir: &ModelsDir, voice: &str) -> anyhow::Result<speech::onnx::Kokoro> {
    use ::models::Role;
    use speech::onnx::{Kokoro, KokoroFiles, OnnxRuntime};

    let runtime = OnnxRuntime::load(dir.resolve(Role::Runtime)?.main())?;
    let weights = dir.resolve_id("kokoro")?;
    let beside = |file: &str| weights.file(file).context("the manifest names this file of Kokoro").map(Path::to_owned);
    let files = KokoroFiles {
        model: weights.main().to_owned(),
        voices: beside("kokoro-voices.bin")?,
        config: beside("kokoro-config.json")?,
    };
    Ok(Kokoro::load(runtime, &files, voice)?)
}

/// This build has no voice.
#[cfg(not(feature = "onnx"))]
pub fn synthesizer(_dir: &ModelsDir, _name: &str) -> anyhow::Result<Box<dyn Synthesizer>> {
    anyhow::bail!("this build has no voice; build with the feature onnx")
}

/// The manifest's id of a voice's weights.
fn weights_of(voice: &str) -> anyhow::Result<&'static str> {
    match voice.split_once('/') {
        Some(("piper", "joe")) => Ok("piper-joe"),
        Some(("kokoro", _)) => Ok("kokoro"),
        _ => anyhow::bail!("there is no voice {voice}; use piper/joe or kokoro/NAME, e.g. kokoro/af_bella"),
    }
}

/// A practice's voice, warm, before the cache of its fixed lines.
fn voice(dir: &ModelsDir, name: &str, pace: Pace) -> anyhow::Result<Voice> {
    let mut synthesizer = synthesizer(dir, name)?;
    synthesizer.synthesize("Good morning.", Tempo::Usual)?;
    let cache = lines_cache(dir, name, synthesizer.hz()).unwrap_or_else(|why| {
        tracing::warn!(%why, "fixed lines are not kept; each is made anew");
        None
    });
    Ok(Voice::start(vec![synthesizer], cache, pace)?)
}

/// Where lines that are the same in every call are kept for a voice; `None` if nobody can name its weights.
pub fn lines_cache(dir: &ModelsDir, voice: &str, hz: u32) -> anyhow::Result<Option<LineCache>> {
    let weights = dir.manifest().weight(weights_of(voice)?)?;
    // Sound that was made by weights which nobody can name is not kept.
    let Checksum::Sha256(weights) = &weights.files[0].sha256 else { return Ok(None) };
    Ok(Some(LineCache::open(&cache_folder()?.join("lines"), voice, hz, weights)?))
}

/// What can be made anew lies here.
fn cache_folder() -> anyhow::Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
    Ok(cache.or_else(home).context("neither XDG_CACHE_HOME nor HOME is set")?.join("firstring"))
}

/// The language model that the configuration names, or `None` to read by rules alone.
fn language_model(
    dir: &ModelsDir,
    server: &Server,
    questions: &Questions,
) -> anyhow::Result<Option<Box<dyn LanguageModel>>> {
    if let Some(url) = &server.llm_url {
        let key = std::env::var("FIRSTRING_LLM_KEY").ok();
        return Ok(Some(Box::new(nlu::model::openai::OpenAi::new(url, key)?)));
    }
    server.language_model.as_deref().map(|id| in_process(dir, id, questions)).transpose()
}

#[cfg(feature = "candle")]
fn in_process(dir: &ModelsDir, id: &str, questions: &Questions) -> anyhow::Result<Box<dyn LanguageModel>> {
    use nlu::model::candle::{Begun, CandleModel};

    let weights = dir.resolve_id(id)?;
    if id == TRAINED {
        // Its prompts are too short to be worth keeping on disk.
        return Ok(Box::new(CandleModel::load_trained(weights.main(), LANGUAGE_MODEL_ADAPTER)?));
    }
    let Ok(folder) = cache_folder() else { return Ok(Box::new(CandleModel::load(weights.main())?)) };
    let (model, begun) = CandleModel::load_begun(weights.main(), questions, &folder.join("prefix"))?;
    match begun {
        Begun::Loaded => {}
        Begun::Read { refused, kept } => {
            if let Some(why) = refused {
                tracing::warn!(%why, "what the language model had read at an earlier start was unusable; it read anew");
            }
            if let Err(why) = kept {
                tracing::warn!(%why, "what the language model read is not kept; the next start reads it anew");
            }
        }
    }
    Ok(Box::new(model))
}

/// The third witness.
#[cfg(feature = "candle")]
fn with_head(reader: Reader, dir: &ModelsDir) -> anyhow::Result<Reader> {
    use ::models::Role;
    use nlu::model::candle::SentenceHead;

    let encoder = dir.resolve(Role::SentenceEncoder)?;
    let tokenizer = encoder.file("mpnet-tokenizer.json").context("the manifest names this file of the encoder")?;
    Ok(reader.with_head(Box::new(SentenceHead::load(encoder.main(), tokenizer, HEAD)?)))
}

/// This build learns nothing.
#[cfg(not(feature = "candle"))]
fn with_head(_reader: Reader, _dir: &ModelsDir) -> anyhow::Result<Reader> {
    anyhow::bail!("this build has no learned head; build with the feature candle, or give --no-llm")
}

#[cfg(not(feature = "candle"))]
fn in_process(_dir: &ModelsDir, _id: &str, _questions: &Questions) -> anyhow::Result<Box<dyn LanguageModel>> {
    anyhow::bail!("this build has no language model; build with the feature candle, or give --llm-url or --no-llm")
}

/// What is written about reading: the red flags, and what the language model is told and asked.
#[derive(Debug)]
pub struct Written {
    red_flags: RedFlags,
    questions: Questions,
}

impl Written {
    /// As it comes with FirstRing.
    pub fn built_in() -> Self {
        Self { red_flags: RedFlags::built_in(), questions: Questions::built_in() }
    }

    /// As it stands in another folder; files that are not there are those that come with FirstRing.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let text = |name: &str| {
            let file = folder.join(name.trim_start_matches("prompts/"));
            let found =
                file.exists().then(|| std::fs::read_to_string(&file).with_context(|| file.display().to_string()));
            found.transpose()
        };
        anyhow::ensure!(folder.is_dir(), "{}: there is no such folder", folder.display());
        let mut flags = Vec::new();
        for (name, built_in) in RedFlags::FILES {
            flags.push((name, text(name)?.unwrap_or_else(|| built_in.to_owned())));
        }
        let flags: Vec<(&'static str, &str)> = flags.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let questions = text("reading.toml")?.map(|toml| Questions::parse(&toml)).transpose()?;
        let red_flags = RedFlags::parse(&flags)?;
        let untrue = red_flags.untrue_examples();
        anyhow::ensure!(untrue.is_empty(), "rules that do not do as they say: {}", untrue.join("; "));
        Ok(Self { red_flags, questions: questions.unwrap_or_else(Questions::built_in) })
    }
}

/// Who reads what was heard, warm.
pub fn reader(
    dir: &ModelsDir,
    server: &Server,
    practice: &Arc<Practice>,
    area_code: Option<&str>,
    written: Written,
) -> anyhow::Result<Reader> {
    let questions = match server.language_model.as_deref() {
        Some(TRAINED) if server.llm_url.is_none() => written.questions.for_trained(),
        _ => written.questions,
    };
    let model = language_model(dir, server, &questions)?;
    if model.is_none() {
        tracing::warn!("no language model: calls are read without it");
    }
    let mut reader = Reader::new(Arc::clone(practice), area_code, written.red_flags, questions, model);
    if server.learned_head {
        reader = with_head(reader, dir)?;
    }
    reader.warm_up()?;
    Ok(reader)
}

/// The names of those who judge urgency.
pub fn witnesses(server: &Server) -> Vec<String> {
    let model = server.llm_url.clone().or_else(|| server.language_model.clone());
    let head = server.learned_head.then(|| "mpnet".to_owned());
    ["red flags".to_owned()].into_iter().chain(model).chain(head).collect()
}
