//! Where a manifest goes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::ManifestError;
use super::format::{Encoding, Format};
use super::segment::check_length;
use crate::whole;

/// Where a manifest goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputTarget {
    /// A file that appears whole under its name: until then its rows are in `NAME.partial` beside it.
    /// A path that leads to a pipe or device is written to as it is.
    File(PathBuf),
    /// Standard output, row by row.
    Stdout,
}

impl OutputTarget {
    /// The target that an argument names: `-` is standard output.
    #[must_use]
    pub fn from_argument(argument: &Path) -> Self {
        if argument == Path::new("-") { Self::Stdout } else { Self::File(argument.to_owned()) }
    }

    /// The encoding: told from the file name; standard output is uncompressed. A format given
    /// explicitly decides for standard output and for names that say none.
    ///
    /// # Errors
    /// [`ManifestError::UnknownName`] when neither name nor format says it.
    pub fn encoding(&self, explicit: Option<Format>) -> Result<Encoding, ManifestError> {
        let plain = |format| Encoding { format, ..Encoding::default() };
        match (self, explicit) {
            (Self::Stdout, format) => Ok(plain(format.unwrap_or_default())),
            (Self::File(path), None) => Encoding::from_path(path),
            (Self::File(path), Some(format)) => Ok(Encoding::from_path(path)
                .map_or(plain(format), |named| Encoding { format, ..named })),
        }
    }

    /// Finds out before a long run whether the output can be written, and leaves things as they were.
    ///
    /// # Errors
    /// [`ManifestError`] that says why not: no such folder, no permission, a directory, another run.
    pub fn check_writable(&self) -> Result<(), ManifestError> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(path) if is_stream(path)? => Ok(()),
            Self::File(_) => match self.open()? {
                Output::Partial { file, partial, is_new: true, .. } => {
                    drop(file);
                    std::fs::remove_file(&partial).map_err(ManifestError::io("remove", &partial))
                }
                _ => Ok(()),
            },
        }
    }

    /// Opens the output without changing what is in it.
    pub(super) fn open(&self) -> Result<Output, ManifestError> {
        let path = match self {
            Self::Stdout => {
                let name = PathBuf::from("standard output");
                let file = stdout_file().map_err(ManifestError::io("open", &name))?;
                return Ok(Output::Stream { file, name });
            }
            Self::File(path) => path,
        };
        if is_stream(path)? {
            let file = OpenOptions::new().write(true).open(path);
            let file = file.map_err(ManifestError::io("open", path))?;
            return Ok(Output::Stream { file, name: path.clone() });
        }
        let destination = whole::followed(path).map_err(ManifestError::io("follow", path))?;
        let partial = whole::partial(&destination);
        let is_new = !partial.exists();
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&partial);
        let file = file.map_err(ManifestError::io("create", &partial))?;
        // A file system without locks is no reason to refuse.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(ManifestError::Busy { path: partial });
        }
        Ok(Output::Partial { file, partial, destination, is_new })
    }
}

/// Whether the path leads to a pipe or device; to a directory is refused.
fn is_stream(path: &Path) -> Result<bool, ManifestError> {
    if path.is_dir() {
        return Err(ManifestError::IsDirectory { path: path.to_owned() });
    }
    Ok(whole::is_stream(path))
}

/// Standard output as a file, so that the kernel can copy into it and no line buffer stands between.
fn stdout_file() -> io::Result<File> {
    #[cfg(unix)]
    let owned = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let owned = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
    owned.map(File::from)
}

/// An open output.
#[derive(Debug)]
pub(super) enum Output {
    /// What has been written cannot be taken back.
    Stream { file: File, name: PathBuf },
    /// A file under its temporary name.
    Partial { file: File, partial: PathBuf, destination: PathBuf, is_new: bool },
}

impl Output {
    pub(super) fn file(&self) -> &File {
        match self {
            Self::Stream { file, .. } | Self::Partial { file, .. } => file,
        }
    }

    /// The name for messages.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Stream { name, .. } => name,
            Self::Partial { partial, .. } => partial,
        }
    }

    /// Cuts the output to what a checkpoint knows and goes on after it.
    pub(super) fn rewind_to(&self, bytes: u64) -> Result<(), ManifestError> {
        match self {
            Self::Stream { .. } if bytes == 0 => Ok(()),
            Self::Stream { name, .. } => Err(ManifestError::NotResumable { path: name.clone() }),
            Self::Partial { file, partial, .. } => {
                check_length(file, partial, bytes)?;
                file.set_len(bytes).map_err(ManifestError::io("truncate", partial))?;
                io::Seek::seek(&mut &*file, io::SeekFrom::Start(bytes))
                    .map_err(ManifestError::io("seek in", partial))?;
                Ok(())
            }
        }
    }

    /// Waits until the disk has what was written; a stream has no disk.
    pub(super) fn sync(&self) -> Result<(), ManifestError> {
        match self {
            Self::Stream { .. } => Ok(()),
            Self::Partial { file, partial, .. } => {
                file.sync_data().map_err(ManifestError::io("sync", partial))
            }
        }
    }

    /// Gives the output its final name.
    pub(super) fn commit(self) -> Result<(), ManifestError> {
        let Self::Partial { file, partial, destination, .. } = self else {
            return Ok(());
        };
        whole::take_place(file, &partial, &destination)
            .map_err(ManifestError::io("create", &destination))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_is_standard_output_and_csv_unless_said_otherwise() {
        let target = OutputTarget::from_argument(Path::new("-"));
        assert_eq!(target, OutputTarget::Stdout);
        assert_eq!(target.encoding(None).unwrap(), Encoding::default());
        assert_eq!(target.encoding(Some(Format::JsonLines)).unwrap().format, Format::JsonLines);
    }

    #[test]
    fn checking_leaves_no_trace() {
        let directory = tempfile::tempdir().unwrap();
        OutputTarget::File(directory.path().join("objects.csv")).check_writable().unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_typo_in_the_folder_fails_before_the_run() {
        let directory = tempfile::tempdir().unwrap();
        let error = OutputTarget::File(directory.path().join("no/objects.csv"))
            .check_writable()
            .unwrap_err();
        assert!(error.to_string().contains("objects.csv.partial"), "{error}");
        assert_eq!(error.hint(), Some("check that the folder exists"));
    }

    #[test]
    fn a_directory_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let error = OutputTarget::File(directory.path().to_owned()).check_writable().unwrap_err();
        assert!(matches!(error, ManifestError::IsDirectory { .. }));
    }

    #[test]
    fn two_runs_do_not_share_an_output() {
        let directory = tempfile::tempdir().unwrap();
        let target = OutputTarget::File(directory.path().join("objects.csv"));
        let held = target.open().unwrap();
        assert!(matches!(target.check_writable(), Err(ManifestError::Busy { .. })));
        drop(held);
        target.check_writable().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_a_device_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().join("real.csv");
        let link = directory.path().join("link.csv");
        std::fs::write(&real, b"old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        OutputTarget::File(link.clone()).open().unwrap().commit().unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(&real).unwrap(), b"");

        let null = OutputTarget::File("/dev/null".into());
        null.check_writable().unwrap();
        assert!(matches!(null.open().unwrap(), Output::Stream { .. }));
    }
}
