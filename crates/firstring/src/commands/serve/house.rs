//! One practice of this server: who answers its calls, where its pages are, and what is done for it day by day.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use domain::Phi;
use store::NodeId;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use transport::sip::{SipOptions, TrunkState};
use transport::{Dials, Incoming, IncomingFrom};

use super::super::answering::{complain_of, may_ring, open_desk, practice_of};
use super::listen;
use crate::config::{PracticeConfig, Server};
use crate::web_site::Site;
use crate::wiring::{Desk, SoleServer, rota_gaps, sweep_recordings, take_up_calls};

/// So often the rota is looked at for gaps ahead.
const ROTA_EVERY: Duration = Duration::from_secs(24 * 3600);

/// What is looked at before any model is loaded.
pub(super) struct Plan {
    pub(super) server: Server,
    pub(super) config: PracticeConfig,
    listener: TcpListener,
    sole: SoleServer,
}

impl Plan {
    /// `is_streamed`: providers reach this server from outside.
    ///
    /// # Errors
    /// Files that are wrong, an address that is taken, a practice that nobody has approved.
    pub(super) fn of(mut server: Server, is_streamed: bool) -> anyhow::Result<Self> {
        server.http.check_exposure()?;
        let config = practice_of(&server)?;
        check_real_lines(&server, &config, is_streamed)?;
        // A port in use is told before the models are loaded, not after.
        let listener = listen(server.http.listen)?;
        server.http.listen = listener.local_addr()?;
        let sole = SoleServer::of(&server.data)?;
        Ok(Self { server, config, listener, sole })
    }

    /// Whom this practice's calls may ring.
    pub(super) fn may_ring(&self) -> Vec<Phi<String>> {
        may_ring(&self.server, &self.config)
    }
}

/// Patients call by telephone: nobody answers them whom no clinician has approved.
fn check_real_lines(server: &Server, config: &PracticeConfig, is_streamed: bool) -> anyhow::Result<()> {
    let is_outside = |sip: &SipOptions| {
        let tls = sip.tls.as_ref().map_or(sip.listen, |tls| tls.listen);
        !sip.listen.ip().is_loopback() || !tls.ip().is_loopback()
    };
    let is_real = is_streamed || server.sip.as_ref().is_some_and(|sip| is_outside(&sip.options));
    match config.why_no_real_lines().filter(|_| is_real) {
        None => Ok(()),
        Some(why) => anyhow::bail!("{}: telephones are not answered: {why}", server.practice.display()),
    }
}

/// How calls come in and go out, for all practices.
pub(super) struct Doors {
    pub(super) incoming: mpsc::Sender<Incoming>,
    /// Where providers stream calls; among the pages of the first practice.
    pub(super) streams: Router,
    pub(super) dials: Option<Dials>,
    pub(super) trunks: Option<watch::Receiver<Vec<TrunkState>>>,
}

/// A practice that is served.
pub(super) struct House {
    pub(super) desk: Desk,
    pub(super) site: Site,
    /// Where its pages are.
    pub(super) url: String,
    data: PathBuf,
    /// Recordings are kept so long.
    recordings_days: u32,
    _sole: SoleServer,
}

impl House {
    /// `first`: the server's first practice, whose models are used here, too.
    pub(super) async fn open(plan: Plan, first: Option<&Self>, doors: &mut Doors) -> anyhow::Result<Self> {
        let Plan { server, config, listener, sole } = plan;
        let recordings_days = config.recordings_days;
        let desk = open_desk(&server, config, doors.dials.clone(), first.map(|first| &first.desk)).await?;
        let (incoming, streams) = (doors.incoming.clone(), std::mem::take(&mut doors.streams));
        let site = Site::start(&desk, &server.http, listener, incoming, streams, doors.trunks.clone()).await?;
        Ok(Self { desk, site, url: server.http.public_url(), data: server.data, recordings_days, _sole: sole })
    }

    /// What a server does beside its calls, until it stops.
    pub(super) async fn look_after(self: Arc<Self>, stopping: CancellationToken) {
        let mut dead = self.desk.office.office.dead_nodes();
        let mut rota = tokio::time::interval(ROTA_EVERY);
        let mut telling = JoinSet::new();
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                Ok(node) = dead.recv() => self.take_over(node).await,
                _ = rota.tick() => {
                    self.warn_of_gaps();
                    let office = self.desk.office.office.clone();
                    telling.spawn(async move { office.tell_of_gaps().await });
                    let house = Arc::clone(&self);
                    telling.spawn(async move { house.delete_old_recordings().await });
                }
                Some(told) = telling.join_next() => complain_of(told),
            }
        }
        telling.shutdown().await;
    }

    /// The calls that a dead node had.
    async fn take_over(&self, node: NodeId) {
        let done = async {
            take_up_calls(&self.desk, Some(&node)).await?;
            self.desk.office.store.forget_node(&node).await
        };
        if let Err(why) = done.await {
            tracing::error!(%node, %why, "its calls cannot be taken now, will be tried again");
        }
    }

    async fn delete_old_recordings(&self) {
        let (practice, now) = (&self.desk.front.practice.id, self.desk.clock.now());
        match sweep_recordings(&self.data, &self.desk.office.store, practice, self.recordings_days, now).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "recordings were kept long enough and are deleted"),
            Err(why) => {
                tracing::error!(why = format!("{why:#}"), "old recordings cannot be deleted, will be tried again");
            }
        }
    }

    fn warn_of_gaps(&self) {
        if let Some(gaps) = rota_gaps(&self.desk.rota, &self.desk.front.practice.zone, self.desk.clock.now()) {
            tracing::warn!("{gaps}");
        }
    }

    /// Where the caller has found the number; whoever dialled another one is answered all the same.
    pub(super) fn channel(&self, from: &IncomingFrom) -> Option<String> {
        dialled(from).and_then(|dialled| self.desk.numbers.channel(dialled)).map(str::to_owned)
    }
}

/// Whose call this is. A number that no practice has is the first one's: every call is answered.
pub(super) fn house_of(houses: &[Arc<House>], from: &IncomingFrom) -> Arc<House> {
    let found = match from {
        IncomingFrom::Browser { practice } => houses.iter().position(|house| house.desk.front.practice.id == *practice),
        IncomingFrom::Sip { dialled } | IncomingFrom::Stream { dialled, .. } => {
            let whose = |number: &String| houses.iter().position(|house| house.desk.numbers.contains(number));
            dialled.expose().iter().find_map(whose)
        }
    };
    Arc::clone(&houses[found.unwrap_or(0)])
}

fn dialled(from: &IncomingFrom) -> Option<&Phi<Vec<String>>> {
    match from {
        IncomingFrom::Browser { .. } => None,
        IncomingFrom::Sip { dialled } | IncomingFrom::Stream { dialled, .. } => Some(dialled),
    }
}
