//! The way of a request: received, verified, carried out, written down, answered.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::answer::{Answer, Refused, refused, response};
use super::auth::Signed;
use super::config::AlibabaConfig;
use super::host::{Named, named};
use super::state::{Caller, State};
use super::{ReceivedCall, Trouble, TroubleKind};
use super::{address, auth, bucket, job, kms, permission, ram, sts};
use crate::alibaba::Element;
use crate::simulator::server::Respond;
use crate::simulator::wire::{BreakOff, Payload};

/// The server's configuration and all that there is.
pub(super) struct Cloud {
    config: AlibabaConfig,
    state: Mutex<State>,
}

/// Why a call gets no answer.
enum NoAnswer {
    /// The connection breaks.
    BrokenOff,
    /// The connection stays, and nothing comes.
    Ever,
}

/// A call with all that is needed to carry it out.
pub(super) struct Call<'a> {
    pub(super) config: &'a AlibabaConfig,
    pub(super) state: &'a mut State,
    pub(super) caller: &'a Caller,
    pub(super) headers: &'a HeaderMap,
    pub(super) operation: &'static str,
    /// The part of the path that names something, decoded.
    pub(super) name: String,
    /// Names and values of the query, and of the form in the body if there is one; decoded.
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Bytes,
    /// The server's time.
    pub(super) now: i64,
}

impl Call<'_> {
    /// The value of a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refused> {
        let missing = || refused(400, "MissingParameter", format!("{name} is missing."));
        self.parameter(name).ok_or_else(missing)
    }

    /// The body's document, if its root is `root`.
    pub(super) fn document(&self, root: &str) -> Result<Element, Refused> {
        Element::parse(&self.body)
            .filter(|document| document.name == root)
            .ok_or_else(|| refused(400, "MalformedXML", format!("The body is no {root}.")))
    }

    /// The server's time as RAM and KMS write it.
    pub(super) fn second(&self) -> String {
        let time = jiff::Timestamp::from_second(self.now).unwrap_or_default();
        time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// The server's time as OSS and the migration service write it.
    pub(super) fn time(&self) -> String {
        let time = jiff::Timestamp::from_second(self.now).unwrap_or_default();
        time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
    }
}

impl Cloud {
    pub(super) fn new(config: AlibabaConfig) -> Self {
        let state = Mutex::new(State::new(&config));
        Self { config, state }
    }

    pub(super) fn calls(&self) -> Vec<ReceivedCall> {
        self.state().calls.clone()
    }

    pub(super) fn trouble(&self, troubles: Vec<Trouble>) {
        self.state().troubles = troubles;
    }

    pub(super) fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.state().objects.get(&(bucket.to_owned(), key.to_owned())).map(|bytes| bytes.to_vec())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked while it looked left nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request<()>, body: Bytes) -> Result<Response<Payload>, NoAnswer> {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.unwrap_or_default().to_owned();
        let service = named(&host);
        let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
        let form = |text: &str| pairs(&auth::form(text));
        let mut query = if service.speaks_json() { form(query) } else { pairs(query) };
        if text(request.headers(), "content-type").is_some_and(|kind| kind.starts_with(FORM)) {
            query.extend(std::str::from_utf8(&body).map(form).unwrap_or_default());
        }
        let action = text(request.headers(), "x-acs-action").unwrap_or_default();
        let (operation, name) = match service {
            Named::Sts => (sts::operation(action), String::new()),
            Named::Ram => (ram::operation(action), String::new()),
            Named::Kms { .. } => (kms::operation(action), String::new()),
            Named::Bucket { .. } => bucket::operation(request.method(), path, &query),
            Named::Oss { .. } => {
                (bucket::service_operation(request.method(), &query), String::new())
            }
            Named::Migration { .. } => operation(request.method(), path, &query),
            Named::Unknown => ("", String::new()),
        };
        let now = crate::store::text::date::now_seconds() + self.config.clock_ahead;
        let mut state = self.state();
        let number = state.calls.len();
        state.calls.push(ReceivedCall {
            operation,
            host: host.clone(),
            request: format!("{} {}", request.method(), request.uri()),
            body: body.to_vec(),
            done: false,
        });
        let trouble = strike(&mut state.troubles, operation);
        if trouble == Some(TroubleKind::Lost) {
            return Err(NoAnswer::BrokenOff);
        }
        if let Some(TroubleKind::Overtaken(edit)) = &trouble {
            edit.carry_out(&mut state);
        }
        let verified = verify(&mut state, request, service, &body, now);
        let permitted = verified.and_then(|caller| {
            permission::permit(&state, &caller, service, operation, &name).map(|()| caller)
        });
        let result = match (&trouble, permitted) {
            (_, Err(refusal)) => Err(refusal),
            (Some(TroubleKind::Refused(status, code)), Ok(_)) => {
                Err(refused(*status, code, "Refused on purpose."))
            }
            (_, Ok(caller)) => {
                let (state, config) = (&mut *state, &self.config);
                let (caller, headers) = (&caller, request.headers());
                let call =
                    Call { config, state, caller, headers, operation, name, query, body, now };
                carry_out(service, call)
            }
        };
        match trouble {
            Some(TroubleKind::AnswerLost) => return Err(NoAnswer::BrokenOff),
            Some(TroubleKind::Unanswered) => return Err(NoAnswer::Ever),
            _ => {}
        }
        if let Some(call) = state.calls.last_mut() {
            call.done = result.is_ok();
        }
        Ok(response(result, service.speaks_json(), number, now))
    }
}

