//! AWS Signature Version 4 for list requests, and what signing is to the client.
//!
//! Source: "Authenticating Requests: Using the Authorization Header", S3 API reference. Requests have
//! no body, the path is encoded once, and the query is built in the order in which it is signed, so
//! nothing has to be parsed again. The key derived for a day, region and service is kept: with it a
//! signature costs a few microseconds.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderValue, InvalidHeaderValue};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::keys::Keys;
use crate::store::text::hmac::hex;
use crate::store::text::{date, hmac};

/// SHA-256 of an empty body.
pub(super) const EMPTY_BODY: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// How a provider's requests are signed.
pub(crate) trait Sign: std::fmt::Debug + Send + Sync {
    /// Adds the headers that make `request` signed as of `now`, in seconds since 1970.
    ///
    /// # Errors
    /// Where the key or the token holds what no header can.
    fn sign(
        &self,
        request: &Unsigned<'_>,
        keys: &Arc<Keys>,
        region: &str,
        now: i64,
        headers: &mut HeaderMap,
    ) -> Result<(), InvalidHeaderValue>;
}

/// The words in which relatives of Signature Version 4 differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scheme {
    /// Starts the `Authorization` header.
    pub(crate) algorithm: &'static str,
    /// Stands before the secret in the first derivation.
    pub(crate) key_prefix: &'static str,
    /// Ends the credential scope.
    pub(crate) terminator: &'static str,
    /// The service in the credential scope.
    pub(crate) service: &'static str,
    /// The header with the hash of the body.
    pub(crate) content: &'static str,
    /// The header with the time.
    pub(crate) date: &'static str,
    /// The header that agrees to pay.
    pub(crate) payer: &'static str,
    /// The header with the session token.
    pub(crate) token: &'static str,
    /// A header that goes with every request, with its value.
    pub(crate) mode: Option<(&'static str, &'static str)>,
}

impl Scheme {
    /// Amazon S3 and everything compatible with it.
    pub(crate) const AWS4: Self = Self {
        algorithm: "AWS4-HMAC-SHA256",
        key_prefix: "AWS4",
        terminator: "aws4_request",
        service: "s3",
        content: "x-amz-content-sha256",
        date: "x-amz-date",
        payer: "x-amz-request-payer",
        token: "x-amz-security-token",
        mode: None,
    };

    /// What asks for a session with a directory bucket, for reading alone. Source: `CreateSession`, S3 API
    /// reference.
    pub(super) const CREATE_SESSION: Self = Self {
        service: "s3express",
        mode: Some(("x-amz-create-session-mode", "ReadOnly")),
        ..Self::AWS4
    };

    /// What is asked for within such a session.
    pub(super) const SESSION: Self =
        Self { service: "s3express", token: "x-amz-s3session-token", ..Self::AWS4 };
}

/// A request without a body to be signed.
#[derive(Clone, Debug)]
pub(crate) struct Unsigned<'a> {
    /// In capitals.
    pub(crate) method: &'a str,
    /// The bucket's name, as it is.
    pub(crate) bucket: &'a str,
    /// The key in it, encoded as in the path; empty where the bucket itself is meant.
    pub(crate) key: &'a str,
    /// As in the `Host` header, with the port where it is not the scheme's own.
    pub(crate) host: &'a str,
    /// Encoded as sent.
    pub(crate) path: &'a str,
    /// Encoded as sent: names ascending, values after `=` even where empty.
    pub(crate) query: &'a str,
    /// Whether to agree to pay for the request.
    pub(crate) request_payer: bool,
}

/// What signing makes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Signed {
    authorization: String,
    date: String,
}

/// Signs requests by Signature Version 4 in the words of one scheme.
#[derive(Debug)]
pub(crate) struct SignerV4 {
    scheme: Scheme,
    derived: Mutex<Option<Arc<Derived>>>,
}

/// The key of a day, region and service.
struct Derived {
    keys: Arc<Keys>,
    day: String,
    region: String,
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Derived {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { keys, day, region, key: _ } = self;
        formatter
            .debug_struct("Derived")
            .field("keys", keys)
            .field("day", day)
            .field("region", region)
            .finish_non_exhaustive()
    }
}

impl SignerV4 {
    pub(crate) fn new(scheme: Scheme) -> Self {
        Self { scheme, derived: Mutex::new(None) }
    }

