//! One attempt at one request, with its limits on time and bytes.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::time::{Instant, timeout, timeout_at};

use super::budget::Budget;
use super::classify::classify;
use super::connect::Setup;
use super::pool::Pool;
use super::resolve::Resolver;
use super::tls::Tls;
use super::wire::{Answer, Framing, Wire, WireError};
use crate::store::{ErrorKind, PageError, StoreError};

/// The largest body that is accepted, in bytes. The largest page of any provider is some 10 MB.
const MAX_BODY: usize = 64 << 20;

/// What is assumed of a body that does not say how long it is, before there was one.
const FIRST_GUESS: usize = 384 << 10;

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, with its proxy and its TLS.
    pub connect: Duration,
    /// From sending a request to the head of its answer, a connection included.
    pub first_byte: Duration,
    /// For more bytes of a body that has begun.
    pub stall: Duration,
    /// For the whole answer, the wait for memory excluded.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connect: seconds(10),
            first_byte: seconds(30),
            stall: seconds(20),
            total: seconds(120),
        }
    }
}

/// How the client is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// The most bytes of bodies that are being received at once.
    pub receiving: usize,
    /// A file of certificates to trust in place of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// Whether proxies are taken from the environment.
    pub proxies: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { timeouts: Timeouts::default(), receiving: 24 << 20, ca_bundle: None, proxies: true }
    }
}

/// The head of an answer.
#[derive(Debug)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
}

/// The client. Cheap to clone; clones share connections and limits.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    setup: Setup,
    pool: Pool,
    timeouts: Timeouts,
    budget: Budget,
    /// The size of the last body.
    last: AtomicUsize,
    received: AtomicU64,
}

/// Marks a request, as an extension, that must not take effect twice although its method would let it.
#[derive(Clone, Copy, Debug)]
pub struct Once;

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("setup", &self.shared.setup).finish_non_exhaustive()
    }
}

