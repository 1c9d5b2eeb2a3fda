//! Shared access signatures.
//!
//! Source: "Create a service SAS", "Create an account SAS", Azure Storage REST reference. A signature says
//! itself what it allows and until when, so what cannot work is told before anything is sent.

use std::fmt;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::store::text::{percent, timestamp};
use crate::store::{ErrorKind, StoreError};

/// What a shared access signature says that it allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SasTerms {
    /// The letters of `sp`; empty where a stored access policy holds them.
    pub permissions: String,
    /// When it begins to hold, in seconds since 1970, where it says so.
    pub begins: Option<i64>,
    /// When it ends, in seconds since 1970, where it says so.
    pub ends: Option<i64>,
    /// The addresses that may use it, as written; empty for all.
    pub addresses: String,
    /// Whether a stored access policy of the container holds what is not said here.
    pub stored: bool,
    /// Whether it is for the account and not for one container or blob.
    pub of_account: bool,
    /// What it is for: the letters of `srt` of one for the account, else `sr`.
    pub resources: String,
    /// The letters of `ss` of one for the account.
    pub services: String,
}

impl SasTerms {
    /// Reads the terms off a token, with or without the URL before it, whatever they are worth.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let value = |name: &str| {
            let token = text.trim();
            let token = token.split_once('?').map_or(token, |(_, query)| query);
            let mut pairs = token.split('&').filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|(found, _)| *found == name).map(|(_, value)| value);
            found.map(|value| percent_decode_str(value).decode_utf8_lossy().into_owned())
        };
        let time = |name| value(name).and_then(|text| seconds(&text));
        let of_account = value("ss").is_some() || value("srt").is_some();
        Self {
            permissions: value("sp").unwrap_or_default(),
            begins: time("st"),
            ends: time("se"),
            addresses: value("sip").unwrap_or_default(),
            stored: value("si").is_some_and(|policy| !policy.is_empty()),
            of_account,
            resources: value(if of_account { "srt" } else { "sr" }).unwrap_or_default(),
            services: value("ss").unwrap_or_default(),
        }
    }
}

/// A shared access signature: part of a query, appended as it is. It is never shown and is overwritten
/// when dropped.
pub(super) struct Sas {
    token: Zeroizing<String>,
    /// The value of `sig`, in every way that a server may repeat it.
    signature: [Zeroizing<String>; 4],
}

impl Sas {
    /// Reads a token, with or without the URL before it; `source` is where it came from, in words, and
    /// `now` is in seconds since 1970.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`] for what is no signature or does not allow listing a container, and
    /// [`ErrorKind::BadCredentials`] for one that has expired. It is not repeated.
    pub(super) fn parse(text: &str, source: &str, now: i64) -> Result<Self, StoreError> {
        let text = text.trim();
        let token = text.split_once('?').map_or(text, |(_, query)| query);
        let value = |name: &str| {
            let pair = token.split('&').filter_map(|pair| pair.split_once('='));
            pair.into_iter().find(|(found, _)| *found == name).map(|(_, value)| value)
        };
        let setup = |what: &str, hint: &str| {
            let message = format!("the shared access signature in {source} {what}\nhint: {hint}");
            StoreError::new(ErrorKind::Setup, message)
        };
        let sound = token.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        let signature = value("sig").filter(|signature| sound && !signature.is_empty());
        let Some(signature) = signature else {
            return Err(setup(
                "is none: it has no `sig`",
                "copy the \"SAS token\" from the portal; it begins with `sv=` or `sp=` and holds `sig=`",
            ));
        };
        let time = |name| {
            value(name).and_then(|text| seconds(&percent_decode_str(text).decode_utf8_lossy()))
        };
        if let Some(end) = time("se")
            && end <= now
        {
            let end =
                value("se").map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned());
            return Err(StoreError::new(
                ErrorKind::BadCredentials,
                format!(
                    "the shared access signature in {source} has expired at {}\nhint: make a new one that ends \
                     after the scan",
                    end.unwrap_or_default().escape_debug()
                ),
            ));
        }
        // A stored access policy may hold the permissions instead.
        let stored = value("si").is_some_and(|policy| !policy.is_empty());
        let allows =
            |name: &str, letter: char| value(name).is_some_and(|held| held.contains(letter));
        if !stored && !allows("sp", 'l') {
            return Err(setup(
                "does not allow listing: its permissions (`sp`) have no `l`",
                "make one with the permission \"List\" (and \"Read\", for the migration after it)",
            ));
        }
        if value("ss").is_some() || value("srt").is_some() {
            if !allows("ss", 'b') {
                return Err(setup(
                    "is not for blobs: its services (`ss`) have no `b`",
                    "make one for the service \"Blob\"",
                ));
            }
            if !allows("srt", 'c') {
                return Err(setup(
                    "is not for containers: its resource types (`srt`) have no `c`",
                    "make one for the resource types \"Container\" and \"Object\"",
                ));
            }
        } else if value("sr").is_some_and(|resource| !matches!(resource, "c" | "d")) {
            return Err(setup("is for a single blob (`sr`)", "make one for the container"));
        }
        Ok(Self { token: Zeroizing::new(token.to_owned()), signature: spellings(signature) })
    }

    /// What is appended to a query.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// What must not be in any message.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.signature.iter().map(|spelling| spelling.as_str())
    }
}

