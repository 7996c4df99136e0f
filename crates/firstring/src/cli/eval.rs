use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Zoned;

use super::{Files, Places};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Eval {
    #[command(subcommand)]
    pub command: Option<EvalCommand>,
    #[command(flatten)]
    pub places: Places,
    /// Suites of labelled utterances, or scenarios, or folders of either.
    #[arg(required = true, value_name = "SUITE")]
    pub suites: Vec<PathBuf>,
    /// Write what came of each case as JSON; in sound, the table with every word that was heard.
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub reading: AsUtterances,
    #[command(flatten)]
    pub sound: InSound,
}

#[derive(Debug, Subcommand)]
pub enum EvalCommand {
    /// Make a case of a call: what was said and asked, labelled as it was read, for a person to correct.
    Add(EvalAdd),
}

#[derive(Debug, Args)]
pub struct EvalAdd {
    #[command(flatten)]
    pub files: Files,
    /// A journal.jsonl that `firstring call` wrote, or the id of a call that the server has answered.
    #[arg(value_name = "JOURNAL|CALL")]
    pub journal: String,
    /// The suite to which it is added, Markdown; a new file is begun.
    #[arg(long, value_name = "FILE.md")]
    pub suite: PathBuf,
    /// Put names, dates of birth and numbers out of sight.
    #[arg(long)]
    pub mask: bool,
}

/// How labelled utterances are read.
#[derive(Debug, Args)]
pub struct AsUtterances {
    /// Write a page for people: what went wrong, how often, by whom, the worst cases first.
    #[arg(long, value_name = "FILE.html", conflicts_with = "audio")]
    pub html: Option<PathBuf>,
    /// Write the cases as JUnit XML.
    #[arg(long, value_name = "FILE.xml", conflicts_with = "audio")]
    pub junit: Option<PathBuf>,
    /// Compare with the report of another version.
    #[arg(long, value_name = "FILE.json", conflicts_with = "audio")]
    pub against: Option<PathBuf>,
    /// Which language model reads, by its id in the manifest, or `none` [default: as configured].
    #[arg(long, value_name = "ID", conflicts_with_all = ["llm_url", "no_llm"])]
    pub llm: Option<String>,
    /// Read with the red flags and the questions of this folder instead of those that come with FirstRing.
    #[arg(long, value_name = "DIR", conflicts_with = "audio")]
    pub prompts: Option<PathBuf>,
    /// When everything is said [default: as the suites tell].
    #[arg(long, value_name = "RFC9557", conflicts_with = "audio")]
    pub now: Option<Zoned>,
    /// The bars; a broken one is exit code 1 [default: eval/thresholds.toml, if it is there].
    #[arg(long, value_name = "FILE.toml", conflicts_with = "audio")]
    pub thresholds: Option<PathBuf>,
}

impl AsUtterances {
    /// Whether any of it is asked for.
    pub fn is_given(&self) -> bool {
        let Self { html, junit, against, llm, prompts, now, thresholds } = self;
        let files = [html, junit, against, prompts, thresholds];
        files.into_iter().any(Option::is_some) || llm.is_some() || now.is_some()
    }
}

/// How scenarios are held in sound.
#[derive(Debug, Args)]
pub struct InSound {
    /// Hold them in sound, over a noisy telephone line: of a folder those with `- spoken: yes`.
    #[arg(long)]
    pub audio: bool,
    /// Who calls; not the practice's own voice [default: four voices in turn].
    #[arg(long, value_name = "VOICE", requires = "audio")]
    pub voice: Option<String>,
    /// How far the caller's words are above the noise.
    #[arg(long, value_name = "DB", default_value = "20", allow_negative_numbers = true, requires = "audio")]
    pub snr_db: f32,
    /// The noise around the caller [default: pink noise].
    #[arg(long, value_name = "FILE.wav", requires = "audio")]
    pub noise: Option<PathBuf>,
    /// In real time, for what callers wait, instead of as fast as the models work.
    #[arg(long, requires = "audio")]
    pub real_time: bool,
    /// Have voices speak a suite of utterances over noisy telephone lines, and write what is heard there, to be evaluated in its
    /// place. What the file holds already is kept.
    #[arg(long, value_name = "FILE.jsonl", conflicts_with = "audio", requires = "noises")]
    pub telephone: Option<PathBuf>,
    /// Recordings of noise (WAV), one of them around each caller.
    #[arg(long, value_name = "DIR", requires = "telephone")]
    pub noises: Option<PathBuf>,
    /// So many utterances of each scenario; 0 for all.
    #[arg(long, value_name = "N", default_value = "0", requires = "telephone")]
    pub each: usize,
    /// Write each call's recordings, journal and summary into a folder of its own.
    #[arg(long, value_name = "DIR", requires = "audio")]
    pub out: Option<PathBuf>,
}
