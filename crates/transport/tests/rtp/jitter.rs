use std::time::Duration;

use audio::codec::Codec;
use proptest::prelude::*;
use transport::rtp::event::KeyPress;
use transport::rtp::{DELAY_MAX, JitterBuffer, PACKETS_MAX, Packet, Popped, Sender, Start};

use crate::network::{KEYS, Network, QUIET, START, Sent, TYPE, WAY, ms, payload, speech};

#[test]
fn what_networks_leave_of_a_minute() {
    println!(
        " loss jitter | played late skipped  concealed  mean delay  most delay   (of 3000 packets; delay from sent to played)"
    );
    for loss in [0.0, 0.01, 0.03, 0.05] {
        for jitter_ms in [0, 20, 60] {
            let network = Network { seed: 11, loss, jitter_ms, ..QUIET };
            let outcome = network.run(&speech(3000));
            outcome.check();
            let statistics = outcome.statistics;
            println!(
                "{:4.0}% {jitter_ms:3} ms | {:6} {:4} {:7} {:7} ms {:8} ms {:8} ms",
                loss * 100.0,
                outcome.played.len(),
                statistics.late,
                statistics.skipped,
                statistics.concealed.as_millis(),
                outcome.mean_delay().as_millis(),
                outcome.most_delay().as_millis(),
            );
            assert!(statistics.late + statistics.skipped <= outcome.came / 33, "{statistics:?}");
            assert!(outcome.mean_delay() <= WAY + ms(60 + jitter_ms), "{:?}", outcome.mean_delay());
            assert!(outcome.most_delay() <= WAY + DELAY_MAX + ms(60), "{:?}", outcome.most_delay());
            // A second of silence at the end; what is missing is made up, and little besides.
            let missing = ms(20) * (statistics.lost + statistics.late) as u32;
            assert!(statistics.concealed <= missing + ms(1200), "{:?} for {missing:?}", statistics.concealed);
        }
    }
}

#[test]
fn on_a_good_line_everything_is_played_and_nothing_made_up() {
    let outcome = QUIET.run(&speech(1000));
    outcome.check();
    assert_eq!(outcome.played.len(), 1000);
    assert!(outcome.statistics.concealed <= ms(120), "the end of the sound is no end of the call: {outcome:?}");
    assert!(outcome.most_delay() <= WAY + ms(60), "{:?}", outcome.most_delay());
}

#[test]
fn clocks_that_drift_are_followed() {
    for drift_ppm in [-300, 300] {
        let outcome = Network { drift_ppm, jitter_ms: 10, seed: 3, ..QUIET }.run(&speech(50 * 600));
        outcome.check();
        let statistics = outcome.statistics;
        // Ten minutes drift 180 ms apart: nine packets.
        assert!(statistics.skipped <= 12 && statistics.late <= 30, "{drift_ppm}: {statistics:?}");
        assert!(statistics.concealed <= ms(1000), "{drift_ppm}: {statistics:?}");
        let last = outcome.played.last().unwrap().1;
        let drifted = ms(if drift_ppm > 0 { 180 } else { 0 });
        assert!(last <= WAY + ms(100) + drifted, "{drift_ppm}: {last:?}");
    }
}

#[test]
fn packets_of_other_lengths_are_played() {
    for (long_ms, len) in [(10u64, 80usize), (30, 240), (40, 320), (60, 480)] {
        let packet = |index: usize| {
            let timestamp = START.timestamp.wrapping_add((index * len) as u32);
            let sequence = START.sequence.wrapping_add(index as u16);
            let payload = &payload(index, len);
            let packet = Packet { payload_type: TYPE, marker: false, sequence, timestamp, ssrc: 7, payload };
            (ms(long_ms * index as u64), packet.write())
        };
        let sent: Sent = (0..600).map(packet).collect();
        for jitter_ms in [0, 40] {
            // The length that is given out each 20 ms is checked to within a packet by what is given in all.
            let outcome = run_lengths(&Network { jitter_ms, ..QUIET }, &sent);
            assert_eq!(outcome.0, 600, "{long_ms} ms, jitter {jitter_ms} ms");
            assert!(outcome.1 <= WAY + DELAY_MAX + ms(long_ms + 20), "{long_ms} ms: {:?}", outcome.1);
        }
    }
}

