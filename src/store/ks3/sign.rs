//! KS3's own signatures.
//!
//! `KSS4` is Signature Version 4 in other words; `KSS`, the older one, is here. Source: `ks3/auth.py` of
//! the official Python SDK, against which the vectors below were made. Most of a listing's query is not
//! part of what is signed: only the parameters that name another resource are.

use std::sync::Arc;

use http::HeaderMap;
use http::header::{AUTHORIZATION, DATE, InvalidHeaderValue};

use crate::base64;
use crate::store::s3::keys::Keys;
use crate::store::s3::sign::{Scheme, Sign, Unsigned, sensitive};
use crate::store::text::{date, hmac};

/// Signature Version 4 in KS3's own words.
pub(super) const KSS4: Scheme = Scheme {
    algorithm: "KSS4-HMAC-SHA256",
    key_prefix: "KSS4",
    terminator: "kss4_request",
    service: "ks3",
    content: "x-kss-content-sha256",
    date: "x-kss-date",
    payer: "x-kss-request-payer",
    token: TOKEN,
    mode: None,
};

const TOKEN: &str = "x-kss-security-token";

/// Parameters of a query that are signed with the resource.
const SIGNED: [&str; 70] = [
    "acl",
    "cors",
    "defaultObjectAcl",
    "location",
    "logging",
    "partNumber",
    "policy",
    "requestPayment",
    "torrent",
    "versioning",
    "versionId",
    "versions",
    "website",
    "uploads",
    "uploadId",
    "response-content-type",
    "response-content-language",
    "response-expires",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "delete",
    "lifecycle",
    "tagging",
    "restore",
    "notification",
    "thumbnail",
    "queryadp",
    "adp",
    "asyntask",
    "querytask",
    "domain",
    "storageClass",
    "websiteConfig",
    "compose",
    "quota",
    "crr",
    "fetch",
    "append",
    "position",
    "mirror",
    "retention",
    "recycle",
    "recover",
    "clear",
    "inventory",
    "id",
    "x-kss-process",
    "encryption",
    "accessmonitor",
    "decompresspolicy",
    "migration",
    "bucketqos",
    "requesterqos",
    "transferAcceleration",
    "dataAccelerator",
    "dataRedundancySwitch",
    "VpcAccessBlock",
    "PublicNetworkBlock",
    "BucketPublicNetworkBlock",
    "dataRedundancyTransition",
    "jobs",
    "jobId",
    "action",
    "priority",
    "worm",
    "wormId",
    "wormExtend",
    "archiveDirectRead",
    "http2",
];

/// Signs by `KSS`, HMAC-SHA1 over method, date and resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kss2;

impl Sign for Kss2 {
    fn sign(
        &self,
        request: &Unsigned<'_>,
        keys: &Arc<Keys>,
        _region: &str,
        now: i64,
        headers: &mut HeaderMap,
    ) -> Result<(), InvalidHeaderValue> {
        let date = date::http(now);
        let token = keys.token.as_ref().map(|token| token.trim());
        let resource = resource(request.bucket, request.key, request.query);
        let signature = signature(&keys.secret, &to_sign(request.method, &date, token, &resource));
        headers.insert(DATE, date.parse()?);
        if let Some(token) = token {
            headers.insert(TOKEN, sensitive(token)?);
        }
        headers.insert(AUTHORIZATION, sensitive(&format!("KSS {}:{signature}", keys.id))?);
        Ok(())
    }
}

/// What is signed of a request without a body.
fn to_sign(method: &str, date: &str, token: Option<&str>, resource: &str) -> String {
    let token = token.map(|token| format!("{TOKEN}:{token}\n")).unwrap_or_default();
    format!("{method}\n\n\n{date}\n{token}{resource}")
}

/// Bucket, key (percent-encoded) and what of the query names another resource than the object itself.
fn resource(bucket: &str, key: &str, query: &str) -> String {
    let bucket = if bucket.is_empty() { String::new() } else { format!("{bucket}/") };
    // The second of two slashes would be lost on the way.
    let path = format!("/{bucket}{key}").replace("//", "/%2F");
    let name = |pair: &&str| SIGNED.contains(&pair.split('=').next().unwrap_or_default());
    let mut pairs: Vec<&str> = query.split('&').filter(name).collect();
    pairs.sort_unstable();
    let pairs: Vec<&str> =
        pairs.into_iter().map(|pair| pair.strip_suffix('=').unwrap_or(pair)).collect();
    if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
}

