//! A bucket that speaks the list calls of S3.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, RwLock};

use futures::future::{BoxFuture, FutureExt as _};
use http::header::{HeaderValue, InvalidHeaderValue, RANGE, SERVER};
use http::{HeaderMap, Method, Request};
use zeroize::Zeroizing;

use super::config::S3Config;
use super::correct::Corrected;
use super::credentials::KeyRing;
use super::decode::{Expected, decode};
use super::directory;
use super::ending;
use super::endpoint::{Endpoint, Route};
use super::environment::{self, Environment};
use super::error::{self, Refusal};
use super::keys::Keys;
use super::providers::{self, Provider};
use super::session::{self, Session, SessionSigner};
use super::settled::Settled;
use super::sign::{Scheme, Sign, SignerV4, Unsigned};
use super::{query, version};
use crate::store::http::Client;
use crate::store::http::call::{self, address};
use crate::store::text::{date, percent};
use crate::store::{
    Billed, ErrorKind, Gate, KeyInUse, ListVersion, Open, Origin, Page, PageError, PageRequest,
    Plus, Quirks, Service, Store, StoreError,
};

/// A bucket of Amazon S3 or of a store that is compatible with it.
#[derive(Debug)]
pub struct S3Store {
    pub(super) bucket: String,
    provider: String,
    request_payer: bool,
    pub(super) path_style: Option<bool>,
    quirks: Quirks,
    /// The same for a store that turns out to know the first version of the list call only.
    first_quirks: Quirks,
    /// The version that the store knows, once its answers show it.
    version: OnceLock<ListVersion>,
    /// What `+` stands for in encoded keys, once the store was asked; `None` where it did not show it.
    pub(super) plus: OnceLock<Option<Plus>>,
    /// The service, where the user or the endpoint names it.
    named: Option<&'static Provider>,
    /// The service by the name that the server gives itself.
    answering: OnceLock<&'static Provider>,
    http: Client,
    pub(super) endpoint: Endpoint,
    pub(super) keys: KeyRing,
    pub(super) session: Option<Session>,
    signer: Box<dyn Sign>,
    pub(super) route: RwLock<Arc<Route>>,
    /// Whether the route was changed by an answer; that happens once.
    pub(super) rerouted: AtomicBool,
    /// The store's clock minus ours, in seconds.
    pub(super) skew: AtomicI64,
}

/// What is asked of a bucket.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    /// Of an object; empty where the bucket itself is meant.
    pub(super) key: &'a [u8],
    /// Encoded as sent: names ascending, values after `=` even where empty.
    pub(super) query: &'a str,
    /// Of an object's content nothing but its first byte.
    pub(super) first_byte: bool,
    /// Also of a server that is known to list in an order of its own.
    pub(super) any_order: bool,
    /// What is passed before it is asked again.
    pub(super) gate: &'a dyn Gate,
}

impl<'a> Ask<'a> {
    /// What the bucket has to say to `query`.
    pub(super) fn get(query: &'a str) -> Self {
        let (method, gate) = (Method::GET, &Open);
        Self { method, key: b"", query, first_byte: false, any_order: true, gate }
    }
}

impl S3Store {
    /// Finds out what the configuration leaves open and gets the bucket ready to be listed. Nothing is
    /// sent to the store yet.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`] for what cannot be right, and [`ErrorKind::NoCredentials`] where none are
    /// found and none were waived.
    pub async fn connect(mut config: S3Config) -> Result<Self, StoreError> {
        check_name(&config.bucket)?;
        let zone = directory::zone(&config.bucket);
        let by_directories = zone.is_some();
        config.region = config.region.or_else(|| zone.and_then(directory::region_of_zone));
        let Environment { endpoint, region, keys, ca_bundle } = environment::read(&config).await?;
        let named = config
            .profile
            .clone()
            .or_else(|| std::env::var("AWS_PROFILE").ok())
            .filter(|name| !name.is_empty());
        keys.keys().await.map_err(|error| match named {
            // The chain goes on past a profile that does not exist, and does not say so.
            Some(profile) => {
                StoreError { message: format!("profile `{profile}`: {}", error.message), ..error }
            }
            None => error,
        })?;
        let mut http = config.http;
        http.ca_bundle = http.ca_bundle.or(ca_bundle);
        let route = endpoint.route(&config.bucket, &region, config.path_style)?;
        let service = config.service.or_else(|| providers::of_host(&route.host));
        let known = if by_directories {
            Some(directory::QUIRKS)
        } else {
            service.map(|service| service.quirks.clone())
        };
        let mut quirks = config.quirks.or(known).unwrap_or_default();
        let wanted = config.page_limit.filter(|limit| *limit > 0);
        quirks.page_limit = wanted.map_or(quirks.page_limit, |limit| limit.min(quirks.page_limit));
        Self::new(Settled {
            provider: config.provider,
            bucket: config.bucket,
            endpoint,
            region,
            keys,
            session: by_directories.then(Session::default),
            signer: if by_directories {
                Box::new(SessionSigner::new())
            } else {
                Box::new(SignerV4::new(Scheme::AWS4))
            },
            path_style: config.path_style,
            request_payer: config.request_payer,
            service,
            quirks,
            http,
        })
    }

