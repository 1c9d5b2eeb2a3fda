//! The way of a request: received, verified, carried out, written down, answered.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::address::StoredAddress;
use super::answer::{Answer, Refused, refused, response};
use super::auth::Signed;
use super::host::{Named, named};
use super::job::StoredJob;
use super::{AlibabaConfig, ReceivedCall, Trouble, TroubleKind};
use super::{address, auth, bucket, job, sts};
use crate::alibaba::Element;
use crate::simulator::server::Respond;
use crate::simulator::wire::{BreakOff, Payload};

/// The server's configuration and all that was created.
pub(super) struct Cloud {
    config: AlibabaConfig,
    state: Mutex<State>,
}

/// What was created so far.
#[derive(Default)]
pub(super) struct State {
    pub(super) addresses: BTreeMap<String, StoredAddress>,
    pub(super) jobs: BTreeMap<String, StoredJob>,
    /// Objects by bucket and key.
    pub(super) objects: BTreeMap<(String, String), Bytes>,
    /// Documents that are kept with buckets, by bucket and name.
    pub(super) settings: BTreeMap<(String, String), Bytes>,
    /// Reports that were asked for, by the job's version and the run.
    pub(super) reports: BTreeMap<(String, u64), String>,
    calls: Vec<ReceivedCall>,
    troubles: Vec<Trouble>,
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
    pub(super) operation: &'static str,
    /// The part of the path that names something, decoded.
    pub(super) name: String,
    /// Names and values, decoded.
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

    /// The body's document, if its root is `root`.
    pub(super) fn document(&self, root: &str) -> Result<Element, Refused> {
        Element::parse(&self.body)
            .filter(|document| document.name == root)
            .ok_or_else(|| refused(400, "MalformedXML", format!("The body is no {root}.")))
    }

    /// The server's time as the service writes it.
    pub(super) fn time(&self) -> String {
        let time = jiff::Timestamp::from_second(self.now).unwrap_or_default();
        time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
    }
}

impl Cloud {
    pub(super) fn new(config: AlibabaConfig) -> Self {
        Self { config, state: Mutex::default() }
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
        let query_pairs = auth::pairs(query).into_iter().map(|(name, value)| {
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            (text(name), text(value))
        });
        let query_pairs: Vec<(String, String)> = query_pairs.collect();
        let action = request.headers().get("x-acs-action").and_then(|value| value.to_str().ok());
        let (operation, name) = match service {
            Named::Sts => (sts::operation(action.unwrap_or_default()), String::new()),
            Named::Bucket { .. } => bucket::operation(request.method(), path, &query_pairs),
            Named::Migration { .. } => operation(request.method(), path, &query_pairs),
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
        let result = match (&trouble, self.verify(request, &service, &body, now)) {
            (_, Err(refusal)) => Err(refusal),
            (Some(TroubleKind::Refused(status, code)), Ok(())) => {
                Err(refused(*status, code, "Refused on purpose."))
            }
            (_, Ok(())) => {
                let state = &mut *state;
                let config = &self.config;
                let query = query_pairs;
                carry_out(&service, Call { config, state, operation, name, query, body, now })
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
        Ok(response(result, service == Named::Sts, number, now))
    }

    fn verify(
        &self,
        request: &Request<()>,
        service: &Named<'_>,
        body: &[u8],
        now: i64,
    ) -> Result<(), Refused> {
        let bucket = if let Named::Bucket { bucket, .. } = service { Some(*bucket) } else { None };
        let signed = Signed {
            method: request.method(),
            bucket,
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            body,
            now,
        };
        let AlibabaConfig { account, region, credentials, .. } = &self.config;
        match service {
            Named::Sts => auth::acs3(&signed, credentials),
            Named::Bucket { region: named, .. } if named != region => {
                let message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
                Err(refused(403, "AccessDenied", message))
            }
            Named::Migration { account: named, .. } if named != account => {
                Err(refused(403, "AccessDenied", "The account is not that of the key."))
            }
            Named::Bucket { region, .. } | Named::Migration { region, .. } => {
                auth::oss4(&signed, credentials, region)
            }
            Named::Unknown => Err(refused(404, "NoSuchService", "No service has this host.")),
        }
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

fn carry_out(service: &Named<'_>, call: Call<'_>) -> Result<Answer, Refused> {
    match service {
        Named::Sts => sts::carry_out(&call),
        Named::Bucket { bucket, .. } => bucket::carry_out(bucket, call),
        _ => match call.operation {
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
