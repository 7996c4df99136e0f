use std::path::PathBuf;

/// What can go wrong in reading, by what can be done about it. None of them reaches a caller: the
/// [`Reader`](crate::Reader) answers with what it knows without the part that failed.
///
/// No message holds a caller's word: what a server answered or a model was asked stays out of it.
#[derive(Debug, thiserror::Error)]
pub enum NluError {
    /// A file that people write (rules, prompts) is not TOML, or lacks a key. At start only: mend the file.
    #[error("{file} cannot be read: {source}")]
    Toml {
        /// Which file, as it stands in the repository.
        file: &'static str,
        /// Line, column and what was expected.
        source: Box<toml::de::Error>,
    },
    /// An entry of such a file is wrong in itself. At start only: mend the entry.
    #[error("{file}, {entry}: {problem}; {fix}")]
    Entry {
        /// Which file, as it stands in the repository.
        file: &'static str,
        /// The rule, question or shot.
        entry: String,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        fix: String,
    },
    /// The weights cannot be used. At start only: fetch them again or choose others.
    #[error(
        "the language model {path} cannot be used: {problem}; `firstring models verify` names files to be fetched again"
    )]
    Weights {
        /// Where they were looked for.
        path: PathBuf,
        /// What is wrong with them.
        problem: String,
        /// Why, as the reader of the file tells it.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The model failed while it computed. The next question may succeed.
    #[error("the language model failed while it computed: {0}")]
    Inference(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The prompt is longer than the model can attend to. Shorten what is told of the call.
    #[error("a prompt of {tokens} tokens is longer than the {tokens_max} that the language model can attend to")]
    TooLong {
        /// How long it is.
        tokens: usize,
        /// How long it may be.
        tokens_max: usize,
    },
    /// The answer is no longer wanted. Nothing is wrong.
    #[error("the question was cancelled")]
    Cancelled,
    /// The language-model server cannot be reached or is too slow. Try again later.
    #[error("the language-model server {url} did not answer: {source}; check --llm-url and that the server runs")]
    Unreachable {
        /// As it was configured.
        url: String,
        /// What the transport says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The language-model server answered what cannot be used. Its log may say why.
    #[error("the language-model server {url} answered {problem}")]
    BadAnswer {
        /// As it was configured.
        url: String,
        /// What is wrong with the answer; never the answer itself.
        problem: String,
    },
}
