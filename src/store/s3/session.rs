//! Sessions with directory buckets, by whose keys everything but their own creation is signed.
//!
//! Sources: `CreateSession` of the S3 API reference, and "Authorizing Zonal endpoint API operations with
//! `CreateSession`" of its user guide. A session is for one bucket, holds for five minutes and cannot be
//! prolonged. It is asked for reading alone, which allows `ListObjectsV2`.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, HeaderValue, InvalidHeaderValue};
use tokio::sync::Mutex;

use super::decode::Rejected;
use super::error::Refusal;
use super::heading::{Names, open};
use super::keys::Keys;
use super::sign::{Scheme, Sign, SignerV4, Unsigned};
use crate::object::Timestamp;
use crate::store::text::document::Document;
use crate::store::text::timestamp;
use crate::store::{ErrorKind, StoreError};

/// The query that asks for a session.
pub(super) const CREATE: &str = "session=";

/// A session is replaced when less than this is left of it.
const MARGIN: Duration = Duration::from_mins(1);

const NAMES: Names = Names {
    root: "CreateSessionResult",
    end: "</CreateSessionResult>",
    id_marker: "",
    next_id_marker: "",
};

/// The session with a bucket, created when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Held while one is created, so that all who need it wait for the same.
    current: Mutex<Option<Arc<Keys>>>,
}

impl Session {
    /// The session's keys: those in use while they hold, else what `create` brings.
    pub(super) async fn keys(
        &self,
        create: impl Future<Output = Result<Keys, StoreError>>,
    ) -> Result<Arc<Keys>, StoreError> {
        let mut current = self.current.lock().await;
        let now = SystemTime::now();
        if let Some(keys) = current.as_ref().filter(|keys| keys.hold(now, MARGIN)) {
            return Ok(Arc::clone(keys));
        }
        let created = Arc::new(create.await?);
        Ok(Arc::clone(current.insert(created)))
    }

    /// Makes sure that `refused` are not used again.
    pub(super) async fn end(&self, refused: &Arc<Keys>) {
        let mut current = self.current.lock().await;
        current.take_if(|keys| Arc::ptr_eq(keys, refused));
    }
}

/// Reads the answer to [`CREATE`], with its headers, which tell the server's time.
///
/// # Errors
/// What the answer says went wrong. What else it holds is secret, and shown by no error.
pub(super) fn read(body: &[u8], headers: &HeaderMap) -> Result<Keys, Refusal> {
    let mut document = match open(body, &NAMES) {
        Ok(document) => document,
        Err(Rejected::Service(error)) => {
            return Err(StoreError::from(Rejected::Service(error)).into());
        }
        Err(Rejected::Page(_)) => return Err(no_session().into()),
    };
    let (keys, ends) = credentials(&mut document).ok_or_else(no_session)?;
    document.close().map_err(|_| no_session())?;
    let date = headers.get(DATE).and_then(|date| timestamp::parse_http(date.as_bytes()));
    Ok(Keys { expires: end(ends, date, SystemTime::now()), ..keys })
}

/// When a session ends by our clock, of which the server's may differ.
fn end(ends: Timestamp, server: Option<Timestamp>, ours: SystemTime) -> Option<SystemTime> {
    let since = |time: Timestamp| u64::try_from(time.0).ok().map(Duration::from_millis);
    match server {
        Some(server) => ours.checked_add(since(Timestamp(ends.0.saturating_sub(server.0)))?),
        None => SystemTime::UNIX_EPOCH.checked_add(since(ends)?),
    }
}

fn credentials(document: &mut Document<'_>) -> Option<(Keys, Timestamp)> {
    let (mut id, mut secret, mut token, mut ends) = (None, None, None, None);
    while let Some(name) = document.child().ok()? {
        if name != b"Credentials" {
            document.skip().ok()?;
            continue;
        }
        while let Some(name) = document.child().ok()? {
            let place = match name {
                b"AccessKeyId" => &mut id,
                b"SecretAccessKey" => &mut secret,
                b"SessionToken" => &mut token,
                b"Expiration" => {
                    ends = Some(document.value("Expiration", "a time", timestamp::parse).ok()?);
                    continue;
                }
                _ => {
                    document.skip().ok()?;
                    continue;
                }
            };
            let text = String::from_utf8(document.text("Credentials").ok()?).ok()?;
            *place = Some(text).filter(|text| !text.is_empty());
        }
    }
    let keys = Keys { of_session: true, ..Keys::new(id?, secret?, Some(token?)) };
    Some((keys, ends?))
}

