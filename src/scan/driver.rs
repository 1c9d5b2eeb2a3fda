//! The loop that runs a scan: starts the requests that the planner wants, takes checkpoints, ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::checkpoint::{Checkpoints, settled};
use super::count::{Counting, Progress};
use super::fetch::{DISORDERED_ATTEMPTS, FetchError, Fetcher};
use super::ledger::{Ledger, RangeRecord, RangeState, WalkKind};
use super::options::{ScanOptions, Setup};
use super::outcome::{End, Explained, Outcome, RequestCounts, ScanError};
use super::pace::{Halt, Pace};
use super::planner::{Planner, PlannerConfig, Request};
use super::seam::{Doubt, Seams};
use super::state::{Begin, Snapshot, State};
use super::stream::{AHEAD, Stream};
use super::turn::{Next, Wanted};
use super::walk::{self, Walked};
use crate::filter::Dropped;
use crate::store::{ErrorKind, PageRequest, RangeStart, Store, StoreError};

/// Runs a scan from its beginning or from a checkpoint to its end.
///
/// `stop` turning true ends it early: what is counted by then is exact and marked as incomplete.
///
/// # Errors
/// [`ScanError`] when there is no result at all: the bucket cannot be listed, or an output or the
/// checkpoint cannot be written. A scan of which only parts failed ends well, as incomplete.
pub async fn scan(
    store: Arc<dyn Store>,
    options: ScanOptions,
    progress: Arc<Progress>,
    stop: watch::Receiver<bool>,
) -> Result<Outcome, ScanError> {
    let mut setup = Setup::prepare(store.as_ref(), options)?;
    let quirks = store.quirks();
    let by_key = quirks.ordered && quirks.range_start != RangeStart::None;
    let (kind, walked) = if quirks.directories {
        (WalkKind::Directories, "the bucket was walked directory by directory")
    } else {
        (WalkKind::Tokens, "the bucket was walked one page after another")
    };
    if by_key && !setup.sequential {
        match Run::by_ranges(&store, &setup, &progress)?.drive(&setup, stop.clone()).await? {
            Driven::Ended(outcome) => return setup.finish(*outcome),
            Driven::Disordered(broken) => {
                let (error, requests) = *broken;
                setup
                    .start_over(format!("keys came out of order ({error}): {walked}"), &requests)?;
                progress.reset();
            }
        }
    } else if !setup.goes_on_by(kind) {
        let why = if by_key {
            "an earlier run met keys out of order"
        } else if quirks.ordered {
            "the store cannot list from a key on"
        } else {
            "the store lists in no order"
        };
        let anew = if setup.sequential {
            "; it began anew, since an earlier run left no place to go on from"
        } else {
            ""
        };
        setup.start_over(format!("{why}: {walked}{anew}"), &RequestCounts::default())?;
    }
    if let Some(ledger) = setup.resumed.as_ref().filter(|ledger| ledger.complete) {
        return setup.finish(Outcome::new(ledger.clone(), End::Complete));
    }
    let mut outcome = loop {
        let stop = stop.clone();
        let ended = match kind {
            WalkKind::Directories => {
                // Whatever could be listed by key and comes here has broken its order before.
                let in_order = quirks.ordered && !by_key;
                let walk = walk::by_directories(&store, in_order, &setup, &progress, stop);
                Box::pin(walk).await?
            }
            WalkKind::Tokens => Box::pin(walk::by_tokens(&store, &setup, &progress, stop)).await?,
        };
        match ended {
            Walked::Ended(outcome) => break *outcome,
            Walked::Lost { why, requests } => {
                setup.start_over(
                    format!("the walk began anew, as it could not go on where it was: {why}"),
                    &requests,
                )?;
                progress.reset();
            }
        }
    };
    add_notes(&mut outcome.ledger.notes, store.service().notes);
    setup.finish(outcome)
}

/// How a run by ranges ended.
enum Driven {
    Ended(Box<Outcome>),
    /// The store broke its order: nothing that was counted with these requests can be trusted.
    Disordered(Box<(StoreError, RequestCounts)>),
}

struct Run {
    state: Arc<State>,
    wanted: mpsc::UnboundedReceiver<Wanted>,
    tasks: JoinSet<Result<(), TaskError>>,
    hedging: bool,
    stream: Option<Stream>,
}

