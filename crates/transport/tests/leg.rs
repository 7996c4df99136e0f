//! A call's two halves, and a caller in this process, in virtual time.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::time::Duration;

use audio::g711::Law;
use audio::telephone::Telephone;
use audio::{Pcm, Sound, level};
use domain::{CallTime, LineId};
use tokio::task::JoinHandle;
use tokio::time::{advance, timeout};
use transport::loopback::{self, Line, LoopbackCaller, LoopbackOptions, Reply};
use transport::{
    HEARS_FRAMES, Leg, LegGone, LegNews, NEWS_MAX, NEWS_PATIENCE, Speaker, Tap, Tapped, VOICED_FRAMES, Voiced, pair,
};

const SECOND: Duration = Duration::from_secs(1);

fn line(number: u32, ms: usize) -> Voiced {
    let samples = (0..16 * ms).map(|i| 0.3 * (i as f32 * 0.4).sin()).collect();
    Voiced { line: LineId(number), sound: Sound { hz: 16_000, samples }, last: true }
}

fn call(line: Line) -> (Leg, LoopbackCaller) {
    loopback::call(LoopbackOptions { line, caller_id: None })
}

/// What was heard and told, once the call is over.
type Ears = JoinHandle<(Vec<f32>, Vec<LegNews>)>;

/// Keeps a call's ears and shell going: counts frames, keeps the news.
fn listen(leg: Leg) -> (Speaker, Ears) {
    let speaker = leg.speaker.clone();
    let task = tokio::spawn(async move {
        let Leg { mut hears, mut news, .. } = leg;
        let (mut heard, mut told) = (Vec::new(), Vec::new());
        loop {
            tokio::select! {
                Some(frame) = hears.recv() => {
                    assert_eq!(frame.at, heard.len() as u64, "no gap between frames");
                    heard.extend(frame.pcm.into_samples());
                }
                Some(fact) = news.recv() => told.push(fact),
                else => return (heard, told),
            }
        }
    });
    (speaker, task)
}

#[tokio::test(start_paused = true)]
async fn a_caller_says_something_and_hears_the_answer() {
    let (leg, mut caller) = call(Line::Wide);
    let (speaker, ears) = listen(leg);
    let said = caller.say(vec![0.25; 16_000]).await.expect("is heard");
    assert_eq!((said.from, said.to), (CallTime::ZERO, CallTime::from_ms(1000)));
    speaker.play(speaker.generation(), line(1, 600)).await.expect("is played");
    assert_eq!(caller.finished_speaking(10 * SECOND).await, Reply::Spoken);
    caller.press('5').await.expect("is pressed");
    caller.silence(Duration::from_millis(100)).await.expect("is silent");
    let recording = caller.recording().await;
    let (heard, news) = ears.await.expect("listens");

    assert_eq!(heard[..16_000], vec![0.25; 16_000]);
    assert_eq!(heard[..], recording.from_caller[..heard.len()], "the recording is aligned with what was heard");
    let Some(LegNews::Started { at, .. }) = news.first() else { panic!("no line began: {news:?}") };
    let first = recording.to_caller.iter().position(|&s| s != 0.0).expect("something was sent");
    // The first sample of this line is sin(0).
    assert_eq!(at.as_ms() * 16, first as u64 - 1, "the news tell the position in the recording");
    assert!(matches!(news[1..], [LegNews::Finished { .. }, LegNews::Dtmf('5'), LegNews::HungUp]), "{news:?}");
    assert_eq!(recording.stereo().len(), 2 * recording.to_caller.len());
}

#[tokio::test(start_paused = true)]
async fn a_silent_receptionist_is_waited_for_only_so_long() {
    let (leg, mut caller) = call(Line::Wide);
    let (speaker, _ears) = listen(leg);
    assert_eq!(caller.finished_speaking(3 * SECOND).await, Reply::Nothing);
    assert_eq!(caller.now(), CallTime::from_ms(3000));
    speaker.play(0, line(1, 100)).await.expect("is played");
    assert_eq!(caller.finished_speaking(3 * SECOND).await, Reply::Spoken);
    assert_eq!(caller.finished_speaking(3 * SECOND).await, Reply::Nothing, "an answer counts once");
}

