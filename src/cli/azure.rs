//! Azure containers as sources.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use zeroize::Zeroizing;

use super::Failure;
use super::scan_args::SourceArgs;
use crate::location::Container;
use crate::store::azure::{self, AzureAccess, AzureConfig, Secret};
use crate::store::{ErrorKind, Quirks, StoreError};

/// How to reach a container. Secrets come from the environment or from files, never from the command
/// line, which everyone on the machine can read.
#[derive(Debug, Args)]
#[command(
    next_help_heading = "Azure source (else AZURE_STORAGE_CONNECTION_STRING, _KEY or _SAS_TOKEN, else Entra ID)"
)]
#[group(multiple = false)]
#[allow(clippy::struct_field_names, reason = "they are the names of the flags")]
pub(super) struct AzureArgs {
    /// A file that holds a connection string
    #[arg(long, value_name = "FILE", env = "WEIGHBRIDGE_CONNECTION_STRING_FILE", value_hint = ValueHint::FilePath)]
    pub(super) connection_string_file: Option<PathBuf>,
    /// A file that holds an account key
    #[arg(long, value_name = "FILE", env = "WEIGHBRIDGE_ACCOUNT_KEY_FILE", value_hint = ValueHint::FilePath)]
    pub(super) account_key_file: Option<PathBuf>,
    /// A file that holds a shared access signature
    #[arg(long, value_name = "FILE", env = "WEIGHBRIDGE_SAS_TOKEN_FILE", value_hint = ValueHint::FilePath)]
    pub(super) sas_token_file: Option<PathBuf>,
    /// Sign in to Entra ID, whatever keys the environment holds: by client secret, workload identity or
    /// managed identity, or as you are signed in to `az` or `azd`
    #[arg(long, conflicts_with = "no_sign_request", env = "WEIGHBRIDGE_ENTRA_ID", value_parser = clap::builder::BoolishValueParser::new())]
    pub(super) entra_id: bool,
}

impl AzureArgs {
    fn access(&self) -> Result<AzureAccess, Failure> {
        Ok(if let Some(path) = &self.connection_string_file {
            AzureAccess::ConnectionString(secret(path)?)
        } else if let Some(path) = &self.account_key_file {
            AzureAccess::AccountKey(secret(path)?)
        } else if let Some(path) = &self.sas_token_file {
            AzureAccess::Sas(secret(path)?)
        } else if self.entra_id {
            AzureAccess::EntraId
        } else {
            AzureAccess::Environment
        })
    }
}

/// A container as these flags name it.
pub(super) fn config(container: &Container, args: &SourceArgs) -> Result<AzureConfig, Failure> {
    let access = if args.no_sign_request { AzureAccess::Anonymous } else { args.azure.access()? };
    Ok(AzureConfig {
        suffix: container.suffix.clone(),
        endpoint_url: args.endpoint_url.clone(),
        access,
        quirks: args.page_size.filter(|most| *most > 0).map(page_size),
        ..AzureConfig::new(&container.account, &container.name)
    })
}

/// How a container is listed with so many blobs to a page, as far as the service goes along.
fn page_size(most: usize) -> Quirks {
    let quirks = azure::quirks();
    Quirks { page_limit: most.min(quirks.page_limit), ..quirks }
}

fn secret(path: &Path) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text =
        text.map_err(|error| Failure::wrong(format!("cannot read `{}`: {error}", path.display())))?;
    Ok(Secret::new(text.trim().to_owned(), format!("`{}`", path.display())))
}

/// The way out of what the Blob service refuses, where it is another one than in S3.
pub(super) fn hint(error: &StoreError) -> Option<&'static str> {
    Some(match (&error.kind, error.code.as_str()) {
        (ErrorKind::NoSuchBucket, _) => "check the names of account and container in the location",
        (ErrorKind::AccessDenied, "KeyBasedAuthenticationNotPermitted") => {
            "the account does not allow account keys: use a shared access signature by an identity"
        }
        (ErrorKind::AccessDenied, "AuthorizationFailure" | "AuthorizationSourceIPMismatch") => {
            "the account's firewall may not let this machine in: see \"Networking\" in the portal"
        }
        (ErrorKind::AccessDenied, "ResourceNotFound" | "PublicAccessNotPermitted") => {
            "the container is not public: set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or \
             AZURE_STORAGE_SAS_TOKEN"
        }
        (ErrorKind::AccessDenied, _) => {
            "a signature needs the permission \"List\" on containers, an identity the role \"Storage Blob \
             Data Reader\""
        }
        (ErrorKind::BadCredentials, "InvalidAuthenticationInfo") => {
            "check that the identity belongs to the tenant of the account's subscription"
        }
        (ErrorKind::BadCredentials, _) => {
            "check that key or signature belong to the account and have not been renewed since"
        }
        (ErrorKind::NoCredentials, _) => {
            "set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or run `az login`; \
             for a public container use `--no-sign-request`"
        }
        (ErrorKind::Resolve, _) => {
            "check the account's name in the location: it is part of the host"
        }
        _ => return None,
    })
}
