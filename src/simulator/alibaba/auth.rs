//! Who sent a call: `OSS4-HMAC-SHA256` as for listings, and `ACS3-HMAC-SHA256`.
//!
//! The canonical request is built from the request as it was received, by this module alone: clients'
//! signing is judged by an independent reading of the rules.

use http::{HeaderMap, Method};
use sha2::{Digest, Sha256};

use super::answer::{Refused, refused};
use crate::simulator::auth::{self, Caller, Received, hex, hmac, push_encoded, text};
use crate::simulator::config::Credential;
use crate::simulator::dialect::Dialect;
use crate::simulator::s3::{Resource, Target};

/// How far a request's time may lie from the server's, in seconds.
const MOST_SKEW: i64 = 15 * 60;

/// A request as far as it is signed.
pub(super) struct Signed<'a> {
    pub(super) method: &'a Method,
    /// The bucket that the host names, if it names one.
    pub(super) bucket: Option<&'a str>,
    /// As received.
    pub(super) path: &'a str,
    /// As received.
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    /// The server's time.
    pub(super) now: i64,
}

/// Checks a request to OSS or to the migration service in `region`.
pub(super) fn oss4(
    request: &Signed<'_>,
    credentials: &[Credential],
    region: &str,
) -> Result<(), Refused> {
    let Signed { method, bucket, path, query, headers, body, now } = *request;
    let target = Target::parse(&format!("{path}?{query}"));
    let key = target.path.get(1..).unwrap_or_default().to_vec();
    let bucket = bucket.map(str::to_owned);
    let resource = Resource { bucket, key: Some(key), virtual_host: true };
    let received = Received { method, target: &target, resource: &resource, headers };
    match auth::verify(Dialect::Oss, received, credentials, now) {
        Ok(Caller::Signed { region: Some(named) }) if named == region => check_md5(headers, body),
        Ok(Caller::Signed { .. }) => {
            Err(malformed(&format!("the region in the scope is not {region}")))
        }
        Ok(Caller::Anonymous) => Err(refused(403, "AccessDenied", "the request is not signed")),
        Err(error) => {
            let message = error.details.iter().find(|(name, _)| *name == "Message");
            let message = message.map_or("The request is refused.", |(_, text)| text);
            Err(refused(error.code.status(), error.code.name(), message))
        }
    }
}

/// Checks a request to RAM, STS or KMS.
pub(super) fn acs3(request: &Signed<'_>, credentials: &[Credential]) -> Result<(), Refused> {
    let fields = fields(request.headers, "ACS3-HMAC-SHA256")?;
    let credential = known(credentials, fields.get("Credential")?, "InvalidAccessKeyId.NotFound")?;
    check_token(
        request.headers,
        "x-acs-security-token",
        credential,
        "InvalidSecurityToken.Expired",
    )?;
    let date: jiff::Timestamp = text(request.headers, "x-acs-date")
        .and_then(|date| date.parse().ok())
        .ok_or_else(|| refused(400, "MissingTimestamp", "x-acs-date is missing or no date"))?;
    if (date.as_second() - request.now).abs() > MOST_SKEW {
        let message = "Specified time stamp or date value is expired.";
        return Err(refused(400, "InvalidTimeStamp.Expired", message));
    }
    let hash = hex(&Sha256::digest(request.body));
    if text(request.headers, "x-acs-content-sha256").as_deref() != Some(&hash) {
        return Err(refused(400, "InvalidParameter", "x-acs-content-sha256 is not the body's"));
    }
    let signed = fields.get("SignedHeaders")?;
    let unsigned = header_names(request.headers).into_iter().find(|name| {
        (*name == "host" || name.starts_with("x-acs-")) && !signed.split(';').any(|s| s == *name)
    });
    if let Some(name) = unsigned {
        return Err(refused(400, "IncompleteSignature", format!("{name} is not signed")));
    }
    let query = canonical_query(&form(request.query));
    let mut canonical = format!("{}\n{}\n{query}\n", request.method, request.path).into_bytes();
    for name in signed.split(';') {
        push_header(request.headers, name, &mut canonical);
    }
    canonical.extend_from_slice(format!("\n{signed}\n{hash}").as_bytes());
    let to_sign = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(&canonical)));
    compare(&fields, &hex(&hmac(credential.secret.as_bytes(), to_sign.as_bytes())))
}

