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

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::watch;

use super::account::{Account, Requests, Walked};
use super::frontier::Frontier;
use super::listing::Listing;
use super::trail::{Step, Strayed};
use crate::scan::checkpoint::Checkpoints;
use crate::scan::count::Progress;
use crate::scan::fetch::{FetchError, Fetcher};
use crate::scan::ledger::{WalkKind, WalkRecord};
use crate::scan::options::Setup;
use crate::scan::outcome::{End, ScanError};
use crate::scan::pace::Halt;
use crate::store::{Page, PageRequest, Store, StoreError, printable};

/// Directories that could not be listed are named up to this many.
const NAMED_FAILURES: usize = 20;

/// With so many directories that could not be listed a walk ends: each is kept for the run that goes on.
const MOST_FAILURES: usize = 10_000;

enum Answer {
    /// All below a prefix, or as much of it as a page holds.
    Flat(Page),
    Grouped(Step),
}

async fn answer(fetcher: &Fetcher<'_>, listing: &Listing) -> Result<Answer, Strayed> {
    if listing.is_grouped() {
        Ok(Answer::Grouped(listing.next_page(fetcher).await?))
    } else {
        Ok(Answer::Flat(listing.first_page(fetcher).await?))
    }
}

/// Walks the prefix directory by directory; `in_order` tells whether the keys of a page ascend.
pub(crate) async fn walk(
    store: &Arc<dyn Store>,
    in_order: bool,
    setup: &Setup,
    progress: &Arc<Progress>,
    mut stop: watch::Receiver<bool>,
) -> Result<Walked, ScanError> {
    let requests = Requests::new(setup);
    let fetcher = &requests.fetcher(store.as_ref(), setup);
    let mut account = Account::open(setup, progress)?;
    let mut checkpoints = Checkpoints::of(setup);
    let every = PageRequest {
        limit: store.quirks().page_limit,
        any_order: !in_order,
        ..PageRequest::default()
    };
    let mut frontier =
        Frontier::new(match setup.resumed.as_ref().and_then(|ledger| ledger.walk.as_ref()) {
            Some(walk) => {
                walk.listings.iter().map(|record| Listing::left(record, &every)).collect()
            }
            None => vec![Listing::below(setup.options.prefix.clone(), &every, false)],
        });
    let mut running: FuturesUnordered<BoxFuture<'_, (u64, Result<Answer, Strayed>)>> =
        FuturesUnordered::new();
    let mut failures = Failures::default();
    let mut early = requests.are_used_up().then_some(End::RequestLimit);
    loop {
        while early.is_none()
            && frontier.failed() < MOST_FAILURES
            && running.len() < requests.at_once()
        {
            let Some((number, listing)) = frontier.take_up() else { break };
            running.push(Box::pin(async move { (number, answer(fetcher, &listing).await) }));
        }
        let (number, answer) = tokio::select! {
            answer = running.next() => match answer {
                Some(answer) => answer,
                None => break,
            },
            () = checkpoints.due() => {
                if checkpoints.is_written().await? {
                    let walk = record(&frontier, &account);
                    let ledger = account.ledger(setup, &requests, Some(walk))?;
                    checkpoints.write(|| Ok(ledger));
                }
                continue;
            }
            Ok(()) = async { stop.wait_for(|stop| *stop).await.map(drop) } => {
                early = Some(End::Interrupted);
                break;
            }
        };
        account.show(&requests);
        let Some(listing) = frontier.answered(number) else {
            return Err(ScanError::Internal(format!("nothing was asked under number {number}")));
        };
        match answer {
            Ok(Answer::Flat(page)) => {
                take_flat(&page, &listing, &every, &mut account, &mut frontier)?;
            }
            Ok(Answer::Grouped(found)) => {
                take_grouped(found, listing, &every, &mut account, &mut frontier)?;
            }
            // What is in flight was allowed, and counts.
            Err(Strayed::Fetch(FetchError::Halted(halt))) => {
                frontier.push(listing);
                early = Some(match halt {
                    Halt::RequestLimit => End::RequestLimit,
                    Halt::Stopped => End::Interrupted,
                });
            }
            Err(Strayed::Lost(why)) => {
                drop(running);
                checkpoints.end().await?;
                let directory = printable(listing.prefix());
                return Ok(account.lost(&requests, format!("directory `{directory}`: {why}")));
            }
            Err(Strayed::Fetch(FetchError::Failed { error, attempts })) => {
                if account.is_empty() && listing.prefix() == setup.options.prefix {
                    let location = setup.options.location.clone();
                    return Err(ScanError::Store { location, attempts, source: error });
                }
                failures.add(listing.prefix(), &error, attempts);
                frontier.push_failed(listing);
            }
        }
    }
    drop(running);
    let end = match (early, failures.summary()) {
        (_, Some(why)) if frontier.is_done() => account.fail(why)?,
        (_, Some(why)) => account.fail(format!("{why}; and what was not reached by then"))?,
        (Some(early), None) if !frontier.is_done() => early,
        (_, None) => account.finish()?,
    };
    checkpoints.end().await?;
    let walk = record(&frontier, &account);
    account.close(setup, &requests, end, Some(walk))
}

fn record(frontier: &Frontier, account: &Account) -> WalkRecord {
    WalkRecord {
        by: WalkKind::Directories,
        listings: frontier.records(),
        greatest: None,
        directories: account.directories(),
    }
}

/// Makes all below a prefix part of the result; where a page does not hold it, its directories are listed.
fn take_flat(
    page: &Page,
    listing: &Listing,
    every: &PageRequest,
    account: &mut Account,
    frontier: &mut Frontier,
) -> Result<(), ScanError> {
    if page.more() {
        account.wasted += 1;
        frontier.push(Listing::below(listing.prefix().to_vec(), every, true));
        return Ok(());
    }
    account.count(page)
}

/// Makes a page of a directory part of the result and puts what it leads to on the stack.
fn take_grouped(
    step: Step,
    mut listing: Listing,
    every: &PageRequest,
    account: &mut Account,
    frontier: &mut Frontier,
) -> Result<(), ScanError> {
    account.count(&step.page)?;
    let prefixes = step.page.prefixes();
    let subtrees: Vec<_> =
        prefixes.map(|prefix| Listing::below(prefix.to_vec(), every, false)).collect();
    if listing.take(step) {
        // Below its own subtrees, which are on their way to an end.
        frontier.push(listing);
    }
    for subtree in subtrees {
        frontier.push(subtree);
    }
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
