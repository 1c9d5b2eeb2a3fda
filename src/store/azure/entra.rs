//! Tokens of Entra ID, by the ways that users of the Azure tools know and in the order of those tools.
//!
//! The official identity crate speaks to Entra ID, to managed identities and to the command line tools; here
//! is which of them is asked, and what is told where none has a token. A way that is set up and fails ends
//! the search: whoever sets a client secret does not mean the identity of the machine. What the crate keeps
//! of tokens is not used, as a token that the service refuses has to be replaced before it ends.

mod transport;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use azure_core::credentials::{Secret as CoreSecret, TokenCredential};
use azure_core::http::{
    ClientOptions, ExponentialRetryOptions, RetryOptions, Transport as Carrier,
};
use azure_identity::{
    AzureCliCredential, AzureDeveloperCliCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use futures::future::{BoxFuture, FutureExt as _};
use http::Request;
use http::header::HOST;
use tokio::time::timeout;
use zeroize::Zeroizing;

use self::transport::Transport;
use super::bearer::{Token, TokenSource};
use crate::store::http::{Client, Settings, Timeouts};
use crate::store::{ErrorKind, StoreError};

/// What tokens are asked for: reading and writing any storage account, as far as roles allow.
const SCOPE: &str = "https://storage.azure.com/.default";
/// Where virtual machines find their metadata service.
const METADATA: &str = "169.254.169.254";
/// How long a way may take. The metadata service asks for retries over 70 seconds.
const PATIENCE: Duration = Duration::from_mins(2);
/// Repeated requests to Entra ID, which the identity crate spaces.
const RETRIES: u32 = 3;
/// The most characters of an explanation that are repeated.
const LONGEST_REASON: usize = 300;

const CHOICE: &str = "AZURE_TOKEN_CREDENTIALS";
const TENANT_ID: &str = "AZURE_TENANT_ID";
const CLIENT_ID: &str = "AZURE_CLIENT_ID";
const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";
const IDENTITY_HEADER: &str = "IDENTITY_HEADER";
const IMDS_ENDPOINT: &str = "IMDS_ENDPOINT";
const MSI_ENDPOINT: &str = "MSI_ENDPOINT";
const VARIABLES: [&str; 8] = [
    TENANT_ID,
    CLIENT_ID,
    CLIENT_SECRET,
    TOKEN_FILE,
    IDENTITY_ENDPOINT,
    IDENTITY_HEADER,
    IMDS_ENDPOINT,
    MSI_ENDPOINT,
];

/// A way to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    ClientSecret,
    WorkloadIdentity,
    ManagedIdentity,
    AzureCli,
    AzureDeveloperCli,
}

impl Way {
    /// All, in the order of `DefaultAzureCredential` in the Azure SDKs.
    const ALL: [Self; 5] = [
        Self::ClientSecret,
        Self::WorkloadIdentity,
        Self::ManagedIdentity,
        Self::AzureCli,
        Self::AzureDeveloperCli,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::ClientSecret => "client secret",
            Self::WorkloadIdentity => "workload identity",
            Self::ManagedIdentity => "managed identity",
            Self::AzureCli => "Azure CLI",
            Self::AzureDeveloperCli => "Azure Developer CLI",
        }
    }

    /// The names of the way and of its group in `AZURE_TOKEN_CREDENTIALS`.
    fn names(self) -> [&'static str; 2] {
        match self {
            Self::ClientSecret => ["EnvironmentCredential", "prod"],
            Self::WorkloadIdentity => ["WorkloadIdentityCredential", "prod"],
            Self::ManagedIdentity => ["ManagedIdentityCredential", "prod"],
            Self::AzureCli => ["AzureCliCredential", "dev"],
            Self::AzureDeveloperCli => ["AzureDeveloperCliCredential", "dev"],
        }
    }

    /// The variables without which it is not set up.
    fn needs(self) -> &'static [&'static str] {
        match self {
            Self::ClientSecret => &[TENANT_ID, CLIENT_ID, CLIENT_SECRET],
            Self::WorkloadIdentity => &[TENANT_ID, CLIENT_ID, TOKEN_FILE],
            Self::ManagedIdentity | Self::AzureCli | Self::AzureDeveloperCli => &[],
        }
    }
}

/// Why a way gives no token.
enum Miss {
    /// It is not set up here, or nobody is signed in.
    Absent(String),
    /// It is set up, and fails.
    Failed(String),
}