/// Names the permission that is wanting.
pub(super) fn permitted(mut error: StoreError) -> StoreError {
    if error.kind == ErrorKind::AccessDenied {
        error.message.push_str(
            "\nhint: the key must be allowed `s3express:CreateSession` on the directory bucket, at least in \
             the session mode `ReadOnly`",
        );
    }
    error
}

fn no_session() -> StoreError {
    StoreError::new(ErrorKind::Server, "the answer to CreateSession holds no session")
}

/// Signs for a directory bucket: by the account's keys what asks for a session, by the session's all else.
#[derive(Debug)]
pub(super) struct SessionSigner {
    account: SignerV4,
    session: SignerV4,
}

impl SessionSigner {
    pub(super) fn new() -> Self {
        Self {
            account: SignerV4::new(Scheme::CREATE_SESSION),
            session: SignerV4::new(Scheme::SESSION),
        }
    }
}

impl Sign for SessionSigner {
    fn sign(
        &self,
        request: &Unsigned<'_>,
        keys: &Arc<Keys>,
        region: &str,
        now: i64,
        headers: &mut HeaderMap<HeaderValue>,
    ) -> Result<(), InvalidHeaderValue> {
        let signer = if keys.of_session { &self.session } else { &self.account };
        signer.sign(request, keys, region, now, headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "<?xml version=\"1.0\"?>\n<CreateSessionResult xmlns=\"x\"><Credentials>\
        <SessionToken>TOKEN</SessionToken><SecretAccessKey>SECRET</SecretAccessKey>\
        <AccessKeyId>ID</AccessKeyId><Expiration>2024-01-29T18:53:05Z</Expiration>\
        </Credentials></CreateSessionResult>";

    #[test]
    fn the_answer_is_read_and_its_secrets_are_not_shown() {
        let keys = read(BODY.as_bytes(), &HeaderMap::new()).unwrap();
        assert_eq!((&keys.id[..], &keys.secret[..]), ("ID", "SECRET"));
        assert_eq!(keys.token.as_ref().unwrap().as_str(), "TOKEN");
        assert!(keys.of_session && !format!("{keys:?}").contains("TOKEN"));
        let seconds = keys.expires.unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(seconds.as_secs(), 1_706_554_385);
    }

    #[tokio::test]
    async fn a_session_is_kept_while_it_holds_and_replaced_before_it_ends() {
        for (left, id) in [(300, "first"), (50, "second")] {
            let expires = SystemTime::now().checked_add(Duration::from_secs(left));
            let create = async |id| Ok(Keys { expires, ..Keys::new(id, "SECRET", None) });
            let session = Session::default();
            session.keys(create("first")).await.unwrap();
            let keys = session.keys(create("second")).await.unwrap();
            assert_eq!(keys.id, id);
            session.end(&Arc::new(Keys::new("another", "SECRET", None))).await;
            session.end(&keys).await;
            assert_eq!(session.keys(create("third")).await.unwrap().id, "third");
        }
    }

    #[test]
    fn a_session_ends_by_the_clock_of_the_server() {
        let (ends, ours) = (Timestamp(1_000_000), SystemTime::UNIX_EPOCH);
        let end = end(ends, Some(Timestamp(700_000)), ours).unwrap();
        assert_eq!(end.duration_since(ours).unwrap(), Duration::from_mins(5));
    }

    #[test]
    fn an_answer_that_is_cut_or_wanting_is_refused_without_showing_it() {
        let wanting = BODY.replace("AccessKeyId", "Other");
        let late = BODY.replace("2024-01-29T18:53:05Z", "SECRET");
        for cut in (0..BODY.len()).map(|end| &BODY[..end]).chain([&wanting[..], &late]) {
            let refusal = read(cut.as_bytes(), &HeaderMap::new()).unwrap_err();
            let shown = format!("{} {:?}", refusal.error, refusal.error);
            assert!(!shown.contains("SECRET") && !shown.contains("TOKEN"), "{shown}");
        }
        let denied = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
        let refusal = read(denied, &HeaderMap::new()).unwrap_err();
        assert_eq!(refusal.error.kind, ErrorKind::AccessDenied);
    }
}
