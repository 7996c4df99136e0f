use std::collections::VecDeque;
use std::fmt;

use audio_codec::Encoder as _;
use audio_codec::g722::G722Encoder;
use opus_rs::{Application, OpusEncoder};

use super::Codec;
use crate::g711::{self, Law};
use crate::pcm::i16_from_f32;
use crate::{Pcm, Resampler};

const IN_HZ: u32 = 16_000;
/// Speech at 16 kHz is transparent from about 24 kbit/s on; a line that carries G.711 carries this.
const OPUS_BITS_PER_S: i32 = 32_000;
/// An Opus packet of one frame (RFC 6716 3.2.1) is never longer.
const OPUS_BYTES_MAX: usize = 1276;

/// Frames of 20 ms at 16 kHz to payloads of one stream.
pub struct Encoder {
    codec: Codec,
    kind: Kind,
}

enum Kind {
    G711 { law: Law, resampler: Resampler, pending: VecDeque<f32> },
    G722(Box<G722Encoder>),
    Opus(Box<OpusEncoder>),
}

impl Encoder {
    /// At the start of a stream.
    pub fn new(codec: Codec) -> Self {
        let g711 =
            |law| Kind::G711 { law, resampler: Resampler::new(IN_HZ, g711::HZ), pending: VecDeque::with_capacity(320) };
        let kind = match codec {
            Codec::Pcmu => g711(Law::Mu),
            Codec::Pcma => g711(Law::A),
            Codec::G722 => Kind::G722(Box::new(G722Encoder::new())),
            Codec::Opus => Kind::Opus(opus()),
        };
        Self { codec, kind }
    }

    /// Which codec it writes.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The payload of 20 ms; a frame of another length is cut or filled up with silence. Always 160 bytes for G.711 and
    /// G.722. Sound comes 8 ms later than it was given for G.711, which is the resampler's view, and 6.5 ms for Opus.
    pub fn encode(&mut self, frame: &Pcm<IN_HZ>) -> Vec<u8> {
        let mut samples = frame.samples().to_vec();
        samples.resize(Pcm::<IN_HZ>::frame_len(), 0.0);
        match &mut self.kind {
            Kind::G711 { law, resampler, pending } => {
                pending.extend(resampler.push(&samples));
                g711::encode(*law, &Pcm::new(take_frame(pending)))
            }
            Kind::G722(encoder) => {
                let samples: Vec<i16> = samples.into_iter().map(i16_from_f32).collect();
                encoder.encode(&samples)
            }
            Kind::Opus(encoder) => encode_opus(encoder, &samples),
        }
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoder({:?})", self.codec)
    }
}

/// 20 ms at 8 kHz. The resampler gives its first frame short; the silence put before it stays the stream's delay, so that
/// later frames are always whole.
fn take_frame(pending: &mut VecDeque<f32>) -> Vec<f32> {
    while pending.len() < Pcm::<{ g711::HZ }>::frame_len() {
        pending.push_front(0.0);
    }
    pending.drain(..Pcm::<{ g711::HZ }>::frame_len()).collect()
}

fn opus() -> Box<OpusEncoder> {
    let mut encoder = OpusEncoder::new(IN_HZ as i32, 1, Application::Voip).expect("Opus encodes from 16 kHz mono");
    encoder.bitrate_bps = OPUS_BITS_PER_S;
    encoder.complexity = 5;
    // A telephone that loses a packet finds a coarse copy of it in the next one.
    encoder.use_inband_fec = true;
    encoder.packet_loss_perc = 3;
    Box::new(encoder)
}

fn encode_opus(encoder: &mut OpusEncoder, samples: &[f32]) -> Vec<u8> {
    let mut packet = vec![0; OPUS_BYTES_MAX];
    // A first byte alone is a frame that the other end conceals (RFC 6716 3.1): wideband, 20 ms. It cannot be told from
    // silence, and a packet is owed.
    let len = encoder.encode(samples, samples.len(), &mut packet).unwrap_or_else(|_| {
        packet[0] = 9 << 3;
        1
    });
    packet.truncate(len);
    packet
}
