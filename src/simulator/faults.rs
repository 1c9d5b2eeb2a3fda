//! Faults: what strikes a share of the list requests, the same ones for the same seed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::mix::{digest, fraction, mix};

/// What can go wrong with an answer to a list request. At most one fault strikes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// `error-500`: 500 `InternalError`.
    Error500,
    /// `slow-down`: 503 `SlowDown`.
    SlowDown,
    /// `reset`: the connection is reset without an answer.
    Reset,
    /// `cut-body`: the connection is closed in the middle of the body.
    CutBody,
    /// `truncated-xml`: the document ends in its middle, and `Content-Length` says so.
    TruncatedXml,
    /// `error-in-200`: status 200 with an error document, `InternalError` or `SlowDown` in turn.
    ErrorIn200,
    /// `empty-page`: no entry, but `IsTruncated=true` and a new token. Version 1 has no way of saying so
    /// and is not struck.
    EmptyPage,
    /// `short-page`: fewer entries than asked for and there are, with `IsTruncated=true`.
    ShortPage,
    /// `unordered-page`: two neighbouring keys are swapped.
    UnorderedPage,
    /// `repeated-token`: the token given leads to this same page again. Version 1 has none.
    RepeatedToken,
    /// `repeated-page`: the page before the one asked for, whatever `start-after` says.
    RepeatedPage,
    /// `wrong-key-count`: `KeyCount` is one too high. Version 1 has none.
    WrongKeyCount,
    /// `stall`: the answer comes after [`Faults::stall`].
    Stall,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 13] = [
        Self::Error500,
        Self::SlowDown,
        Self::Reset,
        Self::CutBody,
        Self::TruncatedXml,
        Self::ErrorIn200,
        Self::EmptyPage,
        Self::ShortPage,
        Self::UnorderedPage,
        Self::RepeatedToken,
        Self::RepeatedPage,
        Self::WrongKeyCount,
        Self::Stall,
    ];

    /// The name as users write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error500 => "error-500",
            Self::SlowDown => "slow-down",
            Self::Reset => "reset",
            Self::CutBody => "cut-body",
            Self::TruncatedXml => "truncated-xml",
            Self::ErrorIn200 => "error-in-200",
            Self::EmptyPage => "empty-page",
            Self::ShortPage => "short-page",
            Self::UnorderedPage => "unordered-page",
            Self::RepeatedToken => "repeated-token",
            Self::RepeatedPage => "repeated-page",
            Self::WrongKeyCount => "wrong-key-count",
            Self::Stall => "stall",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// What decides whether a request is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FaultBasis {
    /// Its number among all list requests.
    #[default]
    Number,
    /// What it asks for, and how often that was asked for before: the same pages fail in every run,
    /// whatever the order of the requests.
    Content,
}

/// Shares of list requests that are struck, from 0 to 1 and 1 together.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    shares: [f64; Fault::ALL.len()],
    /// How long [`Fault::Stall`] takes.
    pub stall: Duration,
    /// What decides whether a request is struck.
    pub basis: FaultBasis,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            shares: [0.0; Fault::ALL.len()],
            stall: Duration::from_secs(5),
            basis: FaultBasis::default(),
        }
    }
}

impl Faults {
    /// Sets the share of one fault.
    pub fn set(&mut self, fault: Fault, share: f64) {
        self.shares[fault as usize] = share.clamp(0.0, 1.0);
    }

    /// The same faults with another share of one.
    #[must_use]
    pub fn with(mut self, fault: Fault, share: f64) -> Self {
        self.set(fault, share);
        self
    }

    /// The share of one fault.
    #[must_use]
    pub fn share(&self, fault: Fault) -> f64 {
        self.shares[fault as usize]
    }

    /// The shares of all faults together.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.shares.iter().sum()
    }

    /// The fault, if any, that falls to this draw.
    pub(super) fn strike(&self, draw: u64) -> Option<Fault> {
        let mut rest = fraction(draw);
        Fault::ALL.into_iter().find(|&fault| {
            rest -= self.share(fault);
            rest < 0.0
        })
    }
}

/// Counts how often the same was asked for, in bounded memory.
#[derive(Default)]
pub(super) struct Attempts {
    seen: Mutex<HashMap<u64, u32>>,
}

impl Attempts {
    /// What is remembered; past this everything is forgotten and attempts count from the first again.
    const MOST: usize = 1 << 20;

    /// A draw for this request under the given basis.
    pub(super) fn draw(&self, basis: FaultBasis, seed: u64, number: u64, asked: &[u8]) -> u64 {
        let stream = mix(seed, 0xFA17);
        match basis {
            FaultBasis::Number => mix(stream, number),
            FaultBasis::Content => {
                let content = digest(stream, asked);
                let mut known = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                if known.len() >= Self::MOST {
                    known.clear();
                }
                let attempt = known.entry(content).or_default();
                *attempt = attempt.wrapping_add(1);
                mix(content, u64::from(*attempt))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_strike_their_share_of_requests() {
        let faults = Faults::default().with(Fault::Reset, 0.1).with(Fault::Stall, 0.2);
        let strikes: Vec<_> = (0..10_000).map(|n| faults.strike(mix(1, n))).collect();
        let count = |fault| strikes.iter().filter(|&&strike| strike == fault).count();
        assert!((900..1_100).contains(&count(Some(Fault::Reset))));
        assert!((1_850..2_150).contains(&count(Some(Fault::Stall))));
        assert_eq!(count(Some(Fault::Reset)) + count(Some(Fault::Stall)) + count(None), 10_000);
        assert_eq!(Faults::default().strike(0), None);
        let certain = Faults::default().with(Fault::CutBody, 1.0);
        assert_eq!(certain.strike(u64::MAX), Some(Fault::CutBody));
    }

    #[test]
    fn draws_by_content_differ_by_attempt_only() {
        let (first, second) = (Attempts::default(), Attempts::default());
        let draws = |attempts: &Attempts, numbers: [u64; 3]| {
            numbers.map(|number| attempts.draw(FaultBasis::Content, 1, number, b"prefix=a"))
        };
        let first_run = draws(&first, [1, 2, 3]);
        assert_eq!(first_run, draws(&second, [9, 8, 7]));
        assert!(first_run[0] != first_run[1] && first_run[1] != first_run[2]);
    }
}
