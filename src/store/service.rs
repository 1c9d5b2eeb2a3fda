//! What a store turned out to be, and whose keys it is asked with.

use std::fmt;

/// The price of list requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListPrice {
    /// US dollars for a thousand requests.
    pub usd_per_thousand: f64,
    /// Where the price is from and of when, in words.
    pub source: &'static str,
}

/// What is known by now of the service behind a store. May become more with the first answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// The name that `--provider` knows it by; empty while it is not known.
    pub name: &'static str,
    /// What it asks for list requests in the bucket's region, where that is known.
    pub list_price: Option<ListPrice>,
    /// What was noticed about it while listing, in sentences.
    pub notes: Vec<String>,
}

/// Keys, as far as anybody may see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInUse {
    /// The last four characters of the key's public part; empty where it has none worth showing.
    pub id_end: String,
    /// Where the keys are from, in words.
    pub source: String,
    /// Whether they come with a session token, and end.
    pub temporary: bool,
}

impl KeyInUse {
    /// The key of this public part.
    #[must_use]
    pub fn new(id: &str, source: impl Into<String>) -> Self {
        /// Of a shorter one, four characters would be most of it.
        const LEAST: usize = 12;
        const SHOWN: usize = 4;
        let length = id.chars().count();
        let skipped = if length < LEAST { length } else { length - SHOWN };
        let id_end = id.chars().skip(skipped).collect();
        Self { id_end, source: source.into(), temporary: false }
    }
}

impl fmt::Display for KeyInUse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.id_end.is_empty() {
            write!(formatter, "key …{} from ", self.id_end)?;
        }
        formatter.write_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_its_end_and_a_short_one_nothing() {
        let shown = |id| KeyInUse::new(id, "the environment").to_string();
        assert_eq!(shown("AKIAIOSFODNN7EXAMPLE"), "key …MPLE from the environment");
        assert_eq!(shown("äöüäöüäöüäöü"), "key …üäöü from the environment");
        assert_eq!(shown("short"), "the environment");
        assert_eq!(shown(""), "the environment");
    }
}
