//! What the model remembers of the written beginning of its prompts, on disk: reading it anew takes twenty seconds at
//! each start (1,080 tokens, the 1.5 B model on one thread), loading it a tenth of a second.
//!
//! **No patient's word is ever in such a file.** Only [`CandleModel::load_begun`](super::CandleModel::load_begun) writes
//! one: a constructor that is given [`Questions`](crate::Questions), the written instruction and shots, and is over before
//! anybody can tell the model anything.
//!
//! A file is named by a SHA-256 over all that its content follows from: the weights, the tokens, and how the decoder reads
//! them. Its layout: [`MAGIC`], that name, the 32 bytes of the SHA-256 of what follows, then keys and values of each layer
//! as little-endian `f32`, each [kv_heads, tokens, head_size]. They are the very numbers that were computed, so an answer
//! is the same to the last bit, as long as one build writes and reads (kernels for another processor round otherwise). What
//! is short, damaged or another's is refused and written anew. The checksum guards against damage and mix-ups, not against
//! somebody who may write to the folder.
//!
//! Several processes may share a folder: a file appears by renaming, whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use candle_core::{DType, Device, Tensor};
use sha2::{Digest, Sha256};

use super::PASS_TOKENS_MAX;
use super::decoder::{DECODER_VERSION, Decoder, Memory};

/// Files in the folder: one for each model and wording in use, and a few to change between. When full, the one that was
/// not used for longest is deleted; it would be made anew. With the 1.5 B model each has 62 MB.
const FILES_MAX: usize = 4;
const MAGIC: [u8; 8] = *b"FRPRFX01";
/// A SHA-256 in hexadecimal.
const KEY_BYTES: usize = 64;
const HEADER_BYTES: usize = MAGIC.len() + KEY_BYTES + 32;
const EXTENSION: &str = "prefix";
const UNFINISHED_EXTENSION: &str = "part";

/// Of the weights, this many bytes out of every [`SAMPLED_EVERY_BYTES`] are hashed: some of every matrix, in 0.1 s a
/// gigabyte where all would take a second and more.
const SAMPLE_BYTES: usize = 4 << 10;
const SAMPLED_EVERY_BYTES: u64 = 64 << 10;

/// Where the memory of one beginning by one model is kept.
pub(super) struct PrefixFile {
    folder: PathBuf,
    key: String,
}

impl PrefixFile {
    /// The file in `folder` for what the model of the file `weights` remembers of `tokens`. An error if `weights` cannot
    /// be read.
    pub(super) fn new(folder: &Path, weights: &Path, tokens: &[u32]) -> io::Result<Self> {
        let mut key = Sha256::new();
        key.update(MAGIC);
        key.update(DECODER_VERSION.to_le_bytes());
        // Sums of other passes end in other last bits.
        key.update((PASS_TOKENS_MAX as u64).to_le_bytes());
        key.update(fingerprint(weights)?);
        for token in tokens {
            key.update(token.to_le_bytes());
        }
        Ok(Self { folder: folder.to_owned(), key: format!("{:x}", key.finalize()) })
    }

    /// What is kept, `None` if nothing is; an error if it is not what `decoder` would remember of `tokens` tokens.
    pub(super) fn load(&self, decoder: &Decoder, tokens: usize) -> io::Result<Option<Memory>> {
        let bytes = match fs::read(self.path()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let (count, shape) = decoder.memory_shape(tokens);
        let memory = decoded(&bytes, &self.key, count, &shape)?;
        // It was used just now. Where the time cannot be set it goes a little earlier than it should.
        File::open(self.path()).and_then(|file| file.set_modified(SystemTime::now())).ok();
        Ok(Some(Memory::from_tensors(memory, tokens)))
    }

    /// Keeps `memory` for the next start. Not forced to the disk: what a power cut leaves has a wrong checksum.
    pub(super) fn keep(&self, memory: &Memory) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let bytes = encoded(memory.tensors(), &self.key).map_err(io::Error::other)?;
        make_room(&self.folder)?;
        let unfinished = format!(".{UNFINISHED_EXTENSION}");
        let mut file = tempfile::Builder::new().suffix(&unfinished).tempfile_in(&self.folder)?;
        file.write_all(&bytes)?;
        file.persist(self.path())?;
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.folder.join(&self.key).with_extension(EXTENSION)
    }
}

