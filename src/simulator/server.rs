//! Listening, connections, starting and stopping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};

use super::config::SimulatorConfig;
use super::counters::{Counters, count};
use super::error::SimulatorError;
use super::service::Service;
use super::wire::{BreakOff, Payload, Wire};

/// What answers requests.
pub(super) trait Respond: Send + Sync + 'static {
    /// A connection was accepted.
    fn accepted(&self) {}

    /// Answers one request, or breaks off. Raising `reset` makes the end of the connection a reset.
    fn respond(
        &self,
        request: Request<Incoming>,
        reset: &AtomicBool,
    ) -> impl Future<Output = Result<Response<Payload>, BreakOff>> + Send;
}

impl Respond for Service {
    fn accepted(&self) {
        count(&self.tallies.connections);
    }

    fn respond(
        &self,
        request: Request<Incoming>,
        reset: &AtomicBool,
    ) -> impl Future<Output = Result<Response<Payload>, BreakOff>> + Send {
        Service::respond(self, request, reset)
    }
}

/// A running server of buckets. Dropping it stops it and closes its connections.
pub struct Simulator {
    server: Server<Service>,
}

/// A running server. Dropping it stops it and closes its connections.
pub(super) struct Server<R> {
    pub(super) address: SocketAddr,
    pub(super) service: Arc<R>,
    host: Host,
}

/// What the server runs on.
enum Host {
    /// A task of the caller's runtime.
    Task(AbortHandle),
    /// A thread with a runtime of its own, which ends when the sender is dropped.
    Thread(Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>),
}

impl Simulator {
    /// Name of the thread that [`Simulator::start_in_thread`] starts.
    pub const THREAD_NAME: &'static str = "simulator";

    /// Starts a server on the caller's tokio runtime.
    ///
    /// # Errors
    /// If the address cannot be listened on, or a bucket is too large for its behaviour.
    pub async fn start(config: SimulatorConfig) -> Result<Self, SimulatorError> {
        let listen = config.listen;
        Ok(Self { server: Server::start(listen, || Service::new(config)).await? })
    }

    /// Starts a server on a thread of its own with a runtime of its own, so that what it costs can be
    /// told from what its clients cost. Blocks until it listens.
    ///
    /// # Errors
    /// If the thread cannot be started, and as [`Simulator::start`].
    pub fn start_in_thread(config: SimulatorConfig) -> Result<Self, SimulatorError> {
        let listen = config.listen;
        Ok(Self { server: Server::start_in_thread(listen, || Service::new(config))? })
    }

    /// Where the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The endpoint to give to clients, such as `http://127.0.0.1:9000`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// What the server has done so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.server.service.tallies.snapshot()
    }

    /// Stops the server and closes its connections.
    pub fn shutdown(self) {
        drop(self);
    }
}

impl<R: Respond> Server<R> {
    /// Starts on the caller's runtime.
    pub(super) async fn start(
        listen: SocketAddr,
        make: impl FnOnce() -> Result<R, SimulatorError>,
    ) -> Result<Self, SimulatorError> {
        let (listener, service, address) = prepare(listen, make).await?;
        let task = tokio::spawn(serve(listener, Arc::clone(&service)));
        Ok(Self { address, service, host: Host::Task(task.abort_handle()) })
    }

    /// Starts on a thread of its own.
    pub(super) fn start_in_thread(
        listen: SocketAddr,
        make: impl FnOnce() -> Result<R, SimulatorError> + Send + 'static,
    ) -> Result<Self, SimulatorError> {
        let (ready, started) = std::sync::mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let handle = thread::Builder::new()
            .name(Simulator::THREAD_NAME.to_owned())
            .spawn(move || run(listen, make, &ready, stopped))
            .map_err(SimulatorError::Thread)?;
        let (address, service) = started
            .recv()
            .map_err(|closed| SimulatorError::Thread(std::io::Error::other(closed)))??;
        Ok(Self { address, service, host: Host::Thread(Some((stop, handle))) })
    }
}

impl<R> Drop for Server<R> {
    fn drop(&mut self) {
        match &mut self.host {
            Host::Task(task) => task.abort(),
            Host::Thread(running) => {
                if let Some((stop, handle)) = running.take() {
                    drop(stop);
                    // A thread that panicked has stopped too.
                    let _ = handle.join();
                }
            }
        }
    }
}

type Started<R> = Result<(SocketAddr, Arc<R>), SimulatorError>;

/// The body of the server's own thread.
fn run<R: Respond>(
    listen: SocketAddr,
    make: impl FnOnce() -> Result<R, SimulatorError>,
    ready: &std::sync::mpsc::SyncSender<Started<R>>,
    stop: oneshot::Receiver<()>,
) {
    // Whoever waits for the address may be gone; then there is nobody to tell.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(SimulatorError::Thread(error)));
            return;
        }
    };
    runtime.block_on(async {
        match prepare(listen, make).await {
            Ok((listener, service, address)) => {
                let _ = ready.send(Ok((address, Arc::clone(&service))));
                tokio::select! {
                    () = serve(listener, service) => {}
                    _ = stop => {}
                }
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        }
    });
}

async fn prepare<R>(
    listen: SocketAddr,
    make: impl FnOnce() -> Result<R, SimulatorError>,
) -> Result<(TcpListener, Arc<R>, SocketAddr), SimulatorError> {
    let failed = |source| SimulatorError::Listen { address: listen, source };
    let service = Arc::new(make()?);
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, service, address))
}

/// Accepts connections for ever. Dropping this closes them all.
async fn serve<R: Respond>(listener: TcpListener, service: Arc<R>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    service.accepted();
                    connections.spawn(converse(stream, Arc::clone(&service)));
                }
                // Out of descriptors, most likely: connections that end will free some.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection to its end.
async fn converse<R: Respond>(stream: TcpStream, service: Arc<R>) {
    // Without this the end of a page waits for the client's delayed acknowledgement. It cannot fail on
    // a connected socket.
    let _ = stream.set_nodelay(true);
    let (wire, reset) = Wire::new(stream);
    let answer = service_fn(|request| service.respond(request, &reset));
    // An error here is the client's going away, or a fault that was asked for.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(wire), answer).await;
}
