//! What telephones, exchanges and trunks really offer, and what we answer.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use audio::codec::Codec;
use proptest::prelude::*;
use transport::rtp::sdp::{
    Agreed, Crypto, Direction, Ours, Protocol, Sdp, SdpError, Security, Session, SrtpKey, Suite,
};

const BARESIP: &str = "v=0\r\no=- 3305168204 1700651394 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
    a=tool:baresip 1.0.0\r\nm=audio 11032 RTP/AVP 96 9 0 101\r\na=rtpmap:96 opus/48000/2\r\n\
    a=fmtp:96 stereo=1;sprop-stereo=1\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtcp:11033\r\na=sendrecv\r\na=label:1\r\n\
    a=ssrc:3117212 cname:sip:baresip@127.0.0.1\r\na=ptime:20\r\n";
const PJSIP: &str = "v=0\r\no=- 3909640500 3909640500 IN IP4 192.168.1.5\r\ns=pjmedia\r\nb=AS:84\r\nt=0 0\r\na=X-nat:0\r\n\
    m=audio 4000 RTP/AVP 98 97 99 104 3 0 8 9 96 120 121\r\nc=IN IP4 192.168.1.5\r\nb=TIAS:64000\r\na=rtcp:4001 IN IP4 192.168.1.5\r\n\
    a=sendrecv\r\na=rtpmap:98 speex/16000\r\na=rtpmap:97 speex/8000\r\na=rtpmap:99 speex/32000\r\na=rtpmap:104 iLBC/8000\r\n\
    a=fmtp:104 mode=30\r\na=rtpmap:3 GSM/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:9 G722/8000\r\n\
    a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-16\r\na=rtpmap:120 telephone-event/16000\r\na=fmtp:120 0-16\r\n\
    a=rtpmap:121 telephone-event/32000\r\na=fmtp:121 0-16\r\n";
const SIPP: &str = "v=0\no=user1 53655765 2353687637 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 6000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n";
const TWILIO: &str = "v=0\r\no=root 1539873446 1539873446 IN IP4 54.172.60.5\r\ns=Twilio Media Gateway\r\nc=IN IP4 54.172.60.5\r\n\
    t=0 0\r\nm=audio 15698 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n\
    a=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:20\r\na=sendrecv\r\n";
const ASTERISK: &str = "v=0\r\no=- 1170823617 1170823617 IN IP6 2001:db8::10\r\ns=Asterisk\r\nc=IN IP6 2001:db8::10\r\nt=0 0\r\n\
    m=audio 17286 RTP/AVP 8 0 107 101 100\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:107 opus/48000/2\r\n\
    a=fmtp:107 useinbandfec=1\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=rtpmap:100 telephone-event/48000\r\n\
    a=fmtp:100 0-16\r\na=ptime:20\r\na=maxptime:150\r\na=sendrecv\r\na=rtcp-mux\r\n\
    m=video 18000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n";
const SNOM_SECURE: &str = "v=0\r\no=root 1 2 IN IP4 10.0.0.7\r\ns=call\r\nc=IN IP4 10.0.0.7\r\nt=0 0\r\n\
    m=audio 60000 RTP/SAVP 9 8 0 101\r\na=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR\r\n\
    a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\na=rtpmap:9 G722/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n\
    m=audio 60000 RTP/AVP 9 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";

const OUR_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

fn ours(codecs: &[Codec], security: Security) -> Ours {
    Ours {
        address: OUR_ADDRESS,
        port: 30_000,
        codecs: codecs.to_vec(),
        security,
        key: SrtpKey::new([7; 30]),
        session_id: 42,
    }
}

fn session() -> Session {
    Session::new(ours(&Ours::CODECS, Security::IfOffered))
}

fn answered(offer: &str) -> (Sdp, Agreed) {
    session().answer(&Sdp::parse(offer).unwrap()).unwrap()
}

