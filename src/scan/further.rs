//! What a store sends beyond one request for a call, under the pace of the scan.

use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use futures::future::{BoxFuture, FutureExt as _};

use super::fetch::Counters;
use super::pace::{Halt, Pace};
use crate::store::{Gate, StoreError};

/// The gate for one call, or for several of which each follows the one before.
#[derive(Debug)]
pub(super) struct Further<'a> {
    pace: &'a Pace,
    counters: &'a Counters,
    /// Why it is closed.
    halted: OnceLock<Halt>,
}

impl<'a> Further<'a> {
    pub(super) fn new(pace: &'a Pace, counters: &'a Counters) -> Self {
        Self { pace, counters, halted: OnceLock::new() }
    }

    /// The result of a call. The error of one that was not let ask again says nothing about the store.
    ///
    /// # Errors
    /// [`Halt`] when that was so.
    pub(super) fn judge<T>(
        &self,
        result: Result<T, StoreError>,
    ) -> Result<Result<T, StoreError>, Halt> {
        match self.halted.get() {
            Some(halt) if result.is_err() => Err(*halt),
            _ => Ok(result),
        }
    }
}

impl Gate for Further<'_> {
    fn again(&self) -> BoxFuture<'_, bool> {
        async move {
            match self.pace.again().await {
                Ok(()) => {
                    self.counters.retried.fetch_add(1, Ordering::Relaxed);
                    true
                }
                Err(halt) => {
                    self.halted.get_or_init(|| halt);
                    false
                }
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::pace::PaceOptions;
    use crate::store::ErrorKind;

    #[tokio::test]
    async fn what_a_store_asks_again_counts_and_ends_where_the_requests_do() {
        let pace = Pace::new(PaceOptions { max_requests: 2, ..PaceOptions::default() });
        let counters = Counters::default();
        let refused = || Err::<(), _>(StoreError::new(ErrorKind::Refused, "no"));
        let _started = pace.start().await.unwrap();
        let further = Further::new(&pace, &counters);
        assert!(further.again().await);
        assert!(further.judge(refused()).unwrap().is_err(), "the store's own error");
        assert!(!further.again().await);
        assert_eq!(further.judge(refused()).unwrap_err(), Halt::RequestLimit);
        assert!(further.judge(Ok(())).unwrap().is_ok(), "what came counts");
        let counts = counters.counts(&pace);
        assert_eq!((counts.list, counts.retried, counts.peak_in_flight), (2, 1, 1));
    }
}
