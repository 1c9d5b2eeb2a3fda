//! Where two ranges meet, both sides must see the same key.
//!
//! A range ends when a page shows a key past its bound; the range on the other side begins at that bound
//! and must see that very key first. A server whose starts skip keys, or that orders keys other than it
//! lists them, gives itself away here, for nothing: both pages are asked for anyway. Objects that were
//! made or deleted between the two pages differ as well, so a difference is only a doubt until both
//! sides are asked again at the same time. Until then nothing is complete: a run that ends before that
//! leaves the doubt to the next one, with the seams of which one side is known.

use std::collections::HashMap;

use super::fetch::{FetchError, Fetcher};
use super::ledger::{BorderRecord, BorderSide, Borders, DoubtRecord};
use crate::store::{PageError, PageRequest, StoreError, printable};
use crate::tally::ByteString;

/// Seams of which one side is known. More are forgotten: the check is a net, not a proof.
const PENDING: usize = 65_536;

/// What one side saw first past a bound: a key, or that nothing follows.
type First = Option<Vec<u8>>;

/// The seams that are not settled.
#[derive(Debug, Default)]
pub(super) struct Seams {
    /// Those whose other side is still to come, by bound.
    pending: HashMap<Vec<u8>, Side>,
    /// Those whose sides differ.
    doubts: Vec<Doubt>,
}

#[derive(Debug)]
enum Side {
    /// What the range below saw past its bound, and the key from which it looked.
    Below(First, Option<Vec<u8>>),
    /// What the range above saw first.
    Above(First),
}

/// Two sides that saw different keys.
#[derive(Clone, Debug, PartialEq, Eq)]
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
            return (above.as_deref() != first).then(|| self.doubt(bound, start));
        }
        self.wait(bound, Side::Below(first.map(<[u8]>::to_vec), start));
        None
    }

    /// The range above `bound` saw `first`.
    pub(super) fn above(&mut self, bound: &[u8], first: Option<&[u8]>) -> Option<Doubt> {
        if let Some(Side::Below(below, start)) = self.pending.remove(bound) {
            return (below.as_deref() != first).then(|| self.doubt(bound, start));
        }
        self.wait(bound, Side::Above(first.map(<[u8]>::to_vec)));
        None
    }

    fn doubt(&mut self, bound: &[u8], below: Option<Vec<u8>>) -> Doubt {
        let doubt = Doubt { bound: bound.to_vec(), below };
        self.doubts.push(doubt.clone());
        doubt
    }

    /// The two sides of a doubt agree after all.
    pub(super) fn settled(&mut self, doubt: &Doubt) {
        self.doubts.retain(|other| other != doubt);
    }

    /// What is in doubt.
    pub(super) fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// What an earlier run left.
    pub(super) fn left(borders: &Borders) -> Self {
        let own = |key: &Option<ByteString>| key.as_ref().map(|key| key.to_vec());
        let side = |seen: &BorderRecord| match seen.by {
            BorderSide::Below => Side::Below(own(&seen.first), own(&seen.start)),
            BorderSide::Above => Side::Above(own(&seen.first)),
        };
        let doubt =
            |left: &DoubtRecord| Doubt { bound: left.bound.to_vec(), below: own(&left.below) };
        Self {
            pending: borders.seen.iter().map(|seen| (seen.bound.to_vec(), side(seen))).collect(),
            doubts: borders.doubts.iter().map(doubt).collect(),
        }
    }

    /// What another run has to know.
    pub(super) fn record(&self) -> Borders {
        let text = |key: &[u8]| ByteString::from(key);
        let seen = self.pending.iter().map(|(bound, side)| {
            let (by, first, start) = match side {
                Side::Below(first, start) => (BorderSide::Below, first, start.as_deref()),
                Side::Above(first) => (BorderSide::Above, first, None),
            };
            let (first, start) = (first.as_deref().map(text), start.map(text));
            BorderRecord { bound: text(bound), by, first, start }
        });
        let doubts = self.doubts.iter().map(|doubt| DoubtRecord {
            bound: text(&doubt.bound),
            below: doubt.below.as_deref().map(text),
        });
        Borders { seen: seen.collect(), doubts: doubts.collect() }
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
