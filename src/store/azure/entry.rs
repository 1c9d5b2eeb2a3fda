//! The fast path for `Blob`: the shape that the service writes in practice, and nothing else.
//!
//! A `Blob` is some 800 bytes of which a listing needs a fifth, and nearly all of the others are the same
//! from blob to blob: tags, content type, lease, encryption. [`Entries::read`] therefore keeps templates of
//! the blobs before: the stretches between the values that differ. Where the very same bytes come again at
//! the same place they mean the same, so a blob that fits takes one comparison and one search per value.
//! Any other is looked at tag by tag, so that what is accepted is understood completely, and becomes a
//! template itself; on anything unusual `None` is returned, and the general reader in [`super::decode()`]
//! reads the same element from its start: slower, with the same result.

use std::ops::Range;

use memchr::{memchr, memchr2};

use crate::object::Timestamp;
use crate::store::text::timestamp;

/// Templates that are kept: blobs of some tiers and content types may alternate.
const TEMPLATES: usize = 4;

/// One `Blob` as written. Ranges are offsets in the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raw {
    pub(super) name: Range<usize>,
    /// Whether the name holds a character reference.
    pub(super) escaped: bool,
    pub(super) size: u64,
    pub(super) modified: Timestamp,
    /// Holds no reference.
    pub(super) etag: Range<usize>,
    /// Holds no reference; absent where the service gives none.
    pub(super) tier: Option<Range<usize>>,
    /// `ResourceType`, which only accounts with a hierarchical namespace have.
    pub(super) kind: Option<Kind>,
}

/// What an entry of a hierarchical namespace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
}

impl Kind {
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        match text {
            b"file" => Some(Self::File),
            b"directory" => Some(Self::Directory),
            _ => None,
        }
    }
}

/// What blobs that look alike have in common.
#[derive(Debug, Default)]
struct Template {
    /// Values that differ, each with the bytes from the value before through its opening tag.
    slots: Vec<(Range<usize>, Role)>,
    /// What follows the last of them.
    tail: Range<usize>,
    tier: Option<Range<usize>>,
    kind: Option<Kind>,
}

/// Reads blobs of one body.
#[derive(Debug)]
pub(super) struct Entries<'a> {
    body: &'a [u8],
    /// The one that fitted last comes first.
    templates: Vec<Template>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { body, templates: Vec::with_capacity(TEMPLATES + 1) }
    }

    /// Reads the `Blob` that starts at `at`; returns it with the offset of its end.
    #[inline]
    pub(super) fn read(&mut self, at: usize) -> Option<(Raw, usize)> {
        for index in 0..self.templates.len() {
            if let Some(found) = self.fit(&self.templates[index], at) {
                self.templates[..=index].rotate_right(1);
                return Some(found);
            }
        }
        let (raw, template, end) = self.learn(at)?;
        self.templates.insert(0, template);
        self.templates.truncate(TEMPLATES);
        Some((raw, end))
    }

    /// Reads a blob that looks like an earlier one.
    #[inline]
    fn fit(&self, template: &Template, at: usize) -> Option<(Raw, usize)> {
        let body = self.body;
        let (mut name, mut escaped, mut size, mut modified, mut etag) =
            (None, false, None, None, None);
        let mut at = at;
        let begun = at;
        for (before, role) in &template.slots {
            let rest = body.get(at..)?.strip_prefix(&body[before.clone()])?;
            at += before.len();
            let mut length = memchr2(b'<', b'&', rest)?;
            if rest[length] == b'&' {
                // Only names hold references; elsewhere the general reader has to look.
                if *role != Role::Name {
                    return None;
                }
                escaped = true;
                length += memchr(b'<', &rest[length..])?;
            }
            let text = &rest[..length];
            match role {
                Role::Name => name = Some(at..at + length).filter(|_| length > 0),
                Role::Modified => modified = Some(timestamp::parse_http(text)?),
                Role::Size => size = Some(number(text)?),
                Role::Etag if is_plain(text) => etag = Some(at..at + length),
                Role::Etag => return None,
                _ => {}
            }
            at += length;
        }
        body[at..].strip_prefix(&body[template.tail.clone()])?;
        let raw = Raw {
            name: name?,
            escaped,
            size: size?,
            modified: modified?,
            etag: etag.unwrap_or(begun..begun),
            // The same bytes as in this blob.
            tier: template.tier.clone(),
            kind: template.kind,
        };
        Some((raw, at + template.tail.len()))
    }

    /// Reads a blob tag by tag, and how others that look like it can be read.
    fn learn(&self, at: usize) -> Option<(Raw, Template, usize)> {
        let body = self.body;
        let position = |rest: &[u8]| body.len() - rest.len();
        let text = after(body.get(at..)?, b"<Blob><Name>")?;
        let length = memchr(b'<', text).filter(|length| *length > 0)?;
        let name = position(text)..position(text) + length;
        let mut rest = after(&text[length..], b"</Name><Properties>")?;
        let (mut size, mut modified, mut etag, mut tier, mut kind) = (None, None, None, None, None);
        let mut slots = vec![(at..name.start, Role::Name)];
        let mut from = name.end;
        loop {
            let Element { name, text, tail, end } = Element::read(rest)?;
            let start = position(tail);
            let place = || is_plain(text).then_some(start..start + text.len());
            let role = Role::of(name);
            match role {
                Role::Dull | Role::Name | Role::Varying => {}
                Role::Modified => once(&mut modified, timestamp::parse_http(text)?)?,
                Role::Size => once(&mut size, number(text)?)?,
                Role::Etag => once(&mut etag, place()?)?,
                Role::Tier => once(&mut tier, place()?)?,
                Role::Kind => once(&mut kind, Kind::read(text)?)?,
                Role::End => {
                    rest = end;
                    break;
                }
            }
            let differs = matches!(role, Role::Modified | Role::Size | Role::Etag | Role::Varying);
            if differs && !text.is_empty() {
                slots.push((from..start, role));
                from = start + text.len();
            }
            rest = end;
        }
        // What follows is empty unless it was asked for.
        while let Some(Element { name: b"OrMetadata" | b"Metadata", text: b"", end, .. }) =
            Element::read(rest)
        {
            rest = end;
        }
        let end = position(after(rest, b"</Blob>")?);
        let template = Template { slots, tail: from..end, tier: tier.clone(), kind };
        let raw = Raw {
            escaped: memchr(b'&', &body[name.clone()]).is_some(),
            name,
            size: size?,
            modified: modified?,
            etag: etag.unwrap_or(at..at),
            tier,
            kind,
        };
        Some((raw, template, end))
    }
}

