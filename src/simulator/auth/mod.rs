//! Who sent a request, by the scheme that its `Authorization` header names.
//!
//! Requests are verified as they were received, by these modules alone: a client's signing code is judged
//! by an independent reading of the rules. Pre-signed URLs are not spoken.
//!
//! * `v4`: Signature Version 4, in the words of AWS and in those of KS3.
//! * `kss`: KS3's first own signature.
//! * `oss4`: OSS's version 4.

mod kss;
mod oss4;
mod v4;

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, header};
use jiff::tz::TimeZone;
use sha2::Sha256;

use super::config::Credential;
use super::dialect::Dialect;
use super::s3::{ErrorCode, Resource, S3Error, Target};

/// How far a request's time may lie from the server's, in seconds.
const MOST_SKEW: i64 = 15 * 60;

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Nobody said so.
    Anonymous,
    /// A holder of a known secret.
    Signed {
        /// The region that the signature is for, where it is for one.
        region: Option<String>,
    },
}

/// A request as it was received.
#[derive(Clone, Copy)]
pub(super) struct Received<'a> {
    pub(super) method: &'a Method,
    pub(super) target: &'a Target,
    pub(super) resource: &'a Resource,
    pub(super) headers: &'a HeaderMap,
}

/// Checks a request's signature. `now` is the server's time in seconds since 1970.
pub(super) fn verify(
    dialect: Dialect,
    request: Received<'_>,
    credentials: &[Credential],
    now: i64,
) -> Result<Caller, S3Error> {
    let Some(header) = request.headers.get(header::AUTHORIZATION) else {
        return Ok(Caller::Anonymous);
    };
    let header = header.to_str().map_err(|_| malformed("the header is not text"))?;
    match (dialect, header.split(' ').next().unwrap_or_default()) {
        (Dialect::Ks3, "KSS") => kss::verify(header, request, credentials, now),
        (Dialect::Ks3, "KSS4-HMAC-SHA256") => {
            v4::verify(&v4::KSS, header, request, credentials, now)
        }
        (Dialect::Oss, _) => oss4::verify(header, request, credentials, now),
        _ => v4::verify(&v4::AWS, header, request, credentials, now),
    }
}

/// Checks the signature of a request to a directory bucket: by the account's keys where it asks for a
/// session, by the session's in all else.
pub(super) fn verify_zonal(
    request: Received<'_>,
    in_session: bool,
    credentials: &[Credential],
    now: i64,
) -> Result<Caller, S3Error> {
    let header = text(request.headers, header::AUTHORIZATION.as_str())
        .ok_or_else(|| S3Error::new(ErrorCode::AccessDenied))?;
    let words = if in_session { &v4::SESSION } else { &v4::CREATE_SESSION };
    v4::verify(words, &header, request, credentials, now)
}

fn malformed(what: &str) -> S3Error {
    S3Error::new(ErrorCode::AuthorizationHeaderMalformed)
        .with("Message", format!("The authorization header is malformed; {what}"))
}

/// The holder of a key id, whose token must come with the request in the header `token`.
fn holder<'a>(
    key_id: &str,
    token: &str,
    headers: &HeaderMap,
    credentials: &'a [Credential],
) -> Result<&'a Credential, S3Error> {
    let credential = credentials.iter().find(|known| known.key_id == key_id).ok_or_else(|| {
        S3Error::new(ErrorCode::InvalidAccessKeyId).with("AWSAccessKeyId", key_id)
    })?;
    let token = headers.get(token).map(http::HeaderValue::as_bytes);
    if token != credential.session_token.as_deref().map(str::as_bytes) {
        return Err(S3Error::new(ErrorCode::InvalidToken));
    }
    Ok(credential)
}

/// Refuses a request that was made too long ago, or too far ahead.
fn check_time(stamp: &str, seconds: i64, now: i64) -> Result<(), S3Error> {
    if (seconds - now).abs() > MOST_SKEW {
        return Err(S3Error::new(ErrorCode::RequestTimeTooSkewed)
            .with("RequestTime", stamp)
            .with("ServerTime", iso(now))
            .with("MaxAllowedSkewMilliseconds", (MOST_SKEW * 1_000).to_string()));
    }
    Ok(())
}

fn undated() -> S3Error {
    S3Error::new(ErrorCode::AccessDenied)
        .with("Message", "authentication requires a valid Date or x-…-date header")
}

fn mismatch(key_id: &str, to_sign: &str, provided: &str) -> S3Error {
    S3Error::new(ErrorCode::SignatureDoesNotMatch)
        .with("AWSAccessKeyId", key_id)
        .with("StringToSign", to_sign)
        .with("SignatureProvided", provided)
}

/// Appends bytes percent-encoded as RFC 3986 wants, `/` bare in paths.
pub(in crate::simulator) fn push_encoded(out: &mut Vec<u8>, text: &[u8], slash_is_bare: bool) {
    for &byte in text {
        let bare = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~')
            || (slash_is_bare && byte == b'/');
        if bare {
            out.push(byte);
        } else {
            out.extend_from_slice(percent_encoding::percent_encode_byte(byte).as_bytes());
        }
    }
}

/// The query's names and values, encoded and in order.
fn encoded_pairs(target: &Target) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = target
        .query
        .iter()
        .map(|(name, value)| {
            let (mut encoded_name, mut encoded_value) = (Vec::new(), Vec::new());
            push_encoded(&mut encoded_name, name, false);
            push_encoded(&mut encoded_value, value, false);
            (encoded_name, encoded_value)
        })
        .collect();
    pairs.sort();
    pairs
}

pub(in crate::simulator) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.trim().to_owned())
}

/// The time in the header `name` (`20130524T000000Z`), as it stands and in seconds since 1970.
fn compact_time(headers: &HeaderMap, name: &str) -> Option<(String, i64)> {
    let stamp = text(headers, name)?;
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &stamp).ok()?;
    let seconds = time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    Some((stamp, seconds))
}

/// The time in `Date`, as it stands and in seconds since 1970.
fn http_time(headers: &HeaderMap) -> Option<(String, i64)> {
    let date = text(headers, "date")?;
    let seconds = jiff::fmt::rfc2822::parse(&date).ok()?.timestamp().as_second();
    Some((date, seconds))
}

pub(in crate::simulator) fn iso(seconds: i64) -> String {
    let mut out = Vec::new();
    super::civil::push_iso8601(&mut out, seconds * 1_000);
    String::from_utf8_lossy(&out).into_owned()
}

pub(in crate::simulator) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    // Keys of any length are accepted: the error cannot occur, and an empty result matches nothing.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

pub(in crate::simulator) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
