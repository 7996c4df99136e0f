use audio::Pcm;
use serde::Deserialize;

use crate::LEG_HZ;
use crate::key::Key;

/// A text message from a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Command {
    Hello(Hello),
    Dtmf(Key),
    HangUp(bool),
}

/// What a browser tells of itself; more than this is allowed and not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Hello {
    #[serde(default)]
    pub(super) hz: Rate,
}

/// The only rate that is spoken here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub(super) struct Rate;

impl TryFrom<u32> for Rate {
    type Error = &'static str;
    fn try_from(hz: u32) -> Result<Self, Self::Error> {
        if hz == LEG_HZ { Ok(Self) } else { Err("sound must come at 16000 Hz") }
    }
}

/// Puts samples together whose bytes come in different messages.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    half: Option<u8>,
}

impl Joiner {
    /// The whole samples so far.
    pub(super) fn join(&mut self, bytes: &[u8]) -> Pcm<LEG_HZ> {
        let mut whole = Vec::with_capacity(bytes.len() + 1);
        whole.extend(self.half.take());
        whole.extend_from_slice(bytes);
        if whole.len() % 2 == 1 {
            self.half = whole.pop();
        }
        Pcm::from_s16le(&whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        let cases = [
            (r#"{"hello":{}}"#, Some(Command::Hello(Hello { hz: Rate }))),
            (r#"{"hello":{"hz":16000,"page":"1"}}"#, Some(Command::Hello(Hello { hz: Rate }))),
            (r#"{"hello":{"hz":48000}}"#, None),
            (r##"{"dtmf":"#"}"##, Some(Command::Dtmf(Key('#')))),
            (r#"{"dtmf":"x"}"#, None),
            (r#"{"dtmf":"12"}"#, None),
            (r#"{"hang_up":true}"#, Some(Command::HangUp(true))),
            (r#"{"hang_up":"now"}"#, None),
            (r#"{"other":1}"#, None),
            ("", None),
            ("hello", None),
        ];
        for (text, expected) in cases {
            assert_eq!(serde_json::from_str(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn samples_survive_any_cut() {
        let bytes: Vec<u8> = (0..=255).collect();
        for cut in [1, 2, 3, 7, 100] {
            let mut joiner = Joiner::default();
            let joined: Vec<u8> = bytes.chunks(cut).flat_map(|piece| joiner.join(piece).to_s16le()).collect();
            assert_eq!(joined, bytes, "cut every {cut} bytes");
        }
    }
}

#[cfg(test)]
#[path = "../../tests/fuzz/browser.rs"]
mod fuzz;
