//! Where a listing by tokens has been, so that it notices when it is led back there.
//!
//! A store without order gives nothing to check a page against but what came before. A page or a token
//! that comes a second time would count objects twice, or for ever.
//!
//! A trail that an earlier run left is not believed at once. The page before is asked for again: where it
//! shows what it showed, as far as both go, nothing was moved in front of the place, and the continuation
//! was not forgotten.
//!
//! Objects that were removed since move that page forward. It still tells where the walk stood if it shows
//! nothing but entries that it showed before, in the same order, up to the last one of them: what was counted
//! before that page then lies in front of it, and what was counted on it does not lie behind. So what follows
//! that entry was not counted, and the walk goes on with it and by the page's own continuation. What was
//! counted and removed since stays counted, as in a walk without a stop.
//!
//! All else leaves the place [`Strayed::Lost`]. An unknown entry in front of a known one may have been counted on
//! an earlier page, from where it moved, and behind a page without its last entry may come what was counted on
//! it: to guess would be to skip or to count twice, and nothing but a walk from the beginning is exact.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use xxhash_rust::xxh3::xxh3_64;

use crate::scan::fetch::{FetchError, Fetcher};
use crate::scan::ledger::{Digests, TrailRecord};
use crate::scan::pace::backoff;
use crate::store::{ErrorKind, Page, PageRequest, StoreError, printable};

/// Attempts to get on from where the walk is led back to where it has been. On the way an answer can be
/// mistaken for another one; a store that does it again and again lists in a circle.
const CIRCLE_ATTEMPTS: u32 = 5;

/// Where one listing came through.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail {
    /// The continuation to go on with; none before the first page and behind the last.
    token: Option<String>,
    /// The page before.
    before: Option<Passed>,
    /// Digests of the tokens, eight bytes a page.
    tokens: HashSet<u64>,
    /// Digests of the first entry of each page.
    firsts: HashSet<u64>,
    /// Left by an earlier run, and not gone on with since.
    unsure: bool,
}

/// A page that was passed, as digests of its entries in the order listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Passed {
    /// The continuation that led to it.
    came_by: Option<String>,
    keys: Vec<u64>,
    prefixes: Vec<u64>,
}

/// The next page of a listing, and what it leaves in the trail.
pub(super) struct Step {
    pub(super) page: Page,
    passed: Passed,
    /// Tokens that the page before gave when it was asked for again.
    others: Vec<u64>,
}

/// Why there is no next page.
#[derive(Debug)]
pub(super) enum Strayed {
    /// It could not be had.
    Fetch(FetchError),
    /// The place where an earlier run left the listing is not there any more: why, in words.
    Lost(String),
}

impl From<FetchError> for Strayed {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

impl Trail {
    /// What an earlier run left.
    pub(super) fn left(record: &TrailRecord) -> Self {
        let before = Passed {
            came_by: record.came_by.clone(),
            keys: record.keys.0.clone(),
            prefixes: record.prefixes.0.clone(),
        };
        Self {
            token: Some(record.token.clone()),
            before: Some(before),
            tokens: record.tokens.0.iter().copied().collect(),
            firsts: record.firsts.0.iter().copied().collect(),
            unsure: true,
        }
    }

    /// What another run can go on from; nothing before the first page.
    pub(super) fn record(&self) -> Option<TrailRecord> {
        let (token, before) = self.token.clone().zip(self.before.as_ref())?;
        Some(TrailRecord {
            token,
            came_by: before.came_by.clone(),
            keys: Digests(before.keys.clone()),
            prefixes: Digests(before.prefixes.clone()),
            tokens: Digests(self.tokens.iter().copied().collect()),
            firsts: Digests(self.firsts.iter().copied().collect()),
        })
    }

    /// The page that comes next in the listing that `like` begins. The trail stays as it is until the step is
    /// taken.
    ///
    /// Where the page leads back, it is asked for again, and so is the page before it: either of the two may
    /// have been answered wrongly, the one in its objects, the other in its token.
    ///
    /// # Errors
    /// [`Strayed`] when the page cannot be had, or leads back every time.
    pub(super) async fn next_page(
        &self,
        fetcher: &Fetcher<'_>,
        like: &PageRequest,
    ) -> Result<Step, Strayed> {
        if let Some(step) = self.find_again(fetcher, like).await? {
            return Ok(step);
        }
        let mut request = PageRequest { token: self.token.clone(), ..like.clone() };
        let mut others = Vec::new();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let page = self.ask(fetcher, &request).await?;
            let passed = Passed::of(&page, request.token.clone());
            let error = match self.judge(&page, &passed, &others) {
                Ok(()) => return Ok(Step { page, passed, others }),
                Err(error) => error,
            };
            if attempts >= CIRCLE_ATTEMPTS || !fetcher.pace.may_retry() {
                return Err(if self.unsure {
                    Strayed::Lost(error.to_string())
                } else {
                    Strayed::Fetch(FetchError::Failed { error, attempts })
                });
            }
            again(fetcher, attempts, &error).await;
            if let Some(before) = &self.before {
                let request_before = PageRequest { token: before.came_by.clone(), ..like.clone() };
                let page = fetcher.page(&request_before).await?;
                if let Some(token) = self.other_way(before, &page, &others) {
                    others.push(xxh3_64(token.as_bytes()));
                    request.token = Some(token);
                }
            }
        }
    }

