//! What was in flight when, and when each range was listed: for looking at afterwards.

use std::collections::HashMap;
use std::time::Instant;

use super::planner::RangeId;

/// Time slots kept; when they are full, neighbours are joined and slots get twice as long.
const SLOTS: usize = 2048;

/// Ranges kept; later ones are only counted.
const BARS: usize = 20_000;

/// The course of a scan, in bounded memory.
#[derive(Debug)]
pub(super) struct Recorder {
    begun: Instant,
    /// Seconds per slot.
    slot: f64,
    /// Request-seconds per slot.
    load: Vec<f64>,
    level: usize,
    /// Up to when `load` is filled, in seconds.
    filled: f64,
    open: HashMap<RangeId, Bar>,
    ended: Vec<Bar>,
    left_out: u64,
}

/// One range over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// When its first page was asked for, in seconds since the scan began.
    pub from: f64,
    /// When its last page was counted, in seconds.
    pub to: f64,
    /// Keys counted.
    pub keys: u64,
    /// Where it begins; empty for the lowest key.
    pub after: Vec<u8>,
}

/// The course of a scan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Seconds per entry of `in_flight`.
    pub slot_seconds: f64,
    /// Mean number of requests in flight in each slot of time.
    pub in_flight: Vec<f64>,
    /// Ranges in key order.
    pub bars: Vec<Bar>,
    /// Ranges beyond those that are kept.
    pub left_out: u64,
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self {
            begun: Instant::now(),
            slot: 0.005,
            load: Vec::new(),
            level: 0,
            filled: 0.0,
            open: HashMap::new(),
            ended: Vec::new(),
            left_out: 0,
        }
    }

    fn now(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// So many requests are in flight from now on.
    pub(super) fn level(&mut self, in_flight: usize) {
        let now = self.now();
        self.fill(now);
        self.level = in_flight;
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a slot's number is at most SLOTS, a level at most some thousands"
    )]
    fn fill(&mut self, now: f64) {
        while now >= self.slot * SLOTS as f64 {
            self.load = self.load.chunks(2).map(|pair| pair.iter().sum()).collect();
            self.slot *= 2.0;
        }
        while self.filled < now {
            // A hair further, so that a sum that rounding left below a border counts as on it.
            let index = (self.filled / self.slot + 1e-6) as usize;
            let end = ((index + 1) as f64 * self.slot).min(now);
            if self.load.len() <= index {
                self.load.resize(index + 1, 0.0);
            }
            self.load[index] += self.level as f64 * (end - self.filled);
            // Rounding must not keep the loop from moving on.
            self.filled = if end > self.filled { end } else { now };
        }
    }

    /// A page of the range is asked for.
    pub(super) fn asked(&mut self, range: RangeId, after: Option<&[u8]>) {
        let now = self.now();
        if self.open.len() + self.ended.len() >= BARS {
            self.left_out += u64::from(!self.open.contains_key(&range));
            return;
        }
        self.open.entry(range).or_insert_with(|| Bar {
            from: now,
            to: now,
            keys: 0,
            after: after.unwrap_or_default().to_vec(),
        });
    }

    /// A page of the range was counted.
    pub(super) fn counted(&mut self, range: RangeId, keys: usize, ended: bool) {
        let now = self.now();
        let Some(bar) = self.open.get_mut(&range) else { return };
        bar.to = now;
        bar.keys += keys as u64;
        if ended && let Some(bar) = self.open.remove(&range) {
            self.ended.push(bar);
        }
    }

    /// What was recorded.
    pub(super) fn timeline(&mut self) -> Timeline {
        let now = self.now();
        self.fill(now);
        let mut bars: Vec<Bar> = self.ended.iter().chain(self.open.values()).cloned().collect();
        bars.sort_by(|left, right| left.after.cmp(&right.after));
        let in_flight = self.load.iter().map(|load| load / self.slot).collect();
        Timeline { slot_seconds: self.slot, in_flight, bars, left_out: self.left_out }
    }
}

impl Timeline {
    /// The mean number of requests in flight over the middle 80 % of the run.
    #[must_use]
    pub fn busy_middle(&self) -> f64 {
        let tenth = self.in_flight.len() / 10;
        let middle = &self.in_flight[tenth..self.in_flight.len() - tenth];
        let slots = u32::try_from(middle.len().max(1)).unwrap_or(u32::MAX);
        middle.iter().sum::<f64>() / f64::from(slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_is_kept_when_slots_are_joined() {
        let mut recorder = Recorder::new();
        recorder.level = 3;
        recorder.fill(7.0);
        recorder.level = 5;
        recorder.fill(31.0);
        let total: f64 = recorder.load.iter().sum();
        assert!((total - (7.0 * 3.0 + 24.0 * 5.0)).abs() < 1e-6, "{total}");
        assert!(recorder.load.len() <= SLOTS);
    }
}