impl Respond for Cloud {
    async fn respond(
        &self,
        request: Request<Incoming>,
        _reset: &AtomicBool,
    ) -> Result<Response<Payload>, BreakOff> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| BreakOff)?.to_bytes();
        match self.answer(&Request::from_parts(head, ()), body) {
            Ok(response) => Ok(response),
            Err(NoAnswer::BrokenOff) => Err(BreakOff),
            Err(NoAnswer::Ever) => std::future::pending().await,
        }
    }
}

/// The type of a body that holds parameters.
const FORM: &str = "application/x-www-form-urlencoded";

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Names and values, decoded.
fn pairs(query: &str) -> Vec<(String, String)> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    auth::pairs(query).into_iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// Who sent a request.
fn verify(
    state: &mut State,
    request: &Request<()>,
    service: Named<'_>,
    body: &[u8],
    now: i64,
) -> Result<Caller, Refused> {
    let bucket = if let Named::Bucket { bucket, .. } = service { Some(bucket) } else { None };
    let signed = Signed {
        method: request.method(),
        bucket,
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
        headers: request.headers(),
        body,
        now,
    };
    let credentials = state.credentials();
    match service {
        Named::Sts | Named::Ram | Named::Kms { .. } => {
            auth::acs3(&signed, &credentials)?;
            let nonce = text(request.headers(), "x-acs-signature-nonce").unwrap_or_default();
            if nonce.is_empty() || !state.nonces.insert(nonce.to_owned()) {
                let message = "Specified signature nonce was used already.";
                return Err(refused(400, "SignatureNonceUsed", message));
            }
        }
        Named::Bucket { region, .. } | Named::Oss { region } | Named::Migration { region, .. } => {
            auth::oss4(&signed, &credentials, region)?;
        }
        Named::Unknown => return Err(refused(404, "NoSuchService", "No service has this host.")),
    }
    let caller = auth::key_id(request.headers()).and_then(|id| state.caller(&id));
    caller.ok_or_else(|| refused(403, "AccessDenied", "The key belongs to nobody."))
}

/// The operation of the migration service that a request asks for, and what it names.
fn operation(method: &Method, path: &str, query: &[(String, String)]) -> (&'static str, String) {
    let has = |name: &str| query.iter().any(|(known, _)| known == name);
    let mut parts = path.trim_start_matches('/').splitn(2, '/');
    let (kind, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
    let operation = match (method.as_str(), kind, name.is_empty()) {
        ("POST", "address", true) => "CreateAddress",
        ("GET", "address", false) if has("verify") => "VerifyAddress",
        ("GET", "address", false) => "GetAddress",
        ("PUT", "address", false) => "UpdateAddress",
        ("DELETE", "address", false) => "DeleteAddress",
        ("GET", "addresslist", true) => "ListAddress",
        ("POST", "job", true) => "CreateJob",
        ("GET", "job", false) if has("jobResult") => "GetJobResult",
        ("GET", "job", false) => "GetJob",
        ("PUT", "job", false) => "UpdateJob",
        ("DELETE", "job", false) => "DeleteJob",
        ("GET", "joblist", true) => "ListJob",
        ("GET", "jobhistory", false) => "ListJobHistory",
        ("POST", "report", true) => "CreateReport",
        ("GET", "report", true) => "GetReport",
        _ => "",
    };
    (operation, name)
}

fn carry_out(service: Named<'_>, call: Call<'_>) -> Result<Answer, Refused> {
    match service {
        Named::Sts => sts::carry_out(&call),
        Named::Ram => ram::carry_out(call),
        Named::Kms { region } => kms::carry_out(region, call),
        Named::Oss { .. } => bucket::carry_out_service(&call),
        Named::Bucket { bucket, region } => bucket::carry_out(bucket, region, call),
        Named::Migration { .. } | Named::Unknown => match call.operation {
            "" => Err(refused(405, "MethodNotAllowed", "There is no such operation.")),
            name if name.ends_with("Address") => address::carry_out(call),
            _ => job::carry_out(call),
        },
    }
}

/// The trouble that strikes this call; counts it.
fn strike(troubles: &mut [Trouble], operation: &str) -> Option<TroubleKind> {
    let trouble = troubles.iter_mut().find(|trouble| {
        trouble.times > 0 && trouble.operation.is_none_or(|name| name == operation)
    })?;
    if trouble.after > 0 {
        trouble.after -= 1;
        return None;
    }
    trouble.times -= 1;
    Some(trouble.kind.clone())
}
