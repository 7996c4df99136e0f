use domain::Phi;
use tokio::sync::{mpsc, oneshot};

use crate::Leg;
use crate::streams::rest::TEL;

/// Orders to ring that wait to be begun: an instant each. Full: who orders waits.
pub const DIALS_MAX: usize = 16;

/// An order to ring somebody.
#[derive(Debug)]
pub struct Dial {
    /// Whom: a SIP URI, or `tel:` and a number that a provider calls ([`rest::TEL`](crate::streams::rest::TEL)); one of those that the configuration
    /// names. Any other is refused.
    pub to: Phi<String>,
    /// Where the call goes when it is picked up. Dropping the other end stops the ringing.
    pub answered: oneshot::Sender<Result<Leg, NotAnswered>>,
}

/// The way to whoever rings.
pub type Dials = mpsc::Sender<Dial>;

/// One way for both kinds of addresses; `None` if there is none for either.
pub fn either(by_sip: Option<Dials>, by_provider: Option<Dials>) -> Option<Dials> {
    let (by_sip, by_provider) = match (by_sip, by_provider) {
        (Some(by_sip), Some(by_provider)) => (by_sip, by_provider),
        // Of the other kind none is named, and it is refused.
        (one, other) => return one.or(other),
    };
    let (dials, mut orders) = mpsc::channel::<Dial>(DIALS_MAX);
    tokio::spawn(async move {
        while let Some(dial) = orders.recv().await {
            let way = if dial.to.expose().starts_with(TEL) { &by_provider } else { &by_sip };
            // Whoever rings is gone: the order is dropped, and whoever gave it is told so by that.
            way.send(dial).await.ok();
        }
    });
    Some(dials)
}

/// Why nobody picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnswered {
    /// They are on the telephone.
    #[error("busy")]
    Busy,
    /// They, or their telephone, refused the call.
    #[error("declined")]
    Declined,
    /// The configuration does not name this address.
    #[error("this address may not be called")]
    NotAllowed,
    /// There is no way to them: the address is wrong, the line is down, or nothing that both speak.
    #[error("not reached")]
    NotReached,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    #[tokio::test]
    async fn numbers_go_to_the_provider_and_addresses_to_sip() {
        let (by_sip, mut sip) = mpsc::channel(1);
        let (by_provider, mut provider) = mpsc::channel(1);
        let dials = either(Some(by_sip), Some(by_provider.clone())).unwrap();
        for to in ["tel:+12125550190", "sip:patel@192.0.2.20"] {
            dials.send(Dial { to: Phi::from(to), answered: oneshot::channel().0 }).await.unwrap();
        }
        assert_eq!(provider.recv().await.unwrap().to, Phi::from("tel:+12125550190"));
        assert_eq!(sip.recv().await.unwrap().to, Phi::from("sip:patel@192.0.2.20"));
        assert!(either(None, None).is_none());
        assert!(either(None, Some(by_provider)).is_some());
    }
}
