use std::path::Path;
use std::time::Duration;

use ::call::{Entry, Journal, Pace, Summary};
use anyhow::Context;
use audio::codec::Codec;
use audio::g711::Law;
use domain::{Phi, PhoneNumber};
use jiff::Zoned;
use tokio::sync::mpsc;
use transport::Leg;
use transport::loopback::{self, Exchange, LoopbackCaller, LoopbackOptions, Recording, Reply, Said, SipCallOptions};

use super::records::now;
use super::{Usage, recording, runtime};
use crate::cli;
use crate::config::{PracticeConfig, Server};
use crate::page_times::note_page_times;
use crate::wiring::{Desk, DeskOptions};

/// A caller who hears nothing for so long says the next thing all the same.
const PATIENCE: Duration = Duration::from_secs(15);
/// After the last answer FirstRing may end the call itself; then the caller hangs up.
const GOODBYE: Duration = Duration::from_secs(4);
/// News of the call that nobody here reads. Full: they are lost, as for any slow viewer.
const NEWS_MAX: usize = 1;

/// One recorded call, as it is to be held.
pub(super) struct Plan {
    /// 16 kHz, one after the other.
    pub(super) says: Vec<Vec<f32>>,
    pub(super) way: Way,
    pub(super) caller_id: Option<PhoneNumber>,
    /// The advertising channel of the number that was dialled.
    pub(super) channel: Option<String>,
}

/// How it comes.
pub(super) enum Way {
    /// By a line in this process.
    Loopback(loopback::Line),
    /// By SIP, in real time.
    Sip(Codec),
}

/// A call that was held.
pub(super) struct Held {
    pub(super) journal: Vec<Entry>,
    pub(super) recording: Recording,
    /// When each recording was said.
    pub(super) said: Vec<Said>,
}

pub(super) fn run(args: &cli::Call) -> anyhow::Result<()> {
    let says = args.wav.iter().map(|file| recording(file)).collect::<Result<Vec<_>, _>>()?;
    let mark = args.mark.as_deref().map(parse_mark).transpose()?;
    let way = way(args)?;
    let caller_id = args.caller_id.as_deref().map(str::parse::<PhoneNumber>).transpose().context("--caller-id")?;
    let mut over = args.places.overrides(None);
    // A recorded call leaves the practice's own data alone unless it is told to use them.
    over.apart = over.data.is_none();
    over.data.get_or_insert_with(|| args.out.join("data"));
    let server = Server::load(args.places.files.config.as_deref(), over)?;
    let config = PracticeConfig::load_at(&server.practice, now(args.now.as_ref()))?;
    std::fs::create_dir_all(&args.out).with_context(|| format!("{} cannot be made", args.out.display()))?;

    let pace = if args.fast { Pace::Virtual } else { Pace::RealTime };
    let channel = config.numbers.channel(&Phi::new(args.dialled.iter().cloned().collect())).map(str::to_owned);
    let plan = Plan { says, way, caller_id, channel };
    let lengths: Vec<usize> = plan.says.iter().map(Vec::len).collect();
    let (held, mut summary) = runtime(pace)?.block_on(async {
        // Where time jumps, the computer's clock would tell the office another time than the call's.
        let now = args.now.clone().or_else(|| (pace == Pace::Virtual).then(Zoned::now));
        let options = DeskOptions { pace, page_url: args.page_url.clone(), dials: None, now };
        let desk = Desk::open(&server, config, options).await?;
        let held = hold(&desk, plan).await?;
        let mut summary = Summary::of(&held.journal);
        note_page_times(&desk.office.store, &held.journal, &mut summary).await;
        desk.close().await;
        anyhow::Ok((held, summary))
    })?;
    if let (Some(escalation), Some(mark)) = (&mut summary.escalation, mark) {
        escalation.urgent_words_end_ms = on_the_line(mark, &lengths, &held.said);
    }
    write(&args.out, &held, &summary).with_context(|| format!("{} cannot be written to", args.out.display()))
}

/// The way that the command line asks for.
fn way(args: &cli::Call) -> Result<Way, Usage> {
    let codec = match args.codec {
        None | Some(cli::Codec::Pcmu) => Codec::Pcmu,
        Some(cli::Codec::Pcma) => Codec::Pcma,
        Some(cli::Codec::G722) => Codec::G722,
        Some(cli::Codec::Opus) => Codec::Opus,
    };
    match args.leg {
        cli::Line::Sip if args.fast => {
            Err(Usage("--leg sip sends real packets, which have their own time: leave --fast out".to_owned()))
        }
        cli::Line::Sip => Ok(Way::Sip(codec)),
        cli::Line::Wide | cli::Line::G711 if args.codec.is_some() => {
            Err(Usage("--codec is what a telephone speaks: it goes with --leg sip".to_owned()))
        }
        cli::Line::Wide => Ok(Way::Loopback(loopback::Line::Wide)),
        cli::Line::G711 => Ok(Way::Loopback(g711())),
    }
}

