//! The query of a list request.

use std::fmt::Write as _;

use crate::store::text::percent;
use crate::store::{ErrorKind, ListVersion, PageRequest, Quirks, RangeStart, StoreError};

/// Writes the query, its names ascending, as it is signed and sent.
///
/// # Errors
/// [`ErrorKind::Setup`] for a start key where the store knows none: leaving it out would list what was
/// listed before.
pub(super) fn write(request: &PageRequest, quirks: &Quirks) -> Result<String, StoreError> {
    let after = request.after.as_deref().filter(|_| request.token.is_none());
    if after.is_some() && quirks.range_start == RangeStart::None {
        return Err(StoreError::new(ErrorKind::Setup, "this store cannot list from a key on"));
    }
    // Every key under the prefix comes after such a start, so nothing is lost by not naming it.
    let needless =
        |after: &&[u8]| !quirks.start_before_prefix && *after < request.prefix.as_slice();
    let after = after.filter(|after| !needless(after));
    let token = request.token.as_deref().map(str::as_bytes);
    let first = quirks.list_version == ListVersion::V1;
    let limit =
        if request.limit == 0 { quirks.page_limit } else { request.limit.min(quirks.page_limit) };

    Ok(join([
        ("continuation-token", token.filter(|_| !first)),
        ("delimiter", request.delimiter.as_ref().map(std::slice::from_ref)),
        ("encoding-type", quirks.url_encoding.then_some(b"url")),
        ("list-type", (!first).then_some(b"2")),
        ("marker", token.or(after).filter(|_| first)),
        ("max-keys", Some(limit.to_string().as_bytes())),
        ("prefix", Some(request.prefix.as_slice()).filter(|prefix| !prefix.is_empty())),
        ("start-after", after.filter(|_| !first)),
    ]))
}

/// Writes parameters, whose names ascend, as they are signed and sent; those without a value are left out.
pub(super) fn join<const N: usize>(parameters: [(&str, Option<&[u8]>); N]) -> String {
    let mut query = String::with_capacity(256);
    for (name, value) in parameters {
        let Some(value) = value else { continue };
        // Writing to a string does not fail.
        let _ = write!(query, "{}{name}=", if query.is_empty() { "" } else { "&" });
        percent::encode(value, &mut query);
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> PageRequest {
        PageRequest {
            prefix: b"a b/".into(),
            after: Some("a b/\u{e9}+1".into()),
            limit: 1000,
            ..PageRequest::default()
        }
    }

    #[test]
    fn names_are_ascending_and_values_encoded() {
        let query = write(&request(), &Quirks::default()).unwrap();
        assert_eq!(
            query,
            "encoding-type=url&list-type=2&max-keys=1000&prefix=a%20b%2F&start-after=a%20b%2F%C3%A9%2B1"
        );
        let all = PageRequest {
            token: Some("t+/=".to_owned()),
            delimiter: Some(b'/'),
            limit: 5000,
            ..request()
        };
        let query = write(&all, &Quirks::default()).unwrap();
        assert_eq!(
            query,
            "continuation-token=t%2B%2F%3D&delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000&prefix=a%20b%2F"
        );
        let names: Vec<_> = query.split('&').collect();
        assert!(names.is_sorted());
    }

    #[test]
    fn the_first_version_names_a_marker() {
        let quirks =
            Quirks { list_version: ListVersion::V1, url_encoding: false, ..Quirks::default() };
        let plain = PageRequest { prefix: Vec::new(), limit: 0, ..request() };
        assert_eq!(write(&plain, &quirks).unwrap(), "marker=a%20b%2F%C3%A9%2B1&max-keys=1000");
        let token = PageRequest { token: Some("t".to_owned()), ..plain };
        assert_eq!(write(&token, &quirks).unwrap(), "marker=t&max-keys=1000");
    }

    #[test]
    fn a_start_before_the_prefix_is_named_only_to_stores_that_understand_it() {
        let before = PageRequest { after: Some(b"a".into()), ..request() };
        let quirks = Quirks { start_before_prefix: false, ..Quirks::default() };
        assert!(write(&before, &Quirks::default()).unwrap().contains("start-after=a"));
        assert!(!write(&before, &quirks).unwrap().contains("start-after"));
        assert!(write(&request(), &quirks).unwrap().contains("start-after"));
    }

    #[test]
    fn a_start_is_refused_where_the_store_knows_none() {
        let quirks = Quirks { range_start: RangeStart::None, ..Quirks::default() };
        assert_eq!(write(&request(), &quirks).unwrap_err().kind, ErrorKind::Setup);
    }
}
