//! Calls: signed, sent, repeated where that is safe.
//!
//! A call is repeated when it cannot have taken effect (it was not sent, or the service asked to slow
//! down), or when having it twice is having it once. What may have happened and must not happen twice is
//! told to the caller, who looks before it asks again. A clock that is wrong is corrected once, from the
//! date of the refusal.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use rand::Rng as _;
use zeroize::Zeroizing;

use super::credentials::Credentials;
use super::endpoint::Endpoints;
use super::error::{CallError, Refusal, was_not_sent};
use super::sign::{acs3, oss4};
use crate::store::http::{Client, Once, Settings, Timeouts};
use crate::store::text::{date, percent};

/// How often a call is tried, how long an answer is waited for, and how long between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Attempts in all, at least one.
    pub attempts: u32,
    /// The wait after the first attempt; it doubles with each further one.
    pub pause: Duration,
    /// The wait for an answer. Sending a body counts, and a part of a list has 24 MiB.
    pub answer: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        let answer = Duration::from_mins(5);
        Self { attempts: 5, pause: Duration::from_millis(500), answer }
    }
}

/// The longest query that parameters are sent in; longer ones are sent in the body, where they may be, too.
const LONGEST_QUERY: usize = 4096;

/// The type of a body that holds parameters.
const FORM: &str = "application/x-www-form-urlencoded";

/// The longest wait between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// What all calls of a run share: keys, connections, the clock.
#[derive(Debug)]
pub struct Session {
    client: Client,
    credentials: Arc<Credentials>,
    signer: oss4::Signer,
    endpoints: Endpoints,
    retries: Retries,
    /// The services' clock minus ours, in seconds.
    skew: AtomicI64,
}

/// A call to OSS or to the migration service.
#[derive(Clone, Debug)]
pub(super) struct Oss4Call<'a> {
    pub(super) method: Method,
    pub(super) host: &'a str,
    pub(super) region: &'a str,
    /// What is signed as the resource, and what is sent as the path.
    pub(super) resource: &'a str,
    pub(super) path: &'a str,
    /// Encoded, without `?`.
    pub(super) query: &'a str,
    /// Names in small letters.
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: Bytes,
    /// Whether having it twice is having it once.
    pub(super) idempotent: bool,
}

/// A call to RAM, STS or KMS.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acs3Call<'a> {
    pub(super) host: &'a str,
    pub(super) action: &'a str,
    pub(super) version: &'a str,
    /// Names and values, not encoded.
    pub(super) parameters: &'a [(&'a str, &'a str)],
    /// Whether having it twice is having it once.
    pub(super) idempotent: bool,
}

