//! An account key in memory.

use std::fmt;

use zeroize::Zeroizing;

use crate::base64;
use crate::store::{ErrorKind, StoreError};

/// An account key. It is never shown and is overwritten when dropped.
pub(super) struct AccountKey {
    bytes: Zeroizing<Vec<u8>>,
    /// As people copy it, to find it where it must not be.
    text: Zeroizing<String>,
}

impl AccountKey {
    /// Reads a key as the portal shows it; `source` is where it came from, in words.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`] for what is not base64. The key itself is not repeated.
    pub(super) fn parse(text: &str, source: &str) -> Result<Self, StoreError> {
        let text = text.trim();
        match base64::decode(text.as_bytes()) {
            Some(bytes) if !bytes.is_empty() => {
                Ok(Self { bytes: Zeroizing::new(bytes), text: Zeroizing::new(text.to_owned()) })
            }
            _ => Err(StoreError::new(
                ErrorKind::Setup,
                format!(
                    "the account key in {source} is not base64 ({} characters)\nhint: copy it again from the \
                     portal, under \"Access keys\"; it has 88 characters and ends in `==`",
                    text.chars().count()
                ),
            )),
        }
    }

    #[cfg(test)]
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        let mut text = Vec::new();
        base64::encode(&bytes, &mut text);
        let text = String::from_utf8(text).unwrap();
        Self { bytes: Zeroizing::new(bytes), text: Zeroizing::new(text) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What must not be in any message.
    pub(super) fn secret(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AccountKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_and_never_shown() {
        let key = AccountKey::parse(" AAECAwQ=\n", "a file").unwrap();
        assert_eq!(key.bytes(), [0, 1, 2, 3, 4]);
        assert!(!format!("{key:?}").contains("AAEC"));
    }

    #[test]
    fn what_is_not_base64_is_refused_without_being_repeated() {
        for text in ["", "secret!", "AAECAwQ", "AAEC AwQ="] {
            let error = AccountKey::parse(text, "AZURE_STORAGE_KEY").unwrap_err();
            assert_eq!(error.kind, ErrorKind::Setup);
            let shown = error.to_string();
            assert!(shown.contains("AZURE_STORAGE_KEY") && shown.contains("not base64"), "{shown}");
            assert!(text.is_empty() || !shown.contains(text), "{shown}");
        }
    }
}
