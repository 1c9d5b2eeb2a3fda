//! Sizes in bytes.

use std::fmt;

use super::error::{Problem, UnitError, Value};
use super::number;

/// Letters from large to small; the decimal unit is 1000 to that power, the binary one 1024.
const LETTERS: [(char, u32); 6] = [('E', 6), ('P', 5), ('T', 4), ('G', 3), ('M', 2), ('K', 1)];

/// Reads a size in bytes: `1_000`, `10MB`, `10MiB`, `1.5GiB`.
///
/// `MB`, `M` are powers of 1000 and `MiB`, `Mi` powers of 1024, in either case of letters. What is left
/// of a fraction below one byte is rounded to nearest (`1.1KiB` is 1126), but a fraction of plain
/// bytes is refused.
///
/// # Errors
/// [`UnitError`] when the text is not a size or does not fit into 64 bits.
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    read(text).map_err(|problem| UnitError::new(Value::Size, text, problem))
}

fn read(text: &str) -> Result<u64, Problem> {
    let (number, rest) = number::take(text.trim())?;
    let unit = unit_bytes(rest.trim_start())?;
    if unit == 1 && number.has_fraction() {
        return Err(Problem::NotWhole);
    }
    u64::try_from(number.times(unit).0).map_err(|_| Problem::TooLarge)
}

fn unit_bytes(unit: &str) -> Result<u64, Problem> {
    let upper = unit.to_ascii_uppercase();
    let without_b = upper.strip_suffix('B').unwrap_or(&upper);
    if without_b.is_empty() {
        return Ok(1);
    }
    let (letter, base) = match without_b.strip_suffix('I') {
        Some(letter) => (letter, 1024_u64),
        None => (without_b, 1000),
    };
    LETTERS
        .iter()
        .find(|(known, _)| letter.len() == 1 && letter.starts_with(*known))
        .map(|&(_, power)| base.pow(power))
        .ok_or_else(|| Problem::UnknownUnit(unit.to_owned()))
}

/// A size in bytes, printed exactly with the unit that makes it shortest: `10MiB`, `10MB`, `1234`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExactSize(pub u64);

impl fmt::Display for ExactSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let candidates = [(1024_u64, "iB"), (1000, "B")].into_iter().flat_map(|(base, suffix)| {
            LETTERS.iter().map(move |&(letter, power)| (base.pow(power), letter, suffix))
        });
        let best = candidates
            .filter(|&(unit, ..)| self.0 != 0 && self.0.is_multiple_of(unit))
            .min_by_key(|&(unit, ..)| self.0 / unit);
        match best {
            Some((unit, letter, suffix)) => write!(f, "{}{letter}{suffix}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

/// A size in bytes as people read it: `999 B`, `1.5 GiB`; binary units, one decimal, rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HumanSize(pub u64);

impl fmt::Display for HumanSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // From small to large: the first unit in which the rounded figure has fewer than five digits.
        for &(letter, power) in LETTERS.iter().rev() {
            let unit = 1024_u128.pow(power);
            let tenths = (u128::from(self.0) * 10 + unit / 2) / unit;
            if self.0 < 1024 {
                return write!(f, "{} B", self.0);
            }
            if tenths < 10_240 || letter == 'E' {
                return write!(f, "{}.{} {letter}iB", tenths / 10, tenths % 10);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_manual_promises() {
        for (text, bytes) in [
            ("0", 0),
            ("1_000", 1000),
            ("12B", 12),
            ("10k", 10_000),
            ("10kB", 10_000),
            ("10MB", 10_000_000),
            ("10MiB", 10 << 20),
            ("10 Mi", 10 << 20),
            ("10mib", 10 << 20),
            ("1.5GiB", 3 << 29),
            ("0.001kB", 1),
            ("1.1KiB", 1126),
            (" 5TiB ", 5 << 40),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_size_and_shows_what_is() {
        for (text, problem) in [
            ("", Problem::Empty),
            (" ", Problem::Empty),
            ("-1", Problem::Negative),
            ("ten", Problem::NotANumber),
            ("1.5", Problem::NotWhole),
            ("1.5B", Problem::NotWhole),
            ("16EiB", Problem::TooLarge),
            ("18446744073709551616", Problem::TooLarge),
            ("10XB", Problem::UnknownUnit("XB".into())),
            ("10iB", Problem::UnknownUnit("iB".into())),
            ("10MM", Problem::UnknownUnit("MM".into())),
            ("1e3", Problem::UnknownUnit("e3".into())),
        ] {
            assert_eq!(parse_size(text).map_err(|error| error.problem), Err(problem), "{text}");
        }
        let error = parse_size("10XB").unwrap_err();
        assert_eq!(error.to_string(), "size `10XB` has the unknown unit `XB`");
        assert_eq!(error.hint(), "write it like `1_000`, `10MB`, `10MiB` or `1.5GiB`");
    }

    #[test]
    fn people_read_rounded_binary_sizes() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            ((1 << 20) - 1, "1.0 MiB"),
            (3 << 29, "1.5 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(HumanSize(bytes).to_string(), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn the_exact_form_reads_back(value: u64, shift in 0_u32..64, unit in 0_usize..7) {
            let bytes = (value >> shift).saturating_mul([1, 1000, 1 << 10, 1_000_000, 1 << 20, 1 << 30, 1 << 60][unit]);
            proptest::prop_assert_eq!(parse_size(&ExactSize(bytes).to_string()), Ok(bytes));
        }
    }
}
