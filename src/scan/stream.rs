//! A manifest on a stream: rows leave while the scan is still running.
//!
//! Rows are in key order, so what can leave at any moment is what the leftmost ranges have so far: all of
//! those that are done, and the first that is not as far as it came. A thread of its own writes, since a
//! reader may be slow; the listing waits where it is too far ahead of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use super::ledger::{RangeRecord, RangeState};
use super::options::ManifestOptions;
use super::outcome::{ManifestCounts, ScanError};
use crate::manifest::{Assembler, Consumed, ManifestError, SegmentMark, segment_path};
use crate::tally::ByteString;

/// Bytes of rows that may wait for the reader before the listing waits, too.
pub(super) const AHEAD: u64 = 256 << 20;

/// Pieces handed to the writer and not yet written.
const WAITING: usize = 4;

/// A piece of a segment.
struct Piece {
    path: PathBuf,
    from: SegmentMark,
    to: SegmentMark,
}

/// Rows on their way to a stream.
pub(super) struct Stream {
    pieces: Option<SyncSender<Piece>>,
    writer: JoinHandle<Result<ManifestCounts, ManifestError>>,
    written: Arc<AtomicU64>,
    directory: PathBuf,
    /// Where the range begins whose rows leave next; `None` for the lowest.
    lower: Option<ByteString>,
    /// How much of that range has left.
    left: SegmentMark,
    /// The highest range has left.
    done: bool,
}

impl Stream {
    /// Opens the stream and writes the header; whether that went well is told as of any row.
    pub(super) fn start(manifest: &ManifestOptions, directory: &Path) -> Self {
        let (target, encoding) = (manifest.target.clone(), manifest.encoding);
        let (pieces, queue) = sync_channel::<Piece>(WAITING);
        let written = Arc::new(AtomicU64::new(0));
        let total = Arc::clone(&written);
        let writer = std::thread::spawn(move || {
            let mut assembler = Assembler::new(&target, encoding, Consumed::KeepUntilReleased)?;
            for piece in queue {
                assembler.push_part(&piece.path, piece.from, piece.to)?;
                total.fetch_add(piece.to.bytes - piece.from.bytes, Ordering::Relaxed);
            }
            let done = assembler.finish()?;
            Ok(ManifestCounts { rows: done.rows, bytes: done.output_bytes })
        });
        Self {
            pieces: Some(pieces),
            writer,
            written,
            directory: directory.to_owned(),
            lower: None,
            left: SegmentMark::default(),
            done: false,
        }
    }

    /// Bytes of rows that have been written.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Whether nobody reads any more, or the stream failed: [`Stream::finish`] says why.
    pub(super) fn is_broken(&self) -> bool {
        self.writer.is_finished()
    }

    /// Sends what can leave now. `record_at` finds the range that begins at a bound, its rows flushed.
    pub(super) fn send(
        &mut self,
        mut record_at: impl FnMut(Option<&ByteString>) -> Result<Option<RangeRecord>, ScanError>,
    ) -> Result<(), ScanError> {
        while !self.done && !self.is_broken() {
            let Some(record) = record_at(self.lower.as_ref())? else { return Ok(()) };
            if !self.send_rows(&record, false) || record.state != RangeState::Done {
                return Ok(());
            }
            self.pass(&record);
        }
        Ok(())
    }

    /// Sends a range's new rows; whether they were taken.
    fn send_rows(&mut self, record: &RangeRecord, wait: bool) -> bool {
        let (Some(segment), Some(pieces)) = (record.segment, &self.pieces) else { return true };
        if record.mark.bytes <= self.left.bytes {
            return true;
        }
        let path = segment_path(&self.directory, segment);
        let piece = Piece { path, from: self.left, to: record.mark };
        let taken = if wait {
            pieces.send(piece).is_ok()
        } else {
            match pieces.try_send(piece) {
                Ok(()) => true,
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
            }
        };
        if taken {
            self.left = record.mark;
        }
        taken
    }

    fn pass(&mut self, record: &RangeRecord) {
        self.left = SegmentMark::default();
        self.lower.clone_from(&record.through);
        self.done = record.through.is_none();
    }

    /// Sends what is left of all ranges, in key order, and waits until it is written. Nothing where the reader went
    /// away.
    pub(super) fn finish(
        mut self,
        ranges: &[RangeRecord],
    ) -> Result<Option<ManifestCounts>, ScanError> {
        let rest = ranges.iter().skip_while(|range| range.after != self.lower);
        let rest: Vec<&RangeRecord> = if self.done { Vec::new() } else { rest.collect() };
        for range in rest {
            if !self.send_rows(range, true) {
                break;
            }
            self.pass(range);
        }
        self.pieces = None;
        match self.writer.join() {
            Ok(Err(error)) if error.is_broken_pipe() => Ok(None),
            Ok(counts) => Ok(Some(counts?)),
            Err(_) => {
                Err(ScanError::Internal("the thread that writes the manifest panicked".into()))
            }
        }
    }
}