    fn signed(&self, request: &Unsigned<'_>, keys: &Arc<Keys>, region: &str, now: i64) -> Signed {
        let date = date::compact(now);
        let day = date.get(..8).unwrap_or_default();
        let (canonical, signed_headers) = canonical(&self.scheme, request, keys, &date);
        let scheme = &self.scheme;
        let scope = format!("{day}/{region}/{}/{}", scheme.service, scheme.terminator);
        let hash = hex(&Sha256::digest(canonical.as_bytes()));
        let text = format!("{}\n{date}\n{scope}\n{hash}", scheme.algorithm);
        let derived = self.derive(keys, day, region);
        let signature = hex(&hmac::sha256(derived.key.as_slice(), text.as_bytes()));
        let authorization = format!(
            "{} Credential={}/{scope},SignedHeaders={signed_headers},Signature={signature}",
            scheme.algorithm, keys.id
        );
        Signed { authorization, date }
    }

    fn derive(&self, keys: &Arc<Keys>, day: &str, region: &str) -> Arc<Derived> {
        // What a panicking thread left here is whole: it is replaced in one piece.
        let mut cached = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(derived) = &*cached
            && Arc::ptr_eq(&derived.keys, keys)
            && derived.day == day
            && derived.region == region
        {
            return Arc::clone(derived);
        }
        let secret =
            Zeroizing::new([self.scheme.key_prefix.as_bytes(), keys.secret.as_bytes()].concat());
        let mut key = Zeroizing::new(hmac::sha256(&secret, day.as_bytes()));
        for part in [region, self.scheme.service, self.scheme.terminator] {
            key = Zeroizing::new(hmac::sha256(key.as_slice(), part.as_bytes()));
        }
        let derived =
            Derived { keys: Arc::clone(keys), day: day.to_owned(), region: region.to_owned(), key };
        let derived = Arc::new(derived);
        *cached = Some(Arc::clone(&derived));
        derived
    }
}

