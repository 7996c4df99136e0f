//! What the program's log says of each call that is over.

use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Packets of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packets {
    pub received: u64,
    pub lost: u64,
    pub late: u64,
    pub sent: u64,
    pub refused: u64,
}

/// The calls that are over.
#[derive(Clone, Default)]
pub struct Quality(Arc<Mutex<Vec<Packets>>>);

impl Quality {
    /// Reads the log of this whole process from now on.
    pub fn of_this_process() -> Self {
        let quality = Self::default();
        let subscriber = tracing_subscriber::registry().with(quality.clone());
        tracing::subscriber::set_global_default(subscriber).expect("one in a process");
        quality
    }

    pub fn calls(&self) -> Vec<Packets> {
        self.0.lock().unwrap().clone()
    }
}

impl<S: Subscriber> Layer<S> for Quality {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("transport::sip") {
            let mut line = Line::default();
            event.record(&mut line);
            if line.is_end_of_call {
                self.0.lock().unwrap().push(line.packets);
            }
        }
    }
}

#[derive(Default)]
struct Line {
    is_end_of_call: bool,
    packets: Packets,
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "received" => self.packets.received = value,
            "lost" => self.packets.lost = value,
            "late" => self.packets.late = value,
            "sent" => self.packets.sent = value,
            "refused" => self.packets.refused = value,
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.is_end_of_call |= field.name() == "message" && format!("{value:?}") == "a call by SIP is over";
    }
}