impl Client {
    /// A client without connections yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let Settings { timeouts, receiving, ca_bundle, proxies } = settings;
        let setup = Setup {
            resolver: Resolver::default(),
            tls: Tls::new(ca_bundle),
            proxies: if proxies { Matcher::from_env() } else { Matcher::builder().build() },
            timeout: timeouts.connect,
        };
        let budget = Budget::new(receiving);
        let (last, received) = (AtomicUsize::new(FIRST_GUESS), AtomicU64::new(0));
        let pool = Pool::default();
        Self { shared: Arc::new(Shared { setup, pool, timeouts, budget, last, received }) }
    }

    /// Bytes of bodies received so far, those of failed answers included.
    #[must_use]
    pub fn bytes_received(&self) -> u64 {
        self.shared.received.load(Ordering::Relaxed)
    }

    /// Sends a request without a body and receives the whole answer, whatever its status. Redirects are
    /// not followed. The body of the answer takes the place of what is in `body`.
    ///
    /// # Errors
    /// Transport errors only, each naming the host: [`ErrorKind::Resolve`], [`ErrorKind::Connect`],
    /// [`ErrorKind::Tls`], [`ErrorKind::Timeout`], [`ErrorKind::Interrupted`], and
    /// [`PageError::TooLarge`] for bodies beyond 64 MiB.
    pub async fn fetch(
        &self,
        request: Request<()>,
        body: &mut Vec<u8>,
    ) -> Result<Head, StoreError> {
        self.send(request.map(|()| Bytes::new()), body).await
    }

    /// The same for a request with a body, whose sending counts as waiting for the first byte.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch). After [`ErrorKind::Timeout`] and [`ErrorKind::Interrupted`] nobody knows
    /// whether the request took effect.
    pub async fn send(
        &self,
        mut request: Request<Bytes>,
        body: &mut Vec<u8>,
    ) -> Result<Head, StoreError> {
        let shared = &*self.shared;
        // The buffer may be needed for an answer that is there before ours.
        shared.budget.give(std::mem::take(body));
        let uri = request.uri();
        let host = uri.authority().map(ToString::to_string).unwrap_or_default();
        let place = format!("{}://{host}", uri.scheme_str().unwrap_or_default());
        self.introduce_to_proxy(&mut request);
        let begun = Instant::now();
        let asked = timeout(shared.timeouts.first_byte, self.ask(&request, &place, &host)).await;
        let asked = asked.map_err(|_| late(&host, "no answer", shared.timeouts.first_byte))?;
        let (mut wire, Answer { status, headers, framing }) = asked?;
        let stated = if let Framing::Length(length) = framing { Some(length) } else { None };
        too_large(stated.unwrap_or(0))?;
        if stated != Some(0) {
            let waiting = Instant::now();
            let expected = stated.unwrap_or_else(|| shared.last.load(Ordering::Relaxed));
            let _permit = shared.budget.enter(expected).await;
            let deadline = begun + shared.timeouts.total + waiting.elapsed();
            *body = shared.budget.take();
            self.receive(&mut wire, framing, body, deadline, &host).await?;
        }
        if status.is_success() {
            shared.last.store(body.len(), Ordering::Relaxed);
        }
        if wire.is_reusable() {
            shared.pool.give(&place, wire);
        }
        Ok(Head { status, headers })
    }

    /// Sends the request on an idle connection or a new one, and waits for the head of the answer.
    async fn ask(
        &self,
        request: &Request<Bytes>,
        place: &str,
        host: &str,
    ) -> Result<(Wire, Answer), StoreError> {
        // A request that must not take effect twice is not sent on a connection that may be closed just now.
        let once = request.extensions().get::<Once>().is_some();
        if request.method().is_idempotent()
            && !once
            && let Some(mut wire) = self.shared.pool.take(place)
        {
            match wire.ask(request).await {
                Ok(answer) => return Ok((wire, answer)),
                // Closed by the other end in the very moment: nobody has answered, so ask anew.
                Err(WireError::Closed | WireError::Io(_)) => {}
                Err(error) => return Err(classify(&error, host)),
            }
        }
        let mut wire = Wire::new(self.shared.setup.connect(request.uri()).await?);
        let answer = wire.ask(request).await.map_err(|error| classify(&error, host))?;
        Ok((wire, answer))
    }

    async fn receive(
        &self,
        wire: &mut Wire,
        framing: Framing,
        body: &mut Vec<u8>,
        deadline: Instant,
        host: &str,
    ) -> Result<(), StoreError> {
        let Timeouts { stall, total, .. } = self.shared.timeouts;
        // Written by the reading, read by the clock, both in this task.
        let latest = AtomicU64::new(0);
        let begun = Instant::now();
        let mut arrived = |bytes: usize| {
            self.shared.received.fetch_add(bytes as u64, Ordering::Relaxed);
            latest.store(
                u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
                Ordering::Relaxed,
            );
        };
        let mut reading = std::pin::pin!(wire.body(framing, body, MAX_BODY, &mut arrived));
        loop {
            let stalled = begun + Duration::from_micros(latest.load(Ordering::Relaxed)) + stall;
            let until = deadline.min(stalled);
            match timeout_at(until, &mut reading).await {
                Ok(read) => return read.map_err(|error| classify(&error, host)),
                Err(_) if until == deadline => return Err(late(host, "no whole answer", total)),
                // Something came since the clock was set.
                Err(_)
                    if begun + Duration::from_micros(latest.load(Ordering::Relaxed)) + stall
                        > until => {}
                Err(_) => return Err(late(host, "nothing more of the answer", stall)),
            }
        }
    }

    /// A proxy for plain requests wants its login with each of them.
    fn introduce_to_proxy(&self, request: &mut Request<Bytes>) {
        if request.uri().scheme_str() == Some("http")
            && let Some(proxy) = self.shared.setup.proxies.intercept(request.uri())
            && let Some(login) = proxy.basic_auth()
        {
            request.headers_mut().insert(header::PROXY_AUTHORIZATION, login.clone());
        }
    }
}

fn too_large(bytes: usize) -> Result<(), StoreError> {
    if bytes > MAX_BODY { Err(PageError::TooLarge { bytes }.into()) } else { Ok(()) }
}

fn late(host: &str, what: &str, after: Duration) -> StoreError {
    StoreError::new(
        ErrorKind::Timeout,
        format!("{what} from `{host}` within {} s", after.as_secs_f32()),
    )
}

#[cfg(test)]
mod tests;