/// Tells weights apart: by length, time of change, and samples of the content, because files unpacked from one archive
/// may share the first two.
fn fingerprint(weights: &Path) -> io::Result<[u8; 32]> {
    let file = File::open(weights)?;
    let about = file.metadata()?;
    let modified = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut hash = Sha256::new();
    hash.update(about.len().to_le_bytes());
    hash.update(modified.as_nanos().to_le_bytes());
    let mut sample = [0; SAMPLE_BYTES];
    let mut at = 0;
    while at < about.len() {
        let count = file.read_at(&mut sample, at)?;
        hash.update(&sample[..count]);
        at += SAMPLED_EVERY_BYTES;
    }
    Ok(hash.finalize().into())
}

fn encoded<'a>(tensors: impl Iterator<Item = &'a Tensor>, key: &str) -> candle_core::Result<Vec<u8>> {
    let mut bytes = vec![0; HEADER_BYTES];
    for tensor in tensors {
        let values = tensor.flatten_all()?.to_vec1::<f32>()?;
        bytes.extend(values.into_iter().flat_map(f32::to_le_bytes));
    }
    let header = header_of(&bytes[HEADER_BYTES..], key);
    bytes[..HEADER_BYTES].copy_from_slice(&header);
    Ok(bytes)
}

/// `count` tensors of `shape` from a whole file.
fn decoded(bytes: &[u8], key: &str, count: usize, shape: &[usize; 3]) -> io::Result<Vec<Tensor>> {
    let damaged = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let tensor_bytes = shape.iter().product::<usize>() * size_of::<f32>();
    let (header, values) = bytes.split_at_checked(HEADER_BYTES).ok_or_else(|| damaged("it has no header"))?;
    if values.len() != count * tensor_bytes {
        return Err(damaged("its length is wrong"));
    }
    if header != header_of(values, key) {
        return Err(damaged("its checksum is wrong, or it is another's"));
    }
    let tensor = |bytes| Tensor::from_raw_buffer(bytes, DType::F32, shape, &Device::Cpu).map_err(io::Error::other);
    values.chunks_exact(tensor_bytes).map(tensor).collect()
}

fn header_of(values: &[u8], key: &str) -> Vec<u8> {
    [&MAGIC[..], key.as_bytes(), &Sha256::digest(values)].concat()
}

