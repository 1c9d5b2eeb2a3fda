//! Which entries a page holds.

use std::ops::Range;

use super::view::View;

/// Where a page starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start<'a> {
    /// At the first key.
    Beginning,
    /// Past this key; common prefixes not greater than it are left out.
    After(&'a [u8]),
    /// At this key.
    From(&'a [u8]),
    /// Where a page before it ended.
    Position(u64),
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Query<'a> {
    pub(crate) prefix: &'a [u8],
    /// Empty for none.
    pub(crate) delimiter: &'a [u8],
    pub(crate) start: Start<'a>,
    /// The most entries.
    pub(crate) limit: u64,
}

/// A page's entries: objects as ranges of positions, and common prefixes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Range<u64>>,
    pub(crate) prefixes: Vec<Vec<u8>>,
    /// The positions that the page answers for; a next one starts at the end.
    pub(crate) covered: Range<u64>,
    /// Whether entries follow.
    pub(crate) more: bool,
}

impl Page {
    /// Number of objects.
    pub(crate) fn object_count(&self) -> u64 {
        self.objects.iter().map(|run| run.end - run.start).sum()
    }

    /// Number of objects and common prefixes.
    pub(crate) fn count(&self) -> u64 {
        self.object_count() + self.prefixes.len() as u64
    }

    /// Swaps two neighbouring objects, where there are two in a row.
    pub(crate) fn swap_neighbours(&mut self) {
        let Some(at) = self.objects.iter().position(|run| run.end - run.start >= 2) else {
            return;
        };
        let run = self.objects[at].clone();
        let middle = run.start + (run.end - run.start) / 2;
        let parts =
            [run.start..middle - 1, middle..middle + 1, middle - 1..middle, middle + 1..run.end];
        self.objects.splice(at..=at, parts);
    }

    /// The greatest entry, as the listing orders them.
    pub(crate) fn last_entry(&self, view: &View) -> Option<Vec<u8>> {
        let object = self.objects.last().filter(|run| !run.is_empty()).map(|run| {
            let mut key = Vec::new();
            view.key(run.end - 1, &mut key);
            key
        });
        let entries = object.into_iter().chain(self.prefixes.last().cloned());
        entries.max_by(|left, right| view.compare(left, right))
    }
}

/// Finds the entries of a page.
pub(crate) fn plan(view: &View, query: &Query<'_>) -> Page {
    let asked = match query.start {
        Start::Beginning => 0,
        Start::After(key) => view.rank(key),
        Start::From(key) => view.lower_bound(key),
        Start::Position(position) => position.min(view.len()),
    };
    let (start, end) = if query.prefix.is_empty() {
        (asked, view.len())
    } else {
        let start = asked.max(view.lower_bound(query.prefix));
        let rest = start..view.len();
        (start, view.partition_point(rest, |key| key.starts_with(query.prefix)))
    };
    if query.delimiter.is_empty() {
        let stop = start.saturating_add(query.limit).min(end);
        return Page {
            objects: std::iter::once(start..stop).collect(),
            prefixes: Vec::new(),
            covered: start..stop,
            more: stop < end,
        };
    }
    plan_delimited(view, query, start..end)
}