/// How often rows leave for a stream.
const LEAVE_EVERY: Duration = Duration::from_millis(100);

enum TaskError {
    Halted(Halt),
    Disordered(StoreError),
    /// The first request of all failed: there is no bucket to weigh.
    Unlistable {
        error: StoreError,
        attempts: u32,
    },
    Broken(ScanError),
}

impl From<ScanError> for TaskError {
    fn from(error: ScanError) -> Self {
        Self::Broken(error)
    }
}

impl Run {
    fn by_ranges(
        store: &Arc<dyn Store>,
        setup: &Setup,
        progress: &Arc<Progress>,
    ) -> Result<Self, ScanError> {
        let quirks = store.quirks();
        let config = PlannerConfig {
            page_limit: quirks.page_limit,
            prefix: setup.options.prefix.clone(),
            order: quirks.order,
            delimiter: (quirks.delimiter && setup.options.probes).then_some(b'/'),
        };
        let (wanted_by_planner, wanted) = mpsc::unbounded_channel();
        let mut begin = Begin {
            store: Arc::clone(store),
            prefix: setup.options.prefix.clone(),
            pace: Pace::new(setup.options.pace),
            counting: Counting::new(
                setup.filters.clone(),
                setup.rows(),
                Arc::clone(progress),
                setup.resumed.as_ref().map_or(0, |ledger| ledger.next_segment),
                setup.empty.clone(),
            ),
            wanted: wanted_by_planner,
            planner: Planner::new(config.clone()),
            open: Vec::new(),
            done: Vec::new(),
            tally: setup.empty.clone(),
            dropped: Dropped::default(),
            seams: Seams::default(),
            record: setup.options.explain,
            lock: setup.lock.clone(),
        };
        if let Some(ledger) = &setup.resumed {
            progress.resume(ledger);
            begin.tally = ledger.tally.clone();
            begin.dropped = ledger.dropped;
            begin.seams = Seams::left(&ledger.borders);
            let (done, open): (Vec<_>, Vec<_>) =
                ledger.ranges.iter().cloned().partition(|range| range.state == RangeState::Done);
            begin.done = done;
            begin.open = open.into_iter().map(RangeRecord::reopened).collect();
            begin.planner = Planner::with_ranges(config, &bounds(&begin.open));
        } else if !setup.options.cuts.is_empty() {
            begin.planner = Planner::with_ranges(config, &between(&setup.options.cuts));
        }
        let state = Arc::new(State::new(begin)?);
        Ok(Self {
            state,
            wanted,
            tasks: JoinSet::new(),
            hedging: setup.options.hedging,
            stream: None,
        })
    }

