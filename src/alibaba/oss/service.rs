//! What the account has in OSS, and where OSS is.

use bytes::Bytes;
use http::Method;

use crate::alibaba::endpoint::plain_region;
use crate::alibaba::error::CallError;
use crate::alibaba::session::{Oss4Call, Session, segment};
use crate::alibaba::xml::Element;

/// OSS, asked in one region.
#[derive(Clone, Copy, Debug)]
pub struct Oss<'a> {
    session: &'a Session,
    region: &'a str,
}

/// A bucket in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedBucket {
    /// Its name.
    pub name: String,
    /// Its region in the form of OSS: `oss-cn-hangzhou`.
    pub location: String,
    /// The storage class of objects that name none.
    pub storage_class: String,
    /// When it was created, in UTC.
    pub created: String,
}

/// A region (`DescribeRegions`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Region {
    /// In the form of OSS: `oss-cn-hangzhou`.
    pub name: String,
    /// The host to be reached from everywhere.
    pub public: String,
    /// The host to be reached from inside.
    pub internal: String,
}

impl<'a> Oss<'a> {
    /// OSS in a region (`cn-hangzhou` or `oss-cn-hangzhou`).
    #[must_use]
    pub fn new(session: &'a Session, region: &'a str) -> Self {
        Self { session, region: plain_region(region) }
    }

    /// The account's buckets whose names begin with `prefix`, in all regions (`ListBuckets`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn buckets(&self, prefix: &str) -> Result<Vec<ListedBucket>, CallError> {
        let doing = "list the buckets of the account";
        let mut buckets: Vec<ListedBucket> = Vec::new();
        let mut marker = String::new();
        loop {
            let mut query = "max-keys=1000".to_owned();
            for (name, value) in [("prefix", prefix), ("marker", &marker)] {
                if !value.is_empty() {
                    query = format!("{query}&{name}={}", segment(value));
                }
            }
            let page = self.get(doing, &query, "ListAllMyBucketsResult").await?;
            let listed = page.child("Buckets").into_iter().flat_map(|list| list.all("Bucket"));
            for bucket in listed {
                let text = |name| bucket.text_of(name).unwrap_or_default().to_owned();
                buckets.push(ListedBucket {
                    name: text("Name"),
                    location: text("Location"),
                    storage_class: text("StorageClass"),
                    created: text("CreationDate"),
                });
            }
            if page.text_of("IsTruncated") != Some("true") {
                return Ok(buckets);
            }
            let next = page.text_of("NextMarker").filter(|next| *next != marker);
            let unreadable =
                || CallError::Unreadable { doing: doing.to_owned(), what: "NextMarker" };
            marker = next.ok_or_else(unreadable)?.to_owned();
        }
    }

    /// All regions (`DescribeRegions`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn regions(&self) -> Result<Vec<Region>, CallError> {
        let page = self.get("list the regions of OSS", "regions", "RegionInfoList").await?;
        let regions = page.all("RegionInfo").map(|region| {
            let text = |name| region.text_of(name).unwrap_or_default().to_owned();
            let (public, internal) = (text("InternetEndpoint"), text("InternalEndpoint"));
            Region { name: text("Region"), public, internal }
        });
        Ok(regions.collect())
    }

    async fn get(
        &self,
        doing: &str,
        query: &str,
        root: &'static str,
    ) -> Result<Element, CallError> {
        let call = Oss4Call {
            method: Method::GET,
            host: &self.session.endpoints().oss(self.region),
            region: self.region,
            resource: "/",
            path: "/",
            query,
            headers: &[],
            body: Bytes::new(),
            idempotent: true,
        };
        let reply = self.session.oss4(doing, &call).await?;
        Element::parse(&reply.body)
            .filter(|document| document.name == root)
            .ok_or_else(|| CallError::Unreadable { doing: doing.to_owned(), what: root })
    }
}
