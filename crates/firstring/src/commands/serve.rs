use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ::call::{Journal, Pace};
use anyhow::Context;
use domain::CallNews;
use jiff::Timestamp;
use sd_notify::NotifyState;
use store::NodeId;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use transport::sip::{RINGING_OF_STRANGERS, Sip, SipOptions};
use transport::streams::rest::TEL;
use transport::{Incoming, IncomingFrom};

use super::{print, print_json};
use crate::cli;
use crate::config::{Overrides, PracticeConfig, Server};
use crate::web_site::Site;
use crate::wiring::{
    Desk, DeskOptions, SoleServer, StreamDoor, end_call, keep_journal, rota_gaps, stream_door, take_up_calls,
    telephones as telephones_of,
};

/// Calls that have rung and wait to be answered: an instant each. Full: the next is told that all lines are busy.
const INCOMING_MAX: usize = 16;
/// News of one call on its way to its page. Full: the page misses some; the call never waits.
const NEWS_MAX: usize = 256;
/// After a call, a database that does not answer is waited for so long. It is asked again after that, and the call
/// is ended at the next start.
const RECORD_MAX: Duration = Duration::from_secs(60);
/// When the server is told to stop, calls in progress may go on so long. Then their lines are cut.
const LAST_CALLS_MAX: Duration = Duration::from_secs(600);
/// A call whose line was cut may take so long to hand over what its caller has said: the call itself gives up after a
/// minute, and its record after another.
const CUT_OFF_MAX: Duration = Duration::from_secs(120);

/// A call that was answered is picked up within this, or never.
const PICKED_UP_WITHIN: Duration = Duration::from_secs(40);
/// So often the rota is looked at for gaps ahead.
const ROTA_EVERY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn run(args: &cli::Serve) -> anyhow::Result<()> {
    let over = Overrides { sip: args.sip, ..args.places.overrides(args.http) };
    let mut server = Server::load(args.places.files.config.as_deref(), over)?;
    server.http.check_exposure()?;
    let (config, unread) = PracticeConfig::load_to_serve(&server.practice, Timestamp::now())?;
    for why in unread {
        tracing::error!(%why, "a calendar of the rota is not followed: the shifts of the practice's file are, and the last resort");
    }
    check_real_lines(&server, &config)?;
    // A port in use is told before the models are loaded, not after.
    let listener = listen(server.http.listen)?;
    server.http.listen = listener.local_addr()?;
    let _sole = SoleServer::of(&server.data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // A telephone's seat is kept from our answer to its ACK: those that never come must not keep others out.
        let lines = server.sip.as_ref().map_or(0, |sip| sip.options.calls_max + RINGING_OF_STRANGERS);
        let (incoming, calls) = mpsc::channel(INCOMING_MAX + lines);
        let may_ring = telephones_of(&config, &server);
        let StreamDoor { router: streams, dials: by_provider } =
            stream_door(server.streams.as_ref(), &server.http, may_ring.values(), incoming.clone())?;
        let telephones = match &server.sip {
            Some(telephones) => {
                let may_ring = may_ring.into_values().filter(|to| !to.expose().starts_with(TEL)).collect();
                Some(Sip::start(SipOptions { may_ring, ..telephones.open()? }, incoming.clone()).await?)
            }
            None => None,
        };
        let dials = transport::either(telephones.as_ref().map(Sip::dials), by_provider);
        let desk =
            Desk::open(&server, config, DeskOptions { pace: Pace::RealTime, page_url: None, dials, now: None }).await?;
        take_up_calls(&desk, None).await.context("calls that were interrupted cannot be looked for")?;
        let trunks = telephones.as_ref().map(Sip::trunks);
        let site = Site::start(&desk, &server.http, listener, incoming, streams, trunks).await?;
        announce(&server, args.json)?;
        serve(Arc::new(desk), Doors { site, telephones }, calls).await
    })
}

/// How calls come in.
struct Doors {
    site: Site,
    telephones: Option<Sip>,
}

