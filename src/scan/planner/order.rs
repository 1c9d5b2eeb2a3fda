//! What a page must be like for range listing to be right.

use super::api::{OrderError, PageKeys};
use super::lore::Lore;

/// The first index in `0..length` for which `before` is false.
pub(super) fn partition(length: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, length);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// Whether a page may follow `cursor`: its keys ascend, and they come after it.
pub(super) fn check(
    lore: &Lore,
    cursor: Option<&[u8]>,
    page: &dyn PageKeys,
    more: bool,
) -> Result<(), OrderError> {
    let length = page.len();
    if length == 0 {
        return if more { Err(OrderError::EmptyPage) } else { Ok(()) };
    }
    let order = lore.order;
    let first = page.key(0);
    if let Some(cursor) = cursor
        && !order.precedes(cursor, first)
    {
        return Err(OrderError::NotAfterCursor { key: first.to_vec(), cursor: cursor.to_vec() });
    }
    let mut previous = first;
    for index in 1..length {
        let key = page.key(index);
        if !order.precedes(previous, key) {
            return Err(OrderError::NotAscending {
                index,
                key: key.to_vec(),
                previous: previous.to_vec(),
            });
        }
        previous = key;
    }
    // keys with the prefix lie side by side in the order, so the ends speak for all between
    if !first.starts_with(&lore.prefix) || !previous.starts_with(&lore.prefix) {
        let index = (0..length).find(|i| !page.key(*i).starts_with(&lore.prefix)).unwrap_or(0);
        return Err(OrderError::OutsidePrefix { index, key: page.key(index).to_vec() });
    }
    Ok(())
}
