use std::path::PathBuf;

use clap::Args;

use super::Places;

#[derive(Debug, Args)]
pub struct Eval {
    #[command(flatten)]
    pub places: Places,
    /// Scenarios, or folders of them.
    #[arg(required = true, value_name = "SUITE")]
    pub suites: Vec<PathBuf>,
    #[command(flatten)]
    pub sound: InSound,
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
    /// Write the table, with every word that was heard, as JSON.
    #[arg(long, value_name = "FILE.json", requires = "audio")]
    pub report: Option<PathBuf>,
    /// Write each call's recordings, journal and summary into a folder of its own.
    #[arg(long, value_name = "DIR", requires = "audio")]
    pub out: Option<PathBuf>,
}
