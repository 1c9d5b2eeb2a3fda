//! From what was counted to what is written.

use super::Summary;
use super::read::SCHEMA;
use super::run::{Gap, Manifest, Requests};
use super::sections::{
    AgeShare, AgesSection, ClassShare, ClassesSection, HazardSection, LargeSection, Percentile,
    PrefixDepth, PrefixShare, PrefixesSection, SizeShare, SizesSection, TotalsSection,
};
use super::time::Moment;
use crate::filter::{Dropped, FilterSpec};
use crate::object::Timestamp;
use crate::tally::{AGE_CLASSES, PrefixCounts, PrefixLevel, Tally, size_class_bounds};

/// The percentiles that a summary gives.
const PERCENTILES: [f64; 10] = [1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9];

const PERCENTILES_NOTE: &str = "estimated from a histogram: at most 0.1 % above the true size, never below; all other figures are exact";

/// Everything about a run that its tally does not know.
#[derive(Clone, Debug, Default)]
pub struct RunFacts {
    /// Version of this program.
    pub tool_version: String,
    /// What was weighed, as the user named it; without credentials.
    pub location: String,
    /// The provider: `s3`, `ks3`, `azure`, `oss`, `demo`.
    pub provider: String,
    /// The service behind it, by its name for `--provider`; `None` where it was not recognised.
    pub service: Option<String>,
    /// The endpoint that was asked.
    pub endpoint: Option<String>,
    /// The region of the bucket.
    pub region: Option<String>,
    /// When the scan ended. (Its start is the tally's [`Options::as_of`](crate::tally::Options::as_of).)
    pub finished: Timestamp,
    /// Seconds of work.
    pub elapsed_seconds: f64,
    /// The ranges that were not listed to their end.
    pub incomplete: Vec<Gap>,
    /// Whether the run was stopped from outside.
    pub interrupted: bool,
    /// What the filters left out.
    pub filtered: Dropped,
    /// Directories of a hierarchical namespace.
    pub directories: u64,
    /// The filters as given.
    pub filters: FilterSpec,
    /// What was noticed about the store, in sentences.
    pub notes: Vec<String>,
    /// What the listing took.
    pub requests: Option<Requests>,
    /// The manifest that was written.
    pub manifest: Option<Manifest>,
    /// How many prefixes are given per depth and order; 0 means 20.
    pub top_prefixes: usize,
}

impl Summary {
    /// Makes the summary of a run from what was counted and what is known about the run.
    ///
    /// The run is `complete` if no range is missing and it was not interrupted.
    #[must_use]
    pub fn from_parts(tally: &Tally, run: RunFacts) -> Self {
        let objects = tally.totals().counts.objects;
        let top = if run.top_prefixes == 0 { 20 } else { run.top_prefixes };
        Self {
            schema: SCHEMA.to_owned(),
            tool_version: run.tool_version,
            location: run.location,
            provider: run.provider,
            service: run.service,
            endpoint: run.endpoint,
            region: run.region,
            started: tally.options().as_of.into(),
            finished: run.finished.into(),
            // JSON has no infinities: they would be written as `null` and could not be read.
            elapsed_seconds: if run.elapsed_seconds.is_finite() {
                run.elapsed_seconds
            } else {
                0.0
            },
            complete: run.incomplete.is_empty() && !run.interrupted,
            incomplete: run.incomplete,
            interrupted: run.interrupted,
            totals: totals(tally),
            sizes: sizes(tally),
            ages: ages(tally),
            storage_classes: classes(tally),
            prefixes: prefixes(tally, top),
            largest: largest(tally),
            billed: None,
            hazards: hazards(tally),
            digest: tally.digest().to_string(),
            filtered: run.filtered,
            directories: run.directories,
            filters: run.filters,
            notes: run.notes,
            requests: run.requests.map(|requests| requests.with_rate(objects)),
            manifest: run.manifest,
        }
    }
}

fn totals(tally: &Tally) -> TotalsSection {
    let totals = tally.totals();
    TotalsSection {
        objects: totals.counts.objects,
        bytes: totals.counts.bytes,
        zero_byte_objects: totals.zero_byte_objects,
        directory_markers: totals.directory_markers,
        mean: totals.mean(),
        min: tally.sizes().min(),
        max: tally.sizes().max(),
        key_bytes: totals.key_bytes,
        longest_key: totals.longest_key,
    }
}

