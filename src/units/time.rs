//! Points in time as people name them.

use super::duration;
use super::error::{Problem, UnitError, Value};
use super::rfc3339::parse_rfc3339;
use crate::object::Timestamp;

/// Reads a time: RFC 3339 (`2026-01-31T12:00:00Z`, any offset), a date (its midnight in UTC), or a
/// duration (that long before `now`).
///
/// # Errors
/// [`UnitError`] when the text is none of these, or when a time of day lacks its offset.
pub fn parse_time(text: &str, now: Timestamp) -> Result<Timestamp, UnitError> {
    read(text.trim(), now).map_err(|problem| UnitError::new(Value::Time, text, problem))
}

fn read(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    if !looks_like_a_date(text) {
        let ago = duration::read(text)?;
        let millis = i64::try_from(ago.as_millis()).map_err(|_| Problem::TooLarge)?;
        return now.0.checked_sub(millis).map(Timestamp).ok_or(Problem::TooLarge);
    }
    if text.len() == 10 {
        return parse_rfc3339(format!("{text}T00:00:00Z").as_bytes()).ok_or(Problem::NotATime);
    }
    parse_rfc3339(text.as_bytes()).ok_or_else(|| {
        let would_be_right = parse_rfc3339(format!("{text}Z").as_bytes()).is_some();
        if would_be_right { Problem::NoOffset } else { Problem::NotATime }
    })
}

/// Four digits and a dash, which no duration starts with.
fn looks_like_a_date(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, c, d, b'-', ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    #[test]
    fn reads_instants_dates_and_ages() {
        for (text, millis) in [
            ("2024-05-01T12:34:56Z", 1_714_566_896_000),
            ("2024-05-01T14:34:56+02:00", 1_714_566_896_000),
            ("2024-05-01T12:34:56.5Z", 1_714_566_896_500),
            ("2024-05-01", 1_714_521_600_000),
            ("30d", 1_800_000_000_000 - 30 * 86_400_000),
            ("0", 1_800_000_000_000),
        ] {
            assert_eq!(parse_time(text, NOW), Ok(Timestamp(millis)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_ambiguous_or_not_in_the_calendar() {
        for (text, problem) in [
            ("2024-05-01T12:34:56", Problem::NoOffset),
            ("2024-02-30", Problem::NotATime),
            ("2024-5-1", Problem::NotATime),
            ("2024-05-01x", Problem::NotATime),
            ("2024", Problem::MissingUnit),
            ("yesterday", Problem::NotANumber),
            ("-30d", Problem::Negative),
            ("", Problem::Empty),
        ] {
            assert_eq!(
                parse_time(text, NOW).map_err(|error| error.problem),
                Err(problem),
                "{text}"
            );
        }
        let error = parse_time("2024-05-01T12:34:56", NOW).unwrap_err();
        assert_eq!(error.hint(), "write `2024-05-01T12:34:56Z` for UTC");
    }
}
