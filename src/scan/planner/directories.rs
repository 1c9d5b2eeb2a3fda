//! What structure probes and walks have shown of the directories.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::api::ProbeEntry;
use super::text;
use crate::object::KeyOrder;

/// Directories remembered; the oldest listing goes first.
const MAX_DIRECTORIES: usize = 2048;
/// Children remembered of one directory.
const MAX_CHILDREN: usize = 20_000;
/// Depths at which name templates are kept.
const MAX_DEPTHS: usize = 64;

/// A directory of which a probe listed children.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// Children up to and including this name are not listed.
    pub(super) from: Vec<u8>,
    /// The listing stops here; `None`: complete.
    pub(super) to: Option<Vec<u8>>,
    /// Child prefixes, ascending.
    pub(super) children: Arc<Vec<Box<[u8]>>>,
    seen: Vec<bool>,
    /// Children that walks have passed, and the keys counted below the directory meanwhile.
    pub(super) passed: u64,
    pub(super) keys: u64,
    before_first: bool,
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
    templates: BTreeMap<usize, Template>,
}

impl Directories {
    pub(super) fn get(&self, path: &[u8]) -> Option<&Directory> {
        self.known.get(path)
    }

    pub(super) fn template(&self, directory: &[u8], delimiter: u8) -> Option<&Template> {
        self.templates.get(&depth(directory, delimiter))
    }

    /// Stores the answer of a probe of `path` that began after `from`.
    pub(super) fn store(&mut self, order: KeyOrder, path: &[u8], from: &[u8], entries: &[ProbeEntry<'_>], more: bool) {
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
        if let Some(known) = self.known.get_mut(path) {
            let joins = known.to.as_ref().is_some_and(|to| {
                !order.precedes(from, &known.from) && !order.precedes(to, from) && known.children.len() + children.len() <= MAX_CHILDREN
            });
            if joins {
                let list = Arc::make_mut(&mut known.children);
                children.retain(|child| list.last().is_none_or(|last| order.precedes(last, child)));
                list.extend(children);
            } else {
                known.seen.clear();
                known.before_first = false;
                known.from = from.to_vec();
                known.children = Arc::new(children);
            }
            known.to = to;
            known.seen.resize(known.children.len(), false);
            return;
        }
        if self.known.len() >= MAX_DIRECTORIES
            && let Some(oldest) = self.age.pop_front()
        {
            self.known.remove(&oldest);
        }
        let seen = vec![false; children.len()];
        let directory = Directory { from: from.to_vec(), to, children: Arc::new(children), seen, ..Directory::default() };
        self.known.insert(path.into(), directory);
        self.age.push_back(path.into());
    }

    /// Credits a walk from `first` to `last`, which accepted `count` keys, to every listed directory around it.
    pub(super) fn credit(&mut self, order: KeyOrder, delimiter: u8, floor: usize, first: &[u8], last: &[u8], count: u64) {
        if self.known.is_empty() {
            return;
        }
        let common = text::common_prefix(first, last).max(floor);
        let ends = (0..first.len().min(common)).filter(|at| first[*at] == delimiter).map(|at| at + 1).filter(|end| *end > floor);
        for end in std::iter::once(floor).chain(ends) {
            let Some(known) = first.get(..end).and_then(|path| self.known.get_mut(path)) else { continue };
            known.keys += count;
            let a = known.children.partition_point(|child| !order.precedes(first, child));
            let b = known.children.partition_point(|child| !order.precedes(last, child));
            if a == 0 && b == 0 && !known.before_first {
                known.before_first = true;
                known.passed += 1;
            }
            for seen in known.seen.iter_mut().take(b).skip(a.saturating_sub(1)).filter(|seen| !**seen) {
                *seen = true;
                known.passed += 1;
            }
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
                let template = Template { common: name.to_vec(), last_directory: directory.to_vec(), directories: 1 };
                self.templates.insert(depth, template);
            }
        }
    }
}

fn depth(path: &[u8], delimiter: u8) -> usize {
    path.iter().filter(|byte| **byte == delimiter).count()
}