impl fmt::Debug for Sas {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sas([redacted])")
    }
}

/// A signature as it is written, in plain, and percent-encoded in capitals and small letters.
fn spellings(written: &str) -> [Zeroizing<String>; 4] {
    let plain = Zeroizing::new(percent_decode_str(written).decode_utf8_lossy().into_owned());
    let mut capitals = Zeroizing::new(String::with_capacity(3 * plain.len()));
    percent::encode(plain.as_bytes(), &mut capitals);
    // Base64 has no other characters that are encoded.
    let small = ["%2B", "%2F", "%3D"].into_iter().fold(capitals.clone(), |text, code| {
        Zeroizing::new(text.replace(code, &code.to_ascii_lowercase()))
    });
    [Zeroizing::new(written.to_owned()), plain, capitals, small]
}

/// Seconds since 1970 of `2026-11-21`, `2026-11-21T12:00Z` or `2026-11-21T12:00:00Z`.
fn seconds(text: &str) -> Option<i64> {
    let whole = match (text.len(), text.strip_suffix('Z')) {
        (10, _) => format!("{text}T00:00:00Z"),
        (17, Some(minutes)) => format!("{minutes}:00Z"),
        _ => text.to_owned(),
    };
    timestamp::parse(whole.as_bytes()).map(|time| time.0.div_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T12:00:00Z
    const NOW: i64 = 1_795_262_400;
    const ACCOUNT: &str =
        "sv=2024-11-04&ss=b&srt=co&sp=rl&se=2026-11-22T00:00:00Z&spr=https&sig=SECRET%2Fa%3D";

    fn refused(token: &str) -> StoreError {
        let error = Sas::parse(token, "AZURE_STORAGE_SAS_TOKEN", NOW).unwrap_err();
        assert!(error.message.contains("AZURE_STORAGE_SAS_TOKEN"), "{error}");
        assert!(error.message.contains("\nhint: "), "{error}");
        assert!(!error.message.contains("SECRET"), "{error}");
        error
    }

    #[test]
    fn terms_are_read_whatever_they_are_worth() {
        let terms = SasTerms::read(&format!("https://a.blob.core.windows.net/c?{ACCOUNT}"));
        assert!(terms.of_account && !terms.stored);
        let SasTerms { permissions, resources, services, addresses, begins, ends, .. } = terms;
        assert_eq!((&*permissions, &*resources, &*services), ("rl", "co", "b"));
        assert_eq!((&*addresses, begins, ends), ("", None, Some(NOW + 12 * 3600)));
        let stored = SasTerms::read("si=policy&sr=c&sip=1.2.3.4-1.2.3.9&st=2026-11-21&sig=SECRET");
        assert!(stored.stored && !stored.of_account && stored.ends.is_none());
        assert_eq!((&*stored.resources, &*stored.addresses), ("c", "1.2.3.4-1.2.3.9"));
        assert_eq!(stored.begins, Some(NOW - 12 * 3600));
        assert!(!format!("{stored:?}").contains("SECRET"));
        assert_eq!(SasTerms::read("nonsense"), SasTerms::default());
    }

    #[test]
    fn a_token_is_kept_as_it_is() {
        let with_url = format!(" https://a.blob.core.windows.net/c?{ACCOUNT}\n");
        for text in [ACCOUNT, &format!("?{ACCOUNT}"), &with_url] {
            let sas = Sas::parse(text, "a file", NOW).unwrap();
            assert_eq!((sas.token(), sas.secrets().next().unwrap()), (ACCOUNT, "SECRET%2Fa%3D"));
            assert!(!format!("{sas:?}").contains("SECRET"));
        }
        for service in ["sr=c&sp=rl&se=2026-11-22&sig=x", "sr=c&si=policy&sig=x", "sr=d&sp=l&sig=x"]
        {
            assert!(Sas::parse(service, "a file", NOW).is_ok(), "{service}");
        }
    }

    #[test]
    fn what_cannot_list_is_told_before_anything_is_sent() {
        for (from, to, told) in [
            ("sig=SECRET%2Fa%3D", "", "has no `sig`"),
            ("sig=SECRET%2Fa%3D", "sig=SECRET a", "has no `sig`"),
            ("sp=rl", "sp=r", "no `l`"),
            ("&sp=rl", "", "no `l`"),
            ("ss=b", "ss=qt", "no `b`"),
            ("srt=co", "srt=o", "no `c`"),
            ("ss=b&srt=co", "sr=b", "single blob"),
        ] {
            let token = ACCOUNT.replacen(from, to, 1);
            assert_ne!(token, ACCOUNT);
            let error = refused(&token);
            assert!(error.kind == ErrorKind::Setup && error.message.contains(told), "{error}");
        }
    }

    #[test]
    fn one_that_has_expired_is_named_with_its_end() {
        for end in ["2026-11-21T12:00:00Z", "2026-11-21", "2026-11-21T11%3A59Z", "2020-01-01"] {
            let error = refused(&ACCOUNT.replace("2026-11-22T00:00:00Z", end));
            assert_eq!(error.kind, ErrorKind::BadCredentials);
            assert!(
                error.message.contains(&format!("expired at {}", end.replace("%3A", ":"))),
                "{error}"
            );
        }
    }
}
