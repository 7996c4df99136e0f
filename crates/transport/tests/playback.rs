//! What a line of a voice becomes on the line, tick by tick.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use audio::{Sound, level};
use domain::{CallTime, LineId};
use transport::playback::{BrokeOff, Playback, Tick};
use transport::{LegNews, Voiced};

const FRAME: usize = 320;
/// A fade of 5 ms leaves at most this step between two samples of a constant 0.5: 0.5 / 80.
const STEP_MAX: f32 = 0.0063;

/// `ms` of a constant, which shows every fade and every gap.
fn piece(line: u32, ms: usize, last: bool) -> Voiced {
    Voiced { line: LineId(line), sound: Sound { hz: 16_000, samples: vec![0.5; 16 * ms] }, last }
}

fn run(playback: &mut Playback<16_000>, ticks: usize) -> (Vec<f32>, Vec<LegNews>) {
    let mut sound = Vec::new();
    let mut all_news = Vec::new();
    for _ in 0..ticks {
        let Tick { pcm, news, .. } = playback.tick();
        assert_eq!(pcm.len(), FRAME);
        sound.extend(pcm.into_samples());
        all_news.extend(news);
    }
    (sound, all_news)
}

fn speech(sound: &[f32]) -> usize {
    sound.iter().filter(|&&sample| sample != 0.0).count()
}

