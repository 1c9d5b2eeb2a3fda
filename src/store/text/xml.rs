//! A pull reader for the XML that stores answer with.
//!
//! It works on bytes, because stores put bytes into their listings that are no UTF-8 and control
//! characters that XML forbids, and a reader that refuses or repairs those could not give every key back.
//! Namespaces are ignored and names are matched by their local part. It is strict where a mistake could
//! lose something: tags must match, the root must be closed, nothing may follow it, and a document that
//! ends early is told apart ([`XmlError::Cut`]) from one that is wrong.
//!
//! Line ends are left as they are: XML would turn a carriage return into a line feed, but a store that
//! writes one raw has it in the key.

use std::ops::Range;

use memchr::{memchr, memchr3, memmem};

/// Elements may be nested this deep. Listings need four levels.
const MAX_DEPTH: usize = 32;

/// The longest character reference: `&#x10ffff;` with some leading zeros.
const MAX_REFERENCE: usize = 16;

/// What comes next in a document. Ranges are offsets in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// An element opens; its local name.
    Start(Range<usize>),
    /// The element opened last closes.
    End,
    /// Character data with its references as written.
    Text(Range<usize>),
    /// Character data to be taken literally.
    Literal(Range<usize>),
    /// The document ended, its root closed.
    Done,
}

/// Where the text of an element is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// In the document, and it holds no reference.
    Slice(Range<usize>),
    /// In the scratch buffer, as it had to be put together.
    Built,
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum XmlError {
    /// It ends before its root is closed.
    Cut,
    /// It is not XML from this offset on.
    Malformed(usize),
    /// The text in this range has a reference that names no character.
    BadReference(Range<usize>),
}

