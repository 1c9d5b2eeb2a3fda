//! The walk for stores that list in no order: one page after another, by the store's own tokens.
//!
//! Nothing can be listed beside it and nothing can be cut, but it needs no order to be exact: the store's
//! own continuation is what every simple client relies on. What can be noticed is still refused: a token
//! or a page that comes back, an end that does not say so.

use std::sync::Arc;

use tokio::sync::watch;

use super::account::{Account, Requests};
use super::trail::Trail;
use crate::scan::count::Progress;
use crate::scan::fetch::{FetchError, Fetcher};
use crate::scan::options::Setup;
use crate::scan::outcome::{End, Outcome, ScanError};
use crate::scan::pace::Halt;
use crate::store::{PageRequest, RangeStart, Store, printable};

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

/// Walks the whole prefix by continuation tokens.
pub(crate) async fn walk(
    store: &Arc<dyn Store>,
    setup: &Setup,
    progress: &Arc<Progress>,
    mut stop: watch::Receiver<bool>,
) -> Result<Outcome, ScanError> {
    let requests = Requests::new(setup);
    let fetcher = requests.fetcher(store.as_ref(), setup);
    let mut account = Account::open(setup, progress);
    let order = store.quirks().order;
    let mut request = PageRequest {
        prefix: setup.options.prefix.clone(),
        limit: store.quirks().page_limit,
        any_order: true,
        ..PageRequest::default()
    };
    let mut trail = Trail::default();
    let mut greatest = Vec::new();
    let end = loop {
        if requests.are_used_up() {
            break End::RequestLimit;
        }
        let page = tokio::select! {
            page = trail.next_page(&fetcher, &mut request) => page,
            Ok(()) = async { stop.wait_for(|stop| *stop).await.map(drop) } => break End::Interrupted,
        };
        account.show(&requests);
        match page {
            Ok(page) => {
                account.count(&page)?;
                let keys = (0..page.len()).map(|index| page.key(index));
                if let Some(key) = keys.max_by(|one, other| order.compare(one, other))
                    && order.precedes(&greatest, key)
                {
                    greatest = key.to_vec();
                }
                request.token = page.token().filter(|_| page.more()).map(str::to_owned);
                if request.token.is_some() {
                    continue;
                }
                match missed(&fetcher, &request, &greatest).await {
                    Ok(None) => break account.finish()?,
                    Ok(Some(key)) => {
                        break account.fail(format!("the listing ended before `{key}`"))?;
                    }
                    Err(FetchError::Halted(Halt::Stopped)) => break End::Interrupted,
                    Err(FetchError::Halted(Halt::RequestLimit)) => break End::RequestLimit,
                    Err(FetchError::Failed { error, attempts }) => {
                        let why = "the end of the listing could not be checked";
                        break account
                            .fail(format!("{why}: {error}, after {attempts} attempts"))?;
                    }
                }
            }
            Err(FetchError::Halted(Halt::Stopped)) => break End::Interrupted,
            Err(FetchError::Halted(Halt::RequestLimit)) => break End::RequestLimit,
            Err(FetchError::Failed { error, attempts }) if account.is_empty() => {
                let location = setup.options.location.clone();
                return Err(ScanError::Store { location, attempts, source: error });
            }
            Err(FetchError::Failed { error, attempts }) => {
                break account.fail(format!("{error}, after {attempts} attempts"))?;
            }
        }
    };
    account.close(setup, &requests, end)
}
