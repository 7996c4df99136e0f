//! What a page may send (`src/browser/message.rs`).

use super::{Command, Hello, Joiner, Key, Rate};
use crate::edit::{ITERATIONS, edited};

const SEEDS: [&[u8]; 4] =
    [br#"{"hello":{"hz":16000,"page":"1"}}"#, br##"{"dtmf":"#"}"##, br#"{"hang_up":true}"#, br#"{"hello":{}}"#];

#[test]
fn commands() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        command_holds(&String::from_utf8_lossy(input));
        command_holds(&String::from_utf8_lossy(&edited(&SEEDS, input)));
    });
}

/// What is understood is one of the three, with a key that telephones have.
fn command_holds(text: &str) {
    let Ok(command) = serde_json::from_str::<Command>(text) else { return };
    let said = match command {
        Command::Hello(Hello { hz: Rate }) => r#"{"hello":{}}"#.to_owned(),
        Command::Dtmf(Key(key)) => {
            assert!("0123456789*#ABCD".contains(key), "{text}");
            format!(r#"{{"dtmf":"{key}"}}"#)
        }
        Command::HangUp(now) => format!(r#"{{"hang_up":{now}}}"#),
    };
    assert_eq!(serde_json::from_str::<Command>(&said).ok(), Some(command), "{text}");
}

/// However the bytes are cut, the sound is the same.
#[test]
fn sound() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|input: &[u8]| {
        let (&cut, bytes) = input.split_first().unwrap_or((&1, &[]));
        let mut joiner = Joiner::default();
        let pieces = bytes.chunks(usize::from(cut).max(1));
        let joined: Vec<u8> = pieces.flat_map(|piece| joiner.join(piece).to_s16le()).collect();
        assert_eq!(joined, bytes[..bytes.len() / 2 * 2]);
    });
}
