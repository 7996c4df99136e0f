//! Eight calls over a telephone line, held with the real models in real time, as a table that a person can read.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ::call::{Entry, Happening, Pace, Summary};
use anyhow::Context;
use axum::Router;
use axum::routing::post;
use domain::{CallTime, Phi};
use tokio::net::TcpListener;

use super::call::{Held, Plan, Way, g711, hold, write};
use super::{print, recording};
use crate::cli;
use crate::config::{PracticeConfig, Server};
use crate::wiring::{Desk, DeskOptions};

struct Scene {
    name: &'static str,
    /// In the zone of the example practices.
    now: &'static str,
    says: &'static [&'static str],
}

const SCENES: [Scene; 8] = [
    Scene {
        name: "emergency",
        now: "2026-03-04T10:12:00-05:00[America/New_York]",
        says: &["emergency_chest", "emergency_called", "emergency_with"],
    },
    Scene {
        name: "urgent-at-night",
        now: "2026-03-04T02:47:00-05:00[America/New_York]",
        says: &["urgent_fever", "urgent_yes", "message_number", "yes_right"],
    },
    Scene {
        name: "message",
        now: "2026-03-04T12:30:00-05:00[America/New_York]",
        says: &[
            "message_open",
            "message_body",
            "message_no_more",
            "message_name",
            "yes_right",
            "message_number",
            "yes_right",
        ],
    },
    Scene {
        name: "question",
        now: "2026-03-04T08:05:00-05:00[America/New_York]",
        says: &["question_parking", "goodbye"],
    },
    Scene {
        name: "booking",
        now: "2026-03-04T10:00:00-05:00[America/New_York]",
        says: &["book_physical", "maria_birth", "first_one", "yes_please", "goodbye"],
    },
    Scene {
        name: "when-is-it",
        now: "2026-03-04T16:40:00-05:00[America/New_York]",
        says: &["when_appointment", "maria_birth", "goodbye"],
    },
    Scene {
        name: "emergency-in-a-booking",
        now: "2026-03-05T09:15:00-05:00[America/New_York]",
        says: &["book_physical", "emergency_chest", "emergency_called"],
    },
    Scene {
        name: "cancelling",
        now: "2026-03-06T11:20:00-05:00[America/New_York]",
        says: &["cancel_appointment", "maria_birth", "yes_please", "goodbye"],
    },
];

/// Where the callers' recordings lie, from the root of the repository.
const RECORDINGS: &str = "eval/fixtures";
const CALLER_ID: &str = "+12125550123";

pub(super) fn run(args: &cli::Demo) -> anyhow::Result<()> {
    let out = args.out.clone().unwrap_or_else(|| std::env::temp_dir().join("firstring-demo"));
    let mut over = args.places.overrides(None);
    if over.data.is_none() {
        // The book of an earlier demonstration would change what this one is offered.
        let data = out.join("data");
        if data.exists() {
            std::fs::remove_dir_all(&data).with_context(|| data.display().to_string())?;
        }
        (over.data, over.apart) = (Some(data), true);
    }
    let server = Server::load(args.places.files.config.as_deref(), over)?;
    super::runtime(Pace::RealTime)?.block_on(async {
        let pager = pager().await?;
        for scene in SCENES {
            // Each call takes place at its own time of day, so each opens a desk of its own.
            let config = PracticeConfig::load(&server.practice)?;
            let options = DeskOptions {
                dials: None,
                pace: Pace::RealTime,
                page_url: Some(format!("http://{pager}/page")),
                now: Some(scene.now.parse()?),
            };
            let desk = Desk::open(&server, config, options).await?;
            let says = scene.says.iter().map(|name| recording(&fixture(name))).collect::<anyhow::Result<_>>()?;
            let plan = Plan { says, way: Way::Loopback(g711()), caller_id: Some(CALLER_ID.parse()?), channel: None };
            let held = hold(&desk, plan).await?;
            desk.close().await;
            let summary = Summary::of(&held.journal);
            let folder = out.join(scene.name);
            std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            write(&folder, &held, &summary)?;
            show(&scene, &held, &summary, &folder)?;
        }
        Ok(())
    })
}

fn fixture(name: &str) -> PathBuf {
    Path::new(RECORDINGS).join(format!("{name}.wav"))
}

/// Stands for the pager of the clinician on call: takes every page.
async fn pager() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/page", post(async || "taken"));
    tokio::spawn(async move {
        if let Err(why) = axum::serve(listener, router).await {
            tracing::error!(%why, "the demonstration's pager stopped");
        }
    });
    Ok(address)
}

fn show(scene: &Scene, held: &Held, summary: &Summary, folder: &Path) -> anyhow::Result<()> {
    print(&format!("\n== {} ({}), recorded in {}", scene.name, scene.now, folder.display()))?;
    for line in timeline(&held.journal) {
        print(&line)?;
    }
    print(&format!("   {:24} {:>9} {:>9}", "stage", "times", "median ms"))?;
    for stage in ["partial", "final", "reading", "first_clause", "second_decode"] {
        let mut times: Vec<u64> = held.journal.iter().filter_map(|entry| time_of(entry, stage)).collect();
        times.sort_unstable();
        if let Some(median) = times.get(times.len() / 2) {
            print(&format!("   {stage:24} {:9} {median:9}", times.len()))?;
        }
    }
    let mut waits: Vec<u64> = summary.turns.iter().filter_map(|turn| turn.voice_to_voice_ms).collect();
    waits.sort_unstable();
    if let Some(median) = waits.get(waits.len() / 2) {
        print(&format!("   {:24} {:9} {median:9}", "voice to voice", waits.len()))?;
    }
    if let Some(escalation) = &summary.escalation {
        print(&format!("   escalation: {}", serde_json::to_string(escalation)?))?;
    }
    let achieved: Vec<String> = summary.outcomes.iter().map(ToString::to_string).collect();
    print(&format!("   outcome: {}", achieved.join(", ")))
}

fn time_of(entry: &Entry, wanted: &str) -> Option<u64> {
    let Happening::Stage { stage, ms } = &entry.what else { return None };
    (stage == wanted).then_some(*ms)
}

/// What both sides said and what the office did, with the time. These callers are recordings of nobody.
fn timeline(journal: &[Entry]) -> Vec<String> {
    let line = |at: CallTime, who: &str, text: &Phi<String>| format!("   {at}  {who:9} {}", text.expose());
    let told = |entry: &Entry| match &entry.what {
        Happening::Heard(utterance) => Some(line(utterance.from, "caller", &utterance.text)),
        Happening::Line { text, .. } => Some(line(entry.at, "FirstRing", text)),
        Happening::Input(dialogue::Input::Office { reply, .. }) => {
            Some(format!("   {}  office    {reply:?}", entry.at))
        }
        Happening::Answered { .. }
        | Happening::Hearing(_)
        | Happening::Dismissed
        | Happening::Input(_)
        | Happening::Timeout
        | Happening::Output(_)
        | Happening::FirstSound { .. }
        | Happening::Stage { .. }
        | Happening::Over { .. } => None,
    };
    journal.iter().filter_map(told).collect()
}
