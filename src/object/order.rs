//! The order in which a store lists its keys.

use std::cmp::Ordering;

/// The comparator under which a store lists its keys.
///
/// A range planner that compares with another order than the store's loses objects at the borders of
/// its ranges, so the order is a parameter everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum KeyOrder {
    /// By unsigned bytes of the (usually UTF-8) key. S3: "List results are always returned in UTF-8
    /// binary order" (user guide, listing object keys).
    #[default]
    Bytes,
    /// By UTF-16 code units, as Azure Blob lists. Differs from [`KeyOrder::Bytes`] only where a key
    /// holds a character outside the basic multilingual plane: those sort below U+E000 to U+FFFF.
    Utf16,
}

impl KeyOrder {
    /// Compares two keys as the store does.
    ///
    /// Under [`KeyOrder::Utf16`] bytes that are not valid UTF-8 compare by value, so that the order
    /// stays total on any input.
    #[must_use]
    pub fn compare(self, left: &[u8], right: &[u8]) -> Ordering {
        match self {
            Self::Bytes => left.cmp(right),
            Self::Utf16 => compare_utf16(left, right),
        }
    }

    /// Whether `left` comes strictly before `right`.
    #[must_use]
    pub fn precedes(self, left: &[u8], right: &[u8]) -> bool {
        self.compare(left, right) == Ordering::Less
    }
}

/// In UTF-8 the first differing byte decides, except that lead bytes of four-byte characters (F0 and
/// up: surrogate pairs, D800 to DFFF in UTF-16) sort below the lead bytes EE and EF (U+E000 to U+FFFF).
/// The first difference lies in a lead byte whenever the characters differ in length, so moving the
/// lead bytes is enough.
fn compare_utf16(left: &[u8], right: &[u8]) -> Ordering {
    fn rank(byte: u8) -> u8 {
        match byte {
            0xEE | 0xEF => byte + 0x10,
            0xF0..=0xFF => byte - 2,
            other => other,
        }
    }
    match left.iter().zip(right).find(|(l, r)| l != r) {
        Some((&l, &r)) => rank(l).cmp(&rank(r)),
        None => left.len().cmp(&right.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_order_puts_astral_characters_before_the_private_use_area() {
        let (emoji, tilde) = ("\u{1F600}".as_bytes(), "\u{FF5E}".as_bytes());
        assert!(KeyOrder::Utf16.precedes(emoji, tilde));
        assert!(KeyOrder::Bytes.precedes(tilde, emoji));
        assert!(KeyOrder::Utf16.precedes(b"a", b"ab"));
    }

    proptest::proptest! {
        #[test]
        fn utf16_order_equals_the_order_of_encoded_units(left in ".{0,6}", right in ".{0,6}") {
            let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
            proptest::prop_assert_eq!(
                KeyOrder::Utf16.compare(left.as_bytes(), right.as_bytes()),
                units(&left).cmp(&units(&right))
            );
        }
    }
}
