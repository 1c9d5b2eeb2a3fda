//! One page of all that is kept of a bucket's objects: current versions, noncurrent ones, delete markers, and
//! where the store has them snapshots and what was deleted but is kept for a while.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::page_error::{PageError, printable};
use super::quirks::Quirks;
use crate::object::Timestamp;

/// A request for one page of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionsRequest {
    /// Only keys that start with this; empty for the whole bucket.
    pub prefix: Vec<u8>,
    /// Where to go on; `None` starts at the prefix.
    pub from: Option<Marker>,
    /// What came last before that, against which the page is checked.
    pub passed: Option<Passed>,
    /// The most entries to answer; the store may answer fewer at any time.
    pub limit: usize,
    /// Take the entries in whatever order the store lists them.
    pub any_order: bool,
    /// What is listed beside the current versions.
    pub include: Include,
}

/// What is listed beside the current versions. Stores that cannot leave versions out list them always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Include {
    /// Noncurrent versions and delete markers.
    pub versions: bool,
    /// Snapshots.
    pub snapshots: bool,
    /// What was deleted and is kept for its time of retention.
    pub deleted: bool,
}

impl Include {
    /// Whether anything is included.
    #[must_use]
    pub fn any(self) -> bool {
        self.versions || self.snapshots || self.deleted
    }
}

/// A place in a listing of versions or of uploads, as stores name it. Opaque where a store gave it; one with
/// a key alone is before or behind all entries of that key, which of the two is the store's own affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// `key-marker`.
    pub key: Vec<u8>,
    /// `version-id-marker` or `upload-id-marker`.
    pub id: Option<Vec<u8>>,
}

/// What is known of the last key of the page before, whose versions may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The key.
    pub key: Vec<u8>,
    /// The ids of its versions on that page, in the order listed.
    pub ids: Vec<Vec<u8>>,
    /// Whether its latest version came by.
    pub latest: bool,
}

/// One version of an object, or a delete marker, or what else is kept of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The key, decoded.
    pub key: Vec<u8>,
    /// The version id, opaque; `null` for what was written without versioning.
    pub id: Vec<u8>,
    /// Whether it is the one that the key stands for.
    pub latest: bool,
    /// When it was written.
    pub modified: Timestamp,
    /// What it holds; `None` for a delete marker, which has neither size nor storage class.
    pub stored: Option<Stored>,
    /// As what it is kept.
    pub form: Form,
}

/// As what an entry is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As a version.
    #[default]
    Version,
    /// As a snapshot that somebody took.
    Snapshot,
    /// As something deleted whose time of retention is not over, whatever it was before.
    Deleted,
}

/// What a version holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Size in bytes.
    pub size: u64,
    /// The storage class in the store's own spelling; empty where the store gave none.
    pub storage_class: Vec<u8>,
}

/// A decoded page of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionsPage {
    /// The versions in key order, those of one key in the order listed.
    pub entries: Vec<Version>,
    /// Where the listing goes on; `None` at its end.
    pub next: Option<Marker>,
    /// Size of the body as received, in bytes.
    pub received: usize,
}

impl VersionsPage {
    /// Checks that the page answers the request: every key inside the prefix, in order, not before the
    /// place that was asked for, no version twice, at most one latest version to a key, and a place to go
    /// on that lies ahead.
    ///
    /// Versions and delete markers are each in order; most servers mix them, some write one kind after the
    /// other. Here they are brought into one order. What a server repeats of the page before is dropped.
    ///
    /// # Errors
    /// The first violation, with the keys that show it.
    pub fn check(&mut self, request: &VersionsRequest, quirks: &Quirks) -> Result<(), PageError> {
        if let Some(entry) =
            self.entries.iter().find(|entry| !entry.key.starts_with(&request.prefix))
        {
            return Err(PageError::OutsidePrefix { key: printable(&entry.key) });
        }
        if self.next.is_some() && self.next == request.from {
            let key = self.next.as_ref().map(|next| printable(&next.key));
            return Err(PageError::Stuck { token: key.unwrap_or_default() });
        }
        if let Some(Passed { key, ids, .. }) = &request.passed {
            self.entries.retain(|entry| entry.key != *key || !ids.contains(&entry.id));
        }
        if request.any_order || !quirks.ordered {
            return self.check_once();
        }
        let order = |left: &[u8], right: &[u8]| quirks.order.compare(left, right);
        for markers in [false, true] {
            let kind = self.entries.iter().filter(|entry| entry.stored.is_none() == markers);
            in_order(kind.map(|entry| entry.key.as_slice()), order)?;
        }
        self.entries.sort_by(|left, right| order(&left.key, &right.key));
        self.check_start(request, order)?;
        self.check_each(request)?;
        let last = self.entries.last().map(|entry| &entry.key);
        let last = last.or(request.passed.as_ref().map(|passed| &passed.key));
        let last = last.or(request.from.as_ref().map(|from| &from.key));
        if let (Some(next), Some(last)) = (&self.next, last) {
            // To go on from before what is listed would be to list it twice.
            in_order([last.as_slice(), &next.key].into_iter(), order)?;
        }
        Ok(())
    }