fn plan_delimited(view: &View, query: &Query<'_>, range: Range<u64>) -> Page {
    let finder = memchr::memmem::Finder::new(query.delimiter);
    let mut page = Page::default();
    let mut key = Vec::with_capacity(128);
    let (mut position, mut count) = (range.start, 0);
    while position < range.end && count < query.limit {
        view.key(position, &mut key);
        let below_prefix = key.get(query.prefix.len()..).unwrap_or_default();
        let Some(at) = finder.find(below_prefix) else {
            match page.objects.last_mut() {
                Some(run) if run.end == position => run.end += 1,
                _ => page.objects.push(position..position + 1),
            }
            position += 1;
            count += 1;
            continue;
        };
        key.truncate(query.prefix.len() + at + query.delimiter.len());
        position = view.end_of_prefix(position..range.end, &key);
        let passed = match query.start {
            Start::After(after) => view.compare(&key, after).is_le(),
            Start::From(from) => view.compare(&key, from).is_lt(),
            Start::Beginning | Start::Position(_) => false,
        };
        if !passed {
            page.prefixes.push(std::mem::take(&mut key));
            count += 1;
        }
    }
    page.covered = range.start..position;
    page.more = position < range.end;
    page
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::simulator::given::Given;

    /// What a page holds by the words of the documentation, over a sorted list of keys.
    fn model(keys: &[Vec<u8>], query: &Query<'_>) -> (Vec<Vec<u8>>, Vec<Vec<u8>>, bool) {
        let mut entries: Vec<(Vec<u8>, bool)> = Vec::new();
        for key in keys.iter().filter(|key| key.starts_with(query.prefix)) {
            let rest = &key[query.prefix.len()..];
            let found = (!query.delimiter.is_empty())
                .then(|| rest.windows(query.delimiter.len()).position(|w| w == query.delimiter))
                .flatten();
            let entry = match found {
                Some(at) => (key[..query.prefix.len() + at + query.delimiter.len()].to_vec(), true),
                None => (key.clone(), false),
            };
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        entries.retain(|(text, _)| match query.start {
            Start::After(after) => text.as_slice() > after,
            Start::From(from) => text.as_slice() >= from,
            _ => true,
        });
        let limit = usize::try_from(query.limit).unwrap();
        let more = entries.len() > limit;
        entries.truncate(limit);
        let (prefixes, objects): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(_, prefix)| *prefix);
        let texts = |list: Vec<(Vec<u8>, bool)>| list.into_iter().map(|(text, _)| text).collect();
        (texts(objects), texts(prefixes), more)
    }

    fn objects(view: &View, page: &Page) -> Vec<Vec<u8>> {
        let mut keys = Vec::new();
        for run in &page.objects {
            view.visit(run.clone(), &mut |key, _| keys.push(key.to_vec()));
        }
        keys
    }

    fn view_of(keys: &std::collections::BTreeSet<String>) -> (View, Vec<Vec<u8>>) {
        let sorted = keys.iter().map(|key| key.clone().into_bytes()).collect();
        (View::in_byte_order(Arc::new(Given::of_keys(keys.iter().cloned()))), sorted)
    }

    fn some_keys() -> impl proptest::strategy::Strategy<Value = std::collections::BTreeSet<String>>
    {
        proptest::collection::btree_set("[ab/.0\u{1}é]{1,6}", 0..60)
    }

    proptest::proptest! {
        #[test]
        fn pages_agree_with_the_documentation(
            keys in some_keys(), prefix in "[ab/]{0,2}", delimiter in "(|/|a|//|b/)",
            start in "[ab/.0]{0,4}", inclusive: bool, limit in 1_u64..20,
        ) {
            let (view, sorted) = view_of(&keys);
            let start = if inclusive { Start::From(start.as_bytes()) } else { Start::After(start.as_bytes()) };
            let query = Query { prefix: prefix.as_bytes(), delimiter: delimiter.as_bytes(), start, limit };
            let page = plan(&view, &query);
            let (expected, prefixes, more) = model(&sorted, &query);
            proptest::prop_assert_eq!(objects(&view, &page), expected);
            proptest::prop_assert_eq!(&page.prefixes, &prefixes);
            // A prefix that start-after hides may stand last: then an empty page may follow, no less.
            proptest::prop_assert!(page.more == more);
        }

        #[test]
        fn following_positions_reproduces_every_entry(
            keys in some_keys(), prefix in "[ab/]{0,2}", delimiter in "(|/|a)", limit in 1_u64..7,
        ) {
            let (view, sorted) = view_of(&keys);
            let mut query = Query { prefix: prefix.as_bytes(), delimiter: delimiter.as_bytes(), start: Start::Beginning, limit: 1_000 };
            let (expected, prefixes, _) = model(&sorted, &query);
            query.limit = limit;
            let (mut found, mut found_prefixes) = (Vec::new(), Vec::new());
            loop {
                let page = plan(&view, &query);
                proptest::prop_assert!(page.count() <= limit);
                found.extend(objects(&view, &page));
                found_prefixes.extend(page.prefixes.clone());
                query.start = Start::Position(page.covered.end);
                if !page.more {
                    break;
                }
            }
            proptest::prop_assert_eq!(found, expected);
            proptest::prop_assert_eq!(found_prefixes, prefixes);
        }
    }

    #[test]
    fn a_common_prefix_not_greater_than_the_start_is_left_out_whole() {
        let keys = ["a/b", "a/c", "b/x", "c"].map(str::to_owned).into();
        let (view, _) = view_of(&keys);
        let query = Query { prefix: b"", delimiter: b"/", start: Start::After(b"a/b"), limit: 10 };
        let page = plan(&view, &query);
        assert_eq!(page.prefixes, [b"b/"]);
        assert_eq!(objects(&view, &page), [b"c"]);
    }

    #[test]
    fn swapping_neighbours_keeps_every_object() {
        let keys = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        let (view, _) = view_of(&keys);
        let query = Query { prefix: b"", delimiter: b"", start: Start::Beginning, limit: 10 };
        let mut page = plan(&view, &query);
        page.swap_neighbours();
        assert_eq!(objects(&view, &page), [b"a", b"c", b"b", b"d", b"e"]);
    }
}
