//! All versions and snapshots of all keys, in parallel ranges of keys, each version exactly once.
//!
//! Why exactly once: the pieces tile the key space, so every key lies in exactly one piece `(after,
//! through]`. Within its piece a walk begins at `key-marker=after` and goes on by the two markers that each
//! answer returns, until a key past `through` is listed or nothing follows. Whether a listing that starts
//! at a key shows the versions of that key itself is different from server to server and does not matter:
//! what is not past `after` belongs to the piece before, whose own walk goes on through all versions of
//! its last key, and is dropped here. Keys never descend ([`VersionsPage::check`](crate::store::VersionsPage::check)), so when a key past
//! `through` comes, every version of every key up to it has come. Markers that lead back are noticed: those
//! of a smaller key by the order, those among the versions of one key by `circle`.
//!
//! Only pieces that were listed to their end count. Memory is bounded by the number of pieces, of which
//! there are at most [`MOST_PIECES`].
//!
//! Where an end is doubted, the listing is begun once more behind what came last. A store that cannot begin
//! within the versions of a key begins with those of the last key again, and they are dropped: an end among
//! the versions of one key is not noticed there.
//!
//! A store that keeps no order is walked in one piece, by its markers alone.

use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::index;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::calls::{Calls, Failure};
use super::circle::{CIRCLE, Circle};
use super::outcome::{MissingRange, VersionTotals, VersionsEstimate, VersionsOutcome};
use super::sample::Ratio;
use crate::scan::fetch::{EMPTY_PAGES, ENDS};
use crate::scan::ledger::Ledger;
use crate::scan::outcome::ScanError;
use crate::store::{Include, Marker, Quirks, RangeStart, VersionsRequest};

/// Pages of current objects that a piece holds at least, so that the page which shows its end weighs little.
const PAGES_PER_PIECE: u64 = 4;

/// The most pieces that a bucket is listed in.
const MOST_PIECES: u64 = 4_096;

/// The keys greater than `after` up to and including `through`; `None` is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    after: Option<Vec<u8>>,
    through: Option<Vec<u8>>,
    /// Current objects in it, as the scan listed them.
    listed: u64,
    any_order: bool,
}

/// Pieces of about as many current objects each, between borders that the scan found.
pub(super) fn pieces(ledger: &Ledger, prefix: &[u8], quirks: &Quirks) -> Vec<Piece> {
    let any_order = ledger.sequential || !quirks.ordered;
    let cuttable = !any_order && quirks.range_start != RangeStart::None;
    let listed: u64 = ledger.ranges.iter().map(|range| range.listed).sum();
    let per_piece = PAGES_PER_PIECE * quirks.page_limit.max(1) as u64;
    let wanted = (listed / per_piece).clamp(1, MOST_PIECES);
    let mut cuts = if cuttable && wanted > 1 {
        ledger.cuts(usize::try_from(wanted).unwrap_or(1))
    } else {
        Vec::new()
    };
    cuts.retain(|cut| cut.starts_with(prefix) && cut.as_slice() > prefix);
    let mut ranges = ledger.ranges.iter();
    let mut pieces = Vec::with_capacity(cuts.len() + 1);
    let mut after = None;
    for through in cuts.into_iter().map(Some).chain([None]) {
        let mut listed = 0;
        for range in ranges.by_ref() {
            listed += range.listed;
            // Cuts are ends of ranges.
            if range.through.as_deref() == through.as_deref() && through.is_some() {
                break;
            }
        }
        let after = std::mem::replace(&mut after, through.clone());
        pieces.push(Piece { after, through, listed, any_order });
    }
    pieces
}

/// At most `most` of the pieces, drawn at random, in key order.
pub(super) fn draw(pieces: &[Piece], most: usize, seed: u64) -> Vec<Piece> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut drawn = index::sample(&mut random, pieces.len(), most.min(pieces.len())).into_vec();
    drawn.sort_unstable();
    drawn.into_iter().filter_map(|at| pieces.get(at).cloned()).collect()
}

/// The request for the first page.
pub(super) fn first(prefix: &[u8], limit: usize, include: Include) -> VersionsRequest {
    VersionsRequest { prefix: prefix.to_vec(), limit, include, ..VersionsRequest::default() }
}

