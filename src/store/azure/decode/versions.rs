//! From the body of a `List Blobs` reply that includes more than current blobs to a checked page.
//!
//! One name comes as often as something is kept of it. What is marked as deleted is that and nothing else;
//! what has a `Snapshot` is a snapshot; what has a `VersionId` and is not said to be current is a noncurrent
//! version; the rest are the current blobs.

use super::pass::About;
use super::{Expected, Rejected, read};
use crate::object::Object;
use crate::store::{
    Form, Marker, Page, PageRequest, Stored, Version, VersionsPage, VersionsRequest,
};

/// Decodes the body and checks it against the request, which was sent as `asked`.
///
/// # Errors
/// The first thing that keeps the body from being the page that was asked for.
pub(in crate::store::azure) fn decode_versions(
    body: Vec<u8>,
    request: &VersionsRequest,
    asked: &PageRequest,
    expected: &Expected<'_>,
) -> Result<VersionsPage, Rejected> {
    let received = body.len();
    let mut page = Page::default();
    page.body = body;
    // The fast path knows current blobs only.
    let about = read(&mut page, asked, expected, false)?;
    let entries: Vec<_> =
        page.objects().zip(about).map(|(object, about)| version(&object, &about)).collect();
    let next = page.token().map(|token| {
        // Markers are opaque: how far they lead is what was listed last.
        let last = entries.last().map(|entry| &entry.key);
        let last = last.or(request.passed.as_ref().map(|passed| &passed.key));
        let last = last.or(request.from.as_ref().map(|from| &from.key));
        Marker { key: last.cloned().unwrap_or_default(), id: Some(token.into()) }
    });
    let mut page = VersionsPage { entries, next, received };
    page.check(request, expected.quirks)?;
    Ok(page)
}

