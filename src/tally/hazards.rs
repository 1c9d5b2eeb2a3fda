//! Objects that will make trouble in a migration to OSS, found while they are counted.

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bytestring::ByteString;
use super::counts::Counts;
use super::inspect::{Oddities, inspect};
use super::options::DestinationLimits;
use crate::object::Object;

/// How bad a hazard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the migration copies the object.
    Info,
    /// May fail, or depends on something that a listing does not show.
    Warning,
    /// The migration cannot copy the object as it is.
    Blocker,
}

/// What can be wrong with one object; an index into [`HAZARDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is described in the table below")]
pub enum Hazard {
    KeyTooLong,
    KeyLeadingSlash,
    KeyLeadingBackslash,
    KeyNotUtf8,
    KeyEmpty,
    ObjectTooLarge,
    ObjectArchived,
    ObjectNearSizeLimit,
    ObjectMaybeArchived,
    KeyControlCharacter,
    KeyDotSegment,
    KeyEmptySegment,
}

/// What is known about a hazard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HazardInfo {
    /// Which one.
    pub hazard: Hazard,
    /// Its stable name in JSON and in messages.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What happens, and what to do about it.
    pub meaning: &'static str,
}

const fn info(
    hazard: Hazard,
    code: &'static str,
    severity: Severity,
    title: &'static str,
    meaning: &'static str,
) -> HazardInfo {
    HazardInfo { hazard, code, severity, title, meaning }
}

/// All hazards, in the order in which they are reported: worst first.
pub const HAZARDS: [HazardInfo; 12] = [
    info(
        Hazard::KeyTooLong,
        "KEY_TOO_LONG",
        Severity::Blocker,
        "key too long for OSS",
        "OSS takes keys of up to 1,023 bytes including the destination prefix; rename these objects or leave them out",
    ),
    info(
        Hazard::KeyLeadingSlash,
        "KEY_LEADING_SLASH",
        Severity::Blocker,
        "key starts with /",
        "OSS refuses keys that start with a slash; give the job a destination prefix",
    ),
    info(
        Hazard::KeyLeadingBackslash,
        "KEY_LEADING_BACKSLASH",
        Severity::Blocker,
        "key starts with \\",
        "OSS refuses keys that start with a backslash; give the job a destination prefix",
    ),
    info(
        Hazard::KeyNotUtf8,
        "KEY_NOT_UTF8",
        Severity::Blocker,
        "key is not UTF-8",
        "OSS takes only UTF-8 keys; rename these objects",
    ),
    info(
        Hazard::KeyEmpty,
        "KEY_EMPTY",
        Severity::Blocker,
        "key is empty",
        "OSS needs keys of at least one byte; give the job a destination prefix",
    ),
    info(
        Hazard::ObjectTooLarge,
        "OBJECT_TOO_LARGE",
        Severity::Blocker,
        "object too large for OSS",
        "OSS stores objects of up to 48.8 TB (10,000 parts of 5 GiB); split these objects",
    ),
    info(
        Hazard::ObjectArchived,
        "OBJECT_ARCHIVED",
        Severity::Blocker,
        "archived, must be restored first",
        "archived objects fail unless they are restored before the migration and stay restored until its end",
    ),
    info(
        Hazard::ObjectNearSizeLimit,
        "OBJECT_NEAR_SIZE_LIMIT",
        Severity::Warning,
        "object close to the size limit of OSS",
        "OSS documents its limit as 48.8 TB without saying whether decimal; these objects lie between the readings",
    ),
    info(
        Hazard::ObjectMaybeArchived,
        "OBJECT_MAYBE_ARCHIVED",
        Severity::Warning,
        "may be in an archive tier",
        "intelligent tiering can move objects to archive tiers, which a listing does not show; check a sample",
    ),
    info(
        Hazard::KeyControlCharacter,
        "KEY_CONTROL_CHAR",
        Severity::Warning,
        "key holds control characters",
        "line breaks and other control characters in keys break inventories and list files; rename where possible",
    ),
    info(
        Hazard::KeyDotSegment,
        "KEY_DOT_SEGMENT",
        Severity::Warning,
        "key has a . or .. segment",
        "HTTP clients resolve such segments and may ask for another object",
    ),
    info(
        Hazard::KeyEmptySegment,
        "KEY_EMPTY_SEGMENT",
        Severity::Info,
        "key has an empty segment (//)",
        "legal, but consoles and file-system views show such objects under nameless folders",
    ),
];

impl Hazard {
    /// What is known about it.
    #[must_use]
    pub const fn info(self) -> &'static HazardInfo {
        &HAZARDS[self as usize]
    }
}

