//! One answer, whatever it takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

use crate::scan::fetch::{ATTEMPTS, Counters, FetchError, Fetcher, Latency};
use crate::scan::further::Further;
use crate::scan::outcome::RequestCounts;
use crate::scan::pace::{Halt, Pace, PaceOptions};
use crate::store::{
    Billed, ErrorKind, Marker, PartsPage, PartsRequest, Passed, Store, StoreError, UploadsPage,
    UploadsRequest, VersionsPage, VersionsRequest,
};

/// What all requests share.
#[derive(Debug)]
pub(super) struct Calls {
    pub(super) store: Arc<dyn Store>,
    pub(super) pace: Pace,
    counters: Counters,
    latency: Latency,
    used_up: AtomicBool,
    /// The storage class of what is listed without one.
    pub(super) unnamed_class: String,
}

/// Why something could not be listed.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// The run is being stopped.
    #[error("stopped before it was listed to its end")]
    Stopped,
    /// `max_requests` were sent.
    #[error("the number of requests allowed was sent")]
    RequestLimit,
    /// The store failed.
    #[error("{}, after {attempts} attempts", first_line(error))]
    Store { error: StoreError, attempts: u32 },
    /// The store goes on without end.
    #[error("{0}")]
    Endless(String),
}

/// An error without its hint, which has a line of its own.
fn first_line(error: &StoreError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

impl Failure {
    /// Whether the same will be answered to whatever else is asked.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Stopped | Self::RequestLimit => true,
            Self::Store { error, .. } => matches!(
                error.kind,
                ErrorKind::AccessDenied
                    | ErrorKind::NoSuchBucket
                    | ErrorKind::BadCredentials
                    | ErrorKind::NoCredentials
            ),
            Self::Endless(_) => false,
        }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Halted(Halt::Stopped) => Self::Stopped,
            FetchError::Halted(Halt::RequestLimit) => Self::RequestLimit,
            FetchError::Failed { error, attempts } => Self::Store { error, attempts },
        }
    }
}

impl Calls {
    pub(super) fn new(store: Arc<dyn Store>, pace: PaceOptions, unnamed_class: &str) -> Self {
        Self {
            store,
            pace: Pace::new(pace),
            counters: Counters::default(),
            latency: Latency::default(),
            used_up: AtomicBool::new(false),
            unnamed_class: unnamed_class.to_owned(),
        }
    }

    /// Lets no request be sent any more, as after the last that is allowed.
    pub(super) fn use_up(&self) {
        self.used_up.store(true, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> RequestCounts {
        self.counters.counts(&self.pace)
    }

    /// Notes an end of a listing that was none.
    pub(super) fn false_end(&self) {
        self.counters.false_ends.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) async fn versions(
        &self,
        request: &VersionsRequest,
    ) -> Result<VersionsPage, Failure> {
        let further = self.further();
        let page = self.ask(&further, |billed| billed.versions(request, &further)).await?;
        self.received(page.received);
        Ok(page)
    }

    /// Where to ask whether anything follows what has passed.
    pub(super) fn behind(&self, passed: &Passed) -> Option<Marker> {
        self.store.billed().map(|billed| billed.behind(passed))
    }

    pub(super) async fn uploads(&self, request: &UploadsRequest) -> Result<UploadsPage, Failure> {
        let further = self.further();
        let page = self.ask(&further, |billed| billed.uploads(request, &further)).await?;
        self.received(page.received);
        Ok(page)
    }

    pub(super) async fn parts(&self, request: &PartsRequest) -> Result<PartsPage, Failure> {
        let further = self.further();
        let page = self.ask(&further, |billed| billed.parts(request, &further)).await?;
        self.received(page.received);
        Ok(page)
    }

    fn further(&self) -> Further<'_> {
        Further::new(&self.pace, &self.counters)
    }

    async fn ask<'a, T, F>(
        &'a self,
        further: &Further<'_>,
        call: impl Fn(&'a dyn Billed) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        if self.used_up.load(Ordering::Relaxed) {
            return Err(Failure::RequestLimit);
        }
        let Some(billed) = self.store.billed() else {
            let error = StoreError::new(ErrorKind::Setup, "this store lists objects only");
            return Err(Failure::Store { error, attempts: 0 });
        };
        let fetcher = Fetcher {
            store: self.store.as_ref(),
            pace: &self.pace,
            counters: &self.counters,
            latency: &self.latency,
            hedging: false,
            disordered: ATTEMPTS,
            received: &|_| (),
        };
        let (_, answer) = fetcher.persist(|| fetcher.once_only(further, call(billed))).await?;
        Ok(answer)
    }

    fn received(&self, bytes: usize) {
        self.counters.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}
