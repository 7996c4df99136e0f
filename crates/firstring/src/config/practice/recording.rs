//! Whether calls are recorded, and what callers hear of it.

use domain::Recording;
use serde::Deserialize;
use toml::Spanned;

use super::checked::Checked;
use crate::config::ConfigError;

/// Recordings are kept so long where the practice says nothing: long enough for a complaint, short enough to be no archive.
const DAYS: u32 = 30;
/// Ten years.
const DAYS_MAX: u32 = 3653;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRecording {
    mode: Option<Spanned<String>>,
    keep_days: Option<Spanned<u32>>,
    transcript_notice: Option<Spanned<bool>>,
}

impl Checked<'_> {
    /// What callers hear, and for how many days recordings are kept.
    pub(super) fn recording(&self, raw: Option<&RawRecording>) -> Result<(Recording, u32), ConfigError> {
        let Some(raw) = raw else { return Ok((Recording::Off, DAYS)) };
        let notice = raw.transcript_notice.as_ref().is_some_and(|notice| *notice.get_ref());
        let mode = match raw.mode.as_ref().map(|mode| (mode, mode.get_ref().as_str())) {
            None | Some((_, "off")) if notice => Recording::OffTranscriptNotice,
            None | Some((_, "off")) => Recording::Off,
            Some((_, "notice")) => Recording::Notice,
            Some((_, "consent")) => Recording::Consent,
            Some((mode, _)) => {
                return Err(self.wrong(mode, "mode is unknown; write \"off\", \"notice\" or \"consent\""));
            }
        };
        if let Some(notice) = raw.transcript_notice.as_ref().filter(|_| mode.may_record()) {
            return Err(self.wrong(notice, "transcript_notice is for mode = \"off\"; leave it out"));
        }
        match &raw.keep_days {
            Some(days) if !(1..=DAYS_MAX).contains(days.get_ref()) => {
                Err(self.wrong(days, "keep_days is from 1 to 3653; write how long recordings are needed"))
            }
            days => Ok((mode, days.as_ref().map_or(DAYS, |days| *days.get_ref()))),
        }
    }
}
