use std::net::{IpAddr, SocketAddr};

use audio::FRAME_MS;
use audio::codec::Codec;

use super::{Connection, Crypto, Direction, Media, Protocol, Rtpmap, Sdp, SdpError, SrtpKey, Suite};

mod read;

use read::{Choice, choose, why_none};

/// Where dynamic payload types begin in an offer of ours; an answer takes those that were offered.
const DYNAMIC: u8 = 96;
/// Keys that are understood.
const KEYS: &str = "0-15";
/// We decode to 16 kHz mono, so bits for more are lost; a lost packet is made up from the next (RFC 7587 6.1).
const OPUS_PARAMETERS: &str = "maxplaybackrate=16000;sprop-maxcapturerate=16000;stereo=0;useinbandfec=1";
const EVENTS: &str = "telephone-event";

/// What this end of a call has to offer.
#[derive(Clone, Debug)]
pub struct Ours {
    /// Where we are reached: as the other end sees it, not as a socket is bound.
    pub address: IpAddr,
    /// Where we listen.
    pub port: u16,
    /// What we speak, the preferred first. PCMU and PCMA side by side are taken in the order of who offers, because the
    /// other one has been recoded on the way. [`Ours::CODECS`] for most.
    pub codecs: Vec<Codec>,
    /// Whether packets are encrypted.
    pub security: Security,
    /// What we encrypt with. Random, and of this call alone.
    pub key: SrtpKey,
    /// Names this session; random.
    pub session_id: u64,
}

impl Ours {
    /// What leaves a recogniser most. It listens at 16 kHz: Opus and G.722 carry all of that, G.711 the half, in which
    /// "s" and "f" are alike. Opus before G.722 because it makes up for what is lost.
    pub const CODECS: [Codec; 4] = Codec::ALL;
}

/// Whether packets are encrypted (SRTP, with keys in the description).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// If the other end asks for it.
    IfOffered,
    /// Or there is no call.
    Required,
}

/// What both ends agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// How sound is coded, both ways.
    pub codec: Codec,
    /// Its payload type, both ways.
    pub payload_type: u8,
    /// The payload type of keys, if they are sent at all: at the codec's clock rate if that was offered, or else at
    /// another, as many telephones do beside Opus.
    pub events: Option<u8>,
    /// Where sound goes. `None` while the other end wants none: it is on hold by `c=0.0.0.0`.
    pub remote: Option<SocketAddr>,
    /// Where RTCP goes.
    pub remote_rtcp: Option<SocketAddr>,
    /// Which way sound goes, seen from here.
    pub direction: Direction,
    /// What we encrypt with and what they do, if packets are encrypted.
    pub srtp: Option<(Crypto, Crypto)>,
}

/// One end's side of a call's descriptions, from the first to the last.
#[derive(Clone, Debug)]
pub struct Session {
    ours: Ours,
    version: u64,
    /// What was sent last.
    sent: Option<Sdp>,
    /// Packets are encrypted, and stay so.
    is_secure: bool,
}

impl Session {
    /// Nothing was said yet.
    pub fn new(ours: Ours) -> Self {
        let is_secure = ours.security == Security::Required;
        Self { ours, version: 0, sent: None, is_secure }
    }

    /// Answers an offer, the first one or one in mid-call. An error changes nothing: the call goes on as it was.
    pub fn answer(&mut self, offer: &Sdp) -> Result<(Sdp, Agreed), SdpError> {
        let (index, choice) = self.best(offer)?;
        let crypto =
            choice.crypto.clone().map(|theirs| (Crypto { key: self.ours.key.clone(), ..theirs.clone() }, theirs));
        let direction = choice.direction.answered();
        let mut audio = self.audio(&choice.media.protocol, direction);
        add(&mut audio, choice.codec, choice.payload_type);
        if let Some(events) = &choice.events {
            add_events(&mut audio, events.payload_type, events.clock_hz);
        }
        audio.cryptos.extend(crypto.as_ref().map(|(ours, _)| ours.clone()));
        audio.rtcp_mux = choice.media.rtcp_mux;
        self.is_secure |= crypto.is_some();
        let agreed = choice.agreed(offer, direction, crypto);
        let refused = |media: &Media| Media::refused(media);
        let mut media: Vec<Media> = offer.media.iter().map(refused).collect();
        media[index] = audio;
        Ok((self.say(media), agreed))
    }

