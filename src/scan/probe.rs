//! A delimiter page as the planner reads it: keys and common prefixes in one order.

use super::planner::ProbeEntry;
use crate::object::KeyOrder;
use crate::store::Page;

/// Keys and common prefixes of a page, merged into listing order.
pub(super) fn entries(page: &Page, order: KeyOrder) -> Vec<ProbeEntry<'_>> {
    let mut keys = (0..page.len()).map(|index| page.key(index)).peekable();
    let mut prefixes = page.prefixes().peekable();
    let mut entries = Vec::with_capacity(page.len() + prefixes.len());
    loop {
        let take_key = match (keys.peek(), prefixes.peek()) {
            (Some(key), Some(prefix)) => order.precedes(key, prefix),
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return entries,
        };
        if take_key {
            entries.extend(keys.next().map(ProbeEntry::Key));
        } else {
            entries.extend(prefixes.next().map(ProbeEntry::CommonPrefix));
        }
    }
}
