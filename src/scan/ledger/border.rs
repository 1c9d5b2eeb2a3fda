//! What is not known yet of the bounds at which ranges meet.

use serde::{Deserialize, Serialize};

use crate::tally::ByteString;

/// Bounds of which one side is still to come, and those at which the two sides differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Borders {
    /// Bounds that one side has seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<BorderRecord>,
    /// Bounds whose sides saw different keys; while there is one the totals are not believed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<DoubtRecord>,
}

impl Borders {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty() && self.doubts.is_empty()
    }
}

/// A bound as one side sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BorderRecord {
    /// Where the ranges meet.
    pub bound: ByteString,
    /// From which side.
    pub by: BorderSide,
    /// The first key past it; absent where nothing follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<ByteString>,
    /// Where the range below looked from; absent for the lowest key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<ByteString>,
}

/// A side of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BorderSide {
    /// The range that ends there.
    Below,
    /// The range that begins there.
    Above,
}

/// A bound whose sides saw different keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubtRecord {
    /// Where the ranges meet.
    pub bound: ByteString,
    /// A start below it; absent for the lowest key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<ByteString>,
}