fn sizes(tally: &Tally) -> SizesSection {
    let share = |(class, counts): (usize, &crate::tally::Counts)| {
        let (from, to) = size_class_bounds(class)?;
        (!counts.is_empty()).then_some(SizeShare {
            from,
            to,
            objects: counts.objects,
            bytes: counts.bytes,
        })
    };
    let values = tally.sizes().percentiles(&PERCENTILES);
    let percentile =
        |(percent, bytes): (f64, Option<u64>)| Some(Percentile { percent, bytes: bytes? });
    SizesSection {
        classes: tally.sizes().classes().iter().enumerate().filter_map(share).collect(),
        percentiles: PERCENTILES.into_iter().zip(values).filter_map(percentile).collect(),
        percentiles_note: PERCENTILES_NOTE.to_owned(),
    }
}

fn ages(tally: &Tally) -> AgesSection {
    let classes = AGE_CLASSES.iter().zip(tally.ages().classes()).map(|(class, counts)| AgeShare {
        label: class.label.to_owned(),
        from_days: class.from_days,
        below_days: class.below_days,
        objects: counts.objects,
        bytes: counts.bytes,
    });
    AgesSection {
        classes: classes.collect(),
        oldest: tally.ages().oldest().map(Moment),
        newest: tally.ages().newest().map(Moment),
    }
}

fn classes(tally: &Tally) -> ClassesSection {
    let share = |class: &crate::tally::ClassCounts| ClassShare {
        name: class.name.clone(),
        objects: class.counts.objects,
        bytes: class.counts.bytes,
    };
    let mut classes: Vec<_> = tally.classes().kept().iter().map(share).collect();
    // Stable, and they come sorted by name.
    classes.sort_by_key(|class| std::cmp::Reverse((class.bytes, class.objects)));
    let others = tally.classes().others();
    ClassesSection { classes, other_objects: others.objects, other_bytes: others.bytes }
}

fn prefixes(tally: &Tally, top: usize) -> PrefixesSection {
    let options = tally.options();
    let depth = |(level, depth): (&PrefixLevel, u8)| {
        let sorted = level.sorted();
        PrefixDepth {
            depth,
            distinct: sorted.len() as u64,
            above_objects: level.above().objects,
            above_bytes: level.above().bytes,
            top_by_bytes: top_prefixes(&sorted, top, |entry| {
                (entry.counts.bytes, u128::from(entry.counts.objects))
            }),
            top_by_objects: top_prefixes(&sorted, top, |entry| {
                (u128::from(entry.counts.objects), entry.counts.bytes)
            }),
        }
    };
    PrefixesSection {
        delimiter: String::from_utf8_lossy(&[options.delimiter]).into_owned(),
        depth: options.depth,
        bound: options.prefix_bound as u64,
        dropped_from: tally.prefixes().dropped_from(),
        depths: tally.prefixes().levels().iter().zip(1..).map(depth).collect(),
    }
}

fn top_prefixes(
    sorted: &[&PrefixCounts],
    top: usize,
    weight: impl Fn(&PrefixCounts) -> (u128, u128),
) -> Vec<PrefixShare> {
    let mut ranked = sorted.to_vec();
    // Stable, and they come sorted by name.
    ranked.sort_by_key(|entry| std::cmp::Reverse(weight(entry)));
    let share = |entry: &PrefixCounts| PrefixShare {
        prefix: entry.prefix.clone(),
        objects: entry.counts.objects,
        bytes: entry.counts.bytes,
        newest: entry.newest.into(),
    };
    ranked.into_iter().take(top).map(share).collect()
}

fn largest(tally: &Tally) -> Vec<LargeSection> {
    let section = |object: &crate::tally::LargeObject| LargeSection {
        key: object.key.clone(),
        bytes: object.size,
        modified: object.modified.into(),
        storage_class: object.storage_class.clone(),
    };
    tally.largest().objects().iter().map(section).collect()
}

fn hazards(tally: &Tally) -> Vec<HazardSection> {
    let section =
        |(info, found): (&crate::tally::HazardInfo, &crate::tally::HazardCounts)| HazardSection {
            code: info.code.to_owned(),
            severity: info.severity,
            title: info.title.to_owned(),
            meaning: info.meaning.to_owned(),
            objects: found.counts.objects,
            bytes: found.counts.bytes,
            examples: found.examples.clone(),
        };
    tally.hazards().found().map(section).collect()
}
