//! What structure probes and walks have shown of the directories.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::api::ProbeEntry;
use super::kin::Kin;
use super::sizes::Sizes;
use super::text;
use crate::object::KeyOrder;

/// Directories remembered; the oldest listing goes first.
const MAX_DIRECTORIES: usize = 2048;
/// Children remembered of one directory.
const MAX_CHILDREN: usize = 20_000;
/// Children remembered in all.
const MAX_ALL_CHILDREN: usize = 200_000;
/// Separate stretches remembered of one directory.
const MAX_STRETCHES: usize = 64;
/// Depths at which name templates are kept.
const MAX_DEPTHS: usize = 64;

/// A stretch of a directory that probes have listed.
#[derive(Debug)]
pub(super) struct Stretch {
    /// Children up to and including this name are not listed.
    pub(super) from: Vec<u8>,
    /// The listing stops here; `None`: at the directory's end.
    pub(super) to: Option<Vec<u8>>,
    /// Child prefixes, ascending.
    pub(super) children: Arc<Vec<Box<[u8]>>>,
    pub(super) sizes: Sizes,
}

/// A directory of which probes listed children.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// Ascending and disjoint: a directory too wide for one answer is listed where its ranges need it.
    stretches: Vec<Stretch>,
    /// Children that walks have passed, and the keys counted below the directory meanwhile.
    pub(super) passed: u64,
    pub(super) keys: u64,
    before_first: bool,
    /// Mostly child prefixes, and too many for one answer.
    pub(super) wide: bool,
}

impl Directory {
    /// Keys per child so far, at least one.
    pub(super) fn average(&self) -> f64 {
        (self.keys as f64 / self.passed.max(1) as f64).max(1.0)
    }

    /// The stretch that lists what follows `cursor`.
    pub(super) fn around(&self, order: KeyOrder, cursor: &[u8]) -> Option<&Stretch> {
        let index = self.stretches.partition_point(|s| !order.precedes(cursor, &s.from));
        let stretch = index.checked_sub(1).and_then(|i| self.stretches.get(i))?;
        stretch.to.as_ref().is_none_or(|to| order.precedes(cursor, to)).then_some(stretch)
    }

    /// Makes the expectations of the stretches again, of all or of those that have fallen behind.
    fn expect(&mut self, stem: usize, all: bool) {
        let average = self.average();
        for stretch in self.stretches.iter_mut().filter(|stretch| all || stretch.sizes.stale()) {
            stretch.sizes.expect(&stretch.children, stem, average);
        }
    }

    fn insert(
        &mut self,
        order: KeyOrder,
        from: &[u8],
        to: Option<Vec<u8>>,
        children: Vec<Box<[u8]>>,
    ) {
        let index = self.stretches.partition_point(|s| !order.precedes(from, &s.from));
        let mut to = to;
        let mut children = children;
        // what a later stretch lists already is left to it
        if let Some(next) = self.stretches.get(index)
            && to.as_ref().is_none_or(|to| order.precedes(&next.from, to))
        {
            to = Some(next.from.clone());
            children.retain(|child| !order.precedes(&next.from, child));
        }
        if let Some(before) = index.checked_sub(1).and_then(|i| self.stretches.get_mut(i)) {
            let Some(end) = before.to.clone() else { return };
            if !order.precedes(&end, from) {
                if to.as_ref().is_some_and(|to| !order.precedes(&end, to)) {
                    return;
                }
                children.retain(|child| order.precedes(&end, child));
                Arc::make_mut(&mut before.children).extend(children);
                before.sizes.grow(before.children.len());
                before.to = to;
                self.join(order, index);
                return;
            }
        }
        if self.stretches.len() < MAX_STRETCHES {
            let mut sizes = Sizes::default();
            sizes.grow(children.len());
            self.stretches.insert(
                index,
                Stretch { from: from.to_vec(), to, children: Arc::new(children), sizes },
            );
            self.join(order, index + 1);
        }
    }

    /// Makes one of the stretches before and at `index` if the first ends where the second begins.
    fn join(&mut self, order: KeyOrder, index: usize) {
        let touches = match (
            index.checked_sub(1).and_then(|i| self.stretches.get(i)),
            self.stretches.get(index),
        ) {
            (Some(a), Some(b)) => {
                a.to.as_ref().is_none_or(|to| !order.precedes(to, &b.from))
                    && a.children.len() + b.children.len() <= MAX_CHILDREN
            }
            _ => false,
        };
        if touches {
            let right = self.stretches.remove(index);
            if let Some(left) = self.stretches.get_mut(index - 1) {
                let last = left.children.last().cloned();
                let fresh = right
                    .children
                    .iter()
                    .enumerate()
                    .filter(|(_, c)| last.as_ref().is_none_or(|last| order.precedes(last, c)));
                let merged = Arc::make_mut(&mut left.children);
                for (index, child) in fresh {
                    merged.push(child.clone());
                    left.sizes.take(&right.sizes, index);
                }
                left.to = right.to;
            }
        }
    }
}

