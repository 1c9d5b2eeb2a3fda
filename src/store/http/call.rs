//! What every request has, whoever is asked.

use http::header::{ACCEPT_ENCODING, HOST, HeaderValue, InvalidHeaderValue, USER_AGENT};
use http::{HeaderMap, Uri};

use crate::store::{ErrorKind, StoreError};

/// The address of what is asked; `path` and `query` are encoded.
///
/// # Errors
/// [`ErrorKind::Setup`], without the query: it may hold a signature.
pub(crate) fn address(origin: &str, path: &str, query: &str) -> Result<Uri, StoreError> {
    let mark = if query.is_empty() { "" } else { "?" };
    let uri = format!("{origin}{path}{mark}{query}");
    uri.parse()
        .map_err(|_| StoreError::new(ErrorKind::Setup, format!("`{origin}{path}` is not a URL")))
}

/// The headers of a request to `host`, with room for those of its dialect.
///
/// # Errors
/// If the host holds control characters.
pub(crate) fn headers(host: &str) -> Result<HeaderMap, InvalidHeaderValue> {
    const NAME: HeaderValue =
        HeaderValue::from_static(concat!("weighbridge/", env!("CARGO_PKG_VERSION")));
    let mut headers = HeaderMap::with_capacity(9);
    headers.insert(HOST, host.parse()?);
    headers.insert(USER_AGENT, NAME);
    // Not signed: proxies and some stores rewrite it.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Ok(headers)
}
