//! From the body of a `List Blobs` reply to a checked page.
//!
//! Source: "List Blobs", Azure Storage REST reference. What is enforced here, so that a damaged or foreign
//! reply is an error and never a short page: the root is the right one and closed, nothing follows it,
//! `Blobs` and `NextMarker` are there (an empty marker is what ends a listing), each blob has a name, a
//! size and a time, and what the reply echoes is what was asked. [`Page::check`] then looks at the names.
//!
//! `pass` reads XML, `arrow` what comes as an Arrow stream; both end in the same checks.
//!
//! * Names that XML cannot carry come percent-encoded and say so (`Encoded="true"`).
//! * Entries of a hierarchical namespace say what they are. Directories are no objects: they are counted and left out.
//!   Such an account lists directory by directory, so a page of it is refused where order was relied on.
//! * A blob without an access tier is in none: page and append blobs of standard accounts are not "Hot".

mod arrow;
mod pass;
mod versions;

use super::error::ServiceError;
use crate::store::printable;
use crate::store::text::document::{bad, truncated};
use crate::store::{Page, PageError, PageRequest, Quirks, StoreError};
pub use arrow::decode_arrow;
use pass::{About, Pass};
pub(super) use versions::decode_versions;

const ROOT: &str = "EnumerationResults";

/// The storage class of a blob that has no access tier.
pub(super) const NO_TIER: &[u8] = b"None";

/// What a reply has to agree with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The container that was listed, as the reply should name it.
    pub container: &'a str,
    /// How the store behaves.
    pub quirks: &'a Quirks,
}

/// Why a body is not a page.
#[derive(Debug)]
pub enum Rejected {
    /// It is no sound listing.
    Page(PageError),
    /// It is an error, sent with a success status.
    Service(ServiceError),
}

impl From<PageError> for Rejected {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

impl From<Rejected> for StoreError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Page(error) => error.into(),
            Rejected::Service(error) => super::error::classify(200, error),
        }
    }
}

/// Decodes `page.body` into `page` and checks it against the request.
///
/// # Errors
/// The first thing that keeps the body from being the page that was asked for.
pub fn decode(
    page: &mut Page,
    request: &PageRequest,
    expected: &Expected<'_>,
) -> Result<(), Rejected> {
    decode_with(page, request, expected, true)
}

/// As [`decode`]; `fast` tells whether the fast path may be taken.
pub(super) fn decode_with(
    page: &mut Page,
    request: &PageRequest,
    expected: &Expected<'_>,
    fast: bool,
) -> Result<(), Rejected> {
    read(page, request, expected, fast)?;
    page.check(request, expected.quirks)?;
    Ok(())
}

/// Decodes `page.body` into `page` and makes sure that it answers the request; the names are left to be
/// checked. What is said about blobs is returned of those that were not read by the fast path.
fn read(
    page: &mut Page,
    request: &PageRequest,
    expected: &Expected<'_>,
    fast: bool,
) -> Result<Vec<About>, Rejected> {
    // Spans are offsets, so the body can be away while the page is filled.
    let body = std::mem::take(&mut page.body);
    let head = Pass::new(&body, page, fast).run();
    page.body = body;
    let mut head = head?;
    refuse_hierarchy(page, request, expected)?;
    echo(&head, request, expected)?;
    let about = std::mem::take(&mut head.about);
    finish(page, head, request)?;
    Ok(about)
}

/// Refuses the page of a hierarchical namespace where order is relied on.
fn refuse_hierarchy(
    page: &Page,
    request: &PageRequest,
    expected: &Expected<'_>,
) -> Result<(), PageError> {
    let hierarchical = page.directories().is_some();
    if hierarchical && expected.quirks.ordered && !request.any_order {
        let why =
            "the account has a hierarchical namespace, which is listed directory by directory";
        return Err(PageError::KeepsNoOrder { why: why.to_owned() });
    }
    Ok(())
}

/// What a reply says about itself.
#[derive(Debug, Default)]
struct Head {
    container: Option<Vec<u8>>,
    prefix: Option<Vec<u8>>,
    marker: Option<Vec<u8>>,
    /// Whether there was `Blobs`.
    blobs: bool,
    /// `NextMarker`, empty at the end of a listing.
    next: Option<Vec<u8>>,
    /// What is said about each blob that is on the page, but for those read by the fast path.
    about: Vec<About>,
}

/// Whether the reply answers this request: a proxy that mixes up answers can give a sound listing of
/// something else. An absent echo says nothing.
fn echo(head: &Head, request: &PageRequest, expected: &Expected<'_>) -> Result<(), PageError> {
    let wrong = |element, got: &[u8], sent: &[u8]| PageError::WrongEcho {
        element,
        got: printable(got),
        sent: printable(sent),
    };
    if let Some(got) = &head.container {
        let name = expected.container.as_bytes();
        // Old versions give the container's whole URL.
        let in_url = got.strip_suffix(name).is_some_and(|before| before.ends_with(b"/"));
        if got != name && !in_url {
            return Err(wrong("ContainerName", got, name));
        }
    }
    if let Some(got) = &head.prefix
        && *got != request.prefix
    {
        return Err(wrong("Prefix", got, &request.prefix));
    }
    if let Some(got) = &head.marker {
        let sent = request.token.as_deref().unwrap_or_default().as_bytes();
        if got != sent {
            return Err(wrong("Marker", got, sent));
        }
    }
    Ok(())
}

/// Settles whether the listing goes on, and from where.
fn finish(page: &mut Page, head: Head, request: &PageRequest) -> Result<(), PageError> {
    if !head.blobs {
        return Err(truncated(&page.body, "<Blobs>"));
    }
    let next = head.next.ok_or_else(|| truncated(&page.body, "<NextMarker>"))?;
    if next.is_empty() {
        page.set_end(false, None);
        return Ok(());
    }
    let marker = String::from_utf8(next)
        .map_err(|error| bad("NextMarker", error.as_bytes(), "text to send back"))?;
    if request.token.as_ref() == Some(&marker) {
        return Err(PageError::Stuck { token: printable(marker.as_bytes()) });
    }
    page.set_end(true, Some(marker));
    Ok(())
}

#[cfg(test)]
mod tests;