/// What base names have in common at one depth ("part-").
#[derive(Debug)]
pub(super) struct Template {
    pub(super) common: Vec<u8>,
    last_directory: Vec<u8>,
    pub(super) directories: u64,
}

/// All that is known.
#[derive(Debug, Default)]
pub(super) struct Directories {
    known: HashMap<Box<[u8]>, Directory>,
    age: VecDeque<Box<[u8]>>,
    /// Children remembered in all, at most (a re-listed child counts twice).
    children: usize,
    templates: BTreeMap<usize, Template>,
    pub(super) kin: Kin,
}

impl Directories {
    pub(super) fn get(&self, path: &[u8]) -> Option<&Directory> {
        self.known.get(path)
    }

    pub(super) fn template(&self, directory: &[u8], delimiter: u8) -> Option<&Template> {
        self.templates.get(&depth(directory, delimiter))
    }

    /// Stores the answer of a probe of `path` that began after `from`.
    pub(super) fn store(
        &mut self,
        order: KeyOrder,
        path: &[u8],
        from: &[u8],
        entries: &[ProbeEntry<'_>],
        more: bool,
    ) {
        let mut children: Vec<Box<[u8]>> = Vec::new();
        for entry in entries {
            if let ProbeEntry::CommonPrefix(name) = entry
                && name.len() > path.len()
                && name.starts_with(path)
                && children.last().is_none_or(|last| order.precedes(last, name))
                && children.len() < MAX_CHILDREN
            {
                children.push((*name).into());
            }
        }
        let to = if more { entries.last().map(|last| last.name().to_vec()) } else { None };
        if !self.known.contains_key(path) {
            if self.known.len() >= MAX_DIRECTORIES
                && let Some(oldest) = self.age.pop_front()
                && let Some(gone) = self.known.remove(&oldest)
            {
                self.children = self
                    .children
                    .saturating_sub(gone.stretches.iter().map(|s| s.children.len()).sum());
            }
            self.age.push_back(path.into());
        }
        let added = children.len();
        let known = self.known.entry(path.into()).or_default();
        known.wide |= more && added * 2 > entries.len();
        known.insert(order, from, to, children);
        known.expect(path.len(), true);
        self.children += added;
        while self.children > MAX_ALL_CHILDREN && self.known.len() > 1 {
            let Some(oldest) = self.age.pop_front() else { break };
            if *oldest == *path {
                self.age.push_back(oldest);
                continue;
            }
            if let Some(gone) = self.known.remove(&oldest) {
                self.children = self
                    .children
                    .saturating_sub(gone.stretches.iter().map(|s| s.children.len()).sum());
            }
        }
    }

    /// Credits a walk from `first` to `last`, which accepted `count` keys, to every listed directory around it.
    pub(super) fn credit(
        &mut self,
        order: KeyOrder,
        delimiter: u8,
        floor: usize,
        first: &[u8],
        last: &[u8],
        count: u64,
    ) {
        if self.known.is_empty() {
            return;
        }
        let common = text::common_prefix(first, last).max(floor);
        let ends = (0..first.len().min(common))
            .filter(|at| first[*at] == delimiter)
            .map(|at| at + 1)
            .filter(|end| *end > floor);
        for end in std::iter::once(floor).chain(ends) {
            let Some(known) = first.get(..end).and_then(|path| self.known.get_mut(path)) else {
                continue;
            };
            let mut any = false;
            for stretch in &mut known.stretches {
                if order.precedes(last, &stretch.from)
                    || stretch.to.as_ref().is_some_and(|to| order.precedes(to, first))
                {
                    continue;
                }
                let a = stretch.children.partition_point(|child| !order.precedes(first, child));
                let b = stretch.children.partition_point(|child| !order.precedes(last, child));
                let from = a.saturating_sub(1);
                if from < b {
                    any = true;
                    known.passed += stretch.sizes.credit(from, b, count);
                }
            }
            if !any && !known.before_first {
                any = true;
                known.before_first = true;
                known.passed += 1;
            }
            // what lies outside the listed stretches says nothing about their children
            if any || !known.wide {
                known.keys += count;
            }
            known.expect(end, false);
        }
    }

    /// Learns what base names share.
    pub(super) fn learn<'a>(&mut self, delimiter: u8, keys: impl Iterator<Item = &'a [u8]>) {
        for key in keys {
            let (directory, name) = key.split_at(text::directory_end(key, delimiter, 0));
            let depth = depth(directory, delimiter);
            if let Some(known) = self.templates.get_mut(&depth) {
                if known.last_directory != directory {
                    known.directories += 1;
                    known.last_directory.clear();
                    known.last_directory.extend_from_slice(directory);
                }
                if !name.starts_with(&known.common) {
                    known.common.truncate(text::common_prefix(&known.common, name));
                }
            } else if self.templates.len() < MAX_DEPTHS {
                let template = Template {
                    common: name.to_vec(),
                    last_directory: directory.to_vec(),
                    directories: 1,
                };
                self.templates.insert(depth, template);
            }
        }
    }
}

fn depth(path: &[u8], delimiter: u8) -> usize {
    path.split(|byte| *byte == delimiter).count() - 1
}