impl Sign for SignerV4 {
    fn sign(
        &self,
        request: &Unsigned<'_>,
        keys: &Arc<Keys>,
        region: &str,
        now: i64,
        headers: &mut HeaderMap,
    ) -> Result<(), InvalidHeaderValue> {
        let signed = self.signed(request, keys, region, now);
        let Scheme { content, date, payer, token, mode, .. } = self.scheme;
        headers.insert(content, HeaderValue::from_static(EMPTY_BODY));
        if let Some((name, value)) = mode {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(date, signed.date.parse()?);
        if request.request_payer {
            headers.insert(payer, HeaderValue::from_static("requester"));
        }
        if let Some(value) = &keys.token {
            headers.insert(token, sensitive(value.trim())?);
        }
        headers.insert(AUTHORIZATION, sensitive(&signed.authorization)?);
        Ok(())
    }
}

/// A header's value that logs do not show.
pub(crate) fn sensitive(text: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value: HeaderValue = text.parse()?;
    value.set_sensitive(true);
    Ok(value)
}

/// The canonical request and the names of its signed headers. The names are written in their order,
/// which is that of the prefixes of all schemes.
fn canonical(
    scheme: &Scheme,
    request: &Unsigned<'_>,
    keys: &Keys,
    time: &str,
) -> (Zeroizing<String>, String) {
    let Unsigned { method, host, path, query, request_payer, .. } = request;
    let Scheme { content, date, payer, token, mode, .. } = scheme;
    let mut names = format!("host;{content}");
    let mut text = Zeroizing::new(String::with_capacity(512 + query.len()));
    // Writing to a string cannot fail.
    let _ = write!(text, "{method}\n{path}\n{query}\nhost:{host}\n{content}:{EMPTY_BODY}\n");
    if let Some((name, value)) = mode {
        let _ = write!(names, ";{name}");
        let _ = writeln!(text, "{name}:{value}");
    }
    let _ = write!(names, ";{date}");
    let _ = writeln!(text, "{date}:{time}");
    if *request_payer {
        let _ = write!(names, ";{payer}");
        let _ = writeln!(text, "{payer}:requester");
    }
    if let Some(value) = &keys.token {
        let _ = write!(names, ";{token}");
        let _ = writeln!(text, "{token}:{}", value.trim());
    }
    let _ = write!(text, "\n{names}\n{EMPTY_BODY}");
    (text, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the examples of the S3 API reference.
    fn documented() -> Arc<Keys> {
        Arc::new(Keys::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            None,
        ))
    }

    fn signature(keys: &Arc<Keys>, region: &str, date: &str, host: &str, query: &str) -> String {
        let request = Unsigned {
            method: "GET",
            bucket: "b",
            key: "",
            host,
            path: "/",
            query,
            request_payer: false,
        };
        let now = date::parse_http(date).unwrap();
        let signed = SignerV4::new(Scheme::AWS4).signed(&request, keys, region, now);
        signed.authorization.rsplit('=').next().unwrap().to_owned()
    }

    #[test]
    fn the_documented_list_request_is_signed_as_documented() {
        let signature = |query| {
            signature(
                &documented(),
                "us-east-1",
                "Fri, 24 May 2013 00:00:00 GMT",
                "examplebucket.s3.amazonaws.com",
                query,
            )
        };
        assert_eq!(
            signature("max-keys=2&prefix=J"),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
        assert_eq!(
            signature("lifecycle="),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
    }

    #[test]
    fn a_derived_key_is_used_again_and_never_for_other_keys_days_or_regions() {
        let signer = SignerV4::new(Scheme::AWS4);
        let (one, other) =
            (documented(), Arc::new(Keys::new("AKIAIOSFODNN7EXAMPLE", "other", None)));
        let derived = |keys: &Arc<Keys>, day, region| signer.derive(keys, day, region);
        let first = derived(&one, "20261121", "eu-west-1");
        assert!(Arc::ptr_eq(&first, &derived(&one, "20261121", "eu-west-1")));
        for changed in [
            derived(&other, "20261121", "eu-west-1"),
            derived(&one, "20261122", "eu-west-1"),
            derived(&one, "20261121", "eu-west-2"),
        ] {
            assert_ne!(*first.key, *changed.key);
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let signer = SignerV4::new(Scheme::AWS4);
        signer.derive(&documented(), "20261121", "eu-west-1");
        let shown = format!("{signer:?}");
        assert!(shown.contains("20261121") && !shown.contains("wJalr"), "{shown}");
    }

    /// The signature that the SDK's own signer gives.
    fn by_the_sdk(
        scheme: &Scheme,
        request: &Unsigned<'_>,
        keys: &Keys,
        region: &str,
        now: i64,
    ) -> String {
        use aws_sigv4::http_request as sdk;
        let token = keys.token.as_ref().map(|token| token.to_string());
        let identity = aws_credential_types::Credentials::new(
            &*keys.id,
            keys.secret.as_str(),
            token,
            None,
            "test",
        )
        .into();
        let mut settings = sdk::SigningSettings::default();
        settings.percent_encoding_mode = sdk::PercentEncodingMode::Single;
        settings.payload_checksum_kind = sdk::PayloadChecksumKind::XAmzSha256;
        settings.session_token_name_override = Some(scheme.token);
        settings.uri_path_normalization_mode = sdk::UriPathNormalizationMode::Disabled;
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(now.unsigned_abs());
        let parameters = aws_sigv4::sign::v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(scheme.service)
            .time(time)
            .settings(settings)
            .build()
            .unwrap();
        let uri = format!("https://{}{}?{}", request.host, request.path, request.query);
        let payer = request.request_payer.then_some(("x-amz-request-payer", "requester"));
        let body = sdk::SignableBody::Bytes(b"");
        let headers = payer.into_iter().chain(scheme.mode);
        let request = sdk::SignableRequest::new(request.method, uri, headers, body).unwrap();
        sdk::sign(request, &parameters.into()).unwrap().signature().to_owned()
    }

    proptest::proptest! {
        #[test]
        fn every_request_is_signed_as_the_sdk_signs_it(
            // Valid UTF-8, as the SDK decodes the query to text before it encodes it again.
            prefix in ".{0,12}",
            after in proptest::option::of("[a-z /+%&=~\u{e9}\u{1F600}]{1,12}"),
            delimiter in proptest::option::of(proptest::prelude::Just(b'/')),
            token in proptest::option::of("[A-Za-z0-9+/=]{1,40}"),
            session in proptest::option::of("[A-Za-z0-9+/=]{1,60}"),
            secret in "[A-Za-z0-9+/]{1,90}",
            host in proptest::sample::select(vec!["b.s3.eu-west-1.amazonaws.com", "127.0.0.1:9000", "localhost:8443"]),
            bucket in "[a-z :]{1,8}",
            now in 1_000_000_000_i64..4_000_000_000,
            request_payer: bool,
            method in proptest::sample::select(vec!["GET", "HEAD", "DELETE"]),
        ) {
            let request = crate::store::PageRequest {
                prefix: prefix.into_bytes(), after: after.map(String::into_bytes), token, delimiter, limit: 1000,
                any_order: false,
            };
            let query = super::super::query::write(&request, &crate::store::Quirks::default()).unwrap();
            let mut path = "/".to_owned();
            crate::store::text::percent::encode_path(bucket.as_bytes(), &mut path);
            let unsigned = Unsigned { method, bucket: &bucket, key: "", host, path: &path, query: &query, request_payer };
            let keys = Arc::new(Keys::new("AKID", secret, session));
            for scheme in [Scheme::AWS4, Scheme::CREATE_SESSION, Scheme::SESSION] {
                let signer = SignerV4::new(scheme);
                let ours = signer.signed(&unsigned, &keys, "eu-west-1", now).authorization;
                let theirs = by_the_sdk(&scheme, &unsigned, &keys, "eu-west-1", now);
                proptest::prop_assert_eq!(ours.rsplit('=').next().unwrap(), theirs);
            }
        }
    }
}