fn version(object: &Object<'_>, about: &About) -> Version {
    let text = |text: &Option<Vec<u8>>| text.clone().filter(|text| !text.is_empty());
    let (snapshot, version) = (text(&about.snapshot), text(&about.version));
    let deleted = about.deleted == Some(true);
    let form = match &snapshot {
        _ if deleted => Form::Deleted,
        Some(_) => Form::Snapshot,
        None => Form::Version,
    };
    let latest = form == Form::Version && (version.is_none() || about.current == Some(true));
    let id =
        [snapshot, version, deleted.then(|| b"deleted".to_vec())].map(Option::unwrap_or_default);
    Version {
        key: object.key.to_vec(),
        id: id.join(&b'/'),
        latest,
        modified: object.modified,
        stored: Some(Stored { size: object.size, storage_class: object.storage_class.to_vec() }),
        form,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Include, PageError, Passed};

    const BASE: &str = "<VersionId>2024-05-02T00:00:00.0000000Z</VersionId><IsCurrentVersion>true</IsCurrentVersion>";
    const OLD: &str = "<VersionId>2024-05-01T00:00:00.0000000Z</VersionId>";
    const SNAPSHOT: &str = "<Snapshot>2024-05-01T06:00:00.0000000Z</Snapshot>";
    const DELETED: &str = "<Deleted>true</Deleted>";

    fn blob(name: &str, about: &str, size: u64, tier: &str) -> String {
        format!(
            "<Blob><Name>{name}</Name>{about}<Properties><Last-Modified>Wed, 01 May 2024 12:00:00 GMT</Last-Modified>\
             <Etag>0x1</Etag><Content-Length>{size}</Content-Length>{tier}</Properties><OrMetadata /></Blob>"
        )
    }

    fn body(blobs: &[String], next: &str) -> Vec<u8> {
        let blobs = blobs.concat();
        format!(
            "\u{feff}<?xml version=\"1.0\"?><EnumerationResults ContainerName=\"c\"><Blobs>{blobs}</Blobs>\
             <NextMarker>{next}</NextMarker></EnumerationResults>"
        )
        .into_bytes()
    }

    fn request() -> VersionsRequest {
        let include = Include { versions: true, snapshots: true, deleted: true };
        VersionsRequest { limit: 5000, include, ..VersionsRequest::default() }
    }

    fn read_for(request: &VersionsRequest, body: Vec<u8>) -> Result<VersionsPage, Rejected> {
        let quirks = crate::store::azure::quirks();
        let expected = Expected { container: "c", quirks: &quirks };
        decode_versions(body, request, &PageRequest::default(), &expected)
    }

    fn all() -> Vec<String> {
        vec![
            blob("a", SNAPSHOT, 1, "<AccessTier>Cool</AccessTier>"),
            blob("a", OLD, 2, "<AccessTier>Hot</AccessTier>"),
            blob("a", &format!("{DELETED}{OLD}"), 3, "<AccessTier>Archive</AccessTier>"),
            blob("a", &format!("{DELETED}{SNAPSHOT}"), 4, ""),
            blob("a", BASE, 5, "<AccessTier>Hot</AccessTier>"),
            blob("b", "", 6, ""),
            blob("c", DELETED, 7, ""),
        ]
    }

    #[test]
    fn entries_are_told_apart_by_what_they_say() {
        let page = read_for(&request(), body(&all(), "2!8!x")).unwrap();
        let told = |entry: &Version| {
            let stored = entry.stored.clone().unwrap();
            let tier = String::from_utf8(stored.storage_class).unwrap();
            (entry.form, entry.latest, stored.size, tier)
        };
        let told: Vec<_> = page.entries.iter().map(told).collect();
        let row = |form, latest, size, tier: &str| (form, latest, size, tier.to_owned());
        assert_eq!(
            told,
            [
                row(Form::Snapshot, false, 1, "Cool"),
                row(Form::Version, false, 2, "Hot"),
                row(Form::Deleted, false, 3, "Archive"),
                row(Form::Deleted, false, 4, "None"),
                row(Form::Version, true, 5, "Hot"),
                row(Form::Version, true, 6, "None"),
                row(Form::Deleted, false, 7, "None"),
            ]
        );
        assert_eq!(page.next, Some(Marker { key: b"c".into(), id: Some(b"2!8!x".into()) }));
    }

    #[test]
    fn an_empty_page_goes_on_from_what_came_last() {
        let passed = Passed { key: b"b".into(), ids: Vec::new(), latest: true };
        let request = VersionsRequest { passed: Some(passed), ..request() };
        let page = read_for(&request, body(&[], "2!8!x")).unwrap();
        assert_eq!(page.next.unwrap().key, b"b");
    }

    #[test]
    fn every_cut_is_an_error() {
        let whole = body(&all(), "");
        for end in 0..whole.len() {
            assert!(read_for(&request(), whole[..end].to_vec()).is_err(), "{end}");
        }
    }

    #[test]
    fn what_is_twice_out_of_order_or_senseless_is_refused() {
        let refused = |blobs: &[String]| match read_for(&request(), body(blobs, "")) {
            Err(Rejected::Page(error)) => error,
            other => panic!("{other:?}"),
        };
        let twice = |about| refused(&[blob("a", about, 1, ""), blob("a", about, 1, "")]);
        for about in [BASE, OLD, SNAPSHOT, DELETED, ""] {
            assert!(matches!(twice(about), PageError::VersionTwice { .. }), "{about}");
        }
        let two = refused(&[blob("a", BASE, 1, ""), blob("a", "", 1, "")]);
        assert!(matches!(two, PageError::VersionTwice { .. }));
        let order = refused(&[blob("b", SNAPSHOT, 1, ""), blob("a", SNAPSHOT, 1, "")]);
        assert!(matches!(order, PageError::OutOfOrder { .. }));
        for about in ["<Deleted>perhaps</Deleted>", "<IsCurrentVersion>1</IsCurrentVersion>"] {
            assert!(matches!(refused(&[blob("a", about, 1, "")]), PageError::BadValue { .. }));
        }
        let doubled = format!("{SNAPSHOT}{SNAPSHOT}");
        assert!(matches!(refused(&[blob("a", &doubled, 1, "")]), PageError::BadValue { .. }));
    }
}