/// Deletes what was not used for longest until one more file fits; what a killed process left unfinished counts too.
/// Another process may delete the same ones.
fn make_room(folder: &Path) -> io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_ours = path.extension().is_some_and(|e| e == EXTENSION || e == UNFINISHED_EXTENSION);
        if let (true, Ok(about)) = (is_ours, fs::metadata(&path)) {
            files.push((about.modified()?, path));
        }
    }
    files.sort();
    let too_many = (files.len() + 1).saturating_sub(FILES_MAX);
    for (_, path) in files.drain(..too_many) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SHAPE: [usize; 3] = [2, 3, 4];
    const COUNT: usize = 4;

    /// Two layers of three tokens; values that no rounding would leave alone.
    fn memory() -> Memory {
        let tensor = |at: usize| {
            let values: Vec<f32> = (0..24).map(|i| ((at * 24 + i) as f32).sin() * 1e-3 + f32::EPSILON).collect();
            Tensor::from_vec(values, &SHAPE[..], &Device::Cpu).unwrap()
        };
        Memory::from_tensors((0..COUNT).map(tensor).collect(), SHAPE[1])
    }

    fn bits(memory: &[Tensor]) -> Vec<u32> {
        memory.iter().flat_map(|t| t.flatten_all().unwrap().to_vec1::<f32>().unwrap()).map(f32::to_bits).collect()
    }

    fn weights(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        File::open(&path).unwrap().set_modified(UNIX_EPOCH).unwrap();
        path
    }

    #[test]
    fn what_is_kept_comes_back_to_the_last_bit() {
        let folder = tempfile::tempdir().unwrap();
        let weights = weights(folder.path(), "a.gguf", b"weights");
        let file = PrefixFile::new(&folder.path().join("prefix"), &weights, &[1, 2, 3]).unwrap();
        file.keep(&memory()).unwrap();
        let expected: Vec<Tensor> = memory().tensors().cloned().collect();
        let found = decoded(&fs::read(file.path()).unwrap(), &file.key, COUNT, &SHAPE).unwrap();
        assert_eq!(bits(&found), bits(&expected));
    }

    #[test]
    fn a_damaged_or_foreign_file_is_refused() {
        let key = "7".repeat(KEY_BYTES);
        let good = encoded(memory().tensors(), &key).unwrap();
        assert!(decoded(&good, &key, COUNT, &SHAPE).is_ok());
        let flipped = |at: usize| {
            let mut bytes = good.clone();
            bytes[at] ^= 0x10;
            bytes
        };
        let last = good.len() - 1;
        let damaged = [0, MAGIC.len(), MAGIC.len() + KEY_BYTES, HEADER_BYTES, last].map(flipped);
        let cut = [0, 1, HEADER_BYTES - 1, HEADER_BYTES, last].map(|length| good[..length].to_vec());
        let longer = [&good[..], &[0]].concat();
        for bytes in damaged.into_iter().chain(cut).chain([longer]) {
            let error = decoded(&bytes, &key, COUNT, &SHAPE).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{} bytes", bytes.len());
        }
        assert!(decoded(&good, &"8".repeat(KEY_BYTES), COUNT, &SHAPE).is_err(), "made for another key");
        assert!(decoded(&good, &key, COUNT, &[2, 4, 4]).is_err(), "of another length");
    }

    #[test]
    fn other_weights_or_tokens_are_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let content = vec![1; 3 * SAMPLED_EVERY_BYTES as usize];
        let mut retrained = content.clone();
        retrained[2 * SAMPLED_EVERY_BYTES as usize + 5] ^= 1;
        let key = |name: &str, content: &[u8], tokens: &[u32]| {
            PrefixFile::new(folder.path(), &weights(folder.path(), name, content), tokens).unwrap().key
        };
        let first = key("a.gguf", &content, &[1, 2]);
        assert_eq!(first, key("copy.gguf", &content, &[1, 2]), "where a file lies says nothing of it");
        assert_ne!(first, key("b.gguf", &retrained, &[1, 2]));
        assert_ne!(first, key("c.gguf", &content[1..], &[1, 2]));
        assert_ne!(first, key("a.gguf", &content, &[1, 3]));
        assert_ne!(first, key("a.gguf", &content, &[1, 2, 0]));
        let touched = weights(folder.path(), "a.gguf", &content);
        File::open(&touched).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(1)).unwrap();
        assert_ne!(first, PrefixFile::new(folder.path(), &touched, &[1, 2]).unwrap().key);
    }

    #[test]
    fn the_longest_unused_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let weights = weights(folder.path(), "a.gguf", b"weights");
        let kept = folder.path().join("prefix");
        let file = |token: u32| PrefixFile::new(&kept, &weights, &[token]).unwrap();
        let used = |path: &Path, at_s: u64| {
            File::open(path).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(at_s)).unwrap();
        };
        for token in 0..FILES_MAX as u32 {
            file(token).keep(&memory()).unwrap();
            used(&file(token).path(), 1000 - u64::from(token));
        }
        let stranger = kept.join("README");
        fs::write(&stranger, "not ours").unwrap();
        used(&stranger, 1);
        file(99).keep(&memory()).unwrap();
        let oldest = FILES_MAX as u32 - 1;
        assert!(!file(oldest).path().exists());
        assert!((0..oldest).chain([99]).all(|token| file(token).path().exists()));
        assert!(stranger.exists());
    }
}
