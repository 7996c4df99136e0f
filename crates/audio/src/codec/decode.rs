use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use audio_codec::Decoder as _;
use audio_codec::g722::G722Decoder;
use opus_rs::OpusDecoder;

use super::{Codec, CodecError, PACKET_MS_MAX};
use crate::conceal::Conceal;
use crate::g711::{self, Law};
use crate::pcm::f32_from_i16;
use crate::{Pcm, Resampler};

const OUT_HZ: u32 = 16_000;
/// What the resampler holds back at most at 8 kHz.
const LATE_MAX: Duration = Duration::from_millis(10);
/// Opus conceals in steps of 2.5 ms: samples at [`OUT_HZ`].
const OPUS_STEP: usize = 40;

/// Payloads of one stream to sound at 16 kHz.
///
/// Exactly one of [`decode`](Self::decode), [`conceal`](Self::conceal) and [`silence`](Self::silence) belongs to each
/// stretch of the stream, in order. What comes out is as long as what went in. At 8 kHz it is 10 ms late (the
/// resampler's view), with silence before it: were that held back instead, a frame of 20 ms would be full a whole tick later.
pub struct Decoder {
    codec: Codec,
    kind: Kind,
}

enum Kind {
    /// 8 kHz, one byte a sample.
    G711 {
        law: Law,
        conceal: Conceal,
        resampler: Resampler,
        /// Resampled, and not given yet.
        pending: VecDeque<f32>,
    },
    G722 {
        decoder: Box<G722Decoder>,
        conceal: Conceal,
    },
    /// It has state of its own for concealment.
    Opus(Box<OpusDecoder>),
}

impl Decoder {
    /// At the start of a stream.
    pub fn new(codec: Codec) -> Self {
        let g711 = |law| Kind::G711 {
            law,
            conceal: Conceal::new(g711::HZ),
            resampler: Resampler::new(g711::HZ, OUT_HZ),
            pending: vec![0.0; samples_in(LATE_MAX, OUT_HZ)].into(),
        };
        let kind = match codec {
            Codec::Pcmu => g711(Law::Mu),
            Codec::Pcma => g711(Law::A),
            Codec::G722 => Kind::G722 { decoder: Box::new(G722Decoder::new()), conceal: Conceal::new(OUT_HZ) },
            Codec::Opus => Kind::Opus(opus()),
        };
        Self { codec, kind }
    }

    /// Which codec it reads.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The sound of one payload, of any length that [`Codec::payload_duration`] allows. After an error nothing was played:
    /// call [`conceal`](Self::conceal) for as long as the packet should have sounded.
    pub fn decode(&mut self, payload: &[u8]) -> Result<Pcm<OUT_HZ>, CodecError> {
        self.codec.payload_duration(payload)?;
        match &mut self.kind {
            Kind::G711 { law, conceal, resampler, pending } => {
                let mut samples = g711::decode(*law, payload).into_samples();
                conceal.heard(&mut samples);
                Ok(in_step(resampler, pending, &samples))
            }
            Kind::G722 { decoder, conceal } => {
                let mut samples: Vec<f32> = decoder.decode(payload).into_iter().map(f32_from_i16).collect();
                conceal.heard(&mut samples);
                Ok(Pcm::new(samples))
            }
            Kind::Opus(decoder) => decode_opus(decoder, payload),
        }
    }

    /// Sound for a packet that did not come: see [`Conceal`]. At most [`PACKET_MS_MAX`] at a time.
    pub fn conceal(&mut self, lost: Duration) -> Pcm<OUT_HZ> {
        let lost = lost.min(Duration::from_millis(u64::from(PACKET_MS_MAX)));
        match &mut self.kind {
            Kind::G711 { conceal, resampler, pending, .. } => {
                in_step(resampler, pending, &conceal.fill(samples_in(lost, g711::HZ)))
            }
            Kind::G722 { conceal, .. } => Pcm::new(conceal.fill(samples_in(lost, OUT_HZ))),
            Kind::Opus(decoder) => conceal_opus(decoder, samples_in(lost, OUT_HZ)),
        }
    }

    /// Silence where the sender sent none on purpose. At most [`PACKET_MS_MAX`] at a time.
    pub fn silence(&mut self, long: Duration) -> Pcm<OUT_HZ> {
        let long = long.min(Duration::from_millis(u64::from(PACKET_MS_MAX)));
        match &mut self.kind {
            Kind::G711 { conceal, resampler, pending, .. } => {
                conceal.forget();
                in_step(resampler, pending, &vec![0.0; samples_in(long, g711::HZ)])
            }
            Kind::G722 { conceal, .. } => {
                conceal.forget();
                Pcm::silence(samples_in(long, OUT_HZ))
            }
            Kind::Opus(_) => Pcm::silence(samples_in(long, OUT_HZ)),
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decoder({:?})", self.codec)
    }
}

/// As much at 16 kHz as there is at 8.
fn in_step(resampler: &mut Resampler, pending: &mut VecDeque<f32>, samples: &[f32]) -> Pcm<OUT_HZ> {
    pending.extend(resampler.push(samples));
    Pcm::new(pending.drain(..samples.len() * (OUT_HZ / g711::HZ) as usize).collect())
}

fn opus() -> Box<OpusDecoder> {
    Box::new(OpusDecoder::new(OUT_HZ as i32, 1).expect("Opus decodes to 16 kHz mono"))
}

fn decode_opus(decoder: &mut OpusDecoder, payload: &[u8]) -> Result<Pcm<OUT_HZ>, CodecError> {
    let mut samples = vec![0.0; samples_in(Duration::from_millis(u64::from(PACKET_MS_MAX)), OUT_HZ)];
    let room = samples.len();
    let decoded = decoder.decode(payload, room, &mut samples).map_err(|_| CodecError::Broken)?;
    samples.truncate(decoded);
    Ok(Pcm::new(samples))
}

fn conceal_opus(decoder: &mut OpusDecoder, len: usize) -> Pcm<OUT_HZ> {
    let mut samples = vec![0.0; len.next_multiple_of(OPUS_STEP)];
    let room = samples.len();
    if room > 0 && decoder.decode(&[], room, &mut samples).is_err() {
        samples.fill(0.0);
    }
    samples.truncate(len);
    Pcm::new(samples)
}

fn samples_in(long: Duration, hz: u32) -> usize {
    (long.as_micros() as u64 * u64::from(hz) / 1_000_000) as usize
}
