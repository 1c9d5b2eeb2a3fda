//! The parameters of a list request.
//!
//! They are kept decoded, because that is how Shared Key signs them, in the order in which it does.

use crate::store::text::percent;
use crate::store::{ErrorKind, PageRequest, Quirks, RangeStart, StoreError};

/// Names and values, ascending by the names in lower case.
pub(super) type Parameters = Vec<(&'static str, Vec<u8>)>;

/// The most entries that the service puts on a page.
pub(super) const PAGE_LIMIT: usize = 5000;

/// What asks about the account; answered below any container, too.
pub(super) fn account() -> Parameters {
    vec![("comp", b"properties".into()), ("restype", b"account".into())]
}

/// What asks for a page.
///
/// # Errors
/// [`ErrorKind::Setup`] for a start key where the store knows none: leaving it out would list what was
/// listed before.
pub(super) fn list(request: &PageRequest, quirks: &Quirks) -> Result<Parameters, StoreError> {
    // The marker holds the start that its listing began with.
    let after = request.after.as_deref().filter(|_| request.token.is_none());
    if after.is_some() && quirks.range_start == RangeStart::None {
        return Err(StoreError::new(ErrorKind::Setup, "this store cannot list from a name on"));
    }
    // All names under the prefix come after such a start.
    let after = after.filter(|after| !quirks.order.precedes(after, &request.prefix));
    let start = after.map(|after| match request.delimiter {
        Some(delimiter) => one_level(after, request.prefix.len(), delimiter),
        None => after,
    });
    let limit =
        if request.limit == 0 { quirks.page_limit } else { request.limit.min(quirks.page_limit) };
    // The start itself is listed, and dropped.
    let limit = (limit + usize::from(start.is_some())).min(PAGE_LIMIT);

    let mut parameters: Parameters = vec![("comp", b"list".into())];
    let mut add = |name, value: Option<&[u8]>| {
        parameters.extend(value.map(|value| (name, value.to_vec())));
    };
    add("delimiter", request.delimiter.as_ref().map(std::slice::from_ref));
    add("marker", request.token.as_deref().map(str::as_bytes));
    add("maxresults", Some(limit.to_string().as_bytes()));
    add("prefix", Some(request.prefix.as_slice()).filter(|prefix| !prefix.is_empty()));
    add("restype", Some(b"container"));
    add("startFrom", start);
    Ok(parameters)
}

/// The same with what is to be listed beside the current blobs.
pub(super) fn including(mut parameters: Parameters, include: &[&str]) -> Parameters {
    let at = parameters.partition_point(|(name, _)| *name < "include");
    parameters.insert(at, ("include", include.join(",").into_bytes()));
    parameters
}

/// A start within one level: "for non-recursive list, only one entity level is supported". The entry that
/// the full start lies in is listed then, and dropped.
fn one_level(after: &[u8], prefix: usize, delimiter: u8) -> &[u8] {
    let below = after.get(prefix..).unwrap_or_default();
    let end = below.iter().position(|byte| *byte == delimiter).map(|at| prefix + at + 1);
    &after[..end.unwrap_or(after.len())]
}

/// The query as it is sent. `+` and blanks are escaped: servers disagree on the former.
pub(super) fn write(parameters: &Parameters) -> String {
    let mut query = String::with_capacity(256);
    for (name, value) in parameters {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        percent::encode(value, &mut query);
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::KeyOrder;

    fn quirks() -> Quirks {
        crate::store::azure::quirks()
    }

    fn request() -> PageRequest {
        PageRequest {
            prefix: b"a b/".into(),
            after: Some("a b/\u{e9}+/1".into()),
            limit: 5000,
            ..PageRequest::default()
        }
    }

    fn written(request: &PageRequest) -> String {
        write(&list(request, &quirks()).unwrap())
    }

    #[test]
    fn names_are_ascending_and_values_encoded() {
        assert_eq!(
            written(&request()),
            "comp=list&maxresults=5000&prefix=a%20b%2F&restype=container&startFrom=a%20b%2F%C3%A9%2B%2F1"
        );
        let names = list(&request(), &quirks()).unwrap();
        assert!(names.is_sorted_by_key(|(name, _)| name.to_ascii_lowercase()));
    }

    #[test]
    fn a_marker_takes_the_place_of_the_start() {
        let request = PageRequest { token: Some("2!8!a+b=".to_owned()), limit: 7, ..request() };
        assert_eq!(
            written(&request),
            "comp=list&marker=2%218%21a%2Bb%3D&maxresults=7&prefix=a%20b%2F&restype=container"
        );
    }

    #[test]
    fn there_is_room_for_the_start_itself() {
        assert!(written(&PageRequest { limit: 7, ..request() }).contains("maxresults=8&"));
        let first = PageRequest { limit: 7, after: None, ..request() };
        assert!(written(&first).contains("maxresults=7&"));
    }

    #[test]
    fn a_start_within_directories_stays_in_one_level() {
        let request = PageRequest { delimiter: Some(b'/'), ..request() };
        assert!(written(&request).ends_with("&startFrom=a%20b%2F%C3%A9%2B%2F"));
        let flat = PageRequest { after: Some(b"a b/x".into()), ..request };
        assert!(written(&flat).ends_with("&startFrom=a%20b%2Fx"));
    }

    #[test]
    fn a_start_before_the_prefix_is_not_sent() {
        let before = PageRequest { after: Some(b"a".into()), ..request() };
        assert!(!written(&before).contains("startFrom"));
        let astral = PageRequest {
            prefix: "\u{FF5E}".into(),
            after: Some("\u{1F600}".into()),
            ..PageRequest::default()
        };
        assert_eq!(quirks().order, KeyOrder::Utf16);
        assert!(!written(&astral).contains("startFrom"), "before it in UTF-16, after it in bytes");
    }

    #[test]
    fn a_start_is_refused_where_the_store_knows_none() {
        let quirks = Quirks { range_start: RangeStart::None, ..quirks() };
        assert_eq!(list(&request(), &quirks).unwrap_err().kind, ErrorKind::Setup);
    }
}