/// A line that sounds like a telephone.
pub(super) fn g711() -> loopback::Line {
    loopback::Line::G711(audio::telephone::Telephone { law: Law::Mu, loss: 0.0, seed: 0 })
}

/// Calls, and is picked up. The exchange, if there is one, is to be stopped when the call is over.
async fn begin(way: Way, caller_id: Option<PhoneNumber>) -> anyhow::Result<(Leg, LoopbackCaller, Option<Exchange>)> {
    let caller_id = caller_id.map(Phi::new);
    Ok(match way {
        Way::Loopback(line) => {
            let (leg, caller) = loopback::call(LoopbackOptions { line, caller_id });
            (leg, caller, None)
        }
        Way::Sip(codec) => {
            let (leg, caller, exchange) = loopback::call_by_sip(SipCallOptions { codec, caller_id }).await?;
            (leg, caller, Some(exchange))
        }
    })
}

/// Holds one call.
pub(super) async fn hold(desk: &Desk, plan: Plan) -> anyhow::Result<Held> {
    let (leg, mut caller, exchange) = begin(plan.way, plan.caller_id).await?;
    let (journal, mut entries) = Journal::new();
    let journal = journal.by_channel(plan.channel);
    let kept = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Some(entry) = entries.recv().await {
            kept.push(entry);
        }
        kept
    });
    let (news, _unread) = mpsc::channel(NEWS_MAX);
    let (front, started) = (desk.front.clone(), desk.now());
    let call = tokio::spawn(async move { front.answer(leg, started, journal, news).await });
    let said = talk(&mut caller, plan.says).await;
    let recording = caller.recording().await;
    if let Err(why) = call.await {
        tracing::error!(panicked = why.is_panic(), "the call's task failed");
    }
    if let Some(exchange) = exchange {
        exchange.stop().await;
    }
    Ok(Held { journal: kept.await.unwrap_or_default(), recording, said })
}

/// The caller's side: says each recording once FirstRing has finished, then waits for a goodbye and hangs up.
async fn talk(caller: &mut LoopbackCaller, says: Vec<Vec<f32>>) -> Vec<Said> {
    let mut said = Vec::new();
    let mut reply = caller.finished_speaking(PATIENCE).await;
    for samples in says {
        if reply == Reply::HungUp {
            return said;
        }
        let Ok(times) = caller.say(samples).await else { return said };
        said.push(times);
        reply = caller.finished_speaking(PATIENCE).await;
    }
    if reply != Reply::HungUp && tokio::time::timeout(GOODBYE, caller.hung_up()).await.is_err() {
        caller.hang_up();
    }
    said
}

/// `urgent=2.4`: seconds into the recordings, one after the other.
fn parse_mark(written: &str) -> anyhow::Result<f64> {
    let seconds = written.strip_prefix("urgent=").and_then(|seconds| seconds.parse().ok());
    seconds.ok_or_else(|| Usage("--mark is written urgent=SECONDS, e.g. --mark urgent=2.4".to_owned()).into())
}

/// Where a moment of the recordings was on the line, in milliseconds.
fn on_the_line(mark_s: f64, lengths: &[usize], said: &[Said]) -> Option<u64> {
    let mut left = (mark_s * 16_000.0) as usize;
    for (length, said) in lengths.iter().zip(said) {
        if left <= *length {
            return Some((said.from + Duration::from_millis(left as u64 / 16)).as_ms());
        }
        left -= length;
    }
    None
}

pub(super) fn write(out: &Path, held: &Held, summary: &Summary) -> anyhow::Result<()> {
    audio::wav::write(out.join("heard.wav"), 16_000, 1, &held.recording.to_caller)?;
    audio::wav::write(out.join("stereo.wav"), 16_000, 2, &held.recording.stereo())?;
    let mut lines = String::new();
    for entry in &held.journal {
        lines.push_str(&serde_json::to_string(entry)?);
        lines.push('\n');
    }
    std::fs::write(out.join("journal.jsonl"), lines)?;
    std::fs::write(out.join("summary.json"), serde_json::to_string_pretty(summary)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::CallTime;

    use super::*;

    #[test]
    fn a_mark_is_found_in_the_recording_it_stands_in() {
        let said = |from, to| Said { from: CallTime::from_ms(from), to: CallTime::from_ms(to) };
        let lengths = [16_000, 32_000];
        let said = [said(5_000, 6_000), said(9_000, 11_000)];
        assert_eq!(on_the_line(0.5, &lengths, &said), Some(5_500));
        assert_eq!(on_the_line(2.0, &lengths, &said), Some(10_000));
        assert_eq!(on_the_line(9.0, &lengths, &said), None);
        assert!(parse_mark("urgent=x").is_err());
    }
}
