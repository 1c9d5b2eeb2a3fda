//! How a simulated server misbehaves: faults that strike some requests, quirks that are always there.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::faults::{Fault, FaultBasis, Faults};
use super::latency::parse_duration;

/// A trait of a server that shows in every answer it touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quirk {
    /// `ignores-start-after`: lists from the beginning whatever `start-after` (or `marker`) says.
    IgnoresStartAfter,
    /// `start-after-inclusive`: lists the key named by `start-after` (or `marker`) too, as iDrive E2.
    StartAfterInclusive,
    /// `empty-before-prefix`: answers an empty listing where `start-after` lies before the prefix, as
    /// Garage.
    EmptyBeforePrefix,
    /// `v1-only`: knows neither `list-type`, `start-after` nor `continuation-token`, and answers in the
    /// form of version 1.
    V1Only,
    /// `no-encoding-type`: ignores `encoding-type` and does not echo it.
    NoEncodingType,
    /// `directory-order`: lists as a file system is walked, with `/` below every other byte, as
    /// `SeaweedFS`.
    DirectoryOrder,
    /// `ignores-delimiter`: lists every key as an object whatever `delimiter` says.
    IgnoresDelimiter,
    /// `ignores-token`: lists from the beginning whatever `continuation-token` (or Azure's `marker`) says.
    IgnoresToken,
    /// `no-arrow`: answers in XML whatever is asked for, as accounts of Azure without that feature.
    NoArrow,
    /// `old-version`: refuses versions of the Blob service after 2026-02-06, as older emulators.
    OldVersion,
}

impl Quirk {
    const ALL: [(&'static str, Self); 10] = [
        ("ignores-start-after", Self::IgnoresStartAfter),
        ("start-after-inclusive", Self::StartAfterInclusive),
        ("empty-before-prefix", Self::EmptyBeforePrefix),
        ("v1-only", Self::V1Only),
        ("no-encoding-type", Self::NoEncodingType),
        ("directory-order", Self::DirectoryOrder),
        ("ignores-delimiter", Self::IgnoresDelimiter),
        ("ignores-token", Self::IgnoresToken),
        ("no-arrow", Self::NoArrow),
        ("old-version", Self::OldVersion),
    ];
}

/// Keys from the first to the last, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The smallest key.
    pub first: Vec<u8>,
    /// The greatest key.
    pub last: Vec<u8>,
}

/// How a simulated server misbehaves. The default does not.
///
/// Written as items separated by commas, such as `error-500=0.01,stall=0.02:3s,v1-only`:
///
/// | item | meaning |
/// |---|---|
/// | a fault with its share of list requests, see [`Fault`] | `cut-body=0.02` |
/// | a quirk, see [`Quirk`] | `start-after-inclusive` |
/// | `stall=SHARE:TIME` | the fault with the time it takes |
/// | `by-content` | faults follow from what is asked for and the attempt, not from the request's number |
/// | `truncated-end=SHARE` | this share of pages says that nothing follows although something does |
/// | `fail-key=KEY`, `fail-range=FIRST..LAST` | pages that hold such a key always fail with 500; keys percent-encoded |
/// | `page-limit=N` | at most N entries per page |
/// | `answer-first=N` | requests after the N-th are never answered |
/// | `token-epoch=N` | continuation tokens of another epoch are refused, as if they had expired |
/// | `session-requests=N` | a session with a directory bucket ends after N requests |
/// | `retry-after=TIME` | sent with 503, in whole seconds |
/// | `clock=TIME` | the server's clock is ahead by so much, or behind with a minus sign |
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Behaviour {
    /// What strikes some requests.
    pub faults: Faults,
    /// What is always so.
    pub quirks: BTreeSet<Quirk>,
    /// Share of pages, from 0 to 1, that say `IsTruncated=false` although more follows. Which pages is a
    /// matter of where they start: asking again gives the same answer.
    pub truncated_end: f64,
    /// Pages that hold a key of these are always answered with 500.
    pub failing: Vec<KeyRange>,
    /// The most entries of a page, where that is below what was asked for.
    pub page_limit: Option<u64>,
    /// Requests after so many are never answered.
    pub answer_first: Option<u64>,
    /// Continuation tokens of servers of another epoch are refused, as if they had expired.
    pub token_epoch: u64,
    /// A session with a directory bucket ends after so many requests.
    pub session_requests: Option<u64>,
    /// Sent as `Retry-After` with 503.
    pub retry_after: Option<Duration>,
    /// How far the server's clock is ahead, in seconds.
    pub clock_offset: i64,
}

