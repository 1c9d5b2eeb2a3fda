//! `OSS4-HMAC-SHA256`. Source: "Include signatures in the Authorization header", OSS API reference.

use sha2::{Digest, Sha256};

use super::{
    Caller, Received, check_time, compact_time, encoded_pairs, hex, hmac, holder, malformed,
    mismatch, push_encoded, text, undated,
};
use crate::simulator::config::Credential;
use crate::simulator::s3::S3Error;

/// The parts of the header.
struct Authorization<'a> {
    key_id: &'a str,
    date: &'a str,
    region: &'a str,
    additional: Vec<&'a str>,
    signature: &'a str,
}

/// Checks `OSS4-HMAC-SHA256 Credential=…,[AdditionalHeaders=…,]Signature=…`.
pub(super) fn verify(
    header: &str,
    request: Received<'_>,
    credentials: &[Credential],
    now: i64,
) -> Result<Caller, S3Error> {
    let authorization =
        parse(header).ok_or_else(|| malformed("it does not follow OSS4-HMAC-SHA256"))?;
    let Authorization { key_id, date, region, signature, .. } = authorization;
    let credential = holder(key_id, "x-oss-security-token", request.headers, credentials)?;
    let (stamp, seconds) = compact_time(request.headers, "x-oss-date").ok_or_else(undated)?;
    check_time(&stamp, seconds, now)?;
    if !stamp.starts_with(date) {
        return Err(malformed("the scope's date is not the request's"));
    }
    let canonical = canonical_request(request, &authorization.additional);
    let scope = format!("{date}/{region}/oss/aliyun_v4_request");
    let to_sign =
        format!("OSS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(&canonical)));
    let mut key = format!("aliyun_v4{}", credential.secret).into_bytes();
    for step in scope.split('/') {
        key = hmac(&key, step.as_bytes());
    }
    if hex(&hmac(&key, to_sign.as_bytes())) == signature {
        Ok(Caller::Signed { region: Some(region.to_owned()) })
    } else {
        Err(mismatch(key_id, &to_sign, signature)
            .with("CanonicalRequest", String::from_utf8_lossy(&canonical)))
    }
}

/// Fields are parted by a comma, with or without a blank after it.
fn parse(header: &str) -> Option<Authorization<'_>> {
    let (mut credential, mut additional, mut signature) = (None, Vec::new(), None);
    for field in header.strip_prefix("OSS4-HMAC-SHA256 ")?.split(',') {
        match field.trim().split_once('=')? {
            ("Credential", value) => credential = Some(value),
            ("AdditionalHeaders", value) => additional = value.split(';').collect(),
            ("Signature", value) => signature = Some(value),
            _ => return None,
        }
    }
    let mut parts = credential?.rsplitn(5, '/');
    if parts.next()? != "aliyun_v4_request" || parts.next()? != "oss" {
        return None;
    }
    let (region, date) = (parts.next()?, parts.next()?);
    Some(Authorization { key_id: parts.next()?, date, region, additional, signature: signature? })
}

fn canonical_request(request: Received<'_>, additional: &[&str]) -> Vec<u8> {
    let mut out = request.method.as_str().as_bytes().to_vec();
    out.extend_from_slice(b"\n/");
    // The bucket is named although the URL may have it in its host.
    if let Some(bucket) = &request.resource.bucket {
        push_encoded(&mut out, bucket.as_bytes(), false);
        out.push(b'/');
    }
    if let Some(key) = &request.resource.key {
        push_encoded(&mut out, key, true);
    }
    out.push(b'\n');
    for (index, (name, value)) in encoded_pairs(request.target).into_iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(&name);
        if !value.is_empty() {
            out.push(b'=');
            out.extend_from_slice(&value);
        }
    }
    out.push(b'\n');
    let mut names: Vec<&str> = request
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| {
            name.starts_with("x-oss-")
                || matches!(*name, "content-type" | "content-md5")
                || additional.contains(name)
        })
        .collect();
    names.sort_unstable();
    for name in names {
        let value = text(request.headers, name).unwrap_or_default();
        out.extend_from_slice(format!("{name}:{value}\n").as_bytes());
    }
    out.extend_from_slice(format!("\n{}\nUNSIGNED-PAYLOAD", additional.join(";")).as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};

    use super::*;
    use crate::simulator::s3::{ErrorCode, Resource, Target};

    /// 2026-01-02T03:04:05Z
    const THEN: i64 = 1_767_323_045;
    const LISTING: &str = "/?list-type=2&encoding-type=url&max-keys=1000&prefix=a%2Fb%20c";
    const SIGNATURE: &str = "01460f48b7db4c785a56c3e9e36b5d1ef1c3fa3e2597e077104e468f81d1156e";

    fn check(
        path: &str,
        parting: &str,
        signature: &str,
        token: Option<&str>,
    ) -> Result<Caller, S3Error> {
        let credentials = [Credential {
            key_id: "LTAIexampleAccessKey".into(),
            secret: "exampleSecretKey0123456789".into(),
            session_token: token.map(str::to_owned),
        }];
        let mut headers = HeaderMap::new();
        headers.insert("date", "Fri, 02 Jan 2026 03:04:05 GMT".parse().unwrap());
        headers.insert("x-oss-date", "20260102T030405Z".parse().unwrap());
        headers.insert("x-oss-content-sha256", "UNSIGNED-PAYLOAD".parse().unwrap());
        if let Some(token) = token {
            headers.insert("x-oss-security-token", token.parse().unwrap());
        }
        let target = Target::parse(path);
        let host = "examplebucket.oss-cn-hangzhou.aliyuncs.com";
        let resource = Resource::locate(host, &target.path, |name| name == "examplebucket");
        let request = Received {
            method: &Method::GET,
            target: &target,
            resource: &resource,
            headers: &headers,
        };
        let scope = "LTAIexampleAccessKey/20260102/cn-hangzhou/oss/aliyun_v4_request";
        let header = format!("OSS4-HMAC-SHA256 Credential={scope}{parting}Signature={signature}");
        verify(&header, request, &credentials, THEN)
    }

    #[test]
    fn what_the_official_sdks_sign_is_accepted_in_both_forms() {
        let caller = Ok(Caller::Signed { region: Some("cn-hangzhou".into()) });
        for parting in [",", ", "] {
            assert_eq!(check(LISTING, parting, SIGNATURE, None), caller);
        }
        let policy = "be71d434e19b5222f5fd15ff92abdd575d54126395ff1ddc18100c8662fee3bf";
        assert_eq!(check("/?policy", ",", policy, Some("STStokenExample")), caller);
        assert_eq!(check("/?policy=", ",", policy, Some("STStokenExample")), caller);
    }

    #[test]
    fn any_change_breaks_it() {
        let code = |path| check(path, ",", SIGNATURE, None).unwrap_err().code;
        assert_eq!(code("/?list-type=2"), ErrorCode::SignatureDoesNotMatch);
        assert_eq!(code(&LISTING.replace("/?", "/key?")), ErrorCode::SignatureDoesNotMatch);
        let other = check(LISTING, ";", SIGNATURE, None).unwrap_err().code;
        assert_eq!(other, ErrorCode::AuthorizationHeaderMalformed);
    }
}
