//! What can be read from a refusal in any dialect.

use std::time::Duration;

use http::StatusCode;

use crate::store::printable;
use crate::store::text::date;
use crate::store::text::xml::{Content, Event, Reader};

/// The longest wait that a server is believed to mean.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// The texts of the elements `known` of an error document that was just opened; what else it holds is passed over.
/// `None` if it is cut or no XML.
pub(crate) fn texts<'a>(
    reader: &mut Reader<'_>,
    body: &[u8],
    known: &[&'a str],
) -> Option<Vec<(&'a str, String)>> {
    let (mut texts, mut scratch) = (Vec::new(), Vec::new());
    loop {
        let name = match reader.next().ok()? {
            Event::Start(name) => name,
            Event::End => return Some(texts),
            Event::Text(_) | Event::Literal(_) => continue,
            Event::Done => return None,
        };
        let name = &body[name];
        let Some(known) = known.iter().find(|known| known.as_bytes() == name) else {
            reader.skip().ok()?;
            continue;
        };
        let text = match reader.content(&mut scratch).ok()? {
            Content::Slice(range) => &body[range],
            Content::Built => &scratch,
        };
        texts.push((*known, String::from_utf8_lossy(text.trim_ascii()).into_owned()));
    }
}

/// Words for an error that brings none of its own.
pub(crate) fn unexplained(code: &str) -> String {
    format!("the store answered with {}", if code.is_empty() { "an error" } else { code })
}

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
