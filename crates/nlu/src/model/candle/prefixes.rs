use candle_core::Result;

use super::decoder::Memory;

/// How many beginnings of prompts are kept: the instruction and one per call. When full, the one that was used least
/// recently is forgotten, and its call's next reading is slower by its length. With the 1.5 B model, each call takes
/// 57 kB per token of its own, about 10 MB; the instruction is shared.
const PREFIXES_MAX: usize = 16;

/// What was read before, by its tokens.
#[derive(Default)]
pub(super) struct Prefixes {
    /// The first is kept for good; the others stand in the order of their use.
    kept: Vec<(Vec<u32>, Memory)>,
}

impl Prefixes {
    /// The memory of the longest known beginning of `tokens`.
    pub(super) fn longest(&mut self, tokens: &[u32]) -> Result<Memory> {
        let in_common = |kept: &[u32]| kept.iter().zip(tokens).take_while(|(a, b)| a == b).count();
        let longest = self.kept.iter().enumerate().max_by_key(|(_, (kept, _))| in_common(kept));
        let Some((at, (kept, memory))) = longest else {
            return Ok(Memory::default());
        };
        let memory = memory.truncated(in_common(kept))?;
        if at > 0 {
            self.kept[at..].rotate_left(1);
        }
        Ok(memory)
    }

    /// Keeps the memory of `tokens`, in place of those that it goes on from.
    pub(super) fn keep(&mut self, tokens: Vec<u32>, memory: Memory) {
        if self.kept.is_empty() {
            self.kept.push((tokens, memory.into_shared()));
            return;
        }
        if self.kept[0].0 == tokens {
            return;
        }
        let calls = self.kept.split_off(1);
        self.kept.extend(calls.into_iter().filter(|(kept, _)| !tokens.starts_with(kept)));
        if self.kept.len() == PREFIXES_MAX {
            self.kept.remove(1);
        }
        self.kept.push((tokens, memory));
    }
}
