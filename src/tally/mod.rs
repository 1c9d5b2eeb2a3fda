//! Mergeable, order-independent counters over objects.
//!
//! A [`Tally`] is what a scan knows about the objects it has seen. Every worker adds into a tally of its
//! own; tallies are merged when somebody looks (checkpoint, progress, end of the scan), and one that was
//! written to a checkpoint goes on where it was. For that to give the same figures at any parallelism,
//! each counter family is a **commutative monoid**: for any way of dealing the same objects out to any
//! number of tallies, merged in any order and shape, the result equals the single tally that saw them
//! all, bit for bit. Two rules make bounded counters obey it:
//!
//! * *keep the smallest*: a list bounded to the first N under a total order (largest objects, examples
//!   of hazards, names of storage classes). What a part throws out, the whole throws out as well.
//! * *drop as a whole*: a table that outgrows its bound is dropped and says so (prefixes of a depth).
//!   A part that outgrows the bound proves that the whole does.
//!
//! Memory is bounded whatever the bucket holds: 328 KB for the size histogram, and the stated bounds of
//! [`Options`] for the rest. Nothing here fails or overflows on any input; counters saturate, which
//! keeps merging associative.
//!
//! | file | its counters |
//! |---|---|
//! | `totals` | objects, bytes, empty objects, directory markers, key lengths |
//! | `sizes` | exact size classes, minimum and maximum; histogram for percentiles |
//! | `ages` | age classes relative to the start of the scan; oldest and newest |
//! | `classes` | storage classes |
//! | `prefixes` | prefixes up to a depth |
//! | `largest` | the N largest objects |
//! | `hazards` | what will go wrong in a migration to OSS, with examples |
//! | `digest` | the set digest over (key, size) |
//!
//! The serialized form is for checkpoints of the same program; it carries no version of its own. It
//! holds 128-bit integers, so it must not be placed behind `serde(flatten)` or an untagged enum.

mod ages;
mod base64;
mod bytestring;
mod classes;
mod counts;
mod digest;
mod hazards;
mod histogram;
mod inspect;
mod largest;
mod millis;
mod options;
mod prefixes;
mod sizes;
mod totals;
mod whole;

pub use ages::{AGE_CLASSES, AgeClass, Ages};
pub use bytestring::ByteString;
pub use classes::{ClassCounts, StorageClasses};
pub use counts::Counts;
pub use digest::SetDigest;
pub use hazards::{
    Example, HAZARDS, Hazard, HazardCounts, HazardInfo, Hazards, Severity, hazard_of_class,
    hazards_of,
};
pub use largest::{LargeObject, Largest};
pub use options::{DestinationLimits, Options};
pub use prefixes::{PrefixCounts, PrefixLevel, Prefixes};
pub use sizes::{SIZE_CLASSES, Sizes, size_class, size_class_bounds};
pub use totals::Totals;
pub use whole::{OptionsDiffer, Tally};
