//! What a walk by directories has still to list.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::listing::Listing;
use crate::scan::ledger::ListingRecord;

/// A stack, so that small subtrees are finished before new directories are opened: it holds about a page of
/// prefixes for each level of the tree, however many there are.
#[derive(Default)]
pub(super) struct Frontier {
    waiting: Vec<Listing>,
    /// Whose next page was asked for and is not counted, by the order in which they were taken up.
    running: BTreeMap<u64, Arc<Listing>>,
    taken_up: u64,
    failed: Vec<Listing>,
}

impl Frontier {
    pub(super) fn new(waiting: Vec<Listing>) -> Self {
        Self { waiting, ..Self::default() }
    }

    pub(super) fn push(&mut self, listing: Listing) {
        self.waiting.push(listing);
    }

    pub(super) fn push_failed(&mut self, listing: Listing) {
        self.failed.push(listing);
    }

    /// Takes up what is to be listed next.
    pub(super) fn take_up(&mut self) -> Option<(u64, Arc<Listing>)> {
        let listing = Arc::new(self.waiting.pop()?);
        self.taken_up += 1;
        self.running.insert(self.taken_up, Arc::clone(&listing));
        Some((self.taken_up, listing))
    }

    /// The listing that was taken up under this number; it is the caller's from now on.
    pub(super) fn answered(&mut self, number: u64) -> Option<Listing> {
        self.running.remove(&number).map(Arc::unwrap_or_clone)
    }

    /// Whether nothing but what failed is left.
    pub(super) fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    pub(super) fn failed(&self) -> usize {
        self.failed.len()
    }

    /// All of it as a stack for another run: what was taken up first comes first, what failed comes last.
    pub(super) fn records(&self) -> Vec<ListingRecord> {
        let running = self.running.values().rev().map(Arc::as_ref);
        let all = self.failed.iter().chain(&self.waiting).chain(running);
        all.map(Listing::record).collect()
    }
}