/// Reads a document event by event.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    body: &'a [u8],
    at: usize,
    /// Qualified names of the open elements.
    open: Vec<Range<usize>>,
    /// The last start tag closed itself.
    closes: bool,
    /// The root was opened.
    rooted: bool,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning, past a byte order mark.
    pub(crate) fn new(body: &'a [u8]) -> Self {
        let at = if body.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Self { body, at, open: Vec::new(), closes: false, rooted: false }
    }

    /// Offset of what is read next.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The number of open elements. Content of the root is at depth one.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Goes on at `position`, which the caller has found to be the end of an element at this depth.
    pub(crate) fn jump(&mut self, position: usize) {
        self.at = position;
    }

    /// Reads on.
    pub(crate) fn next(&mut self) -> Result<Event, XmlError> {
        if self.closes {
            self.closes = false;
            self.open.pop();
            return Ok(Event::End);
        }
        loop {
            let rest = self.body.get(self.at..).unwrap_or_default();
            match rest {
                [] if self.rooted && self.open.is_empty() => return Ok(Event::Done),
                [] | [b'<'] => return Err(XmlError::Cut),
                [b'<', b'?', ..] => self.skip_past(b"?>")?,
                [b'<', b'!', ..] => {
                    if let Some(event) = self.declaration(rest)? {
                        return Ok(event);
                    }
                }
                [b'<', b'/', ..] => return self.end_tag(rest),
                [b'<', ..] => return self.start_tag(rest),
                _ => {
                    let length = match memchr(b'<', rest) {
                        Some(length) => length,
                        // Text goes on to the next tag; what it would have said is unknown.
                        None if !self.open.is_empty() => return Err(XmlError::Cut),
                        None => rest.len(),
                    };
                    let text = self.at..self.at + length;
                    self.at = text.end;
                    if !self.open.is_empty() {
                        return Ok(Event::Text(text));
                    }
                    if !rest[..length].iter().all(u8::is_ascii_whitespace) {
                        return Err(XmlError::Malformed(text.start));
                    }
                }
            }
        }
    }

    /// Reads the text of the element just opened, through its end. Comments in it are left out.
    ///
    /// # Errors
    /// Also [`XmlError::Malformed`] if the element holds elements.
    pub(crate) fn content(&mut self, scratch: &mut Vec<u8>) -> Result<Content, XmlError> {
        scratch.clear();
        let mut slice: Option<Range<usize>> = None;
        let mut built = false;
        loop {
            let start = self.at;
            let (range, literal) = match self.next()? {
                Event::Text(range) => (range, false),
                Event::Literal(range) => (range, true),
                Event::End if built => return Ok(Content::Built),
                Event::End => return Ok(Content::Slice(slice.unwrap_or(start..start))),
                Event::Start(_) | Event::Done => return Err(XmlError::Malformed(start)),
            };
            let text = &self.body[range.clone()];
            let plain = literal || memchr(b'&', text).is_none();
            if plain && !built && slice.is_none() {
                slice = Some(range);
                continue;
            }
            if let Some(first) = slice.take() {
                scratch.extend_from_slice(&self.body[first]);
            }
            built = true;
            if plain {
                scratch.extend_from_slice(text);
            } else if !unescape(text, scratch) {
                return Err(XmlError::BadReference(range));
            }
        }
    }

    /// Passes over the rest of the element just opened, whatever it holds.
    pub(crate) fn skip(&mut self) -> Result<(), XmlError> {
        let outside = self.open.len().saturating_sub(1);
        while self.open.len() > outside {
            self.next()?;
        }
        Ok(())
    }

    fn skip_past(&mut self, end: &[u8]) -> Result<(), XmlError> {
        let rest = &self.body[self.at..];
        let length = memmem::find(rest, end).ok_or(XmlError::Cut)?;
        self.at += length + end.len();
        Ok(())
    }

    /// A comment (passed over) or literal text. Document types are refused: no listing has one, and
    /// their entities are a known way to exhaust a reader.
    fn declaration(&mut self, rest: &[u8]) -> Result<Option<Event>, XmlError> {
        const COMMENT: &[u8] = b"<!--";
        const LITERAL: &[u8] = b"<![CDATA[";
        let start = self.at;
        if rest.starts_with(COMMENT) {
            self.at += COMMENT.len();
            self.skip_past(b"-->")?;
            return Ok(None);
        }
        if rest.starts_with(LITERAL) && !self.open.is_empty() {
            self.at += LITERAL.len();
            let text = self.at;
            self.skip_past(b"]]>")?;
            return Ok(Some(Event::Literal(text..self.at - 3)));
        }
        let cut = COMMENT.starts_with(rest) || LITERAL.starts_with(rest);
        Err(if cut { XmlError::Cut } else { XmlError::Malformed(start) })
    }

    fn end_tag(&mut self, rest: &[u8]) -> Result<Event, XmlError> {
        let length = memchr(b'>', rest).ok_or(XmlError::Cut)?;
        let name = rest[2..length].trim_ascii_end();
        match self.open.pop() {
            Some(open) if &self.body[open.clone()] == name => {
                self.at += length + 1;
                Ok(Event::End)
            }
            _ => Err(XmlError::Malformed(self.at)),
        }
    }

    fn start_tag(&mut self, rest: &[u8]) -> Result<Event, XmlError> {
        let malformed = XmlError::Malformed(self.at);
        if self.rooted && self.open.is_empty() || self.open.len() >= MAX_DEPTH {
            return Err(malformed);
        }
        let ends_name =
            |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'<');
        let length = rest[1..].iter().position(ends_name).ok_or(XmlError::Cut)?;
        let name = self.at + 1..self.at + 1 + length;
        let first = rest[1];
        if !(first.is_ascii_alphabetic() || first == b'_' || first >= 0x80) {
            return Err(malformed);
        }
        // Attributes are passed over; a `>` inside their quotes does not end the tag.
        let mut end = 1 + length;
        loop {
            let found = rest.get(end..).and_then(|tail| memchr3(b'>', b'"', b'\'', tail));
            end += found.ok_or(XmlError::Cut)?;
            let quote = rest[end];
            if quote == b'>' {
                break;
            }
            end += 2 + memchr(quote, &rest[end + 1..]).ok_or(XmlError::Cut)?;
        }
        if memchr(b'<', &rest[1 + length..end]).is_some() {
            return Err(malformed);
        }
        self.closes = rest[end - 1] == b'/';
        self.rooted = true;
        self.at += end + 1;
        let local = match memchr(b':', &self.body[name.clone()]) {
            Some(colon) => name.start + colon + 1..name.end,
            None => name.clone(),
        };
        self.open.push(name);
        Ok(Event::Start(local))
    }
}

/// Appends `text` with its character references resolved; false if one of them names no character.
///
/// References to control characters are accepted, although XML 1.0 forbids most of them: S3 lists keys
/// with such characters that way when it is not asked for url encoding.
pub(crate) fn unescape(text: &[u8], into: &mut Vec<u8>) -> bool {
    let mut rest = text;
    while let Some(start) = memchr(b'&', rest) {
        into.extend_from_slice(&rest[..start]);
        let reference = &rest[start + 1..];
        let window = &reference[..reference.len().min(MAX_REFERENCE)];
        let Some(length) = memchr(b';', window) else { return false };
        let Some(character) = character(&reference[..length]) else { return false };
        into.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &reference[length + 1..];
    }
    into.extend_from_slice(rest);
    true
}