/// Storage classes whose objects cannot be read before they are restored: S3 (GLACIER is now called
/// Flexible Retrieval; `GLACIER_IR` reads at once), KS3 and OSS, Azure. In any case.
const ARCHIVED: [&str; 7] = [
    "GLACIER",
    "DEEP_ARCHIVE",
    "ARCHIVE",
    "COLD_ARCHIVE",
    "DEEP_COLD_ARCHIVE",
    // The spellings of the OSS API.
    "ColdArchive",
    "DeepColdArchive",
];

/// What a storage class means for a migration, where objects of archive classes have to be restored before they
/// can be read ([`Options::archives`](super::Options::archives)).
#[must_use]
pub fn hazard_of_class(name: &[u8]) -> Option<Hazard> {
    if ARCHIVED.iter().any(|archived| name.eq_ignore_ascii_case(archived.as_bytes())) {
        Some(Hazard::ObjectArchived)
    } else if name.eq_ignore_ascii_case(b"INTELLIGENT_TIERING") {
        Some(Hazard::ObjectMaybeArchived)
    } else {
        None
    }
}

/// Whether an object is unusual in any way, and what is unusual about its key.
#[inline]
fn look(
    object: &Object<'_>,
    class: Option<Hazard>,
    limits: &DestinationLimits,
) -> Option<Oddities> {
    let oddities = inspect(object.key);
    let unusual = oddities.is_some()
        || class.is_some()
        || object.key.len() as u64 > limits.max_key_bytes
        || object.size > limits.sure_object_bytes.min(limits.max_object_bytes)
        || matches!(object.key.first(), None | Some(b'/' | b'\\'));
    unusual.then(|| oddities.unwrap_or_default())
}

/// The hazards of an unusual object; `class` is what its storage class means.
fn present(
    object: &Object<'_>,
    class: Option<Hazard>,
    oddities: Oddities,
    limits: &DestinationLimits,
) -> impl Iterator<Item = Hazard> + use<> {
    let Object { key, size, .. } = *object;
    let too_large = size > limits.max_object_bytes;
    let present = [
        (Hazard::KeyTooLong, key.len() as u64 > limits.max_key_bytes),
        (Hazard::KeyLeadingSlash, key.first() == Some(&b'/')),
        (Hazard::KeyLeadingBackslash, key.first() == Some(&b'\\')),
        (Hazard::KeyNotUtf8, oddities.not_utf8),
        (Hazard::KeyEmpty, key.is_empty()),
        (Hazard::ObjectTooLarge, too_large),
        (Hazard::ObjectNearSizeLimit, !too_large && size > limits.sure_object_bytes),
        (Hazard::KeyControlCharacter, oddities.control),
        (Hazard::KeyDotSegment, oddities.dot_segment),
        (Hazard::KeyEmptySegment, oddities.empty_segment),
    ];
    present.into_iter().filter_map(|(hazard, present)| present.then_some(hazard)).chain(class)
}

/// What is wrong with one object; `archives` tells whether those of archive classes have to be restored before they
/// can be read.
pub fn hazards_of(
    object: &Object<'_>,
    limits: &DestinationLimits,
    archives: bool,
) -> impl Iterator<Item = Hazard> + use<> {
    let class = hazard_of_class(object.storage_class).filter(|_| archives);
    let unusual = look(object, class, limits);
    let found = unusual.map(|oddities| present(object, class, oddities, limits));
    found.into_iter().flatten()
}

/// One object that has a hazard.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Example {
    /// Its key.
    pub key: ByteString,
    /// Its size in bytes.
    pub size: u64,
}

/// How many objects have a hazard, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HazardCounts {
    /// The objects and their bytes. An object can have several hazards and counts under each.
    pub counts: Counts,
    /// The first objects in the order of their keys' bytes.
    pub examples: Vec<Example>,
}

impl HazardCounts {
    /// Counts one object; it becomes an example if it is among the first `bound` in key order.
    pub fn add(&mut self, key: &[u8], size: u64, bound: usize) {
        self.counts.add(size);
        self.consider(key, size, bound);
    }

    fn consider(&mut self, key: &[u8], size: u64, bound: usize) {
        let rank = |kept: &Example| (*kept.key).cmp(key).then(kept.size.cmp(&size));
        // Sorted arrival ends here on one comparison, even where every object has the hazard.
        if self.examples.len() >= bound
            && self.examples.last().is_none_or(|last| rank(last) != Ordering::Greater)
        {
            return;
        }
        let at = self.examples.partition_point(|kept| rank(kept) == Ordering::Less);
        self.examples.insert(at, Example { key: key.into(), size });
        self.examples.truncate(bound);
    }

    fn merge(&mut self, other: &Self, bound: usize) {
        self.counts.merge(&other.counts);
        for example in &other.examples {
            self.consider(&example.key, example.size, bound);
        }
    }
}

/// All hazards of the counted objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hazards {
    found: [HazardCounts; HAZARDS.len()],
}

