//! `ListObjectVersions`: its query, and from its answer to a checked page.

use super::decode::{Expected, Rejected};
use super::heading::{Heading, Names, open};
use super::query;
use crate::object::Timestamp;
use crate::store::text::document::{Document, bad, number, once, truth};
use crate::store::text::timestamp;
use crate::store::{
    Form, Marker, PageError, Quirks, Stored, Version, VersionsPage, VersionsRequest,
};

const NAMES: Names = Names {
    root: "ListVersionsResult",
    end: "</ListVersionsResult>",
    id_marker: "VersionIdMarker",
    next_id_marker: "NextVersionIdMarker",
};

/// Writes the query, its names ascending.
pub(super) fn write(request: &VersionsRequest, quirks: &Quirks) -> String {
    let from = request.from.as_ref();
    let limit = request.limit.min(quirks.page_limit).to_string();
    query::join([
        ("encoding-type", quirks.url_encoding.then_some(b"url".as_slice())),
        ("key-marker", from.map(|from| from.key.as_slice())),
        ("max-keys", Some(limit.as_bytes())),
        ("prefix", Some(request.prefix.as_slice()).filter(|prefix| !prefix.is_empty())),
        ("version-id-marker", from.and_then(|from| from.id.as_deref())),
        ("versions", Some(b"")),
    ])
}

/// Decodes the body and checks it against the request.
///
/// # Errors
/// The first thing that keeps the body from being the page that was asked for.
pub(super) fn decode(
    body: &[u8],
    request: &VersionsRequest,
    expected: &Expected<'_>,
) -> Result<VersionsPage, Rejected> {
    let mut document = open(body, &NAMES)?;
    let mut heading = Heading::default();
    let mut entries = Vec::new();
    while let Some(name) = document.child()? {
        match name {
            b"Version" => entries.push(entry(&mut document, false)?),
            b"DeleteMarker" => entries.push(entry(&mut document, true)?),
            other => heading.element(&mut document, other, &NAMES)?,
        }
    }
    let from = request.from.as_ref().map(|from| (from.key.as_slice(), from.id.as_deref()));
    heading.check(&request.prefix, from, &NAMES, expected)?;
    for entry in &mut entries {
        entry.key = heading.key(std::mem::take(&mut entry.key), "Key", expected.quirks)?;
    }
    let last = entries.iter().map(|entry| entry.key.as_slice());
    let last = last.max_by(|left, right| expected.quirks.order.compare(left, right));
    let next = heading.next(&document, last, expected.quirks)?;
    document.close()?;
    let next = next.map(|(key, id)| Marker { key, id });
    let mut page = VersionsPage { entries, next, received: body.len() };
    page.check(request, expected.quirks)?;
    Ok(page)
}

