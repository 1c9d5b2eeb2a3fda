//! A bucket that speaks the list calls of S3.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use futures::future::{BoxFuture, FutureExt as _};
use http::header::{ACCEPT_ENCODING, HOST, HeaderValue, InvalidHeaderValue, SERVER, USER_AGENT};
use http::{HeaderMap, Request, Uri};

use super::config::S3Config;
use super::credentials::KeyRing;
use super::decode::{Expected, decode, plus_of};
use super::endpoint::{Endpoint, Route};
use super::environment::{self, Environment};
use super::error::{self, Refusal};
use super::keys::Keys;
use super::providers::{self, Provider};
use super::settled::Settled;
use super::sign::{Scheme, Sign, SignerV4, Unsigned};
use super::{query, version};
use crate::store::http::Client;
use crate::store::page::printable;
use crate::store::text::date;
use crate::store::{
    ErrorKind, KeyInUse, ListVersion, Origin, Page, PageError, PageRequest, Plus, Quirks, Service,
    Store, StoreError,
};

/// A bucket of Amazon S3 or of a store that is compatible with it.
#[derive(Debug)]
pub struct S3Store {
    bucket: String,
    provider: String,
    request_payer: bool,
    path_style: Option<bool>,
    quirks: Quirks,
    /// The same for a store that turns out to know the first version of the list call only.
    first_quirks: Quirks,
    /// The version that the store knows, once its answers show it.
    version: OnceLock<ListVersion>,
    /// What `+` stands for in encoded keys, once the store was asked.
    plus: OnceLock<Plus>,
    /// The service, where the user or the endpoint names it.
    named: Option<&'static Provider>,
    /// The service by the name that the server gives itself.
    answering: OnceLock<&'static Provider>,
    http: Client,
    endpoint: Endpoint,
    keys: KeyRing,
    signer: Box<dyn Sign>,
    route: RwLock<Arc<Route>>,
    /// Whether the route was changed by an answer; that happens once.
    rerouted: AtomicBool,
    /// The store's clock minus ours, in seconds.
    skew: AtomicI64,
}

