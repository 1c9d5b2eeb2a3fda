//! Verification of `OSS4-HMAC-SHA256` and `ACS3-HMAC-SHA256`.
//!
//! The canonical request is built from the request as it was received, by this module alone: clients'
//! signing is judged by an independent reading of the rules. Between the fields of the header a comma
//! stands, with or without a space: the official SDKs differ in that.

use http::{HeaderMap, Method};
use sha2::{Digest, Sha256};

use super::answer::{Refused, refused};
use crate::simulator::auth::{hex, hmac, push_encoded, text};
use crate::simulator::config::Credential;

/// How far a request's time may lie from the server's, in seconds.
const MOST_SKEW: i64 = 15 * 60;

/// A request as far as it is signed.
pub(super) struct Signed<'a> {
    pub(super) method: &'a Method,
    /// As received; for buckets with the bucket in front.
    pub(super) resource: &'a str,
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
    let fields = fields(request.headers, "OSS4-HMAC-SHA256")?;
    let scope = fields.get("Credential")?;
    let mut parts = scope.rsplitn(5, '/');
    let (end, product, scope_region, day) =
        (parts.next(), parts.next(), parts.next(), parts.next().unwrap_or_default());
    if (end, product) != (Some("aliyun_v4_request"), Some("oss")) {
        return Err(malformed("the scope is not <date>/<region>/oss/aliyun_v4_request"));
    }
    if scope_region != Some(region) {
        return Err(malformed(&format!("the region in the scope is not {region}")));
    }
    let credential = known(credentials, parts.next().unwrap_or_default(), "InvalidAccessKeyId")?;
    check_token(request.headers, "x-oss-security-token", credential, "InvalidSecurityToken")?;
    let date = text(request.headers, "x-oss-date").unwrap_or_default();
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &date)
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
        .map_err(|_| refused(403, "AccessDenied", "x-oss-date is missing or no date"))?;
    if (time.timestamp().as_second() - request.now).abs() > MOST_SKEW {
        let message = "The difference between the request time and the current time is too large.";
        return Err(refused(403, "RequestTimeTooSkewed", message));
    }
    if !date.starts_with(day) || day.len() != 8 {
        return Err(malformed("the date of the scope is not that of the request"));
    }
    if text(request.headers, "x-oss-content-sha256").as_deref() != Some("UNSIGNED-PAYLOAD") {
        return Err(refused(
            400,
            "InvalidArgument",
            "x-oss-content-sha256 must be UNSIGNED-PAYLOAD",
        ));
    }
    let additional = fields.optional("AdditionalHeaders").unwrap_or_default();
    let mut canonical = format!("{}\n", request.method).into_bytes();
    push_encoded(&mut canonical, &decoded(request.resource), true);
    canonical.push(b'\n');
    canonical.extend_from_slice(canonical_query(request.query, false).as_bytes());
    canonical.push(b'\n');
    for name in header_names(request.headers) {
        let counts = name.starts_with("x-oss-")
            || ["content-type", "content-md5"].contains(&name)
            || additional.split(';').any(|other| other == name);
        if counts {
            push_header(request.headers, name, &mut canonical);
        }
    }
    canonical.extend_from_slice(format!("\n{additional}\nUNSIGNED-PAYLOAD").as_bytes());
    let scope = format!("{day}/{region}/oss/aliyun_v4_request");
    let to_sign =
        format!("OSS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(&canonical)));
    let mut key = format!("aliyun_v4{}", credential.secret).into_bytes();
    for step in scope.split('/') {
        key = hmac(&key, step.as_bytes());
    }
    compare(&fields, &hex(&hmac(&key, to_sign.as_bytes())))?;
    check_md5(request)
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
    let query = canonical_query(request.query, true);
    let mut canonical = format!("{}\n{}\n{query}\n", request.method, request.resource).into_bytes();
    for name in signed.split(';') {
        push_header(request.headers, name, &mut canonical);
    }
    canonical.extend_from_slice(format!("\n{signed}\n{hash}").as_bytes());
    let to_sign = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(&canonical)));
    compare(&fields, &hex(&hmac(credential.secret.as_bytes(), to_sign.as_bytes())))
}

/// The fields of an `Authorization` header.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn optional(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn get(&self, name: &str) -> Result<&str, Refused> {
        self.optional(name).ok_or_else(|| malformed(&format!("it has no {name}")))
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
fn check_md5(request: &Signed<'_>) -> Result<(), Refused> {
    use md5::Digest as _;
    let Some(stated) = text(request.headers, "content-md5") else { return Ok(()) };
    if crate::base64::decode(stated.as_bytes()).as_deref()
        == Some(md5::Md5::digest(request.body).as_slice())
    {
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

/// The query in the order of its names; where `equals` says so, with `=` even where there is no value.
fn canonical_query(query: &str, equals: bool) -> String {
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
        let mut text = String::from_utf8_lossy(&name).into_owned();
        if equals || !value.is_empty() {
            text.push('=');
            text.push_str(&String::from_utf8_lossy(&value));
        }
        text
    });
    written.collect::<Vec<_>>().join("&")
}