fn character(reference: &[u8]) -> Option<char> {
    let digits = match reference {
        b"amp" => return Some('&'),
        b"lt" => return Some('<'),
        b"gt" => return Some('>'),
        b"quot" => return Some('"'),
        b"apos" => return Some('\''),
        _ => reference.strip_prefix(b"#")?,
    };
    let (digits, radix) = match digits.strip_prefix(b"x") {
        Some(hexadecimal) => (hexadecimal, 16),
        None => (digits, 10),
    };
    // `from_str_radix` would accept a sign.
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let code = u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?;
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(body: &str) -> Result<Vec<String>, XmlError> {
        let mut reader = Reader::new(body.as_bytes());
        let mut list = Vec::new();
        loop {
            list.push(match reader.next()? {
                Event::Start(name) => format!("<{}", &body[name]),
                Event::End => ">".to_owned(),
                Event::Text(text) => body[text].to_owned(),
                Event::Literal(text) => format!("={}", &body[text]),
                Event::Done => return Ok(list),
            });
        }
    }

    fn content(body: &str) -> Result<String, XmlError> {
        let mut reader = Reader::new(body.as_bytes());
        reader.next()?;
        let mut scratch = Vec::new();
        Ok(match reader.content(&mut scratch)? {
            Content::Slice(range) => body[range].to_owned(),
            Content::Built => String::from_utf8(scratch).unwrap(),
        })
    }

    #[test]
    fn prefixes_attributes_comments_and_instructions_are_passed_over() {
        let body = "\u{FEFF}<?xml version='1.0'?>\n<!-- > --><s3:R xmlns:s3=\"a>b\" x='\"'>\
                    <s3:A/>t<B ></B\n><![CDATA[<x>]]></s3:R>\n<!--end-->";
        let expected = ["<R", "<A", ">", "t", "<B", ">", "=<x>", ">"];
        assert_eq!(events(body).unwrap(), expected);
    }

    #[test]
    fn every_proper_beginning_of_a_document_is_cut() {
        let body = "<?xml version='1.0'?><!--c--><R a=\"1\"><A>x&amp;</A><![CDATA[y]]><B/></R>";
        for end in 0..body.len() {
            assert_eq!(events(&body[..end]), Err(XmlError::Cut), "{}", &body[..end]);
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for body in [
            "<A></B>",
            "<A/><B/>",
            "x<A/>",
            "<A/>x",
            "<!DOCTYPE a><A/>",
            "<A <B/></A>",
            "< A/>",
            "</A>",
        ] {
            assert!(matches!(events(body), Err(XmlError::Malformed(_))), "{body}");
        }
        let deep = "<A>".repeat(MAX_DEPTH + 1);
        assert!(matches!(events(&deep), Err(XmlError::Malformed(_))));
    }

    #[test]
    fn text_is_put_together_from_references_literals_and_around_comments() {
        assert_eq!(content("<A>plain</A>").unwrap(), "plain");
        assert_eq!(content("<A/>").unwrap(), "");
        assert_eq!(content("<A>a<!--no-->b<![CDATA[&lt;]]>&lt;</A>").unwrap(), "ab&lt;<");
        assert_eq!(content("<A>&amp;&lt;&gt;&quot;&apos;</A>").unwrap(), "&<>\"'");
        assert_eq!(content("<A>&#x1;&#13;&#x1F600;&#0;</A>").unwrap(), "\u{1}\r\u{1F600}\0");
        assert!(matches!(content("<A>x<B/></A>"), Err(XmlError::Malformed(_))));
    }

    #[test]
    fn a_reference_that_names_no_character_is_refused() {
        for text in [
            "&;",
            "&nbsp;",
            "&#xD800;",
            "&#x110000;",
            "&#+1;",
            "&#x;",
            "&",
            "a&b",
            "&#99999999999999999999;",
        ] {
            assert!(!unescape(text.as_bytes(), &mut Vec::new()), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_input_makes_the_reader_panic_or_loop(body in proptest::collection::vec(
            proptest::sample::select(b"<>/?!-[]&;\"' aA:CDT\xFF".to_vec()), 0..64))
        {
            let mut reader = Reader::new(&body);
            let mut steps = 0;
            while !matches!(reader.next(), Ok(Event::Done) | Err(_)) {
                steps += 1;
                proptest::prop_assert!(steps <= 2 * body.len());
            }
        }
    }
}