#[tokio::test(start_paused = true)]
async fn a_caller_can_speak_over_a_line() {
    let (leg, mut caller) = call(Line::Wide);
    let (speaker, _ears) = listen(leg);
    assert_eq!(caller.begins_speaking(SECOND).await, None, "nothing is said");
    speaker.play(0, line(1, 300)).await.expect("is queued");
    let begun = caller.begins_speaking(SECOND).await.expect("a line begins");
    let said = caller.say(vec![0.25; 320]).await.expect("is heard");
    assert!(
        begun >= CallTime::from_ms(1000) && said.from.since(begun) < Duration::from_millis(100),
        "{begun} {said:?}"
    );
    assert_eq!(caller.begins_speaking(SECOND).await, None, "the line that was spoken over does not begin again");
    caller.hang_up();
    assert_eq!(caller.begins_speaking(SECOND).await, None, "the call is over");
}

#[tokio::test(start_paused = true)]
async fn over_a_telephone_line_the_caller_is_in_time_and_narrow() {
    let (leg, mut caller) = call(Line::G711(Telephone { law: Law::Mu, loss: 0.0, seed: 1 }));
    let (_speaker, ears) = listen(leg);
    let hiss: Vec<f32> = (0..16_000).map(|i| if i % 2 == 0 { 0.3 } else { -0.3 }).collect();
    let said = caller.say(hiss).await.expect("is heard");
    assert_eq!(said.to, CallTime::from_ms(1000));
    drop(caller.recording().await);
    let (heard, _) = ears.await.expect("listens");
    assert!(level::rms_dbfs(&heard[1600..14_400]) < -50.0, "8 kHz does not pass a telephone");
}

