//! What the end of a document shows before the rest is read.
//!
//! A glance, not a reading: what it finds is only ever a hint, and the reading that follows has the last word.

use memchr::{memchr, memmem};

use super::xml::unescape;

/// Bytes at either end of an answer in which it says what it is; between them are its entries.
const MARGIN: usize = 8 << 10;

/// The text of the last element that `start`, a whole start tag, opens.
pub(crate) fn last_text(body: &[u8], start: &str) -> Option<Vec<u8>> {
    let at = memmem::rfind(body, start.as_bytes())? + start.len();
    let rest = &body[at..];
    let (text, end) = rest.split_at(memchr(b'<', rest)?);
    let mut last = Vec::with_capacity(text.len());
    (end.starts_with(b"</") && unescape(text, &mut last)).then_some(last)
}

/// Whether the document says `text` before or behind its entries.
pub(crate) fn says(body: &[u8], text: &str) -> bool {
    let (head, tail) =
        (&body[..body.len().min(MARGIN)], &body[body.len().saturating_sub(MARGIN)..]);
    [head, tail].into_iter().any(|margin| memmem::find(margin, text.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_text_is_read_where_it_is_plain_and_whole() {
        let last = |body: &str| last_text(body.as_bytes(), "<Key>");
        assert_eq!(last("<Key>a</Key><Key>b&amp;c</Key><Size>1</Size>"), Some(b"b&c".to_vec()));
        assert_eq!(last("<Key>a</Key><Key>b"), None);
        assert_eq!(last("<Key>a<!-- b --></Key>"), None);
        assert_eq!(last("<Key>a&nothing;</Key>"), None);
        assert_eq!(last("<Size>1</Size>"), None);
    }

    #[test]
    fn what_is_said_among_the_entries_is_not_heard() {
        let entries = "x".repeat(2 * MARGIN);
        assert!(says(format!("<More/>{entries}").as_bytes(), "<More/>"));
        assert!(says(format!("{entries}<More/>").as_bytes(), "<More/>"));
        assert!(!says(format!("{entries}<More/>{entries}").as_bytes(), "<More/>"));
    }
}
