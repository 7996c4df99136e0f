use std::time::Duration;

use axum::extract::ws::{CloseCode, CloseFrame, Message, Utf8Bytes, WebSocket};
use tokio::time::timeout;

/// Who takes nothing for this long is gone.
const SEND_PATIENCE: Duration = Duration::from_secs(5);

/// Who does not answer a goodbye for this long never does.
const CLOSE_PATIENCE: Duration = Duration::from_secs(1);

/// The other side has gone, or takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

pub(crate) async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Gone> {
    match timeout(SEND_PATIENCE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}

/// Says goodbye, and listens until it is answered (RFC 6455 7.1.1): a connection that is dropped with something unread takes back what was just
/// said. If the other side is gone there is nobody to say it to.
pub(crate) async fn close(socket: &mut WebSocket, (code, reason): (CloseCode, &'static str)) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    if send(socket, Message::Close(Some(frame))).await.is_ok() {
        let answered = async { while let Some(Ok(_)) = socket.recv().await {} };
        // Who does not answer is left.
        timeout(CLOSE_PATIENCE, answered).await.ok();
    }
}
