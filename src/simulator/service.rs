//! Answering one request: who asks, what for, and what goes wrong.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use tokio::time::Instant;

use super::answer::{object, request_id, with_id, without_body, xml};
use super::auth::{Caller, Received, verify, verify_zonal};
use super::azure;
use super::behaviour::{Behaviour, Quirk};
use super::config::{BucketConfig, Credential, SimulatorConfig};
use super::counters::{Tallies, count};
use super::dialect::Dialect;
use super::error::SimulatorError;
use super::faults::{Attempts, Fault};
use super::flavour::Flavour;
use super::history::History;
use super::latency::{Latency, RequestLimit};
use super::s3::{
    Distortion, ErrorCode, HistoryRequest, ListRequest, Resource, S3Error, Target, View, buckets,
    control, list, location,
};
use super::sessions::{Sessions, asks_for_session, check_listing, is_directory_bucket};
use super::settings::BucketSettings;
use super::wire::{BreakOff, Payload, Pool};

const BUCKET_REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");

/// A bucket as it is served.
pub(super) struct Bucket {
    pub(super) view: View,
    pub(super) history: History,
    pub(super) settings: BucketSettings,
    region: String,
    pub(super) denied: bool,
}

/// Everything that all connections share.
pub(super) struct Service {
    dialect: Dialect,
    flavour: &'static Flavour,
    pub(super) buckets: BTreeMap<String, Bucket>,
    pub(super) credentials: Vec<Credential>,
    pub(super) anonymous: bool,
    latency: Latency,
    limit: Option<RequestLimit>,
    pub(super) behaviour: Behaviour,
    seed: u64,
    attempts: Attempts,
    sessions: Sessions,
    pub(super) pool: Arc<Pool>,
    pub(super) tallies: Tallies,
}

/// What a request asks for, once it has been let in.
struct Admitted<'a> {
    resource: &'a Resource,
    name: &'a str,
    bucket: &'a Bucket,
}

