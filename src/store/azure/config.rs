//! What a user can say about a container.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::bearer::TokenSource;
use crate::store::{Quirks, http};

/// Where a container is and how to ask for it. What is left open comes from the environment, by the names
/// of the Azure CLI.
#[derive(Clone, Debug)]
pub struct AzureConfig {
    /// The storage account.
    pub account: String,
    /// The container's name.
    pub container: String,
    /// The host suffix where it is not `blob.core.windows.net`.
    pub suffix: Option<String>,
    /// The endpoint, for emulators and hosts of one's own, with the account in its path where it has to
    /// be there; on `localhost` and IP addresses it is appended.
    pub endpoint_url: Option<String>,
    /// What authorises requests.
    pub access: AzureAccess,
    /// How the store behaves, where not as the service does.
    pub quirks: Option<Quirks>,
    /// Limits on time and memory, and whom to trust.
    pub http: http::Settings,
}

impl AzureConfig {
    /// A container, everything else left open.
    #[must_use]
    pub fn new(account: impl Into<String>, container: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            container: container.into(),
            suffix: None,
            endpoint_url: None,
            access: AzureAccess::Environment,
            quirks: None,
            http: http::Settings::default(),
        }
    }
}

/// What authorises requests.
#[derive(Clone, Debug)]
pub enum AzureAccess {
    /// What the environment holds, in this order: `AZURE_STORAGE_CONNECTION_STRING`,
    /// `AZURE_STORAGE_KEY`, `AZURE_STORAGE_SAS_TOKEN`; where it holds none, as [`EntraId`](Self::EntraId).
    Environment,
    /// A connection string.
    ConnectionString(Secret),
    /// An account key, in base64.
    AccountKey(Secret),
    /// A shared access signature.
    Sas(Secret),
    /// Tokens of Entra ID: by client secret, workload identity, managed identity, or as whoever is signed
    /// in to the Azure CLI or the Azure Developer CLI. `AZURE_TOKEN_CREDENTIALS` chooses among them.
    EntraId,
    /// Bearer tokens from elsewhere.
    Bearer(Arc<dyn TokenSource>),
    /// Nothing: containers with anonymous read access.
    Anonymous,
}

/// Something that is never shown, and where it came from.
#[derive(Clone)]
pub struct Secret {
    pub(super) text: Zeroizing<String>,
    pub(super) source: String,
}

impl Secret {
    /// A secret; `source` is where it came from, in words that messages repeat.
    #[must_use]
    pub fn new(text: String, source: impl Into<String>) -> Self {
        Self { text: Zeroizing::new(text), source: source.into() }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret([redacted] from {})", self.source)
    }
}
