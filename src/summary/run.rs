//! The parts of a summary that describe the run itself.

use serde::{Deserialize, Serialize};

use crate::tally::ByteString;

/// A range of keys that was not listed to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Keys after this one are missing; `null` is the start of the key space.
    #[serde(default)]
    pub lower: Option<ByteString>,
    /// Up to this one inclusive; `null` is the end of the key space.
    #[serde(default)]
    pub upper: Option<ByteString>,
    /// Why, in one sentence.
    pub reason: String,
}

/// What the listing took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Requests {
    /// All LIST requests sent: retries, probes, hedges and wasted ones among them.
    pub list: u64,
    /// Of these, sent again after a failure, throttling included.
    pub retried: u64,
    /// Answers that asked to slow down.
    pub throttled: u64,
    /// Pages that held no object of the range they were asked for.
    pub wasted: u64,
    /// Requests that only looked for where keys are.
    pub probes: u64,
    /// Requests sent in addition because an answer was late.
    pub hedged: u64,
    /// Most requests under way at the same time.
    pub peak_in_flight: u64,
    /// Bytes of answers received, as they came over the network.
    pub bytes_received: u64,
    /// Requests sent per 1,000 objects counted, everything included; 1 is the least that most stores
    /// allow. `null` without objects. Filled in by [`Requests::with_rate`].
    pub per_thousand_objects: Option<f64>,
    /// US dollars for a thousand requests at the provider's list price; `null` where none is known.
    pub usd_per_thousand: Option<f64>,
    /// Estimated price of the requests in US dollars; `null` where no price is known. Free quotas and
    /// discounts are not in it.
    pub cost_usd: Option<f64>,
}

impl Requests {
    /// Fills in what the requests cost at this price for a thousand of them, in US dollars.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    pub fn with_price(mut self, usd_per_thousand: Option<f64>) -> Self {
        self.usd_per_thousand = usd_per_thousand;
        self.cost_usd = usd_per_thousand.map(|price| self.list as f64 * price / 1_000.0);
        self
    }

    /// Fills in the rate per 1,000 objects.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub fn with_rate(mut self, objects: u64) -> Self {
        self.per_thousand_objects =
            (objects > 0).then(|| self.list as f64 * 1_000.0 / objects as f64);
        self
    }
}

/// A manifest that the run wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Where it is, as the user named it.
    pub path: String,
    /// Its format: `csv`, `jsonl`, `parquet`, ….
    pub format: String,
    /// Objects listed in it.
    pub rows: u64,
    /// Size of its files in bytes.
    pub bytes: u64,
}
