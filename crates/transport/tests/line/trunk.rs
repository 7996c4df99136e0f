//! A trunk as a test writes it, and one that a test answers for with a socket.

use std::time::Duration;

use testbed::Kamailio;
use tokio::net::UdpSocket;
use tokio::time::timeout;
use transport::sip::Trunk;

/// Long enough for a request that should not come.
const NOTHING_COMES_FOR: Duration = Duration::from_secs(6);

/// One that is Kamailio's, or is taken for it.
pub fn trunk(name: &str, port: u16) -> Trunk {
    Trunk {
        name: name.to_owned(),
        server: format!("sip:127.0.0.1:{port}").parse().unwrap(),
        domain: None,
        user: format!("clinic-{name}"),
        auth_user: None,
        password: Kamailio::PASSWORD.into(),
        realm: None,
        register: true,
        expires: Duration::from_secs(600),
        keep_alive: Duration::from_secs(1),
    }
}

/// The next request of this kind, which is answered so; others are answered 200. `None` if none comes for a while.
pub async fn asked(registrar: &UdpSocket, method: &str, status: &str, header: &str) -> Option<String> {
    let mut datagram = [0; 4096];
    loop {
        let (len, from) = timeout(NOTHING_COMES_FOR, registrar.recv_from(&mut datagram)).await.ok()?.unwrap();
        let request = String::from_utf8_lossy(&datagram[..len]).into_owned();
        let is_it = request.starts_with(method);
        if request.starts_with("ACK") {
            continue;
        }
        let (status, header) = if is_it { (status, header) } else { ("200 OK", "") };
        let copied = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
        let copied = request.lines().filter(|line| copied.iter().any(|name| line.starts_with(name)));
        let copied: Vec<_> = copied.map(|line| line.to_owned() + "\r\n").collect();
        let answer = format!("SIP/2.0 {status}\r\n{}{header}Content-Length: 0\r\n\r\n", copied.concat());
        registrar.send_to(answer.as_bytes(), from).await.unwrap();
        if is_it {
            return Some(request);
        }
    }
}

/// The INVITE of the next call, which is picked up here and says that it can be reached at this, with these headers.
pub async fn picks_up(callee: &UdpSocket, contact: &str, headers: &str) -> String {
    let mut datagram = [0; 4096];
    let (invite, from) = loop {
        let (len, from) = timeout(NOTHING_COMES_FOR, callee.recv_from(&mut datagram)).await.expect("it rings").unwrap();
        let request = String::from_utf8_lossy(&datagram[..len]).into_owned();
        if request.starts_with("INVITE") {
            break (request, from);
        }
    };
    let line = |name: &str| invite.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let [via, theirs, ours, call, sequence] = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].map(line);
    let port = callee.local_addr().unwrap().port();
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\na=sendonly\r\n"
    );
    let answer = format!(
        "SIP/2.0 200 OK\r\n{via}\r\n{theirs}\r\n{ours};tag=callee\r\n{call}\r\n{sequence}\r\nContact: <{contact}>\r\n{headers}\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    callee.send_to(answer.as_bytes(), from).await.unwrap();
    invite
}
