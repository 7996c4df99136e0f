//! What this process uses, as Linux tells it.

use std::time::Duration;

/// A tick of the times in `/proc/self/stat`: 100 a second on every Linux that is in use.
const TICK: Duration = Duration::from_millis(10);
const PAGE: u64 = 4096;

/// What was used so far, and what is used now.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// By all threads, in the kernel too.
    pub cpu: Duration,
    /// Bytes of memory that are in the machine's own.
    pub resident: u64,
    /// Open files and sockets.
    pub handles: usize,
}

impl Used {
    pub fn now() -> Self {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).unwrap();
        // The second field is a name in parentheses, which may have blanks.
        let stat = read("stat");
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u32 = fields[11..13].iter().map(|ticks| ticks.parse::<u32>().unwrap()).sum();
        let pages: u64 = read("statm").split_whitespace().nth(1).unwrap().parse().unwrap();
        let handles = std::fs::read_dir("/proc/self/fd").unwrap().count();
        Self { cpu: TICK * ticks, resident: pages * PAGE, handles }
    }

    pub fn megabytes(&self) -> f64 {
        self.resident as f64 / f64::from(1 << 20)
    }
}
