//! The Azure dialect: accounts, containers and blobs, Shared Key and shared access signatures.
//!
//! An account is an accepted key id, its key the bytes of the secret, and every bucket is a container of
//! it; requests name the account first in their path, as on emulators. Spoken are `List Blobs` with
//! `startFrom` and, in XML only, `include`; `Get Account Information`, `Get Container Properties`, and `HEAD` and ranged `GET` of blobs.
//!
//! Names are listed by UTF-16 code units. Under [`Quirk::DirectoryOrder`] the account has a hierarchical
//! namespace: it is walked directory by directory, and directories are entries of their own.

mod arrow;
mod auth;
mod errors;
pub(crate) mod flatbuffer;
mod history;
mod list;
mod render;

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode};

use self::auth::{Action, Received, verify};
use self::errors::{AzureError, Code};
use self::list::{Format, KNOWS_START, ListRequest, list};
use self::render::{etag, http_date};
use super::answer::{request_id, without_body};
use super::behaviour::{Behaviour, Quirk};
use super::counters::count;
use super::faults::Fault;
use super::mix::digest;
use super::s3::{ByteRange, Distortion, Synthetic, Target, View, range_of};
use super::service::{Bucket, Service};
use super::settings::{AccountRefusal, ObjectSettings};
use super::wire::{BreakOff, Payload};
use crate::base64;

/// The media type of Arrow streams.
const ARROW: &str = "application/vnd.apache.arrow.stream";

/// The first version of the service that writes them.
const KNOWS_ARROW: &str = "2026-10-06";

/// What clients tell their requests apart by; repeated to them.
const REQUEST_ID: &str = "x-ms-client-request-id";

/// The key of an account, as its holder is given it: the secret in Base64.
#[must_use]
pub fn account_key(secret: &str) -> String {
    let mut key = Vec::with_capacity(secret.len() * 4 / 3 + 4);
    base64::encode(secret.as_bytes(), &mut key);
    String::from_utf8(key).unwrap_or_default()
}

/// What a path names.
struct Resource {
    account: String,
    container: String,
    /// Empty for the container itself.
    blob: Vec<u8>,
}

impl Resource {
    fn locate(path: &[u8]) -> Self {
        let mut parts = path.strip_prefix(b"/").unwrap_or(path).splitn(3, |byte| *byte == b'/');
        let mut part = || parts.next().unwrap_or_default();
        let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
        Self { account: text(part()), container: text(part()), blob: part().to_vec() }
    }
}

/// Answers a request. Raising `reset` before failing makes the connection end in a reset.
pub(super) async fn respond<B>(
    service: &Service,
    request: &Request<B>,
    number: u64,
    throttled: bool,
    reset: &AtomicBool,
) -> Result<Response<Payload>, BreakOff> {
    let answered = if throttled {
        count(&service.tallies.throttled);
        Err(Code::ServerBusy.into())
    } else {
        answer(service, request, reset).await
    };
    let mut answer = match answered {
        Ok(answer) => answer?,
        Err(error) => {
            if !throttled {
                count(&service.tallies.refused);
            }
            refusal(service, &error, number)
        }
    };
    let headers = answer.headers_mut();
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("x-ms-request-id", &request_id(number));
    put("x-ms-version", version(request.headers()));
    if let Some(id) = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()) {
        put(REQUEST_ID, id);
    }
    if !service.behaviour.lists_otherwise() {
        // Whoever does not list as the service does must not be taken for it.
        put("server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0");
    }
    if service.behaviour.clock_offset != 0 {
        put("date", &http_date(service.now()));
    }
    if request.method() == Method::HEAD {
        without_body(&mut answer);
    }
    Ok(answer)
}

/// Versions are dates and compare as text.
fn version(headers: &HeaderMap) -> &str {
    let version = headers.get("x-ms-version").and_then(|value| value.to_str().ok());
    version.unwrap_or("2009-09-19")
}

/// In which form a listing is asked for; accounts with a hierarchical namespace have it as XML only.
fn format(headers: &HeaderMap, behaviour: &Behaviour) -> Result<Format, AzureError> {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    let wanted = accepted.unwrap_or_default().split(',').any(|kind| kind.trim() == ARROW);
    if !wanted || version(headers) < KNOWS_ARROW || behaviour.has(Quirk::NoArrow) {
        return Ok(Format::Xml);
    }
    if behaviour.has(Quirk::DirectoryOrder) {
        return Err(Code::EndpointUnsupportedAccountFeatures.into());
    }
    Ok(Format::Arrow)
}

