use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::CallNews;
use sd_notify::NotifyState;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use transport::Incoming;
use transport::sip::{RINGING_OF_STRANGERS, Sip};

use self::house::{Doors, House, Plan, house_of};
use super::answering::{NEWS_MAX, answer_call, complain_of, telephones};
use super::{print, print_json, told_to_stop};
use crate::cli;
use crate::config::{Numbers, Overrides, Server};
use crate::wiring::{StreamDoor, stream_door};

mod house;

/// Calls that have rung and wait to be answered: an instant each. Full: the next is told that all lines are busy.
const INCOMING_MAX: usize = 16;
/// When the server is told to stop, calls in progress may go on so long. Then their lines are cut.
const LAST_CALLS_MAX: Duration = Duration::from_secs(600);
/// A call whose line was cut may take so long to hand over what its caller has said: the call itself gives up after a
/// minute, and its record after another.
const CUT_OFF_MAX: Duration = Duration::from_secs(120);

/// A call that was answered is picked up within this, or never.
const PICKED_UP_WITHIN: Duration = Duration::from_secs(40);
/// Where systemd does not want to hear from us, it is told all the same, into the void.
const ALIVE_EVERY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn run(args: &cli::Serve) -> anyhow::Result<()> {
    let over = Overrides { sip: args.sip, ..args.places.overrides(args.http) };
    let mut server = Server::load(args.places.files.config.as_deref(), over)?;
    let others = std::mem::take(&mut server.others);
    // The first practice's pages have the door for streams, whose calls may be for any.
    let is_streamed = server.streams.is_some() && !server.http.is_only_here();
    let mut plans = Vec::new();
    for server in std::iter::once(server).chain(others) {
        plans.push(Plan::of(server, is_streamed)?);
    }
    let practices = plans
        .iter()
        .map(|Plan { server, config, .. }| (server.practice.as_path(), &config.practice.id, &config.numbers));
    Numbers::check_told_apart(&practices.collect::<Vec<_>>())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = plans[0].server.clone();
        // A telephone's seat is kept from our answer to its ACK: those that never come must not keep others out.
        let lines = server.sip.as_ref().map_or(0, |sip| sip.options.calls_max + RINGING_OF_STRANGERS);
        let (incoming, calls) = mpsc::channel(INCOMING_MAX + lines);
        let may_ring: Vec<_> = plans.iter().flat_map(Plan::may_ring).collect();
        let StreamDoor { router, dials: by_provider } =
            stream_door(server.streams.as_ref(), &server.http, &may_ring, incoming.clone())?;
        let telephones = telephones(&server, may_ring, incoming.clone()).await?;
        let dials = transport::either(telephones.as_ref().map(Sip::dials), by_provider);
        let trunks = telephones.as_ref().map(Sip::trunks);
        let mut doors = Doors { incoming, streams: router, dials, trunks };
        let mut houses: Vec<House> = Vec::new();
        for plan in plans {
            let house = House::open(plan, houses.first(), &mut doors).await?;
            houses.push(house);
        }
        announce(&server, &houses, args.json)?;
        let houses = houses.into_iter().map(Arc::new).collect();
        serve(houses, telephones, calls).await
    })
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address}; stop what uses it or choose another with --http"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn serve(
    houses: Vec<Arc<House>>,
    telephones: Option<Sip>,
    mut calls: mpsc::Receiver<Incoming>,
) -> anyhow::Result<()> {
    if let Some(telephones) = &telephones {
        telephones.take_calls();
    }
    tell_systemd(NotifyState::Ready);
    let mut running = JoinSet::new();
    let (cut_off, cut) = watch::channel(Lines::Open);
    let mut stop = pin!(told_to_stop());
    let stopping = CancellationToken::new();
    let mut caring = JoinSet::new();
    for house in &houses {
        caring.spawn(Arc::clone(house).look_after(stopping.clone()));
    }
    let mut alive = tokio::time::interval(sd_notify::watchdog_enabled().map_or(ALIVE_EVERY, |within| within / 3));
    let sip_gone = telephones.as_ref().map(Sip::gone).unwrap_or_default();
    let ended = loop {
        tokio::select! {
            () = &mut stop => break Ok(()),
            () = sip_gone.cancelled() => break Err(anyhow::anyhow!("telephones were not answered any more; start again")),
            Some(over) = running.join_next() => complain_of(over),
            Some(over) = caring.join_next() => complain_of(over),
            call = calls.recv() => match call {
                Some(call) => drop(running.spawn(answer(house_of(&houses, &call.from), call, cut.clone()))),
                None => break Ok(()),
            },
            _ = alive.tick() => tell_systemd(NotifyState::Watchdog),
        }
    };
    if let Err(why) = &ended {
        tracing::error!(%why, "the server stops");
    }
    stopping.cancel();
    // Clinicians still take cases until the last call is over: the pages stay.
    for house in &houses {
        house.site.refuse_calls();
    }
    if let Some(telephones) = &telephones {
        telephones.refuse_calls();
    }
    tell_systemd(NotifyState::Stopping);
    calls.close();
    // Calls that were answered and not yet acknowledged come still.
    while let Ok(Some(call)) = timeout(PICKED_UP_WITHIN, calls.recv()).await {
        running.spawn(answer(house_of(&houses, &call.from), call, cut.clone()));
    }
    tracing::info!(calls = running.len(), "stopping; calls in progress are finished");
    finish(running, &cut_off).await;
    let cared_for = async {
        while let Some(over) = caring.join_next().await {
            complain_of(over);
        }
    };
    if timeout(CUT_OFF_MAX, cared_for).await.is_err() {
        tracing::error!("what a dead node had is not taken over yet: the database does not answer");
        caring.shutdown().await;
    }
    let mut desks = Vec::new();
    for House { desk, site, .. } in houses.into_iter().filter_map(Arc::into_inner) {
        site.stop().await;
        desks.push(desk);
    }
    if let Some(telephones) = telephones {
        telephones.stop().await;
    }
    for desk in desks {
        desk.close().await;
    }
    ended
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

fn announce(server: &Server, houses: &[House], json: bool) -> anyhow::Result<()> {
    let url = server.http.public_url();
    let sip = server.sip.as_ref().map(|sip| sip.options.listen);
    let streams = server.streams.as_ref().map(|_| url.replacen("http", "ws", 1) + transport::streams::PATH);
    let others: Vec<&str> = houses.iter().skip(1).map(|house| house.url.as_str()).collect();
    if json {
        let ready = serde_json::json!({ "ready": true, "http": url, "sip": sip, "streams": streams, "others": others });
        return print_json(&ready);
    }
    let telephones = sip.map_or_else(String::new, |listen| format!(" and telephones at sip:{listen}"));
    let streams = streams.map_or_else(String::new, |url| format!(" and streams at {url}"));
    print(&format!("FirstRing answers at {url}/call{telephones}{streams}"))?;
    for url in others {
        print(&format!("and for another practice at {url}/call"))?;
    }
    Ok(())
}

/// Nothing, where systemd has not started us.
fn tell_systemd(state: NotifyState<'_>) {
    if let Err(why) = sd_notify::notify(&[state]) {
        tracing::warn!(%why, "systemd could not be told how the server is");
    }
}

/// Returns when lines are cut; a server that is gone cuts none.
async fn are_cut(mut lines: watch::Receiver<Lines>) {
    if lines.wait_for(|lines| *lines == Lines::Cut).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Answers one call and tells its own page what happens.
async fn answer(house: Arc<House>, incoming: Incoming, lines: watch::Receiver<Lines>) {
    let Incoming { leg, news_to_caller, from, .. } = incoming;
    let (news, to_page) = mpsc::channel(NEWS_MAX);
    let telling = tokio::spawn(tell(to_page, news_to_caller));
    answer_call(&house.desk, leg, house.channel(&from), news, are_cut(lines)).await;
    complain_of(telling.await);
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
