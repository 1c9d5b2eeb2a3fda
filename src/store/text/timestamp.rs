//! When objects were modified: ISO 8601 with date, time, optional fraction and offset, or the form of HTTP.
//!
//! A listing has a thousand of these to a page, and a general parser would cost a third of the whole
//! page's decoding; this one costs a few nanoseconds each and is tested against the general one.

use crate::object::Timestamp;

/// Reads `2026-11-21T12:00:00Z`, `2026-11-21T12:00:00.123Z` or `2026-11-21T20:00:00.123+08:00`.
///
/// Fractions finer than a millisecond are cut. A leap second counts as the second before it.
pub(crate) fn parse(text: &[u8]) -> Option<Timestamp> {
    let (date_time, rest) = text.split_first_chunk::<19>()?;
    let seconds = seconds(date_time)?;
    // What S3 itself writes.
    if let &[b'.', a, b, c, b'Z'] = rest {
        let milliseconds = digit(a)? * 100 + digit(b)? * 10 + digit(c)?;
        return Some(Timestamp(seconds * 1000 + i64::from(milliseconds)));
    }
    let (milliseconds, rest) = fraction(rest)?;
    Some(Timestamp((seconds - offset(rest)?) * 1000 + i64::from(milliseconds)))
}

/// Reads `Sat, 21 Nov 2026 12:00:00 GMT`. The day of the week is not compared with the date.
pub(crate) fn parse_http(text: &[u8]) -> Option<Timestamp> {
    const MONTHS: [[u8; 3]; 12] = [
        *b"Jan", *b"Feb", *b"Mar", *b"Apr", *b"May", *b"Jun", *b"Jul", *b"Aug", *b"Sep", *b"Oct",
        *b"Nov", *b"Dec",
    ];
    let text: &[u8; 29] = text.try_into().ok()?;
    let &[
        w1,
        w2,
        w3,
        b',',
        b' ',
        d1,
        d2,
        b' ',
        m1,
        m2,
        m3,
        b' ',
        y1,
        y2,
        y3,
        y4,
        b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b' ',
        b'G',
        b'M',
        b'T',
    ] = text
    else {
        return None;
    };
    if ![w1, w2, w3].iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    let month = MONTHS.iter().zip(1..).find(|(name, _)| **name == [m1, m2, m3])?.1;
    let (year, day) = (two(y1, y2)? * 100 + two(y3, y4)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let clock = hour * 3600 + minute * 60 + second.min(59);
    Some(Timestamp((days(year, month, day)? * 86_400 + i64::from(clock)) * 1000))
}

fn seconds(text: &[u8; 19]) -> Option<i64> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] =
        text
    else {
        return None;
    };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?.min(60));
    if hour > 23 || minute > 59 || two(s1, s2)? > 60 {
        return None;
    }
    let clock = hour * 3600 + minute * 60 + second.min(59);
    Some(days(year, month, day)? * 86_400 + i64::from(clock))
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days(year: u32, month: u32, day: u32) -> Option<i64> {
    /// Days before each month in a year that begins in March, so that a leap day comes last.
    const BEFORE: [u32; 12] = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];
    /// 0000-03-01 is day 400 * 365 + 97 of this count, and 719,468 days before 1970-01-01.
    const EPOCH: i64 = 146_097 + 719_468;
    const LENGTH: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if day == 0 || day > *LENGTH.get(index)? || month == 2 && day == 29 && !leap {
        return None;
    }
    // Counted from March of the year -400, so that nothing is negative.
    let years = year + 400 - u32::from(month < 3);
    let count = years * 365 + years / 4 - years / 100 + years / 400 + BEFORE.get(index)? + day - 1;
    Some(i64::from(count) - EPOCH)
}

/// Milliseconds of a fraction of up to nine digits, where there is one, and what follows it.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let Some(text) = text.strip_prefix(b".") else { return Some((0, text)) };
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || length > 9 {
        return None;
    }
    let (digits, rest) = text.split_at(length);
    let place = |index: usize| digits.get(index).map_or(0, |byte| u32::from(byte - b'0'));
    Some((place(0) * 100 + place(1) * 10 + place(2), rest))
}