    /// A bucket about which everything is settled.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`] for a region without a host.
    pub(crate) fn new(settled: Settled) -> Result<Self, StoreError> {
        let Settled { provider, bucket, endpoint, region, keys, session, signer, .. } = settled;
        let Settled { path_style, request_payer, service, quirks, http, .. } = settled;
        if let Some(service) = service {
            tracing::info!("the endpoint is taken for {}", service.title);
        }
        let route = endpoint.route(&bucket, &region, path_style)?;
        Ok(Self {
            bucket,
            provider,
            request_payer,
            path_style,
            http: Client::new(http),
            endpoint,
            keys,
            session,
            signer,
            route: RwLock::new(Arc::new(route)),
            rerouted: AtomicBool::new(false),
            skew: AtomicI64::new(0),
            first_quirks: Quirks { list_version: ListVersion::V1, ..quirks.clone() },
            quirks,
            version: OnceLock::new(),
            plus: OnceLock::new(),
            named: service,
            answering: OnceLock::new(),
        })
    }

    /// Bytes of answers received so far.
    #[must_use]
    pub fn bytes_received(&self) -> u64 {
        self.http.bytes_received()
    }

    /// One attempt, and a second one at once where the answer says what was wrong with the first.
    async fn list_corrected(
        &self,
        gate: &dyn Gate,
        request: &PageRequest,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        let mut corrected = Corrected::default();
        loop {
            let route = self.route();
            let keys = self.signing_keys().await?;
            let Err(mut refusal) = self.attempt(gate, &route, keys.as_ref(), request, page).await
            else {
                return Ok(());
            };
            if matches!(refusal.error.kind, ErrorKind::BadPage(PageError::UnsurePlus { .. }))
                && self.plus.get().is_none()
                && gate.again().await
            {
                match self.ask_for_plus(&route, keys.as_ref(), &request.prefix).await {
                    Ok(()) if gate.again().await => continue,
                    Ok(()) => {}
                    Err(refused) => refusal = refused,
                }
            }
            self.correct(refusal, &route, keys.as_ref(), &mut corrected, gate).await?;
        }
    }

    /// What is answered to a request, and its headers; corrected as a listing is.
    pub(super) async fn ask(&self, ask: &Ask<'_>) -> Result<(HeaderMap, Vec<u8>), StoreError> {
        let (mut corrected, mut body) = (Corrected::default(), Vec::new());
        loop {
            let route = self.route();
            let keys = self.signing_keys().await?;
            match self.send(&route, keys.as_ref(), ask, &mut body).await {
                Ok(headers) => return Ok((headers, body)),
                Err(refusal) => {
                    self.correct(refusal, &route, keys.as_ref(), &mut corrected, ask.gate).await?;
                }
            }
        }
    }

    /// The keys to sign with now: the account's, or those of the session; `None` for anonymous requests.
    async fn signing_keys(&self) -> Result<Option<Arc<Keys>>, StoreError> {
        match &self.session {
            Some(session) if !self.keys.is_anonymous() => {
                session.keys(self.create_session()).await.map(Some)
            }
            _ => self.keys.keys().await,
        }
    }

