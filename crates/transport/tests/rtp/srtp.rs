use proptest::prelude::*;
use transport::rtp::sdp::{Crypto, SrtpKey, Suite};
use transport::rtp::srtp::{Protector, SrtpError, Unprotector};
use transport::rtp::{Packet, PacketError};

use crate::network::speech;

fn crypto(suite: Suite, key: u8) -> Crypto {
    Crypto { tag: 1, suite, key: SrtpKey::new([key; 30]) }
}

fn pair() -> (Protector, Unprotector) {
    let crypto = crypto(Suite::AesCm128Sha1_80, 5);
    (Protector::new(&crypto), Unprotector::new(&crypto))
}

fn rtcp() -> Vec<u8> {
    let mut report = vec![0x80, 201, 0, 1, 0, 0, 0, 9];
    report.extend([0x81, 203, 0, 1, 0, 0, 0, 9]);
    report
}

/// RFC 3711 B.3 has the keys that follow from this master key; libsrtp's test driver has the packet.
#[test]
fn the_packet_that_everybody_tests_with() {
    let hex = |hex: &str| -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    };
    let key = hex("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6");
    let crypto = Crypto { key: SrtpKey::new(key.try_into().unwrap()), ..crypto(Suite::AesCm128Sha1_80, 0) };
    let plain = hex("800f1234decafbadcafebabeabababababababababababababababab");
    let cipher = hex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb");
    assert_eq!(Protector::new(&crypto).protect(&plain), Ok(cipher.clone()));
    assert_eq!(Unprotector::new(&crypto).unprotect(&cipher), Ok(plain));
}

#[test]
fn a_call_is_read_over_the_wrap_and_in_any_order() {
    for suite in [Suite::AesCm128Sha1_80, Suite::AesCm128Sha1_32] {
        let (mut ours, mut theirs) = (Protector::new(&crypto(suite, 5)), Unprotector::new(&crypto(suite, 5)));
        // Numbers wrap after 36 packets.
        let plain: Vec<Vec<u8>> = speech(100).into_iter().map(|(_, bytes)| bytes).collect();
        let mut sent: Vec<Vec<u8>> = plain.iter().map(|bytes| ours.protect(bytes).unwrap()).collect();
        let tag = if suite == Suite::AesCm128Sha1_80 { 10 } else { 4 };
        assert!(
            sent.iter().zip(&plain).all(|(sent, plain)| sent.len() == plain.len() + tag && sent[12..] != plain[12..])
        );
        sent.chunks_mut(2).for_each(|pair| pair.swap(0, 1));
        let mut read: Vec<Vec<u8>> = sent.iter().map(|bytes| theirs.unprotect(bytes).unwrap()).collect();
        read.chunks_mut(2).for_each(|pair| pair.swap(0, 1));
        assert_eq!(read, plain);
        assert!(sent.iter().all(|bytes| theirs.unprotect(bytes) == Err(SrtpError::NotGenuine)), "second copies");
        let report = ours.protect_rtcp(&rtcp()).unwrap();
        assert_eq!(theirs.unprotect_rtcp(&report), Ok(rtcp()));
        assert_eq!(theirs.unprotect_rtcp(&report), Err(SrtpError::NotGenuine), "a second copy");
    }
}

#[test]
fn forgeries_are_refused_and_harm_nobody() {
    let (mut ours, mut theirs) = pair();
    let bytes = ours.protect(&speech(1)[0].1).unwrap();
    for place in 0..bytes.len() {
        let mut forged = bytes.clone();
        forged[place] ^= 1;
        assert!(theirs.unprotect(&forged).is_err(), "byte {place}");
    }
    let other = Crypto { key: SrtpKey::new([6; 30]), ..crypto(Suite::AesCm128Sha1_80, 0) };
    assert_eq!(Unprotector::new(&other).unprotect(&bytes), Err(SrtpError::NotGenuine));
    assert!(format!("{theirs:?}").contains("(0 sources)"), "none of these is remembered");
    assert!(theirs.unprotect(&bytes).is_ok());
    // RTCP that says that it is not encrypted.
    let mut plain = rtcp();
    plain.extend([0; 14]);
    assert_eq!(theirs.unprotect_rtcp(&plain), Err(SrtpError::NotGenuine));
}

/// Each of these made the crate below panic, without knowing any key.
#[test]
fn packets_that_panicked() {
    let (mut ours, mut theirs) = pair();
    let mut extended = vec![0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xBE, 0xDE, 0, 1, 0x1F, 1, 2, 3];
    assert_eq!(theirs.unprotect(&extended), Err(SrtpError::NotGenuine));
    extended.extend([9; 20]);
    let sealed = ours.protect(&extended).unwrap();
    assert_eq!(sealed[..20], extended[..20], "the extension is not encrypted");
    assert_eq!(theirs.unprotect(&sealed), Ok(extended));
    assert_eq!(theirs.unprotect_rtcp(&rtcp()[..9]), Err(SrtpError::Malformed));
}

#[test]
fn sources_are_remembered_up_to_a_bound() {
    let (mut ours, mut theirs) = pair();
    for ssrc in 0..100 {
        let packet = Packet { payload_type: 0, marker: false, sequence: 1, timestamp: 1, ssrc, payload: &[1; 160] };
        assert!(theirs.unprotect(&ours.protect(&packet.write()).unwrap()).is_ok());
    }
    assert_eq!(format!("{theirs:?}"), "Unprotector(8 sources)");
}

proptest! {
    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..100), rtp in any::<bool>()) {
        let mut bytes = bytes;
        if rtp && let Some(first) = bytes.first_mut() {
            *first = 0x80 | *first & 0x3F;
        }
        let (mut ours, mut theirs) = pair();
        prop_assert!(theirs.unprotect(&bytes).is_err() && theirs.unprotect_rtcp(&bytes).is_err());
        if let Ok(sealed) = ours.protect(&bytes) {
            prop_assert_eq!(theirs.unprotect(&sealed), Ok(bytes.clone()));
        } else {
            prop_assert!(matches!(Packet::parse(&bytes), Err(PacketError::Short(_) | PacketError::Version(_))));
        }
        let _sealed = ours.protect_rtcp(&bytes);
    }
}