/// Patients call by telephone: nobody answers them whom no clinician has approved.
fn check_real_lines(server: &Server, config: &PracticeConfig) -> anyhow::Result<()> {
    let is_outside = |sip: &SipOptions| {
        let tls = sip.tls.as_ref().map_or(sip.listen, |tls| tls.listen);
        !sip.listen.ip().is_loopback() || !tls.ip().is_loopback()
    };
    let is_streamed = server.streams.is_some() && !server.http.is_only_here();
    let is_real = is_streamed || server.sip.as_ref().is_some_and(|sip| is_outside(&sip.options));
    match config.why_no_real_lines().filter(|_| is_real) {
        None => Ok(()),
        Some(why) => anyhow::bail!("{}: telephones are not answered: {why}", server.practice.display()),
    }
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address}; stop what uses it or choose another with --http"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn serve(desk: Arc<Desk>, doors: Doors, mut calls: mpsc::Receiver<Incoming>) -> anyhow::Result<()> {
    let Doors { site, telephones } = doors;
    if let Some(telephones) = &telephones {
        telephones.take_calls();
    }
    tell_systemd(NotifyState::Ready);
    let mut running = JoinSet::new();
    let (cut_off, cut) = watch::channel(Lines::Open);
    let mut stop = pin!(told_to_stop());
    let mut dead = desk.office.office.dead_nodes();
    let mut rota = tokio::time::interval(ROTA_EVERY);
    let mut telling = JoinSet::new();
    let mut alive = tokio::time::interval(sd_notify::watchdog_enabled().map_or(ROTA_EVERY, |within| within / 3));
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(over) = running.join_next() => complain_of(over),
            call = calls.recv() => match call {
                Some(call) => drop(running.spawn(answer(Arc::clone(&desk), call, cut.clone()))),
                None => break,
            },
            Ok(node) = dead.recv() => drop(running.spawn(take_over(Arc::clone(&desk), node))),
            _ = rota.tick() => {
                warn_of_gaps(&desk);
                let office = desk.office.office.clone();
                telling.spawn(async move { office.tell_of_gaps().await });
            }
            Some(told) = telling.join_next() => complain_of(told),
            _ = alive.tick() => tell_systemd(NotifyState::Watchdog),
        }
    }
    telling.shutdown().await;
    // Clinicians still take cases until the last call is over: the pages stay.
    site.refuse_calls();
    if let Some(telephones) = &telephones {
        telephones.refuse_calls();
    }
    tell_systemd(NotifyState::Stopping);
    calls.close();
    // Calls that were answered and not yet acknowledged come still.
    while let Ok(Some(call)) = timeout(PICKED_UP_WITHIN, calls.recv()).await {
        running.spawn(answer(Arc::clone(&desk), call, cut.clone()));
    }
    tracing::info!(calls = running.len(), "stopping; calls in progress are finished");
    finish(running, &cut_off).await;
    site.stop().await;
    if let Some(telephones) = telephones {
        telephones.stop().await;
    }
    if let Ok(desk) = Arc::try_unwrap(desk) {
        desk.close().await;
    }
    Ok(())
}

/// The calls that a dead node had.
async fn take_over(desk: Arc<Desk>, node: NodeId) {
    let done = async {
        take_up_calls(&desk, Some(&node)).await?;
        desk.office.store.forget_node(&node).await
    };
    if let Err(why) = done.await {
        tracing::error!(%node, %why, "its calls cannot be taken now, will be tried again");
    }
}

fn warn_of_gaps(desk: &Desk) {
    if let Some(gaps) = rota_gaps(&desk.rota, &desk.front.practice.zone, desk.clock.now()) {
        tracing::warn!("{gaps}");
    }
}

/// Lets calls go on for a while, then cuts their lines, so that what was said is kept: a caller in the middle of a message
/// must not lose it to a server that stops.
async fn finish(mut calls: JoinSet<()>, cut_off: &watch::Sender<Lines>) {
    let mut all_over = async || {
        while let Some(over) = calls.join_next().await {
            complain_of(over);
        }
    };
    if timeout(LAST_CALLS_MAX, all_over()).await.is_ok() {
        return;
    }
    tracing::warn!("calls still in progress are cut off");
    cut_off.send_replace(Lines::Cut);
    if timeout(CUT_OFF_MAX, all_over()).await.is_err() {
        tracing::error!("calls that were cut off are not done; the next start takes them up");
        calls.shutdown().await;
    }
}

/// Whether calls in progress may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lines {
    Open,
    Cut,
}

