//! A number of objects and their bytes: the pair that everything is counted in.

use serde::{Deserialize, Serialize};

/// A number of objects and the sum of their sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Number of objects.
    pub objects: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u128,
}

impl Counts {
    /// Nothing counted yet.
    pub const ZERO: Self = Self { objects: 0, bytes: 0 };

    /// Counts one object of `size` bytes.
    #[inline]
    pub fn add(&mut self, size: u64) {
        // Saturating, here and in `merge`: addition capped at the top is still associative and
        // commutative, so even absurd inputs cannot make the result depend on the order.
        self.objects = self.objects.saturating_add(1);
        self.bytes = self.bytes.saturating_add(u128::from(size));
    }

    /// Adds what another counter has seen.
    #[inline]
    pub fn merge(&mut self, other: &Self) {
        self.objects = self.objects.saturating_add(other.objects);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_beyond_64_bits() {
        let mut counts = Counts::ZERO;
        counts.add(u64::MAX);
        counts.add(u64::MAX);
        assert_eq!(counts, Counts { objects: 2, bytes: u128::from(u64::MAX) * 2 });
    }
}
