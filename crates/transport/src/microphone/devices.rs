//! The computer's sound devices, by `cpal`.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig, SupportedStreamConfig};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::{MicrophoneError, MicrophoneOptions};

pub(super) const MICROPHONE: &str = "microphone";
pub(super) const LOUDSPEAKER: &str = "loudspeaker";
/// Pieces that were heard, 20 ms each mostly. Full: the call is not keeping up, and the piece is lost.
const HEARD_MAX: usize = 50;
/// Frames of 20 ms on their way to the loudspeaker: 500 ms. Full: the loudspeaker stands still, and the frame is lost.
const SAYS_MAX: usize = 25;
/// So many frames may wait where nothing is said. Further silence is left out, so that what was late is in time again.
const SAYS_LATE: usize = 5;
/// A microphone gives sound all the time, silence too, and a loudspeaker takes it: one that does not for so long is gone.
pub(super) const STILL_MAX: Duration = Duration::from_secs(3);
/// So often we look whether a loudspeaker has begun.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// The first failure ends the call; others behind it are lost.
const FAILURES_MAX: usize = 4;

/// A device, as a person chooses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it is called.
    pub name: String,
    /// Which one it is.
    pub id: String,
    /// Whether it hears.
    pub hears: bool,
    /// Whether it sounds.
    pub sounds: bool,
}

/// Every device of this computer that hears or sounds.
pub fn devices() -> Vec<Device> {
    hush();
    let all = cpal::default_host().devices().into_iter().flatten();
    let known = all.filter_map(|device| {
        let (name, id) = (device.description().ok()?.name().to_owned(), device.id().ok()?.to_string());
        Some(Device { name, id, hears: device.supports_input(), sounds: device.supports_output() })
    });
    known.filter(|device| device.hears || device.sounds).collect()
}

/// Both directions, open.
pub(super) struct Sounds {
    /// Mono, at `heard_hz`.
    pub(super) heard: mpsc::Receiver<Vec<f32>>,
    pub(super) heard_hz: u32,
    /// Mono, at `says_hz`.
    pub(super) says: mpsc::Sender<Vec<f32>>,
    pub(super) says_hz: u32,
    /// Which device failed.
    pub(super) failed: mpsc::Receiver<&'static str>,
    _open: [Stream; 2],
}

impl Sounds {
    pub(super) fn open(options: &MicrophoneOptions) -> Result<Self, MicrophoneError> {
        hush();
        let host = cpal::default_host();
        let input = match &options.input {
            Some(name) => find(name, MICROPHONE, |device| device.hears)?,
            None => host.default_input_device().ok_or(MicrophoneError::None(MICROPHONE))?,
        };
        let output = match &options.output {
            Some(name) => find(name, LOUDSPEAKER, |device| device.sounds)?,
            None => host.default_output_device().ok_or(MicrophoneError::None(LOUDSPEAKER))?,
        };
        let wanted = input.default_input_config().map_err(unusable(MICROPHONE, options.input.as_ref()))?;
        let offered = output.default_output_config().map_err(unusable(LOUDSPEAKER, options.output.as_ref()))?;
        let (heard_sender, heard) = mpsc::channel(HEARD_MAX);
        let (says, said) = mpsc::channel(SAYS_MAX);
        let (failures, failed) = mpsc::channel(FAILURES_MAX);
        let hearing = hear(&input, &wanted, &heard_sender, &failures);
        let hearing = hearing.map_err(unusable(MICROPHONE, options.input.as_ref()))?;
        let saying = say(&output, &offered, said, &failures);
        let saying = saying.map_err(unusable(LOUDSPEAKER, options.output.as_ref()))?;
        hearing.play().map_err(unusable(MICROPHONE, options.input.as_ref()))?;
        saying.play().map_err(unusable(LOUDSPEAKER, options.output.as_ref()))?;
        let (heard_hz, says_hz) = (wanted.sample_rate(), offered.sample_rate());
        Ok(Self { heard, heard_hz, says, says_hz, failed, _open: [hearing, saying] })
    }
}

impl Sounds {
    /// Waits until the loudspeaker takes sound: on a busy computer that can be later than a greeting begins. What was heard meanwhile is no part of a call.
    pub(super) async fn begin(&mut self) -> Result<(), MicrophoneError> {
        let since = Instant::now();
        // There is room: nothing was said yet.
        self.says.try_send(vec![0.0]).ok();
        while self.says.capacity() < self.says.max_capacity() {
            if since.elapsed() > STILL_MAX {
                return Err(MicrophoneError::Gone(LOUDSPEAKER));
            }
            sleep(LOOK_EVERY).await;
        }
        while self.heard.try_recv().is_ok() {}
        Ok(())
    }

    /// Plays a frame. `false`: it is lost, or is silence that is left out.
    pub(super) fn say(&self, sound: Vec<f32>, speaks: bool) -> bool {
        let is_late = self.says.max_capacity() - self.says.capacity() > SAYS_LATE;
        (speaks || !is_late) && self.says.try_send(sound).is_ok()
    }
}

impl fmt::Debug for Sounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sounds({} Hz in, {} Hz out)", self.heard_hz, self.says_hz)
    }
}

