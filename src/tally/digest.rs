//! One number that says whether two sets of objects are the same.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// An order-independent 128-bit digest over the (key, size) pairs of a set of objects.
///
/// Defined so that anybody can recompute it: for each object take XXH3 128 bits
/// (`XXH3_128bits_withSeed`) of the key's bytes with the size in bytes as the 64-bit seed, as an
/// unsigned integer (`high64 * 2^64 + low64`); add them all modulo 2^128; write the sum as 32 lowercase
/// hexadecimal digits. In Python:
///
/// ```python
/// import xxhash
/// total = sum(xxhash.xxh3_128_intdigest(key, seed=size) for key, size in objects)
/// print(f"{total % 2**128:032x}")
/// ```
///
/// An object that occurs twice counts twice. Not cryptographic: it finds accidents, not forgeries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SetDigest(u128);

impl SetDigest {
    /// Takes one object in.
    #[inline]
    pub fn add(&mut self, key: &[u8], size: u64) {
        self.0 = self.0.wrapping_add(xxh3_128_with_seed(key, size));
    }

    /// Takes in all objects of another digest.
    pub fn merge(&mut self, other: &Self) {
        self.0 = self.0.wrapping_add(other.0);
    }

    /// The digest of what was taken in since this was `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self(self.0.wrapping_sub(earlier.0))
    }

    /// Takes one object out again that is known to be in.
    pub fn remove(&mut self, key: &[u8], size: u64) {
        self.0 = self.0.wrapping_sub(xxh3_128_with_seed(key, size));
    }
}

impl fmt::Display for SetDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// A digest is 32 lowercase hexadecimal digits; this was something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a set digest is 32 lowercase hexadecimal digits")]
pub struct NotADigest;

impl FromStr for SetDigest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(digit) {
            return Err(NotADigest);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| NotADigest)
    }
}

impl Serialize for SetDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SetDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(objects: &[(&str, u64)]) -> SetDigest {
        let mut digest = SetDigest::default();
        for (key, size) in objects {
            digest.add(key.as_bytes(), *size);
        }
        digest
    }

    #[test]
    fn the_order_does_not_matter_but_sizes_and_keys_do() {
        assert_eq!(of(&[("a", 1), ("b", 2)]), of(&[("b", 2), ("a", 1)]));
        assert_ne!(of(&[("a", 1), ("b", 2)]), of(&[("a", 2), ("b", 1)]));
        assert_ne!(of(&[("a", 1)]), of(&[("a", 1), ("a", 1)]));
    }

    #[test]
    fn an_object_taken_out_leaves_no_trace() {
        let mut digest = of(&[("a", 1), ("b", 2)]);
        digest.remove(b"b", 2);
        assert_eq!(digest, of(&[("a", 1)]));
    }

    #[test]
    fn text_form_round_trips() {
        let digest = of(&[("a", 1), ("b", 2)]);
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!("xyz".parse::<SetDigest>(), Err(NotADigest));
        assert_eq!("+0000000000000000000000000000001".parse::<SetDigest>(), Err(NotADigest));
        assert_eq!(SetDigest::default().to_string(), "0".repeat(32));
    }
}
