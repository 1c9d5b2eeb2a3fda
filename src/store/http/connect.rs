//! A connection to a host, through a proxy where the environment names one.
//!
//! The steps are made here one by one, and not by a ready connector, so that each has its own error: a
//! name that does not resolve, a port that is closed and a certificate that is not trusted have different
//! remedies.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::ServerName;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::resolve::Resolver;
use super::tls::Tls;

/// The longest answer of a proxy to `CONNECT`.
const MAX_PROXY_ANSWER: usize = 8 << 10;

/// How long one address is tried as long as there is another one.
const PER_ADDRESS: Duration = Duration::from_secs(2);

/// Why there is no connection. Names the host and the port.
#[derive(Debug, Error)]
pub(super) enum ConnectError {
    #[error("cannot resolve `{host}`: {source}")]
    Resolve { host: String, source: io::Error },
    #[error("cannot connect to `{host}:{port}`: {source}")]
    Refused { host: String, port: u16, source: io::Error },
    #[error("no connection to `{host}:{port}` within {} s", after.as_secs_f32())]
    Timeout { host: String, port: u16, after: Duration },
    #[error("cannot agree on TLS with `{host}:{port}`: {message}")]
    Tls { host: String, port: u16, message: String },
    #[error("the connection to `{host}:{port}` ended before TLS was agreed on: {source}")]
    Handshake { host: String, port: u16, source: io::Error },
    #[error("the proxy `{host}:{port}` does not connect: {message}")]
    Proxy { host: String, port: u16, message: String },
    #[error("cannot connect to `{0}`: not an address")]
    Address(String),
}

/// What connections are made with.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) resolver: Resolver,
    pub(super) tls: Tls,
    pub(super) proxies: Matcher,
    pub(super) timeout: Duration,
}

trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Duplex for T {}

/// An open connection: plain or under TLS.
pub(super) struct Channel {
    stream: Box<dyn Duplex>,
    /// Whether requests on it go to a proxy, which needs them in absolute form.
    pub(super) proxied: bool,
}

struct Place<'a> {
    host: &'a str,
    port: u16,
}

impl Setup {
    /// A connection to the host of `uri`, within the time for that.
    pub(super) async fn connect(&self, uri: &Uri) -> Result<Channel, ConnectError> {
        let deadline = Instant::now() + self.timeout;
        if let Ok(opened) = timeout_at(deadline, self.open(uri)).await {
            return opened;
        }
        let Place { host, port } = place(uri)?;
        Err(ConnectError::Timeout { host: host.to_owned(), port, after: self.timeout })
    }

    async fn open(&self, uri: &Uri) -> Result<Channel, ConnectError> {
        let place = place(uri)?;
        let secure = uri.scheme_str() == Some("https");
        let Some(proxy) = self.proxies.intercept(uri) else {
            let stream = self.tcp(&place).await?;
            let stream = if secure { self.secure(&place, stream).await? } else { Box::new(stream) };
            return Ok(Channel { stream, proxied: false });
        };
        let gate = self::place(proxy.uri())?;
        let mut stream: Box<dyn Duplex> = match proxy.uri().scheme_str() {
            Some("http") => Box::new(self.tcp(&gate).await?),
            Some("https") => self.secure(&gate, self.tcp(&gate).await?).await?,
            other => {
                let message = format!(
                    "`{}` is not a kind of proxy that is spoken here",
                    other.unwrap_or_default()
                );
                return Err(gate.proxy(message));
            }
        };
        if !secure {
            return Ok(Channel { stream, proxied: true });
        }
        let tunnel = tunnel(&mut stream, &place, proxy.basic_auth()).await;
        tunnel.map_err(|message| gate.proxy(message))?;
        Ok(Channel { stream: self.secure(&place, stream).await?, proxied: false })
    }

    async fn tcp(&self, place: &Place<'_>) -> Result<TcpStream, ConnectError> {
        let Place { host, port } = *place;
        let addresses = self.resolver.addresses(host, port).await;
        let addresses =
            addresses.map_err(|source| ConnectError::Resolve { host: host.to_owned(), source })?;
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for (index, address) in addresses.iter().enumerate() {
            match dial(*address, index + 1 < addresses.len()).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        self.resolver.forget(host, port).await;
        Err(ConnectError::Refused { host: host.to_owned(), port, source: last })
    }

    async fn secure(
        &self,
        place: &Place<'_>,
        stream: impl Duplex + 'static,
    ) -> Result<Box<dyn Duplex>, ConnectError> {
        let fault = |message: String| ConnectError::Tls {
            host: place.host.to_owned(),
            port: place.port,
            message,
        };
        let connector = self.tls.connector().map_err(|message| fault(message.to_owned()))?;
        let name = ServerName::try_from(place.host.to_owned())
            .map_err(|error| fault(error.to_string()))?;
        let stream = connector.connect(name, stream).await.map_err(|source| {
            // A connection that ends on the way says nothing of certificates, and may not end the next time.
            if source
                .get_ref()
                .is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>)
            {
                fault(source.to_string())
            } else {
                ConnectError::Handshake { host: place.host.to_owned(), port: place.port, source }
            }
        })?;
        Ok(Box::new(stream))
    }
}

async fn dial(address: SocketAddr, others: bool) -> io::Result<TcpStream> {
    let connect = TcpStream::connect(address);
    let stream = if others {
        timeout(PER_ADDRESS, connect)
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??
    } else {
        connect.await?
    };
    // Requests are one small write each; waiting to fill a packet would only delay them.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Asks a proxy to pass bytes on to `place`.
async fn tunnel(
    stream: &mut Box<dyn Duplex>,
    place: &Place<'_>,
    login: Option<&HeaderValue>,
) -> Result<(), String> {
    let Place { host, port } = place;
    let host = if host.contains(':') { format!("[{host}]") } else { (*host).to_owned() };
    let mut request =
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n").into_bytes();
    if let Some(login) = login {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(login.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await.map_err(|error| error.to_string())?;
    let mut answer = Vec::new();
    // One byte at a time, as what follows the head already belongs to the other end.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() == MAX_PROXY_ANSWER {
            return Err("its answer is too long".to_owned());
        }
        answer.push(stream.read_u8().await.map_err(|error| error.to_string())?);
    }
    let line = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let status = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    if line.starts_with(b"HTTP/1.") && status.len() == 3 && status.starts_with(b"2") {
        return Ok(());
    }
    Err(format!("it answers `{}`", line.get(..80).unwrap_or(line).escape_ascii()))
}

fn place(uri: &Uri) -> Result<Place<'_>, ConnectError> {
    let host = uri.host().ok_or_else(|| ConnectError::Address(uri.to_string()))?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    Ok(Place { host, port })
}

impl Place<'_> {
    fn proxy(&self, message: String) -> ConnectError {
        ConnectError::Proxy { host: self.host.to_owned(), port: self.port, message }
    }
}

impl AsyncRead for Channel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Channel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