/// An answer with a status of success.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Session {
    /// A session without connections yet.
    #[must_use]
    pub fn new(credentials: Credentials, endpoints: Endpoints, retries: Retries) -> Self {
        let (first_byte, total) = (retries.answer, retries.answer.saturating_mul(2));
        let timeouts = Timeouts { first_byte, total, ..Timeouts::default() };
        Self {
            client: Client::new(Settings { timeouts, ..Settings::default() }),
            credentials: Arc::new(credentials),
            signer: oss4::Signer::new(oss4::OSS),
            endpoints,
            retries,
            skew: AtomicI64::new(0),
        }
    }

    /// The keys that calls are signed with.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Where calls go.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Calls OSS or the migration service.
    pub(super) async fn oss4(&self, doing: &str, call: &Oss4Call<'_>) -> Result<Reply, CallError> {
        let uri = uri(&self.endpoints.origin(call.host), call.path, call.query);
        let make = |now: i64| {
            let unsigned = oss4::Unsigned {
                method: call.method.as_str(),
                resource: call.resource,
                query: call.query,
                headers: call.headers,
            };
            let signed = self.signer.sign(&unsigned, &self.credentials, call.region, now);
            let request = Request::builder().method(&call.method).uri(&uri);
            let request = request.header(header::HOST, call.host);
            let request = with_headers(request, call.headers.iter().copied())?;
            let request = with_headers(request, signed.headers())?;
            request.body(call.body.clone()).map_err(|error| error.to_string())
        };
        self.run(doing, call.idempotent, make, Refusal::from_xml).await
    }

    /// Calls RAM, STS or KMS, which answer in JSON.
    pub(super) async fn acs3(
        &self,
        doing: &str,
        call: &Acs3Call<'_>,
    ) -> Result<serde_json::Value, CallError> {
        let written = acs3::query(call.parameters);
        // As the SDK does, but for what would make a line that servers and proxies cut off.
        let in_body = written.len() > LONGEST_QUERY;
        let (query, body) =
            if in_body { (String::new(), written) } else { (written, String::new()) };
        let signed: &[_] = if in_body { &[] } else { call.parameters };
        let uri = uri(&self.endpoints.origin(call.host), "/", &query);
        let hash = acs3::hash(body.as_bytes());
        let body = Bytes::from(body);
        let make = |now: i64| {
            let nonce = format!("{:032x}", rand::rng().random::<u128>());
            let date = timestamp(now);
            let mut headers = vec![
                ("host", call.host),
                ("accept", "application/json"),
                ("x-acs-action", call.action),
                ("x-acs-version", call.version),
                ("x-acs-date", &date),
                ("x-acs-signature-nonce", &nonce),
                ("x-acs-content-sha256", &hash),
            ];
            if in_body {
                headers.push(("content-type", FORM));
            }
            if let Some(token) = &self.credentials.token {
                headers.push(("x-acs-accesskey-id", &self.credentials.id));
                headers.push(("x-acs-security-token", token.as_str()));
            }
            let unsigned = acs3::Unsigned {
                method: "POST",
                path: "/",
                query: signed,
                headers: &headers,
                body_hash: &hash,
            };
            let authorization = acs3::authorize(&unsigned, &self.credentials);
            headers.push(("authorization", &authorization));
            let request = Request::builder().method(Method::POST).uri(&uri);
            let request = with_headers(request, headers.iter().copied())?;
            request.body(body.clone()).map_err(|error| error.to_string())
        };
        let reply = self.run(doing, call.idempotent, make, Refusal::from_json).await?;
        // Some answers give out keys.
        serde_json::from_slice(&Zeroizing::new(reply.body))
            .map_err(|_| CallError::Unreadable { doing: doing.to_owned(), what: "JSON" })
    }

    async fn run(
        &self,
        doing: &str,
        idempotent: bool,
        make: impl Fn(i64) -> Result<Request<Bytes>, String> + Sync,
        refusal: fn(u16, &[u8]) -> Refusal,
    ) -> Result<Reply, CallError> {
        let doing = || doing.to_owned();
        let mut corrected = false;
        let mut attempt = 1;
        loop {
            let now = date::now_seconds() + self.skew.load(Ordering::Relaxed);
            let request = make(now).map_err(|what| CallError::Setup { doing: doing(), what });
            let mut request = request?;
            if !idempotent {
                request.extensions_mut().insert(Once);
            }
            let mut body = Vec::new();
            let (error, again) = match self.client.send(request, &mut body).await {
                Ok(head) if head.status.is_success() => {
                    return Ok(Reply { headers: head.headers, body });
                }
                Ok(head) => {
                    let mut refusal = refusal(head.status.as_u16(), &body);
                    if refusal.is_skew() && !corrected && self.correct(&head.headers) {
                        corrected = true;
                        continue;
                    }
                    let again = refusal.is_throttle() || idempotent && refusal.status >= 500;
                    // Some services repeat the request in their refusal.
                    refusal.message = self.credentials.redact(&refusal.message);
                    (CallError::Refused { doing: doing(), refusal }, again)
                }
                Err(source) => {
                    let again = was_not_sent(&source.kind) || idempotent && source.is_retryable();
                    (CallError::Transport { doing: doing(), source }, again)
                }
            };
            if !again || attempt >= self.retries.attempts {
                return Err(error);
            }
            tracing::debug!("{error}; trying again");
            let pause = self.retries.pause.saturating_mul(1 << attempt.min(16)) / 2;
            let pause = pause.min(LONGEST_PAUSE).mul_f64(rand::rng().random_range(0.5..1.0));
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// Takes the service's clock from its answer; false if the answer has no date.
    fn correct(&self, headers: &HeaderMap) -> bool {
        let date = headers.get(header::DATE).and_then(|date| date.to_str().ok());
        let Some(theirs) = date.and_then(date::parse_http) else { return false };
        self.skew.store(theirs - date::now_seconds(), Ordering::Relaxed);
        true
    }
}

/// The same with headers whose values are not shown in a `Debug` of the request.
fn with_headers<'n, 'v>(
    mut request: http::request::Builder,
    headers: impl Iterator<Item = (&'n str, &'v str)>,
) -> Result<http::request::Builder, String> {
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value.trim())
            .map_err(|_| format!("the header `{name}` would hold a control character"))?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    Ok(request)
}

fn uri(origin: &str, path: &str, query: &str) -> String {
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{origin}{path}{mark}{query}")
}

/// A member of an answer in JSON.
pub(super) fn member<T: serde::de::DeserializeOwned>(
    mut answer: serde_json::Value,
    name: &'static str,
    doing: &str,
) -> Result<T, CallError> {
    let member = answer.get_mut(name).map(serde_json::Value::take);
    member
        .and_then(|member| serde_json::from_value(member).ok())
        .ok_or_else(|| CallError::Unreadable { doing: doing.to_owned(), what: name })
}