    /// Moves on to the page of a step.
    pub(super) fn take(&mut self, step: Step) {
        let Step { page, passed, others } = step;
        self.token = page.token().filter(|_| page.more()).map(str::to_owned);
        self.tokens.extend(self.token.iter().map(|token| xxh3_64(token.as_bytes())));
        self.tokens.extend(others);
        self.firsts.extend(passed.first());
        self.before = Some(passed);
        self.unsure = false;
    }

    /// Makes sure that the page before, where an earlier run left off, still leads to the same place. Where it has
    /// changed and tells the place nevertheless, what is new on it is the next step.
    async fn find_again(
        &self,
        fetcher: &Fetcher<'_>,
        like: &PageRequest,
    ) -> Result<Option<Step>, Strayed> {
        let Some(before) = self.before.as_ref().filter(|_| self.unsure) else { return Ok(None) };
        let request = PageRequest { token: before.came_by.clone(), ..like.clone() };
        let mut attempts = 0;
        loop {
            attempts += 1;
            let mut page = self.ask(fetcher, &request).await?;
            let passed = Passed::of(&page, before.came_by.clone());
            if before.agrees(&passed) {
                return Ok(None);
            }
            // Directories that are entries are counted by pages, of which a part cannot be told.
            let divisible = page.directories().is_none();
            if divisible && before.became(&passed) && self.goes_on_behind(&page) {
                tracing::debug!("the page before has changed; going on with what is new on it");
                let known: HashSet<u64> = before.entries().collect();
                page.retain(|entry| !known.contains(&xxh3_64(entry)));
                return Ok(Some(Step { page, passed, others: Vec::new() }));
            }
            let why = "the page before shows other objects than it did";
            if attempts >= CIRCLE_ATTEMPTS || !fetcher.pace.may_retry() {
                return Err(Strayed::Lost(why.to_owned()));
            }
            again(fetcher, attempts, &why).await;
        }
    }

    /// A page of the listing. That the store refuses a continuation which an earlier run left says that the
    /// place is lost, and nothing on the objects there.
    async fn ask(&self, fetcher: &Fetcher<'_>, request: &PageRequest) -> Result<Page, Strayed> {
        match fetcher.page(request).await {
            Err(FetchError::Failed { error, .. })
                if self.unsure && request.token.is_some() && error.kind == ErrorKind::Refused =>
            {
                Err(Strayed::Lost(format!("the store refuses its continuation: {error}")))
            }
            answer => Ok(answer?),
        }
    }

    /// Whether a page leads on.
    fn judge(&self, page: &Page, passed: &Passed, others: &[u64]) -> Result<(), StoreError> {
        let broken = |message: String| StoreError::new(ErrorKind::Server, message);
        let first = passed.first();
        if first.is_some_and(|first| self.firsts.contains(&first))
            || self.before.as_ref().is_some_and(|before| before.overlaps(passed))
        {
            let entry = if page.is_empty() { page.prefixes().next() } else { Some(page.key(0)) };
            let first = printable(entry.unwrap_or_default());
            return Err(broken(format!(
                "the listing runs in a circle: the page from `{first}` on was listed before"
            )));
        }
        if !page.more() {
            return Ok(());
        }
        match page.token() {
            None => Err(broken("more follows, but without a token".into())),
            Some(token) if self.knows(token, others) => {
                Err(broken("the listing runs in a circle: a continuation token came back".into()))
            }
            Some(_) => Ok(()),
        }
    }

    /// Whether the page before, asked for once more, leads to where the walk was not.
    fn goes_on_behind(&self, page: &Page) -> bool {
        let token = page.token();
        !page.more()
            || token.is_some() && token == self.token.as_deref()
            || token.is_some_and(|token| !self.knows(token, &[]))
    }

