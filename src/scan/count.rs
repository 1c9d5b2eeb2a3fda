//! From the objects of a page to everything that counts them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::ledger::{Ledger, RangeRecord, RangeState};
use super::outcome::ScanError;
use crate::filter::{Dropped, Filters, Verdict};
use crate::manifest::{RowEncoder, SegmentWriter, segment_path};
use crate::object::Object;
use crate::store::Page;
use crate::tally::{ByteString, Tally};

/// What is done with every object.
pub(super) struct Counting {
    filters: Filters,
    rows: Option<Rows>,
    pub(super) progress: Arc<Progress>,
    next_segment: AtomicU64,
    row_bytes: AtomicU64,
    /// A tally that counted nothing, with the options of all.
    empty: Tally,
}

/// How rows of the manifest are made, and where they go.
pub(super) struct Rows {
    pub(super) encoder: RowEncoder,
    /// Where segments are kept.
    pub(super) directory: PathBuf,
}

/// What a display may look at while the scan runs.
#[derive(Debug, Default)]
pub struct Progress {
    /// Objects counted.
    pub objects: AtomicU64,
    /// Bytes counted; wraps beyond 16 EiB, which only a display may do.
    pub bytes: AtomicU64,
    /// Pages counted.
    pub pages: AtomicU64,
    /// Requests in flight.
    pub in_flight: AtomicU64,
    /// Attempts repeated.
    pub retried: AtomicU64,
    /// Answers that asked to slow down.
    pub throttled: AtomicU64,
}

impl Progress {
    /// Begins with what an earlier run counted.
    pub(super) fn resume(&self, ledger: &Ledger) {
        let totals = ledger.tally.totals().counts;
        self.objects.store(totals.objects, Ordering::Relaxed);
        #[expect(clippy::cast_possible_truncation, reason = "documented to wrap")]
        self.bytes.store(totals.bytes as u64, Ordering::Relaxed);
        let pages = ledger.ranges.iter().map(|range| range.pages).sum();
        self.pages.store(pages, Ordering::Relaxed);
    }

    /// Begins anew.
    pub(super) fn reset(&self) {
        for counter in [&self.objects, &self.bytes, &self.pages] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

/// Where the keys of one range go.
#[derive(Debug)]
pub(super) struct Sink {
    pub(super) record: RangeRecord,
    writer: Option<SegmentWriter>,
}

impl Sink {
    pub(super) fn new(record: RangeRecord) -> Self {
        Self { record, writer: None }
    }

    /// Hands all rows to the operating system, so that they outlive this process.
    pub(super) fn flush(&mut self) -> Result<(), ScanError> {
        if let Some(writer) = &mut self.writer {
            self.record.mark = writer.flush()?;
        }
        Ok(())
    }

    /// Every key of the range was passed.
    pub(super) fn finish(&mut self) -> Result<(), ScanError> {
        self.flush()?;
        self.record.state = RangeState::Done;
        self.writer = None;
        Ok(())
    }

    /// The range is given up.
    pub(super) fn fail(&mut self, why: String) -> Result<(), ScanError> {
        self.flush()?;
        self.record.state = RangeState::Failed;
        self.record.error = Some(why);
        self.writer = None;
        Ok(())
    }
}

/// What one thread counts into.
pub(super) struct Shard {
    pub(super) tally: Tally,
    pub(super) dropped: Dropped,
    rows: Vec<u8>,
}

impl Shard {
    pub(super) fn new(tally: Tally, dropped: Dropped) -> Self {
        Self { tally, dropped, rows: Vec::new() }
    }
}

impl Counting {
    pub(super) fn new(
        filters: Filters,
        rows: Option<Rows>,
        progress: Arc<Progress>,
        next_segment: u64,
        empty: Tally,
    ) -> Self {
        Self {
            filters,
            rows,
            progress,
            next_segment: AtomicU64::new(next_segment),
            row_bytes: AtomicU64::new(0),
            empty,
        }
    }

    /// A shard that counted nothing.
    pub(super) fn shard(&self) -> Shard {
        Shard::new(self.empty.clone(), Dropped::default())
    }

    /// Bytes of rows made in this run.
    pub(super) fn row_bytes(&self) -> u64 {
        self.row_bytes.load(Ordering::Relaxed)
    }

    /// The number that the next segment gets.
    pub(super) fn next_segment(&self) -> u64 {
        self.next_segment.load(Ordering::Relaxed)
    }

    /// Goes on with a range of an earlier run: what its segment holds beyond the record is cut off.
    pub(super) fn reopen(&self, record: RangeRecord) -> Result<Sink, ScanError> {
        let writer = match (&self.rows, record.segment) {
            (Some(rows), Some(segment)) => {
                let path = segment_path(&rows.directory, segment);
                Some(SegmentWriter::resume(path, record.mark)?)
            }
            _ => None,
        };
        Ok(Sink { record, writer })
    }

    /// Counts the first `accepted` objects of a page.
    pub(super) fn count(
        &self,
        page: &Page,
        accepted: usize,
        sink: &mut Sink,
        shard: &mut Shard,
    ) -> Result<(), ScanError> {
        if accepted == 0 {
            return Ok(());
        }
        let before = (shard.tally.totals().counts, shard.tally.digest());
        let mut rows = 0;
        shard.rows.clear();
        for object in page.objects().take(accepted) {
            rows += u64::from(self.take(&object, shard));
        }
        let record = &mut sink.record;
        let totals = shard.tally.totals().counts;
        let (objects, bytes) = (totals.objects - before.0.objects, totals.bytes - before.0.bytes);
        record.objects += objects;
        record.bytes += bytes;
        record.digest.merge(&shard.tally.digest().since(before.1));
        record.listed += accepted as u64;
        record.pages += 1;
        let last = ByteString::from(page.key(accepted - 1));
        if record.first.is_none() {
            record.first = Some(ByteString::from(page.key(0)));
        }
        record.cursor = Some(last.clone());
        record.last = Some(last);
        if let Some(to) = &self.rows
            && !shard.rows.is_empty()
        {
            let writer = match &mut sink.writer {
                Some(writer) => writer,
                none => {
                    let segment = self.next_segment.fetch_add(1, Ordering::Relaxed);
                    record.segment = Some(segment);
                    none.insert(SegmentWriter::new(segment_path(&to.directory, segment)))
                }
            };
            writer.append(&shard.rows, rows)?;
            record.mark = writer.mark();
            self.row_bytes.fetch_add(shard.rows.len() as u64, Ordering::Relaxed);
        }
        self.progress.objects.fetch_add(objects, Ordering::Relaxed);
        #[expect(clippy::cast_possible_truncation, reason = "documented to wrap")]
        self.progress.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.progress.pages.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Counts one object unless a filter drops it; whether a row was made of it.
    fn take(&self, object: &Object<'_>, shard: &mut Shard) -> bool {
        if let Verdict::Dropped(reason) = self.filters.judge(object) {
            shard.dropped.add(reason, object.size);
            return false;
        }
        shard.tally.add(object);
        if let Some(rows) = &self.rows {
            rows.encoder.encode(object, &mut shard.rows);
        }
        true
    }
}
