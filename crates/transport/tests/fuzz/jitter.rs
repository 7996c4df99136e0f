use std::time::Duration;

use audio::codec::Codec;
use bolero::produce;
use transport::rtp::{JitterBuffer, PACKETS_MAX, Packet, Popped};

use crate::edit::ITERATIONS;

const TYPE: u8 = 0;
/// What a tick may give too much: a payload is 120 ms at most, and 10 ms of slack.
const AHEAD: Duration = Duration::from_millis(130);
const BEHIND: Duration = Duration::from_millis(31);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Drains what is due, and says what frames were handed out; what was given is as long as the time that has passed.
fn drain(buffer: &mut JitterBuffer, codec: Codec, now: Duration, given: &mut Duration) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some(popped) = buffer.pop(now) {
        *given += match popped {
            Popped::Frame(payload) => {
                let units = u64::from(codec.payload_duration(&payload).unwrap());
                frames.push(payload);
                Duration::from_micros(units * 1_000_000 / u64::from(codec.clock_hz()))
            }
            Popped::Lost(long) | Popped::Silence(long) => long,
        };
    }
    assert!(*given <= now + AHEAD && now <= *given + BEHIND, "{given:?} given in {now:?}");
    frames
}

/// One sender's packets, each up to 20 places from where it belongs, any of them never or twice, at any time.
#[test]
fn one_sender() {
    let steps = produce::<Vec<(u8, i8, u8)>>().with().len(0usize..300);
    bolero::check!().with_generator(steps).with_iterations(ITERATIONS).for_each(|steps| {
        let mut buffer = JitterBuffer::new(Codec::Pcmu, TYPE, Duration::ZERO);
        let (mut now, mut given, mut newest, mut last) = (ms(0), ms(0), 1000i64, -1i64);
        let (mut pushed, mut played) = (0u64, 0u64);
        for &(passed, place, copies) in steps {
            now += ms(u64::from(passed) / 4);
            let number = newest + i64::from(place % 20);
            newest = newest.max(number);
            let (sequence, timestamp) = (number as u16, (number as u32).wrapping_mul(160).wrapping_sub(200_000));
            let mut payload = vec![0x90; 160];
            payload[..8].copy_from_slice(&number.to_be_bytes());
            let packet = Packet { payload_type: TYPE, marker: false, sequence, timestamp, ssrc: 7, payload: &payload };
            for _ in 0..=copies % 3 {
                buffer.push(&packet, now);
                pushed += 1;
                assert!(buffer.len() <= PACKETS_MAX);
            }
            for frame in drain(&mut buffer, Codec::Pcmu, now, &mut given) {
                let number = i64::from_be_bytes(*frame.first_chunk().unwrap());
                assert!(number > last, "{number} after {last}");
                last = number;
                played += 1;
            }
        }
        let statistics = buffer.statistics();
        let waits = buffer.len() as u64;
        assert_eq!(statistics.received + statistics.duplicated + statistics.refused, pushed, "{statistics:?}");
        assert_eq!(played + waits + statistics.late + statistics.skipped, statistics.received, "{statistics:?}");
    });
}

/// Anything at all: other sources, jumps of number and time, keys, nonsense, another codec in mid-call.
#[test]
fn anybody() {
    let steps = produce::<Vec<(u8, u16, u32, u8, u16)>>().with().len(0usize..200);
    bolero::check!().with_generator(steps).with_iterations(ITERATIONS).for_each(|steps| {
        let mut codec = Codec::Pcmu;
        let mut buffer = JitterBuffer::new(codec, TYPE, Duration::ZERO);
        let (mut now, mut given) = (ms(0), ms(0));
        for &(what, sequence, timestamp, ssrc, passed) in steps {
            now += ms(u64::from(passed % 2000));
            let payload = vec![what; usize::from(passed >> 6)];
            let payload_type = if what < 200 { TYPE } else { 101 };
            let ssrc = u32::from(ssrc % 3);
            if what == 255 {
                codec = Codec::ALL[usize::from(sequence) % Codec::ALL.len()];
                buffer.change(codec, TYPE);
            }
            buffer.push(&Packet { payload_type, marker: false, sequence, timestamp, ssrc, payload: &payload }, now);
            assert!(buffer.len() <= PACKETS_MAX);
            drain(&mut buffer, codec, now, &mut given);
            let statistics = buffer.statistics();
            assert!((0.0..=1.0).contains(&statistics.fraction_lost()), "{statistics:?}");
        }
        let _report = buffer.report();
    });
}
