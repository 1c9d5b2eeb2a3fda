//! All counters of a run together.

use serde::{Deserialize, Serialize};

use super::ages::Ages;
use super::classes::StorageClasses;
use super::digest::SetDigest;
use super::hazards::Hazards;
use super::largest::Largest;
use super::options::Options;
use super::prefixes::Prefixes;
use super::sizes::Sizes;
use super::totals::Totals;
use crate::object::Object;

/// Everything that is counted about a set of objects. See the [module documentation](super).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    options: Options,
    totals: Totals,
    sizes: Sizes,
    ages: Ages,
    classes: StorageClasses,
    prefixes: Prefixes,
    largest: Largest,
    hazards: Hazards,
    digest: SetDigest,
}

/// Two tallies were counted under different [`Options`], so their figures do not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tallies that were counted under different options cannot be merged")]
pub struct OptionsDiffer;

impl Tally {
    /// A tally that has seen nothing yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            totals: Totals::default(),
            sizes: Sizes::default(),
            ages: Ages::default(),
            classes: StorageClasses::default(),
            prefixes: Prefixes::new(options.depth),
            largest: Largest::default(),
            hazards: Hazards::default(),
            digest: SetDigest::default(),
            options,
        }
    }

    /// Counts one object.
    ///
    /// ```
    /// use weighbridge::object::{Object, Timestamp};
    /// use weighbridge::tally::{Options, Tally};
    ///
    /// let mut tally = Tally::new(Options::new(Timestamp(0)));
    /// tally.add(&Object { key: b"a/b", size: 7, modified: Timestamp(0), etag: b"", storage_class: b"" });
    /// assert_eq!(tally.totals().counts.bytes, 7);
    /// ```
    #[inline]
    pub fn add(&mut self, object: &Object<'_>) {
        let Self { options, .. } = self;
        let class = match object.storage_class {
            b"" => options.unnamed_class.as_bytes(),
            named => named,
        };
        self.totals.add(object);
        self.sizes.add(object.size);
        self.ages.add(object, options.as_of);
        let class_hazard = self.classes.add(class, object.size, options.class_bound);
        let class_hazard = class_hazard.filter(|_| options.archives);
        self.prefixes.add(object, options);
        self.largest.add(object, options.largest);
        self.hazards.add(object, class_hazard, &options.destination, options.examples);
        self.digest.add(object.key, object.size);
    }

    /// Adds everything that another tally has counted. The result is as if this one had seen the
    /// objects of both, in whatever order.
    ///
    /// # Errors
    /// [`OptionsDiffer`] if the two were made with different options; nothing is changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), OptionsDiffer> {
        if self.options != other.options {
            return Err(OptionsDiffer);
        }
        let Self { options, .. } = self;
        self.totals.merge(&other.totals);
        self.sizes.merge(&other.sizes);
        self.ages.merge(&other.ages);
        self.classes.merge(&other.classes, options.class_bound);
        self.prefixes.merge(&other.prefixes, options.prefix_bound);
        self.largest.merge(&other.largest, options.largest);
        self.hazards.merge(&other.hazards, options.examples);
        self.digest.merge(&other.digest);
        Ok(())
    }

    /// The options it was made with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Objects, bytes and other exact totals.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// How large the objects are.
    #[must_use]
    pub fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// How old the objects are.
    #[must_use]
    pub fn ages(&self) -> &Ages {
        &self.ages
    }

    /// Objects per storage class.
    #[must_use]
    pub fn classes(&self) -> &StorageClasses {
        &self.classes
    }

    /// Objects per prefix.
    #[must_use]
    pub fn prefixes(&self) -> &Prefixes {
        &self.prefixes
    }

    /// The largest objects.
    #[must_use]
    pub fn largest(&self) -> &Largest {
        &self.largest
    }

    /// Objects that will make trouble in a migration.
    #[must_use]
    pub fn hazards(&self) -> &Hazards {
        &self.hazards
    }

    /// The set digest over (key, size).
    #[must_use]
    pub fn digest(&self) -> SetDigest {
        self.digest
    }
}
