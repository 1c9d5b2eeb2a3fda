//! The summary of a scan.

use super::{Gap, Manifest, Requests, RunFacts, Summary};
use crate::object::Timestamp;
use crate::scan::ledger::{RangeRecord, RangeState};
use crate::scan::{End, Outcome, RequestCounts};
use crate::store::Origin;

impl Summary {
    /// The summary of a scan that listed `origin` and ended at `finished`. `manifest` is where its
    /// manifest was to go, with the name of its format.
    #[must_use]
    pub fn of_scan(
        outcome: &Outcome,
        origin: &Origin,
        finished: Timestamp,
        manifest: Option<(String, String)>,
    ) -> Self {
        let ledger = &outcome.ledger;
        let written = manifest.zip(outcome.manifest);
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let facts = RunFacts {
            tool_version: env!("CARGO_PKG_VERSION").into(),
            location: ledger.settings.location.clone(),
            provider: origin.provider.clone(),
            endpoint: known(&origin.endpoint),
            region: known(&origin.region),
            finished,
            elapsed_seconds: ledger.elapsed_seconds,
            incomplete: ledger.ranges.iter().filter_map(|range| gap(range, outcome.end)).collect(),
            interrupted: outcome.end == End::Interrupted,
            filtered: ledger.dropped,
            filters: ledger.settings.filters.clone(),
            notes: ledger.notes.clone(),
            requests: Some(requests(&ledger.requests)),
            manifest: written.map(|((path, format), counts)| Manifest {
                path,
                format,
                rows: counts.rows,
                bytes: counts.bytes,
            }),
            top_prefixes: 0,
        };
        Self::from_parts(&ledger.tally, facts)
    }
}

fn gap(range: &RangeRecord, end: End) -> Option<Gap> {
    if range.state == RangeState::Done {
        return None;
    }
    let reason = match (&range.error, end) {
        (Some(error), _) => error.clone(),
        (None, End::RequestLimit) => "the number of requests allowed was sent".into(),
        (None, _) => "stopped before it was listed to its end".into(),
    };
    let lower = range.cursor.clone().or_else(|| range.after.clone());
    Some(Gap { lower, upper: range.through.clone(), reason })
}

fn requests(counts: &RequestCounts) -> Requests {
    Requests {
        list: counts.list,
        retried: counts.retried,
        throttled: counts.throttled,
        wasted: counts.wasted,
        probes: counts.probes,
        hedged: counts.hedged,
        peak_in_flight: counts.peak_in_flight,
        bytes_received: counts.bytes_received,
        ..Requests::default()
    }
}
