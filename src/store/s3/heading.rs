//! The answers other than listings of objects: their root, and what all listings that are paged by two markers say of
//! themselves.
//!
//! As strict as [`super::decode()`] where a mistake could lose something, and simpler: keys are put aside as
//! written and decoded once the whole reply is read, when its encoding is known.

use super::decode::{Expected, Rejected};
use super::echo;
use super::error::ServiceError;
use crate::store::text::document::{Document, bad, once, truth};
use crate::store::text::percent;
use crate::store::{PageError, Quirks};

/// Names of the elements by which a listing that is paged by two markers goes on.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) root: &'static str,
    /// What a document that is cut lacks.
    pub(super) end: &'static str,
    pub(super) id_marker: &'static str,
    pub(super) next_id_marker: &'static str,
}

/// Opens the root of an answer.
pub(super) fn open<'a>(body: &'a [u8], names: &Names) -> Result<Document<'a>, Rejected> {
    let mut document = Document::new(body, names.root, names.end);
    document.open(|body| ServiceError::parse(body).map(Rejected::Service))?;
    Ok(document)
}

/// What a listing that is paged by two markers says of itself; keys as written.
#[derive(Debug, Default)]
pub(super) struct Heading {
    name: Option<Vec<u8>>,
    prefix: Option<Vec<u8>>,
    key_marker: Option<Vec<u8>>,
    id_marker: Option<Vec<u8>>,
    next_key: Option<Vec<u8>>,
    next_id: Option<Vec<u8>>,
    truncated: Option<bool>,
    url: Option<bool>,
}

/// A key and an id.
pub(super) type Pair = (Vec<u8>, Option<Vec<u8>>);

impl Heading {
    /// Reads the element just opened; one that is not of the heading is passed over.
    pub(super) fn element(
        &mut self,
        document: &mut Document<'_>,
        element: &[u8],
        names: &'static Names,
    ) -> Result<(), PageError> {
        let mut text = |place: &mut Option<Vec<u8>>, element| {
            let text = document.text(element)?;
            once(place, text, element)
        };
        match element {
            b"Name" => text(&mut self.name, "Name"),
            b"Bucket" => text(&mut self.name, "Bucket"),
            b"Prefix" => text(&mut self.prefix, "Prefix"),
            b"KeyMarker" => text(&mut self.key_marker, "KeyMarker"),
            b"NextKeyMarker" => text(&mut self.next_key, "NextKeyMarker"),
            b"IsTruncated" => {
                let more = document.value("IsTruncated", "`true` or `false`", truth)?;
                once(&mut self.truncated, more, "IsTruncated")
            }
            // KS3's own SDK once matched the second spelling.
            b"EncodingType" | b"Encoding-Type" => {
                let url = document.value("EncodingType", "`url`", |text| match text {
                    b"" => Some(false),
                    _ => text.eq_ignore_ascii_case(b"url").then_some(true),
                })?;
                once(&mut self.url, url, "EncodingType")
            }
            other if other == names.id_marker.as_bytes() => {
                text(&mut self.id_marker, names.id_marker)
            }
            other if other == names.next_id_marker.as_bytes() => {
                text(&mut self.next_id, names.next_id_marker)
            }
            _ => document.skip(),
        }
    }

    /// A key as the reply means it.
    pub(super) fn key(
        &self,
        written: Vec<u8>,
        element: &'static str,
        quirks: &Quirks,
    ) -> Result<Vec<u8>, PageError> {
        if self.url != Some(true) {
            return Ok(written);
        }
        let mut key = Vec::with_capacity(written.len());
        if percent::decode(quirks.plus, &written, &mut key) {
            Ok(key)
        } else {
            Err(bad(element, &written, "url-encoded"))
        }
    }

    /// Compares what the reply repeats of its request with what was asked.
    pub(super) fn check(
        &self,
        prefix: &[u8],
        from: Option<(&[u8], Option<&[u8]>)>,
        names: &'static Names,
        expected: &Expected<'_>,
    ) -> Result<(), PageError> {
        if let Some(name) = &self.name
            && !expected.bucket.is_empty()
            && !echo::is_bucket(name, expected.bucket)
        {
            return Err(echo::wrong("Name", name, expected.bucket.as_bytes()));
        }
        let url = (self.url == Some(true)).then_some(expected.quirks.plus);
        echo::compare("Prefix", self.prefix.as_deref(), Some(prefix), url)?;
        let key = from.map(|(key, _)| key);
        echo::compare("KeyMarker", self.key_marker.as_deref(), key, url)?;
        let id = from.and_then(|(_, id)| id);
        echo::compare(names.id_marker, self.id_marker.as_deref(), id, None)
    }

    /// Where the listing goes on; `None` at its end. `last` is the last key listed.
    ///
    /// `encoding-type=url` encodes the marker like keys, but not every server does it (Ceph writes it as it
    /// is), and decoding what is not encoded would go on from another key. The marker is nearly always the
    /// last key, which tells; where it is not, the rule counts.
    pub(super) fn next(
        self,
        document: &Document<'_>,
        last: Option<&[u8]>,
        quirks: &Quirks,
    ) -> Result<Option<Pair>, PageError> {
        if !self.truncated.ok_or_else(|| document.missing("<IsTruncated>"))? {
            return Ok(None);
        }
        let written = self.next_key.clone().unwrap_or_default();
        if written.is_empty() {
            return Err(PageError::NoContinuation);
        }
        let key = if last == Some(&written) {
            written
        } else {
            self.key(written, "NextKeyMarker", quirks)?
        };
        Ok(Some((key, self.next_id.filter(|id| !id.is_empty()))))
    }
}
