//! What a transport error means.

use std::io;

use super::connect::ConnectError;
use super::wire::WireError;
use crate::store::{ErrorKind, PageError, StoreError};

impl From<ConnectError> for StoreError {
    fn from(error: ConnectError) -> Self {
        let kind = match &error {
            ConnectError::Resolve { .. } => ErrorKind::Resolve,
            ConnectError::Refused { .. }
            | ConnectError::Handshake { .. }
            | ConnectError::Proxy { .. } => ErrorKind::Connect,
            ConnectError::Timeout { .. } => ErrorKind::Timeout,
            ConnectError::Tls { .. } => ErrorKind::Tls,
            ConnectError::Address(_) => ErrorKind::Setup,
        };
        Self::new(kind, error.to_string())
    }
}

/// The meaning of an error on an open connection to `host`.
pub(super) fn classify(error: &WireError, host: &str) -> StoreError {
    let kind = match error {
        WireError::TooLong(bytes) => return PageError::TooLarge { bytes: *bytes }.into(),
        WireError::Io(error) if error.kind() == io::ErrorKind::TimedOut => ErrorKind::Timeout,
        _ => ErrorKind::Interrupted,
    };
    StoreError::new(kind, format!("the connection to `{host}` failed: {error}"))
}