/// An item of a behaviour that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidBehaviour {
    /// There is no fault, quirk or setting of this name.
    #[error("there is no behaviour {0:?}")]
    Unknown(String),
    /// The value is missing, superfluous or of the wrong kind.
    #[error("{item:?} is not understood: {expected} expected")]
    Value {
        /// The item as it was written.
        item: String,
        /// What should have stood there.
        expected: &'static str,
    },
    /// The faults' shares sum to more than 1.
    #[error("the shares of all faults sum to more than 1")]
    TooManyFaults,
}

impl Behaviour {
    /// Whether the server has this quirk.
    #[must_use]
    pub fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// How many entries a page may hold of which so many are asked for.
    #[must_use]
    pub fn limited(&self, asked: u64) -> u64 {
        self.page_limit.map_or(asked, |most| most.min(asked))
    }

    /// Whether pages with this key always fail.
    #[must_use]
    pub fn fails_at(&self, key: &[u8]) -> bool {
        self.failing.iter().any(|range| *range.first <= *key && *key <= *range.last)
    }

    /// Whether what is listed is not what the service itself would list.
    #[must_use]
    pub fn lists_otherwise(&self) -> bool {
        let form = [Quirk::NoArrow, Quirk::OldVersion];
        self.quirks.iter().any(|quirk| !form.contains(quirk)) || self.truncated_end > 0.0
    }

    /// The same behaviour with one more quirk.
    #[must_use]
    pub fn with(mut self, quirk: Quirk) -> Self {
        self.quirks.insert(quirk);
        self
    }

    /// A server that does nothing wrong beside this fault, in `share` (0 to 1) of its list requests.
    #[must_use]
    pub fn of_fault(fault: Fault, share: f64) -> Self {
        Self { faults: Faults::default().with(fault, share), ..Self::default() }
    }

    /// Adds one item as it is written on the command line.
    ///
    /// # Errors
    /// If the item is not known or its value is not understood.
    pub fn set(&mut self, item: &str) -> Result<(), InvalidBehaviour> {
        let wrong = |expected| InvalidBehaviour::Value { item: item.to_owned(), expected };
        let (name, value) = match item.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (item, None),
        };
        if let Some(&(_, quirk)) = Quirk::ALL.iter().find(|(known, _)| *known == name) {
            if value.is_some() {
                return Err(wrong("no value"));
            }
            self.quirks.insert(quirk);
            return Ok(());
        }
        if name == "by-content" && value.is_none() {
            self.faults.basis = FaultBasis::Content;
            return Ok(());
        }
        let text = value.unwrap_or_default();
        if let Some(fault) = Fault::from_name(name) {
            let (share, stall) = match text.split_once(':') {
                Some((share, time)) if fault == Fault::Stall => {
                    let time = parse_duration(time).ok_or_else(|| wrong("a time such as 3s"))?;
                    (share, Some(time))
                }
                _ => (text, None),
            };
            let share = parse_share(share).ok_or_else(|| wrong("a share from 0 to 1"))?;
            self.faults.set(fault, share);
            self.faults.stall = stall.unwrap_or(self.faults.stall);
            if self.faults.total() > 1.0 {
                return Err(InvalidBehaviour::TooManyFaults);
            }
            return Ok(());
        }
        match name {
            "truncated-end" => {
                self.truncated_end =
                    parse_share(text).ok_or_else(|| wrong("a share from 0 to 1"))?;
            }
            "fail-key" => {
                let key = decode(text).ok_or_else(|| wrong("a key"))?;
                self.failing.push(KeyRange { first: key.clone(), last: key });
            }
            "fail-range" => {
                let (first, last) = text.split_once("..").ok_or_else(|| wrong("FIRST..LAST"))?;
                let first = decode(first).unwrap_or_default();
                let last = decode(last).ok_or_else(|| wrong("FIRST..LAST"))?;
                self.failing.push(KeyRange { first, last });
            }
            "page-limit" => {
                let limit = text.parse().ok().filter(|&limit| limit > 0);
                self.page_limit = Some(limit.ok_or_else(|| wrong("a number from 1"))?);
            }
            "answer-first" => {
                self.answer_first = Some(text.parse().map_err(|_| wrong("a number"))?);
            }
            "token-epoch" => {
                self.token_epoch = text.parse().map_err(|_| wrong("a number"))?;
            }
            "session-requests" => {
                self.session_requests = Some(text.parse().map_err(|_| wrong("a number"))?);
            }
            "retry-after" => {
                let time = parse_duration(text).ok_or_else(|| wrong("a time such as 2s"))?;
                self.retry_after = Some(time);
            }
            "clock" => {
                let magnitude = parse_duration(text.trim_start_matches('-'))
                    .and_then(|time| i64::try_from(time.as_secs()).ok())
                    .ok_or_else(|| wrong("a time such as 20m or -20m"))?;
                self.clock_offset = if text.starts_with('-') { -magnitude } else { magnitude };
            }
            _ => return Err(InvalidBehaviour::Unknown(name.to_owned())),
        }
        Ok(())
    }
}

