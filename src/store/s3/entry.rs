//! The fast path for `Contents`: the shape that servers write in practice, and nothing else.
//!
//! Nearly all bytes of a listing are `Contents` elements without attributes, comments or namespace
//! prefixes. [`read`] takes one of those in a single pass over its bytes, looking at every tag, so that
//! what it accepts it has understood completely. On anything else it returns `None`, and the general
//! reader in [`super::decode()`] reads the same element from its start: slower, with the same result.

use std::ops::Range;

use memchr::{memchr, memchr3};

use crate::object::Timestamp;
use crate::store::text::timestamp;

/// One `Contents` as written. Ranges are offsets in the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raw {
    /// The key, still encoded.
    pub(super) key: Range<usize>,
    /// Whether the key holds `&`, `%` or `+`: without one of them it stands as it is in every encoding.
    pub(super) escaped: bool,
    pub(super) size: u64,
    pub(super) modified: Timestamp,
    /// Without its quotes. Holds no reference.
    pub(super) etag: Range<usize>,
    /// Holds no reference.
    pub(super) storage_class: Range<usize>,
}

/// Reads the `Contents` element that starts at `at`; returns it with the offset of its end.
#[inline]
pub(super) fn read(body: &[u8], at: usize) -> Option<(Raw, usize)> {
    let range = |text: &[u8], length: usize| {
        let start = body.len() - text.len();
        start..start + length
    };
    let mut rest = after(body.get(at..)?, b"<Contents>")?;
    let (mut key, mut size, mut modified) = (None, None, None);
    let (mut etag, mut storage_class) = (None, None);
    loop {
        rest = match *rest.get(1)? {
            b'K' => {
                let text = after(rest, b"<Key>")?;
                let length = memchr(b'<', text)?;
                once(&mut key, range(text, length))?;
                after(&text[length..], b"</Key>")?
            }
            b'L' => {
                let text = after(rest, b"<LastModified>")?;
                // S3 itself always writes 24 characters.
                let length = if text.get(24) == Some(&b'<') { 24 } else { memchr(b'<', text)? };
                once(&mut modified, timestamp::parse(&text[..length])?)?;
                after(&text[length..], b"</LastModified>")?
            }
            b'E' => {
                let text = after(rest, b"<ETag>")?;
                let (bare, length) = entity_tag(text)?;
                once(&mut etag, range(&text[bare.start..], bare.len()))?;
                after(&text[length..], b"</ETag>")?
            }
            b'S' => {
                if let Some(text) = after(rest, b"<Size>") {
                    let (value, length) = number(text)?;
                    once(&mut size, value)?;
                    after(&text[length..], b"</Size>")?
                } else {
                    let text = after(rest, b"<StorageClass>")?;
                    let length = plain(text)?;
                    once(&mut storage_class, range(text, length))?;
                    after(&text[length..], b"</StorageClass>")?
                }
            }
            b'C' => {
                // S3 itself writes these two with every object.
                if let Some(text) = after(rest, b"<ChecksumAlgorithm>") {
                    after(&text[plain(text)?..], b"</ChecksumAlgorithm>")?
                } else if let Some(text) = after(rest, b"<ChecksumType>") {
                    after(&text[plain(text)?..], b"</ChecksumType>")?
                } else {
                    leaf(rest)?
                }
            }
            b'O' => {
                let mut inner = after(rest, b"<Owner>")?;
                while !inner.starts_with(b"</") {
                    inner = leaf(inner)?;
                }
                after(inner, b"</Owner>")?
            }
            b'/' => {
                rest = after(rest, b"</Contents>")?;
                break;
            }
            _ => leaf(rest)?,
        };
    }
    let key = key?;
    let raw = Raw {
        escaped: memchr3(b'&', b'%', b'+', &body[key.clone()]).is_some(),
        key,
        size: size?,
        modified: modified?,
        etag: etag.unwrap_or(at..at),
        storage_class: storage_class.unwrap_or(at..at),
    };
    Some((raw, body.len() - rest.len()))
}

/// What follows `tag` in `text`. The tag's length is known to the compiler, so that comparing takes an
/// instruction or two and no call.
#[inline]
fn after<'a, const N: usize>(text: &'a [u8], tag: &[u8; N]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_first_chunk::<N>()?;
    (start == tag).then_some(rest)
}

/// The length of a short text up to the next tag; `None` if it holds a reference.
///
/// These texts are a dozen bytes, for which a loop is quicker than a call of `memchr`.
#[inline]
fn plain(text: &[u8]) -> Option<usize> {
    let length = text.iter().position(|byte| matches!(byte, b'<' | b'&'))?;
    (text[length] == b'<').then_some(length)
}

