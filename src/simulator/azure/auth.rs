//! Verification of Shared Key, of shared access signatures and of bearer tokens.
//!
//! What is signed is built from the request as it was received, by this module alone: a client's signing
//! code is judged by an independent reading of the rules ("Authorize with Shared Key", "Create an account
//! SAS", "Create a service SAS", Azure Storage REST reference). An account's key is the bytes of its
//! secret, so clients are given the secret in Base64. The bearer token that it takes is its session token.

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::Sha256;

use super::errors::{AzureError, Code};
use crate::base64;
use crate::simulator::config::Credential;
use crate::simulator::s3::Target;

/// How far a request's time may lie from the server's, in seconds.
const MOST_SKEW: i64 = 15 * 60;

/// What a request wants to do, as permissions are spelt in a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    List,
    Read,
    /// Ask what is kept with a container, which a signature for it alone may not.
    AskContainer,
    /// List the account's containers, which only a signature for it may.
    ListContainers,
    /// Ask about the account, which any signature may.
    Ask,
}

/// A request as far as it is signed.
pub(super) struct Received<'a> {
    pub(super) method: &'a str,
    /// As sent.
    pub(super) path: &'a str,
    pub(super) target: &'a Target,
    pub(super) headers: &'a HeaderMap,
    pub(super) account: &'a str,
    pub(super) container: &'a str,
    pub(super) action: Action,
}

/// Checks a request's signature; false if it has none. `now` is the server's time in seconds since 1970.
pub(super) fn verify(
    request: &Received<'_>,
    credentials: &[Credential],
    now: i64,
) -> Result<bool, AzureError> {
    let secret = |account: &str| credentials.iter().find(|known| known.key_id == account);
    let failed = |detail: &str| AzureError::with(Code::AuthenticationFailed, detail);
    if let Some(signature) = request.target.parameter("sig") {
        let key = secret(request.account).ok_or_else(|| failed("There is no such account."))?;
        return verify_sas(request, signature, key.secret.as_bytes(), now).map(|()| true);
    }
    let Some(header) = request.headers.get(http::header::AUTHORIZATION) else { return Ok(false) };
    if let Some(token) = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")) {
        let known = secret(request.account).and_then(|known| known.session_token.as_deref());
        return if known == Some(token) {
            Ok(true)
        } else {
            Err(Code::InvalidAuthenticationInfo.into())
        };
    }
    let (account, signature) = header
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("SharedKey ")?.split_once(':'))
        .ok_or_else(|| AzureError::from(Code::InvalidHeaderValue))?;
    let known = secret(account).filter(|_| account == request.account);
    let key = known.ok_or_else(|| failed("There is no such account."))?;
    let date = text(request.headers, "x-ms-date");
    let date = if date.is_empty() { text(request.headers, "date") } else { date };
    let dated = jiff::fmt::rfc2822::parse(&date).ok().map(|time| time.timestamp().as_second());
    if dated.is_none_or(|dated| (dated - now).abs() > MOST_SKEW) {
        return Err(failed(&format!("Request date header too old: '{date}'")));
    }
    let signed = string_to_sign(request, account);
    if sign(key.secret.as_bytes(), &signed) == signature {
        return Ok(true);
    }
    Err(failed(&format!(
        "The MAC signature found in the HTTP request '{signature}' is not the same as any computed signature. \
         Server used following string to sign: '{}'.",
        String::from_utf8_lossy(&signed).escape_debug()
    )))
}

fn string_to_sign(request: &Received<'_>, account: &str) -> Vec<u8> {
    const STANDARD: [&str; 11] = [
        "content-encoding",
        "content-language",
        "content-length",
        "content-md5",
        "content-type",
        "date",
        "if-modified-since",
        "if-match",
        "if-none-match",
        "if-unmodified-since",
        "range",
    ];
    let headers = request.headers;
    let mut lines = vec![request.method.as_bytes().to_vec()];
    for name in STANDARD {
        let value = match (name, text(headers, name)) {
            ("content-length", length) if length == "0" => String::new(),
            ("date", _) if headers.contains_key("x-ms-date") => String::new(),
            (_, value) => value,
        };
        lines.push(value.into_bytes());
    }
    let mut own: Vec<&str> = headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| name.starts_with("x-ms-"))
        .collect();
    own.sort_unstable();
    lines
        .extend(own.into_iter().map(|name| format!("{name}:{}", text(headers, name)).into_bytes()));
    lines.push(format!("/{account}{}", request.path).into_bytes());
    let mut parameters: Vec<(Vec<u8>, &[u8])> = request
        .target
        .query
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_slice()))
        .collect();
    parameters.sort();
    for same in parameters.chunk_by(|left, right| left.0 == right.0) {
        let values: Vec<&[u8]> = same.iter().map(|(_, value)| *value).collect();
        lines.push([&same[0].0[..], b":", &values.join(&b","[..])].concat());
    }
    lines.join(&b'\n')
}