/// Tokens of Entra ID.
pub(super) struct EntraId {
    http: Settings,
    ways: Vec<Way>,
    /// Those of [`VARIABLES`] that are set.
    variables: BTreeMap<&'static str, Zeroizing<String>>,
    /// The way that gave the first token: a scan does not change its identity on its way.
    settled: OnceLock<Way>,
}

impl EntraId {
    /// The ways that `variables` allow.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`] where `AZURE_TOKEN_CREDENTIALS` names something else.
    pub(super) fn new(
        variables: &dyn Fn(&str) -> Option<String>,
        http: Settings,
    ) -> Result<Self, StoreError> {
        let variable = |name| variables(name).filter(|value| !value.trim().is_empty());
        let choice = variable(CHOICE).unwrap_or_default();
        let chosen = |way: &Way| {
            let named = |name: &&str| name.eq_ignore_ascii_case(choice.trim());
            choice.is_empty() || way.names().iter().any(named)
        };
        let ways: Vec<Way> = Way::ALL.into_iter().filter(chosen).collect();
        if ways.is_empty() {
            let names = Way::ALL.map(|way| way.names()[0]).join(", ");
            return Err(StoreError::new(
                ErrorKind::Setup,
                format!(
                    "{CHOICE} holds `{}`, which is no way to sign in\nhint: set it to dev, prod or one of \
                     {names}, or leave it out to try all",
                    choice.escape_debug()
                ),
            ));
        }
        let variables = VARIABLES
            .into_iter()
            .filter_map(|name| Some((name, Zeroizing::new(variable(name)?))))
            .collect();
        Ok(Self { http, ways, variables, settled: OnceLock::new() })
    }

    async fn search(&self) -> Result<Token, StoreError> {
        let mut misses = Vec::new();
        let known = self.settled.get().copied();
        for way in known.map_or_else(|| self.ways.clone(), |way| vec![way]) {
            match self.ask(way).await {
                Ok(token) => {
                    let way = self.settled.get_or_init(|| way);
                    tracing::debug!("Entra ID gave a token by {}", way.title());
                    return Ok(token);
                }
                Err(Miss::Failed(why)) => return Err(self.failed(way, &why)),
                Err(Miss::Absent(why)) => {
                    misses.push(format!("\n  {}: {}", way.title(), self.presentable(&why)));
                }
            }
        }
        Err(StoreError::new(
            ErrorKind::NoCredentials,
            format!(
                "no way to sign in to Entra ID gave a token{}\nhint: run `az login`, or set {TENANT_ID}, \
                 {CLIENT_ID} and {CLIENT_SECRET}; else set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or \
                 AZURE_STORAGE_SAS_TOKEN, or list a public container with `--no-sign-request`",
                misses.concat()
            ),
        ))
    }

    fn failed(&self, way: Way, why: &str) -> StoreError {
        StoreError::new(
            ErrorKind::BadCredentials,
            format!(
                "signing in to Entra ID by {} failed: {}\nhint: check {}; {CHOICE} chooses another way",
                way.title(),
                self.presentable(why),
                way.needs().join(", ")
            ),
        )
    }

    /// A token that was not given out before.
    async fn ask(&self, way: Way) -> Result<Token, Miss> {
        let unset: Vec<&str> =
            way.needs().iter().copied().filter(|name| self.variable(name).is_empty()).collect();
        if !unset.is_empty() {
            let verb = if unset.len() == 1 { "is" } else { "are" };
            return Err(Miss::Absent(format!("{} {verb} not set", unset.join(", "))));
        }
        if way == Way::ManagedIdentity
            && self.needs_metadata()
            && !self.has_metadata(METADATA).await
        {
            return Err(Miss::Absent("this machine has no identity endpoint".into()));
        }
        let miss = if way.needs().is_empty() { Miss::Absent } else { Miss::Failed };
        let asked =
            timeout(PATIENCE, async { self.credential(way)?.get_token(&[SCOPE], None).await });
        match asked.await {
            Ok(Ok(token)) => {
                Ok(Token::new(token.token.secret().to_owned(), token.expires_on.into()))
            }
            Ok(Err(error)) => Err(miss(explained(&error))),
            Err(_) => Err(miss(format!("no token within {} seconds", PATIENCE.as_secs()))),
        }
    }