impl S3Store {
    /// Finds out what the configuration leaves open and gets the bucket ready to be listed. Nothing is
    /// sent to the store yet.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`] for what cannot be right, and [`ErrorKind::NoCredentials`] where none are
    /// found and none were waived.
    pub async fn connect(config: S3Config) -> Result<Self, StoreError> {
        check_name(&config)?;
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
        let known = service.map(|service| service.quirks.clone());
        let mut quirks = config.quirks.or(known).unwrap_or_default();
        let wanted = config.page_limit.filter(|limit| *limit > 0);
        quirks.page_limit = wanted.map_or(quirks.page_limit, |limit| limit.min(quirks.page_limit));
        Self::new(Settled {
            provider: config.provider,
            bucket: config.bucket,
            endpoint,
            region,
            keys,
            signer: Box::new(SignerV4::new(Scheme::AWS4)),
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
        let Settled { provider, bucket, endpoint, region, keys, signer, .. } = settled;
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

    /// One attempt, and a second one at once where the answer says what was wrong with the first: the
    /// region, the clock, keys that have ended, what `+` means, or the version of the call. Each is corrected once.
    async fn list_corrected(
        &self,
        request: &PageRequest,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        let (mut rerouted, mut reset, mut renewed, mut translated) = (false, false, false, false);
        loop {
            let route = self.route();
            let keys = self.keys.keys().await?;
            let Err(mut refusal) = self.attempt(&route, keys.as_ref(), request, page).await else {
                return Ok(());
            };
            self.locate(&route, &mut refusal);
            let again = match &refusal.error.kind {
                ErrorKind::WrongRegion { region } if !rerouted => {
                    rerouted = true;
                    self.reroute(&route, region.as_deref(), refusal.host.as_deref())
                }
                ErrorKind::ClockSkew { seconds: Some(seconds) } if !reset => {
                    reset = true;
                    self.skew.store(*seconds, Ordering::Relaxed);
                    true
                }
                ErrorKind::BadPage(PageError::FirstVersion) if !translated => {
                    translated = true;
                    true
                }
                ErrorKind::BadPage(PageError::UnsurePlus { .. }) if self.plus.get().is_none() => {
                    match self.ask_for_plus(&route, keys.as_ref(), &request.prefix).await {
                        Ok(()) => true,
                        Err(asked) => {
                            refusal = asked;
                            false
                        }
                    }
                }
                ErrorKind::BadCredentials if !renewed && has_ended(&refusal.error.code) => {
                    renewed = true;
                    match &keys {
                        Some(keys) => self.keys.renew(keys).await?,
                        None => false,
                    }
                }
                _ => false,
            };
            if !again {
                return Err(redacted(refusal.error, keys.as_deref()));
            }
        }
    }

    async fn attempt(
        &self,
        route: &Route,
        keys: Option<&Arc<Keys>>,
        request: &PageRequest,
        page: &mut Page,
    ) -> Result<(), Refusal> {
        let asked = self.quirks();
        let call = self.call(route, keys, request, asked)?;
        let head = self.http.fetch(call, &mut page.body).await?;
        if !head.status.is_success() {
            return Err(error::read(head.status, &head.headers, &page.body));
        }
        let server = head.headers.get(SERVER).and_then(|server| server.to_str().ok());
        let service = self.recognise(server.unwrap_or_default());
        if !request.any_order
            && let Some(service) = service.filter(|service| !service.quirks.ordered)
        {
            let why = format!(
                "the server is `{}`, which is known to list in an order of its own",
                server.unwrap_or(service.title)
            );
            return Err(StoreError::from(PageError::KeepsNoOrder { why }).into());
        }
        let quirks = self.settle(asked, &page.body);
        // Without a start the answer would have been the same.
        let started = request.after.is_some() || request.token.is_some();
        if started && quirks.list_version != asked.list_version {
            return Err(StoreError::from(PageError::FirstVersion).into());
        }
        let plus = self.plus.get().copied().unwrap_or(quirks.plus);
        let quirks = &Quirks { plus, ..quirks.clone() };
        let expected = Expected { bucket: self.echoed_name(), quirks };
        decode(page, request, &expected).map_err(StoreError::from)?;
        page.set_held_back(error::held_back(&head.headers).unwrap_or_default());
        Ok(())
    }

    /// Asks the store what it means by `+` in encoded names: it writes the prefix that it was asked for
    /// into its answer like any other name. It stays `within` what is listed anyway, as keys may be
    /// allowed no more.
    async fn ask_for_plus(
        &self,
        route: &Route,
        keys: Option<&Arc<Keys>>,
        within: &[u8],
    ) -> Result<(), Refusal> {
        let prefix = [within, b"+ "].concat();
        let request = PageRequest { prefix, limit: 1, ..PageRequest::default() };
        let quirks = self.quirks();
        let call = self.call(route, keys, &request, quirks)?;
        let mut body = Vec::new();
        let head = self.http.fetch(call, &mut body).await?;
        if !head.status.is_success() {
            return Err(error::read(head.status, &head.headers, &body));
        }
        let plus = plus_of(&body, quirks).unwrap_or_else(|| {
            tracing::warn!(
                "the store does not show what `+` in its keys stands for: read as a space"
            );
            Plus::Space
        });
        // Whoever asked at the same time was told the same.
        let _ = self.plus.set(plus);
        Ok(())
    }

    /// The request for a page, signed where there are keys.
    fn call(
        &self,
        route: &Route,
        keys: Option<&Arc<Keys>>,
        request: &PageRequest,
        quirks: &Quirks,
    ) -> Result<Request<()>, StoreError> {
        let query = query::write(request, quirks)?;
        let Route { host, path, region, .. } = route;
        let uri = format!("{}{path}?{query}", route.origin());
        let uri: Uri =
            uri.parse().map_err(|_| setup(format!("`{}{path}` is not a URL", route.origin())))?;
        let mut call = Request::new(());
        *call.uri_mut() = uri;
        let Self { bucket, request_payer, .. } = self;
        let unsigned =
            Unsigned { bucket, host, path, query: &query, request_payer: *request_payer };
        let headers = self.headers(&unsigned, keys, region);
        *call.headers_mut() = headers
            .map_err(|_| setup("the host, region or access key holds control characters"))?;
        Ok(call)
    }

    fn headers(
        &self,
        unsigned: &Unsigned<'_>,
        keys: Option<&Arc<Keys>>,
        region: &str,
    ) -> Result<HeaderMap, InvalidHeaderValue> {
        let mut headers = HeaderMap::with_capacity(9);
        headers.insert(HOST, unsigned.host.parse()?);
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("weighbridge/", env!("CARGO_PKG_VERSION"))),
        );
        // Not signed: proxies and some stores rewrite it.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
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
        if self.bucket.ends_with("-s3alias") { "" } else { &self.bucket }
    }

    fn route(&self) -> Arc<Route> {
        Arc::clone(&self.route.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sees that a refusal is about the bucket's place where the answer names another one than the one
    /// asked. KS3 and OSS send the right endpoint with `AccessDenied`.
    fn locate(&self, used: &Route, refusal: &mut Refusal) {
        let Refusal { error, host: Some(host) } = refusal else { return };
        if error.kind == ErrorKind::AccessDenied && used.host.ends_with(host.as_str()) {
            return;
        }
        if let ErrorKind::AccessDenied | ErrorKind::WrongRegion { region: None } = error.kind {
            let region = self.endpoint.region_of(host).filter(|region| *region != used.region);
            error.kind = ErrorKind::WrongRegion { region };
            let named = printable(host.as_bytes());
            error.message = format!("{}; the store names the endpoint `{named}`", error.message);
            if matches!(error.kind, ErrorKind::WrongRegion { region: None }) {
                let hint = format!("\nhint: ask there, with `--endpoint-url https://{named}`");
                error.message.push_str(&hint);
            }
        }
    }

    /// Goes to the region or host that an answer names; whether the request may be sent again.
    fn reroute(&self, used: &Arc<Route>, region: Option<&str>, host: Option<&str>) -> bool {
        let mut route = self.route.write().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&route, used) {
            // Another request was told the same.
            return true;
        }
        let region = region
            .map(str::to_owned)
            .or_else(|| host.and_then(|host| self.endpoint.region_of(host)))
            .filter(|region| is_region(region));
        let moved = || {
            let moved = host.and_then(|host| used.to_host(host, &self.bucket));
            let route = moved.unwrap_or_else(|| Route::clone(used));
            Route { region: region.clone().unwrap_or_else(|| used.region.clone()), ..route }
        };
        let regional = || {
            let region = region.as_deref().filter(|_| !self.endpoint.is_named())?;
            self.endpoint.route(&self.bucket, region, self.path_style).ok()
        };
        let found = regional().unwrap_or_else(moved);
        if found == **used {
            return false;
        }
        if self.rerouted.swap(true, Ordering::Relaxed) {
            return false;
        }
        tracing::info!("the bucket is in region {} at {}", found.region, found.host);
        *route = Arc::new(found);
        true
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
            list_price: self.named.and_then(|named| named.list_price(&self.route().region)),
            notes: translated.then(|| note.to_owned()).into_iter().collect(),
        }
    }

    fn key_in_use(&self) -> Option<KeyInUse> {
        self.keys.current().map(|keys| keys.in_use())
    }

    fn list<'a>(
        &'a self,
        request: &'a PageRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.list_corrected(request, page).boxed()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self { error, host: None }
    }
}

