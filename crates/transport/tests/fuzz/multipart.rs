//! What a trunk, or anybody, may write in a body of several parts (`src/sip/multipart.rs`).

use super::{Unread, description, parts};
use crate::edit::{ITERATIONS, edited};

const SEEDS: [&[u8]; 1] = [include_bytes!("seeds/place.mixed")];
const BOUNDARY: &str = "boundary71";

#[test]
fn bodies() {
    bolero::check!().with_iterations(ITERATIONS).for_each(|input| {
        body_holds(BOUNDARY, input);
        body_holds(BOUNDARY, &edited(&SEEDS, input));
        // The boundary too is what somebody has written.
        let (kind, body) = input.split_at(input.len().min(usize::from(input.first().copied().unwrap_or(0))));
        body_holds(&String::from_utf8_lossy(kind), body);
    });
}

/// What is found lies in the body, is the only one, and is found again in a body that holds nothing else.
fn body_holds(boundary: &str, body: &[u8]) {
    let kind = format!("multipart/mixed;boundary=\"{boundary}\"");
    let Ok(found) = description(&kind, body) else { return };
    assert!(body.windows(found.len().max(1)).any(|window| window == found) || found.is_empty());
    let all = parts(boundary, body).unwrap();
    assert!(all.iter().filter(|part| part.ends_with(found)).count() >= 1);
    let head: &[u8] = b"Content-Type: application/sdp\r\n\r\n";
    let fence = format!("--{boundary}");
    let alone = [fence.as_bytes(), b"\r\n", head, found, b"\r\n", fence.as_bytes(), b"--"].concat();
    assert_eq!(description(&kind, &alone), Ok(found));
    let twice = [fence.as_bytes(), b"\r\n", head, found, b"\r\n", &alone].concat();
    assert_eq!(description(&kind, &twice), Err(Unread::Malformed), "two");
    let cut = &alone[..alone.len() - 2];
    assert_eq!(description(&kind, cut), Err(Unread::Malformed), "no end");
}