    fn credential(&self, way: Way) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let text = |name| self.variable(name).to_owned();
        Ok(match way {
            Way::ClientSecret => {
                let options = ClientSecretCredentialOptions { client_options: self.options(true) };
                let secret = CoreSecret::new(text(CLIENT_SECRET));
                let (tenant, client) = (self.variable(TENANT_ID), text(CLIENT_ID));
                ClientSecretCredential::new(tenant, client, secret, Some(options))?
            }
            Way::WorkloadIdentity => {
                WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions {
                        client_options: self.options(true),
                    },
                    client_id: Some(text(CLIENT_ID)),
                    tenant_id: Some(text(TENANT_ID)),
                    token_file_path: Some(text(TOKEN_FILE).into()),
                }))?
            }
            Way::ManagedIdentity => {
                let client = Some(text(CLIENT_ID)).filter(|id| !id.is_empty());
                ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                    user_assigned_id: client.map(UserAssignedId::ClientId),
                    client_options: self.options(false),
                }))?
            }
            Way::AzureCli => AzureCliCredential::new(None)?,
            Way::AzureDeveloperCli => AzureDeveloperCliCredential::new(None)?,
        })
    }

    /// How requests are sent. Endpoints of the machine itself are not behind a proxy.
    fn options(&self, proxies: bool) -> ClientOptions {
        let proxies = proxies && self.http.proxies;
        let client = Client::new(Settings { proxies, ..self.http.clone() });
        ClientOptions {
            transport: Some(Carrier::new(Arc::new(Transport(client)))),
            retry: RetryOptions::exponential(ExponentialRetryOptions {
                max_retries: RETRIES,
                ..ExponentialRetryOptions::default()
            }),
            ..ClientOptions::default()
        }
    }

    /// Whether a managed identity is asked for at the metadata service of virtual machines. The identity
    /// crate decides so by the same variables.
    fn needs_metadata(&self) -> bool {
        let unset = |name| self.variable(name).is_empty();
        if unset(IDENTITY_ENDPOINT) {
            unset(MSI_ENDPOINT)
        } else {
            unset(IDENTITY_HEADER) && unset(IMDS_ENDPOINT)
        }
    }

    /// Whether that service is there. Without the header that it wants it answers 400 ("How to use managed
    /// identities on an Azure VM to acquire an access token", error reference); other clouds answer at its
    /// address with something else, and asking them for a token takes over a minute.
    async fn has_metadata(&self, host: &str) -> bool {
        let second = Duration::from_secs(1);
        let timeouts = Timeouts { connect: second, first_byte: second, ..Timeouts::default() };
        let client = Client::new(Settings { timeouts, proxies: false, ..self.http.clone() });
        let url = format!("http://{host}/metadata/identity/oauth2/token");
        let Ok(request) = Request::get(url).header(HOST, host).body(()) else { return false };
        let answer = client.fetch(request, &mut Vec::new()).await;
        answer.is_ok_and(|head| head.status == http::StatusCode::BAD_REQUEST)
    }

    fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", |value| value.trim())
    }

    /// Somebody else's explanation in one line, without secrets.
    fn presentable(&self, why: &str) -> String {
        let mut line = why.split_whitespace().collect::<Vec<_>>().join(" ");
        for secret in [CLIENT_SECRET, IDENTITY_HEADER].map(|name| self.variable(name)) {
            if !secret.is_empty() {
                line = line.replace(secret, "[redacted]");
            }
        }
        match line.char_indices().nth(LONGEST_REASON) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }
}

/// An error of the identity crate in its own words, without its links, and what was at the bottom of it.
fn explained(error: &azure_core::Error) -> String {
    let whole = error.to_string();
    let told = whole.split("\nTo troubleshoot, visit").next().unwrap_or_default();
    let told = told.split_once("Credential authentication failed.").map_or(told, |(_, told)| told);
    let mut root: &dyn Error = error;
    while let Some(below) = root.source() {
        root = below;
    }
    let root = root.to_string();
    if whole.contains(&root) { told.to_owned() } else { format!("{told}: {root}") }
}

impl TokenSource for EntraId {
    fn token(&self) -> BoxFuture<'_, Result<Token, StoreError>> {
        self.search().boxed()
    }

    fn title(&self) -> String {
        match self.settled.get() {
            Some(way) => format!("Entra ID ({})", way.title()),
            None => "Entra ID".into(),
        }
    }
}

impl fmt::Debug for EntraId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.variables.keys().collect();
        formatter
            .debug_struct("EntraId")
            .field("ways", &self.ways)
            .field("variables", &names)
            .field("settled", &self.settled)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