/// Reads a `Version` or a `DeleteMarker`; the key stays as written.
fn entry(document: &mut Document<'_>, marker: bool) -> Result<Version, PageError> {
    let (mut key, mut id, mut latest) = (None, None, None);
    let (mut modified, mut size, mut class) = (None::<Timestamp>, None, None);
    while let Some(name) = document.child()? {
        match name {
            b"Key" => {
                let text = document.text("Key")?;
                if text.is_empty() {
                    return Err(bad("Key", b"", "a name"));
                }
                once(&mut key, text, "Key")?;
            }
            b"VersionId" => once(&mut id, document.text("VersionId")?, "VersionId")?,
            b"IsLatest" => {
                let value = document.value("IsLatest", "`true` or `false`", truth)?;
                once(&mut latest, value, "IsLatest")?;
            }
            b"LastModified" => {
                let expected = "an ISO 8601 time with its offset";
                let time = document.value("LastModified", expected, timestamp::parse)?;
                once(&mut modified, time, "LastModified")?;
            }
            b"Size" if !marker => {
                let bytes = document.value("Size", "a number of bytes", number)?;
                once(&mut size, bytes, "Size")?;
            }
            b"StorageClass" if !marker => {
                once(&mut class, document.text("StorageClass")?, "StorageClass")?;
            }
            _ => document.skip()?,
        }
    }
    let stored = if marker {
        None
    } else {
        let size = size.ok_or_else(|| document.missing("<Size>"))?;
        Some(Stored { size, storage_class: class.unwrap_or_default() })
    };
    Ok(Version {
        key: key.ok_or_else(|| document.missing("<Key>"))?,
        id: id.ok_or_else(|| document.missing("<VersionId>"))?,
        latest: latest.ok_or_else(|| document.missing("<IsLatest>"))?,
        modified: modified.ok_or_else(|| document.missing("<LastModified>"))?,
        stored,
        form: Form::Version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<Name>b</Name><Prefix>p%2B/</Prefix><KeyMarker>p%2B/a</KeyMarker>\
        <VersionIdMarker>v+/=</VersionIdMarker><NextKeyMarker>p%2B/c+c</NextKeyMarker>\
        <NextVersionIdMarker>null</NextVersionIdMarker><MaxKeys>1000</MaxKeys>\
        <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>";
    const VERSION: &str = "<Version><Key>p%2B/b</Key><VersionId>1.x</VersionId><IsLatest>false</IsLatest>\
        <LastModified>2024-05-01T12:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>7</Size>\
        <StorageClass>GLACIER</StorageClass><Owner><ID>o</ID></Owner></Version>";
    const MARKER: &str = "<DeleteMarker><Owner><ID>o</ID></Owner><Key>p%2B/c+c</Key><VersionId>null</VersionId>\
        <IsLatest>true</IsLatest><LastModified>2024-05-01T20:00:00+08:00</LastModified></DeleteMarker>";

    fn body(head: &str, entries: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<ListVersionsResult xmlns=\"x\">{head}\n{entries}</ListVersionsResult>\n"
        )
    }

    fn request() -> VersionsRequest {
        VersionsRequest {
            prefix: b"p+/".into(),
            from: Some(Marker { key: b"p+/a".into(), id: Some(b"v+/=".into()) }),
            limit: 1000,
            ..VersionsRequest::default()
        }
    }

    fn read(body: &str) -> Result<VersionsPage, Rejected> {
        let quirks = Quirks::default();
        decode(body.as_bytes(), &request(), &Expected { bucket: "b", quirks: &quirks })
    }

    #[test]
    fn the_query_is_in_order_and_encoded() {
        assert_eq!(
            write(&request(), &Quirks::default()),
            "encoding-type=url&key-marker=p%2B%2Fa&max-keys=1000&prefix=p%2B%2F&version-id-marker=v%2B%2F%3D&versions="
        );
    }

    #[test]
    fn versions_and_delete_markers_are_read_whole() {
        let page = read(&body(HEAD, &format!("{VERSION}{MARKER}"))).unwrap();
        let [version, marker] = &page.entries[..] else { panic!("{page:?}") };
        assert_eq!(
            (&version.key[..], &version.id[..], version.latest),
            (&b"p+/b"[..], &b"1.x"[..], false)
        );
        let stored = Stored { size: 7, storage_class: b"GLACIER".into() };
        assert_eq!(version.stored, Some(stored));
        assert_eq!((&marker.key[..], marker.latest, &marker.stored), (&b"p+/c c"[..], true, &None));
        assert_eq!(marker.modified, version.modified);
        assert_eq!(page.next, Some(Marker { key: b"p+/c c".into(), id: Some(b"null".into()) }));
    }

    #[test]
    fn a_marker_that_is_the_last_key_as_it_is_was_not_encoded() {
        let head = HEAD.replace("NextKeyMarker>p%2B/c+c<", "NextKeyMarker>p+/c c<");
        let page = read(&body(&head, MARKER)).unwrap();
        assert_eq!(page.next.unwrap().key, b"p+/c c");
    }

    #[test]
    fn every_cut_is_an_error() {
        let whole = body(HEAD, &format!("{VERSION}{MARKER}"));
        let closed = whole.trim_end().len();
        for end in 0..closed {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
        assert!(read(&whole[..closed]).is_ok());
    }

    #[test]
    fn what_is_missing_twice_or_foreign_is_refused() {
        let entries = format!("{VERSION}{MARKER}");
        for (from, to) in [
            ("<IsTruncated>true</IsTruncated>", ""),
            ("<IsTruncated>true", "<IsTruncated>yes"),
            ("<NextKeyMarker>p%2B/c+c</NextKeyMarker>", ""),
            ("<Name>b", "<Name>other"),
            ("<Prefix>p%2B/", "<Prefix>q"),
            ("<KeyMarker>p%2B/a", "<KeyMarker>"),
            ("<VersionIdMarker>v", "<VersionIdMarker>w"),
            ("<Size>7</Size>", ""),
            ("<Size>7", "<Size>-7"),
            ("<Size>7</Size>", "<Size>7</Size><Size>8</Size>"),
            ("<VersionId>1.x</VersionId>", ""),
            ("<IsLatest>false</IsLatest>", ""),
            ("<Key>p%2B/b", "<Key>p%2B/%zz"),
            ("<Key>p%2B/b", "<Key>q"),
            ("<Key>p%2B/b", "<Key>p%2B/d"),
            ("<Key>p%2B/b", "<Key>"),
            ("</Owner></Version>", "</Owner></Version><!-- --></ListVersionsResult><x/>"),
            ("ListVersionsResult", "ListBucketResult"),
        ] {
            let whole = body(HEAD, &entries);
            let broken = whole.replacen(from, to, if from.starts_with("List") { 2 } else { 1 });
            assert_ne!(whole, broken, "{from}");
            assert!(read(&broken).is_err(), "{from} -> {to}");
        }
        let error = "<Error><Code>SlowDown</Code></Error>";
        assert!(matches!(read(error), Err(Rejected::Service(_))));
    }
}
