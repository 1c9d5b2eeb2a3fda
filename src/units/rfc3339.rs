//! Instants as RFC 3339 text in UTC, with milliseconds only where there are any.
//!
//! Written and read by hand because a manifest holds one per object; anything but our own spelling goes
//! through `jiff`, which is also the oracle of the tests.

use std::fmt;

use super::number::pair;
use crate::object::Timestamp;

/// Length of the longest text: `2024-05-01T12:34:56.123Z`.
pub const RFC3339_MAX_LEN: usize = 24;

const DAY: i64 = 86_400_000;
/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z in milliseconds.
const REPRESENTABLE: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// Writes `time` to the front of `out` and returns how many bytes that took, or `None` for times before
/// the year 0 and after 9999, which RFC 3339 cannot say.
#[must_use]
pub fn rfc3339_into(time: Timestamp, out: &mut [u8; RFC3339_MAX_LEN]) -> Option<usize> {
    if !REPRESENTABLE.contains(&time.0) {
        return None;
    }
    let (year, month, day) = civil_from_days(time.0.div_euclid(DAY));
    let millis = u32::try_from(time.0.rem_euclid(DAY)).ok()?;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    *out = *b"0000-00-00T00:00:00.000Z";
    out[0..2].copy_from_slice(&pair(year / 100));
    out[2..4].copy_from_slice(&pair(year % 100));
    out[5..7].copy_from_slice(&pair(month));
    out[8..10].copy_from_slice(&pair(day));
    out[11..13].copy_from_slice(&pair(seconds / 3600));
    out[14..16].copy_from_slice(&pair(seconds / 60 % 60));
    out[17..19].copy_from_slice(&pair(seconds % 60));
    if millis == 0 {
        out[19] = b'Z';
        return Some(20);
    }
    out[20..22].copy_from_slice(&pair(millis / 10));
    out[22] = pair(millis % 10)[1];
    Some(24)
}

/// Day, month and year of a day count since 1970-01-01 in the proleptic Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year, in eras of 400 years.
fn civil_from_days(days: i64) -> (u32, u32, u32) {
    // Within the representable range the shifted count is small and not negative once an era is added.
    let days = u32::try_from(days + 719_468 + 146_097).unwrap_or_default();
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u32::from(month <= 2) - 400;
    (year, month, day)
}

fn days_from_civil(year: u32, month: u32, day: u32) -> i64 {
    let shifted_year = year + 400 - u32::from(month <= 2);
    let (era, year_of_era) = (shifted_year / 400, shifted_year % 400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i64::from(era * 146_097 + day_of_era) - 719_468 - 146_097
}

/// Reads an RFC 3339 instant with any offset; digits below a millisecond are dropped towards the past.
#[must_use]
pub fn parse_rfc3339(text: &[u8]) -> Option<Timestamp> {
    parse_own(text).or_else(|| {
        let instant: jiff::Timestamp = std::str::from_utf8(text).ok()?.parse().ok()?;
        let millis = instant.as_nanosecond().div_euclid(1_000_000);
        i64::try_from(millis).ok().map(Timestamp)
    })
}

/// Exactly the spellings of [`rfc3339_into`], with real dates only.
fn parse_own(text: &[u8]) -> Option<Timestamp> {
    let (seconds, millis) = match text.len() {
        20 => (&text[..19], 0),
        24 if text[19] == b'.' => (&text[..19], number(&text[20..23])?),
        _ => return None,
    };
    let separators = [seconds[4], seconds[7], seconds[10], seconds[13], seconds[16]];
    if separators != *b"--T::" || !text.ends_with(b"Z") {
        return None;
    }
    let (year, month, day) =
        (number(&seconds[0..4])?, number(&seconds[5..7])?, number(&seconds[8..10])?);
    let (hour, minute, second) =
        (number(&seconds[11..13])?, number(&seconds[14..16])?, number(&seconds[17..19])?);
    // 28 is right in every month; the rarer days are checked by turning the result back.
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let days = days_from_civil(year, month, day);
    if day > 28 && civil_from_days(days) != (year, month, day) {
        return None;
    }
    let in_day = i64::from((hour * 60 + minute) * 60 + second) * 1000 + i64::from(millis);
    Some(Timestamp(days * DAY + in_day))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0'))
    })
}

/// A time, printed as RFC 3339 in UTC; outside the years 0 to 9999 as `@` and its milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rfc3339(pub Timestamp);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; RFC3339_MAX_LEN];
        match rfc3339_into(self.0, &mut text) {
            Some(len) => f.write_str(std::str::from_utf8(&text[..len]).map_err(|_| fmt::Error)?),
            None => write!(f, "@{}", self.0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_appear_only_where_there_are_any() {
        assert_eq!(Rfc3339(Timestamp(1_714_566_896_000)).to_string(), "2024-05-01T12:34:56Z");
        assert_eq!(Rfc3339(Timestamp(1_714_566_896_123)).to_string(), "2024-05-01T12:34:56.123Z");
        assert_eq!(Rfc3339(Timestamp(-1)).to_string(), "1969-12-31T23:59:59.999Z");
        assert_eq!(Rfc3339(Timestamp(i64::MAX)).to_string(), "@9223372036854775807");
    }

    #[test]
    fn days_that_no_month_has_are_refused() {
        for text in [
            "2023-02-29T00:00:00Z",
            "2024-04-31T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-00-10T00:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(text.as_bytes()), None, "{text}");
        }
        assert!(parse_rfc3339(b"2024-02-29T00:00:00Z").is_some());
    }

    #[test]
    fn other_offsets_and_precisions_are_understood() {
        let expected = parse_rfc3339(b"2024-05-01T10:34:56.123Z");
        assert_eq!(parse_rfc3339(b"2024-05-01T12:34:56.123999+02:00"), expected);
    }

    #[test]
    fn every_day_of_the_calendar_goes_there_and_back() {
        let first = *REPRESENTABLE.start() / DAY;
        for day in first..=REPRESENTABLE.end() / DAY {
            let (year, month, date) = civil_from_days(day);
            assert_eq!(days_from_civil(year, month, date), day);
        }
        assert_eq!(civil_from_days(first), (0, 1, 1));
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_jiff(millis in REPRESENTABLE) {
            let ours = Rfc3339(Timestamp(millis)).to_string();
            let theirs = jiff::Timestamp::from_millisecond(millis).unwrap();
            proptest::prop_assert_eq!(ours.parse::<jiff::Timestamp>().unwrap(), theirs);
            proptest::prop_assert_eq!(parse_own(ours.as_bytes()), Some(Timestamp(millis)));
        }

        #[test]
        fn never_fails_on_any_bytes(bytes: Vec<u8>, swap in 0_usize..24, byte: u8) {
            let _ = parse_rfc3339(&bytes);
            let mut near = *b"2024-05-01T12:34:56.123Z";
            near[swap] = byte;
            if let (Some(ours), Ok(text)) = (parse_own(&near), std::str::from_utf8(&near)) {
                let theirs: jiff::Timestamp = text.parse().unwrap();
                proptest::prop_assert_eq!(ours.0, theirs.as_millisecond());
            }
        }
    }
}
