//! The histogram behind the percentiles of sizes.

use std::fmt::Write as _;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as Reader, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::base64;

/// Largest size that is recorded: 2^48 bytes (256 TiB), above the limits of all stores.
pub(super) const LARGEST_RECORDED: u64 = 1 << 48;

/// 1,000 steps between two powers of ten: percentiles are within 0.1 % of the true size.
const SIGNIFICANT_DIGITS: u8 = 3;

/// A histogram of sizes from 1 byte to [`LARGEST_RECORDED`], with 64-bit counters (narrower ones
/// saturate silently). It serializes as hdrhistogram's own V2 deflate format, in base64.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SizeHistogram {
    // `None` until something is recorded: an empty tally then costs no 328 KB.
    inner: Option<Box<Histogram<u64>>>,
}

impl SizeHistogram {
    pub(super) const fn new() -> Self {
        Self { inner: None }
    }

    /// Records `size`; false if it is outside of what the histogram holds, so that the caller counts it.
    #[inline]
    pub(super) fn record(&mut self, size: u64) -> bool {
        if size == 0 || size > LARGEST_RECORDED {
            return false;
        }
        if self.inner.is_none() {
            self.inner = empty();
        }
        self.inner.as_mut().is_some_and(|histogram| histogram.record(size).is_ok())
    }

    pub(super) fn merge(&mut self, other: &Self) {
        match (&mut self.inner, &other.inner) {
            (_, None) => {}
            (None, Some(theirs)) => self.inner = Some(theirs.clone()),
            // Both have the same bounds and precision (the reader checks them), which leaves `add`
            // nothing to fail on.
            (Some(mine), Some(theirs)) => drop(mine.add(theirs.as_ref())),
        }
    }

    /// The recorded sizes in ascending order, each as the top of its bucket, with their counts.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.inner
            .iter()
            .flat_map(|histogram| histogram.iter_recorded())
            .map(|step| (step.value_iterated_to(), step.count_at_value()))
    }
}

fn empty() -> Option<Box<Histogram<u64>>> {
    // The bounds are constants that the library accepts; a test holds that.
    Histogram::new_with_bounds(1, LARGEST_RECORDED, SIGNIFICANT_DIGITS).ok().map(Box::new)
}

impl Serialize for SizeHistogram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut coded = Vec::new();
        if let Some(histogram) = &self.inner {
            V2DeflateSerializer::new().serialize(histogram.as_ref(), &mut coded).map_err(
                |error| {
                    let mut reason = String::from("the size histogram cannot be written: ");
                    let _ = write!(reason, "{error:?}");
                    ser::Error::custom(reason)
                },
            )?;
        }
        serializer.serialize_str(&base64::encode(&coded))
    }
}

impl<'de> Deserialize<'de> for SizeHistogram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let coded = base64::decode(&text)
            .ok_or_else(|| de::Error::custom("the size histogram is not base64"))?;
        if coded.is_empty() {
            return Ok(Self::new());
        }
        let histogram: Histogram<u64> =
            Reader::new().deserialize(&mut coded.as_slice()).map_err(|error| {
                de::Error::custom(format!("the size histogram cannot be read: {error}"))
            })?;
        if (histogram.low(), histogram.high(), histogram.sigfig())
            != (1, LARGEST_RECORDED, SIGNIFICANT_DIGITS)
        {
            return Err(de::Error::custom(
                "the size histogram has other bounds than this program's",
            ));
        }
        Ok(Self { inner: Some(Box::new(histogram)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_from_one_byte_to_256_tib_and_refuses_the_rest() {
        let mut histogram = SizeHistogram::new();
        assert!(histogram.record(1) && histogram.record(LARGEST_RECORDED));
        assert!(!histogram.record(0) && !histogram.record(LARGEST_RECORDED + 1));
        assert_eq!(histogram.buckets().map(|(_, count)| count).sum::<u64>(), 2);
    }

    #[test]
    fn survives_json() {
        let mut histogram = SizeHistogram::new();
        for size in [1, 1, 77, 5_000_000_000, LARGEST_RECORDED] {
            histogram.record(size);
        }
        for original in [histogram, SizeHistogram::new()] {
            let json = serde_json::to_string(&original).unwrap();
            assert_eq!(serde_json::from_str::<SizeHistogram>(&json).unwrap(), original);
        }
    }

    #[test]
    fn refuses_a_histogram_of_other_bounds() {
        let other = Histogram::<u64>::new_with_bounds(1, 1_000, 3).unwrap();
        let mut coded = Vec::new();
        V2DeflateSerializer::new().serialize(&other, &mut coded).unwrap();
        let json = serde_json::to_string(&base64::encode(&coded)).unwrap();
        assert!(serde_json::from_str::<SizeHistogram>(&json).is_err());
    }
}
