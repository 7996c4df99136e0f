//! What a person sees while weights arrive: one bar over the bytes of the file at hand, on stderr, and nothing where stderr
//! is no terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const TEMPLATE: &str = "{msg:32} {bar:30} {bytes:>10}/{total_bytes:10} {bytes_per_sec:>12} {eta:>4}";

/// A progress bar, or nothing.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar on stderr, where that is a terminal.
    pub fn on_stderr() -> Self {
        Self::drawing_to(ProgressDrawTarget::stderr())
    }

    /// Nothing to see.
    pub fn hidden() -> Self {
        Self::drawing_to(ProgressDrawTarget::hidden())
    }

    /// The next file begins.
    pub(crate) fn begin(&self, name: &str, bytes: u64) {
        self.bar.set_message(name.to_owned());
        self.bar.set_length(bytes);
        self.bar.reset();
    }

    /// More of it has arrived.
    pub(crate) fn add(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// All files have arrived, or one has failed.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn drawing_to(target: ProgressDrawTarget) -> Self {
        let style = ProgressStyle::with_template(TEMPLATE).expect("the template is fixed and right");
        let bar = ProgressBar::with_draw_target(Some(0), target);
        Self { bar: bar.with_style(style) }
    }
}
