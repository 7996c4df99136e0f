use std::fmt;
use std::time::Duration;

use audio::codec::Codec;

use super::sequence::{Reception, Statistics};
use super::{Packet, TICK};

mod play;
mod stream;

use stream::{Stream, Taken};

/// Packets that wait to be played, at most: a second of 10 ms. Full: the oldest is skipped.
pub const PACKETS_MAX: usize = 100;
/// `pop` may be called this much too early or too late without giving less or more.
const SLACK: Duration = Duration::from_millis(10);
/// After a change of streams, stragglers of the old one come for this long.
const STRAGGLERS: Duration = Duration::from_millis(500);

/// Puts packets in order and in time.
///
/// [`push`](Self::push) takes every packet of the leg's peer as it comes. Every 20 ms [`pop`](Self::pop) is called until
/// it gives `None`; all that it gives is as long as the time that has passed, whatever came, so that positions in what is
/// heard stay times of the call. What comes in time is played in order and once.
///
/// How long packets are kept waiting follows the jitter of the last seconds, from 20 to 120 ms. Where nothing is there to
/// play, sound is made up while the next packet is waited for: it is played later rather than thrown away, and packets
/// are skipped afterwards, in silence if there is any, until the delay is right again. The same follows clocks that drift.
pub struct JitterBuffer {
    codec: Codec,
    payload_type: u8,
    /// When the next piece is due.
    due: Duration,
    stream: Option<Stream>,
    /// The stream before, and when it ended.
    previous: Option<(u32, Duration)>,
    /// What earlier streams came to, and what is not counted by stream.
    totals: Statistics,
}

/// What is to be heard next.
#[derive(Clone, PartialEq, Eq)]
pub enum Popped {
    /// A payload, to be decoded. It may be longer or shorter than 20 ms.
    Frame(Vec<u8>),
    /// So much is missing: conceal it.
    Lost(Duration),
    /// The sender says nothing for so long, or nothing came yet.
    Silence(Duration),
}

impl JitterBuffer {
    /// For a leg whose SDP gave `codec` the payload type; sound is due from `now` on.
    pub fn new(codec: Codec, payload_type: u8, now: Duration) -> Self {
        let totals = Statistics::default();
        Self { codec, payload_type, due: now + TICK, stream: None, previous: None, totals }
    }

    /// Another codec, after a re-INVITE. What waits is dropped if it cannot be played any more.
    pub fn change(&mut self, codec: Codec, payload_type: u8) {
        if (self.codec, self.payload_type) != (codec, payload_type) {
            self.close();
            self.codec = codec;
            self.payload_type = payload_type;
        }
    }

    /// Takes a packet that came at `now`.
    pub fn push(&mut self, packet: &Packet<'_>, now: Duration) {
        let is_sound = packet.payload_type == self.payload_type;
        let long = self.codec.payload_duration(packet.payload);
        let is_straggler = matches!(self.previous, Some((ssrc, ended))
            if ssrc == packet.ssrc && now.saturating_sub(ended) < STRAGGLERS);
        let is_other = self.stream.as_ref().is_some_and(|stream| stream.ssrc() != packet.ssrc);
        // Some gateways press keys from a source of their own: that is no new stream of sound.
        if (is_sound && long.is_err()) || (is_other && (is_straggler || !is_sound)) {
            self.totals.refused += 1;
            return;
        }
        if is_other {
            self.previous = self.stream.as_ref().map(|stream| (stream.ssrc(), now));
            self.close();
        }
        let sound = if is_sound { long.ok().map(i64::from) } else { None };
        self.take(packet, sound, now);
    }

    /// The next piece that is due at `now`; `None` until the next tick. Call it every 20 ms until it gives `None`.
    pub fn pop(&mut self, now: Duration) -> Option<Popped> {
        if self.due > now + SLACK {
            return None;
        }
        let (popped, long) = match &mut self.stream {
            Some(stream) => stream.next(self.codec, self.due, &mut self.totals),
            None => (Popped::Silence(TICK), TICK),
        };
        if let Popped::Lost(lost) = popped {
            self.totals.concealed += lost;
        }
        self.due += long;
        Some(popped)
    }

    /// What came since pick-up.
    pub fn statistics(&self) -> Statistics {
        let mut statistics = self.totals;
        if let Some(stream) = &self.stream {
            stream.count_into(&mut statistics);
            statistics.delay = Duration::from_micros(stream.delay_us(self.due).unwrap_or(0).max(0) as u64);
        }
        statistics
    }

    /// What RTCP is to tell the sender, for the time since this was last called.
    pub fn report(&mut self) -> Option<Reception> {
        self.stream.as_mut().map(Stream::report)
    }

    /// Packets that wait.
    pub fn len(&self) -> usize {
        self.stream.as_ref().map_or(0, Stream::len)
    }

    /// Whether no packet waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn take(&mut self, packet: &Packet<'_>, sound: Option<i64>, now: Duration) {
        let taken = match &mut self.stream {
            Some(stream) => stream.take(packet, sound, now, &mut self.totals),
            None => Taken::Restart,
        };
        match taken {
            Taken::Done => {}
            Taken::Restart => {
                self.close();
                self.stream.insert(Stream::new(packet, self.codec)).begin(packet, sound, now, &mut self.totals);
            }
        }
    }

    /// Adds the stream to what was before.
    fn close(&mut self) {
        if let Some(stream) = self.stream.take() {
            stream.count_into(&mut self.totals);
            self.totals.skipped += stream.sounds();
        }
    }
}

impl fmt::Debug for JitterBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JitterBuffer({:?}, {} packets, due {:?})", self.codec, self.len(), self.due)
    }
}

impl fmt::Debug for Popped {
    /// How much there is, never what is said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(payload) => write!(f, "Frame({} bytes)", payload.len()),
            Self::Lost(long) => write!(f, "Lost({long:?})"),
            Self::Silence(long) => write!(f, "Silence({long:?})"),
        }
    }
}
