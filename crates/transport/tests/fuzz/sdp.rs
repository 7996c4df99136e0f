use std::net::{IpAddr, Ipv4Addr};

use transport::rtp::sdp::{
    Agreed, BYTES_MAX, Direction, FORMATS_MAX, MEDIA_MAX, Media, Ours, Protocol, Sdp, Security, Session, SrtpKey,
};

use crate::edit::{ITERATIONS, edited};

const SEEDS: [&[u8]; 6] = [
    include_bytes!("seeds/asterisk.sdp"),
    include_bytes!("seeds/baresip.sdp"),
    include_bytes!("seeds/pjsip.sdp"),
    include_bytes!("seeds/sipp.sdp"),
    include_bytes!("seeds/snom_secure.sdp"),
    include_bytes!("seeds/twilio.sdp"),
];
const PORT: u16 = 30_000;

fn session(security: Security) -> Session {
    let address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
    let key = SrtpKey::new([7; 30]);
    Session::new(Ours { address, port: PORT, codecs: Ours::CODECS.to_vec(), security, key, session_id: 42 })
}

#[test]
fn descriptions() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        if let Ok(text) = str::from_utf8(input) {
            description_holds(text);
        }
        description_holds(&String::from_utf8_lossy(&edited(&SEEDS, input)));
    });
}

fn description_holds(text: &str) {
    let Ok(offer) = Sdp::parse(text) else { return };
    assert!(text.len() <= BYTES_MAX && offer.media.len() <= MEDIA_MAX);
    for media in &offer.media {
        let longest = [media.formats.len(), media.rtpmaps.len(), media.fmtps.len(), media.cryptos.len()];
        assert!(longest.iter().all(|len| *len <= FORMATS_MAX), "{longest:?}");
    }
    is_read_as_it_is_written(&offer);
    for security in [Security::IfOffered, Security::Required] {
        answer_holds(&offer, security);
        for direction in [Direction::SendRecv, Direction::SendOnly] {
            acceptance_holds(&offer, security, direction);
        }
    }
}

fn is_read_as_it_is_written(sdp: &Sdp) {
    let written = sdp.to_string();
    if written.len() <= BYTES_MAX {
        assert_eq!(Sdp::parse(&written).as_ref(), Ok(sdp));
    }
}

/// Of the streams that are offered one is taken, in the numbers of the offer, and the others are refused.
fn answer_holds(offer: &Sdp, security: Security) {
    let mut session = session(security);
    let Ok((answer, agreed)) = session.answer(offer) else { return };
    is_read_as_it_is_written(&answer);
    assert_eq!(answer.media.len(), offer.media.len());
    let mut pairs = offer.media.iter().zip(&answer.media);
    assert!(pairs.clone().all(|(theirs, ours)| (&theirs.kind, &theirs.protocol) == (&ours.kind, &ours.protocol)));
    assert_eq!(answer.media.iter().filter(|media| media.port != 0).count(), 1);
    let (theirs, ours) = pairs.find(|(_, ours)| ours.port != 0).unwrap();
    assert!(theirs.port != 0 && ours.port == PORT && theirs.kind == "audio");
    takes_only_what_is_offered(theirs, ours, &agreed);
    assert!(agreed.srtp.is_some() || security == Security::IfOffered);
    let (said, agreed_again) = session.answer(offer).unwrap();
    assert_eq!((said, agreed_again), (answer, agreed), "the same again changes nothing");
}

fn takes_only_what_is_offered(theirs: &Media, ours: &Media, agreed: &Agreed) {
    let offered: Vec<u8> = theirs.formats.iter().filter_map(|format| format.parse().ok()).collect();
    let answered: Vec<u8> = ours.formats.iter().map(|format| format.parse().unwrap()).collect();
    assert!(answered.iter().all(|payload_type| offered.contains(payload_type)), "{answered:?} of {offered:?}");
    let named: Vec<u8> = [Some(agreed.payload_type), agreed.events].into_iter().flatten().collect();
    assert_eq!(answered, named);
    assert!(ours.rtpmaps.iter().all(|rtpmap| answered.contains(&rtpmap.payload_type)));
    match &agreed.srtp {
        Some((ours_then, theirs_then)) => {
            assert!(theirs.cryptos.contains(theirs_then) && ours.cryptos == [ours_then.clone()]);
            assert_eq!((ours_then.tag, ours_then.suite), (theirs_then.tag, theirs_then.suite));
            assert!(ours_then.key == SrtpKey::new([7; 30]) && ours.protocol == Protocol::Savp);
        }
        None => assert!(ours.cryptos.is_empty() && ours.protocol == Protocol::Avp),
    }
}

/// Whatever answers our offer: what was offered is kept to.
fn acceptance_holds(answer: &Sdp, security: Security, direction: Direction) {
    let mut session = session(security);
    let offer = session.offer(direction);
    is_read_as_it_is_written(&offer);
    let Ok(agreed) = session.accept(answer) else { return };
    let (ours, theirs) = (&offer.media[0], &answer.media[0]);
    assert!(theirs.port != 0 && theirs.protocol == ours.protocol && Ours::CODECS.contains(&agreed.codec));
    assert!(theirs.formats.iter().any(|format| format.parse() == Ok(agreed.payload_type)));
    assert_eq!(agreed.srtp.is_some(), security == Security::Required);
    if let Some((ours_then, theirs_then)) = &agreed.srtp {
        assert!(ours.cryptos.contains(ours_then) && theirs.cryptos.contains(theirs_then));
    }
}
