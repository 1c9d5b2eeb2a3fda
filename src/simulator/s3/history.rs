//! `ListObjectVersions`, `ListMultipartUploads` and `ListParts`: which entries a page holds, and the
//! documents.

use super::distortion::{Distortion, shortened};
use super::errors::{ErrorCode, S3Error};
use super::list::{Listed, MOST_KEYS, number_of, text_form};
use super::render::{OWNER_ID, open_root, push_number};
use super::target::{Resource, Target};
use super::xml::{TextForm, close, open, push_element, push_xml};
use crate::simulator::behaviour::{Behaviour, Quirk};
use crate::simulator::civil::push_iso8601;
use crate::simulator::content::{Content, partition_point};
use crate::simulator::flavour::Flavour;
use crate::simulator::history::{History, UploadEntry, VersionEntry};
use crate::simulator::mix::{digest, fraction};

/// A request for a part of a bucket's history, checked.
pub(crate) struct HistoryRequest<'a> {
    bucket: &'a str,
    asked: Asked<'a>,
    prefix: &'a [u8],
    key_marker: Option<&'a [u8]>,
    id_marker: Option<&'a [u8]>,
    most: u64,
    form: TextForm,
    flavour: &'static Flavour,
}

enum Asked<'a> {
    Versions,
    Uploads,
    Parts { key: &'a [u8], upload: &'a [u8], after: u64 },
}

/// What both kinds of entries have.
trait Entry {
    fn key(&self) -> &[u8];
    fn id(&self) -> &[u8];
}

impl Entry for VersionEntry {
    fn key(&self) -> &[u8] {
        &self.key
    }

    fn id(&self) -> &[u8] {
        self.id.as_bytes()
    }
}

impl Entry for UploadEntry {
    fn key(&self) -> &[u8] {
        &self.key
    }

    fn id(&self) -> &[u8] {
        self.id.as_bytes()
    }
}

impl<'a> HistoryRequest<'a> {
    /// Reads the query, if it asks for a part of the history.
    pub(crate) fn read(
        target: &'a Target,
        resource: &'a Resource,
        bucket: &'a str,
        behaviour: &Behaviour,
        flavour: &'static Flavour,
    ) -> Result<Option<Self>, S3Error> {
        let has = |name: &str| target.parameter(name).is_some();
        let number = |name: &'static str, most| number_of(target, name, most, flavour);
        let (asked, most, id_marker) = match (&resource.key, target.parameter("uploadId")) {
            (Some(key), Some(upload)) => {
                let after = number("part-number-marker", 0)?;
                (Asked::Parts { key, upload, after }, number("max-parts", MOST_KEYS)?, "")
            }
            (None, _) if has("versions") => {
                (Asked::Versions, number("max-keys", MOST_KEYS)?, "version-id-marker")
            }
            (None, _) if has("uploads") => {
                (Asked::Uploads, number("max-uploads", MOST_KEYS)?, "upload-id-marker")
            }
            _ => return Ok(None),
        };
        let given = |name| target.parameter(name).filter(|text: &&[u8]| !text.is_empty());
        let (key_marker, id_marker) = (given("key-marker"), given(id_marker));
        if id_marker.is_some() && key_marker.is_none() {
            return Err(S3Error::new(ErrorCode::InvalidArgument)
                .with("Message", "A version-id marker cannot be specified without a key marker."));
        }
        Ok(Some(Self {
            bucket,
            asked,
            prefix: target.parameter("prefix").unwrap_or_default(),
            key_marker: key_marker.filter(|_| !behaviour.has(Quirk::IgnoresStartAfter)),
            id_marker,
            most: most.min(MOST_KEYS),
            form: text_form(target, behaviour, flavour)?,
            flavour,
        }))
    }

    /// Appends the document. `number` tells requests apart.
    pub(crate) fn write(
        &self,
        content: &dyn Content,
        history: &History,
        behaviour: &Behaviour,
        distortion: Option<Distortion>,
        number: u64,
        out: &mut Vec<u8>,
    ) -> Result<Listed, S3Error> {
        let limit = behaviour.limited(self.most);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let repeated = distortion == Some(Distortion::RepeatedPage);
        let objects = match &self.asked {
            Asked::Versions => {
                let found = self.versions(content, history, limit + 1, behaviour, repeated);
                let page = self.page(found, limit, behaviour, distortion, number)?;
                self.push(out, "ListVersionsResult", "Version", &page, |out, entry| {
                    push_version(out, self.form, entry);
                })
            }
            Asked::Uploads => {
                let found = self.uploads(content, history, limit + 1, repeated);
                let page = self.page(found, limit, behaviour, distortion, number)?;
                self.push(out, "ListMultipartUploadsResult", "Upload", &page, |out, entry| {
                    push_upload(out, self.form, entry);
                })
            }
            Asked::Parts { key, upload, after } => {
                let first = history.first_upload(content, |known| known < *key);
                let end = history.first_upload(content, |known| known <= *key);
                let named =
                    |number: &u64| history.upload(content, *number).id.as_bytes() == *upload;
                let Some(found) = (first..end).find(named) else {
                    return Err(S3Error::new(ErrorCode::NoSuchUpload)
                        .with("UploadId", String::from_utf8_lossy(upload)));
                };
                self.push_parts(out, history.parts(found), *after, limit)
            }
        };
        Ok(Listed { objects })
    }

