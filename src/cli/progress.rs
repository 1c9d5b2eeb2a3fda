//! Shows the progress of a scan on stderr: one line in place on a terminal, a line now and then in a pipe.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Console;
use crate::report::progress::Progress as Line;
use crate::scan::Progress;

/// How often the line is drawn anew on a terminal.
const IN_PLACE: Duration = Duration::from_millis(150);

/// How often a line is written to a pipe.
const PLAIN: Duration = Duration::from_secs(10);

/// The task that draws.
pub(super) struct Display {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Starts to show.
pub(super) fn show(progress: Arc<Progress>, console: Console) -> Display {
    let (stop, mut stopped) = oneshot::channel();
    let in_place = console.progress_in_place();
    let task = tokio::spawn(async move {
        if console.is_quiet() {
            return;
        }
        let begun = Instant::now();
        let mut ticks = tokio::time::interval(if in_place { IN_PLACE } else { PLAIN });
        ticks.tick().await;
        let mut recent = Recent::new(begun);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = &mut stopped => break,
            }
            let line = recent.line(&progress, begun);
            let text = if in_place {
                format!("\r\x1b[2K{}", line.line(console.style(false)))
            } else {
                format!("{}\n", line.plain())
            };
            // A display that cannot be written to is no reason to stop the scan.
            let _ = io::stderr().write_all(text.as_bytes());
        }
        if in_place {
            let _ = io::stderr().write_all(b"\r\x1b[2K");
        }
    });
    Display { stop, task }
}

impl Display {
    /// Clears the line.
    pub(super) async fn finish(self) {
        // A display that is gone already shows nothing.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

/// The rate over the last few seconds.
struct Recent {
    at: Instant,
    objects: u64,
    rate: f64,
}

impl Recent {
    fn new(at: Instant) -> Self {
        Self { at, objects: 0, rate: 0.0 }
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    fn line(&mut self, progress: &Progress, begun: Instant) -> Line {
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let objects = load(&progress.objects);
        let seconds = self.at.elapsed().as_secs_f64().max(1e-3);
        let now = objects.saturating_sub(self.objects) as f64 / seconds;
        // Smoothed over about two seconds.
        let weight = (seconds / 2.0).min(1.0);
        self.rate += (now - self.rate) * if self.rate == 0.0 { 1.0 } else { weight };
        (self.at, self.objects) = (Instant::now(), objects);
        Line {
            objects,
            bytes: u128::from(load(&progress.bytes)),
            pages: load(&progress.pages),
            objects_per_second: self.rate,
            in_flight: load(&progress.in_flight),
            retries: load(&progress.retried),
            throttled: load(&progress.throttled),
            elapsed_seconds: begun.elapsed().as_secs_f64(),
        }
    }
}
