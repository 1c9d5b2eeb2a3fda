//! The documents of listings, appended by hand: one page is written per request, a thousand objects in
//! each.

use super::plan::Page;
use super::view::View;
use super::xml::{TextForm, close, open, push_element, push_xml};
use crate::simulator::civil::{push_iso8601, push_padded};
use crate::simulator::content::{Attributes, EntityTag};
use crate::simulator::flavour::Flavour;

const PROLOGUE: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &[u8] = b" xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";

/// What Beijing's clocks are ahead of Greenwich's, in milliseconds.
const BEIJING: i64 = 8 * 3_600_000;

/// The owner of everything.
pub(crate) const OWNER_ID: &str =
    "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a";

/// What a listing says of itself beside its entries.
pub(crate) struct Heading<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) prefix: &'a [u8],
    pub(crate) delimiter: &'a [u8],
    pub(crate) max_keys: u64,
    pub(crate) form: TextForm,
    pub(crate) flavour: &'a Flavour,
    pub(crate) truncated: bool,
    pub(crate) version: Version<'a>,
}

/// The two forms of a listing, with what only they say.
pub(crate) enum Version<'a> {
    /// `ListObjects`.
    One { marker: &'a [u8], next_marker: Option<Vec<u8>> },
    /// `ListObjectsV2`.
    Two {
        start_after: Option<&'a [u8]>,
        token: Option<&'a [u8]>,
        next_token: Option<String>,
        key_count: u64,
    },
}

/// Appends a listing to an empty buffer.
pub(crate) fn push_listing(out: &mut Vec<u8>, view: &View, page: &Page, heading: &Heading<'_>) {
    let objects = usize::try_from(page.object_count()).unwrap_or(0);
    out.reserve(1_024 + objects * 320);
    open_root(out, "ListBucketResult", heading.flavour);
    let form = heading.form;
    // Tokens are written like keys, or as they are.
    let token_form = if heading.flavour.encoded_token { form } else { TextForm::Xml };
    push_element(out, "Name", TextForm::Xml, heading.bucket.as_bytes());
    push_element(out, "Prefix", form, heading.prefix);
    match &heading.version {
        Version::One { marker, next_marker } => {
            push_element(out, "Marker", form, marker);
            if let Some(next) = next_marker {
                push_element(out, "NextMarker", form, next);
            }
        }
        Version::Two { start_after, token, next_token, key_count } => {
            if let Some(start_after) = start_after {
                push_element(out, "StartAfter", form, start_after);
            }
            if let Some(token) = token {
                push_element(out, "ContinuationToken", token_form, token);
            }
            if let Some(next) = next_token {
                push_element(out, "NextContinuationToken", token_form, next.as_bytes());
            }
            push_number(out, "KeyCount", *key_count);
        }
    }
    push_number(out, "MaxKeys", heading.max_keys);
    if !heading.delimiter.is_empty() {
        push_element(out, "Delimiter", form, heading.delimiter);
    }
    let first = matches!(heading.version, Version::One { .. });
    if form != TextForm::Xml {
        let name = if first { heading.flavour.first_encoding } else { "EncodingType" };
        push_element(out, name, TextForm::Xml, b"url");
    }
    let truncated: &[u8] = if heading.truncated { b"true" } else { b"false" };
    push_element(out, "IsTruncated", TextForm::Xml, truncated);
    for run in &page.objects {
        view.visit(run.clone(), &mut |key, attributes| {
            push_object(out, heading, first, key, &attributes);
        });
    }
    for prefix in &page.prefixes {
        open(out, "CommonPrefixes");
        push_element(out, "Prefix", form, prefix);
        close(out, "CommonPrefixes");
    }
    out.extend_from_slice(b"</ListBucketResult>");
}