    fn knows(&self, token: &str, others: &[u64]) -> bool {
        let digest = xxh3_64(token.as_bytes());
        self.tokens.contains(&digest) || others.contains(&digest)
    }

    /// The token of `page`, if it is the page before once more and goes on where the walk was not.
    fn other_way(&self, before: &Passed, page: &Page, others: &[u64]) -> Option<String> {
        let token = page.token().filter(|token| page.more() && !self.knows(token, others))?;
        let again = Passed::of(page, before.came_by.clone());
        (again == *before).then(|| token.to_owned())
    }
}

impl Passed {
    fn of(page: &Page, came_by: Option<String>) -> Self {
        Self {
            came_by,
            keys: (0..page.len()).map(|index| xxh3_64(page.key(index))).collect(),
            prefixes: page.prefixes().map(xxh3_64).collect(),
        }
    }

    fn first(&self) -> Option<u64> {
        self.keys.first().or(self.prefixes.first()).copied()
    }

    /// Whether both are pages from the same place, be the one shorter: a store may cut pages as it likes.
    fn agrees(&self, other: &Self) -> bool {
        let both = || {
            let keys = self.keys.iter().zip(&other.keys);
            keys.chain(self.prefixes.iter().zip(&other.prefixes))
        };
        both().next().is_some() && both().all(|(one, other)| one == other)
    }

    fn entries(&self) -> impl Iterator<Item = u64> {
        self.keys.iter().chain(&self.prefixes).copied()
    }

    /// Whether the other may be this page after objects were removed: what was counted on this one does not come behind
    /// it, and what it shows besides follows that.
    fn became(&self, other: &Self) -> bool {
        self.first().is_some()
            && reaches_to_the_end(&self.keys, &other.keys)
            && reaches_to_the_end(&self.prefixes, &other.prefixes)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let common = |one: &[u64], other: &[u64]| {
            let one: HashSet<&u64> = one.iter().collect();
            other.iter().any(|digest| one.contains(digest))
        };
        common(&self.keys, &other.keys) || common(&self.prefixes, &other.prefixes)
    }
}

/// Whether entries are those before, less some and in their order, through the last of them, and then others.
fn reaches_to_the_end(before: &[u64], now: &[u64]) -> bool {
    let Some(last) = before.last() else { return now.is_empty() };
    let Some(end) = now.iter().position(|entry| entry == last) else { return false };
    let (kept, others) = now.split_at(end + 1);
    let mut rest = before.iter();
    kept.iter().all(|entry| rest.any(|one| one == entry))
        && others.iter().all(|entry| !before.contains(entry))
}

/// Waits before a page is asked for again, and counts that.
async fn again(fetcher: &Fetcher<'_>, attempts: u32, why: &impl std::fmt::Display) {
    fetcher.counters.retried.fetch_add(1, Ordering::Relaxed);
    tracing::debug!(attempts, %why, "asking for a page again");
    tokio::time::sleep(backoff(attempts, None)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(keys: &[u64], prefixes: &[u64]) -> Passed {
        Passed { came_by: None, keys: keys.to_vec(), prefixes: prefixes.to_vec() }
    }

    #[test]
    fn a_changed_page_tells_the_place_from_an_entry_it_had_to_the_last() {
        let before = page(&[1, 2, 3, 4], &[]);
        for (now, tells) in [
            (&[1, 2, 3, 4][..], true),
            (&[2, 3, 4, 5], true),
            (&[4, 5, 6], true),
            (&[1, 9, 3, 4], false),
            (&[1, 4, 9], true),
            (&[9, 1, 2, 3, 4], false),
            (&[1, 2, 3, 9], false),
            (&[1, 9, 8, 7], false),
            (&[2, 1, 3, 4], false),
            (&[4, 1], false),
            (&[2, 4, 5, 3], false),
            (&[7, 8, 9], false),
            (&[], false),
        ] {
            assert_eq!(before.became(&page(now, &[])), tells, "{now:?}");
        }
    }

    #[test]
    fn both_kinds_of_entries_have_to_tell_the_place() {
        let before = page(&[1, 2], &[11, 12]);
        assert!(before.became(&page(&[2, 3], &[12, 13])));
        assert!(!before.became(&page(&[1, 2, 3], &[10, 11, 12])));
        assert!(!before.became(&page(&[1, 2, 3], &[])));
        assert!(!page(&[1, 2], &[]).became(&page(&[1, 2, 3], &[10])), "it may have been counted");
        assert!(!page(&[], &[]).became(&page(&[], &[])));
    }
}
