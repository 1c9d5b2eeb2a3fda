//! Unfinished multipart uploads, and the parts of one.

use super::page_error::{PageError, printable};
use super::quirks::Quirks;
use super::versions::{Marker, in_order};
use crate::object::Timestamp;

/// A request for one page of unfinished uploads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadsRequest {
    /// Only keys that start with this; empty for the whole bucket.
    pub prefix: Vec<u8>,
    /// Where to go on; `None` starts at the prefix.
    pub from: Option<Marker>,
    /// The most uploads to answer; the store may answer fewer at any time.
    pub limit: usize,
    /// Take the uploads in whatever order the store lists them.
    pub any_order: bool,
}

/// An upload that was begun and neither completed nor aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The key that it would become, decoded.
    pub key: Vec<u8>,
    /// The upload id, opaque.
    pub id: Vec<u8>,
    /// When it was begun.
    pub initiated: Timestamp,
    /// The storage class in the store's own spelling; empty where the store gave none.
    pub storage_class: Vec<u8>,
}

/// A decoded page of uploads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadsPage {
    /// The uploads in the order listed.
    pub entries: Vec<Upload>,
    /// Where the listing goes on; `None` at its end.
    pub next: Option<Marker>,
    /// Size of the body as received, in bytes.
    pub received: usize,
}

impl UploadsPage {
    /// Checks that the page answers the request: every key inside the prefix, in order, not before the
    /// place that was asked for, no upload twice, and a place to go on that lies ahead.
    ///
    /// # Errors
    /// The first violation, with the keys that show it.
    pub fn check(&self, request: &UploadsRequest, quirks: &Quirks) -> Result<(), PageError> {
        if let Some(entry) =
            self.entries.iter().find(|entry| !entry.key.starts_with(&request.prefix))
        {
            return Err(PageError::OutsidePrefix { key: printable(&entry.key) });
        }
        if let Some(next) = self.next.as_ref().filter(|next| Some(*next) == request.from.as_ref()) {
            return Err(PageError::Stuck { token: printable(&next.key) });
        }
        if let Some(pair) = self
            .entries
            .windows(2)
            .find(|pair| (&pair[0].key, &pair[0].id) == (&pair[1].key, &pair[1].id))
        {
            let key = printable(&pair[0].key);
            return Err(PageError::VersionTwice { key, what: "an upload" });
        }
        if request.any_order || !quirks.ordered {
            return Ok(());
        }
        let from = request.from.iter().map(|from| from.key.as_slice());
        let keys = from.chain(self.entries.iter().map(|entry| entry.key.as_slice()));
        let keys = keys.chain(self.next.iter().map(|next| next.key.as_slice()));
        in_order(keys, |left, right| quirks.order.compare(left, right))
    }
}

/// A request for one page of the parts of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartsRequest {
    /// The key of the upload.
    pub key: Vec<u8>,
    /// Its id.
    pub upload: Vec<u8>,
    /// Only parts of higher numbers than this; 0 for all.
    pub after: u32,
    /// The most parts to answer.
    pub limit: usize,
}

/// A decoded page of parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartsPage {
    /// Number and size in bytes of each part, in the order listed.
    pub parts: Vec<(u32, u64)>,
    /// The part number behind which the listing goes on; `None` at its end.
    pub next: Option<u32>,
    /// Size of the body as received, in bytes.
    pub received: usize,
}

impl PartsPage {
    /// Checks that the page answers the request: numbers ascend, all of them past the one asked for, and the
    /// listing goes on from the last.
    ///
    /// # Errors
    /// The first violation, with the part numbers that show it.
    pub fn check(&self, request: &PartsRequest) -> Result<(), PageError> {
        let mut previous = request.after;
        for &(number, _) in &self.parts {
            if number <= previous {
                return Err(PageError::OutOfOrder {
                    key: format!("part {number}"),
                    previous: format!("part {previous}"),
                });
            }
            previous = number;
        }
        match self.next {
            Some(next) if next <= request.after || next < previous => {
                Err(PageError::Stuck { token: format!("part {next}") })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(key: &str, id: &str) -> Upload {
        let (key, id) = (key.into(), id.into());
        Upload { key, id, initiated: Timestamp(0), storage_class: Vec::new() }
    }

    fn check(
        request: &UploadsRequest,
        entries: &[Upload],
        next: Option<(&str, &str)>,
    ) -> Result<(), PageError> {
        let next = next.map(|(key, id)| Marker { key: key.into(), id: Some(id.into()) });
        let page = UploadsPage { entries: entries.to_vec(), next, received: 0 };
        page.check(request, &Quirks::default())
    }

    #[test]
    fn uploads_of_one_key_may_follow_each_other() {
        let listed = [upload("a", "1"), upload("a", "2"), upload("b", "1")];
        assert_eq!(check(&UploadsRequest::default(), &listed, Some(("b", "1"))), Ok(()));
    }

    #[test]
    fn every_broken_page_of_uploads_is_refused() {
        let whole = UploadsRequest::default();
        let from = Some(Marker { key: b"m".into(), id: Some(b"1".into()) });
        let later = UploadsRequest { from, ..whole.clone() };
        let below = UploadsRequest { prefix: b"p".into(), ..whole.clone() };
        let out = |result| matches!(result, Err(PageError::OutOfOrder { .. }));
        assert!(out(check(&whole, &[upload("b", "1"), upload("a", "1")], None)));
        assert!(out(check(&later, &[upload("a", "1")], None)));
        assert!(out(check(&whole, &[upload("b", "1")], Some(("a", "1")))));
        let twice = check(&whole, &[upload("a", "1"), upload("a", "1")], None);
        assert!(matches!(twice, Err(PageError::VersionTwice { .. })));
        let foreign = check(&below, &[upload("a", "1")], None);
        assert!(matches!(foreign, Err(PageError::OutsidePrefix { .. })));
        let stuck = check(&later, &[], Some(("m", "1")));
        assert!(matches!(stuck, Err(PageError::Stuck { .. })));
    }

    #[test]
    fn parts_ascend_and_go_on_from_the_last() {
        let request =
            |after| PartsRequest { key: b"k".into(), upload: b"u".into(), after, limit: 0 };
        let check = |after, numbers: &[u32], next| {
            let parts = numbers.iter().map(|&number| (number, 1)).collect();
            PartsPage { parts, next, received: 0 }.check(&request(after))
        };
        assert_eq!(check(0, &[1, 2, 9], Some(9)), Ok(()));
        assert_eq!(check(9, &[], None), Ok(()));
        for broken in [
            check(0, &[2, 1], None),
            check(0, &[1, 1], None),
            check(2, &[2], None),
            check(0, &[0], None),
            check(0, &[1, 5], Some(4)),
            check(7, &[], Some(7)),
        ] {
            assert!(broken.is_err());
        }
    }
}
