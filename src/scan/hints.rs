//! Cut points from the ledger of an earlier scan.

use super::ledger::{Ledger, RangeRecord};

impl Ledger {
    /// Up to `pieces - 1` keys, ascending, that cut the bucket into pieces of about as many objects
    /// each, going by what this scan found. Only the borders of its ranges can be named, so pieces are
    /// as even as those.
    #[must_use]
    pub fn cuts(&self, pieces: usize) -> Vec<Vec<u8>> {
        let total: u64 = self.ranges.iter().map(|range| range.listed).sum();
        let pieces = u64::try_from(pieces).unwrap_or(u64::MAX).max(1);
        let per_piece = total.div_ceil(pieces).max(1);
        let mut cuts = Vec::new();
        let mut in_piece = 0;
        for RangeRecord { through, listed, .. } in &self.ranges {
            in_piece += listed;
            if in_piece >= per_piece
                && let Some(through) = through
            {
                cuts.push(through.to_vec());
                in_piece = 0;
            }
        }
        cuts
    }
}