/// A panic's message may quote what a patient said: it is not told.
fn complain_of(over: Result<(), tokio::task::JoinError>) {
    if let Err(why) = over {
        tracing::error!(panicked = why.is_panic(), "a task of the server failed");
    }
}

fn announce(server: &Server, json: bool) -> anyhow::Result<()> {
    let url = server.http.public_url();
    let sip = server.sip.as_ref().map(|sip| sip.options.listen);
    let streams = server.streams.as_ref().map(|_| url.replacen("http", "ws", 1) + transport::streams::PATH);
    if json {
        return print_json(&serde_json::json!({ "ready": true, "http": url, "sip": sip, "streams": streams }));
    }
    let telephones = sip.map_or_else(String::new, |listen| format!(" and telephones at sip:{listen}"));
    let streams = streams.map_or_else(String::new, |url| format!(" and streams at {url}"));
    print(&format!("FirstRing answers at {url}/call{telephones}{streams}"))
}

/// Nothing, where systemd has not started us.
fn tell_systemd(state: NotifyState<'_>) {
    if let Err(why) = sd_notify::notify(&[state]) {
        tracing::warn!(%why, "systemd could not be told how the server is");
    }
}

async fn told_to_stop() {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .expect("the operating system gives signals");
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.expect("the operating system gives signals"),
        _ = terminate.recv() => {}
    }
}

/// Returns when lines are cut; a server that is gone cuts none.
async fn are_cut(mut lines: watch::Receiver<Lines>) {
    if lines.wait_for(|lines| *lines == Lines::Cut).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Answers one call, keeps its record, and tells its own page what happens.
async fn answer(desk: Arc<Desk>, incoming: Incoming, lines: watch::Receiver<Lines>) {
    let Incoming { leg, news_to_caller, from, .. } = incoming;
    let started = desk.now();
    let (journal, entries) = Journal::new();
    let journal = journal.by_channel(channel(&desk, &from));
    let store = desk.office.store.clone();
    let keeping = tokio::spawn(async move { keep_journal(&store, entries).await });
    let (news, to_page) = mpsc::channel(NEWS_MAX);
    let telling = tokio::spawn(tell(to_page, news_to_caller));
    let line = leg.over.clone();
    let mut call = pin!(desk.front.answer(leg, started, journal, news));
    let by = tokio::select! {
        by = &mut call => by,
        () = are_cut(lines) => {
            line.cancel();
            call.await
        }
    };
    tracing::info!(?by, "a call is over");
    let recorded = tokio::time::timeout(RECORD_MAX, async {
        match keeping.await {
            Ok(journal) => {
                if let Err(why) = end_call(&desk.office.store, &journal).await {
                    tracing::error!(%why, "a call's end could not be kept; the next start takes it up");
                }
            }
            Err(why) => complain_of(Err(why)),
        }
    });
    if recorded.await.is_err() {
        tracing::error!("a call's record is not kept yet: the database does not answer");
    }
    complain_of(telling.await);
}

/// Where the caller has found the number; whoever dialled another one is answered all the same.
fn channel(desk: &Desk, from: &IncomingFrom) -> Option<String> {
    match from {
        IncomingFrom::Browser => None,
        IncomingFrom::Sip { dialled } | IncomingFrom::Stream { dialled, .. } => {
            desk.numbers.channel(dialled).map(str::to_owned)
        }
    }
}

async fn tell(mut news: mpsc::Receiver<CallNews>, page: mpsc::Sender<String>) {
    while let Some(news) = news.recv().await {
        match serde_json::to_string(&news) {
            Ok(line) => drop(page.try_send(line)),
            Err(why) => tracing::error!(%why, "news could not be written"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_that_outlasts_a_stopping_server_is_cut_and_keeps_what_was_said() {
        let (cut_off, mut lines) = watch::channel(Lines::Open);
        let saved = Arc::new(AtomicBool::new(false));
        let mut calls = JoinSet::new();
        let saves = Arc::clone(&saved);
        calls.spawn(async move {
            lines.wait_for(|lines| *lines == Lines::Cut).await.unwrap();
            tokio::time::sleep(Duration::from_secs(57)).await;
            saves.store(true, Ordering::Relaxed);
        });
        finish(calls, &cut_off).await;
        assert!(saved.load(Ordering::Relaxed));
    }
}
