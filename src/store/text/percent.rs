//! Percent-encoding, both ways, on bytes.
//!
//! Decoding follows what stores do under `encoding-type=url`: `%XX` is a byte, and `+` a space or, where
//! the store writes that as `%20`, itself. Encoding follows what signing requires: everything but the
//! unreserved characters of RFC 3986 as `%XX` in capitals.

use memchr::memchr2;

/// What `+` stands for in encoded text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plus {
    /// A space, as in the forms of web pages: Amazon S3 and nearly all who follow it.
    #[default]
    Space,
    /// Itself: Alibaba Cloud OSS, Azure.
    Itself,
    /// Not known, so that the store has to be asked when one is met; decoded as a space until then.
    Unsure,
}

/// Appends `text` decoded, `+` as it is meant; false if a `%` is not followed by two hexadecimal digits.
///
/// Such a `%` is not passed on as it is: a server that says `url` and writes a bare `%` leaves open which
/// other characters it did not encode, and a key guessed wrong is an object counted under a wrong name.
#[must_use]
pub(crate) fn decode(plus: Plus, text: &[u8], into: &mut Vec<u8>) -> bool {
    let plus = if plus == Plus::Itself { b'+' } else { b' ' };
    let mut rest = text;
    while let Some(start) = memchr2(b'%', b'+', rest) {
        into.extend_from_slice(&rest[..start]);
        if rest[start] == b'+' {
            into.push(plus);
            rest = &rest[start + 1..];
            continue;
        }
        let Some(byte) = escape(&rest[start + 1..]) else { return false };
        into.push(byte);
        rest = &rest[start + 3..];
    }
    into.extend_from_slice(rest);
    true
}

/// The byte whose two digits come first.
fn escape(text: &[u8]) -> Option<u8> {
    let &[high, low, ..] = text else { return None };
    Some(nibble(high)? << 4 | nibble(low)?)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Appends `bytes` encoded for a query.
pub(crate) fn encode(bytes: &[u8], into: &mut String) {
    encode_except(bytes, b"", into);
}

/// Appends `bytes` encoded for a path: as for a query, with `/` left as it is.
pub(crate) fn encode_path(bytes: &[u8], into: &mut String) {
    encode_except(bytes, b"/", into);
}

fn encode_except(bytes: &[u8], bare: &[u8], into: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || bare.contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(DIGITS[usize::from(byte >> 4)]));
            into.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        decode(Plus::Space, text.as_bytes(), &mut bytes).then_some(bytes)
    }

    #[test]
    fn escapes_are_bytes_and_plus_is_a_space() {
        assert_eq!(decoded("test_file%283%29.png").unwrap(), b"test_file(3).png");
        assert_eq!(decoded("a+b%2Bc%2bd").unwrap(), b"a b+c+d");
        assert_eq!(decoded("%FF%00/").unwrap(), b"\xFF\0/");
    }

    #[test]
    fn plus_is_itself_where_spaces_are_escaped() {
        let mut bytes = Vec::new();
        assert!(decode(Plus::Itself, b"a%20b+c%2Bd%EF%BF%BE", &mut bytes));
        assert_eq!(bytes, "a b+c+d\u{FFFE}".as_bytes());
        assert!(!decode(Plus::Itself, b"a%2", &mut bytes));
        assert!(!decode(Plus::Itself, b"%zz", &mut bytes));
    }

    #[test]
    fn a_percent_sign_that_starts_no_escape_is_an_error() {
        for text in ["%", "%2", "a%zz", "%2%20", "%+1"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(bytes in proptest::collection::vec(0u8.., 0..40)) {
            let mut text = String::new();
            encode(&bytes, &mut text);
            proptest::prop_assert!(text.bytes().all(|byte| byte == b'%' || byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
            proptest::prop_assert_eq!(decoded(&text).unwrap(), bytes.clone());
            let mut path = String::new();
            encode_path(&bytes, &mut path);
            proptest::prop_assert_eq!(path, text.replace("%2F", "/"));
        }
    }
}
