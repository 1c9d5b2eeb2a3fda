//! The walk for stores that list in no order: one page after another, by the store's own tokens.
//!
//! Nothing can be listed beside it and nothing can be cut, but it needs no order to be exact: the store's
//! own continuation is what every simple client relies on. What can be noticed is still refused: a token
//! or a page that comes back, an end that does not say so.

use std::pin::pin;
use std::sync::Arc;

use tokio::sync::watch;

use super::account::{Account, Requests, Walked};
use super::listing::Listing;
use super::trail::{Step, Strayed};
use crate::object::KeyOrder;
use crate::scan::checkpoint::Checkpoints;
use crate::scan::count::Progress;
use crate::scan::fetch::{FetchError, Fetcher};
use crate::scan::ledger::{WalkKind, WalkRecord};
use crate::scan::options::Setup;
use crate::scan::outcome::{End, ScanError};
use crate::scan::pace::Halt;
use crate::store::{PageRequest, RangeStart, Store, printable};
use crate::tally::ByteString;

/// A key that the walk missed, if the store shows one past the greatest that was counted.
///
/// Where there is no order this proves nothing when it finds nothing. But a store that merely seemed to
/// keep none, and that ends its listings early, is found out.
async fn missed(
    fetcher: &Fetcher<'_>,
    walked: &PageRequest,
    greatest: &[u8],
) -> Result<Option<String>, FetchError> {
    let quirks = fetcher.store.quirks();
    if quirks.range_start == RangeStart::None || fetcher.store.is_sound() {
        return Ok(None);
    }
    let past = PageRequest { after: Some(greatest.to_vec()), token: None, ..walked.clone() };
    for _ in 0..LOOKS_PAST_THE_END {
        let page = fetcher.page(&past).await?;
        let mut keys = (0..page.len()).map(|index| page.key(index));
        if let Some(key) = keys.find(|key| quirks.order.precedes(greatest, key)) {
            return Ok(Some(printable(key)));
        }
    }
    Ok(None)
}

/// How often a store is asked for what lies past the greatest key. A store that cannot be relied on for
/// the order of its pages may answer with others than were asked for.
const LOOKS_PAST_THE_END: u32 = 5;

/// What a walk by tokens has still to do.
struct Place {
    /// `None` once the listing has ended and only that is to be made sure of.
    listing: Option<Listing>,
    /// The greatest key counted.
    greatest: Vec<u8>,
}

enum Next {
    Page(Box<Step>),
    /// The end, with a key that was missed.
    End(Option<String>),
}

impl Place {
    /// Where an earlier run left the walk, or the beginning.
    fn of(setup: &Setup, first: &PageRequest) -> Self {
        match setup.resumed.as_ref().and_then(|ledger| ledger.walk.as_ref()) {
            Some(walk) => Self {
                listing: walk.listings.last().map(|record| Listing::left(record, first)),
                greatest: walk.greatest.as_ref().map(|key| key.to_vec()).unwrap_or_default(),
            },
            None => Self {
                listing: Some(Listing::below(first.prefix.clone(), first, false)),
                greatest: Vec::new(),
            },
        }
    }

    fn record(&self, directories: u64) -> WalkRecord {
        WalkRecord {
            by: WalkKind::Tokens,
            listings: self.listing.iter().map(Listing::record).collect(),
            greatest: Some(ByteString::from(self.greatest.as_slice())),
            directories,
        }
    }

    async fn next(&self, fetcher: &Fetcher<'_>, first: &PageRequest) -> Result<Next, Strayed> {
        match &self.listing {
            Some(listing) => Ok(Next::Page(Box::new(listing.next_page(fetcher).await?))),
            None => Ok(Next::End(missed(fetcher, first, &self.greatest).await?)),
        }
    }

    /// Makes a page part of the result and moves on to it.
    fn take(
        &mut self,
        step: Step,
        account: &mut Account,
        order: KeyOrder,
    ) -> Result<(), ScanError> {
        let page = &step.page;
        account.count(page)?;
        let keys = (0..page.len()).map(|index| page.key(index));
        if let Some(key) = keys.max_by(|one, other| order.compare(one, other))
            && order.precedes(&self.greatest, key)
        {
            self.greatest = key.to_vec();
        }
        if let Some(mut listing) = self.listing.take()
            && listing.take(step)
        {
            self.listing = Some(listing);
        }
        Ok(())
    }
}

/// Walks the whole prefix by continuation tokens.
pub(crate) async fn walk(
    store: &Arc<dyn Store>,
    setup: &Setup,
    progress: &Arc<Progress>,
    mut stop: watch::Receiver<bool>,
) -> Result<Walked, ScanError> {
    let requests = Requests::new(setup);
    let fetcher = requests.fetcher(store.as_ref(), setup);
    let mut account = Account::open(setup, progress)?;
    let mut checkpoints = Checkpoints::of(setup);
    let first = PageRequest {
        prefix: setup.options.prefix.clone(),
        limit: store.quirks().page_limit,
        any_order: true,
        ..PageRequest::default()
    };
    let mut place = Place::of(setup, &first);
    // Whether another run may go on here.
    let mut goes_on = true;
    let end = loop {
        if requests.are_used_up() {
            break End::RequestLimit;
        }
        let next = {
            let mut next = pin!(place.next(&fetcher, &first));
            loop {
                tokio::select! {
                    next = &mut next => break Some(next),
                    () = checkpoints.due() => if checkpoints.is_written().await? {
                        let walk = place.record(account.directories());
                        let ledger = account.ledger(setup, &requests, Some(walk))?;
                        checkpoints.write(|| Ok(ledger));
                    },
                    Ok(()) = async { stop.wait_for(|stop| *stop).await.map(drop) } => break None,
                }
            }
        };
        account.show(&requests);
        match next {
            Some(Ok(Next::Page(found))) => {
                place.take(*found, &mut account, store.quirks().order)?;
            }
            Some(Ok(Next::End(None))) => break account.finish()?,
            Some(Ok(Next::End(Some(key)))) => {
                goes_on = false;
                break account.fail(format!("the listing ended before `{key}`"))?;
            }
            None | Some(Err(Strayed::Fetch(FetchError::Halted(Halt::Stopped)))) => {
                break End::Interrupted;
            }
            Some(Err(Strayed::Fetch(FetchError::Halted(Halt::RequestLimit)))) => {
                break End::RequestLimit;
            }
            Some(Err(Strayed::Lost(why))) => {
                checkpoints.end().await?;
                return Ok(account.lost(&requests, why));
            }
            Some(Err(Strayed::Fetch(FetchError::Failed { error, attempts }))) => {
                let tried = format!("{error}, after {attempts} attempts");
                if place.listing.is_none() {
                    let why = "the end of the listing could not be checked";
                    break account.fail(format!("{why}: {tried}"))?;
                }
                if account.is_empty() {
                    let location = setup.options.location.clone();
                    return Err(ScanError::Store { location, attempts, source: error });
                }
                break account.fail(tried)?;
            }
        }
    };
    checkpoints.end().await?;
    let walk = place.record(account.directories());
    account.close(setup, &requests, end, Some(walk).filter(|_| goes_on))
}
