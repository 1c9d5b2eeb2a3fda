//! One page of a listing: the body as it came and where in it each object lies.

use std::collections::HashSet;
use std::time::Duration;

use super::page_error::{PageError, printable};
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
