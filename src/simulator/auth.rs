//! Verification of AWS Signature Version 4 in the `Authorization` header.
//!
//! The canonical request is built from the request as it was received, by this module alone: a client's
//! signing code is judged by an independent reading of the rules (AWS General Reference, "Signature
//! Version 4 signing process"; S3 API Reference, "Authenticating Requests: Using the Authorization
//! Header"). Pre-signed URLs are not spoken.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::config::Credential;
use super::s3::{ErrorCode, S3Error, Target};

/// How far a request's time may lie from the server's, in seconds.
const MOST_SKEW: i64 = 15 * 60;

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Nobody said so.
    Anonymous,
    /// A holder of a known secret, signing for this region.
    Signed {
        /// The region in the credential's scope.
        region: String,
    },
}

/// The parts of an `Authorization` header.
struct Authorization<'a> {
    key_id: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

/// Checks a request's signature. `now` is the server's time in seconds since 1970.
pub(super) fn verify(
    method: &Method,
    target: &Target,
    headers: &HeaderMap,
    credentials: &[Credential],
    now: i64,
) -> Result<Caller, S3Error> {
    let Some(header) = headers.get(http::header::AUTHORIZATION) else {
        return Ok(Caller::Anonymous);
    };
    let authorization = header
        .to_str()
        .ok()
        .and_then(parse)
        .ok_or_else(|| malformed("the header does not follow AWS4-HMAC-SHA256"))?;
    if authorization.service != "s3" {
        return Err(malformed("incorrect service, this endpoint belongs to \"s3\""));
    }
    let credential =
        credentials.iter().find(|known| known.key_id == authorization.key_id).ok_or_else(|| {
            S3Error::new(ErrorCode::InvalidAccessKeyId).with("AWSAccessKeyId", authorization.key_id)
        })?;
    let token = headers.get("x-amz-security-token");
    if token.map(http::HeaderValue::as_bytes)
        != credential.session_token.as_deref().map(str::as_bytes)
    {
        return Err(S3Error::new(ErrorCode::InvalidToken));
    }
    let (stamp, seconds) = request_time(headers).ok_or_else(|| {
        S3Error::new(ErrorCode::AccessDenied)
            .with("Message", "AWS authentication requires a valid Date or x-amz-date header")
    })?;
    if (seconds - now).abs() > MOST_SKEW {
        return Err(S3Error::new(ErrorCode::RequestTimeTooSkewed)
            .with("RequestTime", stamp)
            .with("ServerTime", iso(now))
            .with("MaxAllowedSkewMilliseconds", (MOST_SKEW * 1_000).to_string()));
    }
    if !stamp.starts_with(authorization.date) {
        return Err(malformed("the scope's date is not the request's"));
    }
    let Some(payload) = text(headers, "x-amz-content-sha256") else {
        return Err(S3Error::new(ErrorCode::InvalidRequest));
    };
    check_signed_headers(headers, authorization.signed_headers)?;

    let canonical =
        canonical_request(method, target, headers, authorization.signed_headers, &payload);
    let scope = format!(
        "{}/{}/{}/aws4_request",
        authorization.date, authorization.region, authorization.service
    );
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(&canonical)));
    let mut key = format!("AWS4{}", credential.secret).into_bytes();
    for step in scope.split('/') {
        key = hmac(&key, step.as_bytes());
    }
    let expected = hex(&hmac(&key, to_sign.as_bytes()));
    if expected == authorization.signature {
        Ok(Caller::Signed { region: authorization.region.to_owned() })
    } else {
        Err(S3Error::new(ErrorCode::SignatureDoesNotMatch)
            .with("AWSAccessKeyId", authorization.key_id)
            .with("StringToSign", to_sign)
            .with("SignatureProvided", authorization.signature)
            .with("CanonicalRequest", String::from_utf8_lossy(&canonical)))
    }
}

fn malformed(what: &str) -> S3Error {
    S3Error::new(ErrorCode::AuthorizationHeaderMalformed)
        .with("Message", format!("The authorization header is malformed; {what}"))
}

fn parse(header: &str) -> Option<Authorization<'_>> {
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for field in header.strip_prefix("AWS4-HMAC-SHA256")?.split(',') {
        match field.trim().split_once('=')? {
            ("Credential", value) => credential = Some(value),
            ("SignedHeaders", value) => signed_headers = Some(value),
            ("Signature", value) => signature = Some(value),
            _ => {}
        }
    }
    // A key id may hold slashes, the scope's four parts may not.
    let mut parts = credential?.rsplitn(5, '/');
    if parts.next()? != "aws4_request" {
        return None;
    }
    let (service, region, date) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Authorization {
        key_id: parts.next()?,
        date,
        region,
        service,
        signed_headers: signed_headers?,
        signature: signature?,
    })
}

/// All of `host` and `x-amz-*` must be covered, or a request could be changed on its way.
fn check_signed_headers(headers: &HeaderMap, signed: &str) -> Result<(), S3Error> {
    let unsigned: Vec<&str> = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| *name == "host" || name.starts_with("x-amz-"))
        .filter(|name| !signed.split(';').any(|known| known == *name))
        .collect();
    if unsigned.is_empty() {
        return Ok(());
    }
    Err(S3Error::new(ErrorCode::AccessDenied)
        .with("Message", "There were headers present in the request which were not signed")
        .with("HeadersNotSigned", unsigned.join(", ")))
}

