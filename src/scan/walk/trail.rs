//! Where a walk by tokens has been, so that it notices when it is led back there.
//!
//! A store without order gives nothing to check a page against but what came before. A page or a token
//! that comes a second time would count objects twice, or for ever.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use xxhash_rust::xxh3::xxh3_64;

use crate::scan::fetch::{FetchError, Fetcher};
use crate::scan::pace::backoff;
use crate::store::{ErrorKind, Page, PageRequest, StoreError, printable};

/// Attempts to get on from where the walk is led back to where it has been. On the way an answer can be
/// mistaken for another one; a store that does it again and again lists in a circle.
const CIRCLE_ATTEMPTS: u32 = 5;

/// Where one listing came through.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// Digests of the tokens, eight bytes a page.
    tokens: HashSet<u64>,
    /// Digests of the first entry of each page.
    firsts: HashSet<u64>,
    /// Digests of the keys of the page before.
    latest: HashSet<u64>,
    /// Common prefixes of the page before.
    latest_prefixes: HashSet<Vec<u8>>,
    /// The request that brought the page before.
    came_by: Option<PageRequest>,
}

impl Trail {
    /// The page that `request` asks for, taken in.
    ///
    /// Where it leads back, it is asked for again, and so is the page before it: either of the two may
    /// have been answered wrongly, the one in its objects, the other in its token.
    ///
    /// # Errors
    /// [`FetchError`] when the page cannot be had, or leads back every time.
    pub(super) async fn next_page(
        &mut self,
        fetcher: &Fetcher<'_>,
        request: &mut PageRequest,
    ) -> Result<Page, FetchError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let page = fetcher.page(request).await?;
            let error = match self.follow(request, &page) {
                Ok(()) => return Ok(page),
                Err(error) => error,
            };
            if attempts >= CIRCLE_ATTEMPTS || !fetcher.pace.may_retry() {
                return Err(FetchError::Failed { error, attempts });
            }
            fetcher.counters.retried.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(attempts, %error, "asking for a page again");
            tokio::time::sleep(backoff(attempts, None)).await;
            if let Some(before) = &self.came_by {
                let page = fetcher.page(before).await?;
                if let Some(token) = self.other_way(&page) {
                    request.token = Some(token);
                }
            }
        }
    }

    /// Takes in the page that answers `request`. One that is refused leaves no trace.
    fn follow(&mut self, request: &PageRequest, page: &Page) -> Result<(), StoreError> {
        let broken = |message: String| StoreError::new(ErrorKind::Server, message);
        let keys = digests(page);
        let prefixes: HashSet<Vec<u8>> = page.prefixes().map(<[u8]>::to_vec).collect();
        let entry = if page.is_empty() { page.prefixes().next() } else { Some(page.key(0)) };
        let first = entry.map(xxh3_64);
        if first.is_some_and(|first| self.firsts.contains(&first))
            || !keys.is_disjoint(&self.latest)
            || !prefixes.is_disjoint(&self.latest_prefixes)
        {
            let first = printable(entry.unwrap_or_default());
            return Err(broken(format!(
                "the listing runs in a circle: the page from `{first}` on was listed before"
            )));
        }
        if page.more() {
            match page.token() {
                None => return Err(broken("more follows, but without a token".into())),
                Some(token) if self.knows(token) => {
                    return Err(broken(
                        "the listing runs in a circle: a continuation token came back".into(),
                    ));
                }
                Some(token) => self.tokens.insert(xxh3_64(token.as_bytes())),
            };
        }
        self.firsts.extend(first);
        self.latest = keys;
        self.latest_prefixes = prefixes;
        self.came_by = Some(request.clone());
        Ok(())
    }

    fn knows(&self, token: &str) -> bool {
        self.tokens.contains(&xxh3_64(token.as_bytes()))
    }

    /// The token of `page`, if it is the page before once more and goes on where the walk was not.
    fn other_way(&mut self, page: &Page) -> Option<String> {
        let token = page.token().filter(|token| page.more() && !self.knows(token))?;
        let same = digests(page) == self.latest
            && page.prefixes().len() == self.latest_prefixes.len()
            && page.prefixes().all(|prefix| self.latest_prefixes.contains(prefix));
        same.then(|| {
            self.tokens.insert(xxh3_64(token.as_bytes()));
            token.to_owned()
        })
    }
}

fn digests(page: &Page) -> HashSet<u64> {
    (0..page.len()).map(|index| xxh3_64(page.key(index))).collect()
}