#[tokio::test(start_paused = true)]
async fn firstring_hangs_up() {
    let (leg, mut caller) = call(Line::Wide);
    let over = leg.over.clone();
    let (_speaker, ears) = listen(leg);
    tokio::spawn(async move {
        tokio::time::sleep(SECOND).await;
        over.cancel();
    });
    caller.hung_up().await;
    assert_eq!(caller.finished_speaking(SECOND).await, Reply::HungUp);
    assert!(caller.say(vec![0.0; 320]).await.is_err());
    assert_eq!(ears.await.expect("listens").1, [], "who hangs up is not told that it was the caller");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_line_is_silent_within_a_tick_and_its_waiting_sound_is_discarded() {
    let (leg, mut caller) = call(Line::Wide);
    let (speaker, ears) = listen(leg);
    let mouth = tokio::spawn({
        let speaker = speaker.clone();
        async move { speaker.play(0, line(1, 10_000)).await }
    });
    caller.silence(SECOND).await.expect("is silent");
    assert!(!mouth.is_finished(), "play waits while 400 ms are queued");
    speaker.stop();
    mouth.await.expect("ends").expect("stale sound is no error");
    let stopped_at = caller.now().as_ms() as usize * 16;
    speaker.play(speaker.generation(), line(2, 100)).await.expect("is played");
    caller.silence(SECOND).await.expect("is silent");
    let recording = caller.recording().await;
    let tail = &recording.to_caller[stopped_at..];
    let loud = tail.iter().filter(|&&s| s != 0.0).count();
    assert!(loud <= 80 + 1600, "{loud} samples after the stop: 5 ms of fading and line 2");
    let (_, news) = ears.await.expect("listens");
    let finished: Vec<_> = news.iter().filter(|fact| matches!(fact, LegNews::Finished { .. })).collect();
    assert!(matches!(finished[..], [LegNews::Finished { line: LineId(2), .. }]), "{news:?}");
}

#[tokio::test(start_paused = true)]
async fn a_paused_line_goes_on() {
    let (leg, mut caller) = call(Line::Wide);
    let (speaker, ears) = listen(leg);
    speaker.play(0, line(1, 300)).await.expect("is queued");
    caller.silence(Duration::from_millis(100)).await.expect("is silent");
    speaker.pause();
    caller.silence(SECOND).await.expect("is silent");
    speaker.resume();
    assert_eq!(caller.finished_speaking(10 * SECOND).await, Reply::Spoken);
    drop(caller.recording().await);
    let (_, news) = ears.await.expect("listens");
    let Some(LegNews::Finished { at, .. }) = news.get(1) else { panic!("not finished: {news:?}") };
    assert!((1300..=1600).contains(&at.as_ms()), "finished at {at}");
}

#[tokio::test(start_paused = true)]
async fn ears_that_do_not_listen_are_told_once() {
    let (mut leg, mut driver) = pair(None);
    let ten_seconds = || Pcm::silence(HEARS_FRAMES * 320);
    driver.hear(ten_seconds()).await.expect("fits");
    assert!(leg.news.try_recv().is_err());
    driver.hear(ten_seconds()).await.expect("is lost, and the call goes on");
    assert_eq!(leg.news.try_recv(), Ok(LegNews::HearingOverrun));
    assert!(leg.news.try_recv().is_err(), "once");
    let first = leg.hears.recv().await.expect("the oldest is kept");
    assert_eq!(first.at, 0);
    driver.hear(Pcm::silence(320)).await.expect("fits again");
    assert_eq!(driver.heard(), 2 * HEARS_FRAMES as u64 * 320 + 320, "positions count what was lost");
}

#[tokio::test(start_paused = true)]
async fn a_shell_that_takes_no_news_ends_the_leg() {
    let (leg, mut driver) = pair(None);
    for _ in 0..NEWS_MAX {
        driver.report(LegNews::Dtmf('1')).await.expect("fits");
    }
    let start = tokio::time::Instant::now();
    assert_eq!(driver.report(LegNews::Dtmf('1')).await, Err(LegGone));
    assert_eq!(start.elapsed(), NEWS_PATIENCE);
    drop(driver);
    assert!(leg.over.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_is_dropped_ends_the_call() {
    let (leg, mut caller) = call(Line::Wide);
    drop(leg);
    timeout(SECOND, caller.hung_up()).await.expect("the caller notices");
}

#[tokio::test(start_paused = true)]
async fn play_waits_for_room_and_ends_with_the_call() {
    let (leg, _driver) = pair(None);
    let speaker = leg.speaker.clone();
    for number in 0..VOICED_FRAMES as u32 {
        timeout(SECOND, speaker.play(0, line(number, 20))).await.expect("has room").expect("plays");
    }
    assert!(timeout(SECOND, speaker.play(0, line(99, 20))).await.is_err(), "400 ms are queued");
    leg.over.cancel();
    assert_eq!(speaker.play(0, line(99, 20)).await, Err(LegGone));
}

#[tokio::test(start_paused = true)]
async fn missed_ticks_are_caught_up() {
    let (leg, caller) = call(Line::Wide);
    let (_speaker, _ears) = listen(leg);
    advance(SECOND).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(caller.now().as_ms() >= 1000, "{} after a second without a tick", caller.now());
}

/// What waits to be recorded is less than 1000 frames.
#[tokio::test(start_paused = true)]
async fn what_is_sent_ahead_of_its_time_stands_in_the_recording_where_it_was_heard() {
    let (leg, mut driver) = pair(None);
    let (tap, mut copies) = Tap::new();
    leg.speaker.tap(tap).unwrap();
    for number in 0..9 {
        leg.speaker.play(leg.speaker.generation(), line(number, 200)).await.unwrap();
        for ahead in 0..100 {
            drop(driver.take().unwrap());
            if ahead >= 4 {
                advance(Duration::from_millis(20)).await;
            }
        }
    }
    drop((driver, leg));
    let (mut newest, mut began) = (0, Vec::new());
    while let Some(copy) = copies.recv().await {
        let Tapped::Ours(frame) = copy else { panic!("the caller says nothing") };
        assert!(frame.at >= newest, "no frame stands on another");
        if level::rms_dbfs(frame.pcm.samples()) > -40.0 && frame.at > newest + 320 * 40 {
            began.push(frame.at);
        }
        newest = if level::rms_dbfs(frame.pcm.samples()) > -40.0 { frame.at } else { newest };
    }
    assert!(began.len() >= 8, "{began:?}");
    let apart: Vec<u64> = began.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        apart.iter().all(|apart| apart.abs_diff(96 * 320) <= 640),
        "each line begins 1920 ms after the one before: {apart:?}"
    );
}
