//! Where two ranges meet, both sides must see the same key.
//!
//! A range ends when a page shows a key past its bound; the range on the other side begins at that bound
//! and must see that very key first. A server whose starts skip keys, or that orders keys other than it
//! lists them, gives itself away here, for nothing: both pages are asked for anyway. Objects that were
//! made or deleted between the two pages differ as well, so a difference is only a doubt until both
//! sides are asked again at the same time.

use std::collections::HashMap;

use super::fetch::{FetchError, Fetcher};
use crate::store::{PageError, PageRequest, StoreError, printable};

/// Seams of which one side is known. More are forgotten: the check is a net, not a proof.
const PENDING: usize = 65_536;

/// What one side saw first past a bound: a key, or that nothing follows.
type First = Option<Vec<u8>>;

/// The seams whose other side is still to come, by bound.
#[derive(Debug, Default)]
pub(super) struct Seams {
    pending: HashMap<Vec<u8>, Side>,
}

#[derive(Debug)]
enum Side {
    /// What the range below saw past its bound, and the key from which it looked.
    Below(First, Option<Vec<u8>>),
    /// What the range above saw first.
    Above(First),
}

/// Two sides that saw different keys.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    bound: Vec<u8>,
    /// A start below the bound; the start of the prefix where absent.
    below: Option<Vec<u8>>,
}

impl Seams {
    /// The range below `bound`, listing from `start`, saw `first` past it.
    pub(super) fn below(
        &mut self,
        bound: &[u8],
        start: Option<&[u8]>,
        first: Option<&[u8]>,
    ) -> Option<Doubt> {
        let start = start.map(<[u8]>::to_vec);
        if let Some(Side::Above(above)) = self.pending.remove(bound) {
            return (above.as_deref() != first)
                .then(|| Doubt { bound: bound.to_vec(), below: start });
        }
        self.wait(bound, Side::Below(first.map(<[u8]>::to_vec), start));
        None
    }

    /// The range above `bound` saw `first`.
    pub(super) fn above(&mut self, bound: &[u8], first: Option<&[u8]>) -> Option<Doubt> {
        if let Some(Side::Below(below, start)) = self.pending.remove(bound) {
            return (below.as_deref() != first)
                .then(|| Doubt { bound: bound.to_vec(), below: start });
        }
        self.wait(bound, Side::Above(first.map(<[u8]>::to_vec)));
        None
    }

    fn wait(&mut self, bound: &[u8], side: Side) {
        if self.pending.len() < PENDING {
            self.pending.insert(bound.to_vec(), side);
        }
    }
}

impl Doubt {
    /// Asks both sides again, up to three times.
    ///
    /// # Errors
    /// [`PageError::SkipsAfterStart`] when they keep to different keys.
    pub(super) async fn settle(
        &self,
        fetcher: &Fetcher<'_>,
        prefix: &[u8],
        limit: usize,
    ) -> Result<(), FetchError> {
        const TIMES: u32 = 3;
        let order = fetcher.store.quirks().order;
        let request = |after: Option<&[u8]>| PageRequest {
            prefix: prefix.to_vec(),
            after: after.map(<[u8]>::to_vec),
            limit,
            ..PageRequest::default()
        };
        let mut missing = Vec::new();
        for _ in 0..TIMES {
            let (from_below, from_bound) =
                (request(self.below.as_deref()), request(Some(&self.bound)));
            let (below, above) =
                futures::future::try_join(fetcher.page(&from_below), fetcher.page(&from_bound))
                    .await?;
            let seen = (0..below.len()).map(|index| below.key(index));
            let past = seen.into_iter().find(|key| order.precedes(&self.bound, key));
            let first = (!above.is_empty()).then(|| above.key(0));
            if past == first || (past.is_none() && below.more()) {
                return Ok(());
            }
            missing = past.or(first).unwrap_or_default().to_vec();
        }
        let error =
            PageError::SkipsAfterStart { key: printable(&missing), after: printable(&self.bound) };
        Err(FetchError::Failed { error: StoreError::from(error), attempts: TIMES })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_that_agree_raise_no_doubt_in_either_order() {
        let mut seams = Seams::default();
        assert_eq!(seams.below(b"m", Some(b"k"), Some(b"n")), None);
        assert_eq!(seams.above(b"m", Some(b"n")), None);
        assert_eq!(seams.above(b"p", None), None);
        assert_eq!(seams.below(b"p", None, None), None);
        assert!(seams.pending.is_empty());
    }

    #[test]
    fn a_key_that_one_side_lacks_raises_a_doubt() {
        let mut seams = Seams::default();
        assert_eq!(seams.below(b"flat", Some(b"a"), Some(b"flat/1")), None);
        let doubt = seams.above(b"flat", Some(b"g"));
        assert_eq!(doubt, Some(Doubt { bound: b"flat".into(), below: Some(b"a".into()) }));
    }
}
