//! The XML of a reply: its elements, their texts, and what to say where it is wrong.

use std::ops::Range;

use super::xml::{Content, Event, Reader, XmlError};
use crate::store::PageError;
use crate::store::printable;

/// A document in reading.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) body: &'a [u8],
    pub(crate) reader: Reader<'a>,
    /// Texts that had to be put together.
    pub(crate) scratch: Vec<u8>,
    root: &'static str,
    /// The end tag of the root, which a document that is cut lacks.
    end: &'static str,
}

impl<'a> Document<'a> {
    pub(crate) fn new(body: &'a [u8], root: &'static str, end: &'static str) -> Self {
        Self { body, reader: Reader::new(body), scratch: Vec::new(), root, end }
    }

    /// Opens the root, which must be the right one, and returns where its name is. An `Error` is what `read` makes
    /// of it.
    pub(crate) fn open<R: From<PageError>>(
        &mut self,
        read: impl FnOnce(&[u8]) -> Option<R>,
    ) -> Result<Range<usize>, R> {
        let name = match self.reader.next() {
            Ok(Event::Start(name)) => name,
            Err(XmlError::Cut) => return Err(truncated(self.body, self.end).into()),
            _ => return Err(not_a_listing(self.body).into()),
        };
        match &self.body[name.clone()] {
            b"Error" => {
                Err(read(self.body).unwrap_or_else(|| truncated(self.body, "</Error>").into()))
            }
            root if root == self.root.as_bytes() => Ok(name),
            _ => Err(not_a_listing(self.body).into()),
        }
    }

    /// Where the name of the next element inside the one just opened is, or `None` at its end. What it holds must be
    /// read or skipped before the next call.
    pub(crate) fn element(&mut self) -> Result<Option<Range<usize>>, PageError> {
        loop {
            match self.next()? {
                Event::Start(name) => return Ok(Some(name)),
                Event::End | Event::Done => return Ok(None),
                Event::Text(text) | Event::Literal(text) => self.blank(&text)?,
            }
        }
    }

    /// The same, for whom its name is enough.
    pub(crate) fn child(&mut self) -> Result<Option<&'a [u8]>, PageError> {
        Ok(self.element()?.map(|name| &self.body[name]))
    }

    /// Makes sure that nothing follows the root.
    pub(crate) fn close(&mut self) -> Result<(), PageError> {
        match self.next()? {
            Event::Done => Ok(()),
            _ => Err(self.malformed(self.reader.position())),
        }
    }

    pub(crate) fn next(&mut self) -> Result<Event, PageError> {
        let event = self.reader.next();
        event.map_err(|error| self.error(error, self.root))
    }

    /// Passes over the element just opened.
    pub(crate) fn skip(&mut self) -> Result<(), PageError> {
        let skipped = self.reader.skip();
        skipped.map_err(|error| self.error(error, self.root))
    }

    /// The value of the element just opened.
    pub(crate) fn value<T>(
        &mut self,
        element: &'static str,
        expected: &'static str,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<T, PageError> {
        let content = self.content(element)?;
        let text = self.written(&content);
        read(text.trim_ascii()).ok_or_else(|| bad(element, text, expected))
    }

    /// The text of the element just opened, with its references resolved.
    pub(crate) fn text(&mut self, element: &'static str) -> Result<Vec<u8>, PageError> {
        let content = self.content(element)?;
        Ok(self.written(&content).to_vec())
    }

    /// Where that text is.
    pub(crate) fn content(&mut self, element: &'static str) -> Result<Content, PageError> {
        let content = self.reader.content(&mut self.scratch);
        content.map_err(|error| self.error(error, element))
    }

    /// The text that is there.
    pub(crate) fn written(&self, content: &Content) -> &[u8] {
        match content {
            Content::Slice(range) => &self.body[range.clone()],
            Content::Built => &self.scratch,
        }
    }

    /// Refuses text where there should be elements only.
    pub(crate) fn blank(&self, text: &Range<usize>) -> Result<(), PageError> {
        if self.body[text.clone()].iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        Err(self.malformed(text.start))
    }

    /// What has to be there and is not.
    pub(crate) fn missing(&self, element: &'static str) -> PageError {
        truncated(self.body, element)
    }

    pub(crate) fn malformed(&self, at: usize) -> PageError {
        const SHOWN: usize = 40;
        let end = self.body.len().min(at + SHOWN);
        bad(self.root, self.body.get(at..end).unwrap_or_default(), "well-formed XML")
    }

    fn error(&self, error: XmlError, element: &'static str) -> PageError {
        match error {
            XmlError::Cut => truncated(self.body, self.end),
            XmlError::Malformed(at) => self.malformed(at),
            XmlError::BadReference(range) => bad_reference(element, &self.body[range]),
        }
    }
}

/// Fills `place`, which must be empty: an element that comes twice has no one value.
pub(crate) fn once<T>(
    place: &mut Option<T>,
    value: T,
    element: &'static str,
) -> Result<(), PageError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(bad(element, b"", "given once")),
    }
}

/// A number in digits.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    // `from_str` would accept a plus sign.
    let digits = text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

/// `true` or `false`; some servers write them like Python.
pub(crate) fn truth(text: &[u8]) -> Option<bool> {
    match text {
        b"true" | b"True" => Some(true),
        b"false" | b"False" => Some(false),
        _ => None,
    }
}

pub(crate) fn bad(element: &'static str, value: &[u8], expected: &'static str) -> PageError {
    PageError::BadValue { element, value: printable(value), expected }
}

/// A text with a reference that names no character.
pub(crate) fn bad_reference(element: &'static str, text: &[u8]) -> PageError {
    bad(element, text, "text with sound character references")
}

pub(crate) fn truncated(body: &[u8], missing: &'static str) -> PageError {
    PageError::Truncated { missing, bytes: body.len() }
}

fn not_a_listing(body: &[u8]) -> PageError {
    const SHOWN: usize = 60;
    PageError::NotAListing { start: printable(&body[..body.len().min(SHOWN)]) }
}