    /// Checks that nothing is on the page twice, where no order shows it. What was deleted may have no id of its own.
    fn check_once(&self) -> Result<(), PageError> {
        let mut met = HashSet::with_capacity(self.entries.len());
        for entry in self.entries.iter().filter(|entry| entry.form != Form::Deleted) {
            if !met.insert((&entry.key, &entry.id)) {
                return Err(PageError::VersionTwice {
                    key: printable(&entry.key),
                    what: "a version",
                });
            }
        }
        Ok(())
    }

    fn check_start(
        &self,
        request: &VersionsRequest,
        order: impl Fn(&[u8], &[u8]) -> Ordering,
    ) -> Result<(), PageError> {
        let Some(first) = self.entries.first() else { return Ok(()) };
        let from = request.from.as_ref().map(|from| &from.key);
        for after in from.into_iter().chain(request.passed.as_ref().map(|passed| &passed.key)) {
            if order(&first.key, after) == Ordering::Less {
                return Err(PageError::NotAfterStart {
                    key: printable(&first.key),
                    after: printable(after),
                });
            }
        }
        Ok(())
    }

    /// Looks at the versions of each key together.
    fn check_each(&self, request: &VersionsRequest) -> Result<(), PageError> {
        let mut ids: HashSet<&[u8]> = HashSet::new();
        let passed = request.passed.as_ref();
        let (mut key, mut latest) =
            passed.map_or((None, false), |passed| (Some(&passed.key), passed.latest));
        for entry in &self.entries {
            if key != Some(&entry.key) {
                (key, latest) = (Some(&entry.key), false);
                ids.clear();
            }
            if latest && entry.latest || !ids.insert(&entry.id) {
                return Err(PageError::VersionTwice {
                    key: printable(&entry.key),
                    what: if latest && entry.latest { "the latest version" } else { "a version" },
                });
            }
            latest |= entry.latest;
        }
        Ok(())
    }

    /// What the page after this one is checked against.
    #[must_use]
    pub fn passed(&self, before: Option<Passed>) -> Option<Passed> {
        let Some(last) = self.entries.last() else { return before };
        let other = self.entries.iter().rposition(|entry| entry.key != last.key);
        let first = other.map_or(0, |other| other + 1);
        let of_key = self.entries.get(first..).unwrap_or_default();
        let latest = of_key.iter().any(|entry| entry.latest)
            || before.is_some_and(|before| before.key == last.key && before.latest);
        let ids = of_key.iter().map(|entry| entry.id.clone()).collect();
        Some(Passed { key: last.key.clone(), ids, latest })
    }
}