fn push_object(
    out: &mut Vec<u8>,
    heading: &Heading<'_>,
    first: bool,
    key: &[u8],
    attributes: &Attributes<'_>,
) {
    let Flavour { offset_times, upper_tags, silent_standard, .. } = *heading.flavour;
    out.extend_from_slice(b"<Contents><Key>");
    heading.form.push(out, key);
    out.extend_from_slice(b"</Key><LastModified>");
    if offset_times && first {
        push_iso8601(out, attributes.modified.0 + BEIJING);
        out.pop();
        out.extend_from_slice(b"+08:00");
    } else {
        push_iso8601(out, attributes.modified.0);
    }
    out.extend_from_slice(b"</LastModified><ETag>&quot;");
    let start = out.len();
    push_etag(out, attributes.etag);
    if upper_tags && let Some(tag) = out.get_mut(start..) {
        tag.make_ascii_uppercase();
    }
    out.extend_from_slice(b"&quot;</ETag><Size>");
    push_padded(out, attributes.size, 1);
    out.extend_from_slice(b"</Size>");
    if first {
        out.extend_from_slice(b"<Owner><ID>");
        out.extend_from_slice(OWNER_ID.as_bytes());
        out.extend_from_slice(b"</ID></Owner>");
    }
    if !(silent_standard && attributes.storage_class == b"STANDARD") {
        out.extend_from_slice(b"<StorageClass>");
        push_xml(out, attributes.storage_class);
        out.extend_from_slice(b"</StorageClass>");
    }
    out.extend_from_slice(b"</Contents>");
}

/// Appends an entity tag without its quotes.
pub(crate) fn push_etag(out: &mut Vec<u8>, etag: EntityTag) {
    const PAIRS: [[u8; 2]; 256] = {
        let digits = b"0123456789abcdef";
        let mut pairs = [[0; 2]; 256];
        let mut byte = 0;
        while byte < 256 {
            pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
            byte += 1;
        }
        pairs
    };
    let mut text = [0; 32];
    for (slot, byte) in text.chunks_exact_mut(2).zip(etag.digest) {
        slot.copy_from_slice(&PAIRS[usize::from(byte)]);
    }
    out.extend_from_slice(&text);
    if etag.parts > 0 {
        out.push(b'-');
        push_padded(out, etag.parts.into(), 1);
    }
}

/// Begins a document.
pub(super) fn open_root(out: &mut Vec<u8>, root: &str, flavour: &Flavour) {
    out.extend_from_slice(PROLOGUE);
    let namespace = flavour.namespace.map(|name| format!(" xmlns=\"{name}\""));
    out.extend_from_slice(format!("<{root}{}>", namespace.unwrap_or_default()).as_bytes());
}

pub(super) fn push_number(out: &mut Vec<u8>, name: &str, number: u64) {
    open(out, name);
    push_padded(out, number, 1);
    close(out, name);
}

/// The answer to `GetBucketLocation`.
pub(crate) fn location(region: &str) -> Vec<u8> {
    let mut out = PROLOGUE.to_vec();
    out.extend_from_slice(b"<LocationConstraint");
    out.extend_from_slice(NAMESPACE);
    if region != "us-east-1" {
        push_xml(&mut out, region.as_bytes());
    }
    out.extend_from_slice(b"</LocationConstraint>");
    out
}

/// The answer to `ListBuckets`: names with regions.
pub(crate) fn buckets<'a>(buckets: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut out = PROLOGUE.to_vec();
    out.extend_from_slice(b"<ListAllMyBucketsResult");
    out.extend_from_slice(NAMESPACE);
    open(&mut out, "Buckets");
    for (name, region) in buckets {
        open(&mut out, "Bucket");
        push_element(&mut out, "Name", TextForm::Xml, name.as_bytes());
        push_element(&mut out, "CreationDate", TextForm::Xml, b"2021-11-21T00:00:00.000Z");
        push_element(&mut out, "BucketRegion", TextForm::Xml, region.as_bytes());
        close(&mut out, "Bucket");
    }
    close(&mut out, "Buckets");
    open(&mut out, "Owner");
    push_element(&mut out, "ID", TextForm::Xml, OWNER_ID.as_bytes());
    close(&mut out, "Owner");
    out.extend_from_slice(b"</ListAllMyBucketsResult>");
    out
}