/// The id of the key that a request is signed with, in either scheme.
pub(super) fn key_id(headers: &HeaderMap) -> Option<String> {
    let header = text(headers, "authorization")?;
    let (_, credential) = header.split_once("Credential=")?;
    let id = credential.split(['/', ',']).next()?;
    Some(id.trim().to_owned())
}

/// The fields of an `Authorization` header.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn get(&self, name: &str) -> Result<&str, Refused> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .ok_or_else(|| malformed(&format!("it has no {name}")))
    }
}

fn fields(headers: &HeaderMap, algorithm: &str) -> Result<Fields, Refused> {
    let header = text(headers, "authorization")
        .ok_or_else(|| refused(403, "AccessDenied", "the request is not signed"))?;
    let rest = header
        .strip_prefix(algorithm)
        .ok_or_else(|| malformed(&format!("it does not begin with {algorithm}")))?;
    let pairs = rest.split(',').filter_map(|field| field.trim().split_once('='));
    Ok(Fields(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
}

fn malformed(what: &str) -> Refused {
    refused(400, "InvalidArgument", format!("The Authorization header is malformed: {what}."))
}

fn known<'a>(
    credentials: &'a [Credential],
    id: &str,
    code: &'static str,
) -> Result<&'a Credential, Refused> {
    let found = credentials.iter().find(|credential| credential.key_id == id);
    found.ok_or_else(|| refused(403, code, "The access key id you provided does not exist."))
}

fn check_token(
    headers: &HeaderMap,
    name: &str,
    credential: &Credential,
    code: &'static str,
) -> Result<(), Refused> {
    if text(headers, name) == credential.session_token {
        return Ok(());
    }
    Err(refused(403, code, "The security token is not that of the key."))
}

fn compare(fields: &Fields, expected: &str) -> Result<(), Refused> {
    if fields.get("Signature")? == expected {
        return Ok(());
    }
    let message = "The request signature we calculated does not match the signature you provided.";
    Err(refused(403, "SignatureDoesNotMatch", message))
}

/// A body that has a `Content-MD5` has to be that one.
fn check_md5(headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
    use md5::Digest as _;
    let Some(stated) = text(headers, "content-md5") else { return Ok(()) };
    let stated = crate::base64::decode(stated.as_bytes());
    if stated.as_deref() == Some(md5::Md5::digest(body).as_slice()) {
        return Ok(());
    }
    Err(refused(400, "InvalidDigest", "The Content-MD5 you specified is not the body's."))
}

/// Names of all headers, each once, in order.
fn header_names(headers: &HeaderMap) -> Vec<&str> {
    let mut names: Vec<&str> = headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    names
}

fn push_header(headers: &HeaderMap, name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    if let Some(value) = headers.get(name) {
        out.extend_from_slice(value.as_bytes().trim_ascii());
    }
    out.push(b'\n');
}

fn decoded(text: &str) -> Vec<u8> {
    percent_encoding::percent_decode_str(text).collect()
}

/// Parameters as RAM, STS and KMS read them: SDKs write a space as `+`, and sign it as `%20`.
pub(super) fn form(query: &str) -> String {
    query.replace('+', "%20")
}

/// Names and values of a query as received, decoded.
pub(super) fn pairs(query: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// The query in the order of its names.
fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = pairs(query)
        .into_iter()
        .map(|(name, value)| {
            let (mut encoded_name, mut encoded_value) = (Vec::new(), Vec::new());
            push_encoded(&mut encoded_name, &name, false);
            push_encoded(&mut encoded_value, &value, false);
            (encoded_name, encoded_value)
        })
        .collect();
    pairs.sort();
    let written = pairs.into_iter().map(|(name, value)| {
        format!("{}={}", String::from_utf8_lossy(&name), String::from_utf8_lossy(&value))
    });
    written.collect::<Vec<_>>().join("&")
}
