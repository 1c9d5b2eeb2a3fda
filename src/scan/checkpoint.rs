//! Writes the ledger every so often, beside the work and never two at once.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::ledger::{Ledger, LedgerError};
use super::options::Setup;
use super::outcome::ScanError;
use crate::manifest::{Segment, SegmentMark, segment_path};

/// Where a ledger is kept, and the segments that it counts on.
#[derive(Debug)]
pub(super) struct Records {
    ledger: PathBuf,
    segments: Option<PathBuf>,
    /// How much of each segment the disk has.
    synced: Mutex<HashMap<u64, SegmentMark>>,
}

impl Records {
    pub(super) fn new(ledger: PathBuf, segments: Option<PathBuf>) -> Self {
        Self { ledger, segments, synced: Mutex::default() }
    }

    /// Removes the ledger of a run whose segments are about to go: to resume from it would find nothing.
    pub(super) fn forget(&self) -> Result<(), LedgerError> {
        self.synced.lock().unwrap_or_else(PoisonError::into_inner).clear();
        match fs::remove_file(&self.ledger) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(LedgerError::Io { path: self.ledger.clone(), action: "removed", source })
            }
            _ => Ok(()),
        }
    }

    /// Writes the ledger once the disk has all rows that it tells of.
    pub(super) fn write(&self, ledger: &Ledger) -> Result<(), ScanError> {
        if let Some(segments) = &self.segments {
            let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
            for range in &ledger.ranges {
                let Some(number) = range.segment else { continue };
                if synced.get(&number) != Some(&range.mark) {
                    Segment { path: segment_path(segments, number), mark: range.mark }.sync()?;
                    synced.insert(number, range.mark);
                }
            }
        }
        Ok(ledger.write(&self.ledger)?)
    }
}

/// The checkpoints of one run. [`Checkpoints::end`] before anything else is written to their place.
pub(super) struct Checkpoints {
    records: Option<Arc<Records>>,
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
        Self { records: setup.records.clone(), lock: setup.lock.clone(), due, writing: None }
    }

    /// Waits until the next one is due: for ever where none are kept.
    pub(super) async fn due(&mut self) {
        if self.records.is_none() {
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
        let Some(records) = self.records.clone() else { return };
        let lock = self.lock.clone();
        self.writing = Some(tokio::task::spawn_blocking(move || {
            let written = ledger().and_then(|ledger| records.write(&ledger));
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
