//! Lengths of time.

use std::fmt;
use std::time::Duration;

use super::error::{Problem, UnitError, Value};
use super::number;

/// Units from large to small, in nanoseconds. A day is always 24 hours here.
const UNITS: [(&str, u64); 8] = [
    ("w", 7 * 86_400_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Reads a duration: `30d`, `12h`, `50ms`, `1h30m`, `1.5h`, or a bare `0`.
///
/// # Errors
/// [`UnitError`] when the text is not a duration, has no unit, or does not fit.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    read(text).map_err(|problem| UnitError::new(Value::Duration, text, problem))
}

pub(super) fn read(text: &str) -> Result<Duration, Problem> {
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    let mut total = 0_u128;
    let mut smallest = u64::MAX;
    loop {
        let (number, tail) = number::take(rest)?;
        let end = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        if unit.is_empty() {
            return Err(if tail.is_empty() { Problem::MissingUnit } else { Problem::NotANumber });
        }
        let &(_, nanos) = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| Problem::UnknownUnit(unit.to_owned()))?;
        if nanos >= smallest {
            return Err(Problem::UnitOrder);
        }
        smallest = nanos;
        let (value, exact) = number.times(nanos);
        if !exact {
            return Err(Problem::NotWhole);
        }
        total += value;
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    let seconds = u64::try_from(total / 1_000_000_000).map_err(|_| Problem::TooLarge)?;
    let nanos = u32::try_from(total % 1_000_000_000).map_err(|_| Problem::TooLarge)?;
    Ok(Duration::new(seconds, nanos))
}

/// A duration, printed exactly in the units of the parser from days down: `1h30m`, `50ms`, `0s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExactDuration(pub Duration);

impl fmt::Display for ExactDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_nanos();
        if rest == 0 {
            return f.write_str("0s");
        }
        for &(name, nanos) in &UNITS[1..] {
            let value = rest / u128::from(nanos);
            rest %= u128::from(nanos);
            if value > 0 {
                write!(f, "{value}{name}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_single_and_compound_durations() {
        for (text, millis) in [
            ("0", 0),
            ("50ms", 50),
            ("30s", 30_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("30d", 2_592_000_000),
            ("2w", 1_209_600_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn refuses_bare_numbers_unknown_units_and_disorder() {
        for (text, problem) in [
            ("30", Problem::MissingUnit),
            ("1h30", Problem::MissingUnit),
            ("30m1h", Problem::UnitOrder),
            ("1h1h", Problem::UnitOrder),
            ("3y", Problem::UnknownUnit("y".into())),
            ("-1h", Problem::Negative),
            ("", Problem::Empty),
            ("0.1ns", Problem::NotWhole),
            ("1h 30m", Problem::NotANumber),
            ("18446744073709551615w", Problem::TooLarge),
        ] {
            assert_eq!(parse_duration(text).map_err(|error| error.problem), Err(problem), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_printed_form_reads_back(seconds in 0..u64::MAX / 2, nanos in 0_u32..1_000_000_000) {
            let duration = Duration::new(seconds, nanos);
            proptest::prop_assert_eq!(parse_duration(&ExactDuration(duration).to_string()), Ok(duration));
        }
    }
}
