//! In which version of the list call an answer is written.
//!
//! A server that does not know `list-type=2` ignores it, and `start-after` and `continuation-token` with
//! it: it answers from the beginning, in the first version's form, as if nothing were wrong.

use crate::store::ListVersion;
use crate::store::text::xml::{Content, Event, Reader};

/// The version that an answer to a request of the second version shows itself to be of; `None` where it
/// shows nothing, as a last page may.
///
/// The second version counts its entries or names its start or token, and goes on by a token. The first
/// names a marker. One that goes on without a token cannot be of the second.
pub(super) fn of(body: &[u8]) -> Option<ListVersion> {
    let mut reader = Reader::new(body);
    let Event::Start(_) = reader.next().ok()? else { return None };
    let mut first = false;
    let mut scratch = Vec::new();
    loop {
        match reader.next().ok()? {
            Event::Start(name) => match &body[name] {
                b"KeyCount" | b"StartAfter" | b"ContinuationToken" | b"NextContinuationToken" => {
                    return Some(ListVersion::V2);
                }
                b"IsTruncated" => {
                    let text = match reader.content(&mut scratch).ok()? {
                        Content::Slice(range) => &body[range],
                        Content::Built => &scratch,
                    };
                    first |= text.eq_ignore_ascii_case(b"true");
                }
                name => {
                    first |= matches!(name, b"Marker" | b"NextMarker");
                    reader.skip().ok()?;
                }
            },
            Event::Done => return first.then_some(ListVersion::V1),
            Event::End | Event::Text(_) | Event::Literal(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(content: &str) -> Option<ListVersion> {
        of(format!("<ListBucketResult>{content}</ListBucketResult>").as_bytes())
    }

    #[test]
    fn an_answer_is_told_by_what_only_one_version_has() {
        const ENTRY: &str = "<Contents><Key>Marker</Key><Marker/><KeyCount/></Contents>";
        let more = "<IsTruncated>true</IsTruncated>";
        let last = "<IsTruncated>false</IsTruncated>";
        for (content, expected) in [
            (format!("<KeyCount>1</KeyCount>{last}{ENTRY}"), Some(ListVersion::V2)),
            (
                format!("<Marker/>{ENTRY}{more}<NextContinuationToken>t</NextContinuationToken>"),
                Some(ListVersion::V2),
            ),
            (format!("<Marker></Marker>{ENTRY}{last}"), Some(ListVersion::V1)),
            (format!("{more}{ENTRY}<NextMarker>k</NextMarker>"), Some(ListVersion::V1)),
            (format!("{more}{ENTRY}"), Some(ListVersion::V1)),
            (format!("{last}{ENTRY}"), None),
        ] {
            assert_eq!(version(&content), expected, "{content}");
        }
    }

    #[test]
    fn what_is_cut_or_no_listing_shows_nothing() {
        for body in ["", "<ListBucketResult><Marker/>", "<Error><Code>x</Code></Error>", "<html>"] {
            assert_eq!(of(body.as_bytes()), None, "{body}");
        }
    }
}
