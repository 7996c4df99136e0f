//! WAV files: any rate, depth and number of channels in; 16 bits out.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use crate::pcm::{i16_from_f32, within_range};
use crate::{HZ_MAX, HZ_MIN, Sound};

/// The longest file that is read, in samples of all channels together: an hour at 16 kHz, 220 MiB once read.
pub const SAMPLES_MAX: u32 = 16_000 * 3600;
/// The most channels that are mixed down.
pub const CHANNELS_MAX: u16 = 16;

/// Why a WAV file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// It cannot be opened: it does not exist, or may not be read.
    #[error("cannot open {path}: {source}; give the path of a WAV file that can be read")]
    Open {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is a directory.
    #[error("{path} is a directory; give the path of a WAV file in it")]
    Directory {
        /// Which.
        path: PathBuf,
    },
    /// It holds no sound.
    #[error("{path} holds no sound; record it again")]
    Empty {
        /// Which file.
        path: PathBuf,
    },
    /// It is not a WAV file, or ends before its header says.
    #[error("{path} is not a whole WAV file ({source}); write it again as PCM WAV")]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: hound::Error,
    },
    /// A WAV file of a kind that is not read.
    #[error("{path}: {what}; convert it to 16-bit mono PCM WAV at 16 kHz")]
    Unsupported {
        /// Which file.
        path: PathBuf,
        /// What is out of the ordinary.
        what: String,
    },
    /// It cannot be written.
    #[error("cannot write {path}: {source}; check that its directory exists, may be written and has space")]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: hound::Error,
    },
}

/// Reads a file at its own rate; channels are mixed down to one.
///
/// Integers of 8 to 32 bits and 32-bit floats are read. A float out of range is clipped, one that is not a number is
/// silence.
pub fn read(path: impl AsRef<Path>) -> Result<Sound, WavError> {
    let path = path.as_ref();
    let broken = |source| match source {
        hound::Error::Unsupported => WavError::Unsupported {
            path: path.to_owned(),
            what: "compressed, or coded in another way than PCM".to_owned(),
        },
        hound::Error::IoError(_)
        | hound::Error::FormatError(_)
        | hound::Error::TooWide
        | hound::Error::UnfinishedSample
        | hound::Error::InvalidSampleFormat => WavError::Broken { path: path.to_owned(), source },
    };
    let reader = WavReader::new(open(path)?).map_err(broken)?;
    let spec = reader.spec();
    check(path, spec, reader.len())?;
    let samples = interleaved(reader).map_err(broken)?;
    let channels = usize::from(spec.channels);
    let mono = samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32);
    Ok(Sound { hz: spec.sample_rate, samples: mono.collect() })
}

/// Writes interleaved samples in [-1, 1] as 16 bits; what is out of range is clipped.
pub fn write(path: impl AsRef<Path>, hz: u32, channels: u16, interleaved: &[f32]) -> Result<(), WavError> {
    let path = path.as_ref();
    let spec = WavSpec { channels, sample_rate: hz, bits_per_sample: 16, sample_format: SampleFormat::Int };
    write_samples(path, spec, interleaved).map_err(|source| WavError::Write { path: path.to_owned(), source })
}

fn write_samples(path: &Path, spec: WavSpec, interleaved: &[f32]) -> hound::Result<()> {
    let mut writer = WavWriter::create(path, spec)?;
    for &sample in interleaved {
        writer.write_sample(i16_from_f32(sample))?;
    }
    writer.finalize()
}

fn open(path: &Path) -> Result<BufReader<File>, WavError> {
    let failed = |source| WavError::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(WavError::Directory { path: path.to_owned() });
    }
    if about.is_file() && about.len() == 0 {
        return Err(WavError::Empty { path: path.to_owned() });
    }
    Ok(BufReader::new(file))
}

fn check(path: &Path, spec: WavSpec, samples: u32) -> Result<(), WavError> {
    let unsupported = |what| Err(WavError::Unsupported { path: path.to_owned(), what });
    if samples == 0 {
        return Err(WavError::Empty { path: path.to_owned() });
    }
    if !(HZ_MIN..=HZ_MAX).contains(&spec.sample_rate) {
        return unsupported(format!("{} Hz is not a rate of speech", spec.sample_rate));
    }
    if !(1..=CHANNELS_MAX).contains(&spec.channels) {
        return unsupported(format!("{} channels, where at most {CHANNELS_MAX} are read", spec.channels));
    }
    if samples > SAMPLES_MAX {
        return unsupported(format!("{samples} samples long by its header, where at most {SAMPLES_MAX} are read"));
    }
    Ok(())
}

fn interleaved(reader: WavReader<BufReader<File>>) -> hound::Result<Vec<f32>> {
    let spec = reader.spec();
    match spec.sample_format {
        SampleFormat::Float => reader.into_samples::<f32>().map(|sample| sample.map(within_range)).collect(),
        SampleFormat::Int => {
            let full_scale = (1u64 << (spec.bits_per_sample - 1)) as f32;
            reader.into_samples::<i32>().map(|sample| sample.map(|sample| sample as f32 / full_scale)).collect()
        }
    }
}
