//! A caller in this process who calls by SIP: a telephone of its own, and the SIP port that it calls, both on the loopback interface.

use std::time::Duration;

use audio::codec::Codec;
use domain::{Phi, PhoneNumber};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::bad_network::{BadNetwork, Middle};
use super::by_ear::EarTask;
use super::{Line, LoopbackCaller, caller};
use crate::sip::{Sip, SipDefence, SipError, SipOptions};
use crate::{Dial, Incoming, Leg, NotAnswered};

/// One call; a second line for one whose goodbye is still under way.
const CALLS_MAX: usize = 2;
/// A port on this machine answers at once, or is not there.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// Who calls when no number is told.
const NOBODY: &str = "anonymous";

/// What a call by SIP is like.
#[derive(Clone, Debug)]
pub struct SipCallOptions {
    /// What the caller's telephone speaks; it offers nothing else.
    pub codec: Codec,
    /// The number that the call comes from.
    pub caller_id: Option<Phi<PhoneNumber>>,
    /// What is between them; `None`: nothing.
    pub network: Option<BadNetwork>,
}

/// Why a call by SIP could not be placed.
#[derive(Debug, thiserror::Error)]
pub enum NoCall {
    /// A port could not be opened.
    #[error(transparent)]
    Sip(#[from] SipError),
    /// A bad network could not be laid.
    #[error("no bad network: {0}")]
    Network(#[from] std::io::Error),
    /// The port that was called did not pick up.
    #[error("the call by SIP was not answered: {0}")]
    NotAnswered(#[from] NotAnswered),
}

/// Both ends' SIP ports. [`stop`](Self::stop) it when the call is over.
#[derive(Debug)]
pub struct Exchange {
    answering: Sip,
    calling: Sip,
    _middle: Option<Middle>,
    /// Kept: a port whose calls nobody takes refuses them.
    _incoming: mpsc::Receiver<Incoming>,
    _nobody_calls: mpsc::Receiver<Incoming>,
}

impl Exchange {
    /// Closes the ports.
    pub async fn stop(self) {
        tokio::join!(self.calling.stop(), self.answering.stop());
    }
}

/// Opens a SIP port on 127.0.0.1, has a telephone on another call it, and gives the call as it arrived with the caller at its other
/// end. The recording is the caller's: what the caller said and heard, by the clock of the call that was answered.
pub async fn call_by_sip(options: SipCallOptions) -> Result<(Leg, LoopbackCaller, Exchange), NoCall> {
    let (incoming_sender, mut incoming) = mpsc::channel(CALLS_MAX);
    let answering = Sip::start(port(Codec::ALL.to_vec()), incoming_sender).await?;
    answering.take_calls();
    let from = options.caller_id.as_ref().map_or(NOBODY, |number| number.expose().as_str());
    let middle = match options.network {
        Some(network) => Some(Middle::open(network, answering.address()).await?),
        None => None,
    };
    let address = middle.as_ref().map_or(answering.address(), |middle| middle.address);
    let to = Phi::new(format!("sip:firstring@{address}"));
    let port =
        SipOptions { may_ring: vec![to.clone()], calls_from: Phi::new(from.to_owned()), ..port(vec![options.codec]) };
    let (nobody, nobody_calls) = mpsc::channel(CALLS_MAX);
    let calling = Sip::start(port, nobody).await?;
    let (answered, answer) = oneshot::channel();
    let not_reached = NoCall::NotAnswered(NotAnswered::NotReached);
    let ordered = calling.dials().send(Dial { to, answered }).await;
    let both = async {
        ordered.map_err(|_| NotAnswered::NotReached)?;
        let theirs = answer.await.map_err(|_| NotAnswered::NotReached)??;
        let ours = incoming.recv().await.ok_or(NotAnswered::NotReached)?;
        Ok::<_, NotAnswered>((ours.leg, theirs))
    };
    let (leg, theirs) = timeout(ANSWERED_WITHIN, both).await.map_err(|_| not_reached)??;
    let picked_up = leg.picked_up;
    let run =
        |orders, progress, hang_up| tokio::spawn(EarTask::new(theirs, picked_up, orders, progress, hang_up).run());
    let telephone = Exchange { answering, calling, _middle: middle, _incoming: incoming, _nobody_calls: nobody_calls };
    Ok((leg, caller(run, Line::Wide), telephone))
}

fn port(codecs: Vec<Codec>) -> SipOptions {
    SipOptions { codecs, calls_max: CALLS_MAX, defence: SipDefence::of(CALLS_MAX), ..SipOptions::on_loopback(0) }
}