#[test]
fn each_kind_of_telephone_is_answered_in_its_own_numbers() {
    // offer; codec, its payload type, keys, where sound goes, where RTCP goes
    let cases = [
        (BARESIP, Codec::Opus, 96, Some(101), "127.0.0.1:11032", "127.0.0.1:11033"),
        (PJSIP, Codec::G722, 9, Some(96), "192.168.1.5:4000", "192.168.1.5:4001"),
        (SIPP, Codec::Pcmu, 0, None, "127.0.0.1:6000", "127.0.0.1:6001"),
        (TWILIO, Codec::Pcmu, 0, Some(101), "54.172.60.5:15698", "54.172.60.5:15699"),
        (ASTERISK, Codec::Opus, 107, Some(100), "[2001:db8::10]:17286", "[2001:db8::10]:17286"),
        (SNOM_SECURE, Codec::G722, 9, Some(101), "10.0.0.7:60000", "10.0.0.7:60001"),
    ];
    for (offer, codec, payload_type, events, remote, rtcp) in cases {
        let (answer, agreed) = answered(offer);
        assert_eq!((agreed.codec, agreed.payload_type, agreed.events), (codec, payload_type, events));
        assert_eq!(agreed.remote.unwrap().to_string(), remote);
        assert_eq!(agreed.remote_rtcp.unwrap().to_string(), rtcp);
        assert_eq!(agreed.direction, Direction::SendRecv);
        let formats: Vec<String> = [Some(payload_type), events].into_iter().flatten().map(|f| f.to_string()).collect();
        assert_eq!((&answer.media[0].formats, answer.media[0].port), (&formats, 30_000));
        assert_eq!(Sdp::parse(&answer.to_string()).unwrap(), answer);
    }
}

#[test]
fn an_answer_as_it_is_sent() {
    let expected = "v=0\r\no=- 42 1 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\nm=audio 30000 RTP/AVP 107 100\r\n\
        a=rtpmap:107 opus/48000/2\r\na=rtpmap:100 telephone-event/48000\r\n\
        a=fmtp:107 maxplaybackrate=16000;sprop-maxcapturerate=16000;stereo=0;useinbandfec=1\r\na=fmtp:100 0-15\r\n\
        a=ptime:20\r\na=rtcp-mux\r\na=sendrecv\r\nm=video 0 RTP/AVP 99\r\n";
    assert_eq!(answered(ASTERISK).0.to_string(), expected);
}

#[test]
fn our_order_decides_but_between_the_laws_theirs() {
    let chosen = |codecs: &[Codec], offer: &str| {
        let answer = Session::new(ours(codecs, Security::IfOffered)).answer(&Sdp::parse(offer).unwrap());
        answer.map(|(_, agreed)| agreed.codec)
    };
    let offer = |formats: &str| SIPP.replace("RTP/AVP 0", &format!("RTP/AVP {formats}"));
    assert_eq!(chosen(&Ours::CODECS, &offer("8 0")), Ok(Codec::Pcma));
    assert_eq!(chosen(&Ours::CODECS, &offer("0 8")), Ok(Codec::Pcmu));
    assert_eq!(chosen(&Ours::CODECS, &offer("0 8 9")), Ok(Codec::G722));
    assert_eq!(chosen(&[Codec::Pcma, Codec::G722, Codec::Pcmu], &offer("0 9 8")), Ok(Codec::Pcma));
    assert_eq!(chosen(&[Codec::G722, Codec::Opus], &offer("0 8")), Err(SdpError::NothingInCommon));
    // G.729 and comfort noise are no codecs of ours, a video is no sound, a refused stream is none.
    assert_eq!(chosen(&Ours::CODECS, &offer("18 13")), Err(SdpError::NothingInCommon));
    assert_eq!(chosen(&Ours::CODECS, &SIPP.replace("audio", "video")), Err(SdpError::NothingInCommon));
    assert_eq!(chosen(&Ours::CODECS, &SIPP.replace("6000", "0")), Err(SdpError::NothingInCommon));
    assert_eq!(chosen(&Ours::CODECS, &SIPP.replace("c=IN IP4 127.0.0.1\n", "")), Err(SdpError::NothingInCommon));
    assert_eq!(chosen(&Ours::CODECS, &SIPP.replace("PCMU/8000", "L16/44100")), Err(SdpError::NothingInCommon));
}

#[test]
fn directions_are_answered_from_the_offer_just_received() {
    let mut session = session();
    let mut version = 0;
    for (line, ours) in [
        ("", Direction::SendRecv),
        ("a=sendonly\n", Direction::RecvOnly),
        ("a=recvonly\n", Direction::SendOnly),
        ("a=inactive\n", Direction::Inactive),
        ("a=sendrecv\n", Direction::SendRecv),
    ] {
        for offer in [format!("{SIPP}{line}"), SIPP.replace("t=0 0\n", &format!("t=0 0\n{line}"))] {
            let (answer, agreed) = session.answer(&Sdp::parse(&offer).unwrap()).unwrap();
            assert_eq!((agreed.direction, answer.media[0].direction), (ours, Some(ours)), "{line}");
            assert!(answer.version == version || answer.version == version + 1);
            version = answer.version;
        }
    }
    assert_eq!(version, 5, "one more for each change, and none for the same again");
}

