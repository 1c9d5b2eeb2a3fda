//! Objects per storage class.

use serde::{Deserialize, Serialize};

use super::bytestring::ByteString;
use super::counts::Counts;
use super::hazards::{Hazard, hazard_of_class};

/// Objects and bytes of one storage class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// The class in the store's own spelling.
    pub name: ByteString,
    /// Its objects and bytes.
    pub counts: Counts,
}

/// Objects and bytes per storage class. Classes are open strings: stores invent new ones.
///
/// Where more distinct names occur than the bound, the alphabetically first ones are kept and the rest
/// is counted together. (What a part throws out as too late in the alphabet, the whole throws out too,
/// so the result does not depend on the split.)
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct StorageClasses {
    /// Sorted by name.
    kept: Vec<ClassCounts>,
    others: Counts,
    /// Where the last object was counted and what its class means: in a listing the next one nearly
    /// always has the same.
    #[serde(skip)]
    last: Option<(usize, Option<Hazard>)>,
}

impl PartialEq for StorageClasses {
    fn eq(&self, other: &Self) -> bool {
        (&self.kept, &self.others) == (&other.kept, &other.others)
    }
}

impl StorageClasses {
    /// Counts one object, with at most `bound` names kept; returns what its class means for a migration.
    #[inline]
    pub(crate) fn add(&mut self, name: &[u8], size: u64, bound: usize) -> Option<Hazard> {
        if let Some((last, hazard)) = self.last
            && let Some(class) = self.kept.get_mut(last)
            && *class.name == *name
        {
            class.counts.add(size);
            return hazard;
        }
        self.add_elsewhere(name, size, bound)
    }

    #[inline(never)]
    fn add_elsewhere(&mut self, name: &[u8], size: u64, bound: usize) -> Option<Hazard> {
        let mut counts = Counts::ZERO;
        counts.add(size);
        let hazard = hazard_of_class(name);
        self.last = self.insert(name, &counts, bound).map(|at| (at, hazard));
        hazard
    }

    /// Returns where the class is kept, if it is.
    fn insert(&mut self, name: &[u8], counts: &Counts, bound: usize) -> Option<usize> {
        match self.kept.binary_search_by(|class| (*class.name).cmp(name)) {
            Ok(at) => {
                self.kept[at].counts.merge(counts);
                Some(at)
            }
            Err(at) if at >= bound => {
                self.others.merge(counts);
                None
            }
            Err(at) => {
                self.kept.insert(at, ClassCounts { name: name.into(), counts: *counts });
                if self.kept.len() > bound
                    && let Some(thrown) = self.kept.pop()
                {
                    self.others.merge(&thrown.counts);
                }
                Some(at)
            }
        }
    }

    /// Adds what another counter has seen.
    pub(crate) fn merge(&mut self, other: &Self, bound: usize) {
        self.last = None; // positions move
        for class in &other.kept {
            self.insert(&class.name, &class.counts, bound);
        }
        self.others.merge(&other.others);
    }

    /// The classes, sorted by name.
    #[must_use]
    pub fn kept(&self) -> &[ClassCounts] {
        &self.kept
    }

    /// Objects of all classes beyond the bound; empty unless a store has more distinct classes than
    /// [`Options::class_bound`](super::Options::class_bound).
    #[must_use]
    pub fn others(&self) -> &Counts {
        &self.others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_past_the_bound_are_counted_together() {
        let mut classes = StorageClasses::default();
        for (name, size) in [("C", 1), ("A", 2), ("B", 4), ("C", 8), ("A", 16)] {
            classes.add(name.as_bytes(), size, 2);
        }
        let kept: Vec<_> = classes
            .kept()
            .iter()
            .map(|class| (class.name.to_text().into_owned(), class.counts.bytes))
            .collect();
        assert_eq!(kept, [("A".to_owned(), 18), ("B".to_owned(), 4)]);
        assert_eq!(*classes.others(), Counts { objects: 2, bytes: 9 });
    }
}
