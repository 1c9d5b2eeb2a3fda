//! Calendar arithmetic and the one time format that listings use, rendered by hand because it is
//! rendered once per object.

/// Milliseconds of one day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Year, month (1 to 12) and day (1 to 31) of a day counted from 1970-01-01, in the proleptic Gregorian
/// calendar (Hinnant's algorithm).
#[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation)]
fn civil_from_days(days: i64) -> (u32, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097) as u32;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = i64::from(year_of_era) + era * 400 + i64::from(month <= 2);
    (year.clamp(0, 9_999) as u32, month, day)
}

/// Appends `value` in decimal with at least `width` digits, padded with zeros.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn push_padded(out: &mut Vec<u8>, value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    let mut rest = value;
    while rest > 0 {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let start = start.min(digits.len() - width.clamp(1, digits.len()));
    out.extend_from_slice(&digits[start..]);
}

/// The numbers below a hundred in two digits.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    pairs
};

/// Appends a number below a hundred in two digits.
pub(crate) fn push_two(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&PAIRS[(number % 100) as usize]);
}

/// Appends a day counted from 1970-01-01 as `2009-10-12`, with this separator.
pub(crate) fn push_date(out: &mut Vec<u8>, days: i64, separator: u8) {
    let (year, month, day) = civil_from_days(days);
    push_two(out, year / 100);
    push_two(out, year);
    out.push(separator);
    push_two(out, month);
    out.push(separator);
    push_two(out, day);
}

/// Appends a time in milliseconds since 1970 as `2009-10-12T17:50:30.000Z`.
#[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation)]
pub(crate) fn push_iso8601(out: &mut Vec<u8>, milliseconds: i64) {
    let (year, month, day) = civil_from_days(milliseconds.div_euclid(DAY_MS));
    let of_day = milliseconds.rem_euclid(DAY_MS) as u32;
    let (seconds, thousandths) = (of_day / 1_000, of_day % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: usize, value: u32| {
        text[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
    };
    put(0, year / 100);
    put(2, year);
    put(5, month);
    put(8, day);
    put(11, hour);
    put(14, minute);
    put(17, second);
    put(20, thousandths / 10);
    text[22] = b'0' + (thousandths % 10) as u8;
    out.extend_from_slice(&text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(milliseconds: i64) -> String {
        let mut out = Vec::new();
        push_iso8601(&mut out, milliseconds);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_are_rendered_as_a_listing_writes_them() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso(951_782_400_123), "2000-02-29T00:00:00.123Z");
        assert_eq!(iso(-1), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn padding_never_cuts_digits_off() {
        let mut out = Vec::new();
        push_padded(&mut out, 7, 3);
        push_padded(&mut out, 12_345, 3);
        push_padded(&mut out, 0, 1);
        push_padded(&mut out, u64::MAX, 0);
        assert_eq!(out, b"00712345018446744073709551615");
    }

    proptest::proptest! {
        #[test]
        fn times_agree_with_an_independent_calendar(ms in 0_i64..253_402_300_799_999) {
            let expected = jiff::Timestamp::from_millisecond(ms).unwrap();
            proptest::prop_assert_eq!(iso(ms), format!("{expected:.3}"));
        }
    }
}
