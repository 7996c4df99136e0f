//! A mail server that says the least that one can.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Takes,
    RefusesTheRecipient,
    RefusesTheMail,
    RefusesToSignIn,
    SignsNobodyIn,
    /// Takes the connection and says nothing.
    NeverAnswers,
    /// Says nothing more when it has taken the mail.
    NeverSaysGoodbye,
}

pub(super) struct MailServer {
    pub(super) port: u16,
    said: mpsc::Receiver<String>,
    task: tokio::task::JoinHandle<()>,
}

impl MailServer {
    pub(super) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, said) = mpsc::channel(1000);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, manner, sender.clone()));
            }
        });
        Self { port, said, task }
    }

    /// Every line that it has been told so far.
    pub(super) fn said(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.said.try_recv().ok()).collect()
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
