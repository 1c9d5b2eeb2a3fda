//! What is settled about a bucket before the first request.

use super::credentials::KeyRing;
use super::endpoint::Endpoint;
use super::providers::Provider;
use super::session::Session;
use super::sign::Sign;
use crate::store::{Quirks, http};

/// A bucket of any provider that speaks the list calls of S3, nothing left open. This is all in which
/// those providers differ: data, and how requests are signed.
#[derive(Debug)]
pub(crate) struct Settled {
    /// The provider's name in reports.
    pub(crate) provider: String,
    /// The bucket's name.
    pub(crate) bucket: String,
    /// The hosts that serve it, and the rule by which they follow from regions.
    pub(crate) endpoint: Endpoint,
    /// The region to sign for, as long as no answer names another.
    pub(crate) region: String,
    /// Where keys come from.
    pub(crate) keys: KeyRing,
    /// The session in which the bucket is listed, where it wants one.
    pub(crate) session: Option<Session>,
    /// How requests are signed.
    pub(crate) signer: Box<dyn Sign>,
    /// Whether the bucket is named in the path and not in the host; the endpoint's way where left open.
    pub(crate) path_style: Option<bool>,
    /// Whether to agree to pay for requests.
    pub(crate) request_payer: bool,
    /// The service, where the user or the endpoint names it.
    pub(crate) service: Option<&'static Provider>,
    /// How the store behaves.
    pub(crate) quirks: Quirks,
    /// Limits on time and memory, and whom to trust.
    pub(crate) http: http::Settings,
}
