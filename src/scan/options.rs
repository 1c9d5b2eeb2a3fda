//! What a scan is told, and how it is set up from that: checkpoint, segments, manifest.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::checkpoint::Records;
use super::count::Rows;
use super::folder::{Leftovers, clear, lock};
use super::ledger::{
    Borders, FILE_NAME, LOCK_NAME, Ledger, LedgerError, RangeRecord, RangeState, SCHEMA, Settings,
    WalkKind,
};
use super::outcome::{End, ManifestCounts, Outcome, RequestCounts, ScanError};
use super::pace::PaceOptions;
use super::stream::Stream;
use crate::filter::{Dropped, FilterSpec, Filters};
use crate::manifest::{
    Assembler, Consumed, Encoding, ManifestError, OutputTarget, RowEncoder, Segment, segment_path,
};
use crate::object::KeyOrder;
use crate::store::{Origin, Store};
use crate::tally::{self, Tally};

/// What a scan is told.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// The location as printed in messages, ledger and summary.
    pub location: String,
    /// Only keys that start with this.
    pub prefix: Vec<u8>,
    /// Which objects are counted.
    pub filters: FilterSpec,
    /// What is counted of them.
    pub tally: tally::Options,
    /// How fast to ask.
    pub pace: PaceOptions,
    /// Whether slow requests are doubled.
    pub hedging: bool,
    /// Whether the planner may ask for structure.
    pub probes: bool,
    /// Keys to cut the key space at from the beginning, ascending; they only affect speed.
    pub cuts: Vec<Vec<u8>>,
    /// Where checkpoint and segments are kept; none without a way to resume.
    pub state: Option<StateOptions>,
    /// How often the checkpoint is written.
    pub checkpoint_every: Duration,
    /// The manifest to write.
    pub manifest: Option<ManifestOptions>,
    /// Whether to record how the scan goes and why.
    pub explain: bool,
}

/// The manifest to write.
#[derive(Clone, Debug)]
pub struct ManifestOptions {
    /// Where to.
    pub target: OutputTarget,
    /// In which form.
    pub encoding: Encoding,
    /// The bucket's name, as rows give it.
    pub bucket: String,
}

/// Where a scan keeps what it needs to be resumed.
#[derive(Clone, Debug)]
pub struct StateOptions {
    /// The directory, made if absent.
    pub directory: PathBuf,
    /// Go on with the scan in it.
    pub resume: bool,
    /// Keep the ledger after a complete scan.
    pub keep: bool,
}

/// A scan that is ready to run.
pub(super) struct Setup {
    pub(super) options: ScanOptions,
    pub(super) resumed: Option<Ledger>,
    /// A tally with the options of this scan that counted nothing.
    pub(super) empty: Tally,
    pub(super) filters: Filters,
    settings: Settings,
    /// Where segments are kept, with whether that is for this run only.
    segments: Option<(PathBuf, bool)>,
    notes: Vec<String>,
    /// Whether the store is walked in its own order.
    pub(super) sequential: bool,
    started_ms: i64,
    now: Instant,
    /// Where the ledger is kept, if it is.
    pub(super) records: Option<Arc<Records>>,
    /// Held for as long as anything may still be written to the state directory.
    pub(super) lock: Option<Arc<File>>,
    /// Seconds and requests spent by earlier runs.
    before: (f64, RequestCounts),
    /// Requests that this run spent before it started over.
    lost: RequestCounts,
}

/// The part of a ledger that is known when a run begins.
#[derive(Clone)]
pub(super) struct Begun {
    pub(super) notes: Vec<String>,
    settings: Settings,
    sequential: bool,
    started_ms: i64,
    now: Instant,
    elapsed_before: f64,
    requests_before: RequestCounts,
}