fn canonical_request(
    method: &Method,
    target: &Target,
    headers: &HeaderMap,
    signed: &str,
    payload: &str,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(method.as_str().as_bytes());
    out.push(b'\n');
    push_encoded(&mut out, &target.path, true);
    out.push(b'\n');
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
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value);
    }
    out.push(b'\n');
    for name in signed.split(';') {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        for (index, value) in headers.get_all(name).iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            push_trimmed(&mut out, value.as_bytes());
        }
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(signed.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload.as_bytes());
    out
}

/// Appends bytes percent-encoded as RFC 3986 wants, `/` bare in paths.
pub(super) fn push_encoded(out: &mut Vec<u8>, text: &[u8], slash_is_bare: bool) {
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

/// Appends a header's value without outer blanks, inner runs of blanks made one.
fn push_trimmed(out: &mut Vec<u8>, value: &[u8]) {
    let mut blank = false;
    for &byte in value.trim_ascii() {
        if byte == b' ' && blank {
            continue;
        }
        blank = byte == b' ';
        out.push(byte);
    }
}

pub(super) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.trim().to_owned())
}

/// The request's time as it is signed (`20130524T000000Z`) and in seconds since 1970.
fn request_time(headers: &HeaderMap) -> Option<(String, i64)> {
    if let Some(stamp) = text(headers, "x-amz-date") {
        let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &stamp).ok()?;
        let seconds = time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
        return Some((stamp, seconds));
    }
    let date = text(headers, "date")?;
    let time = jiff::fmt::rfc2822::parse(&date).ok()?.timestamp();
    Some((time.strftime("%Y%m%dT%H%M%SZ").to_string(), time.as_second()))
}

fn iso(seconds: i64) -> String {
    let mut out = Vec::new();
    super::civil::push_iso8601(&mut out, seconds * 1_000);
    String::from_utf8_lossy(&out).into_owned()
}

pub(super) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    // Keys of any length are accepted: the error cannot occur, and an empty result matches nothing.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    /// 2013-05-24T00:00:00Z
    const THEN: i64 = 1_369_353_600;

    fn example_credentials() -> Vec<Credential> {
        vec![Credential {
            key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
        }]
    }

    fn headers(extra: &[(&'static str, &str)], signed: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders={signed},Signature={signature}"
        );
        headers.insert("authorization", authorization.parse().unwrap());
        headers.insert("host", "examplebucket.s3.amazonaws.com".parse().unwrap());
        headers.insert("x-amz-date", "20130524T000000Z".parse().unwrap());
        headers.insert("x-amz-content-sha256", EMPTY.parse().unwrap());
        for (name, value) in extra {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    fn check(target: &str, headers: &HeaderMap, now: i64) -> Result<Caller, S3Error> {
        let target = Target::parse(target);
        verify(&Method::GET, &target, headers, &example_credentials(), now)
    }

    const PLAIN: &str = "host;x-amz-content-sha256;x-amz-date";

    #[test]
    fn the_documented_list_example_is_accepted() {
        let signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        let caller = check("/?max-keys=2&prefix=J", &headers(&[], PLAIN, signature), THEN);
        let region = "us-east-1".to_owned();
        assert_eq!(caller, Ok(Caller::Signed { region }));
    }

    #[test]
    fn the_documented_lifecycle_example_is_accepted() {
        let signature = "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543";
        assert!(check("/?lifecycle", &headers(&[], PLAIN, signature), THEN).is_ok());
    }

    #[test]
    fn the_documented_object_example_with_a_signed_range_is_accepted() {
        let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        let range = headers(
            &[("range", "bytes=0-9")],
            "host;range;x-amz-content-sha256;x-amz-date",
            signature,
        );
        assert!(check("/test.txt", &range, THEN).is_ok());
    }

    #[test]
    fn any_change_breaks_the_signature() {
        let signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        let code =
            |target: &str, headers: &HeaderMap, now| check(target, headers, now).unwrap_err().code;
        let good = headers(&[], PLAIN, signature);
        let mismatch = ErrorCode::SignatureDoesNotMatch;
        assert_eq!(code("/?max-keys=2&prefix=K", &good, THEN), mismatch);
        assert_eq!(code("/x?max-keys=2&prefix=J", &good, THEN), mismatch);
        let host = headers(&[("host", "other.s3.amazonaws.com")], PLAIN, signature);
        assert_eq!(code("/?max-keys=2&prefix=J", &host, THEN), mismatch);
        let unsigned = headers(&[("x-amz-acl", "private")], PLAIN, signature);
        assert_eq!(code("/?max-keys=2&prefix=J", &unsigned, THEN), ErrorCode::AccessDenied);
        let token = headers(&[("x-amz-security-token", "t")], PLAIN, signature);
        assert_eq!(code("/?max-keys=2&prefix=J", &token, THEN), ErrorCode::InvalidToken);
        for late in [-901, 901] {
            assert_eq!(
                code("/?max-keys=2&prefix=J", &good, THEN + late),
                ErrorCode::RequestTimeTooSkewed
            );
        }
    }

    #[test]
    fn a_request_without_authorization_is_anonymous() {
        let caller = check("/?list-type=2", &HeaderMap::new(), THEN);
        assert_eq!(caller, Ok(Caller::Anonymous));
    }
}
