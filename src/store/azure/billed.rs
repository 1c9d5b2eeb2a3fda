//! Versions, snapshots and soft-deleted blobs: `List Blobs` with `include`.
//!
//! Source: "List Blobs", Azure Storage REST reference. Where a base blob has soft-deleted snapshots or versions,
//! they are listed only if snapshots or versions are included as well, so these are asked for whenever deleted
//! blobs are. An account with a hierarchical namespace has no versions.

use futures::future::{BoxFuture, FutureExt as _};

use super::client::{Ask, AzureStore};
use super::decode::{Expected, decode_versions};
use super::query;
use crate::store::{
    Billed, ErrorKind, Gate, Include, Marker, PageRequest, PartsPage, PartsRequest, Passed,
    StoreError, UploadsPage, UploadsRequest, VersionsPage, VersionsRequest,
};

impl AzureStore {
    async fn list_versions(
        &self,
        request: &VersionsRequest,
        gate: &dyn Gate,
    ) -> Result<VersionsPage, StoreError> {
        let from = request.from.as_ref();
        let token = from.and_then(|from| from.id.as_deref());
        let asked = PageRequest {
            prefix: request.prefix.clone(),
            after: from.filter(|_| token.is_none()).map(|from| from.key.clone()),
            token: token.map(|token| String::from_utf8_lossy(token).into_owned()),
            delimiter: None,
            limit: request.limit,
            any_order: request.any_order,
        };
        let include = include(request.include, self.quirks.ordered);
        let parameters = query::including(query::list(&asked, &self.quirks)?, &include);
        let mut body = Vec::new();
        self.send_corrected(&Ask { gate, ..Ask::get(&parameters) }, &mut body).await?;
        let expected = Expected { container: &self.container, quirks: &self.quirks };
        let page = decode_versions(body, request, &asked, &expected);
        page.map_err(|rejected| self.redacted(rejected.into()))
    }
}

impl Billed for AzureStore {
    fn versions<'a>(
        &'a self,
        request: &'a VersionsRequest,
        gate: &'a dyn Gate,
    ) -> BoxFuture<'a, Result<VersionsPage, StoreError>> {
        self.list_versions(request, gate).boxed()
    }

    /// A listing starts at a name, with all that is kept of it.
    fn behind(&self, passed: &Passed) -> Marker {
        Marker { key: passed.key.clone(), id: None }
    }

    fn uploads<'a>(
        &'a self,
        _: &'a UploadsRequest,
        _: &'a dyn Gate,
    ) -> BoxFuture<'a, Result<UploadsPage, StoreError>> {
        async { Err(no_uploads()) }.boxed()
    }

    fn parts<'a>(
        &'a self,
        _: &'a PartsRequest,
        _: &'a dyn Gate,
    ) -> BoxFuture<'a, Result<PartsPage, StoreError>> {
        async { Err(no_uploads()) }.boxed()
    }
}

fn no_uploads() -> StoreError {
    StoreError::new(
        ErrorKind::Setup,
        "Azure Blob Storage has no multipart uploads\n\
         hint: leave --uploads out; the service drops uncommitted blocks by itself after a week",
    )
}

/// The words of `include`.
fn include(include: Include, flat: bool) -> Vec<&'static str> {
    let Include { versions, snapshots, deleted } = include;
    let words = [
        (deleted, "deleted"),
        (snapshots || deleted, "snapshots"),
        (versions || deleted && flat, "versions"),
    ];
    words.into_iter().filter_map(|(wanted, word)| wanted.then_some(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleted_snapshots_and_versions_are_asked_for_with_what_is_deleted() {
        let deleted = Include { deleted: true, ..Include::default() };
        assert_eq!(include(deleted, true), ["deleted", "snapshots", "versions"]);
        assert_eq!(include(deleted, false), ["deleted", "snapshots"]);
        let snapshots = Include { snapshots: true, ..Include::default() };
        assert_eq!(include(snapshots, true), ["snapshots"]);
        let parameters = query::list(&PageRequest::default(), &super::super::quirks()).unwrap();
        assert_eq!(
            query::write(&query::including(parameters, &["snapshots", "versions"])),
            "comp=list&include=snapshots%2Cversions&maxresults=5000&restype=container"
        );
    }
}
