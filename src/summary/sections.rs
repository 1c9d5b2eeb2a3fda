//! The parts of a summary that describe the objects.

use serde::{Deserialize, Serialize};

use super::time::Moment;
use crate::tally::{ByteString, Example, Severity};

/// Exact totals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TotalsSection {
    /// Number of objects.
    pub objects: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u128,
    /// Objects of zero bytes, directory markers included.
    pub zero_byte_objects: u64,
    /// Zero-byte objects whose key ends in `/`.
    pub directory_markers: u64,
    /// Mean size in bytes; `null` without objects.
    pub mean: Option<f64>,
    /// Smallest size in bytes; `null` without objects.
    pub min: Option<u64>,
    /// Largest size in bytes; `null` without objects.
    pub max: Option<u64>,
    /// Sum of the lengths of all keys in bytes.
    pub key_bytes: u64,
    /// Length of the longest key in bytes.
    pub longest_key: u64,
}

/// How large the objects are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SizesSection {
    /// The size classes that hold objects, ascending: zero bytes, then powers of two. Exact.
    pub classes: Vec<SizeShare>,
    /// Percentiles over all objects, ascending; empty without objects. Estimated: at most 0.1 % above
    /// the true value.
    pub percentiles: Vec<Percentile>,
    /// What the percentiles are worth, in words.
    pub percentiles_note: String,
}

/// One class of sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeShare {
    /// Smallest size of the class in bytes, inclusive.
    pub from: u64,
    /// Largest size of the class in bytes, inclusive.
    pub to: u64,
    /// Number of objects.
    pub objects: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u128,
}

/// One percentile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Percentile {
    /// The share of objects in percent that is not larger than `bytes`.
    pub percent: f64,
    /// The size in bytes.
    pub bytes: u64,
}

/// How old the objects are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgesSection {
    /// All age classes, youngest first, empty ones included.
    pub classes: Vec<AgeShare>,
    /// The first modification of any object; `null` without objects.
    pub oldest: Option<Moment>,
    /// The last modification of any object; `null` without objects.
    pub newest: Option<Moment>,
}

/// One class of ages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeShare {
    /// What people read.
    pub label: String,
    /// Lower bound in days before the start of the scan, inclusive; `null` for the future.
    pub from_days: Option<u32>,
    /// Upper bound in days, exclusive; `null` for the oldest class.
    pub below_days: Option<u32>,
    /// Number of objects.
    pub objects: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u128,
}

/// Objects per storage class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassesSection {
    /// The classes, most bytes first, then by name.
    pub classes: Vec<ClassShare>,
    /// Objects of further classes beyond the bound of the scan; normally 0.
    #[serde(default)]
    pub other_objects: u64,
    /// Their bytes.
    #[serde(default)]
    pub other_bytes: u128,
}

/// One storage class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassShare {
    /// The class in the store's spelling.
    pub name: ByteString,
    /// Number of objects.
    pub objects: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u128,
}

/// Objects per prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixesSection {
    /// The delimiter that ends prefixes.
    pub delimiter: String,
    /// How many depths were asked for.
    pub depth: u8,
    /// Most distinct prefixes that were kept per depth.
    pub bound: u64,
    /// The first depth with more prefixes than `bound`: it and deeper ones were dropped. `null` if none.
    pub dropped_from: Option<u8>,
    /// The depths that were kept, from depth 1 on.
    pub depths: Vec<PrefixDepth>,
}

/// The prefixes of one depth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixDepth {
    /// The depth, from 1.
    pub depth: u8,
    /// How many distinct prefixes there are; exact.
    pub distinct: u64,
    /// Objects with no prefix of this depth, because their keys have fewer delimiters.
    pub above_objects: u64,
    /// Their bytes.
    pub above_bytes: u128,
    /// The prefixes with the most bytes, then by name.
    pub top_by_bytes: Vec<PrefixShare>,
    /// The prefixes with the most objects, then by name.
    pub top_by_objects: Vec<PrefixShare>,
}

/// One prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixShare {
    /// The whole prefix with its last delimiter.
    pub prefix: ByteString,
    /// Objects below it.
    pub objects: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u128,
    /// The last modification below it.
    pub newest: Moment,
}

/// One of the largest objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargeSection {
    /// Its key.
    pub key: ByteString,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last modified.
    pub modified: Moment,
    /// Its storage class as the store gave it, possibly empty.
    pub storage_class: ByteString,
}

/// One hazard that occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HazardSection {
    /// Its stable name.
    pub code: String,
    /// `info`, `warning` or `blocker`.
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: String,
    /// What happens, and what to do about it.
    pub meaning: String,
    /// Number of objects.
    pub objects: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u128,
    /// The first objects in the order of their keys.
    pub examples: Vec<Example>,
}
