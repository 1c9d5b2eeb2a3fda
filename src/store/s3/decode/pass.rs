//! One reading of a body under one encoding.

use std::ops::Range;

use memchr::memchr;

use super::{Head, Outcome, ROOT, Rejected};
use crate::object::Timestamp;
use crate::store::printable;
use crate::store::s3::entry::{self, Raw};
use crate::store::s3::error::ServiceError;
use crate::store::text::document::{Document, bad, bad_reference, number, once, truth};
use crate::store::text::xml::{self, Content, Event};
use crate::store::text::{percent, timestamp};
use crate::store::{Page, PageError, Plus, Quirks, Span};

/// A reading: where it is, and what it has found.
pub(super) struct Pass<'a> {
    document: Document<'a>,
    page: &'a mut Page,
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
            document: Document::new(body, ROOT, "</ListBucketResult>"),
            page,
            head: Head::default(),
            stated: None,
            assumed,
            used: None,
            quirks,
            default_class: None,
            fast,
        }
    }

    pub(super) fn run(mut self) -> Result<Outcome, Rejected> {
        self.document.open(|body| ServiceError::parse(body).map(Rejected::Service))?;
        loop {
            if self.fast {
                self.fast_entries()?;
            }
            match self.document.next()? {
                Event::Start(name) => self.element(name)?,
                Event::Done => break,
                Event::End => {}
                Event::Text(text) | Event::Literal(text) => self.document.blank(&text)?,
            }
        }
        let url = self.stated.unwrap_or(false);
        if self.used.is_some_and(|used| used != url) {
            return Ok(Outcome::Again { url });
        }
        self.head.url = url;
        Ok(Outcome::Done(self.head))
    }

    fn element(&mut self, name: Range<usize>) -> Result<(), PageError> {
        match &self.document.body[name] {
            b"Contents" => self.contents(),
            b"CommonPrefixes" => self.common_prefix(),
            b"IsTruncated" => {
                let truncated = self.document.value("IsTruncated", "`true` or `false`", truth)?;
                once(&mut self.head.truncated, truncated, "IsTruncated")
            }
            b"KeyCount" => {
                let count = self.document.value("KeyCount", "a number", number)?;
                once(&mut self.head.key_count, count, "KeyCount")
            }
            // KS3's own SDK once matched the second spelling.
            b"EncodingType" | b"Encoding-Type" => {
                let url = self.document.value("EncodingType", "`url`", |text| match text {
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
            _ => self.document.skip(),
        }
    }

    /// Takes as many objects as come in the usual shape.
    fn fast_entries(&mut self) -> Result<(), PageError> {
        if self.document.reader.depth() != 1 {
            return Ok(());
        }
        let mut at = self.document.reader.position();
        if !self.document.body[at..].starts_with(b"<Contents>") {
            return Ok(());
        }
        let url = self.encoding();
        while let Some((raw, end)) = entry::read(self.document.body, at) {
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
        self.document.reader.jump(at);
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
        while let Some(name) = self.document.child()? {
            match name {
                b"Key" => {
                    let text = self.span("Key", url)?;
                    once(&mut key, text, "Key")?;
                }
                b"Size" => {
                    let value = self.document.value("Size", "a number of bytes", number)?;
                    once(&mut size, value, "Size")?;
                }
                b"LastModified" => {
                    let time: Timestamp = self.document.value(
                        "LastModified",
                        "an ISO 8601 time with its offset",
                        timestamp::parse,
                    )?;
                    once(&mut modified, time, "LastModified")?;
                }
                b"ETag" => etag = self.etag()?,
                b"StorageClass" => storage_class = self.span("StorageClass", false)?,
                _ => self.document.skip()?,
            }
        }
        let missing = |element| self.document.missing(element);
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
        while let Some(name) = self.document.child()? {
            if name == b"Prefix" {
                let text = self.span("Prefix", url)?;
                once(&mut prefix, text, "Prefix")?;
            } else {
                self.document.skip()?;
            }
        }
        let prefix = prefix.ok_or_else(|| self.document.missing("<Prefix>"))?;
        self.page.push_prefix(prefix);
        Ok(())
    }

    /// The content of a key or name as a span, with its references and its encoding resolved.
    fn span(&mut self, element: &'static str, url: bool) -> Result<Span, PageError> {
        let content = self.document.content(element)?;
        let written = self.document.written(&content);
        if written.is_empty() && matches!(element, "Key" | "Prefix") {
            return Err(bad(element, written, "a name"));
        }
        if let Content::Slice(range) = &content
            && !(url && memchr::memchr2(b'%', b'+', written).is_some())
        {
            return self.page.in_body(range.start, range.end);
        }
        let Self { page, document, quirks, .. } = self;
        into_arena(page, document.written(&content), url.then_some(quirks.plus), element)
    }

    /// A key of the fast path that holds references or escapes.
    fn escaped(
        &mut self,
        range: Range<usize>,
        url: bool,
        element: &'static str,
    ) -> Result<Span, PageError> {
        let text = &self.document.body[range.clone()];
        if memchr(b'&', text).is_none() {
            return if url {
                into_arena(self.page, text, Some(self.quirks.plus), element)
            } else {
                self.page.in_body(range.start, range.end)
            };
        }
        self.document.scratch.clear();
        if !xml::unescape(text, &mut self.document.scratch) {
            return Err(bad_reference(element, text));
        }
        let encoding = url.then_some(self.quirks.plus);
        into_arena(self.page, &self.document.scratch, encoding, element)
    }

    fn etag(&mut self) -> Result<Span, PageError> {
        match self.document.content("ETag")? {
            Content::Slice(range) => {
                let bare = entry::unquoted(&self.document.body[range.clone()]);
                self.page.in_body(range.start + bare.start, range.start + bare.end)
            }
            Content::Built => {
                let bare = &self.document.scratch[entry::unquoted(&self.document.scratch)];
                into_arena(self.page, bare, None, "ETag")
            }
        }
    }

    /// The content of an element, or `None` where it is empty: servers write elements for what they
    /// have nothing to say about.
    fn text(&mut self, element: &'static str) -> Result<Option<Vec<u8>>, PageError> {
        let text = self.document.text(element)?;
        Ok(Some(text).filter(|text| !text.is_empty()))
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
