//! Keys as sequences of characters: ranks, common prefixes, successors, and what may travel in a request.
//!
//! The planner compares keys only with [`KeyOrder::compare`]. For arithmetic it needs more: a number for every
//! character that grows as the store's order does. That number is the *rank*. Bytes that are no UTF-8 get a
//! rank near the character that they would begin; it is monotone enough for estimates, and estimates never
//! decide what is counted.

use crate::object::KeyOrder;

/// The longest key that a store accepts, and so the longest start-after value.
pub(super) const MAX_KEY: usize = 1024;

/// The largest rank that a character can have, in either order.
const MAX_RANK: u32 = 0x0010_FFFF;

/// First rank of the supplementary planes under [`KeyOrder::Utf16`]: they sort where their surrogates do.
const UTF16_ASTRAL: u32 = 0xD800;
/// First rank of U+E000 to U+FFFF under [`KeyOrder::Utf16`].
const UTF16_HIGH: u32 = UTF16_ASTRAL + 0x10_0000;
/// The last rank under [`KeyOrder::Utf16`]: U+FFFF.
const UTF16_LAST: u32 = UTF16_HIGH + 0x1FFF;

/// The rank of a code point under `order`.
pub(super) fn rank(order: KeyOrder, code: u32) -> u32 {
    match order {
        KeyOrder::Utf16 if code >= 0x1_0000 => UTF16_ASTRAL + (code - 0x1_0000),
        KeyOrder::Utf16 if code >= 0xD800 => UTF16_HIGH + (code - 0xD800).saturating_sub(0x800),
        KeyOrder::Bytes | KeyOrder::Utf16 => code,
    }
}

/// The character of a rank, if it is one that a request can carry safely.
///
/// Control characters, noncharacters and surrogates are refused: XML cannot carry some of them, servers
/// and proxies mangle others.
pub(super) fn character(order: KeyOrder, rank: u32) -> Option<char> {
    let code = match order {
        KeyOrder::Utf16 if rank > UTF16_LAST => return None,
        KeyOrder::Utf16 if rank >= UTF16_HIGH => 0xE000 + (rank - UTF16_HIGH),
        KeyOrder::Utf16 if rank >= UTF16_ASTRAL => 0x1_0000 + (rank - UTF16_ASTRAL),
        KeyOrder::Bytes | KeyOrder::Utf16 => rank,
    };
    char::from_u32(code).filter(|c| is_clean_char(*c))
}

fn is_clean_char(c: char) -> bool {
    let code = u32::from(c);
    !(code < 0x20
        || (0x7F..=0xA0).contains(&code)
        || (0xFDD0..=0xFDEF).contains(&code)
        || code & 0xFFFE == 0xFFFE)
}

/// Whether `key` can stand in a request as it is: valid UTF-8 without characters that get mangled.
pub(super) fn is_clean(key: &[u8]) -> bool {
    std::str::from_utf8(key).is_ok_and(|text| text.chars().all(is_clean_char))
}

/// The first character of `bytes` as (rank, length in bytes). Never longer than `bytes`; `None` at the end.
#[inline]
pub(super) fn decode(order: KeyOrder, bytes: &[u8]) -> Option<(u32, usize)> {
    match bytes.first() {
        Some(&lead) if lead < 0x80 => Some((u32::from(lead), 1)),
        Some(&lead) => Some(decode_wide(order, bytes, lead)),
        None => None,
    }
}