fn signature(secret: &str, text: &str) -> String {
    let mut signature = Vec::with_capacity(28);
    base64::encode(&hmac::sha1(secret.as_bytes(), text.as_bytes()), &mut signature);
    String::from_utf8_lossy(&signature).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::s3::sign::SignerV4;

    const TIME: &str = "Sat, 21 Nov 2026 12:00:00 GMT";
    const SECRET: &str = "SecretEXAMPLEsecretEXAMPLEsecretEXAMPLE0";
    const HOST: &str = "inv-test.ks3-cn-beijing.ksyuncs.com";
    const QUERY: &str = "encoding-type=url&list-type=2&max-keys=1000&prefix=a%20b%2F&start-after=a%20b%2F%C3%A9%2B1";

    fn authorization(signer: &dyn Sign, query: &str, token: Option<&str>) -> (String, HeaderMap) {
        let keys = Arc::new(Keys::new("AKLTEXAMPLEEXAMPLE01", SECRET, token.map(str::to_owned)));
        let request = Unsigned {
            method: "GET",
            bucket: "inv-test",
            key: "",
            host: HOST,
            path: "/",
            query,
            request_payer: false,
        };
        let mut headers = HeaderMap::new();
        let now = date::parse_http(TIME).unwrap();
        signer.sign(&request, &keys, "BEIJING", now, &mut headers).unwrap();
        let authorization = headers[AUTHORIZATION].to_str().unwrap().to_owned();
        (authorization, headers)
    }

    #[test]
    fn listings_are_signed_as_the_sdk_signs_them() {
        let listing = "encoding-type=url&marker=m&max-keys=1000&prefix=p";
        assert_eq!(
            authorization(&Kss2, listing, None).0,
            "KSS AKLTEXAMPLEEXAMPLE01:CI3gYfYVvskPR5tpu/owUdYnLcs="
        );
        assert_eq!(
            authorization(&Kss2, "key-marker=k&prefix=p&versions=", None).0,
            "KSS AKLTEXAMPLEEXAMPLE01:SCQC/eTxDUL55i50Rq7I8uV9qbk="
        );
        let (_, headers) = authorization(&Kss2, listing, Some("TOK"));
        assert_eq!(
            (&headers[DATE], &headers[TOKEN]),
            (&TIME.parse().unwrap(), &"TOK".parse().unwrap())
        );
    }

    #[test]
    fn other_resources_are_written_as_the_sdk_writes_them() {
        let object = resource("inv-test", "a//b%20c%2Bd~%C3%A9.txt", "versionId=v1");
        let text = to_sign("GET", TIME, Some("TOK"), &object);
        assert_eq!(
            text,
            "GET\n\n\nSat, 21 Nov 2026 12:00:00 GMT\nx-kss-security-token:TOK\n\
             /inv-test/a/%2Fb%20c%2Bd~%C3%A9.txt?versionId=v1"
        );
        assert_eq!(signature(SECRET, &text), "YlxDq9jLdu+Iaoyc9OHG99rCMkA=");
        let buckets = to_sign("GET", TIME, None, &resource("", "", ""));
        assert_eq!(signature(SECRET, &buckets), "cklUcUefLZdzeXZLCj2apYREWvU=");
    }

    #[test]
    fn version_4_is_signed_in_both_wordings() {
        let signature = |scheme| {
            let (authorization, _) = authorization(&SignerV4::new(scheme), QUERY, None);
            authorization.rsplit('=').next().unwrap().to_owned()
        };
        assert_eq!(
            signature(Scheme::AWS4),
            "3bea1d6e917de13dacc99641ea2151776bf67a5c39c95778c5731c44f0dc42cd"
        );
        assert_eq!(
            signature(KSS4),
            "4a7f236d2fe12775a7e7c4dd786345f45e883a014fbcb744f2a1f42bf628f3f6"
        );
    }

    #[test]
    fn version_4_sends_the_headers_of_its_wording() {
        let (authorization, headers) = authorization(&SignerV4::new(KSS4), QUERY, Some("TOK"));
        let start = "KSS4-HMAC-SHA256 Credential=AKLTEXAMPLEEXAMPLE01/20261121/BEIJING/ks3/kss4_request,\
            SignedHeaders=host;x-kss-content-sha256;x-kss-date;x-kss-security-token,Signature=";
        assert!(authorization.starts_with(start), "{authorization}");
        assert_eq!(headers["x-kss-date"], "20261121T120000Z");
        assert_eq!(headers[TOKEN], "TOK");
        assert!(headers.keys().all(|name| !name.as_str().starts_with("x-amz-")));
    }
}
