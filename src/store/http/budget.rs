//! How many bytes are being received at once, and the buffers for them.
//!
//! Hundreds of requests may be in flight, but their answers are let in a few at a time: the others wait in
//! the system's socket buffers, which costs the process nothing. Without this, 256 pages of 350 KB would
//! be 90 MB.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// What permits are counted in.
const UNIT: usize = 1024;

/// Buffers larger than this are not kept: one odd page must not stay in memory for ever.
const MAX_KEPT: usize = 2 << 20;

/// Bounds the bytes being received, and keeps the buffers that they go into.
#[derive(Debug)]
pub(super) struct Budget {
    units: u32,
    permits: Semaphore,
    buffers: Mutex<Vec<Vec<u8>>>,
    /// The most buffers to keep.
    kept: usize,
}

impl Budget {
    /// A budget of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let units =
            u32::try_from((bytes / UNIT).max(1)).unwrap_or(u32::MAX >> 4).min(u32::MAX >> 4);
        let permits = Semaphore::new(units as usize);
        Self { units, permits, buffers: Mutex::default(), kept: (bytes / (256 << 10)).max(1) }
    }

    /// Waits until `bytes` more may be received. More than the whole budget is let in alone.
    pub(super) async fn enter(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).min(self.units);
        // Fails only once the semaphore is closed, which it never is.
        self.permits.acquire_many(units).await.ok()
    }

    /// Gives a buffer back.
    pub(super) fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        if buffer.capacity() == 0 || buffer.capacity() > MAX_KEPT {
            return;
        }
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < self.kept {
            buffers.push(buffer);
        }
    }

    /// An empty buffer, used before where there is one.
    pub(super) fn take(&self) -> Vec<u8> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn no_more_than_the_budget_is_let_in_and_the_oversized_alone() {
        let budget = Budget::new(10 * UNIT);
        let first = budget.enter(6 * UNIT).now_or_never().unwrap();
        assert!(budget.enter(5 * UNIT).now_or_never().is_none());
        let second = budget.enter(4 * UNIT).now_or_never().unwrap();
        drop((first, second));
        let all = budget.enter(99 * UNIT).now_or_never().unwrap();
        assert!(budget.enter(1).now_or_never().is_none());
        drop(all);
    }

    #[test]
    fn buffers_come_back_empty_and_odd_ones_not_at_all() {
        let budget = Budget::new(UNIT);
        budget.give(vec![1; 100]);
        budget.give(vec![1; MAX_KEPT + 1]);
        let buffer = budget.take();
        assert!(buffer.is_empty() && buffer.capacity() == 100);
        assert_eq!(budget.take().capacity(), 0);
    }
}
