use super::*;

const KIND: &str = "multipart/mixed;boundary=\"b =1\"; charset=x";

fn read_of(parts: &str) -> Result<String, Unread> {
    description(KIND, parts.as_bytes()).map(|content| String::from_utf8_lossy(content).into_owned())
}

#[test]
fn the_description_is_found_among_other_parts() {
    let place = "--b =1\r\nContent-Type: application/pidf+xml\r\nContent-ID: <a@b>\r\n\r\n<xml/>\r\n";
    let isup = "--b =1  \r\nContent-Type: application/isup;version=x\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01\0\r\n";
    let sdp =
        "--b =1\r\ncontent-type: Application/SDP; charset=utf-8\r\nContent-Transfer-Encoding: 8BIT\r\n\r\nv=0\r\n\r\n";
    let end = "--b =1--";
    assert_eq!(read_of(&format!("{sdp}{end}")).as_deref(), Ok("v=0\r\n"), "its last line end is its own");
    assert_eq!(read_of(&format!("a preamble\r\n{place}{isup}{sdp}{end}\r\nwhatever")).as_deref(), Ok("v=0\r\n"));
    assert_eq!(read_of(&format!("{sdp}{place}{end}  ")).as_deref(), Ok("v=0\r\n"));
    assert_eq!(read_of(&format!("{place}{isup}{end}")), Err(Unread::Unsupported), "there is none");
    assert_eq!(read_of(&format!("{sdp}{sdp}{end}")), Err(Unread::Malformed), "two");
    assert_eq!(read_of(sdp), Err(Unread::Malformed), "no end");
    assert_eq!(read_of(end), Err(Unread::Malformed), "no beginning");
    assert_eq!(read_of(&format!("{}{end}", place.repeat(17))), Err(Unread::Malformed), "too many");
    let text = "--b =1\r\n\r\nonly text\r\n";
    assert_eq!(read_of(&format!("{text}{sdp}{end}")).as_deref(), Ok("v=0\r\n"), "a part without headers");
}

#[test]
fn what_must_be_understood_and_is_not_is_refused() {
    let with =
        |headers: &str| read_of(&format!("--b =1\r\nContent-Type: application/sdp\r\n{headers}\r\nv=0\r\n--b =1--"));
    assert_eq!(with("Content-Disposition: session;handling=required\r\n").as_deref(), Ok("v=0"));
    assert_eq!(with("Content-Disposition: early-session\r\n"), Err(Unread::Unsupported));
    assert_eq!(with("Content-Transfer-Encoding: base64\r\n"), Err(Unread::Unsupported));
    assert_eq!(with("Content-Type: text/plain\r\n"), Err(Unread::Malformed), "twice");
    assert_eq!(with("no header\r\n"), Err(Unread::Malformed));
    let required = "--b =1\r\nContent-Type: x/y\r\nContent-Disposition: z; handling=\"REQUIRED\"\r\n\r\n\r\n";
    let sdp = "--b =1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b =1--";
    assert_eq!(read_of(&format!("{required}{sdp}")), Err(Unread::Unsupported));
}

#[test]
fn a_boundary_is_one() {
    let body = b"--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--";
    for kind in ["multipart/mixed; Boundary=x", "multipart/mixed;a=\"b;boundary=y\";boundary=\"x\""] {
        assert_eq!(description(kind, body), Ok(&b"v=0"[..]), "{kind}");
    }
    for kind in [
        "multipart/mixed",
        "multipart/mixed;boundary=",
        "multipart/mixed;boundary=\"x",
        "multipart/mixed;boundary=\"x \"",
    ] {
        assert_eq!(description(kind, body), Err(Unread::Malformed), "{kind}");
    }
    let long = format!("multipart/mixed;boundary={}", "x".repeat(71));
    assert_eq!(description(&long, body), Err(Unread::Malformed));
}
