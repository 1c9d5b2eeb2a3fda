//! Writes the ledger every so often, beside the work and never two at once.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::ledger::Ledger;
use super::options::Setup;
use super::outcome::ScanError;

/// The checkpoints of one run. [`Checkpoints::end`] before anything else is written to their place.
pub(super) struct Checkpoints {
    path: Option<PathBuf>,
    /// Held while anything is written, also when the scan is dropped.
    lock: Option<Arc<File>>,
    due: Interval,
    writing: Option<JoinHandle<Result<(), ScanError>>>,
}

impl Checkpoints {
    pub(super) fn of(setup: &Setup) -> Self {
        let every = setup.options.checkpoint_every;
        let mut due = interval_at(Instant::now() + every, every);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { path: setup.ledger_path(), lock: setup.lock.clone(), due, writing: None }
    }

    /// Waits until the next one is due: for ever where none are kept.
    pub(super) async fn due(&mut self) {
        if self.path.is_none() {
            std::future::pending::<()>().await;
        }
        self.due.tick().await;
    }

    /// Whether the one before is on disk.
    ///
    /// # Errors
    /// Why it is not and never will be.
    pub(super) async fn is_written(&mut self) -> Result<bool, ScanError> {
        if let Some(before) = self.writing.take_if(|before| before.is_finished()) {
            settled(before.await)??;
        }
        Ok(self.writing.is_none())
    }

    /// Begins to write what `ledger` makes, on a thread of its own.
    pub(super) fn write(
        &mut self,
        ledger: impl FnOnce() -> Result<Ledger, ScanError> + Send + 'static,
    ) {
        let Some(path) = self.path.clone() else { return };
        let lock = self.lock.clone();
        self.writing = Some(tokio::task::spawn_blocking(move || {
            let written = ledger().and_then(|ledger| Ok(ledger.write(&path)?));
            drop(lock);
            written
        }));
    }

    /// Waits until nothing is being written any more.
    ///
    /// # Errors
    /// Why the last one is not on disk.
    pub(super) async fn end(self) -> Result<(), ScanError> {
        match self.writing {
            Some(last) => settled(last.await)?,
            None => Ok(()),
        }
    }
}

/// The result of a task, or the panic that ended it: then no total can be trusted.
pub(super) fn settled<T>(result: Result<T, JoinError>) -> Result<T, ScanError> {
    result.map_err(|error| ScanError::Internal(error.to_string()))
}
