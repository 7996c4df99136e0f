//! PJSIP calls: a whole call with a hold in it, and its own count of what was lost.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[path = "line/echo.rs"]
mod echo;
#[allow(dead_code)] // each test uses its own part
mod line;

use std::time::Duration;

use domain::LineCodec;
use echo::echo;
use line::{Line, TONE_OF_CALLER, pitch, tone};
use testbed::pjsip_calls;

#[tokio::test]
async fn a_call_loses_nothing_by_the_telephones_own_count() {
    let (mut line, files) = (Line::open().await, tempfile::tempdir().unwrap());
    let (spoken, heard) = (files.path().join("spoken.wav"), files.path().join("heard.wav"));
    audio::wav::write(&spoken, 8000, 1, &tone(TONE_OF_CALLER, 8000, Duration::from_secs(30))).unwrap();
    let address = line.address.clone();
    let answered = async {
        let leg = line.rings().await.leg;
        let quality = leg.quality.clone();
        (echo(leg).await, quality)
    };
    let (told, (keys, quality)) = tokio::join!(pjsip_calls(&address, &spoken, &heard), answered);
    println!("{told}");

    assert_eq!(keys, "5");
    let offered = told["keys"][0].as_u64().unwrap();
    assert!(offered != 101, "its number for keys is not the one that everybody takes: {told}");
    assert_eq!(told["media"], serde_json::json!(["active", "held", "active"]));
    // Three seconds before the hold, seven after it.
    for (stretch, packets_min) in told["stretches"].as_array().unwrap().iter().zip([100, 300]) {
        for way in ["heard", "said"] {
            let figure = |name: &str| stretch[way][name].as_u64().unwrap();
            assert!(figure("packets") > packets_min, "{way}: {told}");
            assert_eq!((figure("lost"), figure("duplicated"), figure("reordered")), (0, 0, 0), "{way}: {told}");
        }
    }
    assert!(told["stretches"][1]["round_trips"].as_u64() > Some(0), "it had a report of ours: {told}");
    // What we count, and what its own last report told us of what it heard.
    let quality = quality.borrow().expect("it is known when the call is over");
    let said = quality.said.expect("PJSIP sends reports");
    println!("{quality:?}");
    assert_eq!((quality.codec, quality.heard.lost, said.lost), (LineCodec::G722, 0, 0));
    let packets = |way: &str| told["stretches"][1][way]["packets"].as_u64().unwrap();
    // What it sends while it hangs up comes to nobody.
    let (expected, sent) = (quality.heard.expected, packets("said"));
    assert!(expected + 50 >= sent && said.expected > 100, "{quality:?} {told}");
    assert!(quality.round_trip_ms.is_some(), "{quality:?} {told}");
    let heard = audio::wav::read(&heard).unwrap();
    let heard = pitch(&heard.samples, heard.hz);
    assert!((heard - TONE_OF_CALLER).abs() < 8.0, "{heard}");
    line.close().await;
}