/// Seconds east of Greenwich.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, h1, h2, m1, m2) = match *text {
        [b'Z'] => return Some(0),
        [sign, h1, h2] => (sign, h1, h2, b'0', b'0'),
        [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => (sign, h1, h2, m1, m2),
        _ => return None,
    };
    let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = i64::from(hours * 3600 + minutes * 60);
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

fn two(tens: u8, ones: u8) -> Option<u32> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

fn digit(byte: u8) -> Option<u32> {
    let value = byte.wrapping_sub(b'0');
    (value < 10).then_some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_jiff(text: &str) -> Option<i64> {
        let time: jiff::Timestamp = text.parse().ok()?;
        i64::try_from(time.as_nanosecond().div_euclid(1_000_000)).ok()
    }

    #[test]
    fn known_times() {
        let parsed = |text: &str| parse(text.as_bytes()).map(|time| time.0);
        assert_eq!(parsed("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(parsed("2018-08-23T12:23:26.046+08:00"), Some(1_534_998_206_046));
        assert_eq!(parsed("2018-08-23T04:23:26.046Z"), Some(1_534_998_206_046));
        assert_eq!(parsed("2000-02-29T23:59:59Z"), Some(951_868_799_000));
        assert_eq!(parsed("2016-12-31T23:59:60Z"), parsed("2016-12-31T23:59:59Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T12:00:00",
            "2026-11-21 12:00:00Z",
            "2026-13-21T12:00:00Z",
            "2026-00-21T12:00:00Z",
            "2026-02-29T12:00:00Z",
            "1900-02-29T12:00:00Z",
            "2026-04-31T12:00:00Z",
            "2026-04-00T12:00:00Z",
            "2026-04-01T24:00:00Z",
            "2026-04-01T12:60:00Z",
            "2026-04-01T12:00:61Z",
            "2026-04-01T12:00:00.Z",
            "2026-04-01T12:00:00.0000000000Z",
            "2026-04-01T12:00:00Zx",
            "2026-04-01T12:00:00+0",
            "2026-04-01T12:00:00+24:00",
            "2026-04-01T12:00:00*01:00",
            "2026-04-01T12:00:00.0:0Z",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_of_http_is_refused() {
        for text in [
            "",
            "Sat, 21 Nov 2026 12:00:00",
            "Sat, 21 Nov 2026 12:00:00 UTC",
            "Sat, 31 Nov 2026 12:00:00 GMT",
            "Sat, 21 nov 2026 12:00:00 GMT",
            "Sat, 21 Nov 2026 24:00:00 GMT",
            "123, 21 Nov 2026 12:00:00 GMT",
            "Sat, 21 Nov 2026 12:00:00 GMT ",
        ] {
            assert_eq!(parse_http(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_second_of_http_is_read_as_the_general_parser_reads_it(seconds in -60_000_000_000..250_000_000_000_i64) {
            let text = crate::store::text::date::http(seconds);
            prop_assert_eq!(parse_http(text.as_bytes()), Some(Timestamp(seconds * 1000)), "{}", text);
        }

        #[test]
        fn every_time_of_the_calendar_is_read_as_the_general_parser_reads_it(
            year in 0..=9998u32, month in 0..=13u32, day in 0..=32u32,
            hour in 0..=24u32, minute in 0..=60u32, second in 0..=60u32,
            fraction in prop_oneof![Just(String::new()), "\\.[0-9]{1,9}", "\\.[0-9]{3}"],
            offset in prop_oneof![Just("Z".to_owned()), "[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]"],
        ) {
            prop_assume!((1..9998).contains(&year));
            // A leap second takes its fraction along here and loses it there.
            prop_assume!(second < 60 || fraction.is_empty());
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}");
            prop_assert_eq!(parse(text.as_bytes()).map(|time| time.0), by_jiff(&text), "{}", text);
        }
    }
}
