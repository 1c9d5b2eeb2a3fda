//! One page of a listing: the body as it came and where in it each object lies.

use std::collections::HashSet;
use std::time::Duration;

use thiserror::Error;

use super::{PageRequest, Quirks, RangeStart};
use crate::object::{KeyOrder, Object, Timestamp};

/// Bytes of a page: in the body as received, or, where they had to be decoded, in the page's arena.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    /// Length, with the top bit set for the arena.
    length: u32,
}

const IN_ARENA: u32 = 1 << 31;

/// The largest body or arena that spans can point into, in bytes.
const MAX_BYTES: usize = (IN_ARENA - 1) as usize;

#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Span,
    etag: Span,
    storage_class: Span,
    size: u64,
    modified: Timestamp,
}

/// A decoded page. Its buffers live on from page to page.
#[derive(Debug, Default)]
pub struct Page {
    /// The body as received. Filled by the transport, read by the decoder.
    pub body: Vec<u8>,
    arena: Vec<u8>,
    entries: Vec<Entry>,
    prefixes: Vec<Span>,
    more: bool,
    token: Option<String>,
    repeats_start: bool,
    directories: Option<u64>,
    held_back: Duration,
}

impl Page {
    /// Forgets the objects of the former page and keeps the memory and the body.
    pub fn reset(&mut self) {
        self.arena.clear();
        self.entries.clear();
        self.prefixes.clear();
        self.more = false;
        self.token = None;
        self.repeats_start = false;
        self.directories = None;
        self.held_back = Duration::ZERO;
    }

    /// The number of objects; common prefixes are not among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no object is on the page.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the store says that the listing goes on after this page.
    #[must_use]
    pub fn more(&self) -> bool {
        self.more
    }

    /// The store's opaque continuation, where it gave one.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Whether the store listed the start key although it was excluded.
    #[must_use]
    pub fn repeats_start(&self) -> bool {
        self.repeats_start
    }

    /// For how long the store held the answer back, because it is asked too fast.
    #[must_use]
    pub fn held_back(&self) -> Duration {
        self.held_back
    }

    /// For transports: says for how long the store held the answer back.
    pub fn set_held_back(&mut self, time: Duration) {
        self.held_back = time;
    }

    /// The key of object `index`.
    ///
    /// # Panics
    /// If `index` is not below [`Page::len`].
    #[must_use]
    pub fn key(&self, index: usize) -> &[u8] {
        self.bytes(self.entries[index].key)
    }

    /// The last key, if there is an object.
    #[must_use]
    pub fn last_key(&self) -> Option<&[u8]> {
        self.entries.last().map(|entry| self.bytes(entry.key))
    }

    /// The objects in the order listed.
    #[must_use]
    pub fn objects(&self) -> impl ExactSizeIterator<Item = Object<'_>> + '_ {
        self.entries.iter().map(|entry| Object {
            key: self.bytes(entry.key),
            size: entry.size,
            modified: entry.modified,
            etag: self.bytes(entry.etag),
            storage_class: self.bytes(entry.storage_class),
        })
    }

