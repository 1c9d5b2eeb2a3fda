//! How long jobs take, and when they end.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::object::Timestamp;
use crate::tally::Counts;

const NANOS: u128 = 1_000_000_000;
const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 24 * 60;
const DAY_MS: i64 = DAY_MINUTES * MINUTE_MS;

/// How fast one job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed {
    /// Bits per second; not 0.
    bandwidth: u64,
    /// Objects per second; not 0.
    files: u64,
}

/// What a job waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Bytes take longer than objects.
    Bandwidth,
    /// Objects take longer than bytes: they are small.
    FileRate,
}

impl Speed {
    /// A speed of so many bits and objects per second; 0 counts as 1, the slowest there is.
    #[must_use]
    pub fn new(bandwidth: u64, files: u64) -> Self {
        Self { bandwidth: bandwidth.max(1), files: files.max(1) }
    }

    /// Nanoseconds that the bytes take, rounded up.
    #[must_use]
    pub fn byte_nanos(self, bytes: u128) -> u128 {
        bytes.saturating_mul(8 * NANOS).div_ceil(u128::from(self.bandwidth))
    }

    /// Nanoseconds that the objects take, rounded up.
    #[must_use]
    pub fn file_nanos(self, objects: u64) -> u128 {
        (u128::from(objects) * NANOS).div_ceil(u128::from(self.files))
    }

    /// Nanoseconds that one job takes: max(bytes × 8 / bandwidth, objects / rate).
    #[must_use]
    pub fn nanos(self, counts: &Counts) -> u128 {
        self.byte_nanos(counts.bytes).max(self.file_nanos(counts.objects))
    }

    /// Seconds that the bytes take and seconds that the objects take: not exact, and quick to work out.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "only weighed against each other")]
    pub fn seconds(self, counts: &Counts) -> [f64; 2] {
        let bytes = counts.bytes as f64 * (8.0 / self.bandwidth as f64);
        [bytes, counts.objects as f64 / self.files as f64]
    }

    /// What a job of so much waits for.
    #[must_use]
    pub fn bound(self, counts: &Counts) -> Bound {
        if self.file_nanos(counts.objects) > self.byte_nanos(counts.bytes) {
            Bound::FileRate
        } else {
            Bound::Bandwidth
        }
    }

    /// The mean size in bytes at which objects and bytes take equally long.
    #[must_use]
    pub fn break_even_bytes(self) -> u64 {
        self.bandwidth / 8 / self.files
    }
}

/// The hours of the day in which jobs may run, such as `22:00-06:00`, `08:00-20:00+08:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Minutes after midnight in UTC, 0 to 1439.
    from: i64,
    /// Minutes from its start to its end, 1 to 1440.
    length: i64,
    /// Minutes by which the hours as written are ahead of UTC.
    offset: i64,
}

/// A text that is no window.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("window `{}` is not two times of day", .0.escape_debug())]
pub struct InvalidWindow(String);

impl InvalidWindow {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "write it like `22:00-06:00` in UTC, or with an offset like `22:00-06:00+08:00`"
    }
}

impl FromStr for Window {
    type Err = InvalidWindow;

    fn from_str(text: &str) -> Result<Self, InvalidWindow> {
        read_window(text.trim()).ok_or_else(|| InvalidWindow(text.to_owned()))
    }
}

fn read_window(text: &str) -> Option<Window> {
    let (from, rest) = text.split_once('-')?;
    let (to, offset) = match rest.find(['+', '-', 'Z']) {
        None => (rest, 0),
        Some(at) => {
            let (to, zone) = rest.split_at(at);
            let offset = match zone.split_at(1) {
                ("Z", "") => 0,
                ("+", ahead) => clock(ahead)?,
                ("-", behind) => -clock(behind)?,
                _ => return None,
            };
            (to, offset)
        }
    };
    let (from, to) = (clock(from)?, clock(to)?);
    let length = (to - from).rem_euclid(DAY_MINUTES);
    Some(Window {
        from: (from - offset).rem_euclid(DAY_MINUTES),
        length: if length == 0 { DAY_MINUTES } else { length },
        offset,
    })
}

