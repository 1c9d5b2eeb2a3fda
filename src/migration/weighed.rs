//! What was weighed, as far as jobs are made from it.

use super::prefixes::PrefixTables;
use super::split::Block;
use crate::location::{Location, LocationError};
use crate::object::KeyOrder;
use crate::scan::ledger::Ledger;
use crate::store::s3::providers;
use crate::summary::{HazardSection, Summary};
use crate::tally::Counts;

/// The result of a scan, out of its summary or its ledger.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// What was weighed.
    pub location: Location,
    /// The endpoint that was asked.
    pub endpoint: Option<String>,
    /// The region of the bucket, if known.
    pub region: Option<String>,
    /// Whether the totals are exact.
    pub complete: bool,
    /// Whether filters left objects out.
    pub filtered: bool,
    /// Objects and bytes.
    pub totals: Counts,
    /// The largest object in bytes.
    pub largest: u64,
    /// The longest key in bytes.
    pub longest_key: u64,
    /// The digest of all objects.
    pub digest: String,
    /// Whether objects of archive classes have to be restored before they can be read.
    pub archives: bool,
    /// What will make trouble.
    pub hazards: Vec<HazardSection>,
    /// What is known about prefixes.
    pub prefixes: PrefixTables,
    /// The ranges of a ledger; empty for a summary.
    pub blocks: Vec<Block>,
}

impl Weighed {
    /// What a summary knows.
    ///
    /// # Errors
    /// [`LocationError`] where its location cannot be read.
    pub fn from_summary(summary: &Summary) -> Result<Self, LocationError> {
        let totals = &summary.totals;
        Ok(Self {
            location: summary.location.parse()?,
            endpoint: summary.endpoint.clone(),
            region: summary.region.clone(),
            complete: summary.complete,
            filtered: summary.filters != crate::filter::FilterSpec::default(),
            totals: Counts { objects: totals.objects, bytes: totals.bytes },
            largest: totals.max.unwrap_or(0),
            longest_key: totals.longest_key,
            digest: summary.digest.clone(),
            archives: summary
                .service
                .as_deref()
                .and_then(providers::find)
                .is_none_or(|found| found.quirks.archives),
            hazards: summary.hazards.clone(),
            prefixes: PrefixTables::of_summary(summary),
            blocks: Vec::new(),
        })
    }

    /// What a ledger knows: all prefixes that were counted, and the ranges of keys.
    ///
    /// # Errors
    /// [`LocationError`] where its location cannot be read.
    pub fn from_ledger(ledger: &Ledger) -> Result<Self, LocationError> {
        // A range that was not listed to its end holds what was counted up to its cursor.
        let block = |range: &crate::scan::ledger::RangeRecord| {
            let (first, last) = (range.first.clone()?, range.last.clone()?);
            let counts = Counts { objects: range.objects, bytes: range.bytes };
            (range.objects > 0).then_some(Block { first, last, counts, hazards: Vec::new() })
        };
        let blocks = if ledger.sequential {
            Vec::new()
        } else {
            ledger.ranges.iter().filter_map(block).collect()
        };
        Ok(Self {
            archives: ledger.tally.options().archives,
            prefixes: PrefixTables::of_ledger(ledger),
            blocks,
            ..Self::from_summary(&Summary::of_ledger(ledger))?
        })
    }

    /// The order of the store's keys.
    #[must_use]
    pub fn order(&self) -> KeyOrder {
        match self.location {
            Location::Azure(_) => KeyOrder::Utf16,
            _ => KeyOrder::Bytes,
        }
    }
}