impl Setup {
    /// Reads the checkpoint to go on from, or makes sure that a new one can be written.
    pub(super) fn prepare(store: &dyn Store, mut options: ScanOptions) -> Result<Self, ScanError> {
        let settings = Settings {
            location: options.location.clone(),
            // The embedded server of a demonstration listens on another port each time.
            endpoint: match store.origin() {
                Origin { provider, .. } if provider == "demo" => String::new(),
                Origin { endpoint, .. } => endpoint,
            },
            filters: options.filters.clone(),
            manifest: options
                .manifest
                .as_ref()
                .map(|manifest| manifest.encoding.to_string())
                .unwrap_or_default(),
            depth: options.tally.depth,
        };
        options.tally.archives = store.quirks().archives;
        let lock = options.state.as_ref().map(|state| lock(&state.directory)).transpose()?;
        let resumed = resumed(&options, &settings, store.quirks().order)?;
        if let Some(ledger) = &resumed {
            // Ages stay relative to when the scan was first started.
            options.tally = ledger.tally.options().clone();
        }
        let started_ms = resumed.as_ref().map_or(options.tally.as_of.0, |ledger| ledger.started_ms);
        let segments = match (&options.manifest, &options.state) {
            (None, _) => None,
            (Some(_), Some(state)) => Some((state.directory.join("segments"), false)),
            (Some(_), None) => {
                // More than one scan of a process may start within a millisecond.
                static NUMBER: AtomicU64 = AtomicU64::new(0);
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                let started = options.tally.as_of.0;
                let name = format!("weighbridge-{}-{started}-{number}", std::process::id());
                Some((std::env::temp_dir().join(name), true))
            }
        };
        if let (Some(ledger), Some((directory, _)), Some(state)) =
            (&resumed, &segments, &options.state)
            && ledger.complete
            && ledger.ranges.iter().any(|range| range.mark.bytes > 0)
            && !directory.exists()
        {
            return Err(LedgerError::Done { path: state.directory.join(FILE_NAME) }.into());
        }
        let records = options.state.as_ref().map(|state| {
            let segments = segments.as_ref().map(|(directory, _)| directory.clone());
            Arc::new(Records::new(state.directory.join(FILE_NAME), segments))
        });
        if let (Some(records), None) = (&records, &resumed) {
            records.forget()?;
        }
        if let Some((directory, _)) = &segments {
            if resumed.is_none() {
                clear(directory)?;
            }
            fs::create_dir_all(directory).map_err(ManifestError::io("create", directory))?;
        }
        let filters = Filters::new(&options.filters, options.tally.as_of)?;
        Ok(Self {
            filters: filters.relative_to(&options.prefix),
            empty: Tally::new(options.tally.clone()),
            notes: resumed.as_ref().map(|ledger| ledger.notes.clone()).unwrap_or_default(),
            before: resumed
                .as_ref()
                .map(|ledger| (ledger.elapsed_seconds, ledger.requests.clone()))
                .unwrap_or_default(),
            lost: RequestCounts::default(),
            sequential: resumed.as_ref().is_some_and(|ledger| ledger.sequential),
            options,
            resumed,
            settings,
            segments,
            started_ms,
            now: Instant::now(),
            records,
            lock,
        })
    }

    /// How rows are made and where they go, if a manifest is wanted.
    pub(super) fn rows(&self) -> Option<Rows> {
        let (manifest, segments) = (self.options.manifest.as_ref()?, self.segments.as_ref()?);
        let encoder = RowEncoder::new(manifest.encoding.format, &manifest.bucket);
        Some(Rows { encoder, directory: segments.0.clone() })
    }

    /// Whether rows leave while the scan is running.
    pub(super) fn streams(&self) -> bool {
        let target = self.options.manifest.as_ref().map(|manifest| &manifest.target);
        target == Some(&OutputTarget::Stdout)
    }

    /// Opens the stream that the manifest goes to row by row, if it does.
    pub(super) fn stream(&self) -> Option<Stream> {
        match (&self.options.manifest, &self.segments) {
            (Some(manifest), Some((directory, _))) if manifest.target == OutputTarget::Stdout => {
                Some(Stream::start(manifest, directory))
            }
            _ => None,
        }
    }

    /// How many requests may still be sent, where that is limited.
    pub(super) fn requests_left(&self) -> Option<u64> {
        let most = self.options.pace.max_requests;
        (most > 0).then(|| most.saturating_sub(self.lost.list))
    }

    /// Whether an earlier run left a walk of this kind that can be gone on with, or is done.
    pub(super) fn goes_on_by(&self, kind: WalkKind) -> bool {
        self.resumed.as_ref().is_some_and(|ledger| {
            let goes_on = ledger.walk.as_ref().is_some_and(|walk| walk.by == kind);
            ledger.sequential && (ledger.complete || goes_on)
        })
    }

    /// Throws away what was counted so far, by these requests among others, for a walk from the beginning.
    pub(super) fn start_over(
        &mut self,
        note: String,
        requests: &RequestCounts,
    ) -> Result<(), ScanError> {
        self.lost.merge(requests);
        if let Some(records) = &self.records {
            records.forget()?;
        }
        if let Some((directory, _)) = &self.segments {
            clear(directory)?;
            fs::create_dir_all(directory).map_err(ManifestError::io("create", directory))?;
        }
        self.resumed = None;
        self.sequential = true;
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
        Ok(())
    }

    pub(super) fn begun(&self) -> Begun {
        let (elapsed_before, mut requests_before) = self.before.clone();
        requests_before.merge(&self.lost);
        Begun {
            notes: self.notes.clone(),
            settings: self.settings.clone(),
            sequential: self.sequential,
            started_ms: self.started_ms,
            now: self.now,
            elapsed_before,
            requests_before,
        }
    }

