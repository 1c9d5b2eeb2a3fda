//! What authorises requests, and where they go: from what the user says and what the environment holds.

use std::sync::Arc;

use super::bearer::{Bearer, TokenSource as _};
use super::config::{AzureAccess, AzureConfig, Secret};
use super::connection_string::{self, Access, ConnectionString};
use super::entra::EntraId;
use super::key::AccountKey;
use super::sas::{Sas, SasTerms};
use crate::location::{AZURE_SUFFIX, azure_account};
use crate::store::http::base::{BaseUrl, host_of, is_loopback};
use crate::store::{ErrorKind, KeyInUse, StoreError, http};

const CONNECTION_STRING: &str = "AZURE_STORAGE_CONNECTION_STRING";
const KEY: &str = "AZURE_STORAGE_KEY";
const SAS_TOKEN: &str = "AZURE_STORAGE_SAS_TOKEN";
const ACCOUNT: &str = "AZURE_STORAGE_ACCOUNT";

/// What is sent along with requests, or how they are signed.
#[derive(Debug)]
pub(super) enum Credential {
    Key(AccountKey),
    Sas(Sas),
    Bearer(Bearer),
    Anonymous,
}

impl Credential {
    /// What this is, as far as anybody may see it.
    pub(super) fn in_use(&self) -> Option<KeyInUse> {
        let what = match self {
            Self::Key(_) => "an account key".into(),
            Self::Sas(_) => "a shared access signature".into(),
            Self::Bearer(bearer) => bearer.title(),
            Self::Anonymous => return None,
        };
        Some(KeyInUse::new("", what))
    }

    /// `text` without anything secret that got into it.
    pub(super) fn redact(&self, text: String) -> String {
        let without = |text: String, secret: &str| {
            if text.contains(secret) { text.replace(secret, "[redacted]") } else { text }
        };
        match self {
            Self::Key(key) => without(text, key.secret()),
            Self::Sas(sas) => sas.secrets().fold(text, without),
            Self::Bearer(_) | Self::Anonymous => text,
        }
    }
}

/// What the environment holds for any account, without reading it; where it holds nothing, whoever Entra ID
/// gives a token to.
///
/// # Errors
/// [`ErrorKind::NoCredentials`] where there is nobody, [`ErrorKind::BadCredentials`] where signing in fails.
pub async fn find_keys() -> Result<Option<KeyInUse>, StoreError> {
    let set = |name: &&'static str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if let Some(name) = [CONNECTION_STRING, KEY, SAS_TOKEN].into_iter().find(set) {
        return Ok(Some(KeyInUse::new("", format!("the environment ({name})"))));
    }
    let entra = EntraId::new(&|name| std::env::var(name).ok(), http::Settings::default())?;
    entra.token().await?;
    Ok(Some(KeyInUse::new("", entra.title())))
}

/// What authorises requests, as far as anybody may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// A key of the account.
    AccountKey,
    /// A shared access signature on these terms.
    Sas(SasTerms),
    /// A token of Entra ID.
    Token,
    /// Nothing.
    Anonymous,
}

/// What would authorise requests, whether it is worth anything or not.
///
/// # Errors
/// [`ErrorKind::Setup`] where the environment holds what is for another account.
pub fn access_kind(config: &AzureConfig) -> Result<AccessKind, StoreError> {
    let access = match &config.access {
        AzureAccess::Environment => environment(&config.account, &|name| std::env::var(name).ok())?,
        said => said.clone(),
    };
    Ok(match access {
        AzureAccess::ConnectionString(Secret { text, .. }) => {
            let signature = connection_string::signature(&text);
            signature.map_or(AccessKind::AccountKey, |text| AccessKind::Sas(SasTerms::read(text)))
        }
        AzureAccess::AccountKey(_) => AccessKind::AccountKey,
        AzureAccess::Sas(Secret { text, .. }) => AccessKind::Sas(SasTerms::read(&text)),
        AzureAccess::EntraId | AzureAccess::Environment | AzureAccess::Bearer(_) => {
            AccessKind::Token
        }
        AzureAccess::Anonymous => AccessKind::Anonymous,
    })
}

/// Everything that was left open in the configuration.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) credential: Credential,
    pub(super) endpoint: BaseUrl,
}

