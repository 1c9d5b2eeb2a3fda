//! The reading of a body.

use std::ops::Range;

use super::{Head, NO_TIER, ROOT, Rejected};
use crate::object::Timestamp;
use crate::store::azure::entry::{Entries, Kind, Raw};
use crate::store::azure::error::ServiceError;
use crate::store::text::document::{Document, bad, bad_reference, number, once, truncated, truth};
use crate::store::text::percent::{self, Plus};
use crate::store::text::timestamp;
use crate::store::text::xml::{self, Content};
use crate::store::{Page, PageError, Span};

/// A reading: where it is, and what it has found.
pub(super) struct Pass<'a> {
    document: Document<'a>,
    page: &'a mut Page,
    entries: Entries<'a>,
    head: Head,
    fast: bool,
    /// Where the page says that a blob has no tier.
    no_tier: Option<Span>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(body: &'a [u8], page: &'a mut Page, fast: bool) -> Self {
        page.reset();
        Self {
            document: Document::new(body, ROOT, "</EnumerationResults>"),
            page,
            entries: Entries::new(body),
            head: Head::default(),
            fast,
            no_tier: None,
        }
    }

    pub(super) fn run(mut self) -> Result<Head, Rejected> {
        let root = self.document.open(|body| ServiceError::parse(body).map(Rejected::Service))?;
        self.head.container = self.attribute(&root, "ContainerName")?;
        while let Some(name) = self.document.element()? {
            self.element(&name)?;
        }
        self.document.close()?;
        Ok(self.head)
    }

    fn element(&mut self, name: &Range<usize>) -> Result<(), PageError> {
        match &self.document.body[name.clone()] {
            b"Blobs" => {
                self.head.blobs = true;
                self.blobs()
            }
            b"NextMarker" => {
                let text = self.document.text("NextMarker")?;
                once(&mut self.head.next, text, "NextMarker")
            }
            b"Prefix" => {
                let encoded = self.is_encoded(name)?;
                let text = self.document.text("Prefix")?;
                let mut prefix = text;
                if encoded {
                    let mut decoded = Vec::with_capacity(prefix.len());
                    if !percent::decode(Plus::Itself, &prefix, &mut decoded) {
                        return Err(bad("Prefix", &prefix, "percent-encoded"));
                    }
                    prefix = decoded;
                }
                self.head.prefix = Some(prefix);
                Ok(())
            }
            b"Marker" => {
                self.head.marker = Some(self.document.text("Marker")?);
                Ok(())
            }
            _ => self.document.skip(),
        }
    }

    /// Reads all entries: blobs and common prefixes in one order.
    fn blobs(&mut self) -> Result<(), PageError> {
        loop {
            if self.fast {
                self.fast_blobs()?;
            }
            let Some(name) = self.document.child()? else { return Ok(()) };
            match name {
                b"Blob" => self.blob()?,
                b"BlobPrefix" => self.prefix()?,
                _ => self.document.skip()?,
            }
        }
    }

    /// Takes as many blobs as come in the usual shape.
    fn fast_blobs(&mut self) -> Result<(), PageError> {
        // Inside `EnumerationResults` and `Blobs`, unless that closed itself.
        if self.document.reader.depth() != 2
            || self.document.body[..self.document.reader.position()].ends_with(b"/>")
        {
            return Ok(());
        }
        let mut at = self.document.reader.position();
        while let Some((raw, end)) = self.entries.read(at) {
            let Raw { name, escaped, size, modified, etag, tier, kind } = raw;
            at = end;
            if self.is_directory(kind) {
                continue;
            }
            let name = if escaped {
                self.document.scratch.clear();
                if !xml::unescape(&self.document.body[name.clone()], &mut self.document.scratch) {
                    let text = &self.document.body[name];
                    return Err(bad_reference("Name", text));
                }
                arena(self.page, &self.document.scratch)?
            } else {
                self.page.in_body(name.start, name.end)?
            };
            let etag = self.page.in_body(etag.start, etag.end)?;
            let tier = match tier {
                Some(tier) => self.page.in_body(tier.start, tier.end)?,
                None => self.no_tier()?,
            };
            self.page.push(name, size, modified, etag, tier);
        }
        self.document.reader.jump(at);
        Ok(())
    }

    /// Reads any `Blob`.
    fn blob(&mut self) -> Result<(), PageError> {
        let (mut name, mut about) = (None, About::default());
        let mut properties = Properties::default();
        while let Some(child) = self.document.element()? {
            match &self.document.body[child.clone()] {
                b"Name" => {
                    let text = self.name(&child)?;
                    once(&mut name, text, "Name")?;
                }
                b"Properties" => self.properties(&mut properties)?,
                b"Snapshot" => {
                    let text = self.document.text("Snapshot")?;
                    once(&mut about.snapshot, text, "Snapshot")?;
                }
                b"VersionId" => {
                    let text = self.document.text("VersionId")?;
                    once(&mut about.version, text, "VersionId")?;
                }
                b"IsCurrentVersion" => {
                    let value =
                        self.document.value("IsCurrentVersion", "`true` or `false`", truth)?;
                    once(&mut about.current, value, "IsCurrentVersion")?;
                }
                b"Deleted" => {
                    let value = self.document.value("Deleted", "`true` or `false`", truth)?;
                    once(&mut about.deleted, value, "Deleted")?;
                }
                _ => self.document.skip()?,
            }
        }
        let body = self.document.body;
        let missing = |element| truncated(body, element);
        let name = name.ok_or_else(|| missing("<Name>"))?;
        if self.is_directory(properties.kind) {
            return Ok(());
        }
        let size = properties.size.ok_or_else(|| missing("<Content-Length>"))?;
        let modified = properties.modified.ok_or_else(|| missing("<Last-Modified>"))?;
        let tier = match properties.tier {
            Some(tier) => tier,
            None => self.no_tier()?,
        };
        self.page.push(name, size, modified, properties.etag, tier);
        self.head.about.push(about);
        Ok(())
    }

    /// Counts what an entry says that it is, and tells whether that is a directory.
    fn is_directory(&mut self, kind: Option<Kind>) -> bool {
        let Some(kind) = kind else { return false };
        self.page.count_directory(kind == Kind::Directory);
        kind == Kind::Directory
    }

    fn properties(&mut self, found: &mut Properties) -> Result<(), PageError> {
        while let Some(child) = self.document.child()? {
            match child {
                b"Content-Length" => {
                    let size =
                        self.document.value("Content-Length", "a number of bytes", number)?;
                    once(&mut found.size, size, "Content-Length")?;
                }
                b"Last-Modified" => {
                    let expected = "a time such as `Sat, 21 Nov 2026 12:00:00 GMT`";
                    let time =
                        self.document.value("Last-Modified", expected, timestamp::parse_http)?;
                    once(&mut found.modified, time, "Last-Modified")?;
                }
                b"Etag" => found.etag = self.etag()?,
                b"AccessTier" => {
                    let text = self.document.text("AccessTier")?;
                    if !text.is_empty() {
                        let tier = arena(self.page, &text)?;
                        once(&mut found.tier, tier, "AccessTier")?;
                    }
                }
                b"ResourceType" => {
                    let kind =
                        self.document.value("ResourceType", "`file` or `directory`", Kind::read)?;
                    once(&mut found.kind, kind, "ResourceType")?;
                }
                _ => self.document.skip()?,
            }
        }
        Ok(())
    }

    fn prefix(&mut self) -> Result<(), PageError> {
        let mut prefix = None;
        while let Some(child) = self.document.element()? {
            if &self.document.body[child.clone()] == b"Name" {
                let text = self.name(&child)?;
                once(&mut prefix, text, "Name")?;
            } else {
                self.document.skip()?;
            }
        }
        let prefix = prefix.ok_or_else(|| self.document.missing("<Name>"))?;
        self.page.push_prefix(prefix);
        Ok(())
    }

    /// The name in the element just opened, decoded.
    fn name(&mut self, element: &Range<usize>) -> Result<Span, PageError> {
        let encoded = self.is_encoded(element)?;
        let content = self.document.content("Name")?;
        let written = self.document.written(&content);
        if written.is_empty() {
            return Err(bad("Name", written, "a name"));
        }
        if let Content::Slice(range) = &content
            && !encoded
        {
            return self.page.in_body(range.start, range.end);
        }
        let Self { page, document, .. } = self;
        let written = document.written(&content);
        let mut sound = true;
        let span = page.in_arena(|_, arena| {
            if encoded {
                sound = percent::decode(Plus::Itself, written, arena);
            } else {
                arena.extend_from_slice(written);
            }
        })?;
        if sound { Ok(span) } else { Err(bad("Name", written, "percent-encoded")) }
    }

    /// Whether the element just opened says that its text is percent-encoded.
    fn is_encoded(&self, element: &Range<usize>) -> Result<bool, PageError> {
        match self.attribute(element, "Encoded")?.as_deref() {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case(b"true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case(b"false") => Ok(false),
            Some(other) => Err(bad("Encoded", other, "`true` or `false`")),
        }
    }

    /// An attribute of the element just opened.
    fn attribute(&self, element: &Range<usize>, name: &str) -> Result<Option<Vec<u8>>, PageError> {
        let mut rest = &self.document.body[element.end..self.document.reader.position()];
        loop {
            rest = rest.trim_ascii_start();
            let Some(equals) = memchr::memchr(b'=', rest) else { return Ok(None) };
            let found = rest[..equals].trim_ascii_end();
            rest = rest[equals + 1..].trim_ascii_start();
            let (value, end) = rest
                .split_first()
                .filter(|(quote, _)| matches!(quote, b'"' | b'\''))
                .and_then(|(quote, text)| Some((text, memchr::memchr(*quote, text)?)))
                .ok_or_else(|| self.document.malformed(element.start))?;
            if found == name.as_bytes() {
                let (mut text, value) = (Vec::new(), &value[..end]);
                let sound = xml::unescape(value, &mut text);
                return if sound { Ok(Some(text)) } else { Err(bad_reference(ROOT, value)) };
            }
            rest = &value[end + 1..];
        }
    }

    fn no_tier(&mut self) -> Result<Span, PageError> {
        if let Some(span) = self.no_tier {
            return Ok(span);
        }
        let span = arena(self.page, NO_TIER)?;
        self.no_tier = Some(span);
        Ok(span)
    }

    fn etag(&mut self) -> Result<Span, PageError> {
        let text = self.document.text("Etag")?;
        let bare = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        arena(self.page, bare.unwrap_or(&text))
    }
}

/// What an entry says about itself beside its properties.
#[derive(Debug, Default)]
pub(super) struct About {
    pub(super) snapshot: Option<Vec<u8>>,
    pub(super) version: Option<Vec<u8>>,
    /// `IsCurrentVersion`.
    pub(super) current: Option<bool>,
    pub(super) deleted: Option<bool>,
}

/// What `Properties` tells of a blob.
#[derive(Default)]
struct Properties {
    size: Option<u64>,
    modified: Option<Timestamp>,
    etag: Span,
    tier: Option<Span>,
    kind: Option<Kind>,
}

fn arena(page: &mut Page, text: &[u8]) -> Result<Span, PageError> {
    page.in_arena(|_, arena| arena.extend_from_slice(text))
}
