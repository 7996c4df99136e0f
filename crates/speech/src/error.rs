use std::path::PathBuf;

/// A cause that is kept for the log; what a model library says about itself, never a patient's words.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong with hearing or speaking, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// A file is not there: fetch it.
    #[error("{} is missing; `firstring models fetch` brings it", .path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file is there and is not what its name says: fetch it anew.
    #[error("{} cannot be used ({source}); delete it and run `firstring models fetch`", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the library that read it said.
        source: Cause,
    },
    /// A model that was loaded failed on one input: go on without this result; the next call may succeed.
    #[error("{model} failed: {source}")]
    Failed {
        /// Which model.
        model: &'static str,
        /// What it said.
        source: Cause,
    },
    /// A program that this crate starts is not installed: install it.
    #[error("{program} cannot be started ({source}); install the package {program}")]
    NoProgram {
        /// Its name.
        program: &'static str,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The work was cancelled by its asker: there is no result and nothing to do.
    #[error("cancelled")]
    Cancelled,
}

impl SpeechError {
    /// For `map_err` beside a call into a loaded model.
    pub(crate) fn failed<E: Into<Cause>>(model: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Failed { model, source: source.into() }
    }

    /// For `map_err` beside the loading of a file.
    #[cfg(any(feature = "whisper", feature = "onnx"))]
    pub(crate) fn unusable<E: Into<Cause>>(path: &std::path::Path) -> impl FnOnce(E) -> Self {
        let path = path.to_owned();
        move |source| Self::Unusable { path, source: source.into() }
    }
}
