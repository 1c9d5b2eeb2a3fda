//! Structure probes: asking, what their answers tell, and by which character.

use super::api::{ProbeEntry, Request, RequestId};
use super::directories::Directories;
use super::machine::{Open, Planner};
use super::separator::Separators;
use super::trace::TraceEvent;

/// What a structure probe asked for.
#[derive(Debug)]
pub(super) struct Asked {
    directory: Vec<u8>,
    delimiter: u8,
    after: Vec<u8>,
}

impl Planner {
    /// Asks for the structure of up to `most` unlisted directories around a range's cursor at once, as nobody else
    /// wants the slots; the number of probes.
    pub(super) fn probe_above(
        &mut self,
        place: usize,
        most: usize,
        out: &mut Vec<Request>,
    ) -> usize {
        let (order, floor) = (self.lore.order, self.lore.prefix.len());
        let Some(delimiter) = self.lore.delimiter else { return 0 };
        let Some(range) = self.arena.get(place).and_then(Option::as_ref) else { return 0 };
        let unlisted: Vec<Vec<u8>> = range
            .levels(order, delimiter, floor)
            .map(|(_, directory)| directory)
            .filter(|directory| self.lore.directories.get(directory).is_none())
            .map(<[u8]>::to_vec)
            .collect();
        let mut asked = 0;
        for directory in unlisted {
            if asked < most && self.probe(place, &directory, out) {
                asked += 1;
            }
        }
        asked
    }

    /// Asks for the structure of `directory` on behalf of a range, unless that is being asked already.
    pub(super) fn probe(&mut self, place: usize, directory: &[u8], out: &mut Vec<Request>) -> bool {
        let Some(delimiter) = self.lore.delimiter else { return false };
        // of a directory too wide for one answer, each range asks for its own stretch
        let wide = self.lore.directories.get(directory).is_some_and(|known| known.wide);
        let Some(range) = self.arena.get_mut(place).and_then(Option::as_mut) else { return false };
        let asked = self.open.values().any(|open| {
            matches!(open, Open::Probe(other, asked)
                if asked.directory == directory && (!wide || *other == range.id))
        });
        if asked {
            return false;
        }
        let Some(after) = range.cursor.clone() else { return false };
        range.probes += 1;
        let range = range.id;
        self.speculative += 1;
        self.stats.probes += 1;
        let id = self.request_id();
        let asked = Asked { directory: directory.to_vec(), delimiter, after: after.clone() };
        self.open.insert(id, Open::Probe(range, asked));
        self.trace(|| TraceEvent::Probe { range, directory: directory.to_vec() });
        out.push(Request::Probe {
            id,
            directory: directory.to_vec(),
            delimiter,
            after: Some(after),
        });
        true
    }

    /// Another character may divide the names better than the one so far.
    pub(super) fn look_for_separator(&mut self, place: usize) {
        let floor = self.lore.prefix.len();
        let Some(separators) = &mut self.lore.separators else { return };
        let Some(range) = self.arena.get(place).and_then(Option::as_ref) else { return };
        if let Some(delimiter) = separators.learn(&range.sample, floor) {
            self.divide_by(Some(delimiter));
        }
    }

    /// Takes in the answer of a structure probe. Its keys are not counted: it only advises.
    pub fn on_probe(&mut self, id: RequestId, entries: &[ProbeEntry<'_>], more: bool) {
        let Some(Asked { directory, delimiter, after }) = self.close_probe(id) else { return };
        self.trace(|| TraceEvent::Structure {
            directory: directory.clone(),
            entries: entries.len(),
            more,
        });
        let lore = &mut self.lore;
        if lore.delimiter != Some(delimiter) {
            return;
        }
        let ungrouped = |entry: &ProbeEntry<'_>| {
            matches!(entry, ProbeEntry::Key(key)
                if key.get(directory.len()..).is_some_and(|name| name.contains(&delimiter)))
        };
        if entries.iter().any(ungrouped) {
            self.refuse(delimiter);
            return;
        }
        lore.directories.store(lore.order, &directory, &after, entries, more);
        lore.directories.kin.note(&directory, &after, lore.prefix.len(), delimiter);
        for range in self.arena.iter_mut().flatten() {
            if range.cursor.as_ref().is_some_and(|cursor| cursor.starts_with(&directory)) {
                range.plan = None;
            }
        }
    }

    /// Takes in that a structure probe got no answer. No more by that delimiter are sent.
    pub fn on_probe_failed(&mut self, id: RequestId) {
        if let Some(asked) = self.close_probe(id) {
            self.stats.failed_probes += 1;
            self.refuse(asked.delimiter);
        }
    }

    /// The store does not group by `delimiter`: back to the usual one, or if it is that, to none.
    fn refuse(&mut self, delimiter: u8) {
        if self.lore.delimiter == Some(delimiter) {
            let usual = self.lore.separators.as_mut().map(Separators::refuse);
            self.divide_by(usual.filter(|usual| *usual != delimiter));
        }
    }

    fn close_probe(&mut self, id: RequestId) -> Option<Asked> {
        if !matches!(self.open.get(&id), Some(Open::Probe(..))) {
            return None;
        }
        let Some(Open::Probe(range, asked)) = self.open.remove(&id) else { return None };
        self.speculative = self.speculative.saturating_sub(1);
        self.wasted += 1.0;
        if let Some(range) = self.place(range).and_then(|place| self.at(place)) {
            range.probes = range.probes.saturating_sub(1);
            range.plan = None;
        }
        Some(asked)
    }

    /// From now on this is what divides names into directories, and what was known of directories is void.
    fn divide_by(&mut self, delimiter: Option<u8>) {
        self.trace(|| TraceEvent::Divided { delimiter });
        let lore = &mut self.lore;
        lore.delimiter = delimiter;
        if delimiter.is_none() {
            lore.separators = None;
        }
        lore.directories = Directories::default();
        for range in self.arena.iter_mut().flatten() {
            range.enter(lore.order, delimiter, lore.prefix.len());
            range.plan = None;
        }
    }
}