/// Minutes after midnight of `22:00`; `24:00` is midnight, too.
fn clock(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| -> Option<i64> {
        let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if two { digits.parse().ok() } else { None }
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let valid = minutes < 60 && (hours < 24 || (hours == 24 && minutes == 0));
    valid.then_some((hours * 60 + minutes) % DAY_MINUTES)
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = self.hours();
        write!(f, "{from}-{to}")?;
        let ahead = self.offset.abs();
        match self.offset {
            0 => Ok(()),
            1.. => write!(f, "+{:02}:{:02}", ahead / 60, ahead % 60),
            _ => write!(f, "-{:02}:{:02}", ahead / 60, ahead % 60),
        }
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Window {
    /// Start and end as a clock shows them in the zone that the user wrote: `("22:00", "06:00")`.
    #[must_use]
    pub fn hours(&self) -> (String, String) {
        let clock = |minutes: i64| {
            let local = (minutes + self.offset).rem_euclid(DAY_MINUTES);
            format!("{:02}:{:02}", local / 60, local % 60)
        };
        (clock(self.from), clock(self.from + self.length))
    }

    /// When work of so many nanoseconds ends that may begin at `begin` and goes on in the window only.
    #[must_use]
    pub fn end(&self, begin: Timestamp, nanos: u128) -> Timestamp {
        let length = self.length * MINUTE_MS;
        let work = millis(nanos);
        // How far `begin` lies after the last opening.
        let since = (begin.0 - self.from * MINUTE_MS).rem_euclid(DAY_MS);
        if length == DAY_MS || work == 0 {
            return Timestamp(begin.0.saturating_add(work));
        }
        let opening = begin.0.saturating_sub(since);
        // Work counted from that opening, as if what has passed of it was work.
        let total = work.saturating_add(since.min(length));
        // The last piece of work fills the window to its end rather than beginning a new one.
        let days = (total - 1) / length;
        let rest = total - days * length;
        Timestamp(opening.saturating_add(days.saturating_mul(DAY_MS)).saturating_add(rest))
    }
}

/// When work of so many nanoseconds ends, in a window or around the clock.
#[must_use]
pub fn end(window: Option<&Window>, begin: Timestamp, nanos: u128) -> Timestamp {
    match window {
        Some(window) => window.end(begin, nanos),
        None => Timestamp(begin.0.saturating_add(millis(nanos))),
    }
}

/// Milliseconds, rounded up.
fn millis(nanos: u128) -> i64 {
    i64::try_from(nanos.div_ceil(1_000_000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::parse_rfc3339;

    const HOUR: u128 = 3_600 * NANOS;

    fn at(text: &str) -> Timestamp {
        parse_rfc3339(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_job_takes_what_takes_longer() {
        let speed = Speed::new(2_000_000_000, 2_000);
        // The worked examples of the service's own figures: 100 million objects, 320 TB.
        let objects = Counts { objects: 100_000_000, bytes: 0 };
        assert_eq!(speed.nanos(&objects), 50_000 * NANOS);
        assert_eq!(speed.bound(&objects), Bound::FileRate);
        let bytes = Counts { objects: 1, bytes: 320_000_000_000_000 };
        assert_eq!(speed.nanos(&bytes), 1_280_000 * NANOS);
        assert_eq!(speed.bound(&bytes), Bound::Bandwidth);
        assert_eq!(speed.break_even_bytes(), 125_000);
        assert_eq!(Speed::new(0, 0).nanos(&Counts { objects: 1, bytes: 1 }), 8 * NANOS);
    }

    #[test]
    fn windows_are_read_and_shown() {
        for text in ["22:00-06:00", "08:00-20:00+08:00", "00:00-00:00", "23:30-01:00-03:30"] {
            assert_eq!(text.parse::<Window>().unwrap().to_string(), text);
        }
        assert_eq!("22:00-24:00Z".parse::<Window>().unwrap().to_string(), "22:00-00:00");
        for text in [
            "22-6",
            "22:00",
            "25:00-06:00",
            "22:60-06:00",
            "a-b",
            "",
            "22:00-06:00+8",
            "２２:00-06:00",
        ] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }

    #[test]
    fn work_goes_on_in_the_window_only() {
        let window: Window = "22:00-06:00".parse().unwrap();
        for (begin, hours, end) in [
            ("2026-01-01T12:00:00Z", 8, "2026-01-02T06:00:00Z"),
            ("2026-01-01T12:00:00Z", 9, "2026-01-02T23:00:00Z"),
            ("2026-01-01T23:00:00Z", 7, "2026-01-02T06:00:00Z"),
            ("2026-01-01T23:00:00Z", 8, "2026-01-02T23:00:00Z"),
            ("2026-01-02T05:00:00Z", 1, "2026-01-02T06:00:00Z"),
            ("2026-01-02T06:00:00Z", 1, "2026-01-02T23:00:00Z"),
            ("2026-01-01T22:00:00Z", 80, "2026-01-11T06:00:00Z"),
            ("2026-01-01T12:00:00Z", 0, "2026-01-01T12:00:00Z"),
        ] {
            assert_eq!(window.end(at(begin), hours * HOUR), at(end), "{begin} {hours}");
        }
        let china: Window = "22:00-06:00+08:00".parse().unwrap();
        assert_eq!(china.end(at("2026-01-01T12:00:00Z"), 8 * HOUR), at("2026-01-01T22:00:00Z"));
    }

    proptest::proptest! {
        #[test]
        fn the_end_is_where_the_minutes_of_the_window_are_used_up(
            from in 0_i64..1440, length in 1_i64..1440, begin in 0_i64..10_000, minutes in 1_i64..3_000,
        ) {
            let window = Window { from, length, offset: 0 };
            let work = u128::from(minutes.cast_unsigned()) * 60 * NANOS;
            let end = window.end(Timestamp(begin * MINUTE_MS), work).0 / MINUTE_MS;
            let open = |minute: i64| (minute - from).rem_euclid(DAY_MINUTES) < length;
            let used = (begin..end).filter(|minute| open(*minute)).count();
            proptest::prop_assert_eq!(used, usize::try_from(minutes).unwrap());
            proptest::prop_assert!(open(end - 1));
        }

        #[test]
        fn nothing_overflows(objects: u64, bytes: u128, bandwidth: u64, files: u64, begin: i64) {
            let nanos = Speed::new(bandwidth, files).nanos(&Counts { objects, bytes });
            let window: Window = "22:00-06:00".parse().unwrap();
            proptest::prop_assert!(end(Some(&window), Timestamp(begin / 2), nanos).0 >= begin / 2);
        }
    }
}
