//! A line by SIP that a test conducts: it hears the caller, and says a tone.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use audio::Sound;
use domain::{LineId, Phi};
use testbed::Phone;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use transport::sip::{RINGING_OF_STRANGERS, Sip, SipDefence, SipOptions, TrunkState, TurnedAway};
use transport::{Dial, Incoming, Leg, LegNews, NotAnswered, Voiced};

pub const TONE_OF_CALLER: f32 = 400.0;
pub const TONE_OF_OURS: f32 = 880.0;
const RINGS_WITHIN: Duration = Duration::from_secs(10);
const TRUNKS_WITHIN: Duration = Duration::from_secs(40);

/// An open line.
pub struct Line {
    sip: Sip,
    calls: mpsc::Receiver<Incoming>,
    pub address: String,
}

/// A call on it.
pub struct Call {
    pub leg: Leg,
    /// What was heard so far.
    pub heard: Vec<f32>,
}

pub fn options() -> SipOptions {
    SipOptions::on_loopback(testbed::free_port())
}

/// As for a trunk that is trusted: its callers may have many calls at once.
pub fn trusting(calls_max: usize) -> SipOptions {
    let allow = vec![std::net::IpAddr::from(Ipv4Addr::LOCALHOST).into()];
    let defence = SipDefence { allow, caller_per_minute: usize::MAX, ..SipDefence::of(calls_max) };
    SipOptions { calls_max, defence, ..options() }
}

impl Line {
    pub async fn open() -> Self {
        Self::with(options()).await
    }

    pub async fn with(options: SipOptions) -> Self {
        let address = format!("sip:clinic@{}", options.listen);
        let (incoming, calls) = mpsc::channel(options.calls_max + RINGING_OF_STRANGERS);
        let sip = Sip::start(options, incoming).await.unwrap();
        sip.take_calls();
        Self { sip, calls, address }
    }

    pub async fn rings(&mut self) -> Call {
        let call = timeout(RINGS_WITHIN, self.calls.recv()).await.expect("it rings").unwrap();
        Call::new(call.leg)
    }

    /// Has somebody called. Dropping the answer stops the ringing.
    pub async fn dials(&self, address: &str) -> oneshot::Receiver<Result<Leg, NotAnswered>> {
        let (answered, answer) = oneshot::channel();
        let to = Phi::new(address.to_owned());
        self.sip.dials().send(Dial { to, answered }).await.unwrap();
        answer
    }

    /// Waits until it stands so with the trunks.
    pub async fn trunks_become(&self, what: &str, is_so: impl Fn(&[TrunkState]) -> bool) {
        let mut states = self.sip.trunks();
        let became = timeout(TRUNKS_WITHIN, states.wait_for(|states| is_so(states))).await.map(drop);
        assert!(became.is_ok(), "not {what}: {:?}", self.sip.trunks().borrow());
    }

    pub fn turned_away(&self) -> TurnedAway {
        self.sip.turned_away()
    }

    /// How many calls signalling remembers.
    pub fn remembered(&self) -> usize {
        self.sip.remembered()
    }

    pub fn refuse_calls(&self) {
        self.sip.refuse_calls();
    }

    pub async fn close(self) {
        self.sip.stop().await;
    }
}

impl Call {
    pub fn new(leg: Leg) -> Self {
        Self { leg, heard: Vec::new() }
    }

    /// Queues a tone, which takes as long as it sounds.
    pub fn says_a_tone(&self, long: Duration) {
        self.says(tone(TONE_OF_OURS, 16_000, long));
    }

    /// Queues a sound.
    pub fn says(&self, samples: Vec<f32>) {
        let voiced = Voiced { line: LineId(1), sound: Sound { hz: 16_000, samples }, last: true };
        let speaker = self.leg.speaker.clone();
        tokio::spawn(async move { speaker.play(speaker.generation(), voiced).await });
    }

    pub async fn listens(&mut self, long: Duration) {
        let until = Instant::now() + long;
        while let Ok(Some(frame)) = tokio::time::timeout_at(until, self.leg.hears.recv()).await {
            self.heard.extend(frame.pcm.samples());
        }
    }

    /// The next news of this kind, while what is heard is taken.
    pub async fn news(&mut self, within: Duration, is_it: impl Fn(&LegNews) -> bool) -> Option<LegNews> {
        let until = Instant::now() + within;
        loop {
            tokio::select! {
                news = self.leg.news.recv() => match news {
                    Some(news) if is_it(&news) => return Some(news),
                    Some(_) => {}
                    None => return None,
                },
                Some(frame) = self.leg.hears.recv() => self.heard.extend(frame.pcm.samples()),
                () = tokio::time::sleep_until(until) => return None,
            }
        }
    }
}

/// A telephone into which a tone is said for half a minute.
pub fn telephone(dir: &Path, codec: &str, hz: u32) -> Phone {
    let wav = dir.join(format!("tone-{hz}.wav"));
    audio::wav::write(&wav, hz, 1, &tone(TONE_OF_CALLER, hz, Duration::from_secs(30))).unwrap();
    Phone {
        name: "caller".to_owned(),
        wav,
        hz,
        codec: codec.to_owned(),
        answers: false,
        uri: String::new(),
        account: String::new(),
        config: String::new(),
    }
}

pub fn tone(pitch: f32, hz: u32, long: Duration) -> Vec<f32> {
    let len = (long.as_secs_f32() * hz as f32) as usize;
    (0..len).map(|i| 0.3 * (std::f32::consts::TAU * pitch * i as f32 / hz as f32).sin()).collect()
}

/// The pitch of what is loud in it, by how often it rises through zero.
pub fn pitch(samples: &[f32], hz: u32) -> f32 {
    let loud = loud(samples, hz);
    assert!(loud.len() > 25, "only {} blocks of 20 ms are loud", loud.len());
    let rises = |part: &&[f32]| part.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    let mut rises: Vec<_> = loud.iter().map(rises).collect();
    rises.sort_unstable();
    // Where a tone begins and ends is noise of the codec, and what a busy computer loses is made up: the least and the most do not count.
    let usual = &rises[rises.len() / 5..rises.len() - rises.len() / 5];
    usual.iter().sum::<usize>() as f32 * 50.0 / usual.len() as f32
}

/// Blocks of 20 ms in which there is a tone.
pub fn loud(samples: &[f32], hz: u32) -> Vec<&[f32]> {
    let block = hz as usize / 50;
    samples.windows(block + 1).step_by(block).filter(|part| level(part) > 0.05).collect()
}

fn level(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
}

/// A certificate for this machine and its key: `tls.crt`, `tls.key`, and both in `tls.pem`.
pub fn certify(dir: &Path) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"])
        // rustls takes no certificate of an authority for a server's own.
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "tls.key", "-out", "tls.crt"])
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let both = ["tls.key", "tls.crt"].map(|name| std::fs::read_to_string(dir.join(name)).unwrap()).concat();
    std::fs::write(dir.join("tls.pem"), both).unwrap();
}
