//! Objects: lists of objects that jobs read, reports that they write.

use bytes::Bytes;
use http::{HeaderMap, Method, header};

use super::bucket::Bucket;
use crate::alibaba::content_md5;
use crate::alibaba::error::CallError;
use crate::alibaba::session::segment;
use crate::alibaba::xml::Element;

/// What is known of an object without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag without quotes; of an object stored in one piece its MD5 in capitals.
    pub etag: String,
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
        let md5 = content_md5(&body);
        let headers = [("content-type", content_type), ("content-md5", md5.as_str())];
        let doing = format!("store `{key}` in the bucket `{}`", self.name);
        self.call(&doing, Method::PUT, key, "", &headers, body).await.map(drop)
    }

    /// Size and entity tag of an object (`HeadObject`); `None` if there is none.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn head_object(&self, key: &str) -> Result<Option<ObjectHead>, CallError> {
        let doing = format!("look up `{key}` in the bucket `{}`", self.name);
        match self.call(&doing, Method::HEAD, key, "", &[], Bytes::new()).await {
            Ok(reply) => {
                let text = |name| text(&reply.headers, &name);
                let size = text(header::CONTENT_LENGTH).and_then(|size| size.parse().ok());
                let etag = text(header::ETAG).map(|etag| etag.trim_matches('"').to_owned());
                let unreadable = |what| CallError::Unreadable { doing, what };
                match (size, etag) {
                    (Some(size), Some(etag)) => Ok(Some(ObjectHead { size, etag })),
                    (None, _) => Err(unreadable("Content-Length")),
                    (_, None) => Err(unreadable("ETag")),
                }
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The content of an object (`GetObject`). At most 64 MiB.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn get_object(&self, key: &str) -> Result<Vec<u8>, CallError> {
        let doing = format!("read `{key}` in the bucket `{}`", self.name);
        Ok(self.call(&doing, Method::GET, key, "", &[], Bytes::new()).await?.body)
    }

    /// The first key that begins with `prefix` (`ListObjectsV2`); `None` if there is none.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn first_key(&self, prefix: &str) -> Result<Option<String>, CallError> {
        let doing = format!("list `{prefix}` in the bucket `{}`", self.name);
        let query = format!("list-type=2&max-keys=1&prefix={}", segment(prefix));
        let reply = self.call(&doing, Method::GET, "", &query, &[], Bytes::new()).await?;
        let list = Element::parse(&reply.body)
            .filter(|list| list.name == "ListBucketResult")
            .ok_or(CallError::Unreadable { doing, what: "list" })?;
        Ok(list.child("Contents").map(|object| object.whole_text_of("Key").to_owned()))
    }

    /// All keys that begin with `prefix`, in order (`ListObjectsV2`). For the few files of a report; a
    /// bucket is weighed by [`crate::scan`].
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn keys(&self, prefix: &str) -> Result<Vec<String>, CallError> {
        let doing = format!("list `{prefix}` in the bucket `{}`", self.name);
        let unreadable = |what| CallError::Unreadable { doing: doing.clone(), what };
        let mut keys: Vec<String> = Vec::new();
        loop {
            let mut query = format!("list-type=2&max-keys=1000&prefix={}", segment(prefix));
            if let Some(last) = keys.last() {
                query.push_str("&start-after=");
                query.push_str(&segment(last));
            }
            let reply = self.call(&doing, Method::GET, "", &query, &[], Bytes::new()).await?;
            let list = Element::parse(&reply.body).ok_or_else(|| unreadable("list"))?;
            let before = keys.len();
            let found = list.all("Contents").map(|object| object.whole_text_of("Key"));
            keys.extend(found.map(str::to_owned));
            if list.text_of("IsTruncated") != Some("true") {
                return Ok(keys);
            }
            if keys.len() == before {
                return Err(unreadable("next page"));
            }
        }
    }
}

impl Bucket<'_> {
    /// Whether no object is in the bucket (`ListObjectsV2`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn is_empty(&self) -> Result<bool, CallError> {
        let doing = format!("look into the bucket `{}`", self.name);
        let query = "list-type=2&max-keys=1";
        let reply = self.call(&doing, Method::GET, "", query, &[], Bytes::new()).await?;
        let list = Element::parse(&reply.body).filter(|list| list.name == "ListBucketResult");
        let list = list.ok_or(CallError::Unreadable { doing, what: "ListBucketResult" })?;
        Ok(list.child("Contents").is_none())
    }
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
