//! The reading of a body.

use std::ops::Range;

use super::{Head, NO_TIER, ROOT, Rejected, bad, truncated};
use crate::object::Timestamp;
use crate::store::azure::entry::{Entries, Kind, Raw};
use crate::store::azure::error::ServiceError;
use crate::store::page::printable;
use crate::store::text::percent::{self, Plus};
use crate::store::text::timestamp;
use crate::store::text::xml::{self, Content, Event, Reader, XmlError};
use crate::store::{Page, PageError, Span};

/// A reading: where it is, and what it has found.
pub(super) struct Pass<'a> {
    body: &'a [u8],
    page: &'a mut Page,
    reader: Reader<'a>,
    entries: Entries<'a>,
    head: Head,
    fast: bool,
    scratch: Vec<u8>,
    /// Where the page says that a blob has no tier.
    no_tier: Option<Span>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(body: &'a [u8], page: &'a mut Page, fast: bool) -> Self {
        page.reset();
        Self {
            body,
            page,
            reader: Reader::new(body),
            entries: Entries::new(body),
            head: Head::default(),
            fast,
            scratch: Vec::new(),
            no_tier: None,
        }
    }

    pub(super) fn run(mut self) -> Result<Head, Rejected> {
        self.root()?;
        while let Some(name) = self.child()? {
            self.element(&name)?;
        }
        // Nothing may follow the root.
        match self.next()? {
            Event::Done => Ok(self.head),
            _ => Err(self.malformed(self.reader.position()).into()),
        }
    }

    fn root(&mut self) -> Result<(), Rejected> {
        let first = self.reader.next().map_err(|error| match error {
            XmlError::Cut => truncated(self.body, "<EnumerationResults>"),
            _ => not_a_listing(self.body),
        })?;
        let name = match first {
            Event::Start(name) => name,
            _ => 0..0,
        };
        match &self.body[name.clone()] {
            b"Error" => Err(match ServiceError::parse(self.body) {
                Some(error) => Rejected::Service(error),
                None => truncated(self.body, "</Error>").into(),
            }),
            root if root == ROOT.as_bytes() => {
                self.head.container = self.attribute(&name, "ContainerName")?;
                Ok(())
            }
            _ => Err(not_a_listing(self.body).into()),
        }
    }

    fn element(&mut self, name: &Range<usize>) -> Result<(), PageError> {
        match &self.body[name.clone()] {
            b"Blobs" => {
                self.head.blobs = true;
                self.blobs()
            }
            b"NextMarker" => {
                let text = self.text("NextMarker")?;
                once(&mut self.head.next, text, "NextMarker")
            }
            b"Prefix" => {
                let encoded = self.is_encoded(name)?;
                let text = self.text("Prefix")?;
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
                self.head.marker = Some(self.text("Marker")?);
                Ok(())
            }
            _ => self.skip(),
        }
    }

    /// Reads all entries: blobs and common prefixes in one order.
    fn blobs(&mut self) -> Result<(), PageError> {
        loop {
            if self.fast {
                self.fast_blobs()?;
            }
            let Some(name) = self.child()? else { return Ok(()) };
            match &self.body[name] {
                b"Blob" => self.blob()?,
                b"BlobPrefix" => self.prefix()?,
                _ => self.skip()?,
            }
        }
    }

    /// Takes as many blobs as come in the usual shape.
    fn fast_blobs(&mut self) -> Result<(), PageError> {
        // Inside `EnumerationResults` and `Blobs`, unless that closed itself.
        if self.reader.depth() != 2 || self.body[..self.reader.position()].ends_with(b"/>") {
            return Ok(());
        }
        let mut at = self.reader.position();
        while let Some((raw, end)) = self.entries.read(at) {
            let Raw { name, escaped, size, modified, etag, tier, kind } = raw;
            at = end;
            if self.is_directory(kind) {
                continue;
            }
            let name = if escaped {
                self.scratch.clear();
                if !xml::unescape(&self.body[name.clone()], &mut self.scratch) {
                    let text = &self.body[name];
                    return Err(bad("Name", text, "text with sound character references"));
                }
                arena(self.page, &self.scratch)?
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
        self.reader.jump(at);
        Ok(())
    }

    /// Reads any `Blob`.
    fn blob(&mut self) -> Result<(), PageError> {
        let (mut name, mut about) = (None, About::default());
        let mut properties = Properties::default();
        while let Some(child) = self.child()? {
            match &self.body[child.clone()] {
                b"Name" => {
                    let text = self.name(&child)?;
                    once(&mut name, text, "Name")?;
                }
                b"Properties" => self.properties(&mut properties)?,
                b"Snapshot" => {
                    let text = self.text("Snapshot")?;
                    once(&mut about.snapshot, text, "Snapshot")?;
                }
                b"VersionId" => {
                    let text = self.text("VersionId")?;
                    once(&mut about.version, text, "VersionId")?;
                }
                b"IsCurrentVersion" => {
                    let value = self.value("IsCurrentVersion", "`true` or `false`", truth)?;
                    once(&mut about.current, value, "IsCurrentVersion")?;
                }
                b"Deleted" => {
                    let value = self.value("Deleted", "`true` or `false`", truth)?;
                    once(&mut about.deleted, value, "Deleted")?;
                }
                _ => self.skip()?,
            }
        }
        let missing = |element| truncated(self.body, element);
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
        while let Some(child) = self.child()? {
            match &self.body[child] {
                b"Content-Length" => {
                    let size = self.value("Content-Length", "a number of bytes", number)?;
                    once(&mut found.size, size, "Content-Length")?;
                }
                b"Last-Modified" => {
                    let expected = "a time such as `Sat, 21 Nov 2026 12:00:00 GMT`";
                    let time = self.value("Last-Modified", expected, timestamp::parse_http)?;
                    once(&mut found.modified, time, "Last-Modified")?;
                }
                b"Etag" => found.etag = self.etag()?,
                b"AccessTier" => {
                    let text = self.text("AccessTier")?;
                    if !text.is_empty() {
                        let tier = arena(self.page, &text)?;
                        once(&mut found.tier, tier, "AccessTier")?;
                    }
                }
                b"ResourceType" => {
                    let kind = self.value("ResourceType", "`file` or `directory`", Kind::read)?;
                    once(&mut found.kind, kind, "ResourceType")?;
                }
                _ => self.skip()?,
            }
        }
        Ok(())
    }

    fn prefix(&mut self) -> Result<(), PageError> {
        let mut prefix = None;
        while let Some(child) = self.child()? {
            if &self.body[child.clone()] == b"Name" {
                let text = self.name(&child)?;
                once(&mut prefix, text, "Name")?;
            } else {
                self.skip()?;
            }
        }
        let prefix = prefix.ok_or_else(|| truncated(self.body, "<Name>"))?;
        self.page.push_prefix(prefix);
        Ok(())
    }

    /// The name in the element just opened, decoded.
    fn name(&mut self, element: &Range<usize>) -> Result<Span, PageError> {
        let encoded = self.is_encoded(element)?;
        let content = self.content("Name")?;
        let written = self.written(&content);
        if written.is_empty() {
            return Err(bad("Name", written, "a name"));
        }
        if let Content::Slice(range) = &content
            && !encoded
        {
            return self.page.in_body(range.start, range.end);
        }
        let Self { page, body, scratch, .. } = self;
        let written = match &content {
            Content::Slice(range) => &body[range.clone()],
            Content::Built => scratch.as_slice(),
        };
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
        let mut rest = &self.body[element.end..self.reader.position()];
        loop {
            rest = rest.trim_ascii_start();
            let Some(equals) = memchr::memchr(b'=', rest) else { return Ok(None) };
            let found = rest[..equals].trim_ascii_end();
            rest = rest[equals + 1..].trim_ascii_start();
            let (value, end) = rest
                .split_first()
                .filter(|(quote, _)| matches!(quote, b'"' | b'\''))
                .and_then(|(quote, text)| Some((text, memchr::memchr(*quote, text)?)))
                .ok_or_else(|| self.malformed(element.start))?;
            if found == name.as_bytes() {
                let (mut text, value) = (Vec::new(), &value[..end]);
                let sound = xml::unescape(value, &mut text);
                return if sound {
                    Ok(Some(text))
                } else {
                    Err(bad(ROOT, value, "text with sound character references"))
                };
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
        let text = self.text("Etag")?;
        let bare = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        arena(self.page, bare.unwrap_or(&text))
    }

    /// The next element inside the one just opened, or `None` at its end.
    fn child(&mut self) -> Result<Option<Range<usize>>, PageError> {
        loop {
            match self.next()? {
                Event::Start(name) => return Ok(Some(name)),
                Event::End | Event::Done => return Ok(None),
                Event::Text(text) | Event::Literal(text) => {
                    if !self.body[text.clone()].iter().all(u8::is_ascii_whitespace) {
                        return Err(self.malformed(text.start));
                    }
                }
            }
        }
    }

    fn value<T>(
        &mut self,
        element: &'static str,
        expected: &'static str,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<T, PageError> {
        let content = self.content(element)?;
        let text = self.written(&content);
        read(text.trim_ascii()).ok_or_else(|| bad(element, text, expected))
    }

    fn text(&mut self, element: &'static str) -> Result<Vec<u8>, PageError> {
        let content = self.content(element)?;
        Ok(self.written(&content).to_vec())
    }

    fn content(&mut self, element: &'static str) -> Result<Content, PageError> {
        let content = self.reader.content(&mut self.scratch);
        content.map_err(|error| self.error(error, element))
    }

    fn written(&self, content: &Content) -> &[u8] {
        match content {
            Content::Slice(range) => &self.body[range.clone()],
            Content::Built => &self.scratch,
        }
    }

    fn next(&mut self) -> Result<Event, PageError> {
        let event = self.reader.next();
        event.map_err(|error| self.error(error, ROOT))
    }

    fn skip(&mut self) -> Result<(), PageError> {
        let skipped = self.reader.skip();
        skipped.map_err(|error| self.error(error, ROOT))
    }

    fn error(&self, error: XmlError, element: &'static str) -> PageError {
        match error {
            XmlError::Cut => truncated(self.body, "</EnumerationResults>"),
            XmlError::Malformed(at) => self.malformed(at),
            XmlError::BadReference(range) => {
                bad(element, &self.body[range], "text with sound character references")
            }
        }
    }

    fn malformed(&self, at: usize) -> PageError {
        const SHOWN: usize = 40;
        let end = self.body.len().min(at + SHOWN);
        bad(ROOT, self.body.get(at..end).unwrap_or_default(), "well-formed XML")
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

fn truth(text: &[u8]) -> Option<bool> {
    match text {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

fn number(text: &[u8]) -> Option<u64> {
    // `from_str` would accept a plus sign.
    let digits = text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

fn once<T>(place: &mut Option<T>, value: T, element: &'static str) -> Result<(), PageError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(bad(element, b"", "given once")),
    }
}

fn not_a_listing(body: &[u8]) -> PageError {
    const SHOWN: usize = 60;
    PageError::NotAListing { start: printable(&body[..body.len().min(SHOWN)]) }
}
