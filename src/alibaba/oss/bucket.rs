//! A bucket itself: whether it is there and whose it is, what it is, creating and deleting it.

use bytes::Bytes;
use http::Method;

use crate::alibaba::content_md5;
use crate::alibaba::endpoint::plain_region;
use crate::alibaba::error::{CallError, Refusal};
use crate::alibaba::session::{Oss4Call, Reply, Session};
use crate::alibaba::xml::Element;
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

/// What a bucket is (`GetBucketInfo`); only its owner may ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketInfo {
    /// Its region in the form of OSS: `oss-cn-hangzhou`.
    pub location: String,
    /// When it was created, in UTC.
    pub created: String,
    /// The storage class of objects that name none.
    pub storage_class: String,
    /// `LRS` or `ZRS`.
    pub redundancy: String,
    /// The number of its owner's account.
    pub owner: String,
    /// Who may reach it without being named: `private`, `public-read`, `public-read-write`.
    pub acl: String,
    /// `Enabled`, `Suspended`; `None` where versions were never kept.
    pub versioning: Option<String>,
    /// `KMS`, `AES256`; `None` without encryption at rest.
    pub encryption: Option<String>,
    /// The key of KMS that encrypts, where one is named.
    pub kms_key: Option<String>,
    /// Whether it has a hierarchical namespace.
    pub is_hierarchical: bool,
    /// Whether nothing in it can be made public; `None` where that is not told.
    pub blocks_public_access: Option<bool>,
    /// Whether what is written to it is copied to another bucket.
    pub is_replicated: bool,
    /// The bucket that records of its use are written to, if there is one.
    pub log_bucket: Option<String>,
}

/// Whether a bucket is there, as far as one who asks may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is there, and may be looked at.
    Ours(Box<BucketInfo>),
    /// It is there in another region; the host that answers for it.
    Elsewhere(String),
    /// It is there, and is somebody else's or closed to this key: the service does not tell which.
    Denied(Box<Refusal>),
    /// There is none of this name, anywhere.
    Absent,
}

/// How much a bucket holds (`GetBucketStat`), counted by the service an hour or more ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BucketStat {
    /// Bytes of all objects and parts.
    pub bytes: u64,
    /// Objects, without delete markers.
    pub objects: u64,
    /// Unfinished uploads.
    pub uploads: u64,
    /// Delete markers, where that is told.
    pub delete_markers: Option<u64>,
    /// When it was counted, in seconds since 1970, where that is told.
    pub counted: Option<u64>,
}

