//! Shared Key.
//!
//! Source: "Authorize with Shared Key", Azure Storage REST reference. No request has a body or
//! conditions, so of the standard headers only the range ever has anything to say.

use super::format::{Format, REQUEST_ID};
use super::key::AccountKey;
use super::query::Parameters;
use crate::base64;
use crate::store::text::hmac;

/// A request without a body to be signed.
#[derive(Clone, Debug)]
pub(super) struct Unsigned<'a> {
    /// In capitals.
    pub(super) method: &'a str,
    /// `Range`; empty where there is none.
    pub(super) range: &'a str,
    pub(super) account: &'a str,
    /// Encoded as sent.
    pub(super) path: &'a str,
    /// Decoded, ascending by the names in lower case.
    pub(super) parameters: &'a Parameters,
    /// `x-ms-date`.
    pub(super) date: &'a str,
    pub(super) format: &'a Format,
}

/// The `Authorization` header.
pub(super) fn authorization(request: &Unsigned<'_>, key: &AccountKey) -> String {
    let mut signature = Vec::with_capacity(44);
    base64::encode(&hmac::sha256(key.bytes(), &string_to_sign(request)), &mut signature);
    format!("SharedKey {}:{}", request.account, String::from_utf8_lossy(&signature))
}

fn string_to_sign(request: &Unsigned<'_>) -> Vec<u8> {
    let mut text = request.method.as_bytes().to_vec();
    // Ten headers that are not sent: encoding, language, length, digest, type, date, four conditions.
    text.extend_from_slice(b"\n\n\n\n\n\n\n\n\n\n\n");
    text.extend_from_slice(request.range.as_bytes());
    text.push(b'\n');
    let mut add = |parts: &[&str]| parts.iter().for_each(|part| text.extend(part.as_bytes()));
    if let Format::Arrow { id } = request.format {
        add(&[REQUEST_ID, ":", id, "\n"]);
    }
    add(&["x-ms-date:", request.date, "\nx-ms-version:", request.format.version(), "\n"]);
    add(&["/", request.account]);
    text.extend_from_slice(request.path.as_bytes());
    for (name, value) in request.parameters {
        text.push(b'\n');
        text.extend_from_slice(name.to_ascii_lowercase().as_bytes());
        text.push(b':');
        text.extend_from_slice(value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Sat, 21 Nov 2026 12:00:00 GMT";

    /// The bytes 0 to 63.
    fn key() -> AccountKey {
        AccountKey::from_bytes((0..64).collect())
    }

    #[test]
    fn the_vector_of_the_official_sdk_with_every_kind_of_character() {
        let parameters: Parameters = vec![
            ("comp", b"list".into()),
            ("include", b"metadata,versions".into()),
            ("maxresults", b"5000".into()),
            ("prefix", b"a b+/".into()),
            ("restype", b"container".into()),
            ("startFrom", "a b+/\u{e9}".into()),
        ];
        let request = Unsigned {
            method: "GET",
            range: "",
            account: "acct1",
            path: "/cont1",
            parameters: &parameters,
            date: DATE,
            format: &Format::Xml,
        };
        assert_eq!(
            String::from_utf8(string_to_sign(&request)).unwrap(),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Sat, 21 Nov 2026 12:00:00 GMT\nx-ms-version:2026-02-06\n\
             /acct1/cont1\ncomp:list\ninclude:metadata,versions\nmaxresults:5000\nprefix:a b+/\nrestype:container\n\
             startfrom:a b+/\u{e9}"
        );
        assert_eq!(
            authorization(&request, &key()),
            "SharedKey acct1:6QJfGqMczhL5XNbLISZ8wgfFikwKccBKE6yhN5AEgKE="
        );
    }

    #[test]
    fn the_vector_of_the_official_sdk_with_the_account_in_the_path() {
        let parameters: Parameters = vec![
            ("comp", b"list".into()),
            ("marker", b"2!92!x".into()),
            ("restype", b"container".into()),
        ];
        let path = "/devstoreaccount1/cont1";
        let account = "devstoreaccount1";
        let (method, range, parameters) = ("GET", "", &parameters);
        let (date, format) = (DATE, &Format::Xml);
        let request = Unsigned { method, range, account, path, parameters, date, format };
        assert_eq!(
            authorization(&request, &key()),
            "SharedKey devstoreaccount1:iD29D+C6fx5k4HtafPXQxjusbzw4OrKYlaJmy+0l3SA="
        );
    }
}