fn decode_wide(order: KeyOrder, bytes: &[u8], lead: u8) -> (u32, usize) {
    let length = match lead {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    if let Some(c) = bytes
        .get(..length)
        .and_then(|part| std::str::from_utf8(part).ok())
        .and_then(|s| s.chars().next())
    {
        return (rank(order, u32::from(c)), length);
    }
    let code = match lead {
        0xC2..=0xDF => u32::from(lead & 0x1F) << 6,
        0xE0..=0xEF => (u32::from(lead & 0x0F) << 12).max(0x800),
        0xF0..=0xF4 => (u32::from(lead & 0x07) << 18).clamp(0x1_0000, MAX_RANK),
        0xF5..=0xFF => MAX_RANK,
        _ => 0x80,
    };
    (rank(order, code), 1)
}

/// Appends the character of `rank`; false if it is none that may travel.
pub(super) fn push(order: KeyOrder, out: &mut Vec<u8>, rank: u32) -> bool {
    let Some(c) = character(order, rank) else { return false };
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    true
}

/// Length of the longest common prefix that ends between characters of `left`.
pub(super) fn common_prefix(left: &[u8], right: &[u8]) -> usize {
    let same = left.iter().zip(right).take_while(|(l, r)| l == r).count();
    floor_boundary(left, same)
}

/// The last character boundary of `key` at or before `at`.
pub(super) fn floor_boundary(key: &[u8], at: usize) -> usize {
    let mut at = at.min(key.len());
    if at == key.len() {
        return at;
    }
    // at most three continuation bytes belong to one character; more are not UTF-8 and stand alone
    let mut steps = 0;
    while at > 0 && steps < 3 && key[at] & 0xC0 == 0x80 {
        at -= 1;
        steps += 1;
    }
    at
}

/// The smallest rank above `rank` whose character may travel.
pub(super) fn next_clean(order: KeyOrder, rank: u32) -> Option<u32> {
    let mut next = rank;
    while next < MAX_RANK {
        next += 1;
        if character(order, next).is_some() {
            return Some(next);
        }
    }
    None
}

/// The smallest transportable string after every key that starts with `prefix`; `None` if there is none.
///
/// It may jump over characters that cannot travel, so keys holding those can lie between: as a bound that
/// is harmless, they just belong to the range on its left.
pub(super) fn successor(order: KeyOrder, prefix: &[u8]) -> Option<Vec<u8>> {
    let mut rest = prefix;
    while let Some((start, rank)) = last_char(order, rest) {
        if let Some(next) = next_clean(order, rank) {
            let mut out = rest[..start].to_vec();
            if push(order, &mut out, next) {
                return Some(out);
            }
        }
        rest = &rest[..start];
    }
    None
}

fn last_char(order: KeyOrder, bytes: &[u8]) -> Option<(usize, u32)> {
    let last = bytes.len().checked_sub(1)?;
    let start = floor_boundary(bytes, last);
    let (rank, length) = decode(order, &bytes[start..])?;
    if start + length == bytes.len() {
        return Some((start, rank));
    }
    // a stray continuation byte
    decode(order, &bytes[last..]).map(|(rank, _)| (last, rank))
}

/// How many leading bytes every key in `(after, thru]` shares with `after` (`thru` itself aside).
pub(super) fn shared_level(order: KeyOrder, after: &[u8], thru: Option<&[u8]>) -> usize {
    let Some(thru) = thru else { return 0 };
    let common = common_prefix(after, thru);
    if let (Some((a, length)), Some((b, other))) =
        (decode(order, &after[common..]), decode(order, &thru[common..]))
        && thru.len() == common + other
        && next_clean(order, a) == Some(b)
    {
        return common + length;
    }
    common
}

/// The directory of `key`: up to and including the last delimiter, not shorter than `floor` bytes.
pub(super) fn directory_end(key: &[u8], delimiter: u8, floor: usize) -> usize {
    let floor = floor.min(key.len());
    key[floor..].iter().rposition(|b| *b == delimiter).map_or(floor, |at| floor + at + 1)
}

/// A list of short byte strings in one allocation.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyList {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl KeyList {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    pub(super) fn push(&mut self, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        (0..self.ends.len()).map(|i| {
            let start = if i == 0 { 0 } else { self.ends[i - 1] };
            &self.bytes[start..self.ends[i]]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const B: KeyOrder = KeyOrder::Bytes;

    #[test]
    fn successor_skips_what_cannot_travel() {
        assert_eq!(successor(B, b"ab"), Some(b"ac".to_vec()));
        assert_eq!(successor(B, b"a~"), Some("a\u{A1}".as_bytes().to_vec()));
        assert_eq!(successor(B, "a\u{D7FF}".as_bytes()), Some("a\u{E000}".as_bytes().to_vec()));
        assert_eq!(successor(B, "a\u{10FFFD}".as_bytes()), Some(b"b".to_vec()));
        assert_eq!(successor(B, b""), None);
        assert_eq!(successor(KeyOrder::Utf16, "\u{FFFD}".as_bytes()), None);
        assert_eq!(
            successor(KeyOrder::Utf16, "\u{10FFFD}".as_bytes()),
            Some("\u{E000}".as_bytes().to_vec())
        );
    }

    #[test]
    fn levels_and_directories() {
        assert_eq!(shared_level(B, b"abc", Some(b"abd")), 3);
        assert_eq!(shared_level(B, b"abc", Some(b"ab~")), 2);
        assert_eq!(shared_level(B, b"abc", None), 0);
        assert_eq!(directory_end(b"a/b/c", b'/', 0), 4);
        assert_eq!(directory_end(b"a/b", b'/', 3), 3);
        assert_eq!(common_prefix("é".as_bytes(), "è".as_bytes()), 0);
    }

    proptest::proptest! {
        #[test]
        fn ranks_follow_the_order(left in ".{0,5}", right in ".{0,5}") {
            for order in [KeyOrder::Bytes, KeyOrder::Utf16] {
                let ranks = |text: &str| {
                    let (mut at, mut out) = (0, Vec::new());
                    while let Some((rank, length)) = decode(order, &text.as_bytes()[at..]) { out.push(rank); at += length; }
                    out
                };
                proptest::prop_assert_eq!(order.compare(left.as_bytes(), right.as_bytes()), ranks(&left).cmp(&ranks(&right)));
            }
        }

        #[test]
        fn decoding_any_bytes_advances(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40)) {
            let mut at = 0;
            while let Some((_, length)) = decode(B, &bytes[at..]) { proptest::prop_assert!(length > 0); at += length; }
            proptest::prop_assert_eq!(at, bytes.len());
        }

        #[test]
        fn a_successor_lies_behind_everything_with_the_prefix(prefix in ".{0,5}") {
            for order in [KeyOrder::Bytes, KeyOrder::Utf16] {
                let prefix = prefix.as_bytes();
                if let Some(next) = successor(order, prefix) {
                    proptest::prop_assert!(order.precedes(prefix, &next) && !next.starts_with(prefix));
                    let kept = common_prefix(prefix, &next);
                    proptest::prop_assert!(is_clean(&next[kept..]));
                }
            }
        }
    }
}
