//! A store in memory and a virtual clock: what a driver does, without any I/O.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use weighbridge::object::KeyOrder;
use weighbridge::scan::planner::{
    PageKeys, Planner, PlannerConfig, PlannerStats, ProbeEntry, Request, TraceEvent,
};

/// Sorted keys in one allocation.
#[derive(Default)]
pub struct Keys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Keys {
    pub fn sorted(mut keys: Vec<Vec<u8>>, order: KeyOrder) -> Self {
        keys.sort_unstable_by(|a, b| order.compare(a, b));
        keys.dedup();
        let mut out = Self::default();
        for key in &keys {
            out.bytes.extend_from_slice(key);
            out.ends.push(out.bytes.len());
        }
        out
    }

    pub fn from_sorted<'a>(keys: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut out = Self::default();
        for key in keys {
            out.bytes.extend_from_slice(key);
            out.ends.push(out.bytes.len());
        }
        out
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, i: usize) -> &[u8] {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.bytes[start..self.ends[i]]
    }

    /// First index for which `before` is false.
    pub fn partition(&self, from: usize, before: impl Fn(&[u8]) -> bool) -> usize {
        let (mut low, mut high) = (from.min(self.len()), self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.get(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// A slice of [`Keys`] as a page.
pub struct Page<'a> {
    pub keys: &'a Keys,
    pub start: usize,
    pub end: usize,
}

impl PageKeys for Page<'_> {
    fn len(&self) -> usize {
        self.end - self.start
    }
    fn key(&self, index: usize) -> &[u8] {
        self.keys.get(self.start + index)
    }
}

/// A store that lists `keys` in `order`.
pub struct Store<'a> {
    pub keys: &'a Keys,
    pub order: KeyOrder,
    pub page: usize,
}

impl<'a> Store<'a> {
    pub fn list(&self, prefix: &[u8], after: Option<&[u8]>) -> (Page<'a>, bool) {
        let from = self.keys.partition(0, |k| self.order.precedes(k, prefix));
        let start = after
            .map_or(from, |after| self.keys.partition(from, |k| !self.order.precedes(after, k)));
        let limit = self.keys.partition(start, |k| k.starts_with(prefix));
        let end = (start + self.page).min(limit);
        (Page { keys: self.keys, start, end }, end < limit)
    }

    pub fn probe(
        &self,
        directory: &[u8],
        delimiter: u8,
        after: Option<&[u8]>,
    ) -> (Vec<ProbeEntry<'a>>, bool) {
        let mut at = self.keys.partition(0, |k| self.order.precedes(k, directory));
        if let Some(after) = after {
            at = at.max(self.keys.partition(0, |k| !self.order.precedes(after, k)));
        }
        let mut out = Vec::new();
        while at < self.keys.len() {
            let key = self.keys.get(at);
            if !key.starts_with(directory) {
                return (out, false);
            }
            if out.len() >= 1000 {
                return (out, true);
            }
            match key[directory.len()..].iter().position(|b| *b == delimiter) {
                None => {
                    out.push(ProbeEntry::Key(key));
                    at += 1;
                }
                Some(slash) => {
                    let common = &key[..=directory.len() + slash];
                    at = self.keys.partition(at, |k| k.starts_with(common));
                    if after.is_none_or(|after| self.order.precedes(after, common)) {
                        out.push(ProbeEntry::CommonPrefix(common));
                    }
                }
            }
        }
        (out, false)
    }
}

/// SplitMix64: small, seedable, good enough.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }
    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
    pub fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
    pub fn pareto(&mut self, alpha: f64) -> f64 {
        (1.0 - self.unit()).powf(-1.0 / alpha)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Latency {
    Constant,
    LogNormal,
}

struct Event {
    time: f64,
    sequence: u64,
    request: Request,
}
impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Event {}
impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        self.time.total_cmp(&other.time).then(self.sequence.cmp(&other.sequence))
    }
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub requests: u64,
    pub makespan: f64,
    pub stats: PlannerStats,
    /// Time spent inside the planner.
    pub planner: Duration,
    /// Trace events and their times, if asked for.
    pub explain: Vec<(f64, TraceEvent)>,
}

pub struct Run<'a> {
    pub store: Store<'a>,
    pub prefix: Vec<u8>,
    pub slots: usize,
    pub latency: Latency,
    pub seed: u64,
    pub explain: bool,
    pub probes: bool,
}

/// Seconds of processor time that this thread has used, where the system tells.
fn cpu_time() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

/// Runs the planner against the store; panics if a key is missed or counted twice.
pub fn drive(run: &Run<'_>) -> Outcome {
    let mut random = Random(run.seed);
    let mut planner = Planner::new(PlannerConfig {
        page_limit: run.store.page,
        prefix: run.prefix.clone(),
        order: run.store.order,
        delimiter: run.probes.then_some(b'/'),
    });
    let traced = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    if run.explain {
        let sink = std::sync::Arc::clone(&traced);
        planner.set_trace(Some(Box::new(move |event| sink.lock().unwrap().push(event))));
    }
    let (began, cpu) = (Instant::now(), cpu_time());
    let (mut now, mut sequence, mut requests) = (0.0, 0, 0u64);
    let mut queue: BinaryHeap<Reverse<Event>> = BinaryHeap::new();
    let mut seen: Vec<(usize, usize)> = Vec::new();
    let mut out = Vec::new();
    let mut spent = Duration::ZERO;
    let mut explain = Vec::new();

    loop {
        let start = Instant::now();
        planner.next_requests(run.slots, &mut out);
        spent += start.elapsed();
        if run.explain {
            explain.extend(traced.lock().unwrap().drain(..).map(|event| (now, event)));
        }
        for request in out.drain(..) {
            sequence += 1;
            requests += 1;
            let wait = match run.latency {
                Latency::Constant => 1.0,
                Latency::LogNormal => (0.45 * random.normal() - 0.1).exp(),
            };
            queue.push(Reverse(Event { time: now + wait, sequence, request }));
        }
        assert!(queue.len() <= run.slots);
        let Some(Reverse(event)) = queue.pop() else { break };
        now = event.time;
        match event.request {
            Request::List { id, after, .. } => {
                let (page, more) = run.store.list(&run.prefix, after.as_deref());
                let start = Instant::now();
                let verdict = planner.on_page(id, &page, more).unwrap();
                spent += start.elapsed();
                if verdict.accepted > 0 {
                    seen.push((page.start, page.start + verdict.accepted));
                }
            }
            Request::Probe { id, directory, delimiter, after } => {
                let (entries, more) = run.store.probe(&directory, delimiter, after.as_deref());
                let start = Instant::now();
                planner.on_probe(id, &entries, more);
                spent += start.elapsed();
            }
        }
    }
    assert!(planner.is_finished());
    // on a busy machine the clock also counts what others use: scale by this process's share
    let wall = began.elapsed().as_secs_f64();
    if let (Some(before), Some(after)) = (cpu, cpu_time()) {
        spent = spent.mul_f64(((after - before) / wall).clamp(0.0, 1.0));
    }
    seen.sort_unstable();
    let first = run.store.keys.partition(0, |k| run.store.order.precedes(k, &run.prefix));
    let last = run.store.keys.partition(first, |k| k.starts_with(&run.prefix));
    let end = seen.iter().fold(first, |end, (from, to)| {
        assert_eq!(end, *from, "a key missed or counted twice");
        *to
    });
    assert_eq!(end, last, "keys missed at the end");
    Outcome { requests, makespan: now, stats: planner.stats(), planner: spent, explain }
}
