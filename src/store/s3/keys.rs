//! An access key in memory.

use std::fmt;
use std::time::SystemTime;

use zeroize::Zeroizing;

use crate::store::KeyInUse;

/// An access key. Its secret parts are never shown and are overwritten when dropped.
pub(crate) struct Keys {
    /// The public part.
    pub(crate) id: String,
    pub(crate) secret: Zeroizing<String>,
    /// The session token of temporary keys.
    pub(crate) token: Option<Zeroizing<String>>,
    /// Whether they are those of a session with one directory bucket, and not of the account.
    pub(crate) of_session: bool,
    /// When temporary keys end.
    pub(crate) expires: Option<SystemTime>,
    /// Where they are from, in words.
    pub(crate) source: String,
}

impl Keys {
    /// Keys that do not end.
    pub(crate) fn new(
        id: impl Into<String>,
        secret: impl Into<String>,
        token: Option<String>,
    ) -> Self {
        let (secret, token) = (Zeroizing::new(secret.into()), token.map(Zeroizing::new));
        Self {
            id: id.into(),
            secret,
            token,
            of_session: false,
            expires: None,
            source: String::new(),
        }
    }

    /// These keys, as far as anybody may see them.
    pub(crate) fn in_use(&self) -> KeyInUse {
        let temporary = self.token.is_some();
        KeyInUse { temporary, ..KeyInUse::new(&self.id, &*self.source) }
    }

    /// `text` without any secret of these keys that got into it.
    pub(crate) fn redact(&self, text: String) -> String {
        let secrets = [Some(&self.secret), self.token.as_ref()];
        secrets.into_iter().flatten().filter(|secret| !secret.is_empty()).fold(
            text,
            |text, secret| {
                if text.contains(secret.as_str()) {
                    text.replace(secret.as_str(), "[redacted]")
                } else {
                    text
                }
            },
        )
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Keys")
            .field("id", &self.id)
            .field("secret", &"[redacted]")
            .field("token", &self.token.as_ref().map(|_| "[redacted]"))
            .field("of_session", &self.of_session)
            .field("expires", &self.expires)
            .field("source", &self.source)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_neither_shown_nor_left_in_messages() {
        let keys = Keys::new("ID", "SECRET", Some("TOKEN".to_owned()));
        let shown = format!("{keys:?} {}", keys.redact("a SECRET and a TOKEN of ID".to_owned()));
        assert!(
            !shown.contains("SECRET") && !shown.contains("TOKEN") && shown.contains("of ID"),
            "{shown}"
        );
    }
}
