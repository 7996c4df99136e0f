//! What a page is sent to: a server of any of the kinds, that takes pages or fails in one of the ways in which servers fail.

use std::io;

use office::{Channel, Email, Encryption, Gateway, Ntfy, PagerDuty, Sms, SmsFrom, Voice, Webhook};
use oncall::Way;
use store::Secret;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    Takes,
    /// Nobody listens.
    RefusesConnections,
    /// Answers that it has failed itself: HTTP 500, SMTP 554.
    Fails,
    /// Takes the connection and never answers.
    Hangs,
    /// Answers something that is neither HTTP nor SMTP.
    TalksNonsense,
}

/// One way to one clinician and the server behind it.
pub struct Line {
    pub channel: Channel,
    /// One for each page that was taken or refused as a whole.
    pages: mpsc::Receiver<()>,
    /// Nobody else gets the port as long as this lives.
    _port: Option<TcpSocket>,
    server: Option<tokio::task::JoinHandle<()>>,
}

impl Line {
    pub async fn start(way: Way, manner: Manner) -> Self {
        let (sender, pages) = mpsc::channel(100);
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = socket.local_addr().unwrap().port();
        let channel = channel(way, port);
        if manner == Manner::RefusesConnections {
            return Self { channel, pages, _port: Some(socket), server: None };
        }
        let listener = socket.listen(64).unwrap();
        let server = tokio::spawn(serve(listener, way, manner, sender));
        tokio::task::yield_now().await;
        Self { channel, pages, _port: None, server: Some(server) }
    }

    /// How many pages have come since it was asked last.
    pub fn pages(&mut self) -> usize {
        std::iter::from_fn(|| self.pages.try_recv().ok()).count()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

fn channel(way: Way, port: u16) -> Channel {
    let api = format!("http://127.0.0.1:{port}");
    let gateway = || Gateway { api: api.clone(), account: "AC1".to_owned(), token: Secret::new("a token") };
    let number = |text: &str| text.parse().unwrap();
    match way {
        Way::Webhook => Channel::Webhook(Webhook {
            url: Secret::new(&api),
            secret: Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        }),
        Way::Sms => Channel::Sms(Sms {
            gateway: gateway(),
            from: SmsFrom::Number("+12125550100".to_owned()),
            to: number("+12125550101"),
        }),
        Way::Voice => {
            Channel::Voice(Voice { gateway: gateway(), from: number("+12125550100"), to: number("+12125550101") })
        }
        Way::Email => Channel::Email(Email {
            server: "127.0.0.1".to_owned(),
            port: Some(port),
            encryption: Encryption::Plain,
            login: None,
            from: Secret::new("pages@riverside.example"),
            to: Secret::new("ann@riverside.example"),
        }),
        Way::Ntfy => Channel::Ntfy(Ntfy { url: Secret::new(format!("{api}/topic")), token: None }),
        Way::Pagerduty => Channel::PagerDuty(PagerDuty { api, routing_key: Secret::new("key") }),
    }
}

async fn serve(listener: TcpListener, way: Way, manner: Manner, pages: mpsc::Sender<()>) {
    while let Ok((stream, _)) = listener.accept().await {
        let pages = pages.clone();
        tokio::spawn(async move {
            // A client that goes away is no matter of ours.
            answer(stream, way, manner, &pages).await.ok();
        });
    }
}

async fn answer(stream: TcpStream, way: Way, manner: Manner, pages: &mpsc::Sender<()>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    match manner {
        Manner::Hangs => std::future::pending().await,
        Manner::TalksNonsense => stream.write_all(b"\x16\x03\x01 no such language\r\n\r\n").await,
        Manner::Takes | Manner::Fails | Manner::RefusesConnections if way == Way::Email => {
            take_mail(&mut stream, manner == Manner::Takes, pages).await
        }
        Manner::Takes | Manner::Fails | Manner::RefusesConnections => {
            let taken = match way {
                Way::Sms | Way::Voice => 201,
                Way::Pagerduty => 202,
                Way::Webhook | Way::Ntfy | Way::Email => 200,
            };
            take_request(&mut stream, if manner == Manner::Takes { taken } else { 500 }, pages).await
        }
    }
}

/// One request of HTTP, answered by a status.
async fn take_request(stream: &mut BufReader<TcpStream>, status: u16, pages: &mpsc::Sender<()>) -> io::Result<()> {
    let mut length = 0;
    loop {
        let line = line(stream).await?.to_ascii_lowercase();
        match line.strip_prefix("content-length:") {
            Some(bytes) => length = bytes.trim().parse().unwrap(),
            None if line.is_empty() => break,
            None => {}
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    pages.try_send(()).unwrap();
    let answer = format!("HTTP/1.1 {status} So\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await
}

/// One mail, taken or refused at its end.
async fn take_mail(stream: &mut BufReader<TcpStream>, is_taken: bool, pages: &mpsc::Sender<()>) -> io::Result<()> {
    stream.write_all(b"220 mail.example ESMTP\r\n").await?;
    loop {
        let said = line(stream).await?;
        let answer: &[u8] = match said.split([' ', ':']).next().unwrap_or_default() {
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                while line(stream).await? != "." {}
                pages.try_send(()).unwrap();
                if is_taken { b"250 taken\r\n" } else { b"554 failed\r\n" }
            }
            _ => b"250 fine\r\n",
        };
        stream.write_all(answer).await?;
    }
}

async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<String> {
    let mut line = String::new();
    match stream.read_line(&mut line).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}
