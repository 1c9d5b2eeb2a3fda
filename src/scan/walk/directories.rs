//! The walk directory by directory, many at once: for stores that cannot be cut by key, and whose
//! listings by delimiter are complete.
//!
//! Why nothing is missed and nothing counted twice: a key below a directory either has no further
//! delimiter, and then the directory's own listing shows it as an object, or it has one, and then it
//! starts with exactly one of the common prefixes that the same listing shows. So the objects of a
//! directory's listing and the subtrees of its common prefixes tile what is below it, in whatever order
//! either is listed. Each subtree is listed flat where that takes one page, and as a directory where it
//! takes more: the one page is thrown away then, before anything on it was counted. An answer that does
//! not group keys as asked is refused, since the argument does not hold for it.
//!
//! What is still to be listed lies on a stack, so that small subtrees are finished before new directories
//! are opened: it holds about a page of prefixes for each level of the tree, however many there are.

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::watch;

use super::account::{Account, Requests};
use super::trail::Trail;
use crate::scan::count::Progress;
use crate::scan::fetch::{FetchError, Fetcher};
use crate::scan::options::Setup;
use crate::scan::outcome::{End, Outcome, ScanError};
use crate::scan::pace::Halt;
use crate::store::{ErrorKind, Page, PageRequest, Store, StoreError, printable};

const DELIMITER: u8 = b'/';

/// Directories that could not be listed are named up to this many.
const NAMED_FAILURES: usize = 20;

/// One listing that is to be gone on with.
struct Listing {
    request: PageRequest,
    trail: Trail,
}

type Answer = (Listing, Result<Page, FetchError>);

impl Listing {
    /// All below `prefix`: by its directories, or flat.
    fn below(prefix: Vec<u8>, like: &PageRequest, grouped: bool) -> Self {
        let request = PageRequest {
            prefix,
            delimiter: grouped.then_some(DELIMITER),
            limit: like.limit,
            any_order: like.any_order,
            ..PageRequest::default()
        };
        Self { request, trail: Trail::default() }
    }

    fn is_flat(&self) -> bool {
        self.request.delimiter.is_none()
    }

    async fn next_page(mut self, fetcher: &Fetcher<'_>) -> Answer {
        let page = if self.is_flat() {
            fetcher.page(&self.request).await
        } else {
            self.trail.next_page(fetcher, &mut self.request).await
        };
        let prefix = &self.request.prefix;
        let page = page.and_then(|page| {
            if self.request.delimiter.is_some() {
                grouped_as_asked(&page, prefix)
                    .map_err(|error| FetchError::Failed { error, attempts: 1 })?;
            }
            Ok(page)
        });
        (self, page)
    }
}

/// Whether every object of a directory's page is directly in it and every common prefix one level below.
fn grouped_as_asked(page: &Page, prefix: &[u8]) -> Result<(), StoreError> {
    let first_delimiter = |entry: &[u8]| {
        entry.get(prefix.len()..).unwrap_or_default().iter().position(|byte| *byte == DELIMITER)
    };
    let object =
        (0..page.len()).map(|index| page.key(index)).find(|key| first_delimiter(key).is_some());
    let group = page
        .prefixes()
        .find(|group| first_delimiter(group) != group.len().checked_sub(prefix.len() + 1));
    match object.or(group) {
        None => Ok(()),
        Some(entry) => Err(StoreError::new(
            ErrorKind::Server,
            format!(
                "the listing of directory `{}` shows `{}`, which is not directly in it",
                printable(prefix),
                printable(entry)
            ),
        )),
    }
}

/// Walks the whole prefix directory by directory; `in_order` tells whether the keys of a page ascend.
pub(crate) async fn walk(
    store: &Arc<dyn Store>,
    in_order: bool,
    setup: &Setup,
    progress: &Arc<Progress>,
    mut stop: watch::Receiver<bool>,
) -> Result<Outcome, ScanError> {
    let requests = Requests::new(setup);
    let fetcher = requests.fetcher(store.as_ref(), setup);
    let mut account = Account::open(setup, progress);
    let every = PageRequest {
        limit: store.quirks().page_limit,
        any_order: !in_order,
        ..PageRequest::default()
    };
    let mut waiting = vec![Listing::below(setup.options.prefix.clone(), &every, false)];
    let mut running: FuturesUnordered<BoxFuture<'_, Answer>> = FuturesUnordered::new();
    let mut failures = Failures::default();
    let mut early = requests.are_used_up().then_some(End::RequestLimit);
    loop {
        while early.is_none() && running.len() < requests.pace.limit() {
            let Some(listing) = waiting.pop() else { break };
            running.push(Box::pin(listing.next_page(&fetcher)));
        }
        let (listing, page) = tokio::select! {
            answer = running.next() => match answer {
                Some(answer) => answer,
                None => break,
            },
            Ok(()) = async { stop.wait_for(|stop| *stop).await.map(drop) } => {
                early = Some(End::Interrupted);
                break;
            }
        };
        account.show(&requests);
        match page {
            Ok(page) => take(&page, listing, &mut account, &mut waiting)?,
            // What is in flight was allowed, and counts.
            Err(FetchError::Halted(Halt::RequestLimit)) => early = Some(End::RequestLimit),
            Err(FetchError::Halted(Halt::Stopped)) => {
                early = Some(End::Interrupted);
                break;
            }
            Err(FetchError::Failed { error, attempts }) => {
                if account.is_empty() && listing.request.prefix == setup.options.prefix {
                    let location = setup.options.location.clone();
                    return Err(ScanError::Store { location, attempts, source: error });
                }
                failures.add(&listing.request.prefix, &error, attempts);
            }
        }
    }
    let end = match (early, failures.summary()) {
        (_, Some(why)) => account.fail(why)?,
        (Some(early), None) => early,
        (None, None) => account.finish()?,
    };
    drop(running);
    account.close(setup, &requests, end)
}

/// Makes a page part of the result and puts what it leads to on the stack.
fn take(
    page: &Page,
    listing: Listing,
    account: &mut Account,
    waiting: &mut Vec<Listing>,
) -> Result<(), ScanError> {
    let Listing { mut request, trail } = listing;
    if request.delimiter.is_none() {
        if page.more() {
            account.wasted += 1;
            waiting.push(Listing::below(request.prefix.clone(), &request, true));
            return Ok(());
        }
        return account.count(page);
    }
    account.count(page)?;
    let subtrees = page.prefixes().map(|prefix| Listing::below(prefix.to_vec(), &request, false));
    let subtrees: Vec<Listing> = subtrees.collect();
    if page.more() {
        // Below its own subtrees, which are on their way to an end.
        request.token = page.token().map(str::to_owned);
        waiting.push(Listing { request, trail });
    }
    waiting.extend(subtrees);
    Ok(())
}

/// Directories that could not be listed.
#[derive(Default)]
struct Failures {
    named: Vec<String>,
    more: u64,
}

impl Failures {
    fn add(&mut self, prefix: &[u8], error: &StoreError, attempts: u32) {
        if self.named.len() == NAMED_FAILURES {
            self.more += 1;
            return;
        }
        self.named.push(format!("`{}`: {error}, after {attempts} attempts", printable(prefix)));
    }

    /// All of them in words; `None` if there is none.
    fn summary(&self) -> Option<String> {
        let more = if self.more > 0 { format!("; and {} more", self.more) } else { String::new() };
        (!self.named.is_empty())
            .then(|| format!("directory {}{more}", self.named.join("; directory ")))
    }
}
