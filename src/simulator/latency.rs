//! How long answers are held back, and how many are given per second.

use std::f64::consts::TAU;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::time::Instant;

use super::mix::{fraction, mix};

/// Sigma of a log-normal latency unless given.
const DEFAULT_SIGMA: f64 = 0.45;

/// How long each answer is held back before it is sent.
///
/// Written as `50ms`, `1.5s`, `lognormal:50ms` or `lognormal:50ms:0.6`.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum Latency {
    /// Not at all.
    #[default]
    None,
    /// Always this long.
    Constant(Duration),
    /// By a log-normal law.
    LogNormal {
        /// Half the answers come sooner.
        median: Duration,
        /// Standard deviation of the latency's natural logarithm.
        sigma: f64,
    },
}

impl Latency {
    /// The delay of request `number` under `seed`.
    #[must_use]
    pub fn sample(self, seed: u64, number: u64) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Constant(delay) => delay,
            Self::LogNormal { median, sigma } => {
                let seed = mix(seed, 0x1A7E);
                let radius = (-2.0 * (1.0 - fraction(mix(seed, number * 2))).ln()).sqrt();
                let normal = radius * (TAU * fraction(mix(seed, number * 2 + 1))).cos();
                median.mul_f64((sigma * normal).exp().min(1_000.0))
            }
        }
    }
}

/// A latency that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not a latency; write 50ms, 1.5s or lognormal:50ms")]
pub struct InvalidLatency(pub String);

impl FromStr for Latency {
    type Err = InvalidLatency;

    fn from_str(text: &str) -> Result<Self, InvalidLatency> {
        let invalid = || InvalidLatency(text.to_owned());
        let Some(law) = text.strip_prefix("lognormal:") else {
            let delay = parse_duration(text).ok_or_else(invalid)?;
            return Ok(if delay.is_zero() { Self::None } else { Self::Constant(delay) });
        };
        let (median, sigma) = match law.split_once(':') {
            Some((median, sigma)) => (median, sigma.parse().map_err(|_| invalid())?),
            None => (law, DEFAULT_SIGMA),
        };
        let median = parse_duration(median).ok_or_else(invalid)?;
        if !(0.0..=5.0).contains(&sigma) {
            return Err(invalid());
        }
        Ok(Self::LogNormal { median, sigma })
    }
}

/// Reads `250us`, `50ms`, `1.5s`, `2m` or `0`.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let number: f64 = number.trim().parse().ok()?;
    let seconds = match unit {
        "us" => number / 1e6,
        "ms" => number / 1e3,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3_600.0,
        "" if number == 0.0 => 0.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

/// A token bucket: so many requests a second, with a burst of a tenth of a second's worth.
pub(super) struct RequestLimit {
    per_second: f64,
    burst: f64,
    state: Mutex<(f64, Instant)>,
}

impl RequestLimit {
    pub(super) fn new(per_second: f64) -> Self {
        let burst = (per_second / 10.0).max(1.0);
        Self { per_second, burst, state: Mutex::new((burst, Instant::now())) }
    }

    /// Whether one more request may be answered at this time.
    pub(super) fn admit(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, last) = *state;
        let refilled = tokens + now.saturating_duration_since(last).as_secs_f64() * self.per_second;
        let refilled = refilled.min(self.burst);
        let admitted = refilled >= 1.0;
        *state = (if admitted { refilled - 1.0 } else { refilled }, now.max(last));
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_read_as_documented() {
        let median = Duration::from_millis(50);
        assert_eq!("50ms".parse(), Ok(Latency::Constant(median)));
        assert_eq!("0".parse(), Ok(Latency::None));
        assert_eq!("1.5s".parse(), Ok(Latency::Constant(Duration::from_millis(1_500))));
        assert_eq!("lognormal:50ms".parse(), Ok(Latency::LogNormal { median, sigma: 0.45 }));
        assert_eq!("lognormal:50ms:0.6".parse(), Ok(Latency::LogNormal { median, sigma: 0.6 }));
        for wrong in ["", "50", "ms", "-1s", "lognormal:", "lognormal:1s:x", "fast"] {
            assert!(wrong.parse::<Latency>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn half_of_log_normal_latencies_lie_below_the_median() {
        let median = Duration::from_millis(50);
        let latency = Latency::LogNormal { median, sigma: 0.45 };
        let samples: Vec<Duration> = (0..10_000).map(|n| latency.sample(3, n)).collect();
        let below = samples.iter().filter(|&&delay| delay < median).count();
        assert!((4_800..5_200).contains(&below), "{below}");
        let deviated = samples.iter().filter(|&&delay| delay < median.mul_f64(1.568)).count();
        assert!((8_300..8_500).contains(&deviated), "{deviated}");
        assert_eq!(samples[7], latency.sample(3, 7));
    }

    #[test]
    fn requests_above_the_limit_are_not_admitted() {
        let limit = RequestLimit::new(100.0);
        let start = Instant::now();
        let admitted = |milliseconds| {
            let now = start + Duration::from_millis(milliseconds);
            (0..50).filter(|_| limit.admit(now)).count()
        };
        assert_eq!(admitted(0), 10);
        assert_eq!(admitted(55), 5);
        assert_eq!(admitted(60_000), 10);
    }
}
