//! Answers and their headers.

use std::fmt::Display;

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};

use super::mix::digest;
use super::s3::{ByteRange, ErrorCode, S3Error, Synthetic, View, push_etag, range_of};
use super::settings::{BucketSettings, Locked, ObjectSettings};
use super::wire::Payload;

/// The answer to a request for an object, or for a `range` of it.
pub(super) fn object(
    (view, settings): (&View, &BucketSettings),
    key: &[u8],
    method: &Method,
    range: Option<&str>,
    number: u64,
) -> Result<Response<Payload>, S3Error> {
    let attributes = view.find(key).ok_or_else(|| {
        S3Error::new(ErrorCode::NoSuchKey).with("Key", String::from_utf8_lossy(key))
    })?;
    let unset = ObjectSettings::default();
    let set = settings.objects.get(key).unwrap_or(&unset);
    if method == Method::GET {
        check_readable(attributes.storage_class, set)?;
    }
    let size = attributes.size;
    let (status, part) = match range_of(range, size) {
        ByteRange::Whole => (StatusCode::OK, 0..size),
        ByteRange::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        ByteRange::Unsatisfiable => {
            return Err(S3Error::new(ErrorCode::InvalidRange)
                .with("RangeRequested", range.unwrap_or_default())
                .with("ActualObjectSize", size.to_string()));
        }
    };
    let mut etag = b"\"".to_vec();
    push_etag(&mut etag, attributes.etag);
    etag.push(b'"');
    let seed = digest(0x0B1E, key);
    let mut answer =
        with_id(Response::new(Payload::Object(Synthetic::new(seed, part.clone()))), number);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    let mut put = |name: HeaderName, value: &dyn Display| {
        if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
            headers.insert(name, value);
        }
    };
    put(header::ETAG, &String::from_utf8_lossy(&etag));
    put(header::ACCEPT_RANGES, &"bytes");
    put(header::CONTENT_TYPE, &"binary/octet-stream");
    if status == StatusCode::PARTIAL_CONTENT {
        put(header::CONTENT_RANGE, &format!("bytes {}-{}/{size}", part.start, part.end - 1));
    }
    if let Ok(time) = jiff::Timestamp::from_millisecond(attributes.modified.0) {
        put(header::LAST_MODIFIED, &time.strftime("%a, %d %b %Y %H:%M:%S GMT"));
    }
    if attributes.storage_class != b"STANDARD" {
        let class = String::from_utf8_lossy(attributes.storage_class);
        put(HeaderName::from_static("x-amz-storage-class"), &class);
    }
    for (name, value) in
        [("x-amz-restore", &set.restore), ("x-amz-archive-status", &set.archive_status)]
    {
        if let Some(value) = value {
            put(HeaderName::from_static(name), value);
        }
    }
    Ok(answer)
}

/// What keeps an object from being read, although the bucket may be.
fn check_readable(class: &[u8], set: &ObjectSettings) -> Result<(), S3Error> {
    const ARCHIVES: [&[u8]; 5] =
        [b"GLACIER", b"DEEP_ARCHIVE", b"ARCHIVE", b"COLD_ARCHIVE", b"DEEP_COLD_ARCHIVE"];
    match set.locked {
        Some(Locked::ByKms) => {
            return Err(S3Error::new(ErrorCode::AccessDenied).with(
                "Message",
                "User: arn:aws:iam::123456789012:user/u is not authorized to perform: kms:Decrypt on the \
                 resource associated with this ciphertext because no identity-based policy allows the \
                 kms:Decrypt action",
            ));
        }
        Some(Locked::ByCustomerKey) => {
            return Err(S3Error::new(ErrorCode::InvalidRequest).with(
                "Message",
                "The object was stored using a form of Server Side Encryption. The correct parameters must \
                 be provided to retrieve the object.",
            ));
        }
        None => {}
    }
    let restored = set.restore.as_ref().is_some_and(|text| text.contains("\"false\""));
    let archived =
        ARCHIVES.contains(&class.to_ascii_uppercase().as_slice()) || set.archive_status.is_some();
    if archived && !restored {
        return Err(S3Error::new(ErrorCode::InvalidObjectState));
    }
    Ok(())
}

/// Makes an answer to GET one to HEAD: the same headers, and no body.
pub(super) fn without_body(answer: &mut Response<Payload>) {
    let length = hyper::body::Body::size_hint(answer.body()).exact().unwrap_or(0);
    let headers = answer.headers_mut();
    headers.entry(header::CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
    *answer.body_mut() = Payload::empty();
}

/// What a request is called in its answer.
pub(super) fn request_id(number: u64) -> String {
    format!("{number:016X}")
}

/// An answer with a document.
pub(super) fn xml(status: StatusCode, document: Bytes, number: u64) -> Response<Payload> {
    let mut answer = with_id(Response::new(Payload::Whole(Some(document))), number);
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("application/xml");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

/// An answer with the headers that all have.
pub(super) fn with_id(mut answer: Response<Payload>, number: u64) -> Response<Payload> {
    let headers = answer.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&request_id(number)) {
        headers.insert(HeaderName::from_static("x-amz-request-id"), id);
    }
    answer
}
