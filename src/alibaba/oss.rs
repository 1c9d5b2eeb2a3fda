//! OSS: what the destination's bucket is asked for beside listings.
//!
//! Source: OSS API reference.

use bytes::Bytes;
use http::Method;

use super::endpoint::plain_region;
use super::error::CallError;
use super::session::{Oss4Call, Session};
use crate::store::text::percent;

/// A bucket, with the region in which it is (`cn-hangzhou` or `oss-cn-hangzhou`).
#[derive(Clone, Copy, Debug)]
pub struct Bucket<'a> {
    /// Signs and sends.
    pub session: &'a Session,
    /// Its name.
    pub name: &'a str,
    /// Its region.
    pub region: &'a str,
}

impl Bucket<'_> {
    /// Stores an object (`PutObject`), in the place of one that has this key. At most 5 GB.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn put_object(
        &self,
        key: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<(), CallError> {
        let md5 = super::content_md5(&body);
        let headers = [("content-type", content_type), ("content-md5", md5.as_str())];
        let doing = format!("store `{key}` in the bucket `{}`", self.name);
        self.call(&doing, Method::PUT, key, "", &headers, body).await
    }

    async fn call(
        &self,
        doing: &str,
        method: Method,
        key: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<(), CallError> {
        let region = plain_region(self.region);
        let host = self.session.endpoints().bucket(self.name, region);
        let mut path = "/".to_owned();
        percent::encode_path(key.as_bytes(), &mut path);
        let resource = format!("/{}{path}", self.name);
        let (resource, path) = (&*resource, &*path);
        let call = Oss4Call { method, host: &host, region, resource, path, query, headers, body };
        self.session.oss4(doing, &call).await.map(drop)
    }
}
