//! A language model on an OpenAI-compatible server (vLLM, llama-server, Ollama, SGLang, LM Studio): the second backend.
//!
//! One request answers all questions: `chat/completions` with a JSON schema that enumerates the words, so that the
//! server can answer nothing else. Probabilities come from `logprobs`; where a server has none, the answered word has
//! probability 1.
//!
//! The caller's words leave this machine for the server: it must be the practice's own, or under its contract. They
//! appear in no error.
//!
//! Requests run on a small runtime of its own, because the trait is synchronous; it may be called from anywhere.

mod answer;

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use self::answer::Listed;
use super::{Cancel, LanguageModel, Message, Question};
use crate::NluError;

/// After this time an answer is given up. A shell waits no longer either.
const ANSWER_MS_MAX: u64 = 1500;

/// How often a cancellation is looked for.
const CANCEL_CHECK_MS: u64 = 10;

/// Alternatives asked for at each token; the most that OpenAI's own interface allows.
const ALTERNATIVES: usize = 20;

/// An answer has three words of JSON.
const ANSWER_TOKENS_MAX: usize = 80;

/// A model behind `chat/completions`.
#[derive(Debug)]
pub struct OpenAi {
    /// Up to and with `/v1`, without a slash at the end.
    url: String,
    model: Option<String>,
    probabilities: ProbabilitySource,
    client: Client,
    key: Option<Key>,
    runtime: Option<Runtime>,
    answer_time_max: Duration,
}

/// Where probabilities come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProbabilitySource {
    Logprobs,
    /// The server refused to give them.
    AnswerAlone,
}

/// A secret: does not print.
#[derive(Clone)]
struct Key(String);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(***)")
    }
}

impl OpenAi {
    /// `url` as in `http://127.0.0.1:8080/v1`; `#name` at its end chooses one of several models, else the server's first is
    /// taken. `key` goes with each request as a bearer token. Does not connect yet.
    pub fn new(url: &str, key: Option<String>) -> Result<Self, NluError> {
        let (url, model) = match url.split_once('#') {
            Some((url, model)) => (url, Some(model.to_owned())),
            None => (url, None),
        };
        let unreachable = |source| NluError::Unreachable { url: url.to_owned(), source };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("llm-client")
            .enable_all()
            .build()
            .map_err(|e| unreachable(e.into()))?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            model,
            probabilities: ProbabilitySource::Logprobs,
            client: Client::builder().build().map_err(|e| unreachable(e.into()))?,
            key: key.map(Key),
            runtime: Some(runtime),
            answer_time_max: Duration::from_millis(ANSWER_MS_MAX),
        })
    }

    /// The same, giving an answer up after another time.
    pub fn with_answer_ms_max(mut self, answer_ms_max: u64) -> Self {
        self.answer_time_max = Duration::from_millis(answer_ms_max);
        self
    }

    /// The name of the model, asked once.
    fn model(&mut self, cancel: &Cancel) -> Result<String, NluError> {
        if let Some(model) = &self.model {
            return Ok(model.clone());
        }
        let (status, body) = self.send(self.client.get(format!("{}/models", self.url)), cancel)?;
        let name = serde_json::from_slice::<Listed>(&body).ok().and_then(Listed::first);
        let name =
            name.filter(|_| status.is_success()).ok_or_else(|| self.bad(&format!("{status} and no list of models")))?;
        self.model = Some(name.clone());
        Ok(name)
    }

    fn send(&self, request: RequestBuilder, cancel: &Cancel) -> Result<(StatusCode, Vec<u8>), NluError> {
        let request = match &self.key {
            Some(Key(key)) => request.bearer_auth(key),
            None => request,
        };
        let request = request.timeout(self.answer_time_max);
        let (done, answer) = sync_channel(1);
        let runtime = self.runtime.as_ref().expect("only dropping takes it");
        let task = runtime.spawn(async move {
            let answered = async {
                let response = request.send().await?;
                Ok::<_, reqwest::Error>((response.status(), response.bytes().await?.to_vec()))
            };
            // Nobody listens once the question was cancelled.
            done.send(answered.await).ok();
        });
        loop {
            match answer.recv_timeout(Duration::from_millis(CANCEL_CHECK_MS)) {
                Ok(answered) => return answered.map_err(|e| self.unreachable(e)),
                Err(RecvTimeoutError::Timeout) => cancel.check().inspect_err(|_| task.abort())?,
                Err(RecvTimeoutError::Disconnected) => return Err(self.bad("nothing: the request was lost")),
            }
        }
    }

    fn ask(&self, body: &Value, cancel: &Cancel) -> Result<(StatusCode, Vec<u8>), NluError> {
        self.send(self.client.post(format!("{}/chat/completions", self.url)).json(body), cancel)
    }

    fn unreachable(&self, source: reqwest::Error) -> NluError {
        NluError::Unreachable { url: self.url.clone(), source: source.without_url().into() }
    }

    fn bad(&self, problem: &str) -> NluError {
        NluError::BadAnswer { url: self.url.clone(), problem: problem.to_owned() }
    }
}

