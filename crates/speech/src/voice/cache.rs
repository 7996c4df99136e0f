//! Fixed lines, rendered once and kept on disk by content: [`LineCache`].
//!
//! A file's name is the SHA-256 of the voice's name, its weights, the words and how fast they are said, so a changed line,
//! voice or model is simply another file. A file holds a header, a SHA-256 of what follows, and 16-bit samples; one that does not match
//! is rendered anew and never played. Files appear by rename, so a crash leaves none half-written.
//!
//! Only what is handed to [`LineCache::put`] is ever written: lines of the practice's own prompts, which are the same in
//! every call. A clause with a patient's words must not be put.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use domain::Tempo;
use sha2::{Digest, Sha256};

use super::spoken::spoken;

/// All files together. A line of three seconds takes 130 kB, so this holds some 750 of them, far more than a practice
/// has. When it is full the oldest files are deleted; they would be rendered anew.
const BYTES_MAX: u64 = 100 << 20;
/// Raised when the form of a file or the finishing of sound changes, so that old files are not found any more.
const FORM: &str = "firstring-line-1";
const MAGIC: [u8; 4] = *b"FRL1";
const HEADER_BYTES: usize = MAGIC.len() + 4 + 32;
const EXTENSION: &str = "line";
const FULL_SCALE: f32 = 32_767.0;

/// A folder of rendered lines of one voice.
#[derive(Clone, Debug)]
pub struct LineCache {
    folder: PathBuf,
    voice: String,
    weights: String,
    hz: u32,
    bytes_max: u64,
}

impl LineCache {
    /// A cache in `folder`, which is created, for the voice `voice` (as in [`Synthesizer::name`]) that speaks at `hz`
    /// by the model file with the checksum `weights`.
    ///
    /// [`Synthesizer::name`]: super::Synthesizer::name
    pub fn open(folder: &Path, voice: &str, hz: u32, weights: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let (voice, weights) = (voice.to_owned(), weights.to_owned());
        Ok(Self { folder: folder.to_owned(), voice, weights, hz, bytes_max: BYTES_MAX })
    }

    /// The sound of a clause, if it is kept and whole.
    pub fn get(&self, clause: &str, tempo: Tempo) -> Option<Vec<f32>> {
        read(&self.path(clause, tempo), self.hz)
    }

    /// Keeps the sound of a clause that is the same in every call; never one with a patient's words. An error is no
    /// reason not to play the sound.
    pub fn put(&self, clause: &str, tempo: Tempo, sound: &[f32]) -> io::Result<()> {
        let bytes = encoded(sound, self.hz);
        if bytes.len() as u64 > self.bytes_max {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the line alone exceeds the cache"));
        }
        self.make_room(bytes.len() as u64)?;
        let path = self.path(clause, tempo);
        // The process keeps two programs on one folder apart, the thread two calls in one program.
        let writer = format!("{}-{:?}.part", std::process::id(), std::thread::current().id());
        let unfinished = path.with_extension(writer);
        fs::write(&unfinished, bytes)?;
        fs::rename(&unfinished, path)
    }

    fn path(&self, clause: &str, tempo: Tempo) -> PathBuf {
        let mut hash = Sha256::new();
        for part in [FORM, &self.voice, &self.weights, &spoken(clause)] {
            // The length parts them: "ab" + "c" is not "a" + "bc".
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.update(tempo.stretch().to_le_bytes());
        self.folder.join(hex(&hash.finalize())).with_extension(EXTENSION)
    }

    /// Deletes the oldest files until `wanted` more bytes fit. Another process may delete the same ones.
    fn make_room(&self, wanted: u64) -> io::Result<()> {
        let mut files: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let Ok(about) = entry.metadata() else { continue };
            if about.is_file() {
                files.push((about.modified()?, entry.path(), about.len()));
            }
        }
        files.sort();
        let mut total: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
        for (_, path, bytes) in files {
            if total + wanted <= self.bytes_max {
                break;
            }
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => total -= bytes,
            }
        }
        Ok(())
    }
}

