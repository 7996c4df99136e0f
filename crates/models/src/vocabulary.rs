//! Whisper's tokens as raw bytes, from Hugging Face's `tokenizer.json`.
//!
//! There each token stands in GPT-2's byte map: printable bytes as themselves, the other 68 as the characters from U+0100 on.
//! whisper.cpp wants the bytes, and of the first 50,257 ids only: it makes up the special tokens above by itself. In the English
//! models id 50256 is `<|endoftext|>`, in the multilingual ones it is empty.

use std::collections::HashMap;

use serde::Deserialize;

/// How many ids are written, in every Whisper model.
const WRITTEN_TOKENS: u32 = 50_257;

#[derive(Deserialize)]
struct TokenizerJson {
    model: Model,
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
}

#[derive(Deserialize)]
struct Model {
    vocab: HashMap<String, u32>,
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
}

/// The bytes of ids 0 to 50,256, in order.
pub(crate) fn tokens(tokenizer_json: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let json: TokenizerJson =
        serde_json::from_slice(tokenizer_json).map_err(|error| format!("tokenizer.json: {error}"))?;
    let mut by_id: HashMap<u32, String> =
        json.added_tokens.into_iter().map(|token| (token.id, token.content)).collect();
    by_id.extend(json.model.vocab.into_iter().map(|(token, id)| (id, token)));
    let bytes = byte_of_character();
    (0..WRITTEN_TOKENS)
        .map(|id| {
            let token = by_id.get(&id).ok_or_else(|| format!("tokenizer.json has no token {id}"))?;
            let raw = token.chars().map(|character| bytes.get(&character).copied()).collect::<Option<_>>();
            raw.ok_or_else(|| format!("token {id} is not in GPT-2's byte map"))
        })
        .collect()
}

/// GPT-2's byte map, backwards.
fn byte_of_character() -> HashMap<char, u8> {
    let printable = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let shown = (0..=u8::MAX).filter(printable).map(|byte| (char::from(byte), byte));
    let hidden = (0..=u8::MAX).filter(|byte| !printable(byte));
    let moved = ('\u{100}'..).zip(hidden);
    shown.chain(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_byte_map_covers_every_byte_once() {
        let map = byte_of_character();
        let mut bytes: Vec<u8> = map.values().copied().collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=u8::MAX).collect::<Vec<_>>());
        // GPT-2 writes a space as U+0120, a new line as U+010A, and the soft hyphen, the last, as U+0143.
        assert_eq!((map[&'\u{120}'], map[&'\u{10A}'], map[&'\u{143}']), (b' ', b'\n', 0xAD));
        assert_eq!((map[&'a'], map[&'é']), (b'a', 0xE9));
    }

    #[test]
    fn a_short_vocabulary_is_refused() {
        let message = tokens(br#"{"model": {"vocab": {"a": 0}}}"#).expect_err("50,256 are missing");
        assert_eq!(message, "tokenizer.json has no token 1");
    }
}
