//! The second backend against a server that behaves well, and against all the ways in which servers do not.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use domain::Phi;
use nlu::NluError;
use nlu::model::openai::OpenAi;
use nlu::model::{Cancel, LanguageModel, Message, Question};

/// What the server does with one request.
#[derive(Clone, Copy)]
enum Reply {
    Answer(u16, &'static str),
    /// Holds the connection and says nothing, until the test is over.
    Silence,
    /// Closes at once.
    HangUp,
}

/// A server that gives `replies` in order, one per request, and hands on what it was asked.
fn server(replies: &[Reply]) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (asked, requests) = channel();
    let replies = replies.to_vec();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for reply in replies {
            let (stream, _) = listener.accept().unwrap();
            held.extend(serve(stream, reply, &asked));
        }
        // Keeps the silent connections open as long as the test listens.
        while asked.send(String::new()).is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    });
    (url, requests)
}

fn serve(mut stream: TcpStream, reply: Reply, asked: &Sender<String>) -> Option<TcpStream> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    let mut head = String::new();
    while reader.read_line(&mut head).unwrap() > 2 {
        if let Some(value) =
            head.lines().last().and_then(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned))
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    asked.send(head + &String::from_utf8(body).unwrap()).ok();
    match reply {
        Reply::Answer(status, body) => {
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
                .unwrap();
            None
        }
        Reply::Silence => Some(stream),
        Reply::HangUp => None,
    }
}

/// Long enough for a loaded machine where an answer is expected; where none comes, [`OpenAi::with_answer_ms_max`] is short.
const PATIENT_MS: u64 = 30_000;

fn ask(url: &str, answer_ms_max: u64, cancel: &Cancel) -> Result<Vec<Vec<f32>>, NluError> {
    // A second test in this process finds it installed.
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut model =
        OpenAi::new(&format!("{url}#m"), Some("secret".to_owned())).unwrap().with_answer_ms_max(answer_ms_max);
    let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let (urgency, caller) = (words(&["routine", "urgent", "emergency"]), words(&["patient", "pharmacy"]));
    let questions = [Question { name: "urgency", words: &urgency }, Question { name: "caller", words: &caller }];
    model.choose(&[Message::Told(Phi::from("my tooth hurts"))], &questions, cancel)
}

const PLAIN: &str = r#"{"choices":[{"message":{"content":"{\"urgency\":\"urgent\",\"caller\":\"patient\"}"}}]}"#;

/// Tokens as a server cuts them: quotes and letters together. e^-0.5 = 0.607, e^-1 = 0.368.
const WITH_LOGPROBS: &str = r#"{"choices":[{"message":{"content":"{\"urgency\": \"urgent\", \"caller\": \"patient\"}"},"logprobs":{"content":[
 {"token":"{\""},{"token":"urgency"},{"token":"\":"},
 {"token":" \"","top_logprobs":[{"token":" \"","logprob":0.0}]},
 {"token":"urgent","top_logprobs":[{"token":"urgent","logprob":-0.5},{"token":"em","logprob":-1.0},{"token":"banana","logprob":-3.0}]},
 {"token":"\","},{"token":" \"caller"},{"token":"\":"},
 {"token":" \"pat","top_logprobs":[{"token":" \"pat","logprob":-0.5},{"token":" \"p","logprob":-1.0}]},
 {"token":"ient\"}"}]}}]}"#;

#[test]
fn probabilities_come_from_logprobs() {
    let (url, requests) = server(&[Reply::Answer(200, WITH_LOGPROBS)]);
    let answers = ask(&url, PATIENT_MS, &Cancel::default()).unwrap();
    let expected = [0.0, 0.607 / 0.975, 0.368 / 0.975];
    for (got, expected) in answers[0].iter().zip(expected) {
        assert!((got - expected).abs() < 0.01, "{answers:?}");
    }
    assert_eq!(answers[1], [1.0, 0.0], "what is shared between words belongs to the one that was answered");
    let request = requests.recv().unwrap();
    for piece in [
        "POST /v1/chat/completions",
        "authorization: Bearer secret",
        r#""model":"m""#,
        r#""logprobs":true"#,
        "json_schema",
    ] {
        assert!(request.contains(piece), "{piece} in {request}");
    }
}

