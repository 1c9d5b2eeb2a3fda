//! What a server has done so far.

use std::sync::atomic::{AtomicU64, Ordering};

use super::faults::Fault;

/// A server's counts since its start.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Counters {
    /// Connections accepted.
    pub connections: u64,
    /// Requests received.
    pub requests: u64,
    /// List requests among them, of either version, that were neither throttled nor refused.
    pub lists: u64,
    /// List requests among them that were answered with an Arrow stream.
    pub arrow_lists: u64,
    /// Requests for objects, likewise.
    pub objects: u64,
    /// Requests about buckets other than listings, likewise.
    pub buckets: u64,
    /// Sessions created with directory buckets.
    pub sessions: u64,
    /// Requests answered with 503 for the request limit.
    pub throttled: u64,
    /// Requests answered with an error that was not injected, such as a wrong signature.
    pub refused: u64,
    /// Requests struck by a fault.
    pub faults: u64,
    /// The same by fault; only those that occurred.
    pub faults_by_kind: Vec<(Fault, u64)>,
    /// Objects written into listings.
    pub listed_objects: u64,
    /// Bytes of listings' documents.
    pub listed_bytes: u64,
    /// Requests being answered now.
    pub in_flight: u64,
    /// The most requests that were being answered at once.
    pub peak_in_flight: u64,
}

/// The counts, shared by all connections.
#[derive(Default)]
pub(super) struct Tallies {
    pub(super) connections: AtomicU64,
    pub(super) requests: AtomicU64,
    pub(super) lists: AtomicU64,
    pub(super) arrow_lists: AtomicU64,
    pub(super) objects: AtomicU64,
    pub(super) buckets: AtomicU64,
    pub(super) sessions: AtomicU64,
    pub(super) throttled: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) listed_objects: AtomicU64,
    pub(super) listed_bytes: AtomicU64,
    in_flight: AtomicU64,
    peak_in_flight: AtomicU64,
    faults: [AtomicU64; Fault::ALL.len()],
}

/// Adds one and returns what was there.
pub(super) fn count(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed)
}

/// Keeps a request counted as being answered.
pub(super) struct InFlight<'a>(&'a Tallies);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Tallies {
    pub(super) fn enter(&self) -> InFlight<'_> {
        let now = count(&self.in_flight) + 1;
        self.peak_in_flight.fetch_max(now, Ordering::Relaxed);
        InFlight(self)
    }

    pub(super) fn strike(&self, fault: Fault) {
        count(&self.faults[fault as usize]);
    }

    pub(super) fn snapshot(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let faults_by_kind: Vec<_> = Fault::ALL
            .into_iter()
            .map(|fault| (fault, read(&self.faults[fault as usize])))
            .filter(|&(_, count)| count > 0)
            .collect();
        Counters {
            connections: read(&self.connections),
            requests: read(&self.requests),
            lists: read(&self.lists),
            arrow_lists: read(&self.arrow_lists),
            objects: read(&self.objects),
            buckets: read(&self.buckets),
            sessions: read(&self.sessions),
            throttled: read(&self.throttled),
            refused: read(&self.refused),
            faults: faults_by_kind.iter().map(|&(_, count)| count).sum(),
            faults_by_kind,
            listed_objects: read(&self.listed_objects),
            listed_bytes: read(&self.listed_bytes),
            in_flight: read(&self.in_flight),
            peak_in_flight: read(&self.peak_in_flight),
        }
    }
}
