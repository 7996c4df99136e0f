//! One call by this computer's microphone and loudspeaker, on the desk that answers telephones.

use std::time::Duration;

use ::call::{Journal, Pace};
use anyhow::Context;
use tokio::sync::mpsc;
use transport::Leg;
use transport::microphone::{self, MicrophoneError, MicrophoneOptions, Talker};

use super::records::now;
use super::{print, runtime};
use crate::cli;
use crate::config::{PracticeConfig, Server};
use crate::wiring::{Desk, DeskOptions, SoleServer, end_call, keep_journal};

mod terminal;

use terminal::{Key, Screen};

/// News of the call on their way to the terminal. Full: the terminal misses some; the call never waits.
const NEWS_MAX: usize = 256;
/// How often the level is shown.
const METER_EVERY: Duration = Duration::from_millis(100);

pub(super) fn run(args: &cli::Talk) -> anyhow::Result<()> {
    if args.list_devices {
        return list();
    }
    let options = MicrophoneOptions { input: args.input.clone(), output: args.output.clone() };
    // A missing device is told before the models are loaded, not after.
    microphone::check(&options)?;
    let server = Server::load(args.places.files.config.as_deref(), args.places.overrides(None))?;
    let config = PracticeConfig::load_at(&server.practice, now(None))?;
    let _sole = SoleServer::of(&server.data)?;
    runtime(Pace::RealTime)?.block_on(async {
        let options_of_desk = DeskOptions { pace: Pace::RealTime, page_url: None, dials: None, now: None };
        let desk = Desk::open(&server, config, options_of_desk).await?;
        let (leg, talker) = microphone::open(&options)?;
        let ended = hold(&desk, leg, talker).await;
        desk.close().await;
        ended
    })
}

fn list() -> anyhow::Result<()> {
    for device in microphone::devices() {
        let can = match (device.hears, device.sounds) {
            (true, true) => "input, output",
            (true, false) => "input",
            (false, _) => "output",
        };
        print(&format!("{}\t{can}\t{}", device.id, device.name))?;
    }
    Ok(())
}

/// Holds the call, and keeps its record as the server does.
async fn hold(desk: &Desk, leg: Leg, mut talker: Talker) -> anyhow::Result<()> {
    let (journal, entries) = Journal::new();
    let store = desk.office.store.clone();
    let keeping = tokio::spawn(async move { keep_journal(&store, entries).await });
    let (sender, mut news) = mpsc::channel(NEWS_MAX);
    let (front, started) = (desk.front.clone(), desk.now());
    let call = tokio::spawn(async move { front.answer(leg, started, journal, sender).await });
    let (mut screen, mut keys) = Screen::open()?;
    let mut meter = tokio::time::interval(METER_EVERY);
    let ended: Result<(), MicrophoneError> = loop {
        tokio::select! {
            ended = talker.ended() => break ended,
            Some(news) = news.recv() => screen.tell(&news)?,
            _ = meter.tick() => screen.meter(talker.levels())?,
            Some(key) = keys.recv() => match key {
                Key::Pressed(key) => talker.press(key).await,
                Key::HangUp => talker.hang_up(),
            },
            interrupted = tokio::signal::ctrl_c() => {
                interrupted.context("the operating system gives no signals")?;
                talker.hang_up();
            }
        }
    };
    if let Err(why) = call.await {
        tracing::error!(panicked = why.is_panic(), "the call's task failed");
    }
    while let Some(news) = news.recv().await {
        screen.tell(&news)?;
    }
    drop(screen);
    let journal = keeping.await.context("the call's record was not kept")?;
    end_call(&desk.office.store, &journal).await.context("the call's end could not be kept")?;
    Ok(ended?)
}