    async fn drive(
        mut self,
        setup: &Setup,
        mut stop: watch::Receiver<bool>,
    ) -> Result<Driven, ScanError> {
        let mut checkpoints = Checkpoints::of(setup);
        let mut leave = tokio::time::interval(LEAVE_EVERY);
        leave.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut limited = false;
        for doubt in self.state.open_doubts() {
            let (state, hedging) = (Arc::clone(&self.state), self.hedging);
            self.tasks
                .spawn(async move { settle(&fetcher(&state, hedging), &state, &doubt).await });
        }
        self.state.plan();
        let mut end = self.state.is_finished().then_some(End::Complete);
        while end.is_none() {
            tokio::select! {
                Some(wanted) = self.wanted.recv() => self.start(wanted),
                Some(done) = self.tasks.join_next() => {
                    match settled(done)? {
                        Ok(()) => {}
                        Err(TaskError::Halted(Halt::Stopped)) => end = Some(End::Interrupted),
                        // What is in flight was allowed: its pages count, and a scan that is resumed
                        // again and again gets on.
                        Err(TaskError::Halted(Halt::RequestLimit)) => limited = true,
                        Err(TaskError::Disordered(error)) => {
                            self.tasks.shutdown().await;
                            // It must not land on top of what the walk writes.
                            checkpoints.end().await?;
                            if self.stream.is_some() {
                                // What has left cannot be taken back.
                                return Err(ScanError::Internal(format!(
                                    "rows were written in key order, and now the order breaks: {error}"
                                )));
                            }
                            let requests = self.state.counters.counts(&self.state.pace);
                            return Ok(Driven::Disordered(Box::new((error, requests))));
                        }
                        Err(TaskError::Unlistable { error, attempts }) => {
                            return Err(ScanError::Store {
                                location: setup.options.location.clone(),
                                attempts,
                                source: error,
                            });
                        }
                        Err(TaskError::Broken(error)) => return Err(error),
                    }
                    // Requests are handed over before their task ends, so none can be on its way.
                    if end.is_none() && self.tasks.is_empty() && self.wanted.is_empty() {
                        end = Some(match (self.state.is_finished(), limited) {
                            (true, _) => End::Complete,
                            (false, true) => End::RequestLimit,
                            (false, false) => {
                                return Err(ScanError::Internal("nothing is asked for any more".into()));
                            }
                        });
                    }
                },
                () = checkpoints.due() => {
                    if checkpoints.is_written().await? {
                        let (state, begun) = (Arc::clone(&self.state), setup.begun());
                        checkpoints.write(move || ledger_of(&state, &begun));
                    }
                }
                _ = leave.tick(), if setup.streams() => {
                    if !self.leave(setup)? {
                        end = Some(End::Interrupted);
                    }
                }
                Ok(()) = async { stop.wait_for(|stop| *stop).await.map(drop) } => {
                    end = Some(End::Interrupted);
                }
            }
        }
        // Aborted while they wait for the network; a page that is being counted is counted to its end.
        self.state.pace.stop();
        self.tasks.shutdown().await;
        checkpoints.end().await?;
        let ledger = ledger_of(&self.state, &setup.begun())?;
        let end = match end {
            Some(End::Complete) | None if ledger.complete => End::Complete,
            Some(End::Complete) | None => End::Failed,
            Some(early) if ledger.complete => {
                tracing::debug!(?early, "the scan was done when it was stopped");
                End::Complete
            }
            Some(early) => early,
        };
        let explained = setup.options.explain.then(|| Explained {
            timeline: self.state.timeline().unwrap_or_default(),
            decisions: self.state.decisions(),
        });
        let manifest = match self.stream {
            Some(stream) => stream.finish(&ledger.ranges)?,
            None => None,
        };
        Ok(Driven::Ended(Box::new(Outcome { manifest, explained, ..Outcome::new(ledger, end) })))
    }

    /// Lets rows leave for the stream; false once nobody takes them.
    fn leave(&mut self, setup: &Setup) -> Result<bool, ScanError> {
        // Rows that have left cannot be taken back, so they wait where the order may still break.
        if self.stream.is_none() && self.state.store.is_sound() {
            self.stream = setup.stream();
        }
        let Some(stream) = &mut self.stream else { return Ok(true) };
        stream.send(|lower| self.state.record_at(lower))?;
        if self.state.counting.row_bytes().saturating_sub(stream.written()) > AHEAD {
            self.state.pace.pause(2 * LEAVE_EVERY);
        }
        Ok(!stream.is_broken())
    }

    fn start(&mut self, wanted: Wanted) {
        let state = Arc::clone(&self.state);
        let hedging = self.hedging;
        self.tasks.spawn(async move { answer(&state, wanted, hedging).await });
        self.state.show_requests();
    }
}

fn ledger_of(state: &State, begun: &super::options::Begun) -> Result<Ledger, ScanError> {
    let Snapshot { ranges, tally, dropped, borders, next_segment, probes, wasted } =
        state.snapshot()?;
    let mut requests = state.counters.counts(&state.pace);
    requests.probes = probes;
    requests.wasted = wasted;
    let mut notes = begun.notes.clone();
    add_notes(&mut notes, observations(state));
    add_notes(&mut notes, state.store.service().notes);
    let mut ledger = begun.ledger(ranges, tally, dropped, next_segment, &requests, notes);
    ledger.complete &= borders.doubts.is_empty();
    if !ledger.complete {
        ledger.borders = borders;
    }
    Ok(ledger)
}