    /// A new session with the bucket; corrected as a listing is.
    async fn create_session(&self) -> Result<Keys, StoreError> {
        let (mut corrected, mut body) = (Corrected::default(), Zeroizing::new(Vec::new()));
        loop {
            let route = self.route();
            let keys = self.keys.keys().await?;
            let sent =
                self.send(&route, keys.as_ref(), &Ask::get(session::CREATE), &mut body).await;
            let refusal = match sent.and_then(|head| session::read(&body, &head)) {
                Ok(session) => return Ok(session),
                Err(refusal) => refusal,
            };
            // A session is no listing.
            let refused = self.correct(refusal, &route, keys.as_ref(), &mut corrected, &Open).await;
            refused.map_err(session::permitted)?;
        }
    }

    async fn attempt(
        &self,
        gate: &dyn Gate,
        route: &Route,
        keys: Option<&Arc<Keys>>,
        request: &PageRequest,
        page: &mut Page,
    ) -> Result<(), Refusal> {
        let asked = self.quirks();
        let wanted = &request.prefix;
        let enclosing = asked.directory_prefixes.then(|| directory::enclosing(request)).flatten();
        let request = enclosing.as_ref().unwrap_or(request);
        let query = query::write(request, asked)?;
        let ask = Ask { any_order: request.any_order, ..Ask::get(&query) };
        let head = self.send(route, keys, &ask, &mut page.body).await?;
        let quirks = self.settle(asked, &page.body);
        // Without a start the answer would have been the same.
        let started = request.after.is_some() || request.token.is_some();
        if started && quirks.list_version != asked.list_version {
            return Err(StoreError::from(PageError::FirstVersion).into());
        }
        let quirks = &self.as_meant(quirks);
        if let Some(last) = ending::last_key(&page.body, request, quirks) {
            gate.received(&last);
        }
        decode(page, request, &self.expected(quirks)).map_err(StoreError::from)?;
        if enclosing.is_some() {
            page.retain_below(wanted);
        }
        page.set_held_back(error::held_back(&head).unwrap_or_default());
        Ok(())
    }

    /// Sends one request and receives its answer, from a server that lists in order unless any order will
    /// do. Returns the headers.
    pub(super) async fn send(
        &self,
        route: &Route,
        keys: Option<&Arc<Keys>>,
        ask: &Ask<'_>,
        body: &mut Vec<u8>,
    ) -> Result<HeaderMap, Refusal> {
        let call = self.call(route, keys, ask)?;
        let head = self.http.fetch(call, body).await?;
        if !head.status.is_success() {
            return Err(error::read(head.status, &head.headers, body));
        }
        let server = head.headers.get(SERVER).and_then(|server| server.to_str().ok());
        let service = self.recognise(server.unwrap_or_default());
        if !ask.any_order
            && let Some(service) = service.filter(|service| !service.quirks.ordered)
        {
            let why = format!(
                "the server is `{}`, which is known to list in an order of its own",
                server.unwrap_or(service.title)
            );
            return Err(StoreError::from(PageError::KeepsNoOrder { why }).into());
        }
        Ok(head.headers)
    }

    /// What a reply has to agree with.
    pub(super) fn expected<'a>(&'a self, quirks: &'a Quirks) -> Expected<'a> {
        Expected { bucket: self.echoed_name(), quirks }
    }

    /// The request, signed where there are keys.
    fn call(
        &self,
        route: &Route,
        keys: Option<&Arc<Keys>>,
        ask: &Ask<'_>,
    ) -> Result<Request<()>, StoreError> {
        let Route { host, region, .. } = route;
        let Ask { method, key, query, .. } = ask;
        let mut encoded = String::new();
        percent::encode_path(key, &mut encoded);
        let key = &encoded;
        let path = &match route.path.as_str() {
            path if key.is_empty() => path.to_owned(),
            path => format!("{}/{key}", path.trim_end_matches('/')),
        };
        let mut call = Request::new(());
        *call.uri_mut() = address(&route.origin(), path, query)?;
        *call.method_mut() = method.clone();
        let Self { bucket, request_payer, .. } = self;
        let (method, request_payer) = (method.as_str(), *request_payer);
        let unsigned = Unsigned { method, bucket, key, host, path, query, request_payer };
        let headers = self.headers(&unsigned, keys, region);
        *call.headers_mut() = headers
            .map_err(|_| setup("the host, region or access key holds control characters"))?;
        if ask.first_byte {
            call.headers_mut().insert(RANGE, HeaderValue::from_static("bytes=0-0"));
        }
        Ok(call)
    }

