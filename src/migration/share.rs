//! The division of a draft: by prefixes where they serve, else by ranges of keys.

use super::draft::Draft;
use super::duration::Speed;
use super::plan::{Inventory, KeyRange, Selection, Split, sum};
use super::prefixes::PrefixDivision;
use super::split::{Block, divide};
use super::survey::Survey;
use super::wish::PlanError;
use crate::tally::{Counts, Hazard};

/// Parts in ten thousand by which a division by prefixes may be slower than the lower bound before lists
/// are preferred: 5 %. Prefixes need no list, and take in what is written after the scan.
const PREFIX_TOLERANCE: u128 = 500;

impl Draft<'_> {
    /// The division by prefixes, or why there is none.
    pub(super) fn divide_by_prefix(&self) -> Result<PrefixDivision, String> {
        if self.weighed.filtered {
            return Err(
                "the scan was filtered, and a prefix would take in what the filters left out"
                    .into(),
            );
        }
        let jobs = if self.wish.split == Some(Split::Whole) { 1 } else { self.jobs() };
        let prefix = self.weighed.location.prefix();
        let division = self.weighed.prefixes.divide(prefix, self.weighed.totals, jobs, self.speed);
        let unfit = |prefix: &str| {
            !prefix.is_empty() && (!prefix.ends_with('/') || prefix.starts_with('/'))
        };
        match division.parts.iter().find(|(prefix, _)| unfit(prefix)) {
            Some((prefix, _)) => Err(format!(
                "the service takes prefixes that end in a slash and do not begin with one, not `{}`",
                prefix.escape_debug()
            )),
            None => Ok(division),
        }
    }

    /// The simplest division that serves: prefixes where they are close to the bound, else ranges.
    pub(super) fn choose(
        &self,
        survey: Option<&Survey>,
        bound: u128,
        largest: u64,
    ) -> Result<Share, PlanError> {
        let leaves_out = survey.is_some_and(|survey| survey.excluded.objects > 0);
        let by_prefix = match &self.by_prefix {
            _ if leaves_out => Err("objects are to be left out"),
            Ok(division) => Ok(division),
            Err(reason) => Err(reason.as_str()),
        };
        let blocks = survey.map_or(&self.weighed.blocks, |survey| &survey.blocks);
        let by_range = |jobs| self.share_ranges(blocks, jobs, largest);
        match (self.wish.split, by_prefix) {
            (Some(Split::Range), _) if blocks.is_empty() => {
                Err(PlanError::NeedsManifest("they are to be cut into ranges of keys".into()))
            }
            (Some(Split::Prefix | Split::Whole), Ok(division)) => {
                Ok(share_prefixes(division, survey))
            }
            (Some(Split::Whole), Err(_)) if !blocks.is_empty() => Ok(by_range(1)),
            (Some(Split::Whole), Err(reason)) => Err(PlanError::NeedsManifest(reason.into())),
            (Some(Split::Prefix), Err(reason)) => Err(PlanError::NotByPrefix(reason.into())),
            (None, Err(reason)) if blocks.is_empty() => {
                Err(PlanError::NeedsManifest(reason.into()))
            }
            (Some(Split::Range), _) | (None, Err(_)) => Ok(by_range(self.jobs())),
            (None, Ok(division)) => {
                let prefixes = share_prefixes(division, survey);
                let near = bound.saturating_add(bound.saturating_mul(PREFIX_TOLERANCE) / 10_000);
                let nanos = prefixes.nanos(self.speed);
                // Without a manifest there are no lists, and prefixes can be run.
                if nanos <= near || survey.is_none() {
                    return Ok(prefixes);
                }
                let ranges = by_range(self.jobs());
                Ok(if ranges.nanos(self.speed) < nanos { ranges } else { prefixes })
            }
        }
    }

    fn share_ranges(&self, blocks: &[Block], jobs: usize, largest: u64) -> Share {
        let division = divide(blocks, jobs, self.speed, largest);
        let piece = |ranges: &Vec<std::ops::Range<usize>>| {
            let mut hazards = Vec::new();
            let ranges: Vec<KeyRange> = ranges
                .iter()
                .filter_map(|range| {
                    let blocks = &blocks[range.clone()];
                    for (hazard, counts) in blocks.iter().flat_map(|block| &block.hazards) {
                        super::split::count_hazard(&mut hazards, *hazard, counts);
                    }
                    let counts = sum(blocks.iter().map(|block| block.counts));
                    Some(KeyRange {
                        first: blocks.first()?.first.clone(),
                        last: blocks.last()?.last.clone(),
                        objects: counts.objects,
                        bytes: counts.bytes,
                    })
                })
                .collect();
            let counts = sum(ranges.iter().map(|r| Counts { objects: r.objects, bytes: r.bytes }));
            let list = Inventory { ranges, ..Inventory::default() };
            Piece { selection: Selection::Inventory(list), counts, hazards }
        };
        Share { split: Split::Range, pieces: division.iter().map(piece).collect() }
    }
}

/// A division with what each part holds.
pub(super) struct Share {
    pub(super) split: Split,
    pub(super) pieces: Vec<Piece>,
}

/// What one job copies.
pub(super) struct Piece {
    pub(super) selection: Selection,
    pub(super) counts: Counts,
    pub(super) hazards: Vec<(Hazard, Counts)>,
}

impl Share {
    /// Nanoseconds of the longest job.
    pub(super) fn nanos(&self, speed: Speed) -> u128 {
        self.pieces.iter().map(|piece| speed.nanos(&piece.counts)).max().unwrap_or(0)
    }
}

fn share_prefixes(division: &PrefixDivision, survey: Option<&Survey>) -> Share {
    let hazards = |at: usize| {
        let below = survey.and_then(|survey| survey.below.get(at));
        below.map(|(_, hazards)| hazards.clone()).unwrap_or_default()
    };
    let piece = |((prefix, counts), at): (&(String, Counts), usize)| Piece {
        selection: Selection::Prefix(prefix.clone()),
        counts: *counts,
        hazards: hazards(at),
    };
    let pieces: Vec<Piece> = division.parts.iter().zip(0..).map(piece).collect();
    Share { split: if pieces.len() > 1 { Split::Prefix } else { Split::Whole }, pieces }
}