/// Adds what is not said yet, as it is where a scan is gone on with.
fn add_notes(notes: &mut Vec<String>, more: Vec<String>) {
    for note in more {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

/// What was noticed about the store, in sentences.
fn observations(state: &State) -> Vec<String> {
    let counters = &state.counters;
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let mut notes = Vec::new();
    if count(&counters.inclusive_starts) > 0 {
        notes.push("the store lists the start key itself; the repeated keys were dropped".into());
    }
    let false_ends = count(&counters.false_ends);
    if false_ends > 0 {
        notes.push(format!(
            "the store ended the listing {false_ends} times although more keys followed; they were asked for"
        ));
    }
    let empty = count(&counters.empty_pages);
    if empty > 0 {
        notes.push(format!("the store answered {empty} pages without objects that continue"));
    }
    notes
}

type Bounds = (Option<Vec<u8>>, Option<Vec<u8>>);

fn bounds(open: &[RangeRecord]) -> Vec<Bounds> {
    let own = |key: Option<&[u8]>| key.map(<[u8]>::to_vec);
    open.iter()
        .filter_map(RangeRecord::remaining)
        .map(|(after, through)| (own(after), own(through)))
        .collect()
}

/// The ranges between cuts that ascend.
fn between(cuts: &[Vec<u8>]) -> Vec<Bounds> {
    let lower = std::iter::once(None).chain(cuts.iter().cloned().map(Some));
    let upper = cuts.iter().cloned().map(Some).chain(std::iter::once(None));
    lower.zip(upper).collect()
}

fn fetcher(state: &State, hedging: bool) -> Fetcher<'_> {
    Fetcher {
        store: state.store.as_ref(),
        pace: &state.pace,
        counters: &state.counters,
        latency: &state.latency,
        hedging,
        disordered: DISORDERED_ATTEMPTS,
        received: &|_| (),
    }
}

/// Sends one request until it is answered and makes the answer part of the scan.
async fn answer(state: &State, wanted: Wanted, hedging: bool) -> Result<(), TaskError> {
    let fetcher = fetcher(state, hedging);
    match wanted.request {
        Request::List { id, range, after } => {
            let next = Next::default();
            let received = |last: &[u8]| state.foresee(id, last, &next);
            let fetcher = Fetcher { received: &received, ..fetcher };
            let request = PageRequest {
                prefix: state.prefix.clone(),
                after,
                limit: state.page_limit,
                ..PageRequest::default()
            };
            let found = fetcher.page(&request).await;
            if !matches!(found, Err(FetchError::Halted(_))) && !wanted.turn.comes().await {
                return Ok(());
            }
            match found {
                Ok(page) => {
                    let doubts = state.commit(id, range, request.after.as_deref(), &page, &next)?;
                    drop(page);
                    for doubt in doubts {
                        settle(&fetcher, state, &doubt).await?;
                    }
                    Ok(())
                }
                Err(FetchError::Halted(halt)) => Err(TaskError::Halted(halt)),
                Err(FetchError::Failed { error, .. }) if is_disorder(&error) => {
                    Err(TaskError::Disordered(error))
                }
                Err(FetchError::Failed { error, attempts }) => {
                    if state.counting.progress.pages.load(Ordering::Relaxed) == 0
                        && request.after.is_none()
                    {
                        return Err(TaskError::Unlistable { error, attempts });
                    }
                    let why = format!("{error}, after {attempts} attempts");
                    Ok(state.fail(id, range, why)?)
                }
            }
        }
        Request::Probe { id, directory, delimiter, after } => {
            let request = PageRequest {
                prefix: directory,
                after,
                delimiter: Some(delimiter),
                limit: state.page_limit,
                ..PageRequest::default()
            };
            match fetcher.page(&request).await {
                Ok(page) => state.probed(id, Some(&page)),
                Err(FetchError::Halted(halt)) => return Err(TaskError::Halted(halt)),
                // A probe only helps to cut; without its answer the planner cuts otherwise.
                Err(FetchError::Failed { .. }) => state.probed(id, None),
            }
            Ok(())
        }
    }
}

/// Makes sure that the two sides of a seam see the same keys.
async fn settle(fetcher: &Fetcher<'_>, state: &State, doubt: &Doubt) -> Result<(), TaskError> {
    match doubt.settle(fetcher, &state.prefix, state.page_limit).await {
        Ok(()) => {
            state.settled(doubt);
            Ok(())
        }
        Err(FetchError::Halted(halt)) => Err(TaskError::Halted(halt)),
        // What cannot be settled must not be believed.
        Err(FetchError::Failed { error, .. }) => Err(TaskError::Disordered(error)),
    }
}

fn is_disorder(error: &StoreError) -> bool {
    matches!(&error.kind, ErrorKind::BadPage(page) if page.is_order_violation())
}