    /// The common prefixes in the order listed.
    #[must_use]
    pub fn prefixes(&self) -> impl ExactSizeIterator<Item = &[u8]> + '_ {
        self.prefixes.iter().map(|span| self.bytes(*span))
    }

    /// For decoders: the bytes behind a span.
    #[must_use]
    pub fn bytes(&self, span: Span) -> &[u8] {
        let start = span.start as usize;
        let length = (span.length & !IN_ARENA) as usize;
        let from = if span.length & IN_ARENA == 0 { &self.body } else { &self.arena };
        from.get(start..start + length).unwrap_or_default()
    }

    /// For decoders: a span of the body.
    ///
    /// # Errors
    /// [`PageError::TooLarge`] beyond 2 GiB.
    pub fn in_body(&self, start: usize, end: usize) -> Result<Span, PageError> {
        Span::new(start, end, 0)
    }

    /// For decoders: puts decoded bytes into the arena.
    ///
    /// # Errors
    /// [`PageError::TooLarge`] beyond 2 GiB.
    pub fn in_arena(
        &mut self,
        decode: impl FnOnce(&[u8], &mut Vec<u8>),
    ) -> Result<Span, PageError> {
        let start = self.arena.len();
        decode(&self.body, &mut self.arena);
        Span::new(start, self.arena.len(), IN_ARENA)
    }

    /// For decoders: adds an object.
    pub fn push(
        &mut self,
        key: Span,
        size: u64,
        modified: Timestamp,
        etag: Span,
        storage_class: Span,
    ) {
        self.entries.push(Entry { key, etag, storage_class, size, modified });
    }

    /// For decoders: adds a common prefix.
    pub fn push_prefix(&mut self, prefix: Span) {
        self.prefixes.push(prefix);
    }

    /// Entries that are directories of a hierarchical namespace and no objects; `None` where no entry says
    /// what it is.
    #[must_use]
    pub fn directories(&self) -> Option<u64> {
        self.directories
    }

    /// For decoders: an entry says whether it is a directory. One that is has no other place on the page.
    pub fn count_directory(&mut self, is_one: bool) {
        let known = self.directories.unwrap_or(0);
        self.directories = Some(known + u64::from(is_one));
    }

    /// For decoders: says whether the listing goes on, and with which continuation.
    pub fn set_end(&mut self, more: bool, token: Option<String>) {
        self.more = more;
        self.token = token;
    }

    /// Checks that the page answers the request: every key inside the prefix, grouped only if that was asked for,
    /// strictly ascending under the store's order, and after the key that was asked for. Where the order does not
    /// matter, that nothing is on the page twice.
    ///
    /// Some servers list the start key itself although it is excluded. Whoever asks for keys after it
    /// has it already, so the entry is dropped here and [`Page::repeats_start`] tells of it. Where starts
    /// are inclusive by design, so is the common prefix that the start lies in.
    ///
    /// # Errors
    /// The first violation, with the keys that show it.
    pub fn check(&mut self, request: &PageRequest, quirks: &Quirks) -> Result<(), PageError> {
        // Also behind a token, which an empty page may have given for where the listing was to start.
        let inclusive = quirks.range_start == RangeStart::Inclusive;
        if let Some(after) = &request.after {
            let first = |keys: &[Entry]| keys.first().map(|entry| entry.key);
            if first(&self.entries).is_some_and(|key| self.bytes(key) == after) {
                self.entries.remove(0);
                self.repeats_start = !inclusive;
            }
            let group =
                self.prefixes.first().is_some_and(|span| after.starts_with(self.bytes(*span)));
            if inclusive && group {
                self.prefixes.remove(0);
            }
        }
        if let Some(key) = self.outside(&request.prefix) {
            return Err(PageError::OutsidePrefix { key: printable(key) });
        }
        if let (None, Some(group)) = (request.delimiter, self.prefixes.first()) {
            return Err(PageError::Grouped { group: printable(self.bytes(*group)) });
        }
        if request.any_order || !quirks.ordered {
            return self.check_once();
        }
        if let Some(after) = &request.after {
            let firsts = self.entries.first().map(|entry| entry.key).into_iter();
            for first in firsts.chain(self.prefixes.first().copied()) {
                let first = self.bytes(first);
                if !quirks.order.precedes(after, first) {
                    return Err(PageError::NotAfterStart {
                        key: printable(first),
                        after: printable(after),
                    });
                }
            }
        }
        self.check_ascending(quirks.order)
    }

    /// Checks that nothing is on the page twice, where no order shows it.
    fn check_once(&self) -> Result<(), PageError> {
        let mut met = HashSet::with_capacity(self.entries.len());
        for (index, span) in self
            .entries
            .iter()
            .map(|entry| entry.key)
            .chain(self.prefixes.iter().copied())
            .enumerate()
        {
            if index == self.entries.len() {
                met.clear();
            }
            if !met.insert(self.bytes(span)) {
                return Err(PageError::Twice { key: printable(self.bytes(span)) });
            }
        }
        Ok(())
    }

    fn check_ascending(&self, order: KeyOrder) -> Result<(), PageError> {
        let keys = self.entries.iter().map(|entry| entry.key);
        let prefixes = self.prefixes.iter().copied();
        let mut previous: Option<&[u8]> = None;
        for (index, span) in keys.chain(prefixes).enumerate() {
            let key = self.bytes(span);
            if index == self.entries.len() {
                previous = None;
            }
            if let Some(previous) = previous
                && !order.precedes(previous, key)
            {
                return Err(PageError::OutOfOrder {
                    key: printable(key),
                    previous: printable(previous),
                });
            }
            previous = Some(key);
        }
        Ok(())
    }

    /// Drops what lies outside `prefix`, where more had to be asked for than was wanted.
    pub fn retain_below(&mut self, prefix: &[u8]) {
        self.retain(|entry| entry.starts_with(prefix));
    }

    /// Drops the objects and common prefixes that are not to be kept.
    pub(crate) fn retain(&mut self, keep: impl Fn(&[u8]) -> bool) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.retain(|entry| keep(self.bytes(entry.key)));
        self.entries = entries;
        let mut prefixes = std::mem::take(&mut self.prefixes);
        prefixes.retain(|span| keep(self.bytes(*span)));
        self.prefixes = prefixes;
    }

    fn outside(&self, prefix: &[u8]) -> Option<&[u8]> {
        if prefix.is_empty() {
            return None;
        }
        let keys = self.entries.iter().map(|entry| entry.key);
        keys.chain(self.prefixes.iter().copied())
            .map(|span| self.bytes(span))
            .find(|key| !key.starts_with(prefix))
    }
}

