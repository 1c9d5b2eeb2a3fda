//! Whom to trust: the system's certificates, or those of one file.
//!
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured, and a bundle given by the user (or `AWS_CA_BUNDLE`)
//! takes the place of the system's certificates, as it does for the AWS tools.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// Makes the TLS set-up when the first connection needs it: reading the system's certificates takes
/// milliseconds and a megabyte, and plain connections need neither.
pub(super) struct Tls {
    bundle: Option<PathBuf>,
    connector: OnceLock<Result<TlsConnector, String>>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tls").field("bundle", &self.bundle).finish_non_exhaustive()
    }
}

impl Tls {
    pub(super) fn new(bundle: Option<PathBuf>) -> Self {
        Self { bundle, connector: OnceLock::new() }
    }

    /// The set-up, or in words why there is none.
    pub(super) fn connector(&self) -> Result<&TlsConnector, &str> {
        self.connector
            .get_or_init(|| connector(self.bundle.as_deref()))
            .as_ref()
            .map_err(String::as_str)
    }
}

fn connector(bundle: Option<&Path>) -> Result<TlsConnector, String> {
    let roots = match bundle {
        Some(bundle) => from_bundle(bundle)?,
        None => of_the_system()?,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn from_bundle(bundle: &Path) -> Result<RootCertStore, String> {
    let fault = |error: &dyn std::fmt::Display| {
        format!("reading certificates from `{}`: {error}", bundle.display())
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(bundle).map_err(|error| fault(&error))? {
        roots.add(certificate.map_err(|error| fault(&error))?).map_err(|error| fault(&error))?;
    }
    if roots.is_empty() { Err(fault(&"there is none in it")) } else { Ok(roots) }
}

fn of_the_system() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Systems carry certificates that nobody can read any more; one such must not lose the others.
    roots.add_parsable_certificates(found.certs);
    if !roots.is_empty() {
        return Ok(roots);
    }
    let reason = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
    Err(format!(
        "the system has no trusted certificates{reason}\nhint: install `ca-certificates`, or name a file in SSL_CERT_FILE"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_without_certificates_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let tls = Tls::new(Some(file.path().to_owned()));
        let error = tls.connector().err().unwrap();
        assert!(
            error.contains(&file.path().display().to_string()) && error.contains("none"),
            "{error}"
        );
    }
}
