//! Directory buckets: which buckets are such, the sessions within which they are asked, and what they do
//! not list.
//!
//! Sources: `CreateSession` and `ListObjectsV2` of the S3 API reference. Keys of a session hold for five
//! minutes, for the one bucket, and in place of the account's.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;

use super::auth::{hex, hmac, iso, text};
use super::config::Credential;
use super::dialect::Dialect;
use super::s3::{ErrorCode, S3Error, Target};

/// How long a session holds, in seconds.
const LIFE: i64 = 300;

/// Carries the session's token.
pub(super) const TOKEN: &str = "x-amz-s3session-token";

/// Whether a bucket of this name is a directory bucket.
pub(super) fn is_directory_bucket(dialect: Dialect, name: &str) -> bool {
    dialect == Dialect::S3 && name.ends_with("--x-s3")
}

/// Whether a request asks for a session.
pub(super) fn asks_for_session(target: &Target) -> bool {
    target.parameter("session").is_some()
}

/// Refuses what directory buckets do not list.
pub(super) fn check_listing(target: &Target) -> Result<(), S3Error> {
    let refuse = |what: &str| Err(S3Error::new(ErrorCode::InvalidArgument).with("Message", what));
    let given = |name: &str| target.parameter(name).filter(|value| !value.is_empty());
    if given("list-type") != Some(b"2") {
        return Err(S3Error::new(ErrorCode::NotImplemented).with("Header", "list-type"));
    }
    if given("start-after").is_some() {
        return refuse("start-after is not supported for directory buckets");
    }
    if given("delimiter").is_some_and(|delimiter| delimiter != b"/") {
        return refuse("/ is the only delimiter that directory buckets support");
    }
    if given("prefix").is_some_and(|prefix| !prefix.ends_with(b"/")) {
        return refuse("directory buckets support only prefixes that end in a delimiter");
    }
    Ok(())
}

/// The sessions that were created, by their tokens.
#[derive(Default)]
pub(super) struct Sessions(Mutex<BTreeMap<String, Session>>);

struct Session {
    bucket: String,
    credential: Credential,
    /// The second in which it ends.
    ends: i64,
    /// Requests for which it still holds, where that is limited.
    left: Option<u64>,
}

impl Sessions {
    /// Creates the session of this number and returns the document that tells of it.
    pub(super) fn create(
        &self,
        bucket: &str,
        number: u64,
        now: i64,
        requests: Option<u64>,
    ) -> String {
        let made = |what: &str| hex(&hmac(what.as_bytes(), &number.to_be_bytes()));
        let (key_id, secret, token) = (format!("SESSION{number}"), made("secret"), made("token"));
        let ends = now + LIFE;
        let document = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <CreateSessionResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Credentials>\
             <SessionToken>{token}</SessionToken><SecretAccessKey>{secret}</SecretAccessKey>\
             <AccessKeyId>{key_id}</AccessKeyId><Expiration>{}</Expiration></Credentials>\
             </CreateSessionResult>",
            iso(ends)
        );
        let credential = Credential { key_id, secret, session_token: Some(token.clone()) };
        let session = Session { bucket: bucket.to_owned(), credential, ends, left: requests };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token, session);
        document
    }

    /// The keys that a request within a session has to be signed with.
    pub(super) fn credential(
        &self,
        bucket: &str,
        headers: &HeaderMap,
        now: i64,
    ) -> Result<Credential, S3Error> {
        let token = text(headers, TOKEN).ok_or_else(|| S3Error::new(ErrorCode::AccessDenied))?;
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = sessions
            .get_mut(&token)
            .filter(|session| session.bucket == bucket)
            .ok_or_else(|| S3Error::new(ErrorCode::InvalidToken))?;
        if session.left == Some(0) || now >= session.ends {
            return Err(S3Error::new(ErrorCode::ExpiredToken));
        }
        session.left = session.left.map(|left| left - 1);
        Ok(session.credential.clone())
    }
}