impl Drop for OpenAi {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl LanguageModel for OpenAi {
    /// Makes sure that the server is there. Servers keep prompts' beginnings themselves; reading ahead on one would only
    /// stand in the way of questions.
    fn prepare(&mut self, _messages: &[Message], cancel: &Cancel) -> Result<(), NluError> {
        self.model(cancel).map(drop)
    }

    fn choose(
        &mut self,
        messages: &[Message],
        questions: &[Question<'_>],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<f32>>, NluError> {
        cancel.check()?;
        let model = self.model(cancel)?;
        let (mut status, mut body) = self.ask(&request(&model, messages, questions, self.probabilities), cancel)?;
        let refused =
            matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::NOT_IMPLEMENTED);
        if refused && self.probabilities == ProbabilitySource::Logprobs {
            let without = request(&model, messages, questions, ProbabilitySource::AnswerAlone);
            (status, body) = self.ask(&without, cancel)?;
            if status.is_success() {
                self.probabilities = ProbabilitySource::AnswerAlone;
            }
        }
        if !status.is_success() {
            return Err(self.bad(&format!("with status {status}")));
        }
        answer::probabilities(&body, questions).map_err(|problem| self.bad(problem))
    }
}

fn request(model: &str, messages: &[Message], questions: &[Question<'_>], source: ProbabilitySource) -> Value {
    let mut body = json!({
        "model": model,
        "messages": messages.iter().map(message).collect::<Vec<_>>(),
        "temperature": 0,
        "max_tokens": ANSWER_TOKENS_MAX,
        "response_format": {
            "type": "json_schema",
            "json_schema": { "name": "reading", "strict": true, "schema": schema(questions) },
        },
    });
    if source == ProbabilitySource::Logprobs {
        body["logprobs"] = json!(true);
        body["top_logprobs"] = json!(ALTERNATIVES);
    }
    body
}

fn message(message: &Message) -> Value {
    match message {
        Message::Instruction(text) => json!({ "role": "system", "content": text }),
        Message::Told(text) => json!({ "role": "user", "content": text.expose() }),
        Message::Answered(answers) => {
            let answers: Map<String, Value> = answers.iter().map(|(q, word)| (q.clone(), json!(word))).collect();
            json!({ "role": "assistant", "content": Value::Object(answers).to_string() })
        }
    }
}

fn schema(questions: &[Question<'_>]) -> Value {
    let words: Map<String, Value> =
        questions.iter().map(|q| (q.name.to_owned(), json!({ "type": "string", "enum": q.words }))).collect();
    let names: Vec<&str> = questions.iter().map(|q| q.name).collect();
    json!({ "type": "object", "properties": words, "required": names, "additionalProperties": false })
}