/// The steepest step; a constant that is cut shows as 0.5. `after` skips the voice's own beginning.
fn steepest(sound: &[f32], range: std::ops::Range<usize>) -> f32 {
    sound[range].windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn a_line_is_sent_whole_and_its_ends_are_told_to_the_sample() {
    let mut playback = Playback::new();
    run(&mut playback, 5);
    playback.push(&piece(1, 50, true));
    let (sound, news) = run(&mut playback, 5);
    assert_eq!(sound[..800], [0.5; 800]);
    assert_eq!(speech(&sound), 800);
    let at = |ms: u64| CallTime::from_ms(100 + ms);
    assert_eq!(
        news,
        [LegNews::Started { line: LineId(1), at: at(0) }, LegNews::Finished { line: LineId(1), at: at(50) }]
    );
}

#[test]
fn a_line_that_ends_with_a_frame_is_finished_and_the_next_begins_plainly() {
    let mut playback = Playback::new();
    playback.push(&piece(1, 40, true));
    let (_, news) = run(&mut playback, 3);
    assert_eq!(news.len(), 2);
    playback.push(&piece(2, 40, true));
    assert_eq!(run(&mut playback, 1).0, [0.5; FRAME]);
}

#[test]
fn a_voice_of_another_rate_keeps_its_length() {
    for hz in [8000, 22_050, 24_000, 44_100] {
        let mut playback = Playback::<16_000>::new();
        let mut news = Vec::new();
        let (mut pieces, mut sent) = (0, 0);
        while news.len() < 2 {
            while playback.wants_more() && pieces < 50 {
                pieces += 1;
                let samples = vec![0.5; (hz / 50) as usize];
                playback.push(&Voiced { line: LineId(1), sound: Sound { hz, samples }, last: pieces == 50 });
            }
            news.extend(playback.tick().news);
            sent += 1;
            assert!(sent < 60, "{hz} Hz: never finished");
        }
        assert_eq!(news[1], LegNews::Finished { line: LineId(1), at: CallTime::from_ms(1000) }, "{hz} Hz");
    }
}

#[test]
fn nothing_is_sent_before_two_frames_are_there() {
    let mut playback = Playback::new();
    playback.push(&piece(1, 20, false));
    assert_eq!(speech(&run(&mut playback, 3).0), 0);
    playback.push(&piece(1, 20, false));
    assert_eq!(run(&mut playback, 1).0, [0.5; FRAME]);
}

#[test]
fn synthesis_that_falls_behind_leaves_a_gap_with_soft_edges() {
    let mut playback = Playback::new();
    playback.push(&piece(1, 50, false));
    let (before, _) = run(&mut playback, 4);
    playback.push(&piece(1, 50, true));
    let (after, news) = run(&mut playback, 4);
    assert_eq!(speech(&before), 800 - 1, "all of it was sent; the fade's last sample is zero");
    assert!(steepest(&before, 10..1000) <= STEP_MAX);
    assert!(steepest(&after, 0..700) <= STEP_MAX);
    assert!(matches!(news[..], [LegNews::Finished { line: LineId(1), .. }]));
}

#[test]
fn stop_fades_within_the_next_frame_and_finishes_nothing() {
    let mut playback = Playback::new();
    playback.push(&piece(1, 100, true));
    run(&mut playback, 2);
    playback.stop();
    let (sound, news) = run(&mut playback, 5);
    assert!(steepest(&sound, 0..400) <= STEP_MAX);
    assert!(speech(&sound) <= 80, "5 ms at most are still heard");
    assert_eq!(news, []);
    playback.push(&piece(2, 40, true));
    assert_eq!(run(&mut playback, 2).1.len(), 2, "the next line is not touched");
}

#[test]
fn pause_loses_nothing_and_repeats_two_hundred_milliseconds_at_most() {
    for (sent_before, repeated_ms) in [(2, 40), (30, 200)] {
        let mut playback = Playback::new();
        playback.push(&piece(1, 1000, true));
        let (before, started) = run(&mut playback, sent_before);
        assert_eq!(started.len(), 1);
        playback.pause();
        playback.pause();
        let (paused, news) = run(&mut playback, 10);
        assert!(speech(&paused) <= 80 && steepest(&paused, 0..400) <= STEP_MAX);
        assert_eq!(news, []);
        playback.resume();
        playback.resume();
        let (after, news) = run(&mut playback, 65);
        assert!(steepest(&after, 0..1000) <= STEP_MAX);
        // One sample is zero because the fade-in begins there.
        assert_eq!(speech(&before) + speech(&after) + 1, 16_000 + 16 * repeated_ms, "after {sent_before} frames");
        assert!(matches!(news[..], [LegNews::Finished { line: LineId(1), .. }]), "started once only");
    }
}

#[test]
fn a_line_is_not_rewound_into_the_one_before() {
    let mut playback = Playback::new();
    playback.push(&piece(1, 100, true));
    playback.push(&piece(2, 100, true));
    run(&mut playback, 6);
    playback.pause();
    run(&mut playback, 1);
    playback.resume();
    let (after, _) = run(&mut playback, 10);
    assert_eq!(speech(&after) + 1, 1600, "line 2 again from its beginning");
}

#[test]
fn stop_ends_a_pause() {
    let mut playback = Playback::new();
    playback.push(&piece(1, 100, true));
    run(&mut playback, 1);
    playback.pause();
    playback.stop();
    playback.push(&piece(2, 40, true));
    let (sound, news) = run(&mut playback, 3);
    assert_eq!(speech(&sound), 640);
    assert_eq!(news.len(), 2);
}

#[test]
fn a_line_without_sound_is_finished_at_once() {
    let mut playback = Playback::new();
    playback.push(&piece(1, 0, true));
    let (sound, news) = run(&mut playback, 1);
    assert_eq!(level::peak_dbfs(&sound), level::SILENCE_DBFS);
    assert_eq!(news.len(), 2);
}

#[test]
fn a_line_that_another_interrupts_never_finishes() {
    let mut playback = Playback::new();
    playback.push(&piece(1, 40, false));
    playback.push(&piece(2, 40, true));
    let (sound, news) = run(&mut playback, 5);
    assert_eq!(speech(&sound), 1280);
    let expected = [
        LegNews::Started { line: LineId(1), at: CallTime::ZERO },
        LegNews::Started { line: LineId(2), at: CallTime::from_ms(40) },
        LegNews::Finished { line: LineId(2), at: CallTime::from_ms(80) },
    ];
    assert_eq!(news, expected);
}

#[test]
fn a_tick_may_come_before_its_time_only_where_it_leaves_no_gap() {
    let mut playback = Playback::<16_000>::new();
    assert!(!playback.speaks_on());
    playback.push(&piece(1, 20, false));
    assert!(!playback.speaks_on(), "the next piece may be late");
    playback.push(&piece(1, 20, false));
    assert!(playback.speaks_on());
    assert!(playback.tick().speaks);
    assert!(!playback.speaks_on());
    playback.push(&piece(1, 20, true));
    playback.pause();
    assert!(!playback.speaks_on());
}

#[test]
fn a_tick_tells_once_why_a_line_does_not_go_on() {
    let mut playback = Playback::<16_000>::new();
    playback.push(&piece(1, 200, true));
    assert_eq!(playback.tick().broke_off, None);
    playback.pause();
    playback.pause();
    let paused = playback.tick();
    assert_eq!((paused.speaks, paused.broke_off), (false, Some(BrokeOff::Paused)));
    assert_eq!(playback.tick().broke_off, None);
    playback.resume();
    assert!(playback.tick().speaks);
    playback.stop();
    let stopped = playback.tick();
    assert_eq!((stopped.speaks, stopped.broke_off), (false, Some(BrokeOff::Stopped)));
    assert_eq!(playback.tick().broke_off, None);
}