    fn headers(
        &self,
        unsigned: &Unsigned<'_>,
        keys: Option<&Arc<Keys>>,
        region: &str,
    ) -> Result<HeaderMap, InvalidHeaderValue> {
        let mut headers = call::headers(unsigned.host)?;
        let Some(keys) = keys else { return Ok(headers) };
        let now = date::now_seconds().saturating_add(self.skew.load(Ordering::Relaxed));
        self.signer.sign(unsigned, keys, region, now, &mut headers)?;
        Ok(headers)
    }

    /// The service: the one that was named, or the one that the answering server says it is.
    fn recognise(&self, server: &str) -> Option<&'static Provider> {
        if self.named.is_none()
            && self.answering.get().is_none()
            && let Some(found) = providers::of_server(server)
            && self.answering.set(found).is_ok()
        {
            tracing::info!("the server is {}", found.title);
        }
        self.provider_by_now()
    }

    fn provider_by_now(&self) -> Option<&'static Provider> {
        self.named.or_else(|| self.answering.get().copied())
    }

    /// How to go on with an answer to a request that was `asked`: in the first version, where the store
    /// turns out to know no other.
    fn settle<'a>(&'a self, asked: &'a Quirks, body: &[u8]) -> &'a Quirks {
        if asked.list_version == ListVersion::V2
            && self.version.get().is_none()
            && let Some(found) = version::of(body)
            && self.version.set(found).is_ok()
            && found == ListVersion::V1
        {
            tracing::info!("the store knows the first version of the list call only");
        }
        self.quirks()
    }

    /// The name that replies give the bucket. Access points answer with another one than their own.
    fn echoed_name(&self) -> &str {
        if self.bucket.ends_with("-s3alias") || directory::is_access_point(&self.bucket) {
            ""
        } else {
            &self.bucket
        }
    }
}

impl Store for S3Store {
    fn origin(&self) -> Origin {
        let route = self.route();
        Origin {
            provider: self.provider.clone(),
            endpoint: route.origin(),
            region: route.region.clone(),
        }
    }

    fn quirks(&self) -> &Quirks {
        match self.version.get() {
            Some(ListVersion::V1) => &self.first_quirks,
            Some(ListVersion::V2) | None => &self.quirks,
        }
    }

    fn is_sound(&self) -> bool {
        self.provider_by_now().is_some_and(|provider| provider.sound)
    }

    fn service(&self) -> Service {
        let translated = self.quirks().list_version != self.quirks.list_version;
        let note =
            "the store answers by the first version of the list call only, and was listed by it";
        Service {
            name: self.provider_by_now().map_or("", |provider| provider.name),
            // A name in a header is no contract.
            // Directory buckets have prices of their own.
            list_price: self
                .named
                .filter(|_| self.session.is_none())
                .and_then(|named| named.list_price(&self.route().region)),
            notes: translated
                .then(|| note.to_owned())
                .into_iter()
                .chain(self.plus_note())
                .collect(),
        }
    }

    fn key_in_use(&self) -> Option<KeyInUse> {
        self.keys.current().map(|keys| keys.in_use())
    }

    fn list_through<'a>(
        &'a self,
        gate: &'a dyn Gate,
        request: &'a PageRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.list_corrected(gate, request, page).boxed()
    }

    fn billed(&self) -> Option<&dyn Billed> {
        // Directory buckets keep no versions and list uploads by directories only.
        self.session.is_none().then_some(self as _)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self { error, host: None }
    }
}

fn check_name(bucket: &str) -> Result<(), StoreError> {
    if bucket.is_empty() {
        return Err(setup("the bucket has no name"));
    }
    if bucket.contains('/') || bucket.starts_with("arn:") {
        return Err(setup(format!(
            "`{bucket}` is not a bucket's name\nhint: name the bucket, or an access point by its alias"
        )));
    }
    Ok(())
}

fn setup(message: impl Into<String>) -> StoreError {
    StoreError::new(ErrorKind::Setup, message)
}

#[cfg(test)]
mod tests;
