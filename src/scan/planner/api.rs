//! What the planner and its driver say to each other.

use std::fmt;

use crate::object::KeyOrder;

/// What the planner must know about the listing before it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannerConfig {
    /// Keys on a full page: 1000 on S3.
    pub page_limit: usize,
    /// The user's prefix. Every start-after value that the planner invents lies inside it.
    pub prefix: Vec<u8>,
    /// The order in which the store lists.
    pub order: KeyOrder,
    /// The usual delimiter of structure probes; where it does not divide the names, the planner may ask for groups by
    /// another character. `None` where the store cannot be asked for structure.
    pub delimiter: Option<u8>,
}

/// `(cursor, thru]`: keys greater than the first (`None`: from the start of the prefix) and not greater than the
/// second (`None`: to its end).
pub type Interval = (Option<Vec<u8>>, Option<Vec<u8>>);

/// A range, unique for the whole run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct RangeId(pub u64);

/// A request, unique for the whole run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// Something to ask the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// One page of `range`.
    List {
        /// Names the request in the answer.
        id: RequestId,
        /// The range that the page belongs to.
        range: RangeId,
        /// Only keys strictly greater; `None`: from the start of the prefix.
        after: Option<Vec<u8>>,
    },
    /// A structure probe: one page of a listing with delimiter.
    Probe {
        /// Names the request in the answer.
        id: RequestId,
        /// The prefix to list, with the user's prefix at its start.
        directory: Vec<u8>,
        /// The character to group by.
        delimiter: u8,
        /// Only entries strictly greater; `None`: from the start of the directory.
        after: Option<Vec<u8>>,
    },
}

impl Request {
    /// The id, whatever the kind.
    #[must_use]
    pub fn id(&self) -> RequestId {
        match self {
            Self::List { id, .. } | Self::Probe { id, .. } => *id,
        }
    }
}

/// One entry of a structure probe's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeEntry<'a> {
    /// An object directly in the directory.
    Key(&'a [u8]),
    /// A common prefix, ending in the delimiter.
    CommonPrefix(&'a [u8]),
}

impl<'a> ProbeEntry<'a> {
    /// The bytes, whatever the kind.
    #[must_use]
    pub fn name(&self) -> &'a [u8] {
        match self {
            Self::Key(name) | Self::CommonPrefix(name) => name,
        }
    }
}

/// The keys of a page, in the store's order, borrowed from wherever the driver holds them.
pub trait PageKeys {
    /// Number of keys.
    fn len(&self) -> usize;
    /// The key at `index`, which is below [`PageKeys::len`].
    fn key(&self, index: usize) -> &[u8];
    /// Whether there is no key at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: AsRef<[u8]>> PageKeys for [T] {
    fn len(&self) -> usize {
        <[T]>::len(self)
    }
    fn key(&self, index: usize) -> &[u8] {
        self[index].as_ref()
    }
}

impl<T: AsRef<[u8]>> PageKeys for Vec<T> {
    fn len(&self) -> usize {
        <[T]>::len(self)
    }
    fn key(&self, index: usize) -> &[u8] {
        self[index].as_ref()
    }
}

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageVerdict {
    /// The first so many keys belong to the range; only these may be counted.
    pub accepted: usize,
    /// The range ended with this page.
    pub finished: bool,
    /// The range's next request was asked for by [`Planner::foresee`](super::Planner::foresee), and holds.
    pub goes_on: bool,
}

/// A page that contradicts what range listing rests on.
///
/// The planner is unchanged by such a page: the request stays open, so the driver may ask again and hand in
/// the new answer under the same id, or give up with [`Planner::on_list_failed`](super::Planner::on_list_failed).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderError {
    /// The first key is not greater than the start-after value: the store ignores it, or treats it as inclusive.
    NotAfterCursor {
        /// The key seen.
        key: Vec<u8>,
        /// The start-after value of the request.
        cursor: Vec<u8>,
    },
    /// A key is not greater than the one before it.
    NotAscending {
        /// Index of the key in the page.
        index: usize,
        /// The key seen.
        key: Vec<u8>,
        /// The key before it.
        previous: Vec<u8>,
    },
    /// A key does not start with the prefix that was asked for.
    OutsidePrefix {
        /// Index of the key in the page.
        index: usize,
        /// The key seen.
        key: Vec<u8>,
    },
    /// No key at all although the store says there are more.
    EmptyPage,
    /// The id is not that of an open list request.
    UnknownRequest(RequestId),
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = String::from_utf8_lossy;
        match self {
            Self::NotAfterCursor { key, cursor } => {
                write!(
                    f,
                    "the page starts with {:?}, which is not after the requested {:?}",
                    show(key),
                    show(cursor)
                )
            }
            Self::NotAscending { index, key, previous } => {
                write!(
                    f,
                    "key {index} of the page, {:?}, is not after the one before it, {:?}",
                    show(key),
                    show(previous)
                )
            }
            Self::OutsidePrefix { index, key } => {
                write!(f, "key {index} of the page, {:?}, lies outside the prefix", show(key))
            }
            Self::EmptyPage => {
                f.write_str("the page is empty although the store says that there are more keys")
            }
            Self::UnknownRequest(id) => write!(f, "no list request {} is open", id.0),
        }
    }
}

impl std::error::Error for OrderError {}

/// A range as others may see it: keys in `(cursor, upper]` are still to be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangeView<'a> {
    /// The range.
    pub id: RangeId,
    /// Exclusive lower bound; `None`: the start of the prefix.
    pub lower: Option<&'a [u8]>,
    /// The last key accepted, or the lower bound before the first page.
    pub cursor: Option<&'a [u8]>,
    /// Inclusive upper bound; `None`: the end of the prefix.
    pub upper: Option<&'a [u8]>,
    /// Keys accepted.
    pub accepted: u64,
    /// Its listing failed for good: it stays on record with what it lacks.
    pub failed: bool,
}

/// What the planner has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlannerStats {
    /// Requests issued, of both kinds.
    pub requests: u64,
    /// Structure probes among them.
    pub probes: u64,
    /// Probes that failed.
    pub failed_probes: u64,
    /// Pages of which at least one key was accepted.
    pub useful_pages: u64,
    /// Pages of which none was: the cut before them had no key behind it.
    pub empty_pages: u64,
    /// Requests asked for ahead of a page that then did not end where its answer seemed to: nothing came of them.
    pub void_requests: u64,
    /// Last pages of ranges that held keys beyond the range.
    pub short_last_pages: u64,
    /// Cuts made.
    pub splits: u64,
    /// Keys accepted.
    pub keys: u64,
    /// Most ranges alive at once.
    pub peak_live: usize,
    /// Ranges whose listing failed for good.
    pub failed_ranges: u64,
}
