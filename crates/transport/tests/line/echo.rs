//! A shell that says what it hears: so signalling and sound are tried, and nothing else.

use audio::Sound;
use domain::LineId;
use transport::{LEG_HZ, Leg, LegNews, Voiced};

/// Says what it hears until the call is over, and gives the keys that were pressed.
pub async fn echo(mut leg: Leg) -> String {
    let mut keys = String::new();
    loop {
        tokio::select! {
            frame = leg.hears.recv() => {
                let Some(frame) = frame else { break };
                let sound = Sound { hz: LEG_HZ, samples: frame.pcm.into_samples() };
                let voiced = Voiced { line: LineId(1), sound, last: false };
                if leg.speaker.play(leg.speaker.generation(), voiced).await.is_err() {
                    break;
                }
            }
            news = leg.news.recv() => match news {
                Some(LegNews::Dtmf(key)) => keys.push(key),
                Some(LegNews::HungUp | LegNews::Lost) | None => break,
                Some(LegNews::Started { .. } | LegNews::Finished { .. } | LegNews::HearingOverrun) => {}
            },
        }
    }
    // Keys are told before the end, which is told before the leg is gone.
    while let Ok(news) = leg.news.try_recv() {
        if let LegNews::Dtmf(key) = news {
            keys.push(key);
        }
    }
    keys
}