    /// Makes an offer: `direction` is [`Direction::SendOnly`] to put the other end on hold.
    pub fn offer(&mut self, direction: Direction) -> Sdp {
        let is_secure = self.is_secure;
        let mut audio = self.audio(if is_secure { &Protocol::Savp } else { &Protocol::Avp }, direction);
        let mut dynamic = DYNAMIC..128;
        let mut clocks = Vec::new();
        for &codec in &self.ours.codecs {
            let payload_type = codec.static_payload_type().or_else(|| dynamic.next()).unwrap_or(DYNAMIC);
            add(&mut audio, codec, payload_type);
            if !clocks.contains(&codec.clock_hz()) {
                clocks.push(codec.clock_hz());
            }
        }
        // Keys have the clock of the sound beside them (RFC 4733 2.1). 101 is what everybody takes for them.
        for (payload_type, clock_hz) in (101..).zip(clocks) {
            add_events(&mut audio, payload_type, clock_hz);
        }
        if is_secure {
            let suites = [Suite::AesCm128Sha1_80, Suite::AesCm128Sha1_32];
            let crypto = |(tag, suite)| Crypto { tag, suite, key: self.ours.key.clone() };
            audio.cryptos = (1..).zip(suites).map(crypto).collect();
        }
        audio.rtcp_mux = true;
        self.say(vec![audio])
    }

    /// What was said last, to be said again where nothing changes (RFC 3264 8: in the same version); `None` before the first.
    pub fn said(&self) -> Option<Sdp> {
        self.sent.clone()
    }

    /// Reads the answer to the last offer.
    pub fn accept(&self, answer: &Sdp) -> Result<Agreed, SdpError> {
        let offered = self.sent.as_ref().and_then(|sent| sent.media.first()).ok_or(SdpError::NothingInCommon)?;
        // As many streams in the same order (RFC 3264 6), so ours is the first.
        let media = answer.media.first().filter(|media| media.port != 0).ok_or(SdpError::NothingInCommon)?;
        let choice = choose(answer, media, &self.ours.codecs, true);
        let choice = choice.ok_or_else(|| why_none(answer, std::iter::once(media)))?;
        if media.protocol != offered.protocol {
            return Err(SdpError::NoCommonSecurity);
        }
        let crypto = choice.crypto.clone().and_then(|theirs| {
            let same = |ours: &&Crypto| (ours.tag, ours.suite) == (theirs.tag, theirs.suite);
            Some((offered.cryptos.iter().find(same)?.clone(), theirs))
        });
        if crypto.is_none() && !offered.cryptos.is_empty() {
            return Err(SdpError::NoCommonSecurity);
        }
        let direction = choice.direction.answered();
        Ok(choice.agreed(answer, direction, crypto))
    }

    /// The stream of sound to take: encrypted before plain, then by our codecs.
    fn best<'a>(&self, offer: &'a Sdp) -> Result<(usize, Choice<'a>), SdpError> {
        let choices = offer.media.iter().enumerate().filter(|(_, media)| media.port != 0);
        let choices =
            choices.filter_map(|(index, media)| Some((index, choose(offer, media, &self.ours.codecs, false)?)));
        let mut choices: Vec<_> = choices.collect();
        if choices.is_empty() {
            return Err(why_none(offer, offer.media.iter()));
        }
        choices.retain(|(_, choice)| match (&choice.media.protocol, self.ours.security) {
            (Protocol::Savp, _) => choice.crypto.is_some(),
            (Protocol::Avp | Protocol::Other(_), security) => security == Security::IfOffered,
        });
        let best = choices.into_iter().min_by_key(|(_, choice)| (choice.crypto.is_none(), choice.rank));
        best.ok_or(SdpError::NoCommonSecurity)
    }

    fn audio(&self, protocol: &Protocol, direction: Direction) -> Media {
        let audio = Media::new("audio", self.ours.port, protocol.clone());
        Media { direction: Some(direction), ptime_ms: Some(FRAME_MS), ..audio }
    }

    /// Counts the version up if anything changed (RFC 3264 8).
    fn say(&mut self, media: Vec<Media>) -> Sdp {
        let Ours { session_id, address, .. } = self.ours;
        let connection = Some(Connection::Address(address));
        let mut said = Sdp { session_id, version: self.version, connection, direction: None, media };
        if self.sent.as_ref() != Some(&said) {
            self.version += 1;
            said.version = self.version;
        }
        self.sent = Some(said.clone());
        said
    }
}

fn add(audio: &mut Media, codec: Codec, payload_type: u8) {
    audio.formats.push(payload_type.to_string());
    audio.rtpmaps.push(Rtpmap {
        payload_type,
        name: codec.encoding_name().to_owned(),
        clock_hz: codec.clock_hz(),
        channels: codec.rtpmap_channels(),
    });
    if codec == Codec::Opus {
        audio.fmtps.push((payload_type, OPUS_PARAMETERS.to_owned()));
    }
}

fn add_events(audio: &mut Media, payload_type: u8, clock_hz: u32) {
    audio.formats.push(payload_type.to_string());
    audio.rtpmaps.push(Rtpmap { payload_type, name: EVENTS.to_owned(), clock_hz, channels: None });
    audio.fmtps.push((payload_type, KEYS.to_owned()));
}