    /// Writes what the scan ends with: the manifest where it is whole, the ledger where it is kept. What a
    /// complete scan no longer needs stays until the caller has written its own part.
    pub(super) fn finish(&self, mut outcome: Outcome) -> Result<Outcome, ScanError> {
        let complete = outcome.end == End::Complete;
        if let Some(records) = &self.records {
            records.write(&outcome.ledger)?;
        }
        if let (Some(manifest), Some((directory, temporary))) =
            (&self.options.manifest, &self.segments)
        {
            // Part of a manifest under its full name would pass for a whole one; what can be resumed
            // stays in its segments.
            let wanted = complete || manifest.target == OutputTarget::Stdout || *temporary;
            if wanted && outcome.manifest.is_none() {
                outcome.manifest = match assemble(manifest, directory, &outcome.ledger.ranges) {
                    Ok(counts) => Some(counts),
                    // Whoever closed the pipe has seen enough; the totals are what they are.
                    Err(ScanError::Manifest(error)) if error.is_broken_pipe() => None,
                    Err(error) => return Err(error),
                };
            }
        }
        let sent = outcome.ledger.requests.list;
        outcome.sent = sent.saturating_sub(self.before.1.list);
        if complete && let Some(state) = &self.options.state {
            let segments = self.segments.as_ref().filter(|(_, temporary)| !temporary);
            let segments = segments.map(|(directory, _)| directory.clone());
            let folder = (!state.keep).then(|| state.directory.clone());
            let lock = self.lock.clone().filter(|_| segments.is_some() || folder.is_some());
            outcome.leftovers = Leftovers { segments, folder, lock };
        }
        Ok(outcome)
    }
}

impl Drop for Setup {
    /// Segments of this run only go with it, however it ended, and so do folders in which nothing is:
    /// of a scan that could not begin nothing is left. What cannot be removed does no harm.
    fn drop(&mut self) {
        match &self.segments {
            Some((directory, true)) => _ = clear(directory),
            Some((directory, false)) => _ = fs::remove_dir(directory),
            None => {}
        }
        if let Some(state) = self.options.state.as_ref().filter(|state| !state.keep) {
            // The lock goes only where nothing is left to guard.
            if !state.directory.join(FILE_NAME).exists() {
                let _ = fs::remove_file(state.directory.join(LOCK_NAME));
            }
            let _ = fs::remove_dir(&state.directory);
        }
    }
}

/// Joins the segments of all ranges, which are in key order.
fn assemble(
    manifest: &ManifestOptions,
    directory: &Path,
    ranges: &[RangeRecord],
) -> Result<ManifestCounts, ScanError> {
    // What is not complete is gone on with from its segments, also where the rows so far went to stdout.
    let mut assembler = Assembler::new(&manifest.target, manifest.encoding, Consumed::Kept)?;
    for range in ranges {
        if let Some(segment) = range.segment {
            assembler
                .push(&Segment { path: segment_path(directory, segment), mark: range.mark })?;
        }
    }
    let done = assembler.finish()?;
    Ok(ManifestCounts { rows: done.rows, bytes: done.output_bytes })
}

/// The checkpoint to go on from, if that is asked for and there is one.
fn resumed(
    options: &ScanOptions,
    settings: &Settings,
    order: KeyOrder,
) -> Result<Option<Ledger>, ScanError> {
    let Some(state) = &options.state else { return Ok(None) };
    let path = state.directory.join(FILE_NAME);
    let io =
        |path: &PathBuf, action, source| LedgerError::Io { path: path.clone(), action, source };
    if !state.resume {
        return Ok(None);
    }
    if !path.try_exists().map_err(|source| io(&path, "read", source))? {
        return Ok(None);
    }
    let ledger = Ledger::read(&path, |_| order)?;
    ledger.must_match(settings, &path)?;
    Ok(Some(ledger))
}

impl Begun {
    /// The ledger with what was counted since.
    pub(super) fn ledger(
        &self,
        ranges: Vec<RangeRecord>,
        tally: Tally,
        dropped: Dropped,
        next_segment: u64,
        requests: &RequestCounts,
        notes: Vec<String>,
    ) -> Ledger {
        let mut all = self.requests_before.clone();
        all.merge(requests);
        Ledger {
            schema: SCHEMA.into(),
            settings: self.settings.clone(),
            started_ms: self.started_ms,
            elapsed_seconds: self.elapsed_before + self.now.elapsed().as_secs_f64(),
            complete: ranges.iter().all(|range| range.state == RangeState::Done),
            sequential: self.sequential,
            walk: None,
            borders: Borders::default(),
            next_segment,
            ranges,
            dropped,
            directories: 0,
            requests: all,
            notes,
            tally,
        }
    }
}
