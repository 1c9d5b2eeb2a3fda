//! The rows of one key range, appended to a file of their own.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::ManifestError;

/// What is held back to spare small writes. 256 ranges at once hold 4 MiB; a page of 1000 rows is about
/// 140 KB and never waits here.
const BUFFER: usize = 16 << 10;

/// How far a segment has come: what a checkpoint keeps of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SegmentMark {
    /// Length in bytes.
    pub bytes: u64,
    /// Rows in them.
    pub rows: u64,
}

/// A segment to assemble: the first bytes of a file. Where there are none, there need be no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The file.
    pub path: PathBuf,
    /// How much of it counts.
    pub mark: SegmentMark,
}

impl Segment {
    /// Waits until the disk has it: a checkpoint that counts on it then outlives a loss of power, too.
    ///
    /// # Errors
    /// [`ManifestError::Io`] when the file cannot be opened or synced.
    pub fn sync(&self) -> Result<(), ManifestError> {
        if self.mark.bytes == 0 {
            return Ok(());
        }
        open_existing(&self.path)?.sync_data().map_err(ManifestError::io("sync", &self.path))
    }
}

/// Where the segment of a range lies in a state directory.
#[must_use]
pub fn segment_path(directory: &Path, range: u64) -> PathBuf {
    directory.join(format!("segment-{range:08}.rows"))
}

/// Appends the rows of one range to its segment.
///
/// The file is opened for each write and closed again, so that hundreds of ranges hold no descriptors:
/// beside the write of a page that costs little (measured: 66 µs instead of 61 µs). A range without rows
/// makes no file.
#[derive(Debug)]
pub struct SegmentWriter {
    path: PathBuf,
    pending: Vec<u8>,
    written: u64,
    rows: u64,
    /// The file may hold more than `written`: left over from another run, or from a failed write.
    untidy: bool,
}

impl SegmentWriter {
    /// A segment that starts empty at `path`; what lies there is overwritten by the first write.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, pending: Vec::new(), written: 0, rows: 0, untidy: true }
    }

    /// Goes on from a checkpoint: what was written after it is cut off.
    ///
    /// # Errors
    /// [`ManifestError::Short`] when the file holds less than the checkpoint says.
    pub fn resume(path: PathBuf, mark: SegmentMark) -> Result<Self, ManifestError> {
        let mut writer = Self::new(path);
        if mark.bytes > 0 {
            let file = open_existing(&writer.path)?;
            check_length(&file, &writer.path, mark.bytes)?;
        }
        writer.written = mark.bytes;
        writer.rows = mark.rows;
        writer.truncate_to(mark)?;
        Ok(writer)
    }

    /// Appends encoded rows. Up to 16 KiB are held in memory until [`flush`](Self::flush).
    ///
    /// # Errors
    /// [`ManifestError::Io`] when the file cannot be written; the rows are not in the segment then, and
    /// the call may be repeated.
    pub fn append(&mut self, encoded: &[u8], rows: u64) -> Result<(), ManifestError> {
        if self.pending.len() + encoded.len() > BUFFER {
            self.write_pending()?;
        }
        if encoded.len() >= BUFFER {
            self.write(encoded)?;
        } else {
            self.pending.extend_from_slice(encoded);
        }
        self.rows += rows;
        Ok(())
    }

    /// Bytes and rows appended so far, whether in the file already or not.
    #[must_use]
    pub fn mark(&self) -> SegmentMark {
        SegmentMark { bytes: self.written + self.pending.len() as u64, rows: self.rows }
    }

    /// Where the segment lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Hands everything to the operating system and returns the mark that a checkpoint may keep: it
    /// outlives a kill of this process.
    ///
    /// # Errors
    /// [`ManifestError::Io`] when the file cannot be written.
    pub fn flush(&mut self) -> Result<SegmentMark, ManifestError> {
        self.write_pending()?;
        Ok(self.mark())
    }

    /// Goes back to an earlier mark of this segment; a later one changes nothing.
    ///
    /// # Errors
    /// [`ManifestError::Io`] when the file cannot be written.
    pub fn truncate_to(&mut self, mark: SegmentMark) -> Result<(), ManifestError> {
        self.write_pending()?;
        if mark.bytes > self.written {
            return Ok(());
        }
        self.written = mark.bytes;
        self.rows = mark.rows;
        self.untidy = true;
        if mark.bytes > 0 || self.path.exists() {
            let file = open_existing(&self.path)?;
            file.set_len(mark.bytes).map_err(ManifestError::io("truncate", &self.path))?;
            self.untidy = false;
        }
        Ok(())
    }

    /// Writes the rest and returns the segment for assembly.
    ///
    /// # Errors
    /// [`ManifestError::Io`] when the file cannot be written.
    pub fn finish(mut self) -> Result<Segment, ManifestError> {
        let mark = self.flush()?;
        Ok(Segment { path: self.path, mark })
    }

    fn write_pending(&mut self) -> Result<(), ManifestError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let result = self.write(&pending);
        self.pending = pending;
        if result.is_ok() {
            self.pending.clear();
        }
        result
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ManifestError> {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)
            .map_err(ManifestError::io("open", &self.path))?;
        if self.untidy {
            file.set_len(self.written).map_err(ManifestError::io("truncate", &self.path))?;
        }
        self.untidy = true;
        file.write_all(bytes).map_err(ManifestError::io("write", &self.path))?;
        self.untidy = false;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

