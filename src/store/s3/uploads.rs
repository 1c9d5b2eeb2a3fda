//! `ListMultipartUploads` and `ListParts`: their queries, and from their answers to checked pages.

use super::decode::{Expected, Rejected};
use super::heading::{Heading, Names, open};
use super::query;
use crate::store::printable;
use crate::store::text::document::{Document, bad, number, once, truth};
use crate::store::text::timestamp;
use crate::store::{
    Marker, PageError, PartsPage, PartsRequest, Quirks, Upload, UploadsPage, UploadsRequest,
};

const UPLOADS: Names = Names {
    root: "ListMultipartUploadsResult",
    end: "</ListMultipartUploadsResult>",
    id_marker: "UploadIdMarker",
    next_id_marker: "NextUploadIdMarker",
};

const PARTS: Names =
    Names { root: "ListPartsResult", end: "</ListPartsResult>", id_marker: "", next_id_marker: "" };

/// Writes the query of `ListMultipartUploads`, its names ascending.
///
/// Keys are not asked for url-encoded: Ceph then encodes them and does not say so, which leaves open what
/// `%20` is. As XML they come back whole, too, because the reader takes what XML forbids.
pub(super) fn write(request: &UploadsRequest, quirks: &Quirks) -> String {
    let from = request.from.as_ref();
    let limit = request.limit.min(quirks.page_limit).to_string();
    query::join([
        ("key-marker", from.map(|from| from.key.as_slice())),
        ("max-uploads", Some(limit.as_bytes())),
        ("prefix", Some(request.prefix.as_slice()).filter(|prefix| !prefix.is_empty())),
        ("upload-id-marker", from.and_then(|from| from.id.as_deref())),
        ("uploads", Some(b"")),
    ])
}

/// Writes the query of `ListParts`, its names ascending.
pub(super) fn write_parts(request: &PartsRequest, quirks: &Quirks) -> String {
    let limit = request.limit.min(quirks.page_limit).to_string();
    let after = request.after.to_string();
    query::join([
        ("max-parts", Some(limit.as_bytes())),
        ("part-number-marker", Some(after.as_bytes()).filter(|_| request.after > 0)),
        ("uploadId", Some(request.upload.as_slice())),
    ])
}

/// Decodes a page of uploads and checks it against the request.
///
/// # Errors
/// The first thing that keeps the body from being the page that was asked for.
pub(super) fn decode(
    body: &[u8],
    request: &UploadsRequest,
    expected: &Expected<'_>,
) -> Result<UploadsPage, Rejected> {
    let mut document = open(body, &UPLOADS)?;
    let mut heading = Heading::default();
    let mut entries = Vec::new();
    while let Some(name) = document.child()? {
        match name {
            b"Upload" => entries.push(entry(&mut document)?),
            other => heading.element(&mut document, other, &UPLOADS)?,
        }
    }
    let from = request.from.as_ref().map(|from| (from.key.as_slice(), from.id.as_deref()));
    heading.check(&request.prefix, from, &UPLOADS, expected)?;
    for entry in &mut entries {
        entry.key = heading.key(std::mem::take(&mut entry.key), "Key", expected.quirks)?;
    }
    let last = entries.last().map(|entry| entry.key.as_slice());
    let next = heading.next(&document, last, expected.quirks)?;
    document.close()?;
    let next = next.map(|(key, id)| Marker { key, id });
    let page = UploadsPage { entries, next, received: body.len() };
    page.check(request, expected.quirks)?;
    Ok(page)
}

/// Reads an `Upload`; the key stays as written.
fn entry(document: &mut Document<'_>) -> Result<Upload, PageError> {
    let (mut key, mut id, mut initiated, mut class) = (None, None, None, None);
    while let Some(name) = document.child()? {
        match name {
            b"Key" => {
                let text = document.text("Key")?;
                if text.is_empty() {
                    return Err(bad("Key", b"", "a name"));
                }
                once(&mut key, text, "Key")?;
            }
            b"UploadId" => once(&mut id, document.text("UploadId")?, "UploadId")?,
            b"Initiated" => {
                let expected = "an ISO 8601 time with its offset";
                let time = document.value("Initiated", expected, timestamp::parse)?;
                once(&mut initiated, time, "Initiated")?;
            }
            b"StorageClass" => {
                once(&mut class, document.text("StorageClass")?, "StorageClass")?;
            }
            _ => document.skip()?,
        }
    }
    Ok(Upload {
        key: key.ok_or_else(|| document.missing("<Key>"))?,
        id: id.ok_or_else(|| document.missing("<UploadId>"))?,
        initiated: initiated.ok_or_else(|| document.missing("<Initiated>"))?,
        storage_class: class.unwrap_or_default(),
    })
}

