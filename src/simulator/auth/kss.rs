//! KS3's first own signature: HMAC-SHA1 over method, date and resource. Source: KS3's documentation,
//! "signature V2", page 2321.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::{Caller, Received, check_time, holder, http_time, malformed, mismatch, text, undated};
use crate::simulator::config::Credential;
use crate::simulator::s3::S3Error;

/// The parameters of requests spoken here that name another resource than the bucket or object.
const SUBRESOURCES: [&str; 13] = [
    "acl",
    "cors",
    "encryption",
    "lifecycle",
    "location",
    "logging",
    "policy",
    "requestPayment",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// Checks `KSS ID:SIGNATURE`.
pub(super) fn verify(
    header: &str,
    request: Received<'_>,
    credentials: &[Credential],
    now: i64,
) -> Result<Caller, S3Error> {
    let (key_id, signature) = header
        .strip_prefix("KSS ")
        .and_then(|rest| rest.trim().split_once(':'))
        .ok_or_else(|| malformed("it is written `KSS ID:SIGNATURE`"))?;
    let credential = holder(key_id, "x-kss-security-token", request.headers, credentials)?;
    let (date, seconds) = http_time(request.headers).ok_or_else(undated)?;
    check_time(&date, seconds, now)?;
    let to_sign = to_sign(request, &date);
    // Keys of any length are accepted: the error cannot occur.
    let Ok(mut mac) = <Hmac<Sha1> as KeyInit>::new_from_slice(credential.secret.as_bytes()) else {
        return Err(mismatch(key_id, &to_sign, signature));
    };
    mac.update(to_sign.as_bytes());
    if base64(&mac.finalize().into_bytes()) == signature {
        Ok(Caller::Signed { region: None })
    } else {
        Err(mismatch(key_id, &to_sign, signature))
    }
}

fn to_sign(request: Received<'_>, date: &str) -> String {
    let header = |name| text(request.headers, name).unwrap_or_default();
    let mut lines = vec![
        request.method.as_str().to_owned(),
        header("content-md5"),
        header("content-type"),
        date.to_owned(),
    ];
    let mut own: Vec<String> = request
        .headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-kss-"))
        .map(|name| format!("{name}:{}", header(name.as_str())))
        .collect();
    own.sort();
    lines.append(&mut own);
    lines.push(resource(request));
    lines.join("\n")
}

fn resource(request: Received<'_>) -> String {
    let mut path = "/".to_owned();
    if let Some(bucket) = &request.resource.bucket {
        path.push_str(bucket);
        path.push('/');
    }
    if let Some(key) = &request.resource.key {
        let mut encoded = Vec::new();
        super::push_encoded(&mut encoded, key, true);
        path.push_str(&String::from_utf8_lossy(&encoded));
    }
    let mut path = path.replace("//", "/%2F");
    let mut named: Vec<&str> =
        SUBRESOURCES.into_iter().filter(|name| request.target.parameter(name).is_some()).collect();
    named.sort_unstable();
    for (index, name) in named.into_iter().enumerate() {
        path.push(if index == 0 { '?' } else { '&' });
        path.push_str(name);
        let value = request.target.parameter(name).unwrap_or_default();
        if !value.is_empty() {
            path.push('=');
            path.push_str(&String::from_utf8_lossy(value));
        }
    }
    path
}

fn base64(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    crate::base64::encode(bytes, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;
    use crate::simulator::s3::{ErrorCode, Resource, Target};

    /// Sat, 21 Nov 2026 12:00:00 GMT
    const THEN: i64 = 1_795_262_400;

    fn check(path: &str, signature: &str, now: i64) -> Result<Caller, S3Error> {
        let credentials = [Credential {
            key_id: "AKLTEXAMPLEEXAMPLE01".into(),
            secret: "SecretEXAMPLEsecretEXAMPLEsecretEXAMPLE0".into(),
            session_token: None,
        }];
        let mut headers = HeaderMap::new();
        headers.insert("date", "Sat, 21 Nov 2026 12:00:00 GMT".parse().unwrap());
        let target = Target::parse(path);
        let host = "inv-test.ks3-cn-beijing.ksyuncs.com";
        let resource = Resource::locate(host, &target.path, |name| name == "inv-test");
        let request = Received {
            method: &Method::GET,
            target: &target,
            resource: &resource,
            headers: &headers,
        };
        verify(&format!("KSS AKLTEXAMPLEEXAMPLE01:{signature}"), request, &credentials, now)
    }

    #[test]
    fn what_the_official_sdk_signs_is_accepted() {
        for (path, signature) in [
            ("/?prefix=p&marker=m&max-keys=10&encoding-type=url", "CI3gYfYVvskPR5tpu/owUdYnLcs="),
            ("/?versions&key-marker=k&prefix=p", "SCQC/eTxDUL55i50Rq7I8uV9qbk="),
        ] {
            assert_eq!(check(path, signature, THEN), Ok(Caller::Signed { region: None }), "{path}");
        }
    }

    #[test]
    fn any_change_of_what_is_signed_breaks_it() {
        let code = |path: &str, signature: &str, now| check(path, signature, now).unwrap_err().code;
        let good = "CI3gYfYVvskPR5tpu/owUdYnLcs=";
        assert_eq!(code("/?versions", good, THEN), ErrorCode::SignatureDoesNotMatch);
        assert_eq!(code("/key", good, THEN), ErrorCode::SignatureDoesNotMatch);
        assert_eq!(
            code("/", "CI3gYfYVvskPR5tpu/owUdYnLct=", THEN),
            ErrorCode::SignatureDoesNotMatch
        );
        assert_eq!(code("/", good, THEN + 901), ErrorCode::RequestTimeTooSkewed);
    }
}
