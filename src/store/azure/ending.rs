//! Where an answer ends, seen before it is decoded.

use crate::store::PageRequest;
use crate::store::text::ending;

/// The last name of a page of blobs that goes on, as far as the end of the body shows it. Of names that XML cannot
/// carry, and of Arrow streams, only decoding tells.
pub(super) fn last_name(body: &[u8], request: &PageRequest) -> Option<Vec<u8>> {
    // Among groups the last entry may be none of a name.
    if request.delimiter.is_some() || ending::last_text(body, "<NextMarker>")?.is_empty() {
        return None;
    }
    ending::last_text(body, "<Name>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_of_a_page_that_goes_on_is_known_by_its_end() {
        let last = |marker: &str, delimiter| {
            let body = format!(
                "<EnumerationResults><Blobs><Blob><Name>a</Name></Blob><Blob><Name>b/c&amp;</Name></Blob></Blobs>{marker}</EnumerationResults>"
            );
            last_name(body.as_bytes(), &PageRequest { delimiter, ..PageRequest::default() })
        };
        assert_eq!(last("<NextMarker>2!8</NextMarker>", None), Some(b"b/c&".to_vec()));
        assert_eq!(last("<NextMarker>2!8</NextMarker>", Some(b'/')), None);
        assert_eq!(last("<NextMarker></NextMarker>", None), None);
        assert_eq!(last("<NextMarker/>", None), None);
    }
}