fn open_existing(path: &Path) -> Result<File, ManifestError> {
    OpenOptions::new().write(true).open(path).map_err(ManifestError::io("open", path))
}

/// Refuses a file with fewer bytes than are known to have been written to it.
pub(super) fn check_length(file: &File, path: &Path, expected: u64) -> Result<(), ManifestError> {
    let found = file.metadata().map_err(ManifestError::io("inspect", path))?.len();
    if found < expected {
        return Err(ManifestError::Short { path: path.to_owned(), expected, found });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Vec<u8> {
        std::fs::read(path).unwrap()
    }

    #[test]
    fn a_range_without_rows_makes_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let segment = SegmentWriter::new(segment_path(directory.path(), 7)).finish().unwrap();
        assert_eq!(segment.mark, SegmentMark::default());
        assert!(!segment.path.exists());
    }

    #[test]
    fn small_and_large_pieces_stay_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = SegmentWriter::new(segment_path(directory.path(), 1));
        let mut expected = Vec::new();
        for (index, length) in
            [10, 20_000, 5, 16_383, 2, 16_384, 140_000, 1].into_iter().enumerate()
        {
            let piece = vec![b'a' + u8::try_from(index).unwrap(); length];
            expected.extend_from_slice(&piece);
            writer.append(&piece, 1).unwrap();
            assert_eq!(
                writer.mark(),
                SegmentMark { bytes: expected.len() as u64, rows: index as u64 + 1 }
            );
            assert!(writer.pending.len() <= BUFFER);
        }
        let segment = writer.finish().unwrap();
        assert_eq!(read(&segment.path), expected);
    }

    #[test]
    fn what_another_run_left_is_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let path = segment_path(directory.path(), 1);
        std::fs::write(&path, b"old rows of another run\n").unwrap();
        let mut writer = SegmentWriter::new(path.clone());
        writer.append(b"new\n", 1).unwrap();
        writer.finish().unwrap();
        assert_eq!(read(&path), b"new\n");
    }

    #[test]
    fn resuming_cuts_off_what_no_checkpoint_knows() {
        let directory = tempfile::tempdir().unwrap();
        let path = segment_path(directory.path(), 1);
        let mut writer = SegmentWriter::new(path.clone());
        writer.append(b"one\n", 1).unwrap();
        let mark = writer.flush().unwrap();
        writer.append(b"two, half wri", 1).unwrap();
        writer.flush().unwrap();

        let mut writer = SegmentWriter::resume(path.clone(), mark).unwrap();
        assert_eq!(writer.mark(), mark);
        writer.append(b"two\n", 1).unwrap();
        let segment = writer.finish().unwrap();
        assert_eq!(segment.mark, SegmentMark { bytes: 8, rows: 2 });
        segment.sync().unwrap();
        assert_eq!(read(&path), b"one\ntwo\n");
    }

    #[test]
    fn resuming_refuses_a_file_that_lost_rows() {
        let directory = tempfile::tempdir().unwrap();
        let path = segment_path(directory.path(), 1);
        std::fs::write(&path, b"one\n").unwrap();
        let mark = SegmentMark { bytes: 9, rows: 2 };
        let error = SegmentWriter::resume(path, mark).unwrap_err();
        assert!(matches!(error, ManifestError::Short { expected: 9, found: 4, .. }));
    }

    #[test]
    fn a_failed_write_can_be_repeated() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state");
        let mut writer = SegmentWriter::new(segment_path(&state, 1));
        writer.append(b"kept\n", 1).unwrap();
        let error = writer.flush().unwrap_err();
        assert!(matches!(error, ManifestError::Io { action: "open", .. }));
        std::fs::create_dir(&state).unwrap();
        assert_eq!(writer.flush().unwrap(), SegmentMark { bytes: 5, rows: 1 });
    }
}
