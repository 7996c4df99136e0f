//! From a probability per window to "speaks" and "does not speak".

use super::WINDOW;

/// A window this likely to be voice can begin speech; Silero's own default.
const VOICED: f32 = 0.5;

/// Once somebody speaks, a window this likely still belongs to it: the usual 0.15 of hysteresis.
pub(super) const STILL_VOICED: f32 = 0.35;

/// So many voiced windows in a row (96 ms) begin speech: a click or a tap is shorter, the shortest "no" is longer.
pub(super) const ONSET_WINDOWS: usize = 3;

/// So many quiet windows in a row (192 ms) end it: stop consonants are shorter.
pub(super) const END_WINDOWS: usize = 6;

/// Whether somebody speaks, after one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activity {
    /// Nobody speaks.
    Silent,
    /// Somebody has begun to speak, with the first of these windows; the last one is the one just told.
    Started([f32; ONSET_WINDOWS]),
    /// Speech goes on in this window.
    Voiced,
    /// Speech, but quiet for so many windows up to and with this one.
    Quiet {
        /// Fewer than ends speech.
        windows: usize,
    },
    /// It has been quiet long enough that speech ended, this many windows ago.
    Ended {
        /// Quiet windows at the end.
        windows: usize,
    },
}

impl Activity {
    /// How far before the end of this window speech began or ended, in samples.
    pub(super) fn samples_ago(self) -> u64 {
        let windows = match self {
            Self::Silent => 0,
            Self::Started(onset) => onset.len(),
            Self::Voiced => 1,
            Self::Quiet { windows } | Self::Ended { windows } => windows,
        };
        (windows * WINDOW) as u64
    }
}

/// Smooths the probabilities of one call.
#[derive(Clone, Debug, Default)]
pub struct VoiceActivity(State);

#[derive(Clone, Debug)]
enum State {
    /// The voiced windows at the end, fewer than begin speech.
    Silent { onset: Vec<f32> },
    /// The number of quiet windows at the end, fewer than end it.
    Speaking { quiet: usize },
}

impl Default for State {
    fn default() -> Self {
        Self::Silent { onset: Vec::new() }
    }
}

impl VoiceActivity {
    /// Takes the probability of voice in the next window.
    pub fn handle_window(&mut self, probability: f32) -> Activity {
        match &mut self.0 {
            State::Silent { onset } if probability >= VOICED => {
                onset.push(probability);
                match <[f32; ONSET_WINDOWS]>::try_from(onset.as_slice()) {
                    Ok(onset) => {
                        self.0 = State::Speaking { quiet: 0 };
                        Activity::Started(onset)
                    }
                    Err(_) => Activity::Silent,
                }
            }
            State::Silent { onset } => {
                onset.clear();
                Activity::Silent
            }
            State::Speaking { quiet } if probability >= STILL_VOICED => {
                *quiet = 0;
                Activity::Voiced
            }
            State::Speaking { quiet } if *quiet + 1 < END_WINDOWS => {
                *quiet += 1;
                Activity::Quiet { windows: *quiet }
            }
            State::Speaking { .. } => {
                self.0 = State::default();
                Activity::Ended { windows: END_WINDOWS }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `#` voiced, `+` uncertain, `.` quiet -> one letter per window: - silent, S started, v voiced, q quiet, E ended.
    fn smoothed(windows: &str) -> String {
        let mut activity = VoiceActivity::default();
        windows
            .chars()
            .map(|window| {
                let probability = match window {
                    '#' => 0.9,
                    '+' => 0.4,
                    _ => 0.0,
                };
                match activity.handle_window(probability) {
                    Activity::Silent => '-',
                    Activity::Started(_) => 'S',
                    Activity::Voiced => 'v',
                    Activity::Quiet { .. } => 'q',
                    Activity::Ended { .. } => 'E',
                }
            })
            .collect()
    }

    #[test]
    fn clicks_do_not_begin_speech_and_stops_do_not_end_it() {
        for (windows, expected) in [
            ("......", "------"),
            (".##..#.##.", "----------"),
            ("###......", "--SqqqqqE"),
            ("###.....#", "--Sqqqqqv"),
            ("++++###++++", "------Svvvv"),
            ("###......##.###", "--SqqqqqE-----S"),
        ] {
            assert_eq!(smoothed(windows), expected, "{windows}");
        }
    }
}