#[test]
fn hold_by_address_stops_our_sound() {
    let held = SIPP.replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0");
    let (answer, agreed) = answered(&held);
    assert_eq!((agreed.remote, agreed.remote_rtcp, agreed.direction), (None, None, Direction::RecvOnly));
    assert_eq!(answer.media[0].direction, Some(Direction::RecvOnly));
}

#[test]
fn keys_are_exchanged_the_stronger_first() {
    let (answer, agreed) = answered(SNOM_SECURE);
    let (ours_sent, theirs) = agreed.srtp.clone().unwrap();
    assert_eq!((theirs.tag, theirs.suite), (2, Suite::AesCm128Sha1_80));
    assert_eq!((ours_sent.tag, ours_sent.suite, &ours_sent.key), (2, Suite::AesCm128Sha1_80, &SrtpKey::new([7; 30])));
    assert_eq!((&answer.media[0].protocol, &answer.media[0].cryptos), (&Protocol::Savp, &vec![ours_sent]));
    assert_eq!(answer.media[1].port, 0, "and the plain one refused");
    assert!(!format!("{agreed:?} {answer:?}").contains("7, 7"));

    let mut strict = Session::new(ours(&Ours::CODECS, Security::Required));
    assert_eq!(strict.answer(&Sdp::parse(TWILIO).unwrap()).unwrap_err(), SdpError::NoCommonSecurity);
    let unknown = SNOM_SECURE.replace("AES_CM_128", "AES_CM_192");
    assert_eq!(strict.answer(&Sdp::parse(&unknown).unwrap()).unwrap_err(), SdpError::NoCommonSecurity);
    let (plain, agreed) = answered(&unknown);
    assert_eq!((plain.media[0].port, plain.media[1].port, agreed.srtp), (0, 30_000, None));
    let only_32 = SNOM_SECURE.replace("SHA1_80", "SHA1_81");
    assert_eq!(answered(&only_32).1.srtp.unwrap().1.suite, Suite::AesCm128Sha1_32);
}

#[test]
fn an_offer_of_ours_and_its_answer() {
    for security in [Security::IfOffered, Security::Required] {
        let mut caller = Session::new(ours(&Ours::CODECS, security));
        let offer = caller.offer(Direction::SendRecv);
        assert_eq!(offer.media[0].formats, ["96", "9", "0", "8", "101", "102"]);
        let theirs =
            Ours { address: IpAddr::V6(Ipv6Addr::LOCALHOST), port: 5, ..ours(&[Codec::Pcma], Security::IfOffered) };
        let mut doctor = Session::new(Ours { key: SrtpKey::new([8; 30]), ..theirs });
        let (answer, there) = doctor.answer(&Sdp::parse(&offer.to_string()).unwrap()).unwrap();
        let here = caller.accept(&Sdp::parse(&answer.to_string()).unwrap()).unwrap();
        assert_eq!((here.codec, here.payload_type, here.events), (Codec::Pcma, 8, Some(102)));
        assert_eq!((there.codec, there.payload_type, there.events), (Codec::Pcma, 8, Some(102)));
        assert_eq!((here.remote.unwrap().to_string(), there.remote.unwrap().port()), ("[::1]:5".to_owned(), 30_000));
        assert_eq!(here.remote_rtcp, here.remote, "on the same port");
        let keys = here.srtp.map(|(ours, theirs)| (theirs, ours));
        assert_eq!(keys, there.srtp);
        assert_eq!(keys.is_some(), security == Security::Required);

        let held = caller.offer(Direction::SendOnly);
        assert_eq!(held.version, offer.version + 1);
        let (answer, there) = doctor.answer(&held).unwrap();
        assert_eq!(there.direction, Direction::RecvOnly);
        assert_eq!(caller.accept(&answer).unwrap().direction, Direction::SendOnly);
    }
}

#[test]
fn an_answer_that_does_not_fit_is_refused() {
    let mut caller = Session::new(ours(&Ours::CODECS, Security::Required));
    assert_eq!(caller.accept(&Sdp::parse(TWILIO).unwrap()), Err(SdpError::NothingInCommon), "nothing was offered");
    caller.offer(Direction::SendRecv);
    let secure = TWILIO.replace("RTP/AVP", "RTP/SAVP");
    for answer in [TWILIO, &secure, SNOM_SECURE.split("m=audio 60000 RTP/AVP").next().unwrap()] {
        let accepted = caller.accept(&Sdp::parse(answer).unwrap());
        // The last has the suites the other way round: its tag 1 is the weaker one, ours the stronger.
        assert_eq!(accepted, Err(SdpError::NoCommonSecurity), "{answer}");
    }
    assert_eq!(caller.accept(&Sdp::parse(&TWILIO.replace("15698", "0")).unwrap()), Err(SdpError::NothingInCommon));
}

