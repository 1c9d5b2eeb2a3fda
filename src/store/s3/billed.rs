//! The calls that list what is billed beside the current objects.

use futures::future::{BoxFuture, FutureExt as _};

use super::client::{Ask, S3Store};
use super::{uploads, versions};
use crate::store::{
    Billed, ErrorKind, Gate, PartsPage, PartsRequest, Store as _, StoreError, UploadsPage,
    UploadsRequest, VersionsPage, VersionsRequest,
};

impl Billed for S3Store {
    fn versions<'a>(
        &'a self,
        request: &'a VersionsRequest,
        gate: &'a dyn Gate,
    ) -> BoxFuture<'a, Result<VersionsPage, StoreError>> {
        async move {
            if request.include.snapshots || request.include.deleted {
                let text = "buckets of this kind have no snapshots, and keep what was deleted as versions\n\
                            hint: give --versions instead";
                return Err(StoreError::new(ErrorKind::Setup, text));
            }
            let query = versions::write(request, self.quirks());
            let ask = Ask { any_order: request.any_order, gate, ..Ask::get(&query) };
            let (_, body) = self.ask(&ask).await.map_err(|error| permitted(error, "s3:ListBucketVersions"))?;
            let quirks = self.as_meant_below(&request.prefix, gate).await?;
            Ok(versions::decode(&body, request, &self.expected(&quirks))?)
        }
        .boxed()
    }

    fn uploads<'a>(
        &'a self,
        request: &'a UploadsRequest,
        gate: &'a dyn Gate,
    ) -> BoxFuture<'a, Result<UploadsPage, StoreError>> {
        async move {
            let query = uploads::write(request, self.quirks());
            let ask = Ask { any_order: request.any_order, gate, ..Ask::get(&query) };
            let (_, body) = self
                .ask(&ask)
                .await
                .map_err(|error| permitted(error, "s3:ListBucketMultipartUploads"))?;
            let quirks = self.as_meant_below(&request.prefix, gate).await?;
            Ok(uploads::decode(&body, request, &self.expected(&quirks))?)
        }
        .boxed()
    }

    fn parts<'a>(
        &'a self,
        request: &'a PartsRequest,
        gate: &'a dyn Gate,
    ) -> BoxFuture<'a, Result<PartsPage, StoreError>> {
        async move {
            let query = uploads::write_parts(request, self.quirks());
            let ask = Ask { key: &request.key, gate, ..Ask::get(&query) };
            let (_, body) = self
                .ask(&ask)
                .await
                .map_err(|error| permitted(error, "s3:ListMultipartUploadParts"))?;
            Ok(uploads::decode_parts(&body, request)?)
        }
        .boxed()
    }
}

/// Names the permission that is wanting, and the way out.
fn permitted(mut error: StoreError, action: &str) -> StoreError {
    if error.kind == ErrorKind::AccessDenied {
        error.message = format!(
            "{}\nhint: the key must be allowed `{action}`, or what the provider calls it, on the bucket; on \
             Amazon S3 the managed policy AmazonS3ReadOnlyAccess suffices",
            error.message
        );
    }
    error
}
