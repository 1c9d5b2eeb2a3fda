//! The summary of a scan.

use std::time::Duration;

use super::{Gap, Manifest, Requests, RunFacts, Summary};
use crate::object::Timestamp;
use crate::scan::ledger::{DoubtRecord, Ledger, RangeRecord, RangeState};
use crate::scan::{End, Outcome, RequestCounts};
use crate::store::{Origin, Service};

impl Summary {
    /// The summary of a scan that listed `origin`, which turned out to be `service`, and ended at
    /// `finished`. `manifest` is where its manifest was to go, with the name of its format.
    #[must_use]
    pub fn of_scan(
        outcome: &Outcome,
        origin: &Origin,
        service: &Service,
        finished: Timestamp,
        manifest: Option<(String, String)>,
    ) -> Self {
        let ledger = &outcome.ledger;
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let written = manifest.zip(outcome.manifest);
        let facts = RunFacts {
            provider: origin.provider.clone(),
            service: known(service.name),
            endpoint: known(&origin.endpoint),
            region: known(&origin.region),
            finished,
            interrupted: outcome.end == End::Interrupted,
            manifest: written.map(|((path, format), counts)| Manifest {
                path,
                format,
                rows: counts.rows,
                bytes: counts.bytes,
            }),
            requests: Some(
                requests(&ledger.requests)
                    .with_price(service.list_price.map(|price| price.usd_per_thousand)),
            ),
            ..facts(ledger, outcome.end)
        };
        Self::from_parts(&ledger.tally, facts)
    }

    /// The summary of what a ledger holds. What a ledger does not know (region, manifest, when the scan
    /// ended) is missing or, for the end, its start and the seconds at work.
    #[must_use]
    pub fn of_ledger(ledger: &Ledger) -> Self {
        let end = if ledger.complete { End::Complete } else { End::Failed };
        let scheme = ledger.settings.location.split_once(':').map_or("", |(scheme, _)| scheme);
        let worked = Duration::try_from_secs_f64(ledger.elapsed_seconds).unwrap_or_default();
        let millis = i64::try_from(worked.as_millis()).unwrap_or(i64::MAX);
        let facts = RunFacts {
            provider: if scheme == "https" { "azure".into() } else { scheme.into() },
            endpoint: Some(ledger.settings.endpoint.clone()).filter(|text| !text.is_empty()),
            finished: Timestamp(ledger.started_ms.saturating_add(millis)),
            ..facts(ledger, end)
        };
        Self::from_parts(&ledger.tally, facts)
    }
}

/// What a ledger tells of its run.
fn facts(ledger: &Ledger, end: End) -> RunFacts {
    RunFacts {
        tool_version: env!("CARGO_PKG_VERSION").into(),
        location: ledger.settings.location.clone(),
        elapsed_seconds: ledger.elapsed_seconds,
        incomplete: {
            let gaps = ledger.ranges.iter().filter_map(|range| gap(range, end));
            gaps.chain(ledger.borders.doubts.iter().map(|doubt| doubtful(doubt, ledger))).collect()
        },
        filtered: ledger.dropped,
        directories: ledger.directories,
        filters: ledger.settings.filters.clone(),
        notes: ledger.notes.clone(),
        requests: Some(requests(&ledger.requests)),
        ..RunFacts::default()
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

/// The range above a bound whose sides saw different keys: which of its keys are listed is not certain.
fn doubtful(doubt: &DoubtRecord, ledger: &Ledger) -> Gap {
    let above = ledger.ranges.iter().find(|range| range.after.as_ref() == Some(&doubt.bound));
    Gap {
        lower: Some(doubt.bound.clone()),
        upper: above.and_then(|range| range.through.clone()),
        reason:
            "the listings from before and from its lower bound on show different keys, and it was \
                 not settled by then which are there"
                .into(),
    }
}

pub(super) fn requests(counts: &RequestCounts) -> Requests {
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
