//! `ACS3-HMAC-SHA256`, the signature of RAM, STS and KMS.
//!
//! Source: "Request syntax and signature method V3", Alibaba Cloud API reference; the vectors below come
//! from the official SDK. Every header given is signed, and the body by its hash. No key is derived: the
//! secret signs by itself.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::alibaba::Credentials;
use crate::store::text::hmac::hex;
use crate::store::text::{hmac, percent};

/// Starts the `Authorization` header.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// A request to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'a> {
    /// In capitals.
    pub method: &'a str,
    /// Percent-encoded; `/` for services that take their operation from a header.
    pub path: &'a str,
    /// Names and values, not encoded.
    pub query: &'a [(&'a str, &'a str)],
    /// Names in small letters. Must hold `host`, `x-acs-action`, `x-acs-version`, `x-acs-date`,
    /// `x-acs-signature-nonce` and, as [`hash`] gives it, `x-acs-content-sha256`.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body's hash, as in the header.
    pub body_hash: &'a str,
}

/// The hash of a body.
#[must_use]
pub fn hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// Names and values percent-encoded and joined, by ascending names: as sent and as signed.
#[must_use]
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut pairs = pairs.to_vec();
    pairs.sort_unstable();
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        percent::encode(name.as_bytes(), &mut text);
        text.push('=');
        percent::encode(value.as_bytes(), &mut text);
    }
    text
}

/// The `Authorization` header of `request`.
#[must_use]
pub fn authorize(request: &Unsigned<'_>, credentials: &Credentials) -> String {
    let mut headers = request.headers.to_vec();
    headers.sort_unstable();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let mut canonical = Zeroizing::new(String::with_capacity(1024));
    for part in [request.method, request.path, &query(request.query)] {
        canonical.push_str(part);
        canonical.push('\n');
    }
    for (name, value) in headers {
        for part in [name, ":", value.trim(), "\n"] {
            canonical.push_str(part);
        }
    }
    for part in ["\n", &names, "\n", request.body_hash] {
        canonical.push_str(part);
    }
    let text = format!("{ALGORITHM}\n{}", hash(canonical.as_bytes()));
    let signature = hex(&hmac::sha256(credentials.secret.as_bytes(), text.as_bytes()));
    format!("{ALGORITHM} Credential={},SignedHeaders={names},Signature={signature}", credentials.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE_TRUST: &str = r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["mgw.aliyuncs.com"]}}],"Version":"1"}"#;

    /// Signs a call of `action` as of the vectors' time.
    fn sign(
        action: &str,
        query: &[(&str, &str)],
        body: &[u8],
        more: &[(&str, &str)],
    ) -> (String, String) {
        let body_hash = hash(body);
        let mut headers = vec![
            ("host", "ram.aliyuncs.com"),
            ("accept", "application/json"),
            ("x-acs-action", action),
            ("x-acs-version", "2015-05-01"),
            ("x-acs-date", "2026-01-02T03:04:05Z"),
            ("x-acs-signature-nonce", "0123456789abcdef0123456789abcdef"),
            ("x-acs-content-sha256", &body_hash),
        ];
        headers.extend_from_slice(more);
        let request =
            Unsigned { method: "POST", path: "/", query, headers: &headers, body_hash: &body_hash };
        let keys = Credentials::new("LTAIexampleAccessKey", "exampleSecretKey0123456789", None);
        let authorization = authorize(&request, &keys);
        let signature = authorization.rsplit('=').next().unwrap().to_owned();
        (authorization, signature)
    }

    #[test]
    fn parameters_in_the_query_are_signed_as_the_sdk_signs_them() {
        let (authorization, signature) =
            sign("GetRole", &[("RoleName", "oss-import-example")], b"", &[]);
        assert_eq!(signature, "e77241664fec762b41f5537c526c0cfecfc879a25ac3c9a3a8cb456e5be0e6d6");
        let start = "ACS3-HMAC-SHA256 Credential=LTAIexampleAccessKey,SignedHeaders=accept;host;\
            x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=";
        assert!(authorization.starts_with(start), "{authorization}");
        let query = [
            ("RoleName", "oss-import-example"),
            ("Description", "data transport"),
            ("AssumeRolePolicyDocument", SERVICE_TRUST),
        ];
        let (_, signature) = sign("CreateRole", &query, b"", &[]);
        assert_eq!(signature, "476c3a3598288e7f5d1cb2ac67e55f0cd8b956e361a9c16c903646058d48f056");
    }

    #[test]
    fn parameters_in_the_body_are_signed_as_the_sdk_signs_them() {
        let form = query(&[
            ("AssumeRolePolicyDocument", SERVICE_TRUST),
            ("RoleName", "oss-import-example"),
        ]);
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let (_, signature) = sign("CreateRole", &[], form.as_bytes(), &[kind]);
        assert_eq!(signature, "741c5cf8aea223f1fb9e64b800cb6069fbc295575e4d16fcac27e6273155878f");
    }

    #[test]
    fn temporary_keys_are_signed_as_the_sdk_signs_them() {
        let more =
            [("x-acs-accesskey-id", "STS.example"), ("x-acs-security-token", "tokenexample")];
        let (_, signature) = sign("GetRole", &[("RoleName", "r")], b"", &more);
        assert_eq!(signature, "bc65aa8d3c3fc9c467c0f3de0080db2b7c9c312c0c598eb71ae97dc58741a005");
    }
}
