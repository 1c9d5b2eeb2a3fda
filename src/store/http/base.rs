//! The URL of an endpoint, as a user writes it.

use http::Uri;

use crate::store::{ErrorKind, StoreError};

/// Where requests go, before anything is appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    pub(crate) secure: bool,
    /// With the port, where it is not the scheme's own.
    pub(crate) authority: String,
    /// Encoded, without a slash at its end.
    pub(crate) path: String,
}

impl BaseUrl {
    /// Reads a URL without a login and without a query.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`].
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        let fault = |what: &str| {
            // A URL with a login or a signature in it is not repeated.
            let shown = if url.contains(['@', '?']) {
                "the endpoint".to_owned()
            } else {
                format!("the endpoint `{url}`")
            };
            StoreError::new(
                ErrorKind::Setup,
                format!("{shown} {what}\nhint: write it as `https://host` or `http://host:port`"),
            )
        };
        let uri: Uri = url.trim().parse().map_err(|_| fault("is not a URL"))?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(fault("does not start with `https://` or `http://`")),
        };
        let authority = uri.authority().ok_or_else(|| fault("names no host"))?;
        if authority.as_str().contains('@') {
            return Err(fault("holds a login, which does not belong there"));
        }
        if uri.query().is_some() {
            return Err(fault("has a query, which does not belong there"));
        }
        let default = if secure { 443 } else { 80 };
        let authority = match authority.port_u16() {
            Some(port) if port == default => authority.host().to_ascii_lowercase(),
            _ => authority.as_str().to_ascii_lowercase(),
        };
        Ok(Self { secure, authority, path: uri.path().trim_end_matches('/').to_owned() })
    }

    /// Scheme and host as a URL.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.authority)
    }

    /// Whether the host has no name that anything could be put before.
    pub(crate) fn is_address(&self) -> bool {
        is_address(&self.authority)
    }
}

/// Whether an authority is this machine itself.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = host_of(authority);
    let loopback = |address: std::net::IpAddr| address.is_loopback();
    host == "localhost" || host.parse().is_ok_and(loopback)
}

/// Whether an authority is `localhost` or an IP address.
pub(crate) fn is_address(authority: &str) -> bool {
    let host = host_of(authority);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok()
}

/// The host of an authority, without its port and without brackets.
pub(crate) fn host_of(authority: &str) -> &str {
    if let Some(bracketed) = authority.strip_prefix('[') {
        return bracketed.split(']').next().unwrap_or_default();
    }
    authority.split(':').next().unwrap_or_default()
}