fn verify_sas(
    request: &Received<'_>,
    signature: &[u8],
    key: &[u8],
    now: i64,
) -> Result<(), AzureError> {
    let value = |name: &str| {
        let value = request.target.parameter(name).unwrap_or_default();
        String::from_utf8_lossy(value).into_owned()
    };
    let fields = |names: &[&str]| names.iter().map(|name| value(name)).collect::<Vec<_>>();
    let of_account = !value("srt").is_empty();
    let signed = if of_account {
        let names = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv", "ses"];
        let mut lines = vec![request.account.to_owned()];
        lines.extend(fields(&names));
        lines.push(String::new());
        lines.join("\n")
    } else {
        let mut lines = fields(&["sp", "st", "se"]);
        lines.push(format!("/blob/{}/{}", request.account, request.container));
        let names = [
            "si", "sip", "spr", "sv", "sr", "snapshot", "ses", "rscc", "rscd", "rsce", "rscl",
            "rsct",
        ];
        lines.extend(fields(&names));
        lines.join("\n")
    };
    if sign(key, signed.as_bytes()).as_bytes() != signature {
        return Err(AzureError::with(
            Code::AuthenticationFailed,
            format!("Signature did not match. String to sign used was {}", signed.escape_debug()),
        ));
    }
    let ends = value("se").parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second);
    if ends.is_ok_and(|ends| ends <= now) {
        return Err(AzureError::with(
            Code::AuthenticationFailed,
            "Signature not valid in the specified time frame",
        ));
    }
    // Addresses are one or a range; of those that a test would name, the loopback's is ours.
    if !value("sip").is_empty() && !value("sip").starts_with("127.") {
        return Err(Code::AuthorizationSourceIPMismatch.into());
    }
    let (letter, resource) = match request.action {
        Action::List => ('l', 'c'),
        Action::Read => ('r', 'o'),
        Action::AskContainer => ('r', 'c'),
        Action::ListContainers => ('l', 's'),
        Action::Ask => return Ok(()),
    };
    let own = matches!(request.action, Action::AskContainer | Action::ListContainers);
    if own && !of_account {
        return Err(Code::AuthorizationFailure.into());
    }
    let reaches = !of_account || value("srt").contains(resource);
    if value("sp").contains(letter) && reaches {
        return Ok(());
    }
    Err(Code::AuthorizationPermissionMismatch.into())
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().trim().to_owned()
}

fn sign(key: &[u8], text: &[u8]) -> String {
    // Keys of any length are accepted: the error cannot occur, and an empty result matches nothing.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else { return String::new() };
    mac.update(text);
    let mut out = Vec::with_capacity(44);
    base64::encode(&mac.finalize().into_bytes(), &mut out);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T12:00:00Z
    const NOW: i64 = 1_795_262_400;

    fn check(target: &str, signature: Option<&str>, action: Action) -> Result<bool, Code> {
        let key: String = (0..64_u8).map(char::from).collect();
        let credentials = [Credential { key_id: "acct1".into(), secret: key, session_token: None }];
        let mut headers = HeaderMap::new();
        headers.insert("x-ms-date", "Sat, 21 Nov 2026 12:00:00 GMT".parse().unwrap());
        headers.insert("x-ms-version", "2026-02-06".parse().unwrap());
        if let Some(signature) = signature {
            headers
                .insert("authorization", format!("SharedKey acct1:{signature}").parse().unwrap());
        }
        let request = Received {
            method: "GET",
            path: target.split('?').next().unwrap(),
            target: &Target::parse(target),
            headers: &headers,
            account: "acct1",
            container: "cont1",
            action,
        };
        verify(&request, &credentials, NOW).map_err(|error| error.code)
    }

    #[test]
    fn the_signature_of_the_official_sdk_is_accepted_and_no_other() {
        let target = "/cont1?restype=container&comp=list&prefix=a%20b%2B%2F&startFrom=a%20b%2B%2F%C3%A9&maxresults=5000&include=metadata%2Cversions";
        let signature = Some("6QJfGqMczhL5XNbLISZ8wgfFikwKccBKE6yhN5AEgKE=");
        assert_eq!(check(target, signature, Action::List), Ok(true));
        let other = target.replace("5000", "5001");
        assert_eq!(check(&other, signature, Action::List), Err(Code::AuthenticationFailed));
        assert_eq!(check(target, None, Action::List), Ok(false));
    }

    #[test]
    fn a_shared_access_signature_that_was_made_up_is_refused() {
        let target = "/cont1?sv=2024-11-04&sr=c&sp=rl&sig=AAAA";
        assert_eq!(check(target, None, Action::List), Err(Code::AuthenticationFailed));
    }
}
