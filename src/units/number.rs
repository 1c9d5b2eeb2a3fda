//! Decimal numbers: read with an optional fraction, written fast.

use super::error::Problem;

/// A number as typed, before its unit gives it a meaning: `whole + fraction / scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    whole: u64,
    fraction: u64,
    scale: u64,
}

impl Number {
    /// Whether anything was typed after a decimal point other than zeros.
    pub(super) fn has_fraction(self) -> bool {
        self.fraction != 0
    }

    /// The number times `unit`, and whether that is exact; what is left over is rounded to nearest.
    pub(super) fn times(self, unit: u64) -> (u128, bool) {
        let unit = u128::from(unit);
        let scale = u128::from(self.scale);
        // Both products are below 2^128: each factor is below 2^64.
        let part = u128::from(self.fraction) * unit;
        let rounded = (part + scale / 2) / scale;
        (u128::from(self.whole) * unit + rounded, part.is_multiple_of(scale))
    }
}

/// Takes a number off the front of `text` and returns it with the rest.
///
/// Underscores may stand between digits; up to 18 digits may follow the point.
pub(super) fn take(text: &str) -> Result<(Number, &str), Problem> {
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    if text.starts_with(['-', '\u{2212}']) {
        return Err(Problem::Negative);
    }
    let (whole, rest) = take_digits(text)?;
    let whole = whole.value()?;
    let Some(after_point) = rest.strip_prefix('.') else {
        return Ok((Number { whole, fraction: 0, scale: 1 }, rest));
    };
    let (fraction, rest) = take_digits(after_point)?;
    let scale = 10_u64.checked_pow(fraction.count).ok_or(Problem::TooLarge)?;
    Ok((Number { whole, fraction: fraction.value()?, scale }, rest))
}

struct Digits<'a> {
    text: &'a str,
    count: u32,
}

impl Digits<'_> {
    fn value(&self) -> Result<u64, Problem> {
        self.text.bytes().filter(u8::is_ascii_digit).try_fold(0_u64, |value, digit| {
            let shifted = value.checked_mul(10).ok_or(Problem::TooLarge)?;
            shifted.checked_add(u64::from(digit - b'0')).ok_or(Problem::TooLarge)
        })
    }
}

fn take_digits(text: &str) -> Result<(Digits<'_>, &str), Problem> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let malformed = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    if digits.is_empty() || malformed {
        return Err(Problem::NotANumber);
    }
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    let count = u32::try_from(count).map_err(|_| Problem::TooLarge)?;
    Ok((Digits { text: digits, count }, rest))
}

/// `00` to `99`, so that two digits cost one division.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut index = 0_u8;
    while index < 100 {
        pairs[index as usize] = [b'0' + index / 10, b'0' + index % 10];
        index += 1;
    }
    pairs
};

/// The two digits of a number below 100.
pub(super) fn pair(value: u32) -> [u8; 2] {
    PAIRS[value as usize % 100]
}

/// How many digits `value` has, 1 to 20.
pub(crate) fn decimal_width(value: u64) -> usize {
    value.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// Writes `value` in decimal so that it fills `out`, which must be [`decimal_width`] bytes long.
pub(crate) fn decimal_into(mut value: u64, out: &mut [u8]) {
    let mut pairs = out.rchunks_exact_mut(2);
    for slot in &mut pairs {
        slot.copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if let [slot] = pairs.into_remainder() {
        *slot = PAIRS[(value % 10) as usize][1];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn writes_every_number_as_the_standard_library_does(value: u64, shift in 0_u32..64) {
            let value = value >> shift;
            let mut out = vec![0; decimal_width(value)];
            decimal_into(value, &mut out);
            proptest::prop_assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }

    #[test]
    fn underscores_stand_only_between_digits() {
        for text in ["_1", "1_", "1__0", "_", ".5", "1._5", "1."] {
            assert_eq!(take(text), Err(Problem::NotANumber), "{text}");
        }
        assert_eq!(take("1_000x"), Ok((Number { whole: 1000, fraction: 0, scale: 1 }, "x")));
    }
}