fn check_name(config: &S3Config) -> Result<(), StoreError> {
    let bucket = &config.bucket;
    if bucket.is_empty() {
        return Err(setup("the bucket has no name"));
    }
    if bucket.contains('/') || bucket.starts_with("arn:") {
        return Err(setup(format!(
            "`{bucket}` is not a bucket's name\nhint: name the bucket, or an access point by its alias"
        )));
    }
    if config.endpoint_url.is_none() && bucket.ends_with("--x-s3") {
        return Err(setup(format!(
            "`{bucket}` is a directory bucket, which lists in no order and by another protocol"
        )));
    }
    Ok(())
}

/// Regions become part of host names, so nothing else is taken for one.
fn is_region(region: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !region.is_empty() && region.len() <= 63 && region.bytes().all(allowed)
}

fn has_ended(code: &str) -> bool {
    matches!(
        code,
        "ExpiredToken"
            | "ExpiredTokenException"
            | "TokenRefreshRequired"
            | "InvalidToken"
            | "SecurityTokenExpired"
    )
}

/// An error without anything secret that the other side repeated in it.
fn redacted(mut error: StoreError, keys: Option<&Keys>) -> StoreError {
    if let Some(at) = error.message.find("Signature=") {
        error.message.truncate(at);
        error.message.push_str("Signature=[redacted]");
    }
    if let Some(keys) = keys {
        error.message = keys.redact(error.message);
    }
    error
}

fn setup(message: impl Into<String>) -> StoreError {
    StoreError::new(ErrorKind::Setup, message)
}

#[cfg(test)]
mod tests;