impl FromStr for Behaviour {
    type Err = InvalidBehaviour;

    fn from_str(text: &str) -> Result<Self, InvalidBehaviour> {
        let mut behaviour = Self::default();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            behaviour.set(item)?;
        }
        Ok(behaviour)
    }
}

fn parse_share(text: &str) -> Option<f64> {
    let share: f64 = text.parse().ok()?;
    (0.0..=1.0).contains(&share).then_some(share)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let key: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaviours_are_read_as_documented() {
        let text = "error-500=0.01, cut-body=0.02,stall=0.05:3s,start-after-inclusive,by-content,\
                    truncated-end=0.1,fail-key=a%2Cb,fail-range=m..n,page-limit=100,answer-first=7,\
                    token-epoch=3,session-requests=9,retry-after=2s,clock=-20m";
        let behaviour: Behaviour = text.parse().unwrap();
        assert!((behaviour.faults.share(Fault::Error500) - 0.01).abs() < 1e-9);
        assert!((behaviour.faults.share(Fault::CutBody) - 0.02).abs() < 1e-9);
        assert_eq!(behaviour.faults.stall, Duration::from_secs(3));
        assert_eq!(behaviour.faults.basis, FaultBasis::Content);
        assert!(behaviour.has(Quirk::StartAfterInclusive));
        assert_eq!(behaviour.failing[0].first, b"a,b");
        assert_eq!(behaviour.failing[1].last, b"n");
        assert_eq!(behaviour.page_limit, Some(100));
        assert_eq!(behaviour.answer_first, Some(7));
        assert_eq!(behaviour.token_epoch, 3);
        assert_eq!(behaviour.session_requests, Some(9));
        assert_eq!(behaviour.retry_after, Some(Duration::from_secs(2)));
        assert_eq!(behaviour.clock_offset, -1_200);
        assert_eq!("".parse(), Ok(Behaviour::default()));
    }

    #[test]
    fn every_name_is_understood() {
        for (name, quirk) in Quirk::ALL {
            assert!(name.parse::<Behaviour>().unwrap().has(quirk));
        }
        for fault in Fault::ALL {
            let behaviour: Behaviour = format!("{}=0.5", fault.name()).parse().unwrap();
            assert!((behaviour.faults.share(fault) - 0.5).abs() < 1e-9);
        }
    }

    #[test]
    fn mistakes_are_named() {
        for wrong in [
            "nonsense",
            "error-500",
            "error-500=2",
            "v1-only=yes",
            "fail-key=",
            "page-limit=0",
            "clock=soon",
        ] {
            assert!(wrong.parse::<Behaviour>().is_err(), "{wrong}");
        }
        assert_eq!(
            "reset=0.6,error-500=0.6".parse::<Behaviour>(),
            Err(InvalidBehaviour::TooManyFaults)
        );
    }
}
