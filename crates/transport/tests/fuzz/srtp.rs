use transport::rtp::sdp::{Crypto, SrtpKey, Suite};
use transport::rtp::srtp::{Protector, Unprotector};
use transport::rtp::{Packet, PacketError};

use crate::edit::{ITERATIONS, edited};

fn crypto() -> Crypto {
    Crypto { tag: 1, suite: Suite::AesCm128Sha1_80, key: SrtpKey::new([9; 30]) }
}

#[test]
fn srtp() {
    let packet =
        Packet { payload_type: 0, marker: true, sequence: 5, timestamp: 6, ssrc: 7, payload: &[0xFF; 40] }.write();
    let report = [0x80, 201, 0, 1, 0, 0, 0, 9, 0x81, 203, 0, 1, 0, 0, 0, 9];
    let mut ours = Protector::new(&crypto());
    let sealed = [ours.protect(&packet).unwrap(), ours.protect_rtcp(&report).unwrap()];
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        sealing_holds(input);
        sealing_holds(&edited(&[&packet, &report], input));
        nothing_is_forged(input, &sealed);
        nothing_is_forged(&edited(&[&sealed[0], &sealed[1]], input), &sealed);
    });
}

/// What can be read as a packet is sealed and read again, once and as it was.
fn sealing_holds(plain: &[u8]) {
    let (mut ours, mut theirs) = (Protector::new(&crypto()), Unprotector::new(&crypto()));
    match ours.protect(plain) {
        Ok(sealed) => {
            assert_eq!(theirs.unprotect(&sealed).as_deref(), Ok(plain));
            assert!(theirs.unprotect(&sealed).is_err(), "a second copy");
        }
        Err(_) => {
            assert!(matches!(Packet::parse(plain), Err(PacketError::Short(_) | PacketError::Version(_))));
        }
    }
    if let Ok(sealed) = ours.protect_rtcp(plain)
        && let Ok(read) = theirs.unprotect_rtcp(&sealed)
    {
        assert_eq!(read, plain);
    }
}

/// Whoever has no key is not heard, but for saying again what was said.
fn nothing_is_forged(bytes: &[u8], sealed: &[Vec<u8>; 2]) {
    let mut theirs = Unprotector::new(&crypto());
    assert!(theirs.unprotect(bytes).is_err() || *bytes == sealed[0]);
    assert!(theirs.unprotect_rtcp(bytes).is_err() || *bytes == sealed[1]);
}
