//! From the body of a `ListObjects` or `ListObjectsV2` reply to a checked page.
//!
//! What is enforced here, so that a damaged or foreign reply is an error and never a short page: the root
//! is the right one and closed, nothing follows it, `IsTruncated` is there, each object has a key, a size
//! and a time, the count is what is listed, a listing that goes on says from where, and what the reply
//! echoes is what was asked. [`Page::check`] then looks at the keys themselves.
//!
//! Keys are decoded to bytes, and only if the reply itself says `EncodingType` `url`: servers that ignore
//! the wish for it would otherwise have every `%` and `+` misread. Some say so only after the objects,
//! so the first pass goes by what was asked for and a second one corrects it where that was wrong.

mod pass;

use super::echo;
use super::error::{self, ServiceError};
use crate::store::printable;
use crate::store::text::document::{bad, truncated};
use crate::store::text::percent;
use crate::store::{ListVersion, Page, PageError, PageRequest, Plus, Quirks, StoreError};
use pass::Pass;

const ROOT: &str = "ListBucketResult";

/// What a reply has to agree with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The bucket that was listed, as `Name` should echo it; empty where that is not known (access
    /// points answer with another name).
    pub bucket: &'a str,
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
            Rejected::Service(error) => error::classify(200, error),
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
    // Spans are offsets, so the body can be away while the page is filled.
    let body = std::mem::take(&mut page.body);
    let head = passes(&body, page, expected.quirks, fast);
    page.body = body;
    let head = head?;
    let found = page.len() + page.prefixes().len();
    if let Some(stated) = head.key_count
        && expected.quirks.exact_key_count
        && stated != found as u64
    {
        return Err(PageError::CountMismatch { stated, found: found as u64 }.into());
    }
    echo::check(&head, request, expected)?;
    finish(page, head, request, expected.quirks)?;
    page.check(request, expected.quirks)?;
    Ok(())
}

/// How a store writes a space into url-encoded names, by its echo of a prefix that holds one; `None`
/// where it echoes none, or not encoded.
pub(super) fn plus_of(body: &[u8], quirks: &Quirks) -> Option<Plus> {
    let quirks = Quirks { plus: Plus::Space, ..quirks.clone() };
    let head = passes(body, &mut Page::default(), &quirks, true).ok()?;
    let prefix = head.prefix.filter(|_| head.url)?;
    let escaped = prefix.windows(3).any(|text| text == b"%20");
    Some(if escaped { Plus::Itself } else { Plus::Space })
}

/// What a reply says about itself.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) name: Option<Vec<u8>>,
    pub(super) prefix: Option<Vec<u8>>,
    pub(super) start_after: Option<Vec<u8>>,
    pub(super) marker: Option<Vec<u8>>,
    pub(super) url: bool,
    truncated: Option<bool>,
    key_count: Option<u64>,
    token: Option<Vec<u8>>,
    next_marker: Option<Vec<u8>>,
}

enum Outcome {
    Done(Head),
    /// The entries were read under the wrong encoding; this is the right one.
    Again {
        url: bool,
    },
}

fn passes(body: &[u8], page: &mut Page, quirks: &Quirks, fast: bool) -> Result<Head, Rejected> {
    let asked = quirks.url_encoding;
    match Pass::new(body, page, quirks, asked, fast).run() {
        Ok(Outcome::Done(head)) => Ok(head),
        Ok(Outcome::Again { url }) => match Pass::new(body, page, quirks, url, fast).run()? {
            Outcome::Done(head) => Ok(head),
            // Cannot be: the same document states the same encoding.
            Outcome::Again { .. } => Err(truncated(body, "<EncodingType>").into()),
        },
        // A key that is no url-encoding may be none because the reply is not url-encoded.
        Err(Rejected::Page(error @ PageError::BadValue { element: "Key" | "Prefix", .. }))
            if asked =>
        {
            match Pass::new(body, page, quirks, false, fast).run() {
                Ok(Outcome::Done(head)) => Ok(head),
                _ => Err(error.into()),
            }
        }
        Err(error) => Err(error),
    }
}

/// Settles whether the listing goes on, and from where.
fn finish(
    page: &mut Page,
    head: Head,
    request: &PageRequest,
    quirks: &Quirks,
) -> Result<(), PageError> {
    let more = head.truncated.ok_or_else(|| truncated(&page.body, "<IsTruncated>"))?;
    let token = match quirks.list_version {
        ListVersion::V2 => match head.token {
            Some(token) if head.url && quirks.encoded_token => {
                Some(decoded(quirks.plus, &token, "NextContinuationToken")?)
            }
            token => token,
        },
        ListVersion::V1 => match head.next_marker {
            Some(marker) if head.url => Some(decoded(quirks.plus, &marker, "NextMarker")?),
            // Without a delimiter the marker is the last key, and need not be given.
            None if more => page.last_key().max(page.prefixes().last()).map(<[u8]>::to_vec),
            marker => marker,
        },
    };
    if !more {
        page.set_end(false, None);
        return Ok(());
    }
    if token.is_none() && page.is_empty() && page.prefixes().len() == 0 {
        return Err(PageError::NoContinuation);
    }
    // A token that is no text cannot be sent back; keys continue the listing then.
    let token = token.and_then(|token| String::from_utf8(token).ok());
    if token.is_some() && token == request.token {
        return Err(PageError::Stuck { token: printable(token.unwrap_or_default().as_bytes()) });
    }
    page.set_end(true, token);
    Ok(())
}

fn decoded(plus: Plus, text: &[u8], element: &'static str) -> Result<Vec<u8>, PageError> {
    if plus == Plus::Unsure && text.contains(&b'+') {
        return Err(PageError::UnsurePlus { text: printable(text) });
    }
    let mut bytes = Vec::with_capacity(text.len());
    if percent::decode(plus, text, &mut bytes) {
        Ok(bytes)
    } else {
        Err(bad(element, text, "url-encoded"))
    }
}

#[cfg(test)]
mod tests;