/// As `Network::run`, for packets longer than a tick: how many were played or are accounted for, and the longest delay.
fn run_lengths(network: &Network, sent: &Sent) -> (u64, Duration) {
    let mut buffer = JitterBuffer::new(Codec::Pcmu, TYPE, Duration::ZERO);
    let mut luck = crate::network::Luck(network.seed);
    let arrival = |(index, (at, _)): (usize, &(Duration, Vec<u8>))| {
        (*at + WAY + Duration::from_micros((luck.draw() * 1000.0 * network.jitter_ms as f64) as u64), index)
    };
    let mut coming: Vec<_> = sent.iter().enumerate().map(arrival).collect();
    coming.sort();
    let (mut coming, mut given, mut played, mut most, mut last) =
        (coming.into_iter().peekable(), ms(0), 0, ms(0), None);
    for tick in 1..sent.len() as u64 * 3 + 100 {
        let now = ms(20 * tick);
        while let Some((at, index)) = coming.next_if(|(at, _)| *at <= now) {
            buffer.push(&Packet::parse(&sent[index].1).unwrap(), at);
        }
        while let Some(popped) = buffer.pop(now) {
            given += match popped {
                Popped::Frame(payload) => {
                    let index = u32::from_be_bytes(*payload.first_chunk().unwrap()) as usize;
                    assert!(last.replace(index) < Some(index));
                    most = most.max(now.saturating_sub(sent[index].0));
                    played += 1;
                    Duration::from_micros(payload.len() as u64 * 125)
                }
                Popped::Lost(long) | Popped::Silence(long) => long,
            };
        }
        assert!(now.abs_diff(given) <= ms(60), "{given:?} in {now:?}");
    }
    let statistics = buffer.statistics();
    assert!(statistics.late + statistics.skipped <= sent.len() as u64 / 20, "{statistics:?}");
    (played + statistics.late + statistics.skipped, most)
}

#[test]
fn pauses_of_the_sender_are_silence_and_no_loss() {
    let mut sender = Sender::new(START, Codec::Pcmu, TYPE);
    let mut sent = Sent::new();
    for tick in 0..500u64 {
        // Ten pauses of half a second.
        if tick % 50 < 25 {
            sent.push((ms(20 * tick), sender.send(&payload(sent.len(), 160))));
        } else {
            sender.skip();
        }
    }
    let outcome = Network { jitter_ms: 20, ..QUIET }.run(&sent);
    outcome.check();
    let statistics = outcome.statistics;
    assert_eq!((outcome.played.len() as u64 + statistics.late, statistics.lost), (250, 0), "{statistics:?}");
    // At the end of each something is made up, until it is sure that nothing comes.
    assert!(statistics.concealed <= ms(10 * 120 + 200), "{statistics:?}");
    assert!(outcome.silence >= ms(9 * 380), "{:?}", outcome.silence);
    assert!(outcome.most_delay() <= WAY + ms(100), "{:?}", outcome.most_delay());
}

#[test]
fn keys_are_no_loss() {
    let mut sender = Sender::new(START, Codec::Pcmu, TYPE);
    let mut sent: Sent = (0..50).map(|index| (ms(20 * index), sender.send(&payload(index as usize, 160)))).collect();
    let mut key = KeyPress::new('1', ms(100)).unwrap();
    while let Some(bytes) = sender.press(&mut key, KEYS) {
        sent.push((ms(20 * sent.len() as u64), bytes));
    }
    for _ in 0..50 {
        sent.push((ms(20 * sent.len() as u64), sender.send(&payload(sent.len(), 160))));
    }
    let outcome = QUIET.run(&sent);
    assert_eq!((outcome.played.len(), outcome.statistics.lost, outcome.statistics.late), (100, 0, 0));
    assert!(outcome.statistics.concealed <= ms(240), "{:?}", outcome.statistics);
}

