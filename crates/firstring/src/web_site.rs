//! The pages on their socket: with TLS or without, with a token or without.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use domain::{CaseId, Practice, Urgency};
use office::{Clock, GatewayPost, LinkedCase, Office, OfficeError};
use store::Secret;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use transport::Incoming;
use transport::browser::{self, BrowserOptions};
use transport::sip::{Registered, TrunkState};
use web::{
    AcknowledgeError, Acknowledgements, GatewayPosts, InboxDesk, LinkedPage, Parts, Posted, Readiness, Scheme,
    TrunkReport, Trunks,
};

use crate::config::Http;
use crate::wiring::Desk;

/// A shorter token can be guessed.
const TOKEN_LEN_MIN: usize = 16;
/// Requests in progress may finish so long when the server stops.
const LAST_REQUESTS_MAX: Duration = Duration::from_secs(5);

/// The running site.
pub struct Site {
    handle: Handle<SocketAddr>,
    readiness: watch::Sender<Readiness>,
    serving: JoinHandle<()>,
}

impl Site {
    /// Serves on `listener`; calls by browser go to `incoming`, those of providers where `streams` gives them. `/readyz` tells how it
    /// stands with `trunks`.
    pub async fn start(
        desk: &Desk,
        http: &Http,
        listener: TcpListener,
        incoming: mpsc::Sender<Incoming>,
        streams: Router,
        trunks: Option<watch::Receiver<Vec<TrunkState>>>,
    ) -> anyhow::Result<Self> {
        let (readiness, ready) = watch::channel(Readiness::Ready);
        let token = http.token_file.as_deref().map(token).transpose()?;
        let links = Links {
            office: desk.office.office.clone(),
            practice: Arc::clone(&desk.front.practice),
            clock: desk.clock.clone(),
        };
        let router = web::router(Parts {
            store: desk.office.store.clone(),
            inbox: inbox(desk),
            acknowledgements: Arc::new(links),
            readiness: ready,
            trunks: Trunks::new(move || trunks.as_ref().map_or_else(Vec::new, |trunks| reports(&trunks.borrow()))),
            token,
            // Behind a proxy that speaks TLS for us, cookies are for TLS as well.
            scheme: if http.public_url().starts_with("https://") { Scheme::Https } else { Scheme::Http },
            proxies: http.reverse_proxies.clone(),
            legs: browser::router(BrowserOptions::default(), incoming),
            open_legs: streams,
        });
        let handle = Handle::new();
        let serving = serve(router, http, listener, handle.clone()).await?;
        Ok(Self { handle, readiness, serving })
    }

    /// Tells whoever asks that no new call should come here.
    pub fn refuse_calls(&self) {
        self.readiness.send_replace(Readiness::Starting { waiting_for: "nothing: this server is stopping".to_owned() });
    }

    /// Closes the socket.
    pub async fn stop(self) {
        self.handle.graceful_shutdown(Some(LAST_REQUESTS_MAX));
        if self.serving.await.is_err() {
            tracing::error!("the pages' task failed");
        }
    }
}

fn reports(trunks: &[TrunkState]) -> Vec<TrunkReport> {
    let report = |trunk: &TrunkState| {
        let registered = match trunk.registration {
            Registered::NotAsked => None,
            Registered::Yes => Some(true),
            Registered::No | Registered::Refused => Some(false),
        };
        TrunkReport { name: trunk.name.clone(), registered, answers: trunk.answers }
    };
    trunks.iter().map(report).collect()
}

/// Whose messages the inbox shows.
fn inbox(desk: &Desk) -> InboxDesk {
    let (practice, clock) = (&desk.front.practice, desk.clock.clone());
    InboxDesk {
        practice: practice.id.clone(),
        name: practice.name.clone(),
        zone: practice.zone.clone(),
        clock: web::Clock::new(move || clock.now()),
    }
}

fn token(file: &Path) -> anyhow::Result<Secret> {
    let token = std::fs::read_to_string(file).with_context(|| format!("the token file {}", file.display()))?;
    let token = token.trim();
    anyhow::ensure!(
        token.len() >= TOKEN_LEN_MIN,
        "the token in {} is too short; write at least {TOKEN_LEN_MIN} random characters",
        file.display()
    );
    Ok(Secret::new(token))
}

