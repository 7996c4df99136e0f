//! The doctor on the line: who is rung hears who calls and why and presses a key, and the caller is put through.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)] // a panic is how a test fails; tests pick what they look for

mod support;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audio::Pcm;
use call::{Callee, CalleeNews, FrontDesk, HandingOver, Journal, SWITCHBOARD_MAX, Switchboard, SwitchboardRequest};
use dialogue::{Input, Prompt, TransferNews};
use domain::{Meanwhile, OpenHours, Phi, Practice, Urgency};
use jiff::civil::{Weekday, time};
use support::{CHEST, Call, Fault, Faults, Held, Lines, front_desk};
use tokio::sync::mpsc;
use tokio::time::sleep;
use transport::loopback::{self, Line, LoopbackCaller, LoopbackOptions};
use transport::{DIALS_MAX, Dial, Driver, LEG_HZ, LegNews, NotAnswered, Refer};

const SOUND: Faults = Faults { recognizer: Fault::None, voice: Fault::None, lines: Lines::OnDisk };
const DAY: &str = "2026-03-03T10:00:00-05:00[America/New_York]";
/// What the doctor says and what the caller says, as levels that no voice and no tone has.
const DOCTORS: f32 = 0.777;
const CALLERS: f32 = 0.555;

/// What somebody who is rung does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Busy,
    /// Lets it ring.
    Away,
    /// A machine picks up, and presses nothing.
    Voicemail,
    Declines,
    /// Wants to hear it again, then takes the call.
    Takes,
    /// Takes it and hangs up at once.
    TakesAndIsGone,
    /// Has picked up and hears who calls.
    Listens,
}

/// What happened at the switchboard.
#[derive(Clone, Default)]
struct Seen {
    told: Arc<Mutex<Vec<(String, CalleeNews)>>>,
    /// What the last one who picked up heard.
    heard: Arc<Mutex<Option<loopback::Recording>>>,
    /// Telephones that stopped ringing before anybody picked up.
    gave_up: Arc<Mutex<u32>>,
}

fn callee(id: usize) -> Callee {
    Callee { id: format!("doctor{id}"), name: format!("Doctor {id}"), address: Phi::new(format!("sip:{id}@127.0.0.1")) }
}

/// A switchboard that rings these, in order.
fn switchboard(manners: &[Manner], seen: &Seen) -> Switchboard {
    let (requests, mut asked) = mpsc::channel(SWITCHBOARD_MAX);
    let (dials, mut dialled) = mpsc::channel::<Dial>(DIALS_MAX);
    let (count, told) = (manners.len(), Arc::clone(&seen.told));
    tokio::spawn(async move {
        while let Some(request) = asked.recv().await {
            match request {
                SwitchboardRequest::Whom { callees, .. } => callees.send((0..count).map(callee).collect()).unwrap(),
                SwitchboardRequest::Told { who, news, .. } => told.lock().unwrap().push((who, news)),
            }
        }
    });
    let (manners, seen) = (manners.to_vec(), seen.clone());
    tokio::spawn(async move {
        for manner in manners {
            let Some(dial) = dialled.recv().await else { return };
            tokio::spawn(rings(manner, dial, seen.clone()));
        }
    });
    Switchboard { requests, dials, names: false, handing_over: HandingOver::Never }
}

async fn rings(manner: Manner, dial: Dial, seen: Seen) {
    let Dial { mut answered, .. } = dial;
    match manner {
        Manner::Busy => return drop(answered.send(Err(NotAnswered::Busy))),
        Manner::Away => {
            answered.closed().await;
            *seen.gave_up.lock().unwrap() += 1;
            return;
        }
        _ => {}
    }
    sleep(Duration::from_secs(2)).await;
    let (leg, mut doctor) = loopback::call(LoopbackOptions { line: Line::Wide, caller_id: None });
    answered.send(Ok(leg)).unwrap();
    decides(manner, &mut doctor).await;
    doctor.hung_up().await;
    *seen.heard.lock().unwrap() = Some(doctor.recording().await);
}

async fn decides(manner: Manner, doctor: &mut LoopbackCaller) {
    doctor.begins_speaking(Duration::from_secs(5)).await;
    match manner {
        Manner::Busy | Manner::Away | Manner::Voicemail | Manner::Listens => {}
        Manner::Declines => doctor.press('2').await.unwrap(),
        Manner::Takes => {
            doctor.press('3').await.unwrap();
            doctor.finished_speaking(Duration::from_secs(20)).await;
            doctor.press('1').await.unwrap();
            sleep(Duration::from_secs(8)).await;
            doctor.say(vec![DOCTORS; 16_000]).await.unwrap();
            sleep(Duration::from_secs(14)).await;
            doctor.hang_up();
        }
        Manner::TakesAndIsGone => {
            doctor.press('1').await.unwrap();
            sleep(Duration::from_secs(1)).await;
            doctor.hang_up();
        }
    }
}

