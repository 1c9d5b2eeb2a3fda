//! Whether the key is one, and whether it may list and read.

use super::Source;
use crate::preflight::finding::{Check, Finding};
use crate::store::{Page, PageRequest, Store, StoreError};

pub(in crate::preflight) const CREDENTIALS: Check = Check::source(
    "SOURCE_CREDENTIALS",
    "the key of the source",
    "without a key that the source knows, the service can read nothing there",
);

pub(in crate::preflight) const LIST: Check = Check::source(
    "SOURCE_LIST",
    "permission to list",
    "the service lists the source itself before it copies anything",
);

pub(super) fn credentials(error: &StoreError) -> Finding {
    CREDENTIALS.blocker(error.to_string())
}

pub(super) async fn list(source: &Source<'_>, store: &dyn Store) -> Vec<Finding> {
    let request = PageRequest {
        prefix: source.location.prefix().as_bytes().to_vec(),
        limit: 1,
        any_order: true,
        ..PageRequest::default()
    };
    let mut page = Page::default();
    vec![match store.list(&request, &mut page).await {
        Ok(()) => LIST.ok("one page was listed"),
        Err(error) => LIST.blocker(error.to_string()),
    }]
}
