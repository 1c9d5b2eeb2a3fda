//! Numbers as people read them.

use crate::summary::Moment;
use crate::units::grouped;

/// A count with thousands separators: `1,234,567`.
#[must_use]
pub fn count(value: impl Into<u128>) -> String {
    grouped(value, ',')
}

const UNITS: [&str; 9] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/// A size in IEC units with three or four significant digits: `1.42 TiB`, `999 B`.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "rounded for people; exact bytes are given beside it"
)]
pub fn bytes_iec(bytes: impl Into<u128>) -> String {
    let bytes = bytes.into();
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64, 0);
    // 1023.5 would be rounded to 1024 of the unit, so it goes up to the next one.
    while value >= 1_023.5 && unit < UNITS.len() - 1 {
        value /= 1_024.0;
        unit += 1;
    }
    let digits = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// The share of a part in a whole, 0 to 1; 0 of an empty whole.
#[expect(clippy::cast_precision_loss, reason = "a share for bars and percentages")]
pub(super) fn share(part: u128, whole: u128) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64).min(1.0) }
}

/// A share in percent, at most six columns: `12.3%`, `<0.1%`. What is not everything never reads as
/// 100 %, and what is not nothing never as 0 %.
pub(super) fn percent(share: f64) -> String {
    match share {
        0.0 => "0%".into(),
        ..0.001 => "<0.1%".into(),
        1.0 => "100%".into(),
        0.9995.. => ">99.9%".into(),
        _ => format!("{:.1}%", share * 100.0),
    }
}

/// A duration: `2.5 s`, `14 min 3 s`, `3 h 20 min`, `2 d 4 h`.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "such casts saturate")]
pub fn duration(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{:.1} s", seconds.max(0.0));
    }
    let whole = seconds.round() as u64;
    let (minutes, hours, days) = (whole / 60, whole / 3_600, whole / 86_400);
    match whole {
        ..60 => format!("{whole} s"),
        60..3_600 => format!("{minutes} min {} s", whole % 60),
        3_600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{} d {} h", count(days), hours % 24),
    }
}

/// A time to the minute, in UTC: `2026-01-31 09:05`.
pub(super) fn minute(moment: Moment) -> String {
    let text = moment.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

/// `1 object`, `2 objects`.
pub(super) fn objects(number: u64) -> String {
    format!("{} {}", count(number), if number == 1 { "object" } else { "objects" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (value, text) in
            [(0_u64, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(count(value), text);
        }
        assert!(count(u128::MAX).starts_with("340,282,"));
    }

    #[test]
    fn sizes_never_read_as_1024_of_a_unit() {
        for (value, text) in [
            (0_u64, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.00 KiB"),
            (1_048_575, "1.00 MiB"),
            (10_234, "9.99 KiB"),
            (10_236, "10.0 KiB"),
            (1_561_306_511_908, "1.42 TiB"),
        ] {
            assert_eq!(bytes_iec(value), text);
        }
        assert!(bytes_iec(u128::MAX).ends_with(" YiB"));
    }

    #[test]
    fn shares_are_honest_at_both_ends() {
        let read = |part, whole| percent(share(part, whole));
        assert_eq!(read(0, 0), "0%");
        assert_eq!(read(1, 1_000_000), "<0.1%");
        assert_eq!(read(999_999, 1_000_000), ">99.9%");
        assert_eq!(read(1, 3), "33.3%");
        assert_eq!(read(5, 5), "100%");
    }

    #[test]
    fn durations_use_two_units() {
        for (seconds, text) in [
            (0.04, "0.0 s"),
            (2.54, "2.5 s"),
            (59.6, "1 min 0 s"),
            (843.0, "14 min 3 s"),
            (12_000.0, "3 h 20 min"),
            (187_200.0, "2 d 4 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
        assert!(!duration(f64::INFINITY).is_empty() && !duration(f64::NAN).is_empty());
    }
}
