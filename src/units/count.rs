//! Counts of things.

use std::fmt;

use super::error::{Problem, UnitError, Value};
use super::number;

/// Reads a count: `10_000`, `10k`, `2M`, `1.5M`; letters `k M G B T` (`B` a billion) are powers of 1000.
///
/// # Errors
/// [`UnitError`] when the text is not a whole number or does not fit into 64 bits.
pub fn parse_count(text: &str) -> Result<u64, UnitError> {
    read(text).map_err(|problem| UnitError::new(Value::Count, text, problem))
}

fn read(text: &str) -> Result<u64, Problem> {
    let (number, unit) = number::take(text.trim())?;
    let factor = match unit {
        "" => 1,
        "k" | "K" => 1_000,
        "m" | "M" => 1_000_000,
        "g" | "G" | "b" | "B" => 1_000_000_000,
        "t" | "T" => 1_000_000_000_000,
        other => return Err(Problem::UnknownUnit(other.to_owned())),
    };
    match number.times(factor) {
        (_, false) => Err(Problem::NotWhole),
        (value, true) => u64::try_from(value).map_err(|_| Problem::TooLarge),
    }
}

/// A count, printed exactly with its digits in groups: `1_234_567`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExactCount(pub u64);

impl fmt::Display for ExactCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&grouped(self.0, '_'))
    }
}

/// A number with its digits in groups of three.
#[must_use]
pub fn grouped(value: impl Into<u128>, separator: char) -> String {
    let digits = value.into().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_grouped_and_lettered_counts() {
        for (text, count) in [
            ("0", 0),
            ("10_000", 10_000),
            ("10k", 10_000),
            ("1.5M", 1_500_000),
            ("2G", 2_000_000_000),
        ] {
            assert_eq!(parse_count(text), Ok(count), "{text}");
        }
    }

    #[test]
    fn refuses_parts_of_a_thing_and_units_of_size() {
        for (text, problem) in [
            ("1.5", Problem::NotWhole),
            ("1.2345k", Problem::NotWhole),
            ("10MiB", Problem::UnknownUnit("MiB".into())),
            ("-3", Problem::Negative),
            ("18446744073709552k", Problem::TooLarge),
        ] {
            assert_eq!(parse_count(text).map_err(|error| error.problem), Err(problem), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_printed_form_reads_back(value: u64, shift in 0_u32..64) {
            let count = value >> shift;
            proptest::prop_assert_eq!(parse_count(&ExactCount(count).to_string()), Ok(count));
        }
    }
}
