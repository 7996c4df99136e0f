use std::sync::Arc;

use domain::Phi;

use super::{JobId, Recognized};

/// The final text of a part, on its way or there, with the sound it is of.
#[derive(Debug)]
pub(super) enum FinalText {
    Decoding { job: JobId, sound: Phi<Arc<[f32]>> },
    Decoded { recognized: Recognized, sound: Phi<Arc<[f32]>> },
    Failed,
}

impl FinalText {
    /// The job that it waits for.
    pub(super) fn job(&self) -> Option<JobId> {
        match self {
            Self::Decoding { job, .. } => Some(*job),
            Self::Decoded { .. } | Self::Failed => None,
        }
    }

    /// Its job is done; `None`: it came to nothing.
    pub(super) fn settle(&mut self, recognized: Option<Recognized>) {
        *self = match (recognized, std::mem::replace(self, Self::Failed)) {
            (Some(recognized), Self::Decoding { sound, .. }) => Self::Decoded { recognized, sound },
            (None, Self::Decoding { .. }) => Self::Failed,
            (_, settled @ (Self::Decoded { .. } | Self::Failed)) => settled,
        };
    }
}
