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
use crate::scan::fetch::FetchError;
use crate::scan::options::Setup;
use crate::scan::outcome::{End, Outcome, ScanError};
use crate::scan::pace::Halt;
use crate::store::{PageRequest, Store};

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
    let mut request = PageRequest {
        prefix: setup.options.prefix.clone(),
        limit: store.quirks().page_limit,
        any_order: true,
        ..PageRequest::default()
    };
    let mut trail = Trail::default();
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
                request.token = page.token().filter(|_| page.more()).map(str::to_owned);
                if request.token.is_none() {
                    break account.finish()?;
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
