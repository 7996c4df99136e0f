//! The pages on their socket: with TLS or without, with a token or without.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use domain::{CaseId, Practice};
use office::{Clock, LinkedCase, Office, OfficeError};
use store::Secret;
use tokio::sync::{mpsc, watch};
use transport::Incoming;
use transport::browser::{self, BrowserOptions};
use web::{AcknowledgeError, Acknowledgements, LinkedPage, Parts, Readiness, Scheme};

use crate::config::Http;
use crate::wiring::Desk;

/// Requests in progress may finish so long when the server stops.
const LAST_REQUESTS_MAX: Duration = Duration::from_secs(5);

/// The running site.
pub struct Site {
    handle: Handle<std::net::SocketAddr>,
    readiness: watch::Sender<Readiness>,
}

impl Site {
    /// Serves on `listener`; calls by browser go to `incoming`.
    pub async fn start(
        desk: &Desk,
        http: &Http,
        listener: TcpListener,
        incoming: mpsc::Sender<Incoming>,
    ) -> anyhow::Result<Self> {
        let (readiness, ready) = watch::channel(Readiness::Ready);
        let token = http.token_file.as_ref().map(|file| {
            std::fs::read_to_string(file)
                .map(|token| Secret::new(token.trim()))
                .with_context(|| file.display().to_string())
        });
        let links = Links {
            office: desk.office.office.clone(),
            practice: Arc::clone(&desk.front.practice),
            clock: desk.clock.clone(),
        };
        let router = web::router(Parts {
            store: desk.office.store.clone(),
            acknowledgements: Arc::new(links),
            readiness: ready,
            token: token.transpose()?,
            scheme: if http.tls.is_some() { Scheme::Https } else { Scheme::Http },
            legs: browser::router(BrowserOptions::default(), incoming),
        });
        let handle = Handle::new();
        serve(router, http, listener, handle.clone()).await?;
        Ok(Self { handle, readiness })
    }

    /// Takes no new calls and closes the socket.
    pub fn stop(&self) {
        self.readiness.send_replace(Readiness::Starting { waiting_for: "nothing: this server is stopping".to_owned() });
        self.handle.graceful_shutdown(Some(LAST_REQUESTS_MAX));
    }
}

async fn serve(
    router: Router,
    http: &Http,
    listener: TcpListener,
    handle: Handle<std::net::SocketAddr>,
) -> anyhow::Result<()> {
    let service = router.into_make_service();
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
    tokio::spawn(async move {
        if let Ok(Err(why)) = done.await {
            tracing::error!(%why, "the pages are no longer served");
        }
    });
    Ok(())
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

    async fn acknowledge(&self, case: CaseId, token: &str) -> Result<LinkedPage, AcknowledgeError> {
        let taken = self.office.acknowledge(case, token, self.clock.now()).await;
        taken.map(|linked| self.page(linked)).map_err(|why| refusal(&why))
    }
}

impl Links {
    fn page(&self, linked: LinkedCase) -> LinkedPage {
        LinkedPage {
            practice: self.practice.name.clone(),
            zone: self.practice.zone.clone(),
            clinician: linked.clinician.name,
            taken_by: linked.taken_by,
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
        | OfficeError::NoHttp(_)
        | OfficeError::Unavailable => {
            tracing::error!(%why, "a clinician's link could not be answered");
            AcknowledgeError::Unavailable
        }
    }
}