/// What an element of `Properties` is to a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Name,
    Modified,
    Size,
    Etag,
    Tier,
    Kind,
    /// Says nothing of interest, and something else for each blob.
    Varying,
    /// Says nothing of interest, and the same for many blobs.
    Dull,
    /// The end of the properties.
    End,
}

impl Role {
    #[inline]
    fn of(name: &[u8]) -> Self {
        match name {
            b"Last-Modified" => Self::Modified,
            b"Content-Length" => Self::Size,
            b"Etag" => Self::Etag,
            b"AccessTier" => Self::Tier,
            b"ResourceType" => Self::Kind,
            b"Creation-Time" | b"Content-MD5" | b"LastAccessTime" | b"AccessTierChangeTime" => {
                Self::Varying
            }
            b"/Properties" => Self::End,
            _ => Self::Dull,
        }
    }
}

/// An element without attributes that holds text only, or an end tag.
struct Element<'a> {
    name: &'a [u8],
    text: &'a [u8],
    /// The text and all that follows.
    tail: &'a [u8],
    /// What follows the element.
    end: &'a [u8],
}

impl<'a> Element<'a> {
    #[inline]
    fn read(rest: &'a [u8]) -> Option<Self> {
        let tag = rest.strip_prefix(b"<")?;
        let length = memchr(b'>', tag)?;
        let (name, text) = (&tag[..length], &tag[length + 1..]);
        if let Some(name) = name.strip_suffix(b"/") {
            let name = name.strip_suffix(b" ").unwrap_or(name);
            return is_name(name).then_some(Self { name, text: b"", tail: text, end: text });
        }
        if let Some(ended) = name.strip_prefix(b"/") {
            return is_name(ended).then_some(Self { name, text: b"", tail: text, end: text });
        }
        let tail = text;
        let (text, end) = tail.split_at(memchr(b'<', tail)?);
        let end = end.strip_prefix(b"</")?.strip_prefix(name)?.strip_prefix(b">")?;
        is_name(name).then_some(Self { name, text, tail, end })
    }
}

fn is_name(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// What follows `tag` in `text`. The tag's length is known to the compiler, so that comparing takes an
/// instruction or two and no call.
#[inline]
fn after<'a, const N: usize>(text: &'a [u8], tag: &[u8; N]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_first_chunk::<N>()?;
    (start == tag).then_some(rest)
}

/// Whether a text is there and stands for itself.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    !text.is_empty() && !text.iter().any(|byte| matches!(byte, b'&' | b'"'))
}