/// Decodes a page of parts and checks it against the request.
///
/// # Errors
/// The first thing that keeps the body from being the page that was asked for.
pub(super) fn decode_parts(body: &[u8], request: &PartsRequest) -> Result<PartsPage, Rejected> {
    const PART_NUMBER: &str = "a part number";
    let part_number = |text: &[u8]| u32::try_from(number(text)?).ok();
    let mut document = open(body, &PARTS)?;
    let (mut parts, mut id, mut more, mut next) = (Vec::new(), None, None, None);
    while let Some(name) = document.child()? {
        match name {
            b"Part" => {
                let (mut index, mut size) = (None, None);
                while let Some(name) = document.child()? {
                    match name {
                        b"PartNumber" => {
                            let value = document.value("PartNumber", PART_NUMBER, part_number)?;
                            once(&mut index, value, "PartNumber")?;
                        }
                        b"Size" => {
                            let value = document.value("Size", "a number of bytes", number)?;
                            once(&mut size, value, "Size")?;
                        }
                        _ => document.skip()?,
                    }
                }
                let index = index.ok_or_else(|| document.missing("<PartNumber>"))?;
                let size = size.ok_or_else(|| document.missing("<Size>"))?;
                parts.push((index, size));
            }
            b"UploadId" => once(&mut id, document.text("UploadId")?, "UploadId")?,
            b"IsTruncated" => {
                let value = document.value("IsTruncated", "`true` or `false`", truth)?;
                once(&mut more, value, "IsTruncated")?;
            }
            b"NextPartNumberMarker" => {
                // Servers write it empty where nothing follows.
                let value = document.value("NextPartNumberMarker", PART_NUMBER, |text| {
                    if text.is_empty() { Some(None) } else { part_number(text).map(Some) }
                })?;
                once(&mut next, value, "NextPartNumberMarker")?;
            }
            _ => document.skip()?,
        }
    }
    if let Some(id) = id.filter(|id| *id != request.upload) {
        let (got, sent) = (printable(&id), printable(&request.upload));
        return Err(PageError::WrongEcho { element: "UploadId", got, sent }.into());
    }
    let more = more.ok_or_else(|| document.missing("<IsTruncated>"))?;
    document.close()?;
    let next = if more {
        let last = parts.last().map(|(index, _)| *index);
        Some(next.flatten().or(last).ok_or(PageError::NoContinuation)?)
    } else {
        None
    };
    let page = PartsPage { parts, next, received: body.len() };
    page.check(request)?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<ListMultipartUploadsResult><Bucket>b</Bucket><KeyMarker/><UploadIdMarker/>\
        <NextKeyMarker>a+b</NextKeyMarker><NextUploadIdMarker>2~x</NextUploadIdMarker><MaxUploads>2</MaxUploads>\
        <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><Upload><Key>a+b</Key><UploadId>2~x</UploadId>\
        <Initiator><ID>i</ID></Initiator><StorageClass>STANDARD_IA</StorageClass>\
        <Initiated>2024-05-01T12:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>";
    const LIST: &str = "<ListPartsResult><Bucket>b</Bucket><Key>a</Key><UploadId>u</UploadId>\
        <PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>2</NextPartNumberMarker><MaxParts>1000</MaxParts>\
        <IsTruncated>true</IsTruncated><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag><Size>5242880</Size></Part>\
        <Part><PartNumber>2</PartNumber><Size>3</Size></Part></ListPartsResult>";

    fn uploads(body: &str) -> Result<UploadsPage, Rejected> {
        let quirks = Quirks::default();
        let expected = Expected { bucket: "b", quirks: &quirks };
        decode(body.as_bytes(), &UploadsRequest::default(), &expected)
    }

    fn request() -> PartsRequest {
        PartsRequest { key: b"a".into(), upload: b"u".into(), after: 0, limit: 1000 }
    }

    fn parts(body: &str) -> Result<PartsPage, Rejected> {
        decode_parts(body.as_bytes(), &request())
    }

    #[test]
    fn queries_are_in_order_and_encoded() {
        let from = Some(Marker { key: b"a b".into(), id: Some(b"2~x/".into()) });
        let request = UploadsRequest { from, limit: 5000, ..UploadsRequest::default() };
        assert_eq!(
            write(&request, &Quirks::default()),
            "key-marker=a%20b&max-uploads=1000&upload-id-marker=2~x%2F&uploads="
        );
        let parts = PartsRequest { after: 7, ..super::tests::request() };
        let query = write_parts(&parts, &Quirks::default());
        assert_eq!(query, "max-parts=1000&part-number-marker=7&uploadId=u");
    }

    #[test]
    fn uploads_are_read_whole() {
        let page = uploads(PAGE).unwrap();
        assert_eq!((&page.entries[0].key[..], &page.entries[0].id[..]), (&b"a b"[..], &b"2~x"[..]));
        assert_eq!(page.entries[0].storage_class, b"STANDARD_IA");
        assert_eq!(page.next, Some(Marker { key: b"a b".into(), id: Some(b"2~x".into()) }));
    }

    #[test]
    fn parts_are_read_whole() {
        let page = parts(LIST).unwrap();
        assert_eq!((page.parts, page.next), (vec![(1, 5_242_880), (2, 3)], Some(2)));
    }

    #[test]
    fn every_cut_is_an_error() {
        assert!((0..PAGE.len()).all(|end| uploads(&PAGE[..end]).is_err()));
        assert!((0..LIST.len()).all(|end| parts(&LIST[..end]).is_err()));
    }

    #[test]
    fn what_is_missing_or_foreign_is_refused() {
        for (from, to) in [
            ("<IsTruncated>true</IsTruncated>", ""),
            ("<NextKeyMarker>a+b</NextKeyMarker>", ""),
            ("<Bucket>b", "<Bucket>c"),
            ("<UploadId>2~x</UploadId>", ""),
            ("<Key>a+b</Key>", ""),
            ("<Initiated>2024", "<Initiated>x"),
        ] {
            assert_ne!(PAGE.replacen(from, to, 1), PAGE, "{from}");
            assert!(uploads(&PAGE.replacen(from, to, 1)).is_err(), "{from}");
        }
        for (from, to) in [
            ("<IsTruncated>true</IsTruncated>", ""),
            ("<UploadId>u", "<UploadId>v"),
            ("<Size>3</Size>", ""),
            ("<Size>3", "<Size>x"),
            ("<PartNumber>2", "<PartNumber>1"),
            ("<NextPartNumberMarker>2", "<NextPartNumberMarker>1"),
        ] {
            assert_ne!(LIST.replacen(from, to, 1), LIST, "{from}");
            assert!(parts(&LIST.replacen(from, to, 1)).is_err(), "{from}");
        }
    }
}
