//! What a provider is: the seam between the scanner and the wire.
//!
//! A [`Store`] answers one question: *which objects come after this key?* A [`PageRequest`] goes in, a
//! [`Page`] of borrowed objects comes out, and between the two lies one attempt at one HTTP request, and
//! at what its answer says to ask instead, where a [`Gate`] lets it. The store knows nothing of ranges, retries or tallies; whoever asks knows nothing of HTTP. How providers
//! differ is data ([`Quirks`]), so that the loop above has no case for any of them.
//!
//! One attempt is request, whole body, decoding and checking together: a page that was cut, that is out
//! of order or that answers another question than the one asked is an error like a refused connection,
//! never a short page.

mod arrow;
pub mod azure;
mod error;
mod gate;
pub mod http;
pub mod ks3;
pub mod oss;
mod page;
mod page_error;
mod quirks;
pub mod s3;
mod service;
pub mod sources;
pub(crate) mod text;
mod uploads;
mod versions;

use std::fmt;

use futures::future::BoxFuture;

pub use error::{ErrorKind, StoreError};
#[cfg(test)]
pub(crate) use gate::Closed;
pub use gate::{Gate, Open};
pub use page::{Page, Span};
pub use page_error::PageError;
pub(crate) use page_error::printable;
pub use quirks::{ListVersion, Quirks, RangeStart};
pub use service::{KeyInUse, ListPrice, Service};
pub use text::percent::Plus;
pub use uploads::{PartsPage, PartsRequest, Upload, UploadsPage, UploadsRequest};
pub use versions::{Form, Include, Marker, Passed, Stored, Version, VersionsPage, VersionsRequest};

/// A request for one page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Only keys that start with this; empty for the whole bucket.
    pub prefix: Vec<u8>,
    /// Only keys strictly greater than this under the store's order; `None` starts at the prefix.
    pub after: Option<Vec<u8>>,
    /// Opaque continuation of an earlier answer. Takes the place of `after`; used only where keys cannot
    /// be used to continue (unordered stores).
    pub token: Option<String>,
    /// Groups keys that share a prefix up to this byte.
    pub delimiter: Option<u8>,
    /// The most entries to answer; the store may answer fewer at any time.
    pub limit: usize,
    /// Take the entries in whatever order the store lists them. Only for a walk by tokens.
    pub any_order: bool,
}

/// Where a listing came from, in words for people and reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// `s3`, `ks3`, `azure`, `oss`.
    pub provider: String,
    /// The endpoint that answers, as a URL without credentials.
    pub endpoint: String,
    /// The region that requests are signed for; empty where the provider has none.
    pub region: String,
}

/// A bucket that can be listed.
pub trait Store: fmt::Debug + Send + Sync {
    /// Where the listing comes from.
    fn origin(&self) -> Origin;

    /// How this store behaves.
    fn quirks(&self) -> &Quirks;

    /// Whether starts and ends of this store's listings are known to be right. Where not, the scan makes
    /// sure of them. May turn true once the first answer shows which server it is.
    fn is_sound(&self) -> bool;

    /// What the service turned out to be by now.
    fn service(&self) -> Service {
        Service::default()
    }

    /// The keys that requests are signed with at present; `None` where they are not signed.
    fn key_in_use(&self) -> Option<KeyInUse> {
        None
    }

    /// Makes one attempt at one page and leaves the result in `page`, whose buffers are used again.
    ///
    /// On success every invariant of [`Page::check`] holds. On an error the content of `page` is
    /// unspecified and must not be used.
    ///
    /// # Errors
    /// Anything that kept the page from being received whole and right; [`StoreError::is_retryable`]
    /// tells whether another attempt may succeed.
    fn list<'a>(
        &'a self,
        request: &'a PageRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.list_through(&Open, request, page)
    }

    /// The same, where what is sent beyond one request passes a gate, which also hears where the answer ends.
    ///
    /// # Errors
    /// As [`Store::list`].
    fn list_through<'a>(
        &'a self,
        gate: &'a dyn Gate,
        request: &'a PageRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The calls that list what is billed beside the current objects; `None` where none are spoken here.
    fn billed(&self) -> Option<&dyn Billed> {
        None
    }
}

/// A bucket that can list what is billed beside its current objects.
///
/// Each call makes one attempt, with what is sent beyond one request through a gate, and every invariant of the page's
/// own `check` holds for what it returns. Errors are those of [`Store::list`].
pub trait Billed: Send + Sync {
    /// Lists one page of versions, delete markers and what else is asked for.
    fn versions<'a>(
        &'a self,
        request: &'a VersionsRequest,
        gate: &'a dyn Gate,
    ) -> BoxFuture<'a, Result<VersionsPage, StoreError>>;

    /// Where a listing of versions is begun to see whether anything follows what has passed. With an id it
    /// goes on within the versions of the key, without one it begins with them anew.
    fn behind(&self, passed: &Passed) -> Marker {
        Marker { key: passed.key.clone(), id: passed.ids.last().cloned() }
    }

    /// Lists one page of unfinished multipart uploads.
    fn uploads<'a>(
        &'a self,
        request: &'a UploadsRequest,
        gate: &'a dyn Gate,
    ) -> BoxFuture<'a, Result<UploadsPage, StoreError>>;

    /// Lists one page of the parts of an upload.
    fn parts<'a>(
        &'a self,
        request: &'a PartsRequest,
        gate: &'a dyn Gate,
    ) -> BoxFuture<'a, Result<PartsPage, StoreError>>;
}