/// A bucket to be created, which nobody but its owner may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewBucket {
    /// The storage class of objects that name none: `Standard`, `IA`, `Archive`, `ColdArchive`,
    /// `DeepColdArchive`. Without one the service's own, which is `Standard`.
    pub storage_class: Option<String>,
    /// `LRS` or `ZRS`. Without one the service's own.
    pub redundancy: Option<String>,
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
        let is = |name, value| bucket.text_of(name).map(|text| text.eq_ignore_ascii_case(value));
        Ok(BucketInfo {
            location: text("Location"),
            created: text("CreationDate"),
            storage_class: text("StorageClass"),
            redundancy: text("DataRedundancyType"),
            owner: some(bucket.child("Owner"), "ID").unwrap_or_default(),
            acl: some(bucket.child("AccessControlList"), "Grant").unwrap_or_default(),
            versioning: some(Some(bucket), "Versioning"),
            encryption: some(encryption, "SSEAlgorithm"),
            kms_key: some(encryption, "KMSMasterKeyID"),
            is_hierarchical: is("HierarchicalNamespace", "Enabled") == Some(true),
            blocks_public_access: is("BlockPublicAccess", "true"),
            is_replicated: is("CrossRegionReplication", "Enabled") == Some(true),
            log_bucket: some(bucket.child("BucketPolicy"), "LogBucket"),
        })
    }

    /// Whether the bucket is there, and whose it is (`GetBucketInfo`).
    ///
    /// # Errors
    /// [`CallError`], of refusals those that leave it open.
    pub async fn presence(&self) -> Result<Presence, CallError> {
        match self.info().await {
            Ok(info) => Ok(Presence::Ours(Box::new(info))),
            Err(CallError::Refused { refusal, .. }) if refusal.code == "NoSuchBucket" => {
                Ok(Presence::Absent)
            }
            Err(CallError::Refused { refusal, .. }) if !refusal.endpoint.is_empty() => {
                Ok(Presence::Elsewhere(refusal.endpoint))
            }
            Err(CallError::Refused { refusal, .. }) if refusal.is_denied() => {
                Ok(Presence::Denied(Box::new(refusal)))
            }
            Err(error) => Err(error),
        }
    }

    /// Creates the bucket (`PutBucket`), closed to the public.
    ///
    /// Creating one's own bucket again as it is succeeds, as far as the reference tells, and closes it to
    /// the public; so ask for [`Self::presence`] first, and again after an error by which it may have
    /// happened.
    ///
    /// # Errors
    /// [`CallError`]; that somebody has a bucket of this name, or one has it with other properties, is a
    /// conflict.
    pub async fn create(&self, bucket: &NewBucket) -> Result<(), CallError> {
        let doing = format!("create the bucket `{}` in {}", self.name, plain_region(self.region));
        let document = Element::new("CreateBucketConfiguration")
            .with_some("StorageClass", bucket.storage_class.as_ref())
            .with_some("DataRedundancyType", bucket.redundancy.as_ref());
        let body = Bytes::from(document.document());
        let md5 = content_md5(&body);
        let headers =
            [("x-oss-acl", "private"), ("content-type", "application/xml"), ("content-md5", &md5)];
        self.once(&doing, Method::PUT, &headers, body).await.map(drop)
    }

    /// Deletes the bucket (`DeleteBucket`), which has to be empty. That it is not there is a success.
    ///
    /// # Errors
    /// [`CallError`]; that it is not empty is a refusal with `BucketNotEmpty`.
    pub async fn delete(&self) -> Result<(), CallError> {
        let doing = format!("delete the bucket `{}`", self.name);
        match self.call(&doing, Method::DELETE, "", "", &[], Bytes::new()).await {
            Err(error) if error.refusal().is_some_and(|said| said.code == "NoSuchBucket") => Ok(()),
            other => other.map(drop),
        }
    }

    /// How much the bucket holds by the service's own count (`GetBucketStat`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn stat(&self) -> Result<BucketStat, CallError> {
        let doing = format!("read what the bucket `{}` holds", self.name);
        let reply = self.call(&doing, Method::GET, "", "stat", &[], Bytes::new()).await?;
        let unreadable = |what| CallError::Unreadable { doing: doing.clone(), what };
        let stat = Element::parse(&reply.body).ok_or_else(|| unreadable("BucketStat"))?;
        let maybe = |name: &'static str| -> Result<Option<u64>, CallError> {
            stat.text_of(name).map(str::parse).transpose().map_err(|_| unreadable(name))
        };
        let number = |name| maybe(name)?.ok_or_else(|| unreadable(name));
        Ok(BucketStat {
            bytes: number("Storage")?,
            objects: number("ObjectCount")?,
            uploads: number("MultipartUploadCount")?,
            delete_markers: maybe("DeleteMarkerCount")?,
            counted: maybe("LastModifiedTime")?,
        })
    }

    /// A call about the bucket, or about an object in it.
    pub(super) async fn call(
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
        let (host, resource, path) = (&*host, &*resource, &*path);
        let idempotent = method.is_idempotent();
        let call =
            Oss4Call { method, host, region, resource, path, query, headers, body, idempotent };
        self.session.oss4(doing, &call).await
    }

    /// A call about the bucket that is not repeated where it may have happened.
    async fn once(
        &self,
        doing: &str,
        method: Method,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Reply, CallError> {
        let region = plain_region(self.region);
        let host = &*self.session.endpoints().bucket(self.name, region);
        let resource = &*format!("/{}/", self.name);
        let (path, query, idempotent) = ("/", "", false);
        let call =
            Oss4Call { method, host, region, resource, path, query, headers, body, idempotent };
        self.session.oss4(doing, &call).await
    }
}
