//! Dates in headers.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// Seconds since 1970 by the system's clock.
pub(crate) fn now_seconds() -> i64 {
    seconds(SystemTime::now())
}

/// Seconds since 1970; a clock set before that counts as 1970.
pub(crate) fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Reads `Sat, 21 Nov 2026 12:00:00 GMT` as seconds since 1970.
pub(crate) fn parse_http(text: &str) -> Option<i64> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok().map(Timestamp::as_second)
}

/// `Sat, 21 Nov 2026 12:00:00 GMT`. Empty beyond the year 9999, which no server accepts.
pub(crate) fn http(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds);
    time.map(|time| time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).unwrap_or_default()
}

/// `20261121T120000Z`, as signatures are dated. Empty beyond the year 9999, which no server accepts.
pub(crate) fn compact(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds);
    time.map(|time| time.strftime("%Y%m%dT%H%M%SZ").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_the_same_second() {
        let seconds = parse_http("Sat, 21 Nov 2026 12:00:00 GMT").unwrap();
        assert_eq!(compact(seconds), "20261121T120000Z");
        assert_eq!(http(seconds), "Sat, 21 Nov 2026 12:00:00 GMT");
        assert_eq!(parse_http("yesterday"), None);
    }
}