impl Hazards {
    /// Looks at one object; `class` is what its storage class means ([`hazard_of_class`]).
    #[inline]
    pub(super) fn add(
        &mut self,
        object: &Object<'_>,
        class: Option<Hazard>,
        limits: &DestinationLimits,
        examples: usize,
    ) {
        if let Some(oddities) = look(object, class, limits) {
            self.add_unusual(object, class, oddities, limits, examples);
        }
    }

    #[inline(never)]
    fn add_unusual(
        &mut self,
        object: &Object<'_>,
        class: Option<Hazard>,
        oddities: Oddities,
        limits: &DestinationLimits,
        examples: usize,
    ) {
        for hazard in present(object, class, oddities, limits) {
            self.found[hazard as usize].add(object.key, object.size, examples);
        }
    }

    pub(super) fn merge(&mut self, other: &Self, examples: usize) {
        for (mine, theirs) in self.found.iter_mut().zip(&other.found) {
            mine.merge(theirs, examples);
        }
    }

    /// What was found for one hazard.
    #[must_use]
    pub fn get(&self, hazard: Hazard) -> &HazardCounts {
        &self.found[hazard as usize]
    }

    /// The hazards that occur, worst first.
    pub fn found(&self) -> impl Iterator<Item = (&'static HazardInfo, &HazardCounts)> {
        HAZARDS.iter().zip(&self.found).filter(|(_, found)| !found.counts.is_empty())
    }
}

impl Serialize for Hazards {
    /// By code, so that a table with more hazards can still read it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.found().map(|(info, found)| (info.code, found)))
    }
}

impl<'de> Deserialize<'de> for Hazards {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Self::default();
        let mut by_code =
            std::collections::BTreeMap::<String, HazardCounts>::deserialize(deserializer)?;
        for (info, found) in HAZARDS.iter().zip(&mut all.found) {
            *found = by_code.remove(info.code).unwrap_or_default();
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Timestamp;

    fn codes(key: &[u8], size: u64, class: &str) -> Vec<&'static str> {
        let mut hazards = Hazards::default();
        let object = Object {
            key,
            size,
            modified: Timestamp(0),
            etag: b"",
            storage_class: class.as_bytes(),
        };
        hazards.add(
            &object,
            hazard_of_class(object.storage_class),
            &DestinationLimits::default(),
            5,
        );
        hazards.found().map(|(info, _)| info.code).collect()
    }

    #[test]
    fn the_table_is_indexed_by_the_enum_and_sorted_by_severity() {
        assert!(HAZARDS.iter().enumerate().all(|(index, info)| info.hazard as usize == index));
        assert!(HAZARDS.windows(2).all(|pair| pair[0].severity >= pair[1].severity));
    }

    #[test]
    fn limits_are_inclusive() {
        assert!(codes(&[b'k'; 1_023], 48_800_000_000_000, "").is_empty());
        assert_eq!(codes(&[b'k'; 1_024], 0, ""), ["KEY_TOO_LONG"]);
        assert_eq!(codes(b"k", 48_800_000_000_001, ""), ["OBJECT_NEAR_SIZE_LIMIT"]);
        assert_eq!(codes(b"k", 53_687_091_200_000, ""), ["OBJECT_NEAR_SIZE_LIMIT"]);
        assert_eq!(codes(b"k", 53_687_091_200_001, ""), ["OBJECT_TOO_LARGE"]);
    }

    #[test]
    fn key_length_counts_bytes_not_characters() {
        assert_eq!(codes("\u{65e5}".repeat(342).as_bytes(), 0, ""), ["KEY_TOO_LONG"]);
    }

    #[test]
    fn archive_classes_of_every_store_block() {
        for class in
            ["GLACIER", "DEEP_ARCHIVE", "ARCHIVE", "COLD_ARCHIVE", "DEEP_COLD_ARCHIVE", "Archive"]
        {
            assert_eq!(codes(b"k", 1, class), ["OBJECT_ARCHIVED"], "{class}");
        }
        for class in ["", "STANDARD", "GLACIER_IR", "DEEP_IA", "Cool", "SOMETHING_NEW"] {
            assert!(codes(b"k", 1, class).is_empty(), "{class}");
        }
        assert_eq!(codes(b"k", 1, "INTELLIGENT_TIERING"), ["OBJECT_MAYBE_ARCHIVED"]);
    }

    #[test]
    fn one_object_can_have_several_hazards() {
        assert_eq!(
            codes(b"//a\n", 1, "GLACIER"),
            ["KEY_LEADING_SLASH", "OBJECT_ARCHIVED", "KEY_CONTROL_CHAR", "KEY_EMPTY_SEGMENT"]
        );
        assert_eq!(codes(b"\\\xff", 1, ""), ["KEY_LEADING_BACKSLASH", "KEY_NOT_UTF8"]);
        assert_eq!(codes(b"", 0, ""), ["KEY_EMPTY"]);
    }
}
