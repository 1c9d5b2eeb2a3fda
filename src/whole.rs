//! Files that are their old self or their new one at any time, never half of it.
//!
//! What is new is written to `NAME.partial` beside the file and takes its name when the disk has all of it.

use std::fs::{self, File};
use std::io::{self, BufWriter, IntoInnerError};
use std::path::{Path, PathBuf};

/// Writes `path` anew. A pipe or device takes the bytes as they come.
pub(crate) fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let written = |file: File| {
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        file.into_inner().map_err(IntoInnerError::into_error)
    };
    if is_stream(path) {
        return written(File::options().write(true).open(path)?).map(drop);
    }
    let path = followed(path)?;
    let partial = partial(&path);
    take_place(written(File::create(&partial)?)?, &partial, &path)
}

/// Whether a path leads to a pipe or device, onto which nothing can be renamed.
pub(crate) fn is_stream(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Tries whether [`replace`] could write `path`, and leaves things as they were. A pipe is not tried: to open
/// it waits for whoever reads it.
pub(crate) fn check(path: &Path) -> io::Result<()> {
    if is_stream(path) {
        return Ok(());
    }
    if path.exists() {
        // A file that is protected is so on purpose, though its name could be given away.
        File::options().write(true).open(path)?;
    }
    let partial = partial(&followed(path)?);
    if partial.exists() {
        return File::options().write(true).open(partial).map(drop);
    }
    File::create_new(&partial)?;
    fs::remove_file(partial)
}

/// Where a link leads, as a rename onto it would replace the link; any other path as it is.
pub(crate) fn followed(path: &Path) -> io::Result<PathBuf> {
    if path.is_symlink() { path.canonicalize() } else { Ok(path.to_owned()) }
}

/// The name under which a file is written until it is whole.
pub(crate) fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

/// Gives what was written to `partial` the name `path`.
pub(crate) fn take_place(written: File, partial: &Path, path: &Path) -> io::Result<()> {
    written.sync_all()?;
    drop(written);
    fs::rename(partial, path)?;
    // The rename itself reaches the disk with the folder; where folders cannot be synced, later.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_fails_half_way_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        replace(&path, |file| file.write_all(b"old")).unwrap();
        replace(&path, |file| {
            file.write_all(b"new")?;
            Err(io::ErrorKind::StorageFull.into())
        })
        .unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        replace(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_a_device_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
        fs::write(&real, b"old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, |file| file.write_all(b"new")).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        let null = Path::new("/dev/null");
        replace(null, |file| file.write_all(b"new")).unwrap();
        assert!(!null.is_file());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_told_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link.json");
        std::os::unix::fs::symlink(folder.path().join("nothing"), &link).unwrap();
        let error = replace(&link, |file| file.write_all(b"new")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(link.is_symlink());
    }
}