async fn answer<B>(
    service: &Service,
    request: &Request<B>,
    reset: &AtomicBool,
) -> Result<Result<Response<Payload>, BreakOff>, AzureError> {
    let method = request.method();
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(Code::UnsupportedHttpVerb.into());
    }
    if service.behaviour.has(Quirk::OldVersion) && version(request.headers()) > KNOWS_START {
        return Err(Code::InvalidHeaderValue.into());
    }
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let target = Target::parse(target);
    let resource = Resource::locate(&target.path);
    let parameter = |name| target.parameter(name).unwrap_or_default();
    let action = match (parameter("restype"), parameter("comp")) {
        (b"account", b"properties") => Action::Ask,
        (b"container", b"list") => Action::List,
        (b"container", b"") => Action::AskContainer,
        (b"", b"list") => Action::ListContainers,
        _ => Action::Read,
    };
    let received = Received {
        method: method.as_str(),
        path: request.uri().path(),
        target: &target,
        headers: request.headers(),
        account: &resource.account,
        container: &resource.container,
        action,
    };
    let named = service.buckets.get(&resource.container);
    if let Some(refusal) = named.and_then(|container| container.settings.refusal) {
        return Err(refused(refusal).into());
    }
    let signed = verify(&received, &service.credentials, service.now())?;
    if !signed && !service.anonymous {
        return Err(Code::NoAuthenticationInformation.into());
    }
    if action == Action::Ask {
        count(&service.tallies.buckets);
        return Ok(Ok(account(service)));
    }
    if action == Action::ListContainers {
        count(&service.tallies.buckets);
        let containers = service.buckets.keys().map(String::as_str);
        let document = render::containers(containers, parameter("prefix"));
        return Ok(Ok(document_of(StatusCode::OK, Bytes::from(document))));
    }
    let sound =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-$".contains(&byte);
    if !resource.container.bytes().all(sound) {
        return Err(Code::InvalidResourceName.into());
    }
    let container = named.ok_or(Code::ContainerNotFound)?;
    if container.denied {
        return Err(Code::AuthorizationFailure.into());
    }
    if action == Action::List {
        return listing(service, container, &resource, &target, request.headers(), reset).await;
    }
    if !resource.blob.is_empty() {
        count(&service.tallies.objects);
        let range = ["x-ms-range", "range"].iter().find_map(|name| request.headers().get(*name));
        let range = range.and_then(|range| range.to_str().ok());
        let settings = container.settings.objects.get(&resource.blob);
        return blob(&container.view, settings, method, &resource.blob, range).map(Ok);
    }
    count(&service.tallies.buckets);
    let mut answer = Response::new(Payload::empty());
    let truth = |truth| HeaderValue::from_static(if truth { "true" } else { "false" });
    let settings = &container.settings;
    answer.headers_mut().insert("x-ms-has-immutability-policy", truth(settings.immutable));
    answer.headers_mut().insert("x-ms-has-legal-hold", truth(settings.held));
    Ok(Ok(answer))
}

fn refused(refusal: AccountRefusal) -> Code {
    match refusal {
        AccountRefusal::Firewall => Code::AuthorizationFailure,
        AccountRefusal::NoAccountKeys => Code::KeyBasedAuthenticationNotPermitted,
        AccountRefusal::Disabled => Code::AccountIsDisabled,
        AccountRefusal::NoPublicAccess => Code::PublicAccessNotPermitted,
    }
}

fn account(service: &Service) -> Response<Payload> {
    let mut answer = Response::new(Payload::empty());
    let hierarchical = service.behaviour.has(Quirk::DirectoryOrder);
    let said = HeaderValue::from_static(if hierarchical { "true" } else { "false" });
    for (name, value) in [
        ("x-ms-sku-name", HeaderValue::from_static("Standard_LRS")),
        ("x-ms-account-kind", HeaderValue::from_static("StorageV2")),
        ("x-ms-is-hns-enabled", said),
    ] {
        answer.headers_mut().insert(name, value);
    }
    answer
}