    fn versions(
        &self,
        content: &dyn Content,
        history: &History,
        limit: usize,
        behaviour: &Behaviour,
        repeated: bool,
    ) -> Vec<VersionEntry> {
        let marker = self.key_marker.filter(|_| !repeated);
        let inclusive = behaviour.has(Quirk::StartAfterInclusive);
        let from = marker.map_or(0, |marker| content.rank(marker));
        // What a deleted key is derived from sorts before it.
        let from = from.max(content.lower_bound(self.prefix)).saturating_sub(1);
        let mut behind = self.id_marker.is_none() || marker.is_none();
        let (mut page, mut entries) = (Vec::new(), Vec::new());
        let below = &mut |key: &[u8]| key < self.prefix || key.starts_with(self.prefix);
        let end = partition_point(content, from..content.len(), below);
        for index in from..end {
            history.entries(content, index, &mut entries);
            for entry in entries.drain(..) {
                let before = marker.is_some_and(|marker| {
                    let same = entry.key == marker;
                    let passed = entry.key.as_slice() < marker
                        || same && !behind
                        || same && self.id_marker.is_none() && !inclusive;
                    behind |= same && self.id_marker == Some(entry.id.as_bytes());
                    passed
                });
                if !before && entry.key.starts_with(self.prefix) {
                    page.push(entry);
                }
            }
            if page.len() >= limit {
                page.truncate(limit);
                break;
            }
        }
        page
    }

    fn uploads(
        &self,
        content: &dyn Content,
        history: &History,
        limit: usize,
        repeated: bool,
    ) -> Vec<UploadEntry> {
        let marker = self.key_marker.filter(|_| !repeated);
        let first = history.first_upload(content, |key| {
            key < self.prefix || marker.is_some_and(|marker| key < marker)
        });
        let mut behind = false;
        (first..history.upload_count(content))
            .map(|number| history.upload(content, number))
            .filter(|upload| {
                let passed = marker == Some(&upload.key) && !behind;
                behind |=
                    marker == Some(&upload.key) && self.id_marker == Some(upload.id.as_bytes());
                !passed
            })
            .take_while(|upload| upload.key.starts_with(self.prefix))
            .take(limit)
            .collect()
    }

    /// Cuts one more entry than fits into a page, and does to it what is to go wrong.
    fn page<E: Entry>(
        &self,
        mut entries: Vec<E>,
        limit: usize,
        behaviour: &Behaviour,
        distortion: Option<Distortion>,
        number: u64,
    ) -> Result<PageOf<E>, S3Error> {
        let mut more = limit > 0 && entries.len() > limit;
        entries.truncate(limit);
        if entries.iter().any(|entry| behaviour.fails_at(entry.key())) {
            return Err(S3Error::new(ErrorCode::InternalError));
        }
        if distortion == Some(Distortion::ShortPage) && entries.len() > 1 {
            let shorter = shortened(number, entries.len() as u64);
            more = true;
            entries.truncate(usize::try_from(shorter).unwrap_or(1));
        }
        let asked = [self.key_marker.unwrap_or_default(), self.id_marker.unwrap_or_default()];
        let start = digest(0xE4D, &asked.concat());
        more &= fraction(start) >= behaviour.truncated_end;
        let last = entries.last().filter(|_| more);
        let mut next = last.map(|last| (last.key().to_vec(), last.id().to_vec()));
        if distortion == Some(Distortion::RepeatedToken)
            && more
            && let (Some(key), Some(id)) = (self.key_marker, self.id_marker)
        {
            next = Some((key.to_vec(), id.to_vec()));
        }
        if distortion == Some(Distortion::UnorderedPage)
            && let Some(at) = entries.windows(2).position(|pair| pair[0].key() != pair[1].key())
        {
            entries.swap(at, at + 1);
        }
        Ok(PageOf { entries, next })
    }

