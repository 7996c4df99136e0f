use std::time::Duration;

use axum::extract::ws::{CloseCode, CloseFrame, Message, Utf8Bytes, WebSocket};
use tokio::time::timeout;

/// Who takes nothing for this long is gone.
const SEND_PATIENCE: Duration = Duration::from_secs(5);

/// The other side has gone, or takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

pub(crate) async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Gone> {
    match timeout(SEND_PATIENCE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}

/// Says goodbye. If the other side is gone there is nobody to say it to.
pub(crate) async fn close(socket: &mut WebSocket, (code, reason): (CloseCode, &'static str)) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
    send(socket, Message::Close(Some(frame))).await.ok();
}
