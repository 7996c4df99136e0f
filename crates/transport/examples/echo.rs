//! A process that answers SIP on 127.0.0.1 at the port that is its argument, and says to each caller what they say: for tests that
//! kill it. Each call is a line `call` on stdout; `refuse` on stdin closes it to new calls, and the end of stdin ends it.
#![allow(clippy::print_stdout)] // it speaks to the test that started it

#[path = "../tests/line/echo.rs"]
#[allow(unreachable_pub)]
mod echo;

use std::error::Error;
use std::net::Ipv4Addr;

use echo::echo;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use transport::sip::{RINGING_OF_STRANGERS, Sip, SipDefence, SipOptions};

const CALLS_MAX: usize = 200;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("usage: echo PORT")?.parse()?;
    // As from a trunk that is trusted: its callers may have many calls at once.
    let defence = SipDefence {
        allow: vec![std::net::IpAddr::from(Ipv4Addr::LOCALHOST).into()],
        caller_per_minute: usize::MAX,
        ..SipDefence::of(CALLS_MAX)
    };
    let options = SipOptions { calls_max: CALLS_MAX, defence, ..SipOptions::on_loopback(port) };
    let (incoming, mut calls) = mpsc::channel(CALLS_MAX + RINGING_OF_STRANGERS);
    let sip = Sip::start(options, incoming).await?;
    sip.take_calls();
    println!("ready");
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            Some(call) = calls.recv() => {
                println!("call");
                tokio::spawn(echo(call.leg));
            }
            order = orders.next_line() => match order?.as_deref() {
                Some("refuse") => sip.refuse_calls(),
                Some(_) => {}
                None => break,
            },
        }
    }
    sip.stop().await;
    Ok(())
}