/// Where in `text` the entity tag is that ends at the next tag, and where it ends with its quotes.
#[inline]
fn entity_tag(text: &[u8]) -> Option<(Range<usize>, usize)> {
    // An MD5 in quotes, as nearly all are.
    if let Some((usual, _)) = text.split_first_chunk::<45>()
        && let [
            b'&',
            b'q',
            b'u',
            b'o',
            b't',
            b';',
            tag @ ..,
            b'&',
            b'q',
            b'u',
            b'o',
            b't',
            b';',
            b'<',
        ] = usual
        && tag
            .iter()
            .fold(0, |found, byte| found | u8::from(*byte == b'<') | u8::from(*byte == b'&'))
            == 0
    {
        return Some((6..38, 44));
    }
    let length = memchr(b'<', text)?;
    let bare = unquoted(&text[..length]);
    memchr(b'&', &text[bare.clone()]).is_none().then_some((bare, length))
}

/// Passes over an element that holds text only and has no attributes.
fn leaf(rest: &[u8]) -> Option<&[u8]> {
    let tag = &rest.strip_prefix(b"<")?;
    let length = memchr(b'>', tag)?;
    let name = &tag[..length];
    if !name.first()?.is_ascii_alphabetic() || !name.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let text = &tag[length + 1..];
    let end = &text[memchr(b'<', text)?..];
    end.strip_prefix(b"</")?.strip_prefix(name)?.strip_prefix(b">")
}

/// Fills `place`, which must be empty: an element that comes twice has no one value.
fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// A number at the start of `text` that ends at a tag, and its length.
fn number(text: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (index, &byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
        } else {
            return (byte == b'<' && index > 0).then_some((value, index));
        }
    }
    None
}

/// Where in `text` an entity tag is, without quotes in either spelling.
pub(super) fn unquoted(text: &[u8]) -> Range<usize> {
    for quote in [b"&quot;".as_slice(), b"\""] {
        let length = quote.len();
        if text.len() >= 2 * length && text.starts_with(quote) && text.ends_with(quote) {
            return length..text.len() - length;
        }
    }
    0..text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWS: &str = "<Contents><Key>a/b.txt</Key><LastModified>2024-05-01T12:00:00.000Z</LastModified>\
        <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>\
        <ChecksumType>FULL_OBJECT</ChecksumType><Size>123</Size><Owner><ID>x</ID><DisplayName>Key</DisplayName></Owner>\
        <StorageClass>STANDARD</StorageClass></Contents>";

    #[test]
    fn the_usual_shape_is_read_whole() {
        let body = format!("  {AWS}<Contents>");
        let (raw, end) = read(body.as_bytes(), 2).unwrap();
        assert_eq!(end, 2 + AWS.len());
        assert_eq!((&body[raw.key], raw.escaped, raw.size), ("a/b.txt", false, 123));
        assert_eq!(&body[raw.etag], "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(&body[raw.storage_class], "STANDARD");
        assert_eq!(raw.modified, Timestamp(1_714_564_800_000));
    }

    #[test]
    fn every_cut_and_every_other_shape_is_left_to_the_general_reader() {
        for end in 0..AWS.len() {
            assert_eq!(read(&AWS.as_bytes()[..end], 0), None, "{end}");
        }
        for (from, to) in [
            ("<Key>", "<Key a='b'>"),
            ("<Key>a", "<Key><!---->a"),
            ("<Key>a", "<Key><![CDATA[a]]>"),
            ("<Size>", "<s:Size>"),
            ("<Size>123", "<Size>-123"),
            ("<Size>123", "<Size>"),
            ("<Size>123", "<Size>99999999999999999999"),
            ("<Size>123</Size>", ""),
            ("<Size>123</Size>", "<Size>1</Size><Size>2</Size>"),
            ("<ID>x</ID>", "<ID><Key>z</Key></ID>"),
            ("&quot;d4", "&quot;&amp;d4"),
            (".000Z", ".000"),
            ("</Key>", "</Kex>"),
        ] {
            let body = AWS.replacen(from, to, 1);
            assert_ne!(body, AWS);
            assert_eq!(read(body.as_bytes(), 0), None, "{body}");
        }
    }

    #[test]
    fn quotes_come_off_in_both_spellings_and_only_in_pairs() {
        for (text, bare) in [
            ("\"a\"", "a"),
            ("&quot;a&quot;", "a"),
            ("a", "a"),
            ("\"a", "\"a"),
            ("\"", "\""),
            ("\"\"", ""),
        ] {
            assert_eq!(&text[unquoted(text.as_bytes())], bare);
        }
    }
}
