//! What a user can say about a bucket.

use super::providers::Provider;
use crate::store::{Quirks, http};

/// Where a bucket is and how to ask for it. Everything left open comes from the environment and the
/// configuration files, as for the AWS tools.
#[derive(Clone, Debug)]
pub struct S3Config {
    /// The bucket's name.
    pub bucket: String,
    /// The endpoint, for stores other than AWS; `AWS_ENDPOINT_URL_S3` and its relatives count as well.
    pub endpoint_url: Option<String>,
    /// The region to sign for. A wrong one is corrected by what AWS answers.
    pub region: Option<String>,
    /// The profile of the configuration files.
    pub profile: Option<String>,
    /// Whether to ask without credentials, as public buckets allow.
    pub no_sign_request: bool,
    /// Whether to agree to pay for requests to a bucket whose owner wants that.
    pub request_payer: bool,
    /// Whether the bucket is named in the path and not in the host. Left open, it is the path for
    /// endpoints other than AWS and for buckets that cannot be part of a host name.
    pub path_style: Option<bool>,
    /// The service behind the endpoint. Left open, it is found out by endpoint and answers.
    pub service: Option<&'static Provider>,
    /// How the store behaves, where that is not what is known of the service.
    pub quirks: Option<Quirks>,
    /// The most entries to ask for on a page, where that is fewer than the store gives.
    pub page_limit: Option<usize>,
    /// Limits on time and memory, and whom to trust.
    pub http: http::Settings,
    /// The provider's name in reports.
    pub provider: String,
}

impl S3Config {
    /// A bucket of Amazon S3, everything else left open.
    #[must_use]
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            endpoint_url: None,
            region: None,
            profile: None,
            no_sign_request: false,
            request_payer: false,
            path_style: None,
            service: None,
            quirks: None,
            page_limit: None,
            http: http::Settings::default(),
            provider: "s3".to_owned(),
        }
    }
}
