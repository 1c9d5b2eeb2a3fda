//! A call, tried again where that may help; and what a refused one means to a check.

use std::future::Future;
use std::time::Duration;

use crate::preflight::finding::{Check, Finding};
use crate::store::{ErrorKind, StoreError};

/// Attempts in all.
const ATTEMPTS: u32 = 3;
/// The wait after the first; it doubles.
const PAUSE: Duration = Duration::from_millis(200);

/// Makes a call, and again where it failed in a way that may pass.
pub(super) async fn attempt<T, F>(call: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut attempt = 1;
    loop {
        match Box::pin(call()).await {
            Err(error) if error.is_retryable() && attempt < ATTEMPTS => {
                tracing::debug!("{error}; trying again");
                let pause = PAUSE.saturating_mul(1 << (attempt - 1));
                tokio::time::sleep(error.retry_after.unwrap_or(pause).min(PAUSE * 50)).await;
                attempt += 1;
            }
            result => return result,
        }
    }
}

/// What cannot be known as the store does not answer; `action` is the permission that answering takes.
pub(super) fn unanswered(check: &Check, error: &StoreError, action: &str, grant: &str) -> Finding {
    if error.kind == ErrorKind::AccessDenied {
        return check
            .unknown(format!("the key may not ask: {action} was refused ({})", told(error)))
            .by_hand(format!("allow the key {action} on the bucket; {grant} holds it"));
    }
    check.unknown(format!("the store did not answer: {}", told(error)))
}

/// An error in one line, without the hint that a scan would print.
pub(super) fn told(error: &StoreError) -> String {
    let text = error.to_string();
    let text = text.split_once("\nhint: ").map_or(text.as_str(), |(what, _)| what);
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

/// The way out that the error knows itself.
pub(super) fn way_out(error: &StoreError) -> Option<String> {
    let text = error.to_string();
    text.split_once("\nhint: ").map(|(_, hint)| hint.to_owned())
}
