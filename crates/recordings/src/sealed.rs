//! Pieces of a file, each encrypted by itself: what was written before a crash can be read after it.

use aes_gcm::aead::KeyInit;
use aes_gcm::aead::stream::{Encryptor, NewStream, StreamBE32, StreamPrimitive};
use aes_gcm::{Aes256Gcm, Key};

/// What every file begins with.
pub(crate) const MAGIC: &[u8; 4] = b"FRR1";
pub(crate) const SALT_BYTES: usize = 16;
/// The longest piece that is believed: a page of Ogg has 64 KiB at most, and 16 bytes seal it.
const PIECE_MAX: usize = 66_000;

/// A file's own key: it is used for one file, so that the nonce can begin at zero in each.
pub(crate) type FileKey = [u8; 32];
type Stream = StreamBE32<Aes256Gcm>;

fn stream(key: &FileKey) -> Stream {
    Stream::from_aead(Aes256Gcm::new(Key::<Aes256Gcm>::from_slice(key)), &[0; 7].into())
}

/// Seals one piece after the other.
pub(crate) struct Sealer(Encryptor<Aes256Gcm, Stream>);

impl Sealer {
    pub(crate) fn new(key: &FileKey) -> Self {
        Self(Encryptor::from_stream_primitive(stream(key)))
    }

    /// The bytes that stand in the file for `plain`.
    pub(crate) fn piece(&mut self, plain: &[u8]) -> Vec<u8> {
        framed(&self.0.encrypt_next(plain).expect("a call has no four thousand million seconds"))
    }

    /// The same for the last one.
    pub(crate) fn last(self, plain: &[u8]) -> Vec<u8> {
        framed(&self.0.encrypt_last(plain).expect("a call has no four thousand million seconds"))
    }
}

fn framed(sealed: &[u8]) -> Vec<u8> {
    let mut bytes = (sealed.len() as u32).to_be_bytes().to_vec();
    bytes.extend_from_slice(sealed);
    bytes
}

/// What was in the pieces of a file.
pub(crate) struct Opened {
    pub(crate) plain: Vec<u8>,
    /// The last piece is there.
    pub(crate) whole: bool,
}

/// Opens what stands behind the header. `None`: a piece is there, and is not what was written.
pub(crate) fn open(key: &FileKey, mut bytes: &[u8]) -> Option<Opened> {
    let stream = stream(key);
    let mut opened = Opened { plain: Vec::new(), whole: false };
    for position in 0_u32.. {
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else { break };
        let length = u32::from_be_bytes(*length) as usize;
        if length > PIECE_MAX {
            return None;
        }
        // Half a piece is what a crash leaves.
        let Some((sealed, rest)) = rest.split_at_checked(length) else { break };
        bytes = rest;
        if let Ok(plain) = stream.decrypt(position, false, sealed) {
            opened.plain.extend(plain);
        } else {
            opened.plain.extend(stream.decrypt(position, true, sealed).ok()?);
            opened.whole = true;
            return bytes.is_empty().then_some(opened);
        }
    }
    Some(opened)
}
