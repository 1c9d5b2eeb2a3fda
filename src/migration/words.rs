//! Figures in the sentences of a plan.

use std::fmt;

use crate::units::ExactCount;

/// A duration in two units, rounded up: `43 s`, `18 min 23 s`, `2 h 20 min`, `3 d 4 h`.
pub(super) struct Took(pub(super) u128);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_ceil(1_000_000_000);
        let (minutes, hours) = (seconds.div_ceil(60), seconds.div_ceil(3_600));
        match seconds {
            ..60 => write!(f, "{seconds} s"),
            60..3_600 => write!(f, "{} min {} s", seconds / 60, seconds % 60),
            3_600..86_400 => write!(f, "{} h {} min", minutes / 60, minutes % 60),
            _ => write!(f, "{} d {} h", hours / 24, hours % 24),
        }
    }
}

/// A count with commas.
pub(super) fn count(value: u64) -> String {
    ExactCount(value).to_string().replace('_', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_up_in_two_units() {
        for (nanos, text) in [
            (0, "0 s"),
            (1, "1 s"),
            (1_103_000_000_000, "18 min 23 s"),
            (3_600_000_000_000, "1 h 0 min"),
            (8_341_000_000_000, "2 h 20 min"),
            (86_400_000_000_001, "1 d 1 h"),
        ] {
            assert_eq!(Took(nanos).to_string(), text);
        }
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
