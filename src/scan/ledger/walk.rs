//! Where a walk goes on: what is still to be listed, and what notices that it is led astray.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::base64;
use crate::tally::ByteString;

/// The way a bucket is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WalkKind {
    /// One page after another.
    Tokens,
    /// Directory by directory.
    Directories,
}

/// What a walk has still to list, at the very moment up to which the ledger counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkRecord {
    /// How the bucket is walked.
    pub by: WalkKind,
    /// Listings that are not at their end, a stack: the last one is next.
    pub listings: Vec<ListingRecord>,
    /// The greatest key counted by a walk by tokens, past which nothing may lie at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greatest: Option<ByteString>,
    /// Directories that were passed, whether or not they are more than a way to see the keys.
    pub directories: u64,
}

/// One listing: all below a prefix, or what is directly below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListingRecord {
    /// The prefix.
    pub prefix: ByteString,
    /// Whether keys are grouped by directories.
    pub grouped: bool,
    /// How far it came; absent before its first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail: Option<TrailRecord>,
}

/// Where a listing came through. About 22 bytes of text a page, beside those of the page before.
///
/// Continuation tokens are places in a listing, in the store's own words. They grant nothing: a request
/// that names one is signed like any other, and a URL that carries a signature is never sent by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailRecord {
    /// The continuation that leads to the page to be listed next.
    pub token: String,
    /// The continuation that led to the page before; absent where that was the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_by: Option<String>,
    /// The keys of the page before, in the order listed.
    pub keys: Digests,
    /// The common prefixes of the page before, in the order listed.
    pub prefixes: Digests,
    /// Every continuation so far.
    pub tokens: Digests,
    /// The first entry of every page so far.
    pub firsts: Digests,
}

/// Digests of names, 64 bits each. As text: base64 of their bytes, lowest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digests(pub Vec<u64>);

impl Serialize for Digests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|digest| digest.to_le_bytes()).collect();
        let mut text = Vec::with_capacity(bytes.len() / 3 * 4 + 4);
        base64::encode(&bytes, &mut text);
        serializer.serialize_str(&String::from_utf8_lossy(&text))
    }
}

impl<'de> Deserialize<'de> for Digests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = base64::decode(text.as_bytes());
        let (words, rest) = match &bytes {
            Some(bytes) => bytes.as_chunks(),
            None => return Err(de::Error::custom("digests that are not base64")),
        };
        if !rest.is_empty() {
            return Err(de::Error::custom("digests that are cut"));
        }
        Ok(Self(words.iter().copied().map(u64::from_le_bytes).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn digests_come_back_from_their_text(digests: Vec<u64>) {
            let digests = Digests(digests);
            let text = serde_json::to_string(&digests).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<Digests>(&text).unwrap(), digests);
        }
    }

    #[test]
    fn digests_that_are_damaged_are_refused() {
        for text in ["\"AAAA\"", "\"AAAAAAAAAAA\"", "\"?\"", "7", "\"AAAAAAAAAAB=\""] {
            assert!(serde_json::from_str::<Digests>(text).is_err(), "{text}");
        }
    }
}