/// Fills `place`, which must be empty: an element that comes twice has no one value.
fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        let next = value.checked_mul(10)?.checked_add(u64::from(digit))?;
        (digit < 10).then_some(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AZURE: &str = "<Blob><Name>a/b.txt</Name><Properties><Creation-Time>Wed, 01 May 2024 11:00:00 GMT</Creation-Time>\
        <Last-Modified>Wed, 01 May 2024 12:00:00 GMT</Last-Modified><Etag>0x8DC69D5B6E7A1F2</Etag>\
        <Content-Length>123</Content-Length><Content-Type>text/plain</Content-Type><Content-Encoding />\
        <Content-Language /><Content-CRC64 /><Content-MD5>1B2M2Y8AsgTpgAmY7PhCfg==</Content-MD5><Cache-Control />\
        <Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>\
        <AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>\
        <ServerEncrypted>true</ServerEncrypted></Properties><OrMetadata /></Blob>";

    fn read(body: &str, at: usize) -> Option<(Raw, usize)> {
        Entries::new(body.as_bytes()).read(at)
    }

    /// What an entry says. A tier may lie in an earlier blob that has the same.
    fn told(body: &str, raw: &Raw) -> String {
        let tier = raw.tier.clone().map(|tier| &body[tier]);
        let (name, etag) = (&raw.name, &body[raw.etag.clone()]);
        format!("{name:?} {} {:?} {etag} {tier:?} {:?}", raw.size, raw.modified, raw.kind)
    }

    #[test]
    fn the_usual_shape_is_read_whole() {
        let body = format!("  {AZURE}<Blob>");
        let (raw, end) = read(&body, 2).unwrap();
        assert_eq!(end, 2 + AZURE.len());
        assert_eq!((&body[raw.name], raw.escaped, raw.size), ("a/b.txt", false, 123));
        assert_eq!(&body[raw.etag], "0x8DC69D5B6E7A1F2");
        assert_eq!(&body[raw.tier.unwrap()], "Hot");
        assert_eq!((raw.modified, raw.kind), (Timestamp(1_714_564_800_000), None));
    }

    #[test]
    fn what_the_blob_before_said_is_not_taken_for_this_one() {
        let changes = [
            ("<AccessTier>Hot", "<AccessTier>Archive"),
            ("<AccessTier>Hot</AccessTier>", ""),
            ("<Content-Length>123", "<Content-Length>7"),
            ("<LeaseState>available", "<LeaseState>leased"),
            ("text/plain", "image/png"),
            ("<Content-Language />", "<Content-Language>de</Content-Language>"),
            ("</Properties>", "<ResourceType>directory</ResourceType></Properties>"),
            ("<Content-Encoding />", ""),
        ];
        for (from, to) in changes {
            let other = AZURE.replacen(from, to, 1);
            assert_ne!(other, AZURE);
            let body = format!("{AZURE}{other}{AZURE}{other}{other}");
            let mut entries = Entries::new(body.as_bytes());
            let mut at = 0;
            while at < body.len() {
                let (found, alone) = (entries.read(at).unwrap(), read(&body, at).unwrap());
                assert_eq!(told(&body, &found.0), told(&body, &alone.0), "{other}");
                assert_eq!(found.1, alone.1, "{other}");
                at = found.1;
            }
        }
    }

    #[test]
    fn every_cut_and_every_other_shape_is_left_to_the_general_reader() {
        for end in 0..AZURE.len() {
            assert_eq!(read(&AZURE[..end], 0), None, "{end}");
        }
        for (from, to) in [
            ("<Name>", "<Name Encoded=\"true\">"),
            ("<Name>a/b.txt", "<Name>"),
            ("<Name>a", "<Name><!---->a"),
            ("</Name>", "</Name><Deleted>true</Deleted>"),
            ("</Name>", "</Name><Snapshot>2024</Snapshot>"),
            ("<Content-Length>123", "<Content-Length>-123"),
            ("<Content-Length>123", "<Content-Length>"),
            ("<Content-Length>123", "<Content-Length>99999999999999999999"),
            ("<Content-Length>123</Content-Length>", ""),
            (
                "<Content-Length>123</Content-Length>",
                "<Content-Length>1</Content-Length><Content-Length>2</Content-Length>",
            ),
            ("<Last-Modified>Wed, ", "<Last-Modified>"),
            ("<Etag>0", "<Etag>&quot;0"),
            ("<Content-Type>", "<Content-Type x='y'>"),
            ("<Content-Type>text", "<Content-Type><x>text</x>"),
            ("</Content-Type>", "</Content-Typo>"),
            ("<OrMetadata />", "<OrMetadata><k>v</k></OrMetadata>"),
            ("</Properties>", "<ResourceType>socket</ResourceType></Properties>"),
        ] {
            let body = AZURE.replacen(from, to, 1);
            assert_ne!(body, AZURE);
            assert_eq!(read(&body, 0), None, "{body}");
        }
    }
}
