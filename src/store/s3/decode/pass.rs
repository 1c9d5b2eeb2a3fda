//! One reading of a body under one encoding.

use std::ops::Range;

use memchr::memchr;

use super::{Head, Outcome, ROOT, Rejected, bad, truncated};
use crate::object::Timestamp;
use crate::store::page::printable;
use crate::store::s3::entry::{self, Raw};
use crate::store::s3::error::ServiceError;
use crate::store::text::xml::{self, Content, Event, Reader, XmlError};
use crate::store::text::{percent, timestamp};
use crate::store::{Page, PageError, Plus, Quirks, Span};

/// A reading: where it is, and what it has found.
pub(super) struct Pass<'a> {
    body: &'a [u8],
    page: &'a mut Page,
    reader: Reader<'a>,
    head: Head,
    /// The encoding that the reply states.
    stated: Option<bool>,
    /// The encoding to go by as long as it states none.
    assumed: bool,
    /// The encoding that entries were read under.
    used: Option<bool>,
    quirks: &'a Quirks,
    /// The storage class of objects without one, once it was needed.
    default_class: Option<Span>,
    fast: bool,
    scratch: Vec<u8>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        body: &'a [u8],
        page: &'a mut Page,
        quirks: &'a Quirks,
        assumed: bool,
        fast: bool,
    ) -> Self {
        page.reset();
        Self {
            body,
            page,
            reader: Reader::new(body),
            head: Head::default(),
            stated: None,
            assumed,
            used: None,
            quirks,
            default_class: None,
            fast,
            scratch: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Result<Outcome, Rejected> {
        self.root()?;
        loop {
            if self.fast {
                self.fast_entries()?;
            }
            match self.next()? {
                Event::Start(name) => self.element(name)?,
                Event::Done => break,
                Event::End => {}
                Event::Text(text) | Event::Literal(text) => {
                    if !self.body[text.clone()].iter().all(u8::is_ascii_whitespace) {
                        return Err(self.malformed(text.start).into());
                    }
                }
            }
        }
        let url = self.stated.unwrap_or(false);
        if self.used.is_some_and(|used| used != url) {
            return Ok(Outcome::Again { url });
        }
        self.head.url = url;
        Ok(Outcome::Done(self.head))
    }

    fn root(&mut self) -> Result<(), Rejected> {
        let first = self.reader.next().map_err(|error| match error {
            XmlError::Cut => truncated(self.body, "<ListBucketResult>"),
            _ => not_a_listing(self.body),
        })?;
        let name = match first {
            Event::Start(name) => &self.body[name],
            _ => b"",
        };
        if name == b"Error" {
            return Err(match ServiceError::parse(self.body) {
                Some(error) => Rejected::Service(error),
                None => truncated(self.body, "</Error>").into(),
            });
        }
        if name != ROOT.as_bytes() {
            return Err(not_a_listing(self.body).into());
        }
        Ok(())
    }

    fn element(&mut self, name: Range<usize>) -> Result<(), PageError> {
        match &self.body[name] {
            b"Contents" => self.contents(),
            b"CommonPrefixes" => self.common_prefix(),
            b"IsTruncated" => {
                let truncated =
                    self.value("IsTruncated", "`true` or `false`", |text| match text {
                        b"true" | b"True" => Some(true),
                        b"false" | b"False" => Some(false),
                        _ => None,
                    })?;
                once(&mut self.head.truncated, truncated, "IsTruncated")
            }
            b"KeyCount" => {
                let count = self.value("KeyCount", "a number", number)?;
                once(&mut self.head.key_count, count, "KeyCount")
            }
            // KS3's own SDK once matched the second spelling.
            b"EncodingType" | b"Encoding-Type" => {
                let url = self.value("EncodingType", "`url`", |text| match text {
                    b"" => Some(false),
                    _ => text.eq_ignore_ascii_case(b"url").then_some(true),
                })?;
                once(&mut self.stated, url, "EncodingType")
            }
            b"NextContinuationToken" => {
                self.head.token = self.text("NextContinuationToken")?;
                Ok(())
            }
            b"NextMarker" => {
                self.head.next_marker = self.text("NextMarker")?;
                Ok(())
            }
            b"Name" => {
                self.head.name = self.text("Name")?;
                Ok(())
            }
            b"Prefix" => {
                self.head.prefix = self.text("Prefix")?;
                Ok(())
            }
            b"StartAfter" => {
                self.head.start_after = self.text("StartAfter")?;
                Ok(())
            }
            b"Marker" => {
                self.head.marker = self.text("Marker")?;
                Ok(())
            }
            _ => self.skip(),
        }
    }

    /// Takes as many objects as come in the usual shape.
    fn fast_entries(&mut self) -> Result<(), PageError> {
        if self.reader.depth() != 1 {
            return Ok(());
        }
        let mut at = self.reader.position();
        if !self.body[at..].starts_with(b"<Contents>") {
            return Ok(());
        }
        let url = self.encoding();
        while let Some((raw, end)) = entry::read(self.body, at) {
            let Raw { key, escaped, size, modified, etag, storage_class } = raw;
            if key.is_empty() {
                break;
            }
            let key = if escaped {
                self.escaped(key, url, "Key")?
            } else {
                self.page.in_body(key.start, key.end)?
            };
            let etag = self.page.in_body(etag.start, etag.end)?;
            let storage_class = self.page.in_body(storage_class.start, storage_class.end)?;
            let storage_class = self.class(storage_class)?;
            self.page.push(key, size, modified, etag, storage_class);
            at = end;
        }
        self.reader.jump(at);
        Ok(())
    }

    /// The encoding that the next entry is to be read under.
    fn encoding(&mut self) -> bool {
        *self.used.get_or_insert(self.stated.unwrap_or(self.assumed))
    }

    /// Reads any `Contents`.
    fn contents(&mut self) -> Result<(), PageError> {
        let url = self.encoding();
        let (mut key, mut size, mut modified) = (None, None, None);
        let (mut etag, mut storage_class) = (Span::default(), Span::default());
        while let Some(name) = self.child()? {
            match &self.body[name] {
                b"Key" => {
                    let text = self.span("Key", url)?;
                    once(&mut key, text, "Key")?;
                }
                b"Size" => {
                    let value = self.value("Size", "a number of bytes", number)?;
                    once(&mut size, value, "Size")?;
                }
                b"LastModified" => {
                    let time: Timestamp = self.value(
                        "LastModified",
                        "an ISO 8601 time with its offset",
                        timestamp::parse,
                    )?;
                    once(&mut modified, time, "LastModified")?;
                }
                b"ETag" => etag = self.etag()?,
                b"StorageClass" => storage_class = self.span("StorageClass", false)?,
                _ => self.skip()?,
            }
        }
        let missing = |element| truncated(self.body, element);
        let key = key.ok_or_else(|| missing("<Key>"))?;
        let size = size.ok_or_else(|| missing("<Size>"))?;
        let modified = modified.ok_or_else(|| missing("<LastModified>"))?;
        let storage_class = self.class(storage_class)?;
        self.page.push(key, size, modified, etag, storage_class);
        Ok(())
    }

    /// The storage class that is meant where none is given.
    fn class(&mut self, given: Span) -> Result<Span, PageError> {
        if !given.is_empty() || self.quirks.default_class.is_empty() {
            return Ok(given);
        }
        if let Some(class) = self.default_class {
            return Ok(class);
        }
        let name = self.quirks.default_class.as_bytes();
        let class = self.page.in_arena(|_, arena| arena.extend_from_slice(name))?;
        self.default_class = Some(class);
        Ok(class)
    }

    fn common_prefix(&mut self) -> Result<(), PageError> {
        let url = self.encoding();
        let mut prefix = None;
        while let Some(name) = self.child()? {
            if &self.body[name] == b"Prefix" {
                let text = self.span("Prefix", url)?;
                once(&mut prefix, text, "Prefix")?;
            } else {
                self.skip()?;
            }
        }
        let prefix = prefix.ok_or_else(|| truncated(self.body, "<Prefix>"))?;
        self.page.push_prefix(prefix);
        Ok(())
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

    /// The content of a key or name as a span, with its references and its encoding resolved.
    fn span(&mut self, element: &'static str, url: bool) -> Result<Span, PageError> {
        let content = self.content(element)?;
        let written = self.written(&content);
        if written.is_empty() && matches!(element, "Key" | "Prefix") {
            return Err(bad(element, written, "a name"));
        }
        if let Content::Slice(range) = &content
            && !(url && memchr::memchr2(b'%', b'+', written).is_some())
        {
            return self.page.in_body(range.start, range.end);
        }
        let Self { page, body, scratch, quirks, .. } = self;
        let written = match &content {
            Content::Slice(range) => &body[range.clone()],
            Content::Built => scratch.as_slice(),
        };
        into_arena(page, written, url.then_some(quirks.plus), element)
    }

    /// A key of the fast path that holds references or escapes.
    fn escaped(
        &mut self,
        range: Range<usize>,
        url: bool,
        element: &'static str,
    ) -> Result<Span, PageError> {
        let text = &self.body[range.clone()];
        if memchr(b'&', text).is_none() {
            return if url {
                into_arena(self.page, text, Some(self.quirks.plus), element)
            } else {
                self.page.in_body(range.start, range.end)
            };
        }
        self.scratch.clear();
        if !xml::unescape(text, &mut self.scratch) {
            return Err(bad(element, text, "text with sound character references"));
        }
        let encoding = url.then_some(self.quirks.plus);
        into_arena(self.page, &self.scratch, encoding, element)
    }

    fn etag(&mut self) -> Result<Span, PageError> {
        match self.content("ETag")? {
            Content::Slice(range) => {
                let bare = entry::unquoted(&self.body[range.clone()]);
                self.page.in_body(range.start + bare.start, range.start + bare.end)
            }
            Content::Built => {
                let bare = &self.scratch[entry::unquoted(&self.scratch)];
                into_arena(self.page, bare, None, "ETag")
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

    /// The content of an element, or `None` where it is empty: servers write elements for what they
    /// have nothing to say about.
    fn text(&mut self, element: &'static str) -> Result<Option<Vec<u8>>, PageError> {
        let content = self.content(element)?;
        let text = self.written(&content);
        Ok((!text.is_empty()).then(|| text.to_vec()))
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
            XmlError::Cut => truncated(self.body, "</ListBucketResult>"),
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

/// Puts text into the page's arena, url-decoded where that is its encoding.
fn into_arena(
    page: &mut Page,
    text: &[u8],
    encoding: Option<Plus>,
    element: &'static str,
) -> Result<Span, PageError> {
    if encoding == Some(Plus::Unsure) && memchr(b'+', text).is_some() {
        return Err(PageError::UnsurePlus { text: printable(text) });
    }
    let mut sound = true;
    let span = page.in_arena(|_, arena| match encoding {
        Some(plus) => sound = percent::decode(plus, text, arena),
        None => arena.extend_from_slice(text),
    })?;
    if sound { Ok(span) } else { Err(bad(element, text, "url-encoded")) }
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
