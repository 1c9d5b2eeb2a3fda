//! One listing of a walk that is to be gone on with.

use super::trail::{Step, Strayed, Trail};
use crate::scan::fetch::{FetchError, Fetcher};
use crate::scan::ledger::ListingRecord;
use crate::store::{ErrorKind, Page, PageRequest, StoreError, printable};
use crate::tally::ByteString;

const DELIMITER: u8 = b'/';

/// All below a prefix, or what is directly below it, and how far it came.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    /// What asks for its first page.
    request: PageRequest,
    trail: Trail,
}

impl Listing {
    /// All below `prefix`: by its directories, or flat.
    pub(super) fn below(prefix: Vec<u8>, like: &PageRequest, grouped: bool) -> Self {
        let request =
            PageRequest { prefix, delimiter: grouped.then_some(DELIMITER), ..like.clone() };
        Self { request, trail: Trail::default() }
    }

    /// What an earlier run left.
    pub(super) fn left(record: &ListingRecord, like: &PageRequest) -> Self {
        let mut listing = Self::below(record.prefix.to_vec(), like, record.grouped);
        listing.trail = record.trail.as_ref().map(Trail::left).unwrap_or_default();
        listing
    }

    /// What another run can go on from.
    pub(super) fn record(&self) -> ListingRecord {
        ListingRecord {
            prefix: ByteString::from(self.prefix()),
            grouped: self.is_grouped(),
            trail: self.trail.record(),
        }
    }

    pub(super) fn prefix(&self) -> &[u8] {
        &self.request.prefix
    }

    pub(super) fn is_grouped(&self) -> bool {
        self.request.delimiter.is_some()
    }

    /// The page that comes next; nothing changes before it is taken.
    ///
    /// # Errors
    /// [`Strayed`] when it cannot be had, or is not grouped as was asked for.
    pub(super) async fn next_page(&self, fetcher: &Fetcher<'_>) -> Result<Step, Strayed> {
        let step = self.trail.next_page(fetcher, &self.request).await?;
        if self.is_grouped() {
            grouped_as_asked(&step.page, self.prefix())
                .map_err(|error| FetchError::Failed { error, attempts: 1 })?;
        }
        Ok(step)
    }

    /// The first page, where no other is going to be asked for.
    ///
    /// # Errors
    /// [`FetchError`] when it cannot be had.
    pub(super) async fn first_page(&self, fetcher: &Fetcher<'_>) -> Result<Page, FetchError> {
        fetcher.page(&self.request).await
    }

    /// Moves on to a page that was counted; whether another one follows.
    pub(super) fn take(&mut self, step: Step) -> bool {
        let more = step.page.more();
        self.trail.take(step);
        more
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
