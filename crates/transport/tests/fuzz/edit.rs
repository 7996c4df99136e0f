//! Something well-formed, and what an input makes of it.

/// Inputs by chance in `make test`, each target.
pub(crate) const ITERATIONS: usize = 5000;
/// Edits of one input that are made.
const EDITS_MAX: usize = 40;

/// One of the seeds, chosen by the first byte of the input, edited by each four bytes behind it: what is done, to which of the bytes
/// (a number in two of them), with what.
pub(crate) fn edited(seeds: &[&[u8]], input: &[u8]) -> Vec<u8> {
    let (&choice, edits) = input.split_first().unwrap_or((&0, &[]));
    let mut bytes = seeds[usize::from(choice) % seeds.len()].to_vec();
    for edit in edits.as_chunks::<4>().0.iter().take(EDITS_MAX) {
        let &[what, high, low, with] = edit;
        let at = usize::from(u16::from_be_bytes([high, low])) % bytes.len().max(1);
        let end = (at + usize::from(with % 64)).min(bytes.len());
        match what % 6 {
            0 if at < bytes.len() => bytes[at] = with,
            1 if at < bytes.len() => bytes[at] ^= 1 << (with % 8),
            2 => bytes.insert(at, with),
            3 => drop(bytes.drain(at..end)),
            4 => bytes.extend_from_within(at..end),
            5 => {
                // A number or a word that is repeated where it stands.
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {}
        }
    }
    bytes
}