/// Checks that keys do not descend.
pub(super) fn in_order<'a>(
    keys: impl Iterator<Item = &'a [u8]>,
    order: impl Fn(&[u8], &[u8]) -> Ordering,
) -> Result<(), PageError> {
    let mut previous: Option<&[u8]> = None;
    for key in keys {
        if let Some(previous) = previous
            && order(previous, key) == Ordering::Greater
        {
            let (key, previous) = (printable(key), printable(previous));
            return Err(PageError::OutOfOrder { key, previous });
        }
        previous = Some(key);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(key: &str, id: &str, latest: bool) -> Version {
        Version {
            key: key.into(),
            id: id.into(),
            latest,
            modified: Timestamp(0),
            stored: Some(Stored { size: 1, storage_class: Vec::new() }),
            form: Form::Version,
        }
    }

    fn deleted(key: &str, id: &str, latest: bool) -> Version {
        Version { stored: None, ..version(key, id, latest) }
    }

    fn marker(key: &str, id: Option<&str>) -> Marker {
        Marker { key: key.into(), id: id.map(Into::into) }
    }

    fn after(key: &str, id: &str, latest: bool) -> VersionsRequest {
        VersionsRequest {
            from: Some(marker(key, Some(id))),
            passed: Some(Passed { key: key.into(), ids: vec![id.into()], latest }),
            ..VersionsRequest::default()
        }
    }

    fn check(
        request: &VersionsRequest,
        entries: &[Version],
        next: Option<Marker>,
    ) -> Result<Vec<String>, PageError> {
        let mut page = VersionsPage { entries: entries.to_vec(), next, received: 0 };
        page.check(request, &Quirks::default())?;
        let name =
            |entry: &Version| String::from_utf8([&entry.key[..], &entry.id[..]].concat()).unwrap();
        Ok(page.entries.iter().map(name).collect())
    }

    #[test]
    fn delete_markers_behind_all_versions_are_put_where_they_belong() {
        let listed = [version("a", "2", false), version("b", "1", true), deleted("a", "3", true)];
        let found = check(&VersionsRequest::default(), &listed, None).unwrap();
        assert_eq!(found, ["a2", "a3", "b1"]);
    }

    #[test]
    fn what_came_last_may_be_repeated_and_is_dropped() {
        let listed = [version("a", "1", true), version("a", "0", false)];
        assert_eq!(check(&after("a", "1", true), &listed, None).unwrap(), ["a0"]);
    }

    #[test]
    fn every_broken_page_is_refused() {
        let whole = VersionsRequest::default();
        let below = VersionsRequest { prefix: b"p/".into(), ..whole.clone() };
        let two = [version("b", "1", true), version("a", "1", true)];
        assert!(matches!(check(&whole, &two, None), Err(PageError::OutOfOrder { .. })));
        let markers = [deleted("b", "1", true), deleted("a", "1", true)];
        assert!(matches!(check(&whole, &markers, None), Err(PageError::OutOfOrder { .. })));
        let foreign = [version("q", "1", true)];
        assert!(matches!(check(&below, &foreign, None), Err(PageError::OutsidePrefix { .. })));
        let same = [version("a", "1", true), version("a", "1", false)];
        assert!(matches!(check(&whole, &same, None), Err(PageError::VersionTwice { .. })));
        let latest = [version("a", "2", true), deleted("a", "1", true)];
        assert!(matches!(check(&whole, &latest, None), Err(PageError::VersionTwice { .. })));
        let again = [version("a", "1", true)];
        assert!(matches!(
            check(&after("a", "2", true), &again, None),
            Err(PageError::VersionTwice { .. })
        ));
        let before = [version("a", "1", true)];
        assert!(matches!(
            check(&after("b", "2", true), &before, None),
            Err(PageError::NotAfterStart { .. })
        ));
        let stuck = Some(marker("b", Some("2")));
        assert!(matches!(check(&after("b", "2", true), &[], stuck), Err(PageError::Stuck { .. })));
        let back = Some(marker("a", None));
        let listed = [version("b", "1", true)];
        assert!(matches!(check(&whole, &listed, back.clone()), Err(PageError::OutOfOrder { .. })));
        let empty = check(&after("b", "2", true), &[], back);
        assert!(matches!(empty, Err(PageError::OutOfOrder { .. })));
    }

    #[test]
    fn a_latest_version_is_remembered_over_the_end_of_a_page() {
        let page = |entries: &[Version]| VersionsPage {
            entries: entries.to_vec(),
            ..VersionsPage::default()
        };
        let first = page(&[version("a", "3", true), version("a", "2", false)]).passed(None);
        assert_eq!(
            first,
            Some(Passed { key: b"a".into(), ids: vec![b"3".into(), b"2".into()], latest: true })
        );
        let second = page(&[version("a", "1", false)]).passed(first);
        assert!(second.clone().unwrap().latest);
        assert_eq!(page(&[]).passed(second.clone()), second);
        let third = page(&[version("b", "1", false)]).passed(second);
        assert_eq!(third, Some(Passed { key: b"b".into(), ids: vec![b"1".into()], latest: false }));
    }
}