#[test]
fn hostile_descriptions_are_refused() {
    let parse = |text: &str| Sdp::parse(text).map(|_| ());
    assert_eq!(parse(""), Err(SdpError::Syntax(1)));
    assert_eq!(parse("m=audio 1 RTP/AVP 0\n"), Err(SdpError::Syntax(1)));
    assert_eq!(parse("v=0\nnonsense"), Err(SdpError::Syntax(2)));
    assert_eq!(parse("v=0\nm=audio 99999 RTP/AVP 0"), Err(SdpError::Syntax(2)));
    assert_eq!(parse("v=0\nm=audio +5 RTP/AVP 0"), Err(SdpError::Syntax(2)));
    assert_eq!(parse(&format!("v=0\n{}", "m=audio 1 RTP/AVP 0\n".repeat(17))), Err(SdpError::TooLong));
    assert_eq!(parse(&format!("v=0\nm=audio 1 RTP/AVP{}", " 0".repeat(65))), Err(SdpError::TooLong));
    let maps = "a=rtpmap:0 PCMU/8000\n".repeat(65);
    assert_eq!(parse(&format!("v=0\nm=audio 1 RTP/AVP 0\n{maps}")), Err(SdpError::TooLong));
    assert_eq!(parse(&"v=0\n".repeat(5000)), Err(SdpError::TooLong));
    // What an attribute gets wrong is passed over.
    let odd = format!("{SIPP}a=rtpmap:300 x/1\na=rtpmap:\na=ptime:abc\na=crypto:1\na=rtcp:99999\na=fmtp:0\na=\nb=\n");
    assert_eq!(Sdp::parse(&odd), Sdp::parse(SIPP));
}

fn line() -> impl Strategy<Value = String> {
    let kinds = prop::sample::select(vec![
        "m=audio ",
        "m=",
        "c=IN IP4 ",
        "c=IN IP6 ",
        "a=rtpmap:",
        "a=fmtp:",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:",
        "a=",
        "a=ptime:",
        "a=rtcp:",
        "o=- ",
        "",
    ]);
    (kinds, "[ -~ä\r]{0,40}|5 RTP/AVP 0 8 9|9 G722/8000|1.2.3.4|::1").prop_map(|(kind, rest)| format!("{kind}{rest}\n"))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,300}", lines in prop::collection::vec(line(), 0..12)) {
        let _read = Sdp::parse(&text);
        if let Ok(offer) = Sdp::parse(&format!("v=0\n{}", lines.concat())) {
            prop_assert_eq!(Sdp::parse(&offer.to_string()), Ok(offer.clone()));
            let mut session = session();
            if let Ok((answer, _)) = session.answer(&offer) {
                prop_assert_eq!(answer.media.len(), offer.media.len());
                prop_assert_eq!(answer.media.iter().filter(|media| media.port != 0).count(), 1);
            }
            let _accepted = session.accept(&offer);
        }
    }

    #[test]
    fn what_is_offered_is_read(
        key in prop::array::uniform30(any::<u8>()), order in Just(Codec::ALL.to_vec()).prop_shuffle(), port in 1u16.., v6 in any::<bool>(),
        count in 1usize..=4, required in any::<bool>(), session_id in any::<u64>(),
    ) {
        let address = if v6 { IpAddr::V6(Ipv6Addr::LOCALHOST) } else { OUR_ADDRESS };
        let security = if required { Security::Required } else { Security::IfOffered };
        let ours = Ours { address, port, codecs: order[..count].to_vec(), security, key: SrtpKey::new(key), session_id };
        let offer = Session::new(ours).offer(Direction::SendRecv);
        prop_assert_eq!(Sdp::parse(&offer.to_string()), Ok(offer.clone()));
        let (_, agreed) = Session::new(self::ours(&order, Security::IfOffered)).answer(&offer).unwrap();
        let keys = agreed.srtp.map(|(_, Crypto { key, .. })| key);
        prop_assert_eq!(keys, required.then(|| SrtpKey::new(key)));
    }
}