fn connects(desk: &mut FrontDesk) {
    let meanwhile = vec![Meanwhile { connect: true, ..Meanwhile::default() }];
    desk.practice = Arc::new(Practice { meanwhile, ..Practice::clone(&desk.practice) });
}

/// Who asks for a person is put through to the desk.
fn is_open(desk: &mut FrontDesk) {
    let all_day = OpenHours { weekday: Weekday::Tuesday, from: time(0, 0, 0, 0), to: time(23, 0, 0, 0) };
    desk.practice = Arc::new(Practice { hours: vec![all_day], ..Practice::clone(&desk.practice) });
}

/// A call in an emergency, while these are rung.
async fn emergency(manners: &[Manner]) -> (Call, Seen) {
    emergency_on_a_line(manners, HandingOver::Never).await
}

async fn emergency_on_a_line(manners: &[Manner], handing_over: HandingOver) -> (Call, Seen) {
    let seen = Seen::default();
    let switchboard = Switchboard { handing_over, ..switchboard(manners, &seen) };
    let mut call = Call::begin_at(DAY, SOUND, |desk| {
        connects(desk);
        desk.switchboard = Some(switchboard);
    })
    .await;
    call.say(CHEST).await;
    (call, seen)
}

fn news(held: &Held, wanted: &TransferNews) -> usize {
    held.inputs().filter(|input| matches!(input, Input::Transfer(news) if news == wanted)).count()
}

fn said(held: &Held) -> Vec<String> {
    held.summary().turns.into_iter().map(|turn| turn.text.expose().clone()).collect()
}

fn loud(samples: &[f32], level: f32) -> usize {
    samples.iter().filter(|sample| (**sample - level).abs() < 0.02).count()
}

#[tokio::test(start_paused = true)]
async fn one_after_the_other_is_rung_and_who_takes_the_call_is_put_together_with_the_caller() {
    let manners = [Manner::Busy, Manner::Away, Manner::Voicemail, Manner::Declines, Manner::Takes];
    let (mut call, seen) = emergency(&manners).await;
    while seen.told.lock().unwrap().len() < 2 {
        call.caller.silence(Duration::from_millis(200)).await.unwrap();
    }
    call.caller.silence(Duration::from_secs(10)).await.unwrap();
    call.caller.say(vec![CALLERS; 16_000]).await.unwrap();
    call.caller.hung_up().await;
    let (held, recording) = call.end_with_recording().await;
    assert_eq!(news(&held, &TransferNews::Ringing), manners.len());
    assert_eq!(news(&held, &TransferNews::Accepted { by: "Doctor 4".to_owned() }), 1);
    assert!(held.heard().contains(&Prompt::OnTheLine { by: "Doctor 4".to_owned() }), "{:?}", held.heard());
    let told = [
        ("doctor3".to_owned(), CalleeNews::Declined),
        ("doctor4".to_owned(), CalleeNews::Accepted(Urgency::Emergency)),
        ("doctor4".to_owned(), CalleeNews::Reached),
    ];
    assert_eq!(*seen.told.lock().unwrap(), told);
    assert_eq!(*seen.gave_up.lock().unwrap(), 1, "who was away");
    assert!(held.hung_up_by_us() && recording.at_its_end, "the doctor hung up: the call is over");
    assert!(loud(&recording.to_caller, DOCTORS) > 15_000, "the caller hears the doctor");
    let heard = seen.heard.lock().unwrap().take().unwrap();
    assert!(loud(&heard.to_caller, CALLERS) > 15_000, "the doctor hears the caller");
    assert_eq!(said(&held), [CHEST], "what two people say to each other is nobody else's");
}

