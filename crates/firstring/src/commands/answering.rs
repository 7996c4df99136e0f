//! What every command does that answers callers as they come: `serve`, and `talk` for the one at this computer.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ::call::{Journal, Pace};
use anyhow::Context;
use domain::{CallNews, Phi, Recording};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinError;
use tokio::time::timeout;
use transport::sip::{Sip, SipOptions};
use transport::streams::rest::TEL;
use transport::{Dials, Incoming, Leg};

use crate::config::{PracticeConfig, Server};
use crate::wiring::{Desk, DeskOptions, end_call, keep_journal, recorder, take_up_calls, telephones as telephones_of};

/// News of one call on their way to whoever watches it. Full: they miss some; the call never waits.
pub(super) const NEWS_MAX: usize = 256;
/// After a call, a database that does not answer is waited for so long. It is asked again after that, and the call
/// is ended at the next start.
const RECORD_MAX: Duration = Duration::from_secs(60);

/// The practice as it is today. A calendar that cannot be followed keeps nobody from being answered.
pub(super) fn practice_of(server: &Server) -> anyhow::Result<PracticeConfig> {
    let (config, unread) = PracticeConfig::load_to_serve(&server.practice, Timestamp::now())?;
    for why in unread {
        tracing::error!(%why, "a calendar of the rota is not followed: the shifts of the practice's file are, and the last resort");
    }
    Ok(config)
}

/// Whom the practice's calls may ring.
pub(super) fn may_ring(server: &Server, config: &PracticeConfig) -> Vec<Phi<String>> {
    telephones_of(config, server).into_values().collect()
}

/// The telephones, if the server has any. They take no calls yet; those of `may_ring` can be rung.
pub(super) async fn telephones(
    server: &Server,
    may_ring: Vec<Phi<String>>,
    incoming: mpsc::Sender<Incoming>,
) -> anyhow::Result<Option<Sip>> {
    let Some(telephones) = &server.sip else { return Ok(None) };
    let may_ring = may_ring.into_iter().filter(|to| !to.expose().starts_with(TEL)).collect();
    Ok(Some(Sip::start(SipOptions { may_ring, ..telephones.open()? }, incoming).await?))
}

/// Whoever answers, warm, after the calls were seen to that were interrupted. `beside`: another practice's desk on this server.
pub(super) async fn open_desk(
    server: &Server,
    config: PracticeConfig,
    dials: Option<Dials>,
    beside: Option<&Desk>,
) -> anyhow::Result<Desk> {
    let options = DeskOptions { pace: Pace::RealTime, page_url: None, dials, now: None, beside };
    let (recording, days) = (config.practice.front_desk.recording, config.recordings_days);
    let mut desk = Desk::open(server, config, options).await?;
    take_up_calls(&desk, None).await.context("calls that were interrupted cannot be looked for")?;
    if recording.may_record() {
        let (store, practice) = (&desk.office.store, &desk.front.practice.id);
        match recorder(server, store, practice, days, desk.clock.clone()).await {
            Ok((recorder, list)) => {
                desk.front.recorder = Some(recorder);
                desk.recordings = Some(list);
            }
            Err(why) => {
                tracing::error!(why = format!("{why:#}"), "no call is recorded; calls are answered all the same");
                let practice = Arc::make_mut(&mut desk.front.practice);
                practice.front_desk.recording = Recording::OffTranscriptNotice;
            }
        }
    }
    Ok(desk)
}

/// Answers one call and keeps its record. The line is cut as soon as `cut` is done; what was said is kept.
pub(super) async fn answer_call(
    desk: &Desk,
    leg: Leg,
    channel: Option<String>,
    news: mpsc::Sender<CallNews>,
    cut: impl Future<Output = ()>,
) {
    let started = desk.now();
    let (journal, entries) = Journal::new();
    let journal = journal.by_channel(channel);
    let store = desk.office.store.clone();
    let keeping = tokio::spawn(async move { keep_journal(&store, entries).await });
    let line = leg.over.clone();
    let mut call = pin!(desk.front.answer(leg, started, journal, news));
    let by = tokio::select! {
        by = &mut call => by,
        () = cut => {
            line.cancel();
            call.await
        }
    };
    tracing::info!(?by, "a call is over");
    let recorded = timeout(RECORD_MAX, async {
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
}

/// A panic's message may quote what a patient said: it is not told.
pub(super) fn complain_of(over: Result<(), JoinError>) {
    if let Err(why) = over {
        tracing::error!(panicked = why.is_panic(), "a task that answers calls failed");
    }
}
