//! What can be read from a refusal in any dialect.

use std::time::Duration;

use http::StatusCode;

use crate::store::page::printable;
use crate::store::text::date;

/// The longest wait that a server is believed to mean.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// Words for an answer that holds no error document.
pub(crate) fn describe(status: StatusCode, body: &[u8]) -> String {
    let reason = status.canonical_reason().unwrap_or("an unknown status");
    let body = body.trim_ascii();
    if body.is_empty() {
        return format!("the answer is {reason} without an explanation");
    }
    let start = printable(&body[..body.len().min(60)]);
    format!("the answer is {reason}, and not in the words of a bucket: `{start}`")
}

/// `Retry-After` as a wait: seconds, or a date counted from the answer's own date.
pub(crate) fn retry_after(text: &str, answered: Option<i64>) -> Option<Duration> {
    let text = text.trim();
    let seconds = if let Ok(seconds) = text.parse::<u64>() {
        seconds
    } else {
        let until = date::parse_http(text)?;
        u64::try_from(until - answered.unwrap_or_else(date::now_seconds)).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}