#[test]
fn another_source_and_another_time_are_followed_at_once() {
    let mut sent = speech(100);
    let other = Start { ssrc: 8, sequence: 5, timestamp: 77 };
    let jumped = Start { ssrc: 8, sequence: 105, timestamp: 4_000_000_000 };
    let far = Start { ssrc: 8, sequence: 40_000, timestamp: 99 };
    for (part, start) in [other, jumped, far].into_iter().enumerate() {
        let mut sender = Sender::new(start, Codec::Pcmu, TYPE);
        for index in 100 * (part + 1)..100 * (part + 2) {
            sent.push((ms(20 * index as u64), sender.send(&payload(index, 160))));
        }
    }
    let outcome = QUIET.run(&sent);
    assert!(outcome.played.windows(2).all(|pair| pair[0].0 < pair[1].0));
    // At each change what waited of the old stream is given up, and the third needs two packets to be believed.
    assert!(outcome.played.len() >= 400 - 3 * 4, "{}", outcome.played.len());
    assert_eq!((outcome.statistics.lost, outcome.statistics.refused), (0, 1), "{:?}", outcome.statistics);
    for change in [100, 200, 300] {
        let first = outcome.played.iter().find(|(index, _)| *index >= change).unwrap();
        assert!(first.0 <= change + 1 && first.1 <= WAY + ms(80), "{first:?}");
    }
}

#[test]
fn stragglers_of_the_stream_before_change_nothing() {
    let mut buffer = JitterBuffer::new(Codec::Pcmu, TYPE, Duration::ZERO);
    let (old, new) = (speech(3), Sender::new(Start { ssrc: 8, ..START }, Codec::Pcmu, TYPE).send(&payload(0, 160)));
    buffer.push(&Packet::parse(&old[0].1).unwrap(), ms(0));
    buffer.push(&Packet::parse(&new).unwrap(), ms(20));
    buffer.push(&Packet::parse(&old[1].1).unwrap(), ms(21));
    let statistics = buffer.statistics();
    assert_eq!((buffer.len(), statistics.received, statistics.refused, statistics.skipped), (1, 2, 1, 1));
}

#[test]
fn after_a_jam_the_call_is_not_late_for_long() {
    // Two seconds come at once.
    let sent = speech(500);
    let mut buffer = JitterBuffer::new(Codec::Pcmu, TYPE, Duration::ZERO);
    let (mut delays, mut next) = (Vec::new(), 0);
    for tick in 1..520u64 {
        let now = ms(20 * tick);
        while next < sent.len() && sent[next].0 + WAY <= now && !(200..300).contains(&tick) {
            buffer.push(&Packet::parse(&sent[next].1).unwrap(), now);
            assert!(buffer.len() <= PACKETS_MAX);
            next += 1;
        }
        while let Some(popped) = buffer.pop(now) {
            if let Popped::Frame(payload) = popped {
                let index = u32::from_be_bytes(*payload.first_chunk().unwrap()) as usize;
                delays.push((index, now.saturating_sub(sent[index].0)));
            }
        }
    }
    let statistics = buffer.statistics();
    assert_eq!((statistics.lost, delays.len() as u64 + statistics.skipped + statistics.late), (0, 500));
    let most = |from: usize| delays.iter().filter(|(index, _)| *index >= from).map(|(_, delay)| *delay).max().unwrap();
    // Who speaks without a pause is a syllable late beyond the delay that was chosen, until there is a pause.
    assert!(most(0) <= WAY + ms(320) && most(400) <= WAY + DELAY_MAX + ms(80), "{:?}, then {:?}", most(0), most(400));
    assert!(statistics.concealed <= ms(300), "{statistics:?}");
}

#[test]
fn a_short_jam_loses_no_word_and_is_made_up_for_in_silence() {
    // Eight packets come with the ninth; from the 300th on nobody speaks.
    let mut sender = Sender::new(START, Codec::Pcmu, TYPE);
    let sound = |index: usize| {
        let quiet = [&(index as u32).to_be_bytes()[..], &[0xFF; 156]].concat();
        if index < 300 { payload(index, 160) } else { quiet }
    };
    let sent: Sent = (0..800).map(|index| (ms(20 * index as u64), sender.send(&sound(index)))).collect();
    let jam = ms(20 * 208) + WAY;
    let arrival = |index: usize| {
        let at = sent[index].0 + WAY;
        if (200..208).contains(&index) { jam } else { at }
    };
    let mut buffer = JitterBuffer::new(Codec::Pcmu, TYPE, Duration::ZERO);
    let (mut delays, mut next) = (Vec::new(), 0);
    for tick in 1..820u64 {
        let now = ms(20 * tick);
        while next < sent.len() && arrival(next) <= now {
            buffer.push(&Packet::parse(&sent[next].1).unwrap(), arrival(next));
            next += 1;
        }
        while let Some(popped) = buffer.pop(now) {
            if let Popped::Frame(payload) = popped {
                let index = u32::from_be_bytes(*payload.first_chunk().unwrap()) as usize;
                delays.push((index, now.saturating_sub(sent[index].0)));
            }
        }
    }
    let statistics = buffer.statistics();
    assert_eq!((statistics.lost, statistics.late), (0, 0));
    let spoken: Vec<usize> = delays.iter().map(|(index, _)| *index).filter(|index| *index < 300).collect();
    assert!(spoken.len() >= 298, "{} of 300", spoken.len());
    let (before, after) = (delays[199].1, delays.last().unwrap().1);
    assert!(after <= before + ms(20), "to the packet: {before:?} before, {after:?} after");
    assert!(statistics.skipped <= 10, "{statistics:?}");
}

