//! Writing text into XML and into the URL encoding of listings.

/// What S3 leaves bare with `encoding-type=url`. Everything else is percent-encoded, and a space becomes
/// `+`.
const BARE: [bool; 256] = {
    let mut bare = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation)]
        let character = byte as u8;
        bare[byte] = character.is_ascii_alphanumeric()
            || matches!(character, b'-' | b'.' | b'_' | b'*' | b'/');
        byte += 1;
    }
    bare
};

/// What can stand in XML text as it is. Bytes past ASCII are left alone, valid UTF-8 or not.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation)]
        let character = byte as u8;
        plain[byte] = !matches!(character, 0..=0x1F | 0x7F | b'&' | b'<' | b'>' | b'"');
        byte += 1;
    }
    plain
};

/// How keys and prefixes are written into a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextForm {
    /// XML text with entities; control characters as references that XML 1.0 forbids, as S3 does.
    Xml,
    /// Percent-encoded, a space as `+`.
    Url,
    /// Percent-encoded, a space as `%20`.
    Percent,
}

impl TextForm {
    /// Appends `text` in this form.
    pub(crate) fn push(self, out: &mut Vec<u8>, text: &[u8]) {
        match self {
            Self::Xml => push_xml(out, text),
            Self::Url => push_url(out, text, b"+"),
            Self::Percent => push_url(out, text, b"%20"),
        }
    }
}

const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Whether everything is left bare, decided without branches so that it is decided for many bytes at
/// once. `-`, `.`, `/` and the digits are neighbours.
#[allow(clippy::needless_bitwise_bool)]
fn is_bare(text: &[u8]) -> bool {
    text.iter().fold(true, |bare, &byte| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let number = byte.wrapping_sub(b'-') < 13;
        bare & (letter | number | (byte == b'_') | (byte == b'*'))
    })
}

fn push_url(out: &mut Vec<u8>, text: &[u8], space: &[u8]) {
    let mut rest = text;
    while !is_bare(rest)
        && let Some(at) = rest.iter().position(|&byte| !BARE[usize::from(byte)])
    {
        let (bare, other) = rest.split_at(at);
        out.extend_from_slice(bare);
        let byte = other[0];
        if byte == b' ' {
            out.extend_from_slice(space);
        } else {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
            out.extend_from_slice(&[b'%', UPPER[high], UPPER[low]]);
        }
        rest = &other[1..];
        // Ideographs come in rows: no use in looking at all that is left after each byte of them.
        while let Some((&byte, after)) = rest.split_first()
            && byte >= 0x80
        {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
            out.extend_from_slice(&[b'%', UPPER[high], UPPER[low]]);
            rest = after;
        }
    }
    out.extend_from_slice(rest);
}

/// Appends `text` as XML character data.
pub(crate) fn push_xml(out: &mut Vec<u8>, text: &[u8]) {
    if text.iter().all(|&byte| PLAIN[usize::from(byte)]) {
        out.extend_from_slice(text);
        return;
    }
    for &byte in text {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\r' => out.extend_from_slice(b"&#13;"),
            0..=0x1F | 0x7F => {
                out.extend_from_slice(b"&#x");
                if byte >= 0x10 {
                    out.push(UPPER[usize::from(byte >> 4)].to_ascii_lowercase());
                }
                out.push(UPPER[usize::from(byte & 15)].to_ascii_lowercase());
                out.push(b';');
            }
            _ => out.push(byte),
        }
    }
}

/// Appends `<name>text</name>`.
pub(crate) fn push_element(out: &mut Vec<u8>, name: &str, form: TextForm, text: &[u8]) {
    open(out, name);
    form.push(out, text);
    close(out, name);
}

/// Appends `<name>`.
pub(crate) fn open(out: &mut Vec<u8>, name: &str) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

/// Appends `</name>`.
pub(crate) fn close(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(form: TextForm, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        form.push(&mut out, text);
        out
    }

    #[test]
    fn both_ways_of_telling_bare_bytes_agree() {
        for byte in 0..=255_u8 {
            assert_eq!(is_bare(&[byte]), BARE[usize::from(byte)], "{byte}");
        }
    }

    #[test]
    fn url_form_follows_the_documented_example() {
        assert_eq!(written(TextForm::Url, b"test_file(3).png"), b"test_file%283%29.png");
        assert_eq!(written(TextForm::Url, b"a b/+%\x01\xFF"), b"a+b/%2B%25%01%FF");
        assert_eq!(written(TextForm::Percent, b"a b/+"), b"a%20b/%2B");
    }

    #[test]
    fn xml_form_refers_to_control_characters_by_number() {
        assert_eq!(
            written(TextForm::Xml, b"a&<>\"\x01\x19\r\n"),
            b"a&amp;&lt;&gt;&quot;&#x1;&#x19;&#13;&#xa;"
        );
        assert_eq!(written(TextForm::Xml, "客户 1".as_bytes()), "客户 1".as_bytes());
    }
}
