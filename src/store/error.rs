//! What can go wrong between a request and its page.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use super::PageError;

/// A failed attempt at a request, with what is needed to decide and to explain. Never holds a secret.
#[derive(Debug, Error)]
pub struct StoreError {
    /// What happened.
    pub kind: ErrorKind,
    /// HTTP status, where an answer came.
    pub status: Option<u16>,
    /// The provider's error code, such as `SlowDown`; empty where it gave none.
    pub code: String,
    /// The provider's or the transport's own words.
    pub message: String,
    /// The provider's id of the request, for its support; empty where it gave none.
    pub request_id: String,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
}

/// What happened to a request, as far as anybody above has to tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The bucket does not exist.
    NoSuchBucket,
    /// The key is known and may not do this.
    AccessDenied,
    /// The key id is unknown, the signature wrong, or a token expired.
    BadCredentials,
    /// No credentials were found where credentials are needed.
    NoCredentials,
    /// The bucket lives in another region, named where the provider names it.
    WrongRegion {
        /// The right region, if known.
        region: Option<String>,
    },
    /// Clocks differ by more than the provider accepts.
    ClockSkew {
        /// The provider's clock minus ours, in seconds, if its reply was dated.
        seconds: Option<i64>,
    },
    /// The provider asks to slow down.
    Throttled,
    /// The provider failed.
    Server,
    /// The host name cannot be resolved.
    Resolve,
    /// No connection could be made.
    Connect,
    /// TLS could not be agreed on.
    Tls,
    /// No answer within the time given.
    Timeout,
    /// The connection broke.
    Interrupted,
    /// The answer came and is not a page.
    BadPage(PageError),
    /// The provider refuses the request for any other reason.
    Refused,
    /// The request could not be made at all: a location, endpoint or setting is wrong.
    Setup,
}

impl StoreError {
    /// An error of this kind in these words.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: None,
            code: String::new(),
            message: message.into(),
            request_id: String::new(),
            retry_after: None,
        }
    }

    /// Whether the same request may succeed when sent again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Throttled
                | ErrorKind::Server
                | ErrorKind::Resolve
                | ErrorKind::Connect
                | ErrorKind::Timeout
                | ErrorKind::Interrupted
                | ErrorKind::BadPage(_)
        )
    }

    /// Whether the provider asked to slow down.
    #[must_use]
    pub fn is_throttle(&self) -> bool {
        self.kind == ErrorKind::Throttled
    }
}

impl From<PageError> for StoreError {
    fn from(error: PageError) -> Self {
        let message = error.to_string();
        Self::new(ErrorKind::BadPage(error), message)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (message, hint) = match self.message.find("\nhint: ") {
            Some(at) => self.message.split_at(at),
            None => (self.message.as_str(), ""),
        };
        formatter.write_str(message)?;
        let mut facts = Vec::new();
        if let Some(status) = self.status {
            facts.push(format!("HTTP {status}"));
        }
        if !self.code.is_empty() {
            facts.push(self.code.clone());
        }
        if !self.request_id.is_empty() {
            facts.push(format!("request {}", self.request_id));
        }
        if !facts.is_empty() {
            write!(formatter, " ({})", facts.join(", "))?;
        }
        formatter.write_str(hint)
    }
}
