//! OSS: what the destination's bucket is asked for beside listings to be weighed.
//!
//! Source: OSS API reference.

use bytes::Bytes;
use http::{HeaderMap, Method, header};

use super::endpoint::plain_region;
use super::error::CallError;
use super::session::{Oss4Call, Reply, Session, segment};
use super::xml::Element;
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

/// What is known of an object without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag without quotes; of an object stored in one piece its MD5 in capitals.
    pub etag: String,
}

/// What a bucket is (`GetBucketInfo`); only its owner may ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketInfo {
    /// Its region in the form of OSS: `oss-cn-hangzhou`.
    pub location: String,
    /// The storage class of objects that name none.
    pub storage_class: String,
    /// `LRS` or `ZRS`.
    pub redundancy: String,
    /// The number of its owner's account.
    pub owner: String,
    /// `Enabled`, `Suspended`; `None` where versions were never kept.
    pub versioning: Option<String>,
    /// `KMS`, `AES256`; `None` without encryption at rest.
    pub encryption: Option<String>,
    /// The key of KMS that encrypts, where one is named.
    pub kms_key: Option<String>,
    /// Whether it has a hierarchical namespace.
    pub is_hierarchical: bool,
}

/// A document that is kept with a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Who may do what, in JSON. Putting one takes the place of the whole policy.
    Policy,
    /// Encryption at rest.
    Encryption,
    /// Rules by which objects are moved and deleted.
    Lifecycle,
}

impl Setting {
    /// The name in the query, the type of the document, and the code that says that there is none.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Policy => ("policy", "application/json", "NoSuchBucketPolicy"),
            Self::Encryption => ("encryption", "application/xml", "NoSuchServerSideEncryptionRule"),
            Self::Lifecycle => ("lifecycle", "application/xml", "NoSuchLifecycle"),
        }
    }
}

impl Bucket<'_> {
    /// What the bucket is (`GetBucketInfo`).
    ///
    /// # Errors
    /// [`CallError`]; that it is not there, or somebody else's, is a refusal.
    pub async fn info(&self) -> Result<BucketInfo, CallError> {
        let doing = format!("look up the bucket `{}`", self.name);
        let reply = self.call(&doing, Method::GET, "", "bucketInfo", &[], Bytes::new()).await?;
        let document = Element::parse(&reply.body);
        let bucket = document.as_ref().and_then(|document| document.child("Bucket"));
        let bucket = bucket.ok_or(CallError::Unreadable { doing, what: "Bucket" })?;
        let text = |name| bucket.text_of(name).unwrap_or_default().to_owned();
        let some = |element: Option<&Element>, name| {
            let text = element.and_then(|element| element.text_of(name));
            text.filter(|text| *text != "None").map(str::to_owned)
        };
        let encryption = bucket.child("ServerSideEncryptionRule");
        Ok(BucketInfo {
            location: text("Location"),
            storage_class: text("StorageClass"),
            redundancy: text("DataRedundancyType"),
            owner: some(bucket.child("Owner"), "ID").unwrap_or_default(),
            versioning: some(Some(bucket), "Versioning"),
            encryption: some(encryption, "SSEAlgorithm"),
            kms_key: some(encryption, "KMSMasterKeyID"),
            is_hierarchical: text("HierarchicalNamespace").eq_ignore_ascii_case("Enabled"),
        })
    }

    /// A document that is kept with the bucket, as it is; `None` if there is none.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn setting(&self, setting: Setting) -> Result<Option<Vec<u8>>, CallError> {
        let (name, _, none) = setting.words();
        let doing = format!("read the {name} of the bucket `{}`", self.name);
        match self.call(&doing, Method::GET, "", name, &[], Bytes::new()).await {
            Ok(reply) => Ok(Some(reply.body)),
            // Its status is 400 or 404, depending on which page of the reference is right.
            Err(error) if error.refusal().is_some_and(|refusal| refusal.code == none) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps a document with the bucket, in the place of the one that was there.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn put_setting(&self, setting: Setting, document: Bytes) -> Result<(), CallError> {
        let (name, kind, _) = setting.words();
        let doing = format!("set the {name} of the bucket `{}`", self.name);
        let md5 = super::content_md5(&document);
        let headers = [("content-type", kind), ("content-md5", md5.as_str())];
        self.call(&doing, Method::PUT, "", name, &headers, document).await.map(drop)
    }

    /// Takes a document away.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delete_setting(&self, setting: Setting) -> Result<(), CallError> {
        let name = setting.words().0;
        let doing = format!("take away the {name} of the bucket `{}`", self.name);
        self.call(&doing, Method::DELETE, "", name, &[], Bytes::new()).await.map(drop)
    }

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
            let found = list.all("Contents").filter_map(|object| object.text_of("Key"));
            keys.extend(found.map(str::to_owned));
            if list.text_of("IsTruncated") != Some("true") {
                return Ok(keys);
            }
            if keys.len() == before {
                return Err(unreadable("next page"));
            }
        }
    }

    async fn call(
        &self,
        doing: &str,
        method: Method,
        key: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Reply, CallError> {
        let region = plain_region(self.region);
        let host = self.session.endpoints().bucket(self.name, region);
        let mut path = "/".to_owned();
        percent::encode_path(key.as_bytes(), &mut path);
        let resource = format!("/{}{path}", self.name);
        let (resource, path) = (&*resource, &*path);
        let call = Oss4Call { method, host: &host, region, resource, path, query, headers, body };
        self.session.oss4(doing, &call).await
    }
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
