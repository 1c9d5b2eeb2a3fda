//! The order of a range's pages where the next is asked for before the one in front of it is read.
//!
//! Both are on their way by then, and nothing keeps the later one from coming first. It waits for its turn, which
//! the page in front gives when it is counted and ends where its answer seemed to; where it does not, or never
//! comes, nothing of the later answer is used.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::planner::Request;

/// A request on its way to the driver.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) request: Request,
    pub(super) turn: Turn,
}

/// When the answer to a request may become part of the result.
#[derive(Debug)]
pub(super) struct Turn(Option<oneshot::Receiver<()>>);

impl Turn {
    /// At once.
    pub(super) fn now() -> Self {
        Self(None)
    }

    /// Waits for it; false where it does not come.
    pub(super) async fn comes(self) -> bool {
        match self.0 {
            Some(turn) => turn.await.is_ok(),
            None => true,
        }
    }
}

/// The request behind a page, where it was asked for ahead. Dropping it calls that off.
#[derive(Debug, Default)]
pub(super) struct Next(Mutex<Option<oneshot::Sender<()>>>);

impl Next {
    /// The turn of a request that follows.
    pub(super) fn turn(&self) -> Turn {
        let (give, turn) = oneshot::channel();
        *self.lock() = Some(give);
        Turn(Some(turn))
    }

    /// Gives the request its turn.
    pub(super) fn go(&self) {
        if let Some(give) = self.lock().take() {
            // Who waits for it is gone only when the scan ends.
            let _ = give.send(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<oneshot::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