/// The sound in a file, if the file is there, whole, and at this rate.
fn read(path: &Path, hz: u32) -> Option<Vec<f32>> {
    let bytes = fs::read(path).ok()?;
    let (header, pcm) = bytes.split_at_checked(HEADER_BYTES)?;
    let is_whole = header == &header_of(pcm, hz)[..];
    let sample = |bytes: &[u8; 2]| f32::from(i16::from_le_bytes(*bytes)) / FULL_SCALE;
    is_whole.then(|| pcm.as_chunks::<2>().0.iter().map(sample).collect())
}

fn encoded(sound: &[f32], hz: u32) -> Vec<u8> {
    let pcm: Vec<u8> = sound.iter().flat_map(|sample| ((sample * FULL_SCALE).round() as i16).to_le_bytes()).collect();
    [header_of(&pcm, hz), pcm].concat()
}

fn header_of(pcm: &[u8], hz: u32) -> Vec<u8> {
    [&MAGIC[..], &hz.to_le_bytes(), &Sha256::digest(pcm)].concat()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::Synthesizer;
    use crate::voice::fake::FakeVoice;

    const GREETING: &str = "Thank you for calling at 9 a.m.";

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
    }

    fn sound() -> Vec<f32> {
        FakeVoice::default().synthesize(GREETING, Tempo::Usual).unwrap()
    }

    fn cache(folder: &Path) -> LineCache {
        LineCache::open(folder, "fake/tone", FakeVoice::HZ, "w1").unwrap()
    }

    #[test]
    fn a_line_is_found_by_what_is_said_by_voice_and_by_model() {
        let folder = tempfile::tempdir().unwrap();
        let kept = cache(&folder.path().join("lines"));
        assert!(kept.get(GREETING, Tempo::Usual).is_none());
        kept.put(GREETING, Tempo::Usual, &sound()).unwrap();
        let found = kept.get(GREETING, Tempo::Usual).unwrap();
        assert_eq!(found.len(), sound().len());
        assert!(found.iter().zip(sound()).all(|(kept, said)| (kept - said).abs() < 1.0 / FULL_SCALE));
        assert!(
            kept.get("Thank you for  calling at 9:00 am.", Tempo::Usual).is_some(),
            "written differently, said alike"
        );
        assert!(kept.get("Thank you for calling at 10 a.m.", Tempo::Usual).is_none());
        assert!(kept.get(GREETING, Tempo::Slower).is_none(), "said alike, but more slowly");
        for (voice, hz, weights) in
            [("fake/other", 16_000, "w1"), ("fake/tone", 16_000, "w2"), ("fake/tone", 8_000, "w1")]
        {
            let other = LineCache::open(&folder.path().join("lines"), voice, hz, weights).unwrap();
            assert!(other.get(GREETING, Tempo::Usual).is_none(), "{voice} {hz} {weights}");
        }
    }

    #[test]
    fn a_broken_file_is_not_played() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        cache.put(GREETING, Tempo::Usual, &sound()).unwrap();
        let path = files(folder.path()).remove(0);
        let good = fs::read(&path).unwrap();
        let flipped = |at: usize| {
            let mut bytes = good.clone();
            bytes[at] ^= 0x40;
            bytes
        };
        let short = |length: usize| good[..length].to_vec();
        let last = good.len() - 1;
        for broken in [flipped(last), flipped(5), flipped(0), short(last - 1), short(last), short(7), short(0)] {
            fs::write(&path, broken).unwrap();
            assert!(cache.get(GREETING, Tempo::Usual).is_none());
        }
        cache.put(GREETING, Tempo::Usual, &sound()).unwrap();
        assert!(cache.get(GREETING, Tempo::Usual).is_some());
    }

    #[test]
    fn the_size_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let line = (HEADER_BYTES + 2 * sound().len()) as u64;
        let cache = LineCache { bytes_max: 3 * line, ..cache(folder.path()) };
        for word in ["one", "two", "three", "four", "five"] {
            cache.put(word, Tempo::Usual, &sound()).unwrap();
        }
        assert_eq!(files(folder.path()).len(), 3);
        assert!(cache.get("five", Tempo::Usual).is_some());
        let tiny = LineCache { bytes_max: 10, ..cache };
        assert!(tiny.put("six", Tempo::Usual, &sound()).is_err());
        assert_eq!(files(folder.path()).len(), 3);
    }
}