/// Where nobody chose a device, there is always a name for one; that there is none behind it is found when it is used.
fn unusable(what: &'static str, chosen: Option<&String>) -> impl Fn(cpal::Error) -> MicrophoneError {
    let is_chosen = chosen.is_some();
    move |why| {
        if why.kind() == ErrorKind::DeviceNotAvailable && !is_chosen {
            return MicrophoneError::None(what);
        }
        MicrophoneError::Unusable(what, why.to_string().trim_end_matches('.').to_owned())
    }
}

/// ALSA's library writes what it thinks to stderr, a dozen lines for a device that is not there. What matters comes as an error.
#[cfg(target_os = "linux")]
fn hush() {
    alsa::Output::local_error_handler().map(drop).ok();
}

#[cfg(not(target_os = "linux"))]
fn hush() {}

fn find(name: &str, what: &'static str, can: impl Fn(&Device) -> bool) -> Result<cpal::Device, MicrophoneError> {
    let unknown = || MicrophoneError::Unknown(what, name.to_owned());
    let known = devices().into_iter().find(|device| can(device) && (device.id == name || device.name == name));
    let id = known.ok_or_else(unknown)?.id;
    let mut all = cpal::default_host().devices().map_err(|_| unknown())?;
    all.find(|device| device.id().is_ok_and(|this| this.to_string() == id)).ok_or_else(unknown)
}

/// So much at a time: a server of sound would rather take and give two seconds. The loudspeaker's is longer, because a gap in it is
/// heard, and the computer is busy with the models just before it speaks.
const HEARS_MS: u32 = 20;
const SAYS_MS: u32 = 40;

fn config_of(supported: &SupportedStreamConfig, ms: u32) -> StreamConfig {
    StreamConfig { buffer_size: BufferSize::Fixed(supported.sample_rate() * ms / 1000), ..supported.config() }
}

/// Tells of a device that is gone for sure. Others stumble: ALSA's way to PulseAudio gives an I/O error after a moment in which we
/// were too slow, and goes on. One that does not is found by the silence that follows.
fn failure(what: &'static str, failures: &mpsc::Sender<&'static str>) -> impl FnMut(cpal::Error) + Send + 'static {
    let failures = failures.clone();
    move |why| {
        let is_gone = matches!(
            why.kind(),
            ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable | ErrorKind::StreamInvalidated
        );
        tracing::debug!(what, is_gone, %why, "a sound device stumbled");
        if is_gone {
            // One that was told is enough.
            failures.try_send(what).ok();
        }
    }
}

fn hear(
    device: &cpal::Device,
    supported: &SupportedStreamConfig,
    heard: &mpsc::Sender<Vec<f32>>,
    failures: &mpsc::Sender<&'static str>,
) -> Result<Stream, cpal::Error> {
    let (format, config) = (supported.sample_format(), config_of(supported, HEARS_MS));
    if format == SampleFormat::I16 {
        hear_as::<i16>(device, config, heard, failures)
    } else if format == SampleFormat::I32 {
        hear_as::<i32>(device, config, heard, failures)
    } else {
        // What a device cannot do it says.
        hear_as::<f32>(device, config, heard, failures)
    }
}

fn hear_as<T: SizedSample>(
    device: &cpal::Device,
    config: StreamConfig,
    heard: &mpsc::Sender<Vec<f32>>,
    failures: &mpsc::Sender<&'static str>,
) -> Result<Stream, cpal::Error>
where
    f32: FromSample<T>,
{
    let (heard, channels) = (heard.clone(), usize::from(config.channels));
    let take = move |data: &[T], _: &cpal::InputCallbackInfo| {
        let mono = |all: &[T]| all.iter().map(|one| f32::from_sample_(*one)).sum::<f32>() / channels as f32;
        drop(heard.try_send(data.chunks_exact(channels).map(mono).collect()));
    };
    device.build_input_stream(config, take, failure(MICROPHONE, failures), None)
}

fn say(
    device: &cpal::Device,
    supported: &SupportedStreamConfig,
    said: mpsc::Receiver<Vec<f32>>,
    failures: &mpsc::Sender<&'static str>,
) -> Result<Stream, cpal::Error> {
    let (format, config) = (supported.sample_format(), config_of(supported, SAYS_MS));
    if format == SampleFormat::I16 {
        say_as::<i16>(device, config, said, failures)
    } else if format == SampleFormat::I32 {
        say_as::<i32>(device, config, said, failures)
    } else {
        // What a device cannot do it says.
        say_as::<f32>(device, config, said, failures)
    }
}

fn say_as<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    mut said: mpsc::Receiver<Vec<f32>>,
    failures: &mpsc::Sender<&'static str>,
) -> Result<Stream, cpal::Error> {
    let channels = usize::from(config.channels);
    let mut waiting = VecDeque::new();
    let give = move |data: &mut [T], _: &cpal::OutputCallbackInfo| {
        for all in data.chunks_exact_mut(channels) {
            if waiting.is_empty() {
                waiting.extend(said.try_recv().unwrap_or_default());
            }
            let sample = waiting.pop_front().unwrap_or(0.0);
            all.fill(T::from_sample_(sample));
        }
    };
    device.build_output_stream(config, give, failure(LOUDSPEAKER, failures), None)
}