async fn serve(
    router: Router,
    http: &Http,
    listener: TcpListener,
    handle: Handle<SocketAddr>,
) -> anyhow::Result<JoinHandle<()>> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let done = match &http.tls {
        None => {
            let server = axum_server::from_tcp(listener)?.handle(handle);
            tokio::spawn(server.serve(service))
        }
        Some(tls) => {
            let pair = RustlsConfig::from_pem_file(&tls.certificate, &tls.key)
                .await
                .with_context(|| format!("the certificate {} and its key cannot be used", tls.certificate.display()))?;
            let server = axum_server::from_tcp_rustls(listener, pair)?.handle(handle);
            tokio::spawn(server.serve(service))
        }
    };
    Ok(tokio::spawn(async move {
        if let Ok(Err(why)) = done.await {
            tracing::error!(%why, "the pages are no longer served");
        }
    }))
}

/// What links in pages do: shown and taken through the office.
#[derive(Debug)]
struct Links {
    office: Office,
    practice: Arc<Practice>,
    clock: Clock,
}

impl Acknowledgements for Links {
    async fn look(&self, case: CaseId, token: &str) -> Result<LinkedPage, AcknowledgeError> {
        self.office.look(case, token).await.map(|linked| self.page(linked)).map_err(|why| refusal(&why))
    }

    async fn acknowledge(&self, case: CaseId, token: &str, shown: Urgency) -> Result<LinkedPage, AcknowledgeError> {
        let taken = self.office.acknowledge(case, token, shown, self.clock.now()).await;
        taken.map(|linked| self.page(linked)).map_err(|why| refusal(&why))
    }

    async fn caller_reached(&self, case: CaseId, token: &str, shown: Urgency) -> Result<LinkedPage, AcknowledgeError> {
        let closed = self.office.caller_reached(case, token, shown, self.clock.now()).await;
        closed.map(|linked| self.page(linked)).map_err(|why| refusal(&why))
    }
}

impl GatewayPosts for Links {
    async fn text_message(&self, post: &Posted) -> Result<String, AcknowledgeError> {
        let told = self.office.text_message(&gateway_post(post), self.clock.now()).await;
        told.map(String::from).map_err(|why| refusal(&why))
    }

    async fn key_pressed(
        &self,
        case: CaseId,
        token: &str,
        told: Urgency,
        post: &Posted,
    ) -> Result<String, AcknowledgeError> {
        let answer = self.office.key_pressed(case, token, told, &gateway_post(post), self.clock.now()).await;
        answer.map(String::from).map_err(|why| refusal(&why))
    }

    async fn page_reported(&self, case: CaseId, attempt: u32, post: &Posted) -> Result<String, AcknowledgeError> {
        let answer = self.office.page_reported(case, attempt, &gateway_post(post)).await;
        answer.map(String::from).map_err(|why| refusal(&why))
    }

    async fn test_page_reported(
        &self,
        clinician: &str,
        way: &str,
        sent_ms: i64,
        post: &Posted,
    ) -> Result<String, AcknowledgeError> {
        let answer = self.office.test_page_reported(&clinician.into(), way, sent_ms, &gateway_post(post)).await;
        answer.map(String::from).map_err(|why| refusal(&why))
    }
}

fn gateway_post(post: &Posted) -> GatewayPost<'_> {
    GatewayPost { path: &post.path, form: &post.form, signature: &post.signature }
}

impl Links {
    fn page(&self, linked: LinkedCase) -> LinkedPage {
        LinkedPage {
            practice: self.practice.name.clone(),
            zone: self.practice.zone.clone(),
            clinician: linked.clinician.name,
            standing: linked.standing,
            file: linked.file,
        }
    }
}

fn refusal(why: &OfficeError) -> AcknowledgeError {
    match why {
        OfficeError::BadLink => AcknowledgeError::BadLink,
        OfficeError::Store(_)
        | OfficeError::UnknownChannel { .. }
        | OfficeError::BadWebhook { .. }
        | OfficeError::BadChannel { .. }
        | OfficeError::NoHttp(_)
        | OfficeError::Unavailable => {
            tracing::error!(%why, "a clinician's link could not be answered");
            AcknowledgeError::Unavailable
        }
    }
}