async fn listing(
    service: &Service,
    container: &Bucket,
    resource: &Resource,
    target: &Target,
    headers: &HeaderMap,
    reset: &AtomicBool,
) -> Result<Result<Response<Payload>, BreakOff>, AzureError> {
    let version = version(headers);
    let query = ListRequest::read(target, &resource.container, version, &service.behaviour)?;
    let with_history = history::is_asked(&query);
    let format = if with_history { Format::Xml } else { format(headers, &service.behaviour)? };
    let number = count(&service.tallies.lists);
    let fault = service.fault(&resource.container, target, number);
    if let Some(fault) = fault {
        service.tallies.strike(fault);
    }
    match fault {
        Some(Fault::Error500) => {
            return Ok(Ok(refusal(service, &Code::InternalError.into(), number)));
        }
        Some(Fault::SlowDown) => return Ok(Ok(refusal(service, &Code::ServerBusy.into(), number))),
        Some(Fault::Reset) => {
            reset.store(true, Ordering::Relaxed);
            return Ok(Err(BreakOff));
        }
        Some(Fault::ErrorIn200) => {
            let document = AzureError::from(Code::ServerBusy).to_xml(&request_id(number));
            return Ok(Ok(document_of(StatusCode::OK, Bytes::from(document))));
        }
        Some(Fault::Stall) => tokio::time::sleep(service.behaviour.faults.stall).await,
        _ => {}
    }
    let distortion = fault.and_then(Distortion::of_fault);
    let mut buffer = service.pool.take();
    let (view, behaviour) = (&container.view, &service.behaviour);
    let objects = if with_history {
        let history = &container.history;
        history::list(&query, view, history, behaviour, distortion, number, &mut buffer)?
    } else {
        list(&query, format, view, behaviour, distortion, number, &mut buffer)?
    };
    let document = service.pool.seal(buffer);
    let length = document.len();
    service.tallies.listed_objects.fetch_add(objects, Ordering::Relaxed);
    service.tallies.listed_bytes.fetch_add(length as u64, Ordering::Relaxed);
    let part = document.slice(..length * 3 / 5);
    let mut answer = match fault {
        Some(Fault::TruncatedXml) => document_of(StatusCode::OK, part),
        Some(Fault::CutBody) => {
            let mut answer = document_of(StatusCode::OK, part.clone());
            answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            *answer.body_mut() = Payload::Cut(Some(part), false);
            answer
        }
        _ => document_of(StatusCode::OK, document),
    };
    if format == Format::Arrow {
        count(&service.tallies.arrow_lists);
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(ARROW));
    }
    Ok(Ok(answer))
}

fn blob(
    view: &View,
    settings: Option<&ObjectSettings>,
    method: &Method,
    name: &[u8],
    range: Option<&str>,
) -> Result<Response<Payload>, AzureError> {
    let attributes = view.find(name).ok_or(Code::BlobNotFound)?;
    if method == Method::GET && attributes.storage_class == b"Archive" {
        return Err(Code::BlobArchived.into());
    }
    let size = attributes.size;
    let (status, part) = match range_of(range, size) {
        ByteRange::Whole => (StatusCode::OK, 0..size),
        ByteRange::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        ByteRange::Unsatisfiable => return Err(Code::InvalidRange.into()),
    };
    let content = Synthetic::new(digest(0x0B1E, name), part.clone());
    let mut answer = Response::new(Payload::Object(content));
    *answer.status_mut() = status;
    let mut facts = vec![
        (header::ETAG, format!("\"{}\"", etag(attributes.etag))),
        (header::LAST_MODIFIED, http_date(attributes.modified.0.div_euclid(1_000))),
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (HeaderName::from_static("x-ms-blob-type"), "BlockBlob".to_owned()),
    ];
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        facts.push((header::CONTENT_RANGE, range));
    }
    if !attributes.storage_class.is_empty() {
        let tier = String::from_utf8_lossy(attributes.storage_class).into_owned();
        facts.push((HeaderName::from_static("x-ms-access-tier"), tier));
    }
    if let Some(status) = settings.and_then(|settings| settings.archive_status.clone()) {
        facts.push((HeaderName::from_static("x-ms-archive-status"), status));
    }
    for (name, value) in facts {
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers_mut().insert(name, value);
        }
    }
    Ok(answer)
}

fn refusal(service: &Service, error: &AzureError, number: u64) -> Response<Payload> {
    let (code, status, _) = error.code.parts();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut answer = document_of(status, Bytes::from(error.to_xml(&request_id(number))));
    answer.headers_mut().insert("x-ms-error-code", HeaderValue::from_static(code));
    if error.code == Code::ServerBusy
        && let Some(wait) = service.behaviour.retry_after
    {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    }
    answer
}

fn document_of(status: StatusCode, document: Bytes) -> Response<Payload> {
    let mut answer = Response::new(Payload::Whole(Some(document)));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("application/xml");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}