/// Reads what `config` leaves open from `variables`; `now` is in seconds since 1970.
///
/// # Errors
/// [`ErrorKind::Setup`] for what cannot be right.
pub(super) fn resolve(
    config: &AzureConfig,
    variables: &dyn Fn(&str) -> Option<String>,
    now: i64,
) -> Result<Resolved, StoreError> {
    let access = match &config.access {
        AzureAccess::Environment => environment(&config.account, variables)?,
        said => said.clone(),
    };
    let mut endpoint = None;
    let credential = match access {
        AzureAccess::ConnectionString(Secret { text, source }) => {
            let found = ConnectionString::parse(&text, &source, now)?;
            let owner = found.account.or_else(|| owner_of(found.endpoint.as_deref()?));
            if let Some(account) = owner.filter(|account| *account != config.account) {
                return Err(other_account(&source, &account, &config.account));
            }
            endpoint = found.endpoint;
            match found.access {
                Access::Key(key) => Credential::Key(key),
                Access::Sas(sas) => Credential::Sas(sas),
            }
        }
        AzureAccess::AccountKey(Secret { text, source }) => {
            Credential::Key(AccountKey::parse(&text, &source)?)
        }
        AzureAccess::Sas(Secret { text, source }) => {
            Credential::Sas(Sas::parse(&text, &source, now)?)
        }
        AzureAccess::EntraId | AzureAccess::Environment => {
            let source = EntraId::new(variables, config.http.clone())?;
            Credential::Bearer(Bearer::new(Arc::new(source)))
        }
        AzureAccess::Bearer(source) => Credential::Bearer(Bearer::new(source)),
        AzureAccess::Anonymous => Credential::Anonymous,
    };
    let suffix = config.suffix.as_deref();
    // What is said on the spot counts before what a connection string says, and that before the rule.
    let url = match (&config.endpoint_url, suffix, endpoint) {
        (Some(url), _, _) => url.clone(),
        (None, None, Some(url)) => url,
        _ => format!("https://{}.{}", config.account, suffix.unwrap_or(AZURE_SUFFIX)),
    };
    let mut endpoint = BaseUrl::parse(&url)?;
    if endpoint.path.is_empty() && endpoint.is_address() {
        endpoint.path = format!("/{}", config.account);
    }
    let readable = !endpoint.secure && !is_loopback(&endpoint.authority);
    if readable && matches!(credential, Credential::Bearer(_)) {
        return Err(StoreError::new(
            ErrorKind::Setup,
            format!(
                "a token of Entra ID is not sent to `{}` without TLS\nhint: name an endpoint that begins with \
                 `https://`, or set {CONNECTION_STRING}, {KEY} or {SAS_TOKEN}",
                endpoint.origin()
            ),
        ));
    }
    Ok(Resolved { credential, endpoint })
}

/// The account that an endpoint of Azure names: a signature for another one's would list that.
fn owner_of(endpoint: &str) -> Option<String> {
    let endpoint = BaseUrl::parse(endpoint).ok()?;
    let (account, _) = azure_account(host_of(&endpoint.authority))?;
    Some(account.strip_suffix("-secondary").unwrap_or(account).to_owned())
}

fn environment(
    account: &str,
    variables: &dyn Fn(&str) -> Option<String>,
) -> Result<AzureAccess, StoreError> {
    let variable = |name: &str| variables(name).filter(|value| !value.trim().is_empty());
    if let Some(text) = variable(CONNECTION_STRING) {
        return Ok(AzureAccess::ConnectionString(Secret::new(text, CONNECTION_STRING)));
    }
    let (name, access): (_, fn(Secret) -> AzureAccess) = if variable(KEY).is_some() {
        (KEY, AzureAccess::AccountKey)
    } else if variable(SAS_TOKEN).is_some() {
        (SAS_TOKEN, AzureAccess::Sas)
    } else {
        return Ok(AzureAccess::EntraId);
    };
    // The variables of the CLI belong together.
    if let Some(owner) = variable(ACCOUNT).filter(|owner| owner.trim() != account) {
        return Err(other_account(&format!("{name} (by {ACCOUNT})"), owner.trim(), account));
    }
    Ok(access(Secret::new(variable(name).unwrap_or_default(), name)))
}

