//! One run at a time with a record: two would write over what the other did, and nothing would be known of it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::record::RecordError;

/// A record that no other run uses, until this is dropped or the program ends in any way.
#[derive(Debug)]
pub struct Lock(
    /// Locked. A pipe or device is written once, and has none.
    #[expect(dead_code, reason = "it is there to be dropped")]
    Option<File>,
);

impl Lock {
    /// Takes the record at `path`, which need not be there. What is locked is a file of its own beside it, as a record
    /// takes the place of its old self; it stays, empty, since whoever removed it could remove another run's.
    ///
    /// # Errors
    /// [`RecordError::Busy`] if another run uses it, [`RecordError::Write`] if there can be no file.
    pub fn take(path: &Path) -> Result<Self, RecordError> {
        let write = |source| RecordError::Write { path: path.to_owned(), source };
        if path.exists() && !path.is_file() {
            return Ok(Self(None));
        }
        let name = path.file_name().ok_or_else(|| write(io::ErrorKind::IsADirectory.into()))?;
        let beside = path.with_file_name(format!(".{}.lock", name.to_string_lossy()));
        let file = File::options().create(true).append(true).open(beside).map_err(write)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(RecordError::Busy { path: path.to_owned() }),
            // A file system without locks is no reason to refuse.
            Err(TryLockError::Error(_)) | Ok(()) => Ok(Self(Some(file))),
        }
    }
}
