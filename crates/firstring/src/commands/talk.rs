//! One call by this computer's microphone and loudspeaker, answered as `serve` answers telephones.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::CallNews;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use transport::microphone::{self, Device, MicrophoneOptions, Talker};
use transport::sip::Sip;

use super::answering::{NEWS_MAX, answer_call, complain_of, may_ring, open_desk, practice_of, telephones};
use super::{print, runtime, told_to_stop};
use crate::cli;
use crate::config::{PracticeConfig, Server};
use crate::wiring::{Desk, SoleServer};

mod keyboard;
mod screen;

use keyboard::{Key, Keyboard};
use screen::Screen;

/// How often the levels are shown.
const METER_EVERY: Duration = Duration::from_millis(100);
/// Calls by telephone that wait to be answered: none is ever taken here.
const INCOMING_MAX: usize = 1;

pub(super) fn run(args: &cli::Talk) -> anyhow::Result<()> {
    if args.list_devices {
        return microphone::devices().iter().try_for_each(|device| print(&line_of(device)));
    }
    let options = MicrophoneOptions { input: args.input.clone(), output: args.output.clone() };
    // A missing device is told before the models are loaded, not after.
    microphone::check(&options)?;
    let mut server = Server::load(args.places.files.config.as_deref(), args.places.overrides(None))?;
    // A provider would stream whom it rings to the pages, which are not served here.
    server.streams = None;
    let config = practice_of(&server)?;
    let _sole = SoleServer::of(&server.data)?;
    runtime(::call::Pace::RealTime)?.block_on(talk(&server, config, &options))
}

fn line_of(device: &Device) -> String {
    let directions = match (device.hears, device.sounds) {
        (true, true) => "input, output",
        (true, false) => "input",
        (false, _) => "output",
    };
    format!("{}\t{directions}\t{}", device.id, device.name)
}

async fn talk(server: &Server, config: PracticeConfig, options: &MicrophoneOptions) -> anyhow::Result<()> {
    // Nobody else is answered meanwhile: telephones are there to ring those to whom the caller is put through.
    let (incoming, _calls) = mpsc::channel(INCOMING_MAX);
    let telephones = telephones(server, may_ring(server, &config), incoming).await?;
    let desk = Arc::new(open_desk(server, config, telephones.as_ref().map(Sip::dials), None).await?);
    let held = hold(&desk, options).await;
    let told = tell_what_is_open(&desk).await;
    if let Some(telephones) = telephones {
        telephones.stop().await;
    }
    if let Ok(desk) = Arc::try_unwrap(desk) {
        desk.close().await;
    }
    held.and(told)
}

/// Picks up, and is done when the call's record is kept.
async fn hold(desk: &Arc<Desk>, options: &MicrophoneOptions) -> anyhow::Result<()> {
    let (keyboard, screen) = (Keyboard::open()?, Screen::open()?);
    let (leg, talker) = microphone::open(options).await?;
    let (to_screen, news) = mpsc::channel(NEWS_MAX);
    let desk = Arc::clone(desk);
    let call = tokio::spawn(async move { answer_call(&desk, leg, None, to_screen, std::future::pending()).await });
    Caller { talker, keyboard, screen, news }.attends(call).await
}

/// Whoever sits at the computer.
struct Caller {
    talker: Talker,
    keyboard: Keyboard,
    screen: Screen,
    news: mpsc::Receiver<CallNews>,
}

impl Caller {
    /// Sees the call and presses keys until its record is kept. The terminal is given back with the result.
    async fn attends(mut self, mut call: JoinHandle<()>) -> anyhow::Result<()> {
        let mut meter = tokio::time::interval(METER_EVERY);
        let mut closed = signal(SignalKind::hangup())?;
        let mut stop = pin!(told_to_stop());
        let (mut line, mut stopped, mut shown) = (None, false, Ok(()));
        let over = loop {
            let showing = tokio::select! {
                over = &mut call => break over,
                ended = self.talker.ended(), if line.is_none() => { line = Some(ended); Ok(()) }
                Some(news) = self.news.recv() => self.screen.tell(&news),
                _ = meter.tick(), if line.is_none() => self.screen.meter(self.talker.levels()),
                Some(key) = self.keyboard.pressed() => { self.obeys(key).await; Ok(()) }
                () = &mut stop, if !stopped => { stopped = true; self.obeys(Key::HangUp).await; Ok(()) }
                // The terminal's window was closed.
                Some(()) = closed.recv() => { self.obeys(Key::HangUp).await; Ok(()) }
            };
            if showing.is_err() {
                // A call that nobody sees is not what was asked for; what was said is kept all the same.
                self.talker.hang_up();
                shown = shown.and(showing);
            }
        };
        while let Some(news) = self.news.recv().await {
            shown = shown.and(self.screen.tell(&news));
        }
        let line = match line {
            Some(line) => line,
            None => self.talker.ended().await,
        };
        complain_of(over);
        line?;
        shown.context("the call could not be shown to its end")
    }

    async fn obeys(&self, key: Key) {
        match key {
            Key::Pressed(key) => self.talker.press(key).await,
            Key::HangUp => self.talker.hang_up(),
        }
    }
}

/// Pages go out while this process lives: whoever ends it must know for whom they would have gone on.
async fn tell_what_is_open(desk: &Desk) -> anyhow::Result<()> {
    let open = desk.office.store.open_cases(&desk.front.practice.id).await?;
    if open.is_empty() {
        return Ok(());
    }
    print(&format!(
        "{} of this practice's cases are open, and nobody is paged for them now; `firstring serve` goes on with that",
        open.len()
    ))
}