    fn push<E: Entry>(
        &self,
        out: &mut Vec<u8>,
        root: &str,
        kind: &str,
        page: &PageOf<E>,
        push: impl Fn(&mut Vec<u8>, &E),
    ) -> u64 {
        let form = self.form;
        let (bucket, most) =
            if kind == "Upload" { ("Bucket", "MaxUploads") } else { ("Name", "MaxKeys") };
        open_root(out, root, self.flavour);
        push_element(out, bucket, TextForm::Xml, self.bucket.as_bytes());
        push_element(out, "Prefix", form, self.prefix);
        push_element(out, "KeyMarker", form, self.key_marker.unwrap_or_default());
        let id_marker = self.id_marker.unwrap_or_default();
        push_element(out, &format!("{kind}IdMarker"), TextForm::Xml, id_marker);
        if let Some((key, id)) = &page.next {
            push_element(out, "NextKeyMarker", form, key);
            push_element(out, &format!("Next{kind}IdMarker"), TextForm::Xml, id);
        }
        push_number(out, most, self.most);
        if form != TextForm::Xml {
            push_element(out, "EncodingType", TextForm::Xml, b"url");
        }
        push_truncated(out, page.next.is_some());
        page.entries.iter().for_each(|entry| push(out, entry));
        close(out, root);
        page.entries.len() as u64
    }

    fn push_parts(
        &self,
        out: &mut Vec<u8>,
        sizes: impl Iterator<Item = u64>,
        after: u64,
        limit: usize,
    ) -> u64 {
        let Asked::Parts { key, upload, .. } = &self.asked else { return 0 };
        let mut parts: Vec<_> =
            (1_u64..).zip(sizes).filter(|(part, _)| *part > after).take(limit + 1).collect();
        let more = parts.len() > limit;
        parts.truncate(limit);
        open_root(out, "ListPartsResult", self.flavour);
        push_element(out, "Bucket", TextForm::Xml, self.bucket.as_bytes());
        push_element(out, "Key", TextForm::Xml, key);
        push_element(out, "UploadId", TextForm::Xml, upload);
        push_number(out, "PartNumberMarker", after);
        if let Some((last, _)) = parts.last().filter(|_| more) {
            push_number(out, "NextPartNumberMarker", *last);
        }
        push_number(out, "MaxParts", self.most);
        push_truncated(out, more);
        for (part, size) in &parts {
            open(out, "Part");
            push_number(out, "PartNumber", *part);
            push_number(out, "Size", *size);
            close(out, "Part");
        }
        close(out, "ListPartsResult");
        parts.len() as u64
    }
}

/// Entries, and where the listing goes on.
struct PageOf<E> {
    entries: Vec<E>,
    next: Option<(Vec<u8>, Vec<u8>)>,
}

fn push_truncated(out: &mut Vec<u8>, more: bool) {
    let truncated: &[u8] = if more { b"true" } else { b"false" };
    push_element(out, "IsTruncated", TextForm::Xml, truncated);
}

fn push_version(out: &mut Vec<u8>, form: TextForm, entry: &VersionEntry) {
    let kind = if entry.stored.is_some() { "Version" } else { "DeleteMarker" };
    open(out, kind);
    push_element(out, "Key", form, &entry.key);
    push_element(out, "VersionId", TextForm::Xml, entry.id.as_bytes());
    let latest: &[u8] = if entry.latest { b"true" } else { b"false" };
    push_element(out, "IsLatest", TextForm::Xml, latest);
    out.extend_from_slice(b"<LastModified>");
    push_iso8601(out, entry.modified.0);
    out.extend_from_slice(b"</LastModified>");
    if let Some((size, class)) = &entry.stored {
        push_number(out, "Size", *size);
        out.extend_from_slice(b"<StorageClass>");
        push_xml(out, class);
        out.extend_from_slice(b"</StorageClass>");
    }
    out.extend_from_slice(format!("<Owner><ID>{OWNER_ID}</ID></Owner>").as_bytes());
    close(out, kind);
}

fn push_upload(out: &mut Vec<u8>, form: TextForm, entry: &UploadEntry) {
    open(out, "Upload");
    push_element(out, "Key", form, &entry.key);
    push_element(out, "UploadId", TextForm::Xml, entry.id.as_bytes());
    out.extend_from_slice(format!("<Owner><ID>{OWNER_ID}</ID></Owner>").as_bytes());
    push_element(out, "StorageClass", TextForm::Xml, entry.class.as_bytes());
    out.extend_from_slice(b"<Initiated>");
    push_iso8601(out, entry.initiated.0);
    out.extend_from_slice(b"</Initiated>");
    close(out, "Upload");
}
