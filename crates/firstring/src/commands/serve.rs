use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use ::call::{Entry, Happening, Journal, Pace, Summary};
use anyhow::Context;
use domain::{CallNews, Phi};
use store::{CallRow, Store};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use transport::Incoming;

use super::{Usage, print, print_json};
use crate::cli;
use crate::config::{Http, PracticeConfig, Server};
use crate::web_site;
use crate::wiring::{Desk, DeskOptions};

/// Calls that have rung and wait to be answered: an instant each. Full: the next is told that all lines are busy.
const INCOMING_MAX: usize = 16;
/// News of one call on its way to its page. Full: the page misses some; the call never waits.
const NEWS_MAX: usize = 256;
/// Lines of a journal that are written to the database in one go.
const JOURNAL_LINES_MAX: usize = 64;
/// When the server is told to stop, calls in progress may go on so long.
const LAST_CALLS_MAX: Duration = Duration::from_secs(600);

pub(super) fn run(args: &cli::Serve) -> anyhow::Result<()> {
    if args.sip.is_some() {
        return Err(
            Usage("--sip: telephones are not answered yet; leave it out and use the page at /call".into()).into()
        );
    }
    let mut server = Server::load(args.places.config.as_deref(), args.places.overrides(args.http))?;
    server.http.check_exposure()?;
    let config = PracticeConfig::load(&server.practice)?;
    // A port in use is told before the models are loaded, not after.
    let listener = listen(server.http.listen)?;
    server.http.listen = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let desk = Desk::open(&server, config, DeskOptions { pace: Pace::RealTime, page_url: None, now: None }).await?;
        serve(Arc::new(desk), &server.http, listener, args.json).await
    })
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address}; stop what uses it or choose another with --http"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn serve(desk: Arc<Desk>, http: &Http, listener: TcpListener, json: bool) -> anyhow::Result<()> {
    let (incoming, mut calls) = mpsc::channel(INCOMING_MAX);
    let site = web_site::Site::start(&desk, http, listener, incoming).await?;
    announce(&http.public_url(), json)?;
    let mut running = JoinSet::new();
    let mut stop = std::pin::pin!(told_to_stop());
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(over) = running.join_next() => complain_of(over),
            call = calls.recv() => match call {
                Some(call) => drop(running.spawn(answer(Arc::clone(&desk), call))),
                None => break,
            },
        }
    }
    // Clinicians still take cases until the last call is over: the pages stay.
    site.refuse_calls();
    calls.close();
    while let Ok(call) = calls.try_recv() {
        running.spawn(answer(Arc::clone(&desk), call));
    }
    tracing::info!(calls = running.len(), "stopping; calls in progress are finished");
    let last_calls = async {
        while let Some(over) = running.join_next().await {
            complain_of(over);
        }
    };
    if tokio::time::timeout(LAST_CALLS_MAX, last_calls).await.is_err() {
        tracing::warn!(calls = running.len(), "calls still in progress are cut off");
        running.shutdown().await;
    }
    site.stop().await;
    if let Ok(desk) = Arc::try_unwrap(desk) {
        desk.close().await;
    }
    Ok(())
}

/// A panic's message may quote what a patient said: it is not told.
fn complain_of(over: Result<(), tokio::task::JoinError>) {
    if let Err(why) = over {
        tracing::error!(panicked = why.is_panic(), "a call's task failed");
    }
}

fn announce(url: &str, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&serde_json::json!({ "ready": true, "http": url, "sip": null }));
    }
    print(&format!("FirstRing answers at {url}/call"))
}

async fn told_to_stop() {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .expect("the operating system gives signals");
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.expect("the operating system gives signals"),
        _ = terminate.recv() => {}
    }
}

/// Answers one call, keeps its journal, and tells its own page what happens.
async fn answer(desk: Arc<Desk>, Incoming { leg, news_to_caller, .. }: Incoming) {
    let started = desk.now();
    let (journal, entries) = Journal::new();
    let keeping = tokio::spawn(keep(desk.office.store.clone(), entries));
    let (news, to_page) = mpsc::channel(NEWS_MAX);
    let telling = tokio::spawn(tell(to_page, news_to_caller));
    let by = desk.front.answer(leg, started, journal, news).await;
    tracing::info!(?by, "a call is over");
    for task in [keeping, telling] {
        complain_of(task.await);
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

/// Writes a journal to the database while the call goes on.
async fn keep(store: Store, mut entries: mpsc::Receiver<Entry>) {
    let mut whole: Vec<Entry> = Vec::new();
    let mut row: Option<CallRow> = None;
    let mut batch = Vec::with_capacity(JOURNAL_LINES_MAX);
    while entries.recv_many(&mut batch, JOURNAL_LINES_MAX).await > 0 {
        if row.is_none() {
            row = batch.first().and_then(begun);
            if let Some(row) = &row {
                complain(store.begin_call(row).await);
            }
        }
        if let Some(row) = &row {
            let lines: Vec<Phi<String>> =
                batch.iter().filter_map(|entry| serde_json::to_string(entry).ok()).map(Phi::new).collect();
            complain(store.append_journal(row.id, &lines).await);
        }
        whole.append(&mut batch);
    }
    let Some(row) = row else { return };
    let last = whole.last().map_or(Duration::ZERO, |entry| entry.at.into());
    let ended = row.began_at.checked_add(last).unwrap_or(row.began_at);
    match serde_json::to_string(&Summary::of(&whole, Duration::ZERO)) {
        Ok(summary) => complain(store.end_call(row.id, ended, &Phi::new(summary)).await),
        Err(why) => tracing::error!(%why, "a summary could not be written"),
    }
}

/// The database's row of a call, from the first line of its journal.
fn begun(first: &Entry) -> Option<CallRow> {
    let Happening::Answered { call, practice, started, caller_id } = &first.what else { return None };
    Some(CallRow {
        id: *call,
        practice: practice.clone(),
        caller_id: caller_id.clone(),
        began_at: started.timestamp(),
        ended_at: None,
        summary: None,
    })
}

/// A journal that cannot be kept costs a record, never the call.
fn complain<T>(kept: Result<T, store::StoreError>) {
    if let Err(why) = kept {
        tracing::error!(%why, "a call's record could not be kept");
    }
}
