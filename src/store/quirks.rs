//! How a store behaves, as data.

use super::text::percent::Plus;
use crate::object::KeyOrder;

/// Whether a listing can start in the middle of the key space, and what happens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeStart {
    /// Any string can be named; keys strictly greater are listed.
    Exclusive,
    /// Any string can be named; keys greater than or equal to it are listed.
    Inclusive,
    /// A listing starts at a prefix and is continued by opaque tokens only.
    None,
}

/// Which list call the store understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListVersion {
    /// `ListObjects`: `marker`.
    V1,
    /// `ListObjectsV2`: `start-after` and `continuation-token`.
    V2,
}

/// The behaviour of a store that the scanner has to know.
#[allow(clippy::struct_excessive_bools, reason = "each is one independent fact about a store")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// The order in which keys are listed.
    pub order: KeyOrder,
    /// Whether keys are listed in that order at all. Where not, only a sequential walk is exact.
    pub ordered: bool,
    /// How a listing can start in the middle.
    pub range_start: RangeStart,
    /// The most entries that the store puts on a page.
    pub page_limit: usize,
    /// Which list call to send.
    pub list_version: ListVersion,
    /// Whether to ask for url-encoded keys; without it control characters cannot be told apart in XML.
    pub url_encoding: bool,
    /// What `+` stands for in url-encoded keys.
    pub plus: Plus,
    /// Whether continuation tokens are url-encoded like keys.
    pub encoded_token: bool,
    /// The storage class of objects that are listed without one; empty where that is unknown.
    pub default_class: &'static str,
    /// Whether objects of archive classes have to be restored before they can be read.
    pub archives: bool,
    /// Whether listings of unfinished uploads show all of them.
    pub all_uploads: bool,
    /// Whether a start before the prefix is understood. Garage answers an empty list to it.
    pub start_before_prefix: bool,
    /// Whether the reply's count of entries is what it lists.
    pub exact_key_count: bool,
    /// Whether a delimiter groups keys cheaply, so that structure may be asked for.
    pub delimiter: bool,
    /// Whether listings by delimiter are known to be complete, so that a bucket whose keys cannot be cut
    /// may be walked directory by directory. Where not, it is walked one page after another.
    pub directories: bool,
    /// Whether only whole directories can be listed: a prefix has to end with `/`.
    pub directory_prefixes: bool,
}

impl Quirks {
    /// Amazon S3, general purpose bucket.
    pub const S3: Self = Self {
        order: KeyOrder::Bytes,
        ordered: true,
        range_start: RangeStart::Exclusive,
        page_limit: 1000,
        list_version: ListVersion::V2,
        url_encoding: true,
        plus: Plus::Space,
        encoded_token: false,
        default_class: "",
        archives: true,
        all_uploads: true,
        start_before_prefix: true,
        exact_key_count: true,
        delimiter: true,
        directories: false,
        directory_prefixes: false,
    };
}

impl Default for Quirks {
    /// [`Quirks::S3`].
    fn default() -> Self {
        Self::S3
    }
}
