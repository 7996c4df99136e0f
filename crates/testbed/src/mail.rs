//! A mail server that says the least that one can.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// How it behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// Takes every mail.
    Takes,
    /// Knows no recipient.
    RefusesTheRecipient,
    /// Hears the whole mail and refuses it.
    RefusesTheMail,
    /// Knows no password.
    RefusesToSignIn,
    /// Offers no way to sign in.
    SignsNobodyIn,
    /// Takes the connection and says nothing.
    NeverAnswers,
    /// Says nothing more when it has taken the mail.
    NeverSaysGoodbye,
}

/// One on the loopback, until it is dropped.
#[derive(Debug)]
pub struct MailServer {
    /// Where it listens.
    pub port: u16,
    manner: Arc<Mutex<Manner>>,
    said: mpsc::Receiver<String>,
    task: tokio::task::JoinHandle<()>,
}

impl MailServer {
    /// Starts it.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, said) = mpsc::channel(10_000);
        let manner = Arc::new(Mutex::new(manner));
        let present = Arc::clone(&manner);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let manner = *present.lock().unwrap_or_else(PoisonError::into_inner);
                tokio::spawn(talk(stream, manner, sender.clone()));
            }
        });
        Self { port, manner, said, task }
    }

    /// Behaves so towards whoever connects from now on.
    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// Every line that it has been told so far.
    pub fn said(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.said.try_recv().ok()).collect()
    }

    /// The next mail that it is told as a whole, taken or refused: its headers, an empty line, its text.
    pub async fn next_mail(&mut self) -> Vec<String> {
        let mut mail = Vec::new();
        let mut within = false;
        while let Some(line) = self.said.recv().await {
            match (within, line.as_str()) {
                (false, "DATA") => within = true,
                (false, _) => {}
                (true, ".") => break,
                (true, _) => mail.push(line),
            }
        }
        mail
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(stream: TcpStream, manner: Manner, said: mpsc::Sender<String>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    if manner == Manner::NeverAnswers {
        std::future::pending::<()>().await;
    }
    stream.write_all(b"220 mail.example ESMTP\r\n").await.ok()?;
    let mut within_mail = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end_matches("\r\n");
        said.try_send(line.to_owned()).expect("room");
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match (within_mail, verb.as_str()) {
            (true, ".") => {
                within_mail = false;
                if manner == Manner::RefusesTheMail { "554 5.7.1 doctor.ann@clinic.example" } else { "250 taken" }
            }
            (true, _) => continue,
            (false, "EHLO") if manner == Manner::SignsNobodyIn => "250 mail.example",
            (false, "EHLO") => "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
            (false, "AUTH") if manner == Manner::RefusesToSignIn => "535 5.7.8 no",
            (false, "AUTH") => "235 welcome",
            (false, "RCPT") if manner == Manner::RefusesTheRecipient => "550 5.1.1 doctor.ann@clinic.example unknown",
            (false, "DATA") => {
                within_mail = true;
                "354 go on"
            }
            (false, "QUIT") if manner == Manner::NeverSaysGoodbye => std::future::pending().await,
            (false, "QUIT") => "221 goodbye",
            (false, _) => "250 fine",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}
