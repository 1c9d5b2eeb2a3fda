//! What a store turned out to be.

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
