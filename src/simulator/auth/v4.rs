//! Signature Version 4 in the `Authorization` header. Sources: AWS General Reference, "Signature Version 4
//! signing process"; S3 API Reference, "Authenticating Requests: Using the Authorization Header"; for
//! KS3's wording its documentation, "signature V4", page 6890.

use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::{
    Caller, Received, check_time, compact_time, encoded_pairs, hex, hmac, holder, http_time,
    malformed, mismatch, push_encoded, text, undated,
};
use crate::simulator::config::Credential;
use crate::simulator::s3::{ErrorCode, S3Error};
use crate::simulator::sessions;

/// The words of a scheme.
pub(super) struct Words {
    algorithm: &'static str,
    key: &'static str,
    terminator: &'static str,
    service: &'static str,
    date: &'static str,
    payload: &'static str,
    token: &'static str,
}

/// AWS's.
pub(super) const AWS: Words = Words {
    algorithm: "AWS4-HMAC-SHA256",
    key: "AWS4",
    terminator: "aws4_request",
    service: "s3",
    date: "x-amz-date",
    payload: "x-amz-content-sha256",
    token: "x-amz-security-token",
};

/// AWS's for a session with a directory bucket.
pub(super) const CREATE_SESSION: Words = Words { service: "s3express", ..AWS };

/// AWS's within such a session.
pub(super) const SESSION: Words = Words { token: sessions::TOKEN, ..CREATE_SESSION };

/// KS3's.
pub(super) const KSS: Words = Words {
    algorithm: "KSS4-HMAC-SHA256",
    key: "KSS4",
    terminator: "kss4_request",
    service: "ks3",
    date: "x-kss-date",
    payload: "x-kss-content-sha256",
    token: "x-kss-security-token",
};

/// The parts of an `Authorization` header.
struct Authorization<'a> {
    key_id: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

/// Checks `ALGORITHM Credential=…, SignedHeaders=…, Signature=…`.
pub(super) fn verify(
    words: &Words,
    header: &str,
    request: Received<'_>,
    credentials: &[Credential],
    now: i64,
) -> Result<Caller, S3Error> {
    let headers = request.headers;
    let authorization = parse(words, header)
        .ok_or_else(|| malformed(&format!("the header does not follow {}", words.algorithm)))?;
    if authorization.service != words.service {
        return Err(malformed(&format!(
            "incorrect service, this endpoint belongs to \"{}\"",
            words.service
        )));
    }
    let credential = holder(authorization.key_id, words.token, headers, credentials)?;
    let (stamp, seconds) = request_time(words, headers).ok_or_else(undated)?;
    check_time(&stamp, seconds, now)?;
    if !stamp.starts_with(authorization.date) {
        return Err(malformed("the scope's date is not the request's"));
    }
    let Some(payload) = text(headers, words.payload) else {
        return Err(S3Error::new(ErrorCode::InvalidRequest));
    };
    check_signed_headers(headers, authorization.signed_headers)?;

    let canonical = canonical_request(request, authorization.signed_headers, &payload);
    let scope = format!(
        "{}/{}/{}/{}",
        authorization.date, authorization.region, authorization.service, words.terminator
    );
    let hash = hex(&Sha256::digest(&canonical));
    let to_sign = format!("{}\n{stamp}\n{scope}\n{hash}", words.algorithm);
    let mut key = format!("{}{}", words.key, credential.secret).into_bytes();
    for step in scope.split('/') {
        key = hmac(&key, step.as_bytes());
    }
    if hex(&hmac(&key, to_sign.as_bytes())) == authorization.signature {
        Ok(Caller::Signed { region: Some(authorization.region.to_owned()) })
    } else {
        Err(mismatch(authorization.key_id, &to_sign, authorization.signature)
            .with("CanonicalRequest", String::from_utf8_lossy(&canonical)))
    }
}

fn parse<'a>(words: &Words, header: &'a str) -> Option<Authorization<'a>> {
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for field in header.strip_prefix(words.algorithm)?.split(',') {
        match field.trim().split_once('=')? {
            ("Credential", value) => credential = Some(value),
            ("SignedHeaders", value) => signed_headers = Some(value),
            ("Signature", value) => signature = Some(value),
            _ => {}
        }
    }
    // A key id may hold slashes, the scope's four parts may not.
    let mut parts = credential?.rsplitn(5, '/');
    if parts.next()? != words.terminator {
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

/// All of `host` and the service's own headers must be covered, or a request could be changed on its way.
fn check_signed_headers(headers: &HeaderMap, signed: &str) -> Result<(), S3Error> {
    let unsigned: Vec<&str> = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| *name == "host" || name.starts_with("x-amz-") || name.starts_with("x-kss-"))
        .filter(|name| !signed.split(';').any(|known| known == *name))
        .collect();
    if unsigned.is_empty() {
        return Ok(());
    }
    Err(S3Error::new(ErrorCode::AccessDenied)
        .with("Message", "There were headers present in the request which were not signed")
        .with("HeadersNotSigned", unsigned.join(", ")))
}

fn canonical_request(request: Received<'_>, signed: &str, payload: &str) -> Vec<u8> {
    let headers = request.headers;
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(request.method.as_str().as_bytes());
    out.push(b'\n');
    push_encoded(&mut out, &request.target.path, true);
    out.push(b'\n');
    for (index, (name, value)) in encoded_pairs(request.target).into_iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(&name);
        out.push(b'=');
        out.extend_from_slice(&value);
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

/// The request's time as it is signed (`20130524T000000Z`) and in seconds since 1970.
fn request_time(words: &Words, headers: &HeaderMap) -> Option<(String, i64)> {
    if headers.contains_key(words.date) {
        return compact_time(headers, words.date);
    }
    let (_, seconds) = http_time(headers)?;
    let time = jiff::Timestamp::from_second(seconds).ok()?;
    Some((time.strftime("%Y%m%dT%H%M%SZ").to_string(), seconds))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::simulator::dialect::Dialect;
    use crate::simulator::s3::{Resource, Target};

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
        let resource = Resource::locate("examplebucket.s3.amazonaws.com", &target.path, |_| false);
        let request =
            Received { method: &Method::GET, target: &target, resource: &resource, headers };
        super::super::verify(Dialect::S3, request, &example_credentials(), now)
    }

    const PLAIN: &str = "host;x-amz-content-sha256;x-amz-date";

    #[test]
    fn the_documented_list_example_is_accepted() {
        let signature = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        let caller = check("/?max-keys=2&prefix=J", &headers(&[], PLAIN, signature), THEN);
        let region = "us-east-1".to_owned();
        assert_eq!(caller, Ok(Caller::Signed { region: Some(region) }));
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