impl Span {
    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.length & !IN_ARENA == 0
    }

    fn new(start: usize, end: usize, place: u32) -> Result<Self, PageError> {
        if end > MAX_BYTES || start > end {
            return Err(PageError::TooLarge { bytes: end });
        }
        let (Ok(start), Ok(length)) = (u32::try_from(start), u32::try_from(end - start)) else {
            return Err(PageError::TooLarge { bytes: end });
        };
        Ok(Self { start, length: length | place })
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn page(keys: &[&str], groups: &[&str]) -> Page {
        let mut page = Page::default();
        let span = |page: &mut Page, text: &str| {
            page.in_arena(|_, out| out.extend_from_slice(text.as_bytes())).unwrap()
        };
        for key in keys {
            let key = span(&mut page, key);
            page.push(key, 1, Timestamp(0), Span::default(), Span::default());
        }
        for group in groups {
            let group = span(&mut page, group);
            page.push_prefix(group);
        }
        page
    }

    #[test]
    fn what_is_on_a_page_twice_is_refused_also_where_no_order_shows_it() {
        let walk = PageRequest { any_order: true, ..PageRequest::default() };
        let grouped = PageRequest { delimiter: Some(b'/'), ..walk.clone() };
        let quirks = Quirks::default();
        for (request, keys, groups) in
            [(&walk, &["b", "a", "b"][..], &[][..]), (&grouped, &["a"], &["d/", "c/", "d/"])]
        {
            let found = page(keys, groups).check(request, &quirks);
            assert!(matches!(found, Err(PageError::Twice { .. })), "{found:?}");
        }
        page(&["b", "d/"], &["d/", "a/"]).check(&grouped, &quirks).unwrap();
    }

    #[test]
    fn groups_that_nobody_asked_for_are_refused() {
        let found = page(&["a"], &["d/"]).check(&PageRequest::default(), &Quirks::default());
        assert!(matches!(found, Err(PageError::Grouped { .. })), "{found:?}");
    }
}