/// A name as a part of a path.
pub(super) fn segment(name: &str) -> String {
    let mut text = String::new();
    percent::encode(name.as_bytes(), &mut text);
    text
}

/// `2026-01-02T03:04:05Z`; empty beyond the year 9999, which no server accepts.
fn timestamp(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds);
    time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::http::script::{Script, Then, answer};

    const IDENTITY: Acs3Call<'static> = Acs3Call {
        host: "sts.aliyuncs.com",
        action: "GetCallerIdentity",
        version: "2015-04-01",
        parameters: &[],
        idempotent: true,
    };
    const CREATE: Acs3Call<'static> = Acs3Call { idempotent: false, ..IDENTITY };

    /// Calls a server that follows a script; the result, and the requests that came.
    async fn play(
        steps: Vec<(Vec<u8>, Then)>,
        call: &Acs3Call<'_>,
    ) -> (Result<(), CallError>, Vec<String>) {
        let script = Script::play(steps).await;
        let stand_in = Some(format!("http://{}", script.address));
        let keys = Credentials::new("ID", "PLANTED", Some("PLANTEDTOO".to_owned()));
        let retries = Retries { attempts: 3, pause: Duration::ZERO, ..Retries::default() };
        let session = Session::new(keys, Endpoints { stand_in, internal: false }, retries);
        let result = session.acs3("ask", call).await.map(drop);
        let shown = format!("{session:?} {result:?}");
        assert!(!shown.contains("PLANTED"), "{shown}");
        (result, script.heads())
    }

    fn refused(status: &str, code: &str) -> (Vec<u8>, Then) {
        let body = format!(r#"{{"Code":"{code}","Message":"no, PLANTED"}}"#);
        (answer(status, "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n", body), Then::Keep)
    }

    fn fine() -> (Vec<u8>, Then) {
        (answer("200 OK", "", "{}"), Then::Keep)
    }

    #[tokio::test]
    async fn the_service_is_named_wherever_the_request_goes() {
        let (result, heads) = play(vec![fine()], &IDENTITY).await;
        result.unwrap();
        assert!(heads[0].contains("\r\nhost: sts.aliyuncs.com\r\n"), "{}", heads[0]);
        assert!(heads[0].contains("SignedHeaders=accept;host;x-acs-accesskey-id;"), "{}", heads[0]);
    }

    #[tokio::test]
    async fn what_had_no_effect_is_tried_again() {
        for call in [IDENTITY, CREATE] {
            let steps = vec![refused("400 Bad Request", "Throttling.User"), fine()];
            let (result, heads) = play(steps, &call).await;
            result.unwrap();
            assert_eq!(heads.len(), 2);
        }
    }

    #[tokio::test]
    async fn what_may_have_happened_is_tried_again_only_where_twice_is_once() {
        for step in
            [refused("500 Internal Server Error", "InternalError"), (Vec::new(), Then::Reset)]
        {
            let (result, heads) = play(vec![step.clone(), fine()], &IDENTITY).await;
            result.unwrap();
            assert_eq!(heads.len(), 2);
            let (result, heads) = play(vec![step, fine()], &CREATE).await;
            assert!(result.unwrap_err().may_have_happened());
            assert_eq!(heads.len(), 1);
        }
    }

    #[tokio::test]
    async fn attempts_end() {
        let steps =
            (0..9).map(|_| refused("503 Service Unavailable", "ServiceUnavailable")).collect();
        let (result, heads) = play(steps, &IDENTITY).await;
        assert!(result.unwrap_err().to_string().contains("\nhint: "));
        assert_eq!(heads.len(), 3);
    }

    #[tokio::test]
    async fn a_wrong_clock_is_corrected_once() {
        let skewed = || refused("400 Bad Request", "InvalidTimeStamp.Expired");
        let (result, heads) = play(vec![skewed(), fine()], &CREATE).await;
        result.unwrap();
        assert!(heads[1].contains("x-acs-date: 2026-01-01T00:00:0"), "{}", heads[1]);
        let (result, heads) = play(vec![skewed(), skewed(), fine()], &CREATE).await;
        assert!(result.unwrap_err().to_string().contains("clock"));
        assert_eq!(heads.len(), 2);
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_read_is_no_success() {
        let (result, _) = play(vec![(answer("200 OK", "", "<html>"), Then::Keep)], &IDENTITY).await;
        assert!(matches!(result, Err(CallError::Unreadable { .. })));
    }
}