/// Lists these pieces, which are all of `all` or a sample of it, each from `first` on.
pub(super) async fn walk(
    calls: &Arc<Calls>,
    first: &VersionsRequest,
    pieces: Vec<Piece>,
    all: &[Piece],
    stop: &mut watch::Receiver<bool>,
) -> Result<VersionsOutcome, ScanError> {
    let mut tasks = JoinSet::new();
    for (index, piece) in pieces.iter().cloned().enumerate() {
        let (calls, first) = (Arc::clone(calls), first.clone());
        // All at once: each waits at the gate of the pace before it asks for anything.
        tasks.spawn(async move { (index, list(&calls, first, &piece).await) });
    }
    let (mut totals, mut sums) = (VersionTotals::default(), Sums::default());
    let mut reasons: Vec<Option<String>> = vec![Some(Failure::Stopped.to_string()); pieces.len()];
    loop {
        let (index, listed) = tokio::select! {
            done = tasks.join_next() => match done {
                Some(done) => done.map_err(|error| ScanError::Internal(error.to_string()))?,
                None => break,
            },
            Ok(()) = async { stop.wait_for(|stop| *stop).await.map(drop) } => break,
        };
        match listed {
            Ok(found) => {
                totals.merge(&found);
                sums.add(pieces[index].listed, &found);
                reasons[index] = None;
            }
            Err(failure) if failure.is_final() => {
                // Nothing else will be answered otherwise.
                let why = failure.to_string();
                tasks.shutdown().await;
                reasons.iter_mut().flatten().for_each(|reason| reason.clone_from(&why));
                break;
            }
            Err(failure) => reasons[index] = Some(failure.to_string()),
        }
    }
    tasks.shutdown().await;
    let sampled = pieces.len();
    let estimate = if sampled < all.len() { sums.estimate(sampled, all) } else { None };
    Ok(VersionsOutcome { totals, estimate, missing: missing(pieces, reasons) })
}

/// What the pieces of a sample hold, against the current objects that are known of each.
#[derive(Debug, Default)]
struct Sums {
    noncurrent_objects: Ratio,
    noncurrent_bytes: Ratio,
    delete_markers: Ratio,
}

impl Sums {
    fn add(&mut self, listed: u64, found: &VersionTotals) {
        self.noncurrent_objects.add(listed, found.noncurrent.counts.objects.into());
        self.noncurrent_bytes.add(listed, found.noncurrent.counts.bytes);
        self.delete_markers.add(listed, found.delete_markers.into());
    }

    fn estimate(&self, sampled: usize, all: &[Piece]) -> Option<VersionsEstimate> {
        let listed = all.iter().map(|piece| piece.listed).sum();
        let of = |ratio: &Ratio| ratio.estimate(listed, all.len());
        Some(VersionsEstimate {
            sampled,
            ranges: all.len(),
            noncurrent_objects: of(&self.noncurrent_objects)?,
            noncurrent_bytes: of(&self.noncurrent_bytes)?,
            delete_markers: of(&self.delete_markers)?,
        })
    }
}

/// The pieces that have a reason for missing, neighbours with the same reason in one.
fn missing(pieces: Vec<Piece>, reasons: Vec<Option<String>>) -> Vec<MissingRange> {
    let mut ranges: Vec<MissingRange> = Vec::new();
    for (piece, reason) in pieces.into_iter().zip(reasons) {
        let Some(reason) = reason else { continue };
        match ranges.last_mut() {
            Some(before) if before.reason == reason && before.through == piece.after => {
                before.through = piece.through;
            }
            _ => ranges.push(MissingRange { after: piece.after, through: piece.through, reason }),
        }
    }
    ranges
}

