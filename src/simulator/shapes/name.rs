//! The names of the shapes.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How the keys of a generated bucket are shaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ShapeName {
    /// `hex`: flat names of 32 hex digits.
    Hex,
    /// `sequence`: flat running numbers, `obj-000000000042.bin`.
    Sequence,
    /// `dates`: a tree of hours, `logs/2024/02/29/13/host-007-<hex>.gz`.
    Dates,
    /// `hive`: table partitions by day, `dt=2024-02-29/part-00042-<uuid>.parquet`.
    Hive,
    /// `zipf`: `tenant-42/obj-<hex>` with sizes after Zipf's law.
    Zipf,
    /// `deep`: everything under one common prefix of 185 bytes.
    Deep,
    /// `tiny`: very many directories of one to five objects.
    Tiny,
    /// `giant`: nine tenths in one directory, small ones on both sides of it.
    Giant,
    /// `cjk`: Chinese, Japanese, Korean, full-width and emoji names.
    Cjk,
    /// `mixed`: folders of all these side by side, and a few awkward names.
    #[default]
    Mixed,
}

impl ShapeName {
    /// All shapes, in the order in which they are documented.
    pub const ALL: [Self; 10] = [
        Self::Hex,
        Self::Sequence,
        Self::Dates,
        Self::Hive,
        Self::Zipf,
        Self::Deep,
        Self::Tiny,
        Self::Giant,
        Self::Cjk,
        Self::Mixed,
    ];

    /// The name as users write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Sequence => "sequence",
            Self::Dates => "dates",
            Self::Hive => "hive",
            Self::Zipf => "zipf",
            Self::Deep => "deep",
            Self::Tiny => "tiny",
            Self::Giant => "giant",
            Self::Cjk => "cjk",
            Self::Mixed => "mixed",
        }
    }
}

impl fmt::Display for ShapeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that no shape bears.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "there is no shape {0:?}; there are hex, sequence, dates, hive, zipf, deep, tiny, giant, cjk and mixed"
)]
pub struct UnknownShape(pub String);

impl FromStr for ShapeName {
    type Err = UnknownShape;

    fn from_str(text: &str) -> Result<Self, UnknownShape> {
        Self::ALL
            .into_iter()
            .find(|shape| shape.as_str() == text)
            .ok_or_else(|| UnknownShape(text.to_owned()))
    }
}
