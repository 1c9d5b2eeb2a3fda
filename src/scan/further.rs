//! What a store sends beyond one request for a call, under the pace of the scan, and tells before the call ends.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use futures::future::{BoxFuture, FutureExt as _};

use super::fetch::Counters;
use super::pace::{Halt, Pace};
use crate::store::{Gate, StoreError};

/// Hears the last key of an answer that goes on, before it is decoded.
pub(super) type Received<'a> = &'a (dyn Fn(&[u8]) + Send + Sync);

/// The gate for one call, or for several of which each follows the one before.
pub(super) struct Further<'a> {
    pace: &'a Pace,
    counters: &'a Counters,
    pub(super) received: Received<'a>,
    /// Why it is closed.
    halted: OnceLock<Halt>,
}

impl fmt::Debug for Further<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Further").field("halted", &self.halted).finish_non_exhaustive()
    }
}

impl<'a> Further<'a> {
    pub(super) fn new(pace: &'a Pace, counters: &'a Counters) -> Self {
        Self { pace, counters, received: &|_| (), halted: OnceLock::new() }
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

    fn received(&self, last: &[u8]) {
        (self.received)(last);
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