#[test]
fn without_logprobs_the_answer_is_certain() {
    let (url, _requests) = server(&[Reply::Answer(200, PLAIN)]);
    assert_eq!(ask(&url, PATIENT_MS, &Cancel::default()).unwrap(), [vec![0.0, 1.0, 0.0], vec![1.0, 0.0]]);
}

#[test]
fn a_server_that_refuses_logprobs_is_asked_without() {
    let (url, requests) = server(&[Reply::Answer(400, "logprobs?"), Reply::Answer(200, PLAIN)]);
    assert_eq!(ask(&url, PATIENT_MS, &Cancel::default()).unwrap()[0], [0.0, 1.0, 0.0]);
    assert!(requests.recv().unwrap().contains("logprobs"));
    assert!(!requests.recv().unwrap().contains("logprobs"));
}

#[test]
fn bad_answers_are_errors_without_the_callers_words() {
    let answers = [
        (200, "tooth"),
        (200, "{}"),
        (200, r#"{"choices":[]}"#),
        (200, r#"{"choices":[{"message":{"content":null}}]}"#),
        (200, r#"{"choices":[{"message":{"content":"Your tooth sounds urgent."}}]}"#),
        (200, r#"{"choices":[{"message":{"content":"{\"urgency\":\"tooth\",\"caller\":\"patient\"}"}}]}"#),
        (200, r#"{"choices":[{"message":{"content":"{\"urgency\":\"urgent\"}"}}]}"#),
        (500, "the tooth broke me"),
        (404, ""),
    ];
    for (status, body) in answers {
        let (url, _requests) = server(&[Reply::Answer(status, body)]);
        let error = ask(&url, PATIENT_MS, &Cancel::default()).unwrap_err();
        assert!(matches!(error, NluError::BadAnswer { .. }), "{body}: {error}");
        assert!(!format!("{error} {error:?}").contains("tooth"), "{error:?}");
    }
}

#[test]
fn silence_and_hanging_up_are_errors() {
    for (reply, answer_ms_max) in [(Reply::Silence, 50), (Reply::HangUp, PATIENT_MS)] {
        let (url, _requests) = server(&[reply]);
        let error = ask(&url, answer_ms_max, &Cancel::default()).unwrap_err();
        assert!(matches!(error, NluError::Unreachable { .. }), "{error}");
    }
}

#[test]
fn a_question_can_be_cancelled_while_it_waits() {
    let (url, requests) = server(&[Reply::Silence]);
    let cancel = Cancel::default();
    let canceller = cancel.clone();
    std::thread::spawn(move || {
        requests.recv().unwrap();
        canceller.cancel();
        while requests.recv().is_ok() {}
    });
    assert!(matches!(ask(&url, PATIENT_MS, &cancel), Err(NluError::Cancelled)));
}

#[test]
fn the_first_model_of_the_list_is_taken_when_none_is_named() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let (url, requests) =
        server(&[Reply::Answer(200, r#"{"data":[{"id":"big"},{"id":"small"}]}"#), Reply::Answer(200, PLAIN)]);
    let mut model = OpenAi::new(&url, None).unwrap().with_answer_ms_max(PATIENT_MS);
    model.prepare(&[], &Cancel::default()).unwrap();
    let words = ["urgent".to_owned()];
    model.choose(&[], &[Question { name: "urgency", words: &words }], &Cancel::default()).unwrap();
    assert!(requests.recv().unwrap().starts_with("GET /v1/models "));
    assert!(requests.recv().unwrap().contains(r#""model":"big""#));
}