/// Lists one piece to its end.
async fn list(
    calls: &Calls,
    first: VersionsRequest,
    piece: &Piece,
) -> Result<VersionTotals, Failure> {
    let quirks = calls.store.quirks();
    let mut request = VersionsRequest {
        from: piece.after.clone().map(|key| Marker { key, id: None }),
        any_order: piece.any_order,
        ..first
    };
    let mut totals = VersionTotals::default();
    let (mut circle, mut empty, mut doubted, mut probing) = (Circle::default(), 0, 0, false);
    // The key that is listed anew, and whether anything came since that was asked for.
    let (mut anew, mut fresh) = (None, true);
    // How often nothing came, and what was passed when that was first asked for.
    let (mut confirmed, mut before_probe) = (0, None);
    let past = |key: &[u8], bound: &Option<Vec<u8>>| {
        bound.as_ref().is_none_or(|bound| quirks.order.precedes(bound, key))
    };
    loop {
        let page = calls.versions(&request).await?;
        let new = page.entries.iter().any(|entry| past(&entry.key, &anew));
        if probing && new {
            calls.false_end();
        }
        fresh |= new;
        for entry in &page.entries {
            if piece.through.is_some() && past(&entry.key, &piece.through) {
                return Ok(totals);
            }
            if past(&entry.key, &piece.after) && past(&entry.key, &anew) {
                totals.add(entry, calls.unnamed_class.as_bytes());
            }
        }
        empty = if page.entries.is_empty() { empty + 1 } else { 0 };
        if empty > EMPTY_PAGES {
            let text =
                format!("the listing goes on without versions after {EMPTY_PAGES} empty pages");
            return Err(Failure::Endless(text));
        }
        request.passed = page.passed(request.passed.take());
        let believed = calls.store.is_sound() || piece.any_order;
        let (next, probes) = match &page.next {
            Some(next) => (next.clone(), false),
            None if believed => return Ok(totals),
            None if !fresh => {
                confirmed += 1;
                if confirmed >= ENDS {
                    return Ok(totals);
                }
                request.passed.clone_from(&before_probe);
                continue;
            }
            // Some servers end a listing early. Behind the last version there must be nothing.
            None => match request.passed.as_ref().and_then(|passed| calls.behind(passed)) {
                Some(next) => (next, true),
                // One answer that there is nothing at all proves little.
                None if doubted < ENDS => {
                    doubted += 1;
                    continue;
                }
                None => return Ok(totals),
            },
        };
        if probes {
            fresh = false;
            if next.id.is_none() {
                (anew, request.passed) = (Some(next.key.clone()), None);
            }
        }
        if !fresh {
            confirmed = 0;
            before_probe.clone_from(&request.passed);
        }
        if circle.closes(&next) && !probes {
            return Err(Failure::Endless(CIRCLE.to_owned()));
        }
        (request.from, probing) = (Some(next), probes);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use futures::future::{BoxFuture, FutureExt as _};
    use proptest::prelude::*;

    use super::*;
    use crate::object::Timestamp;
    use crate::scan::pace::PaceOptions;
    use crate::store::{
        Billed, Form, Gate, Origin, Page, PageRequest, PartsPage, PartsRequest, Store, StoreError,
        Stored, UploadsPage, UploadsRequest, Version, VersionsPage,
    };
    use crate::tally::Counts;

    /// Versions in memory, listed by the words of the documentation, or not quite.
    #[derive(Debug, Default)]
    #[allow(clippy::struct_excessive_bools, reason = "each is one independent habit")]
    struct Shelf {
        quirks: Quirks,
        versions: Vec<Version>,
        limit: usize,
        /// A marker without an id is before the versions of its key, not behind them.
        inclusive: bool,
        /// The version that a marker names is listed once more.
        repeats: bool,
        /// Delete markers come behind all versions of a page.
        grouped: bool,
        /// Every so many versions the listing says that nothing follows.
        false_end: Option<usize>,
        /// So many looks behind such an end find nothing either.
        silent: AtomicU32,
        /// Markers lead back to the first version of a key.
        circles: bool,
    }

    impl Shelf {
        fn start(&self, marker: &Marker) -> usize {
            let first_of = |key: &[u8]| self.versions.partition_point(|one| *one.key < *key);
            let behind = |key: &[u8]| self.versions.partition_point(|one| *one.key <= *key);
            let Some(id) = &marker.id else {
                return if self.inclusive { first_of(&marker.key) } else { behind(&marker.key) };
            };
            let named = |one: &Version| one.key == marker.key && one.id == *id;
            let found = self.versions.iter().position(named).expect("a marker that was given");
            found + usize::from(!self.repeats)
        }
    }

    impl Billed for Shelf {
        fn versions<'a>(
            &'a self,
            request: &'a VersionsRequest,
            _: &'a dyn Gate,
        ) -> BoxFuture<'a, Result<VersionsPage, StoreError>> {
            let start = request.from.as_ref().map_or(0, |from| self.start(from));
            let looks_behind =
                start > 0 && self.false_end.is_some_and(|every| start.is_multiple_of(every));
            let less = |left: u32| left.checked_sub(1);
            if looks_behind && self.silent.fetch_update(Relaxed, Relaxed, less).is_ok() {
                return async { Ok(VersionsPage::default()) }.boxed();
            }
            let end = (start + self.limit).min(self.versions.len());
            let mut entries = self.versions[start..end].to_vec();
            let last = entries.last().cloned();
            let lies = self.false_end.is_some_and(|every| end.is_multiple_of(every));
            let next = last.filter(|_| end < self.versions.len() && !lies).map(|last| {
                let first = self.versions.iter().find(|one| one.key == last.key);
                let id = if self.circles { first.map(|one| one.id.clone()) } else { Some(last.id) };
                Marker { key: last.key, id }
            });
            if self.grouped {
                entries.sort_by_key(|entry| entry.stored.is_none());
            }
            let mut page = VersionsPage { entries, next, received: 0 };
            let checked = page.check(request, &self.quirks);
            async move { Ok(checked.map(|()| page)?) }.boxed()
        }

        fn uploads<'a>(
            &'a self,
            _: &'a UploadsRequest,
            _: &'a dyn Gate,
        ) -> BoxFuture<'a, Result<UploadsPage, StoreError>> {
            unreachable!()
        }

        fn parts<'a>(
            &'a self,
            _: &'a PartsRequest,
            _: &'a dyn Gate,
        ) -> BoxFuture<'a, Result<PartsPage, StoreError>> {
            unreachable!()
        }
    }

    impl Store for Shelf {
        fn origin(&self) -> Origin {
            Origin::default()
        }

        fn quirks(&self) -> &Quirks {
            &self.quirks
        }

        fn is_sound(&self) -> bool {
            self.false_end.is_none()
        }

        fn list_through<'a>(
            &'a self,
            _: &'a dyn Gate,
            _: &'a PageRequest,
            _: &'a mut Page,
        ) -> BoxFuture<'a, Result<(), StoreError>> {
            unreachable!()
        }

        fn billed(&self) -> Option<&dyn Billed> {
            Some(self)
        }
    }

    /// A history: for each key the sizes of its versions, 0 for a delete marker, newest first.
    fn history(keys: BTreeMap<String, Vec<u32>>) -> Vec<Version> {
        let mut versions = Vec::new();
        for (key, sizes) in keys {
            for (at, size) in sizes.into_iter().enumerate() {
                let stored =
                    (size > 0).then(|| Stored { size: u64::from(size), storage_class: Vec::new() });
                versions.push(Version {
                    key: key.clone().into_bytes(),
                    id: format!("v{at}").into_bytes(),
                    latest: at == 0,
                    modified: Timestamp(-i64::try_from(versions.len()).unwrap()),
                    stored,
                    form: Form::Version,
                });
            }
        }
        versions
    }

    fn cut_at(cuts: Vec<String>) -> Vec<Piece> {
        let mut bounds: Vec<_> = cuts.into_iter().map(|cut| Some(cut.into_bytes())).collect();
        bounds.sort();
        bounds.dedup();
        bounds.insert(0, None);
        let through = bounds.iter().skip(1).cloned().chain([None]);
        let pairs = bounds.iter().cloned().zip(through);
        pairs
            .map(|(after, through)| Piece { after, through, listed: 0, any_order: false })
            .collect()
    }

    async fn walked(shelf: Shelf, pieces: Vec<Piece>) -> VersionsOutcome {
        let pace = PaceOptions { concurrency: 3, ..PaceOptions::default() };
        let calls = Arc::new(Calls::new(Arc::new(shelf), pace, "STANDARD"));
        let (_stop, mut stopped) = watch::channel(false);
        let first = first(b"", 1_000, Include { versions: true, ..Include::default() });
        walk(&calls, &first, pieces.clone(), &pieces, &mut stopped).await.unwrap()
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap().block_on(future)
    }

    fn truth(versions: &[Version]) -> VersionTotals {
        let mut totals = VersionTotals::default();
        for version in versions {
            totals.add(version, b"STANDARD");
        }
        totals
    }

    fn some_history() -> impl Strategy<Value = BTreeMap<String, Vec<u32>>> {
        let sizes = proptest::collection::vec(prop_oneof![Just(0_u32), 1..u32::MAX], 1..9);
        proptest::collection::btree_map("[ab/\u{1}é]{1,4}", sizes, 0..25)
    }

    proptest! {
        #[test]
        fn every_version_counts_exactly_once(
            keys in some_history(), cuts in proptest::collection::vec("[ab/é]{1,3}", 0..6), limit in 1_usize..12,
            inclusive: bool, repeats: bool, grouped: bool, lies in proptest::option::of(1_usize..7),
        ) {
            let versions = history(keys);
            let expected = truth(&versions);
            let limit = if repeats { limit + 1 } else { limit };
            // All three at once cannot be told from an end: which version of a page is its last is not known.
            let lies = lies.filter(|_| !(repeats && grouped));
            let shelf = Shelf { versions, limit, inclusive, repeats, grouped, false_end: lies, ..Shelf::default() };
            let found = run(walked(shelf, cut_at(cuts)));
            prop_assert_eq!(&found.missing, &[]);
            prop_assert_eq!(found.totals, expected);
        }

        #[test]
        fn pieces_without_a_result_are_named_and_neighbours_are_one(
            count in 1_usize..9, lost in proptest::collection::vec(proptest::option::of("[ab]"), 9),
        ) {
            let pieces = cut_at((1..count).map(|at| format!("k{at}")).collect());
            let reasons = lost[..count].to_vec();
            let ranges = missing(pieces.clone(), reasons.clone());
            let inside = |piece: &Piece, range: &MissingRange| {
                piece.after >= range.after
                    && (range.through.is_none() || piece.through.is_some() && piece.through <= range.through)
            };
            for (piece, reason) in pieces.iter().zip(&reasons) {
                let of: Vec<_> = ranges.iter().filter(|range| inside(piece, range)).collect();
                prop_assert_eq!(of.len(), usize::from(reason.is_some()));
                prop_assert_eq!(of.first().map(|range| &range.reason), reason.as_ref());
            }
            prop_assert!(ranges.windows(2).all(|pair| pair[0].through != pair[1].after || pair[0].reason != pair[1].reason));
        }
    }

    #[test]
    fn markers_that_come_round_are_noticed_and_nothing_of_the_piece_counts() {
        let versions = history(BTreeMap::from([("a".to_owned(), vec![1; 90])]));
        let shelf = Shelf { versions, limit: 7, circles: true, ..Shelf::default() };
        let found = run(walked(shelf, cut_at(Vec::new())));
        assert_eq!(found.totals, VersionTotals::default());
        assert_eq!(found.missing.len(), 1);
    }

    #[test]
    fn an_end_is_believed_only_when_nothing_came_behind_it_again_and_again() {
        let keys = (0..9).map(|number| (format!("k{number}"), vec![1, 2]));
        let versions = history(keys.collect());
        let expected = truth(&versions);
        let shelf = Shelf {
            versions,
            limit: 4,
            false_end: Some(4),
            silent: AtomicU32::new(2),
            ..Shelf::default()
        };
        let found = run(walked(shelf, cut_at(Vec::new())));
        assert_eq!((found.missing.len(), found.totals), (0, expected));
    }

    #[test]
    fn counts_are_kept_apart_by_kind() {
        let versions = history(BTreeMap::from([
            ("a".to_owned(), vec![5, 7, 0, 11]),
            ("b".to_owned(), vec![0, 13]),
        ]));
        let totals =
            run(walked(Shelf { versions, limit: 3, ..Shelf::default() }, cut_at(Vec::new())))
                .totals;
        assert_eq!(totals.current, Counts { objects: 1, bytes: 5 });
        assert_eq!(totals.noncurrent.counts, Counts { objects: 3, bytes: 31 });
        assert_eq!((totals.delete_markers, totals.current_delete_markers), (2, 1));
        assert_eq!(totals.noncurrent.oldest, Some(Timestamp(-5)));
    }
}
