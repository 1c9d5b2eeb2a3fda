//! The folder that a scan can be resumed from: ledger, segments, and a lock.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ledger::{FILE_NAME, LOCK_NAME, LedgerError};
use super::outcome::ScanError;
use crate::manifest::ManifestError;

/// What a complete scan keeps until its results are where they belong: whoever is killed before that repeats
/// the call with `resume`, and has them without listing anything again.
#[derive(Clone, Debug, Default)]
#[must_use = "segments and ledger stay until they are removed"]
pub struct Leftovers {
    /// Rows that are in the manifest.
    pub(super) segments: Option<PathBuf>,
    /// The state folder, where it is not to stay.
    pub(super) folder: Option<PathBuf>,
    /// Held so that nobody else begins in the folder.
    pub(super) lock: Option<Arc<File>>,
}

impl Leftovers {
    /// Removes the segments, and the ledger unless it is to stay. Nothing of a scan that is not complete.
    ///
    /// # Errors
    /// [`ScanError::Manifest`] and [`ScanError::Ledger`] where something cannot be removed.
    pub fn remove(self) -> Result<(), ScanError> {
        let Self { segments, folder, lock } = self;
        if let Some(segments) = segments {
            clear(&segments)?;
        }
        if let Some(folder) = folder {
            let path = folder.join(FILE_NAME);
            let gone = fs::remove_file(&path)
                .and_then(|()| fs::remove_file(folder.join(LOCK_NAME)))
                // Only when nothing else is in it.
                .and_then(|()| fs::remove_dir(&folder).or(Ok(())));
            gone.map_err(|source| LedgerError::Io { path, action: "removed", source })?;
        }
        drop(lock);
        Ok(())
    }
}

/// Removes the segments of a run. They are gone at once, under their name: a kill on the way must not leave
/// some of them, which would look like a run whose rows were lost.
pub(super) fn clear(directory: &Path) -> Result<(), ScanError> {
    let leaving = directory.with_extension("old");
    let unless_gone = |result: io::Result<()>| match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(ManifestError::io("remove", directory)(error))
        }
        _ => Ok(()),
    };
    unless_gone(fs::remove_dir_all(&leaving))?;
    unless_gone(fs::rename(directory, &leaving))?;
    Ok(unless_gone(fs::remove_dir_all(&leaving))?)
}

/// Makes the state directory and takes its lock: two scans in it would write over each other.
pub(super) fn lock(directory: &Path) -> Result<Arc<File>, LedgerError> {
    let path = directory.join(LOCK_NAME);
    let io = |source| LedgerError::Io { path: path.clone(), action: "written", source };
    fs::create_dir_all(directory).map_err(io)?;
    let file = File::options().create(true).append(true).open(&path).map_err(io)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(LedgerError::Busy { path: directory.into() }),
        // A file system without locks is no reason to refuse.
        Err(TryLockError::Error(_)) | Ok(()) => Ok(Arc::new(file)),
    }
}