/// Which listing.
enum Asked<'a> {
    Objects(ListRequest<'a>),
    History(HistoryRequest<'a>),
}

impl Service {
    pub(super) fn new(config: SimulatorConfig) -> Result<Self, SimulatorError> {
        let directory_order = config.behaviour.has(Quirk::DirectoryOrder);
        let mut served = BTreeMap::new();
        for (name, BucketConfig { content, history, settings, region, denied }) in config.buckets {
            let objects = content.len();
            let view = match config.dialect {
                _ if directory_order || is_directory_bucket(config.dialect, &name) => {
                    View::in_directory_order(content)
                }
                Dialect::Azure => View::in_utf16_order(content),
                _ => Some(View::in_byte_order(content)),
            };
            let view = view.ok_or_else(|| SimulatorError::TooLargeToReorder {
                bucket: name.clone(),
                objects,
            })?;
            served.insert(name, Bucket { view, history, settings, region, denied });
        }
        Ok(Self {
            dialect: config.dialect,
            flavour: Flavour::of(config.dialect),
            buckets: served,
            credentials: config.credentials,
            anonymous: config.anonymous,
            latency: config.latency,
            limit: config.max_rps.map(RequestLimit::new),
            behaviour: config.behaviour,
            seed: config.seed,
            attempts: Attempts::default(),
            sessions: Sessions::default(),
            pool: Arc::new(Pool::default()),
            tallies: Tallies::default(),
        })
    }

    /// Answers a request. Raising `reset` before failing makes the connection end in a reset.
    pub(super) async fn respond<B>(
        &self,
        request: Request<B>,
        reset: &AtomicBool,
    ) -> Result<Response<Payload>, BreakOff> {
        let _in_flight = self.tallies.enter();
        let number = count(&self.tallies.requests);
        if self.behaviour.answer_first.is_some_and(|first| number >= first) {
            std::future::pending::<()>().await;
        }
        let throttled = self.limit.as_ref().is_some_and(|limit| !limit.admit(Instant::now()));
        let delay = self.latency.sample(self.seed, number);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if self.dialect == Dialect::Azure {
            return azure::respond(self, &request, number, throttled, reset).await;
        }
        let mut answer = if throttled {
            count(&self.tallies.throttled);
            self.slow_down(number)
        } else {
            self.reply(&request, number, reset).await?
        };
        self.flavour.dress(answer.headers_mut());
        if self.behaviour.lists_otherwise() {
            // What it lists must not be believed.
            answer.headers_mut().remove(header::SERVER);
        }
        if request.method() == Method::HEAD {
            without_body(&mut answer);
        }
        Ok(answer)
    }

    /// The answer to a request that is not throttled, before it is dressed.
    async fn reply<B>(
        &self,
        request: &Request<B>,
        number: u64,
        reset: &AtomicBool,
    ) -> Result<Response<Payload>, BreakOff> {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let target = Target::parse(target);
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let resource = Resource::locate(host.unwrap_or_default(), &target.path, |name| {
            self.buckets.contains_key(name)
        });
        let mut answer = match self.answer(request, &target, &resource, number, reset).await {
            Ok(answer) => answer?,
            Err(error) => {
                count(&self.tallies.refused);
                self.error(&error, number)
            }
        };
        let named = resource.bucket.and_then(|name| self.buckets.get(&name));
        if self.flavour.tells_region
            && let Some(region) =
                named.and_then(|bucket| HeaderValue::from_str(&bucket.region).ok())
        {
            answer.headers_mut().insert(BUCKET_REGION, region);
        }
        Ok(answer)
    }

    async fn answer<B>(
        &self,
        request: &Request<B>,
        target: &Target,
        resource: &Resource,
        number: u64,
        reset: &AtomicBool,
    ) -> Result<Result<Response<Payload>, BreakOff>, S3Error> {
        let aborts = *request.method() == Method::DELETE
            && resource.key.is_some()
            && target.parameter("uploadId").is_some();
        if !aborts && !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(
                S3Error::new(ErrorCode::MethodNotAllowed).with("Method", request.method().as_str())
            );
        }
        let (method, headers) = (request.method(), request.headers());
        let received = Received { method, target, resource, headers };
        let caller = self.caller(received)?;
        if caller == Caller::Anonymous && !self.anonymous {
            return Err(S3Error::new(ErrorCode::AccessDenied));
        }
        let Some(name) = resource.bucket.as_deref() else {
            count(&self.tallies.buckets);
            let named =
                self.buckets.iter().map(|(name, bucket)| (name.as_str(), bucket.region.as_str()));
            return Ok(Ok(xml(StatusCode::OK, Bytes::from(buckets(named)), number)));
        };
        let bucket = self
            .buckets
            .get(name)
            .ok_or_else(|| S3Error::new(ErrorCode::NoSuchBucket).with("BucketName", name))?;
        let admitted = Admitted { resource, name, bucket };
        let wants_location = target.parameter("location").is_some();
        if !wants_location {
            self.check_region(&caller, &admitted)?;
        }
        if bucket.denied {
            return Err(S3Error::new(ErrorCode::AccessDenied));
        }
        let agrees = self.flavour.agrees_to_pay(headers);
        control::check_allowed(method.as_str(), target, resource, &bucket.settings, agrees)?;
        if aborts {
            return Err(control::abort(target));
        }
        if is_directory_bucket(self.dialect, name) {
            if asks_for_session(target) {
                return Ok(Ok(self.session(name, number)));
            }
            check_listing(target)?;
        }
        if let Some(query) =
            HistoryRequest::read(target, resource, name, &self.behaviour, self.flavour)?
        {
            return self.listing(&admitted, target, reset, Asked::History(query)).await;
        }
        if resource.key.is_none()
            && let Some(document) = control::document(target, &bucket.settings, self.dialect)?
        {
            count(&self.tallies.buckets);
            return Ok(Ok(xml(StatusCode::OK, Bytes::from(document), number)));
        }
        if let Some(key) = &resource.key {
            count(&self.tallies.objects);
            let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
            let found = (&bucket.view, &bucket.settings);
            return object(found, key, method, range, number).map(Ok);
        }
        if wants_location {
            count(&self.tallies.buckets);
            return Ok(Ok(xml(StatusCode::OK, Bytes::from(location(&bucket.region)), number)));
        }
        if let Some(other) = unknown_subresource(target) {
            return Err(S3Error::new(ErrorCode::NotImplemented).with("Header", other));
        }
        if method == Method::HEAD {
            count(&self.tallies.buckets);
            return Ok(Ok(with_id(Response::new(Payload::empty()), number)));
        }
        let query = ListRequest::read(target, name, &self.behaviour, self.flavour)?;
        self.listing(&admitted, target, reset, Asked::Objects(query)).await
    }

    /// Who sent a request.
    fn caller(&self, request: Received<'_>) -> Result<Caller, S3Error> {
        let now = self.now();
        let bucket = request.resource.bucket.as_deref();
        let Some(bucket) = bucket.filter(|name| is_directory_bucket(self.dialect, name)) else {
            return verify(self.dialect, request, &self.credentials, now);
        };
        if asks_for_session(request.target) {
            return verify_zonal(request, false, &self.credentials, now);
        }
        let credential = self.sessions.credential(bucket, request.headers, now)?;
        verify_zonal(request, true, &[credential], now)
    }

    /// A new session with a directory bucket.
    fn session(&self, bucket: &str, number: u64) -> Response<Payload> {
        count(&self.tallies.sessions);
        let requests = self.behaviour.session_requests;
        let document = self.sessions.create(bucket, number, self.now(), requests);
        let mut answer = xml(StatusCode::OK, Bytes::from(document), number);
        self.date(&mut answer);
        answer
    }

    async fn listing(
        &self,
        admitted: &Admitted<'_>,
        target: &Target,
        reset: &AtomicBool,
        asked: Asked<'_>,
    ) -> Result<Result<Response<Payload>, BreakOff>, S3Error> {
        let number = count(&self.tallies.lists);
        let fault = self.fault(admitted.name, target, number);
        if let Some(fault) = fault {
            self.tallies.strike(fault);
        }
        let distortion = match fault {
            Some(Fault::Error500) => {
                return Ok(Ok(self.error(&S3Error::new(ErrorCode::InternalError), number)));
            }
            Some(Fault::SlowDown) => return Ok(Ok(self.slow_down(number))),
            Some(Fault::Reset) => {
                reset.store(true, Ordering::Relaxed);
                return Ok(Err(BreakOff));
            }
            Some(Fault::ErrorIn200) => {
                let codes = [ErrorCode::InternalError, ErrorCode::SlowDown];
                let error = S3Error::new(codes[usize::from(number % 2 == 1)]);
                let document = Bytes::from(error.to_xml(&request_id(number)));
                return Ok(Ok(xml(StatusCode::OK, document, number)));
            }
            Some(Fault::Stall) => {
                tokio::time::sleep(self.behaviour.faults.stall).await;
                None
            }
            other => other.and_then(Distortion::of_fault),
        };
        let mut buffer = self.pool.take();
        let Bucket { view, history, .. } = admitted.bucket;
        let (behaviour, out) = (&self.behaviour, &mut buffer);
        let listed = match asked {
            Asked::Objects(query) => list(&query, view, behaviour, distortion, number, out)?,
            Asked::History(query) => {
                query.write(view.content(), history, behaviour, distortion, number, out)?
            }
        };
        let document = self.pool.seal(buffer);
        let length = document.len();
        self.tallies.listed_objects.fetch_add(listed.objects, Ordering::Relaxed);
        self.tallies.listed_bytes.fetch_add(length as u64, Ordering::Relaxed);
        let part = document.slice(..length * 3 / 5);
        Ok(Ok(match fault {
            Some(Fault::TruncatedXml) => xml(StatusCode::OK, part, number),
            Some(Fault::CutBody) => {
                let mut answer = xml(StatusCode::OK, part.clone(), number);
                answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
                *answer.body_mut() = Payload::Cut(Some(part), false);
                answer
            }
            _ => xml(StatusCode::OK, document, number),
        }))
    }

    pub(super) fn fault(&self, bucket: &str, target: &Target, number: u64) -> Option<Fault> {
        let faults = &self.behaviour.faults;
        if faults.total() <= 0.0 {
            return None;
        }
        let mut asked = bucket.as_bytes().to_vec();
        for (name, value) in &target.query {
            asked.extend_from_slice(&[b"&", name.as_slice(), b"=", value].concat());
        }
        faults.strike(self.attempts.draw(faults.basis, self.seed, number, &asked))
    }

    fn slow_down(&self, number: u64) -> Response<Payload> {
        let mut answer = self.error(&S3Error::new(ErrorCode::SlowDown), number);
        if let Some(wait) = self.behaviour.retry_after {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        answer
    }

    fn error(&self, error: &S3Error, number: u64) -> Response<Payload> {
        let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let mut answer = xml(status, Bytes::from(error.to_xml(&request_id(number))), number);
        self.date(&mut answer);
        answer
    }

    /// Dates an answer by the server's clock, where that is not ours.
    fn date(&self, answer: &mut Response<Payload>) {
        if self.behaviour.clock_offset != 0
            && let Ok(time) = jiff::Timestamp::from_second(self.now())
            && let Ok(date) =
                HeaderValue::from_str(&time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        {
            answer.headers_mut().insert(header::DATE, date);
        }
    }

    /// The server's time in seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(elapsed.as_secs())
            .unwrap_or(i64::MAX)
            .saturating_add(self.behaviour.clock_offset)
    }

    /// Requests signed for another region are sent there. AWS answers with a redirect where the path names
    /// the bucket, and with the region in a 400 where the host does; KS3 and OSS refuse access and name
    /// the endpoint to ask.
    fn check_region(&self, caller: &Caller, admitted: &Admitted<'_>) -> Result<(), S3Error> {
        let expected = &admitted.bucket.region;
        let Caller::Signed { region: Some(region) } = caller else {
            return Ok(());
        };
        if region == expected {
            return Ok(());
        }
        let host = self.flavour.host(expected);
        if self.dialect != Dialect::S3 {
            return Err(S3Error::new(ErrorCode::AccessDenied)
                .with(
                    "Message",
                    "The bucket you are attempting to access must be addressed using the specified endpoint.",
                )
                .with("Endpoint", host)
                .with("Bucket", admitted.name));
        }
        if admitted.resource.virtual_host {
            let message = format!(
                "The authorization header is malformed; the region '{region}' is wrong; expecting '{expected}'"
            );
            return Err(S3Error::new(ErrorCode::AuthorizationHeaderMalformed)
                .with("Message", message)
                .with("Region", expected));
        }
        Err(S3Error::new(ErrorCode::PermanentRedirect)
            .with("Endpoint", format!("{}.{host}", admitted.name))
            .with("Bucket", admitted.name))
    }
}

/// A parameter that asks for something else than a listing.
fn unknown_subresource(target: &Target) -> Option<&'static str> {
    const OTHERS: [&str; 8] = [
        "accelerate",
        "acl",
        "cors",
        "inventory",
        "lifecycle",
        "logging",
        "notification",
        "replication",
    ];
    OTHERS.into_iter().find(|name| target.parameter(name).is_some())
}
