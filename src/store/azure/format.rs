//! In which form listings are asked for: as Arrow streams while nothing speaks against it, as XML otherwise.
//!
//! Arrow is a third of the bytes and a fraction of the decoding, but not every service has it: older ones and
//! emulators refuse the version that knows it or ignore the wish, accounts need the feature, and those with
//! a hierarchical namespace refuse it. So it is a wish only. A page that does not come, or that is not
//! accepted as it came, is asked for again as XML, and where that is better the store keeps to XML. Only what
//! tells nothing about the form (throttling, a broken connection, a stream that was cut) does not count.
//!
//! An Arrow stream repeats nothing of the request. Instead each request has an id, which the service
//! repeats (`x-ms-client-request-id`), so that no answer is taken for that to another.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::store::printable;
use crate::store::{ErrorKind, PageError, PageRequest, Quirks, StoreError};

/// The media types that are asked for; the second where the first is not to be had.
pub(super) const ACCEPT: &str = "application/vnd.apache.arrow.stream,application/xml";

/// What the service answers in.
const ARROW: &str = "application/vnd.apache.arrow.stream";

/// The header that tells requests apart.
pub(super) const REQUEST_ID: &str = "x-ms-client-request-id";

/// The form that one request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Xml,
    Arrow {
        /// Of this request alone.
        id: String,
    },
}

impl Format {
    /// The version of the service that is asked for: the first that knows `startFrom`, or Arrow.
    pub(super) fn version(&self) -> &'static str {
        match self {
            Self::Xml => "2026-02-06",
            Self::Arrow { .. } => "2026-10-06",
        }
    }

    /// Makes sure that an Arrow stream is the answer to this request.
    pub(super) fn is_answer(&self, headers: &HeaderMap) -> Result<(), PageError> {
        let Self::Arrow { id } = self else { return Ok(()) };
        match headers.get(REQUEST_ID) {
            Some(repeated) if repeated == id.as_str() => Ok(()),
            Some(other) => Err(PageError::WrongEcho {
                element: REQUEST_ID,
                got: printable(other.as_bytes()),
                sent: id.clone(),
            }),
            None => {
                let how = "does not tell which request it answers".to_owned();
                Err(PageError::Arrow { how })
            }
        }
    }
}

/// Whether a store answers in Arrow.
#[derive(Debug)]
pub(super) struct Arrow {
    /// Something spoke against it.
    given_up: AtomicBool,
    /// Tells this store's requests from those of others.
    origin: u64,
    requests: AtomicU64,
}

impl Arrow {
    pub(super) fn new() -> Self {
        Self {
            given_up: AtomicBool::new(false),
            origin: rand::random(),
            requests: AtomicU64::new(0),
        }
    }

    /// The form to ask for a page in. In the listing of a directory, XML and Arrow do not mean the same by a prefix.
    pub(super) fn wanted(&self, request: &PageRequest, quirks: &Quirks) -> Format {
        let flat = request.delimiter.is_none() && quirks.ordered;
        if !flat || self.given_up.load(Ordering::Relaxed) {
            return Format::Xml;
        }
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        Format::Arrow { id: format!("{:016x}-{number}", self.origin) }
    }

    /// From now on, XML is asked for.
    pub(super) fn give_up(&self, why: &str) {
        if !self.given_up.swap(true, Ordering::Relaxed) {
            tracing::info!("listings come as XML: {why}");
        }
    }
}

/// Whether an answer is an Arrow stream.
pub(super) fn is_arrow(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(ARROW))
}

/// Whether a page might be had as XML that was not as Arrow.
pub(super) fn speaks_against(error: &StoreError) -> bool {
    match &error.kind {
        ErrorKind::Refused => true,
        ErrorKind::BadPage(error) => !matches!(error, PageError::Truncated { .. }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn the_media_type_tells_what_came() {
        for (kind, expected) in [
            ("application/vnd.apache.arrow.stream", true),
            ("Application/vnd.apache.ARROW.stream; charset=utf-8", true),
            ("application/xml", false),
            ("application/vnd.apache.arrow.file", false),
        ] {
            assert_eq!(is_arrow(&headers("content-type", kind)), expected, "{kind}");
        }
        assert!(!is_arrow(&HeaderMap::new()));
    }

    #[test]
    fn an_answer_is_told_by_the_id_of_its_request() {
        let arrow = Arrow::new();
        let asked = arrow.wanted(&PageRequest::default(), &super::super::quirks());
        let Format::Arrow { id } = &asked else { panic!("{asked:?}") };
        assert_eq!(asked.is_answer(&headers(REQUEST_ID, id)), Ok(()));
        let other = asked.is_answer(&headers(REQUEST_ID, "other"));
        assert!(matches!(other, Err(PageError::WrongEcho { .. })), "{other:?}");
        let none = asked.is_answer(&HeaderMap::new());
        assert!(matches!(none, Err(PageError::Arrow { .. })), "{none:?}");
    }

    #[test]
    fn only_flat_listings_in_order_are_asked_for_as_arrow() {
        let (arrow, quirks) = (Arrow::new(), super::super::quirks());
        let flat = PageRequest::default();
        assert_ne!(arrow.wanted(&flat, &quirks), Format::Xml);
        let directory = PageRequest { delimiter: Some(b'/'), ..PageRequest::default() };
        assert_eq!(arrow.wanted(&directory, &quirks), Format::Xml);
        let hierarchical = Quirks { ordered: false, ..quirks.clone() };
        assert_eq!(arrow.wanted(&flat, &hierarchical), Format::Xml);
        arrow.give_up("a test");
        assert_eq!(arrow.wanted(&flat, &quirks), Format::Xml);
    }

    #[test]
    fn a_stream_that_was_cut_says_nothing_of_its_form() {
        let cut = PageError::Truncated { missing: "", bytes: 0 };
        assert!(!speaks_against(&cut.into()));
        assert!(!speaks_against(&StoreError::new(ErrorKind::Throttled, "")));
        assert!(!speaks_against(&StoreError::new(ErrorKind::Interrupted, "")));
        assert!(speaks_against(&StoreError::new(ErrorKind::Refused, "")));
        assert!(speaks_against(&PageError::Arrow { how: String::new() }.into()));
        let disorder = PageError::OutOfOrder { key: String::new(), previous: String::new() };
        assert!(speaks_against(&disorder.into()), "it may be that of Arrow alone");
    }
}
