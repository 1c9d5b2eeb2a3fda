//! Where an answer ends, seen before it is decoded.

use crate::store::text::{ending, percent};
use crate::store::{PageRequest, Plus, Quirks};

/// The last key of a page of objects that goes on, as far as the end of the body shows it.
pub(super) fn last_key(body: &[u8], request: &PageRequest, quirks: &Quirks) -> Option<Vec<u8>> {
    // Among groups the last entry may be none of a key.
    if request.delimiter.is_some() || !ending::says(body, "<IsTruncated>true<") {
        return None;
    }
    let written = ending::last_text(body, "<Key>")?;
    if !ending::says(body, "<EncodingType>url<") {
        return Some(written);
    }
    if quirks.plus == Plus::Unsure && written.contains(&b'+') {
        return None;
    }
    let mut key = Vec::with_capacity(written.len());
    percent::decode(quirks.plus, &written, &mut key).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(head: &str, keys: &[&str], delimiter: Option<u8>) -> Option<Vec<u8>> {
        let entries: Vec<String> =
            keys.iter().map(|key| format!("<Contents><Key>{key}</Key></Contents>")).collect();
        let body = format!("<ListBucketResult>{head}{}</ListBucketResult>", entries.concat());
        let request = PageRequest { delimiter, ..PageRequest::default() };
        last_key(body.as_bytes(), &request, &Quirks::default())
    }

    #[test]
    fn the_last_key_of_a_page_that_goes_on_is_known_by_its_end() {
        let more = "<IsTruncated>true</IsTruncated>";
        let encoded = "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>";
        assert_eq!(last(more, &["a", "b%2Fc&amp;"], None), Some(b"b%2Fc&".to_vec()));
        assert_eq!(last(encoded, &["a", "b%2Fc+d"], None), Some(b"b/c d".to_vec()));
        assert_eq!(last(encoded, &["a", "b%"], None), None);
    }

    #[test]
    fn a_listing_that_ends_or_is_of_groups_shows_no_last_key() {
        assert_eq!(last("<IsTruncated>false</IsTruncated>", &["a"], None), None);
        assert_eq!(last("<IsTruncated>true</IsTruncated>", &["a"], Some(b'/')), None);
        assert_eq!(last("<IsTruncated>true</IsTruncated>", &[], None), None);
    }
}
