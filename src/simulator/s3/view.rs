//! A content in the order in which the server lists it.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use crate::object::KeyOrder;
use crate::simulator::content::{Attributes, Content, bisect};

/// How two keys of a listing compare.
type Order = fn(&[u8], &[u8]) -> Ordering;

/// A content by position in the listing.
pub(crate) struct View {
    content: Arc<dyn Content>,
    /// The order, where it is not that of the bytes.
    order: Option<Order>,
    /// Indices by position, where they differ.
    permutation: Option<Vec<u32>>,
}

impl View {
    /// The most objects of a bucket that can be listed in an order that has to be sorted for.
    const MOST_SORTED: u64 = 10_000_000;

    /// Lists in the order of the keys' bytes.
    pub(crate) fn in_byte_order(content: Arc<dyn Content>) -> Self {
        Self { content, order: None, permutation: None }
    }

    /// Lists in the order in which directories are walked, `/` below every other byte. `None` if there
    /// are too many objects.
    pub(crate) fn in_directory_order(content: Arc<dyn Content>) -> Option<Self> {
        Self::in_order(content, compare_as_directories)
    }

    /// Lists in the order of UTF-16 code units. `None` if there are too many objects.
    pub(crate) fn in_utf16_order(content: Arc<dyn Content>) -> Option<Self> {
        Self::in_order(content, |left, right| KeyOrder::Utf16.compare(left, right))
    }

    fn in_order(content: Arc<dyn Content>, order: fn(&[u8], &[u8]) -> Ordering) -> Option<Self> {
        if content.len() > Self::MOST_SORTED {
            return None;
        }
        let mut keys = Vec::new();
        content.visit(0..content.len(), &mut |key, _| keys.push(key.to_vec()));
        let mut permutation: Vec<u32> = (0..u32::try_from(keys.len()).ok()?).collect();
        let key = |index: u32| keys.get(index as usize).map_or(&[][..], Vec::as_slice);
        permutation.sort_by(|&left, &right| order(key(left), key(right)));
        let sorted = permutation.is_sorted();
        Some(Self { content, order: Some(order), permutation: (!sorted).then_some(permutation) })
    }

    /// The content, in the order of the keys' bytes.
    pub(crate) fn content(&self) -> &dyn Content {
        self.content.as_ref()
    }

    pub(crate) fn len(&self) -> u64 {
        self.content.len()
    }

    /// Replaces `out` by the key at `position`.
    pub(crate) fn key(&self, position: u64, out: &mut Vec<u8>) {
        out.clear();
        self.content.key(self.index(position), out);
    }

    /// Compares two keys as this listing orders them.
    pub(crate) fn compare(&self, left: &[u8], right: &[u8]) -> Ordering {
        self.order.map_or_else(|| left.cmp(right), |order| order(left, right))
    }

    /// The position of the first key past `after`.
    pub(crate) fn rank(&self, after: &[u8]) -> u64 {
        if self.order.is_none() {
            return self.content.rank(after);
        }
        self.partition_point(0..self.len(), |key| self.compare(key, after).is_le())
    }

    /// The position of the first key at or past `from`.
    pub(crate) fn lower_bound(&self, from: &[u8]) -> u64 {
        if self.order.is_none() {
            return self.content.lower_bound(from);
        }
        self.partition_point(0..self.len(), |key| self.compare(key, from).is_lt())
    }

    /// The first position of `range` whose key does not satisfy `before`.
    pub(crate) fn partition_point(&self, range: Range<u64>, before: impl Fn(&[u8]) -> bool) -> u64 {
        let mut key = Vec::with_capacity(128);
        bisect(range, |position| {
            self.key(position, &mut key);
            before(&key)
        })
    }

    /// The end of the run of keys from `range.start` on that begin with `prefix`, found by doubling
    /// steps: runs are short more often than long.
    pub(crate) fn end_of_prefix(&self, range: Range<u64>, prefix: &[u8]) -> u64 {
        let mut key = Vec::with_capacity(128);
        let (mut inside, mut step) = (range.start, 1);
        while inside + step < range.end {
            self.key(inside + step, &mut key);
            if !key.starts_with(prefix) {
                break;
            }
            inside += step;
            step *= 2;
        }
        let end = (inside + step).min(range.end);
        self.partition_point(inside..end, |key| key.starts_with(prefix))
    }

    /// Calls `visitor` with each object of `range` in order.
    pub(crate) fn visit(&self, range: Range<u64>, visitor: &mut dyn FnMut(&[u8], Attributes<'_>)) {
        if self.permutation.is_none() {
            return self.content.visit(range, visitor);
        }
        let mut key = Vec::with_capacity(128);
        for position in range {
            self.key(position, &mut key);
            visitor(&key, self.content.object(self.index(position)));
        }
    }

    /// The attributes of the object of exactly this key.
    pub(crate) fn find(&self, key: &[u8]) -> Option<Attributes<'_>> {
        let index = self.content.lower_bound(key);
        let mut found = Vec::with_capacity(128);
        if index < self.content.len() {
            self.content.key(index, &mut found);
        }
        (!key.is_empty() && found == key).then(|| self.content.object(index))
    }

    /// The index in the content of the object at `position`.
    pub(crate) fn index(&self, position: u64) -> u64 {
        let Some(permutation) = &self.permutation else {
            return position;
        };
        let at = usize::try_from(position).unwrap_or(usize::MAX);
        permutation.get(at).copied().map_or(position, u64::from)
    }
}

/// Compares with `/` below every other byte.
fn compare_as_directories(left: &[u8], right: &[u8]) -> Ordering {
    let weight = |&byte: &u8| match byte {
        b'/' => 0,
        0..b'/' => byte + 1,
        _ => byte,
    };
    left.iter().map(weight).cmp(right.iter().map(weight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::given::Given;

    #[test]
    fn directory_order_puts_children_before_siblings_with_longer_names() {
        let given = Arc::new(Given::of_keys(["dir.x", "dir/a", "dir-x", "dir0", "dir/", "dir"]));
        let view = View::in_directory_order(given).unwrap();
        let mut listed = Vec::new();
        view.visit(0..view.len(), &mut |key, _| {
            listed.push(String::from_utf8(key.to_vec()).unwrap());
        });
        assert_eq!(listed, ["dir", "dir/", "dir/a", "dir-x", "dir.x", "dir0"]);
        assert_eq!(view.rank(b"dir/z"), 3);
        assert_eq!(view.lower_bound(b"dir-x"), 3);
        assert_eq!(view.end_of_prefix(1..6, b"dir/"), 3);
    }

    #[test]
    fn utf16_order_puts_astral_characters_first() {
        let given = Arc::new(Given::of_keys(["\u{FF5E}", "\u{1F600}", "a"]));
        let view = View::in_utf16_order(given).unwrap();
        let mut listed = Vec::new();
        view.visit(0..3, &mut |key, _| listed.push(String::from_utf8(key.to_vec()).unwrap()));
        assert_eq!(listed, ["a", "\u{1F600}", "\u{FF5E}"]);
        assert_eq!(view.lower_bound("\u{FF5E}".as_bytes()), 2);
    }
}
