//! What keeps an answer from being a page.

use thiserror::Error;

/// A key as messages show it: control characters and what is not UTF-8 escaped, long keys shortened.
pub(crate) fn printable(key: &[u8]) -> String {
    const SHOWN: usize = 120;
    let text = key.get(..SHOWN).unwrap_or(key).escape_ascii().to_string();
    if key.len() > SHOWN { format!("{text}… ({} bytes)", key.len()) } else { text }
}

/// Why an answer is not a page. Each is a reason to ask again, never a reason to skip.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PageError {
    /// The document is not closed, or an element that every whole page has is absent: the body was cut.
    #[error("the listing is cut short: {missing} is missing after {bytes} bytes")]
    Truncated {
        /// What should have been there.
        missing: &'static str,
        /// Bytes received.
        bytes: usize,
    },
    /// The body is not the expected document at all.
    #[error("the answer is not a listing but starts with `{start}`")]
    NotAListing {
        /// The first bytes, escaped.
        start: String,
    },
    /// An element's content cannot be read.
    #[error("the listing has {element} `{value}`, which is not {expected}")]
    BadValue {
        /// The element.
        element: &'static str,
        /// Its content, escaped.
        value: String,
        /// What it should have been.
        expected: &'static str,
    },
    /// The reply is an Arrow stream that contradicts itself, or of a layout that is not read here.
    #[error("the Arrow stream of the listing {how}")]
    Arrow {
        /// What of it, such that it goes on "the stream …".
        how: String,
    },
    /// The reply counts other than what it lists.
    #[error("the listing says {stated} entries and holds {found}")]
    CountMismatch {
        /// `KeyCount`.
        stated: u64,
        /// Entries decoded.
        found: u64,
    },
    /// The reply says that more follows and gives nothing to continue from.
    #[error("the listing says that more follows, with neither a key nor a token to continue from")]
    NoContinuation,
    /// The reply says that more follows and names the place where it was asked to start.
    #[error("the listing goes on from `{token}`, which is where it was to start")]
    Stuck {
        /// The continuation, sent and returned.
        token: String,
    },
    /// The reply answers another request than the one sent.
    #[error("the listing answers {element} `{got}` where `{sent}` was asked")]
    WrongEcho {
        /// The echoed element.
        element: &'static str,
        /// What came back.
        got: String,
        /// What was sent.
        sent: String,
    },
    /// Keys descend or repeat.
    #[error("key `{key}` is listed after `{previous}`: the listing is not in order")]
    OutOfOrder {
        /// The later key.
        key: String,
        /// The key before it.
        previous: String,
    },
    /// The first key is not past the start that was asked for.
    #[error("key `{key}` is listed although keys after `{after}` were asked for")]
    NotAfterStart {
        /// The first key.
        key: String,
        /// The start asked for.
        after: String,
    },
    /// Keys are on one page twice, in a listing without order.
    #[error("`{key}` is listed twice on one page")]
    Twice {
        /// The key, or the common prefix.
        key: String,
    },
    /// Keys are grouped although that was not asked for: those in the group are not listed.
    #[error("the listing groups keys as `{group}`, which was not asked for")]
    Grouped {
        /// The common prefix.
        group: String,
    },
    /// A listing that starts in the middle leaves out a key that one from before shows.
    #[error("a listing that starts after `{after}` leaves out `{key}`")]
    SkipsAfterStart {
        /// The key.
        key: String,
        /// The start asked for.
        after: String,
    },
    /// The server gives itself away as one that cannot be listed by ranges of keys.
    #[error("{why}")]
    KeepsNoOrder {
        /// What it said or did.
        why: String,
    },
    /// A version, the latest version of a key, or an upload is listed a second time.
    #[error("{what} of `{key}` is listed twice")]
    VersionTwice {
        /// The key.
        key: String,
        /// What of it.
        what: &'static str,
    },
    /// A key outside the prefix.
    #[error("key `{key}` is listed although it is outside the prefix asked for")]
    OutsidePrefix {
        /// The key.
        key: String,
    },
    /// The reply is of version 1 although version 2 was asked for: whatever only that knows was ignored.
    #[error("the listing is of version 1 where version 2 was asked for")]
    FirstVersion,
    /// A url-encoded name holds `+`, and it is not known what the store means by it.
    #[error("the listing holds `+` in `{text}`, which may stand for a space")]
    UnsurePlus {
        /// The name as written.
        text: String,
    },
    /// The body is larger than any page can be.
    #[error("the listing is too large: {bytes} bytes")]
    TooLarge {
        /// Bytes.
        bytes: usize,
    },
}

impl PageError {
    /// Whether the store broke the order that range scans rest on: a sequential walk may still be right.
    #[must_use]
    pub fn is_order_violation(&self) -> bool {
        matches!(
            self,
            Self::OutOfOrder { .. }
                | Self::NotAfterStart { .. }
                | Self::SkipsAfterStart { .. }
                | Self::KeepsNoOrder { .. }
        )
    }
}