fn other_account(source: &str, owner: &str, account: &str) -> StoreError {
    let (owner, account) = (owner.escape_debug(), account.escape_debug());
    StoreError::new(
        ErrorKind::Setup,
        format!(
            "{source} is for the account `{owner}`, and the location names `{account}`\nhint: name \
             azure://{owner}/…, or set credentials of `{account}`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTION: &str =
        "AccountName=acct;AccountKey=AAECAwQ=;EndpointSuffix=core.usgovcloudapi.net";

    fn resolved(config: &AzureConfig, variables: &[(&str, &str)]) -> Result<Resolved, StoreError> {
        let lookup = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        resolve(config, &lookup, 0)
    }

    fn url(config: &AzureConfig, variables: &[(&str, &str)]) -> String {
        let found = resolved(config, variables).unwrap().endpoint;
        found.origin() + &found.path
    }

    fn anonymous() -> AzureConfig {
        AzureConfig { access: AzureAccess::Anonymous, ..AzureConfig::new("acct", "c") }
    }

    #[test]
    fn the_environment_is_read_by_the_names_of_the_cli_and_in_its_order() {
        let config = AzureConfig::new("acct", "c");
        let sas = ("AZURE_STORAGE_SAS_TOKEN", "sp=l&sig=x");
        let key = ("AZURE_STORAGE_KEY", "AAECAwQ=");
        let connection = ("AZURE_STORAGE_CONNECTION_STRING", CONNECTION);
        let kind = |variables: &[_]| resolved(&config, variables).unwrap().credential;
        assert!(matches!(kind(&[sas]), Credential::Sas(_)));
        assert!(matches!(kind(&[sas, key]), Credential::Key(_)));
        assert!(matches!(kind(&[sas, key, ("AZURE_STORAGE_ACCOUNT", "acct")]), Credential::Key(_)));
        assert_eq!(url(&config, &[sas, connection]), "https://acct.blob.core.usgovcloudapi.net");
        assert!(matches!(kind(&[("AZURE_STORAGE_KEY", " ")]), Credential::Bearer(_)));
        let said = AzureConfig { access: AzureAccess::EntraId, ..config.clone() };
        let credential = resolved(&said, &[sas, key, connection]).unwrap().credential;
        assert!(matches!(credential, Credential::Bearer(_)), "what is said counts");
    }

    #[test]
    fn tokens_go_over_tls_or_stay_on_this_machine() {
        for (endpoint, sent) in [
            ("https://blobs.example.com", true),
            ("http://127.0.0.1:10000", true),
            ("http://[::1]:10000", true),
            ("http://localhost:10000", true),
            ("http://192.0.2.1:10000", false),
            ("http://blobs.example.com", false),
        ] {
            let config = AzureConfig {
                endpoint_url: Some(endpoint.into()),
                access: AzureAccess::EntraId,
                ..AzureConfig::new("acct", "c")
            };
            assert_eq!(resolved(&config, &[]).is_ok(), sent, "{endpoint}");
        }
    }

    #[test]
    fn credentials_of_another_account_are_not_tried() {
        let config = AzureConfig::new("other", "c");
        for variables in [
            [("AZURE_STORAGE_CONNECTION_STRING", CONNECTION), ("", "")],
            [("AZURE_STORAGE_KEY", "AAECAwQ="), ("AZURE_STORAGE_ACCOUNT", "acct")],
            [
                (
                    "AZURE_STORAGE_CONNECTION_STRING",
                    "BlobEndpoint=https://acct.blob.core.windows.net/;SharedAccessSignature=sp=l&sig=x",
                ),
                ("", ""),
            ],
        ] {
            let error = resolved(&config, &variables).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Setup);
            assert!(
                error.message.contains("`acct`") && error.message.contains("`other`"),
                "{error}"
            );
            assert!(!error.message.contains("AAEC"), "{error}");
        }
    }

    #[test]
    fn the_account_is_in_the_host_or_in_the_path() {
        let at =
            |endpoint: &str| AzureConfig { endpoint_url: Some(endpoint.into()), ..anonymous() };
        assert_eq!(url(&anonymous(), &[]), "https://acct.blob.core.windows.net");
        let china =
            AzureConfig { suffix: Some("blob.core.chinacloudapi.cn".into()), ..anonymous() };
        assert_eq!(url(&china, &[]), "https://acct.blob.core.chinacloudapi.cn");
        assert_eq!(url(&at("http://127.0.0.1:10000"), &[]), "http://127.0.0.1:10000/acct");
        assert_eq!(url(&at("http://[::1]:1/x/"), &[]), "http://[::1]:1/x");
        assert_eq!(url(&at("https://blobs.example.com"), &[]), "https://blobs.example.com");
        let text = Secret::new(CONNECTION.to_owned(), "a file");
        let said =
            AzureConfig { access: AzureAccess::ConnectionString(text), ..at("http://h:1/y") };
        assert_eq!(url(&said, &[]), "http://h:1/y");
    }

    #[test]
    fn what_is_secret_is_taken_out_of_messages() {
        let config = AzureConfig::new("acct", "c");
        let key = resolved(&config, &[("AZURE_STORAGE_KEY", "AAECAwQ=")]).unwrap().credential;
        assert_eq!(key.redact("a AAECAwQ= b".into()), "a [redacted] b");
        assert!(!format!("{key:?}").contains("AAEC"));
        let token = "sv=2024-11-04&sp=l&sr=c&sig=Ab%2Bc%2FdE%3D";
        let sas = resolved(&config, &[("AZURE_STORAGE_SAS_TOKEN", token)]).unwrap().credential;
        for spelling in ["Ab%2Bc%2FdE%3D", "Ab+c/dE=", "Ab%2bc%2fdE%3d"] {
            assert_eq!(sas.redact(format!("a {spelling} b")), "a [redacted] b");
        }
    }
}