#[test]
fn a_flood_is_bounded() {
    let mut buffer = JitterBuffer::new(Codec::Pcmu, TYPE, Duration::ZERO);
    for index in 0..100_000u32 {
        let (sequence, timestamp) = (index as u16, index * 80);
        let payload = &payload(0, 80);
        buffer.push(&Packet { payload_type: TYPE, marker: false, sequence, timestamp, ssrc: 1, payload }, ms(0));
        buffer.push(
            &Packet { payload_type: 99, marker: false, sequence: !sequence, timestamp, ssrc: 1, payload: &[] },
            ms(0),
        );
        assert!(buffer.len() <= PACKETS_MAX, "{}", buffer.len());
    }
    while buffer.pop(ms(2000)).is_some() {}
}

#[test]
fn reports_are_of_the_time_since_the_last() {
    let mut buffer = JitterBuffer::new(Codec::Pcmu, TYPE, Duration::ZERO);
    assert_eq!(buffer.report(), None);
    for (index, (at, bytes)) in speech(200).iter().enumerate() {
        if index < 100 || index % 4 != 0 {
            buffer.push(&Packet::parse(bytes).unwrap(), *at);
        }
        if index == 99 {
            assert_eq!(buffer.report().unwrap().fraction_lost, 0);
        }
    }
    let report = buffer.report().unwrap();
    assert_eq!((report.ssrc, report.fraction_lost, report.lost, report.jitter), (7, 64, 25, 0));
    assert_eq!(report.highest, 65_500 + 199);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn on_any_network_order_and_counts_hold(
        seed in any::<u64>(), loss in 0.0..0.4, twice in 0.0..0.3, jitter_ms in 0u64..300, drift_ppm in -2000i64..2000,
    ) {
        let outcome = Network { seed, loss, twice, jitter_ms, drift_ppm }.run(&speech(400));
        outcome.check();
        prop_assert!(outcome.most_waiting <= PACKETS_MAX);
        prop_assert!(outcome.most_delay() <= WAY + ms(jitter_ms) + DELAY_MAX + ms(80), "{:?}", outcome.most_delay());
    }

    #[test]
    fn any_packets_at_any_time_are_borne(
        packets in prop::collection::vec((0u8..3, any::<u16>(), any::<u32>(), 0u32..3, 0usize..1200, 0u64..3000), 0..200),
        near in any::<bool>(), codec in prop::sample::select(Codec::ALL.to_vec()),
    ) {
        let mut buffer = JitterBuffer::new(codec, TYPE, Duration::ZERO);
        let (mut now, mut given) = (ms(0), ms(0));
        for (payload_type, sequence, timestamp, ssrc, len, passed) in packets {
            now += ms(if near { passed / 100 } else { passed });
            let (sequence, timestamp) = if near { (sequence % 50, timestamp % 8000) } else { (sequence, timestamp) };
            let payload = &vec![sequence as u8; len];
            buffer.push(&Packet { payload_type, marker: false, sequence, timestamp, ssrc, payload }, now);
            prop_assert!(buffer.len() <= PACKETS_MAX);
            while let Some(popped) = buffer.pop(now) {
                given += match popped {
                    Popped::Frame(payload) => {
                        let units = u64::from(codec.payload_duration(&payload).unwrap());
                        Duration::from_micros(units * 1_000_000 / u64::from(codec.clock_hz()))
                    }
                    Popped::Lost(long) | Popped::Silence(long) => long,
                };
            }
            prop_assert!(given <= now + ms(130) && now <= given + ms(31), "{:?} given in {:?}", given, now);
        }
        let _report = buffer.report();
    }
}