#[tokio::test(start_paused = true)]
async fn who_takes_the_call_and_is_gone_leaves_the_caller_with_us() {
    let (mut call, seen) = emergency(&[Manner::TakesAndIsGone]).await;
    call.caller.silence(Duration::from_secs(20)).await.unwrap();
    call.say(CHEST).await;
    let held = call.end().await;
    assert_eq!(news(&held, &TransferNews::Ended), 1);
    assert!(!held.hung_up_by_us());
    assert_eq!(said(&held), [CHEST, CHEST], "we hear the caller again");
    assert!(!seen.told.lock().unwrap().iter().any(|(_, news)| *news == CalleeNews::Reached));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_stops_the_ringing_and_whoever_has_picked_up_hears_so() {
    let (call, seen) = emergency(&[Manner::Away]).await;
    call.caller.hang_up();
    call.end().await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(*seen.gave_up.lock().unwrap(), 1);

    let (mut call, seen) = emergency(&[Manner::Listens]).await;
    call.caller.silence(Duration::from_secs(5)).await.unwrap();
    call.caller.hang_up();
    call.end().await;
    sleep(Duration::from_secs(10)).await;
    let heard = seen.heard.lock().unwrap().take().expect("they were hung up on");
    let last_second = heard.to_caller.len().saturating_sub(32_000);
    assert!(heard.to_caller[last_second..].iter().any(|sample| *sample != 0.0), "they hear that the caller is gone");
}

#[tokio::test(start_paused = true)]
async fn nobody_takes_the_call_and_it_goes_on() {
    let (mut call, _seen) = emergency(&[Manner::Busy, Manner::Voicemail]).await;
    call.caller.silence(Duration::from_secs(40)).await.unwrap();
    let held = call.end().await;
    assert_eq!(news(&held, &TransferNews::Unavailable), 1);
    assert!(held.opened_a_case() && !held.hung_up_by_us());
    assert!(!held.heard().iter().any(|prompt| matches!(prompt, Prompt::OnTheLine { .. } | Prompt::RingingDoctor)));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_cannot_hand_over_leaves_everything_as_it_was() {
    let (mut call, seen) = emergency_on_a_line(&[Manner::Takes], HandingOver::Attended).await;
    call.caller.hung_up().await;
    let held = call.end().await;
    assert_eq!(news(&held, &TransferNews::Ended), 1, "they spoke with each other by us");
    assert!(seen.told.lock().unwrap().iter().any(|(_, news)| *news == CalleeNews::Reached));

    let (mut call, _seen) = emergency_on_a_line(&[Manner::Takes], HandingOver::Blind).await;
    call.caller.hung_up().await;
    let held = call.end().await;
    assert_eq!(news(&held, &TransferNews::Ringing), 1, "we ring ourselves");
    assert_eq!(news(&held, &TransferNews::Accepted { by: "Doctor 0".to_owned() }), 1);
}

/// A caller whose line is asked to put them through: what it was asked, in order.
struct ByHand {
    driver: Driver,
    orders: VecDeque<Refer>,
}

impl ByHand {
    /// Says this, or is silent where there is nothing more.
    async fn passes(&mut self, long: Duration, says: &[f32]) {
        let frame = Pcm::<LEG_HZ>::frame_len();
        let mut says = says.iter().copied();
        for _ in 0..long.as_millis() / 20 {
            let samples = (0..frame).map(|_| says.next().unwrap_or(0.0)).collect();
            self.driver.hear(Pcm::new(samples)).await.unwrap();
            self.driver.tick().await.unwrap();
            self.orders.extend(self.driver.take_refer());
            sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_learns_that_the_call_has_become_an_emergency() {
    let seen = Seen::default();
    let switchboard =
        Switchboard { handing_over: HandingOver::Blind, ..switchboard(&[Manner::Takes, Manner::Busy], &seen) };
    let lines = tempfile::tempdir().unwrap();
    let (desk, says, _asked) = front_desk(SOUND, lines.path(), |desk| {
        is_open(desk);
        desk.switchboard = Some(switchboard);
    })
    .await;
    let (leg, driver) = transport::pair(None);
    let (journal, _entries) = Journal::new();
    let (news, _unread) = mpsc::channel(1);
    let held = tokio::spawn(async move { desk.answer(leg, DAY.parse().unwrap(), journal, news).await });
    let mut line = ByHand { driver, orders: VecDeque::new() };
    line.passes(Duration::from_secs(8), &[]).await;
    line.driver.report(LegNews::Dtmf('0')).await.unwrap();
    line.passes(Duration::from_secs(4), &[]).await;
    let first = line.orders.pop_front().expect("who wants a person is put through by their line");
    assert!(!first.speaks_on && line.orders.is_empty());

    line.passes(Duration::from_secs(8), &says.speech(CHEST)).await;
    first.done.send(Err(NotAnswered::NotReached)).unwrap();
    line.passes(Duration::from_secs(1), &[]).await;
    let second = line.orders.pop_front().expect("the next is tried");
    assert!(second.speaks_on, "what is said in an emergency must be heard, whenever it became one");

    // A line that cannot do that leaves it to us.
    drop(second);
    line.passes(Duration::from_secs(30), &[]).await;
    let accepted = ("doctor1".to_owned(), CalleeNews::Accepted(Urgency::Emergency));
    assert_eq!(seen.told.lock().unwrap().first(), Some(&accepted), "and they hear how urgent it has become");
    drop(line);
    held.await.unwrap();
}
