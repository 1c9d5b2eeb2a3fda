//! HTTP/1.1 on one connection: a request out, an answer in.
//!
//! This is a small part of RFC 9112, written for one purpose: bytes go from the socket straight into the
//! page's buffer, in the task that waits for them, and as long as nobody reads they stay with the system.
//! Measured with `benches/receive.rs`, 256 connections and pages of 310 KB, processor time per page and
//! peak memory of the process: reqwest 128 µs and 212 MiB, hyper with read buffers of 64 KiB 149 µs and
//! 99 MiB, of 16 KiB 191 µs and 49 MiB, this 65 µs and 37 MiB.

use std::io;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version};
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::connect::Channel;

/// The longest head of an answer, and the longest line or trailer between chunks.
const MAX_HEAD: usize = 32 << 10;

/// The most headers of an answer. S3 sends about ten.
const MAX_HEADERS: usize = 96;

/// What is read at once while it is not known how much will come.
const STEP: usize = 4 << 10;

/// Why an exchange failed.
#[derive(Debug, Error)]
pub(super) enum WireError {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The connection was closed before the first byte of an answer.
    #[error("it was closed without an answer")]
    Closed,
    /// It was closed within the head, or within a body that says how it ends.
    #[error("it was closed in the middle of the answer")]
    Cut,
    /// What comes is no HTTP/1.
    #[error("the answer is not HTTP: {0}")]
    NotHttp(&'static str),
    /// The body is longer than what is allowed; so long at least.
    #[error("the answer is too long")]
    TooLong(usize),
}

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(usize),
    /// After the last chunk.
    Chunked,
    /// With the connection. Whether it is whole, nothing tells.
    Closed,
}

/// The head of an answer and what it says about the rest.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) framing: Framing,
}

/// A connection between exchanges or in the middle of one.
pub(super) struct Wire {
    channel: Channel,
    /// Read and not yet used.
    ahead: Vec<u8>,
    /// Whether the connection can take another request after this answer.
    keeps: bool,
}

impl Wire {
    pub(super) fn new(channel: Channel) -> Self {
        Self { channel, ahead: Vec::new(), keeps: false }
    }

    /// Whether an idle connection is still open: the other end has neither closed it nor sent anything.
    pub(super) fn is_quiet(&mut self) -> bool {
        use futures::FutureExt as _;
        self.channel.read_u8().now_or_never().is_none()
    }

    /// Whether the last answer was taken whole and the connection goes on.
    pub(super) fn is_reusable(&self) -> bool {
        self.keeps && self.ahead.is_empty()
    }

    /// Sends a request and reads the head of the answer.
    pub(super) async fn ask(&mut self, request: &Request<Bytes>) -> Result<Answer, WireError> {
        self.keeps = false;
        let sent = self.send(request).await;
        // Servers may refuse before they have read; then the answer matters and not the broken pipe.
        match (self.head(request).await, sent) {
            (Err(WireError::Closed), Err(error)) => Err(error.into()),
            (result, _) => result,
        }
    }

    async fn send(&mut self, request: &Request<Bytes>) -> io::Result<()> {
        self.channel.write_all(&written(request, self.channel.proxied)).await?;
        self.channel.write_all(request.body()).await?;
        self.channel.flush().await
    }

    async fn head(&mut self, request: &Request<Bytes>) -> Result<Answer, WireError> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let mut parsed = httparse::Response::new(&mut headers);
            let status =
                parsed.parse(&self.ahead).map_err(|error| WireError::NotHttp(reason(error)))?;
            let httparse::Status::Complete(length) = status else {
                self.more().await?;
                continue;
            };
            let answer = self::answer(&parsed, request)?;
            let (keeps, informational) =
                (keeps(&parsed, &answer), answer.status.is_informational());
            self.ahead.drain(..length);
            if !informational {
                self.keeps = keeps;
                return Ok(answer);
            }
        }
    }

    /// Reads the body behind `answer` into `body`, up to `limit` bytes. Calls `arrived` with the number of
    /// bytes whenever some came.
    pub(super) async fn body(
        &mut self,
        framing: Framing,
        body: &mut Vec<u8>,
        limit: usize,
        arrived: &mut (impl FnMut(usize) + Send),
    ) -> Result<(), WireError> {
        match framing {
            Framing::Length(length) => self.exactly(length, body, arrived).await,
            Framing::Chunked => self.chunks(body, limit, arrived).await,
            Framing::Closed => {
                body.append(&mut self.ahead);
                arrived(body.len());
                loop {
                    body.reserve(STEP);
                    let read = self.channel.read_buf(body).await?;
                    if read == 0 {
                        return Ok(());
                    }
                    arrived(read);
                    if body.len() > limit {
                        return Err(WireError::TooLong(body.len()));
                    }
                }
            }
        }
    }

    /// Moves `length` bytes from the connection into `body`.
    async fn exactly(
        &mut self,
        length: usize,
        body: &mut Vec<u8>,
        arrived: &mut (impl FnMut(usize) + Send),
    ) -> Result<(), WireError> {
        let known = length.min(self.ahead.len());
        body.reserve_exact(length);
        body.extend(self.ahead.drain(..known));
        arrived(known);
        let mut left = length - known;
        while left > 0 {
            let read = (&mut self.channel).take(left as u64).read_buf(body).await?;
            if read == 0 {
                return Err(WireError::Cut);
            }
            arrived(read);
            left -= read;
        }
        Ok(())
    }

    async fn chunks(
        &mut self,
        body: &mut Vec<u8>,
        limit: usize,
        arrived: &mut (impl FnMut(usize) + Send),
    ) -> Result<(), WireError> {
        loop {
            let line = self.line().await?;
            let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
            let hexadecimal = !size.is_empty() && size.iter().all(u8::is_ascii_hexdigit);
            let size = std::str::from_utf8(size).ok().filter(|_| hexadecimal);
            let size = size.and_then(|size| usize::from_str_radix(size, 16).ok());
            let size = size.ok_or(WireError::NotHttp("a chunk without a length"))?;
            if size == 0 {
                break;
            }
            let total = body.len().saturating_add(size);
            if total > limit {
                return Err(WireError::TooLong(total));
            }
            self.exactly(size, body, arrived).await?;
            if !self.line().await?.is_empty() {
                return Err(WireError::NotHttp("a chunk longer than its length"));
            }
        }
        // Trailers say nothing that is needed here.
        while !self.line().await?.is_empty() {}
        Ok(())
    }

    /// The next line, without its end.
    async fn line(&mut self) -> Result<Vec<u8>, WireError> {
        loop {
            if let Some(length) = memchr::memchr(b'\n', &self.ahead) {
                let mut line: Vec<u8> = self.ahead.drain(..=length).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            match self.more().await {
                Err(WireError::Closed) => return Err(WireError::Cut),
                other => other?,
            }
        }
    }

    async fn more(&mut self) -> Result<(), WireError> {
        if self.ahead.len() >= MAX_HEAD {
            return Err(WireError::NotHttp("a head that does not end"));
        }
        self.ahead.reserve(STEP);
        match self.channel.read_buf(&mut self.ahead).await? {
            0 if self.ahead.is_empty() => Err(WireError::Closed),
            0 => Err(WireError::Cut),
            _ => Ok(()),
        }
    }
}

/// The bytes of a request's head. Through a proxy the whole URL is named.
fn written(request: &Request<Bytes>, proxied: bool) -> Vec<u8> {
    let uri = request.uri();
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let mut bytes = Vec::with_capacity(1024);
    bytes.extend_from_slice(request.method().as_str().as_bytes());
    bytes.push(b' ');
    if proxied {
        bytes.extend_from_slice(b"http://");
        bytes.extend_from_slice(authority.as_bytes());
    }
    bytes.extend_from_slice(target.as_bytes());
    bytes.extend_from_slice(b" HTTP/1.1\r\n");
    let host =
        HeaderValue::from_str(authority).ok().filter(|_| !request.headers().contains_key(HOST));
    let host = host.as_ref().map(|host| (&HOST, host));
    for (name, value) in host.into_iter().chain(request.headers()) {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    // Methods that are about their body say so even where it is empty.
    if !request.body().is_empty() || matches!(*request.method(), Method::POST | Method::PUT) {
        bytes.extend_from_slice(format!("content-length: {}\r\n", request.body().len()).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn answer(
    parsed: &httparse::Response<'_, '_>,
    request: &Request<Bytes>,
) -> Result<Answer, WireError> {
    let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or(WireError::NotHttp("a status that is none"))?;
    let mut headers = HeaderMap::with_capacity(parsed.headers.len());
    for header in parsed.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_bytes(header.value);
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let bare = status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        || request.method() == Method::HEAD;
    let framing = if bare { Framing::Length(0) } else { framing(&headers)? };
    Ok(Answer { status, headers, framing })
}

/// Source: RFC 9112, 6.3.
fn framing(headers: &HeaderMap) -> Result<Framing, WireError> {
    if let Some(coding) = headers.get_all(TRANSFER_ENCODING).iter().next_back() {
        let chunked = coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")
            && headers.get_all(TRANSFER_ENCODING).iter().count() == 1;
        return if chunked {
            Ok(Framing::Chunked)
        } else {
            Err(WireError::NotHttp("a transfer coding that was not asked for"))
        };
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let Some(first) = lengths.next() else { return Ok(Framing::Closed) };
    let digits = first
        .to_str()
        .ok()
        .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = digits
        .and_then(|digits| digits.parse().ok())
        .filter(|_| lengths.all(|other| other == first));
    length.map(Framing::Length).ok_or(WireError::NotHttp("a length that is none"))
}

fn keeps(parsed: &httparse::Response<'_, '_>, answer: &Answer) -> bool {
    let says = |word: &str| {
        let values =
            answer.headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|found| found.trim().eq_ignore_ascii_case(word))
    };
    let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    // Two ways to find the end of a body are one too many to trust what follows it.
    let ambiguous =
        answer.framing == Framing::Chunked && answer.headers.contains_key(CONTENT_LENGTH);
    let goes_on = if version == Version::HTTP_11 { !says("close") } else { says("keep-alive") };
    goes_on && !ambiguous && answer.framing != Framing::Closed
}

fn reason(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::TooManyHeaders => "too many headers",
        httparse::Error::Status => "a status that is none",
        httparse::Error::Version => "another protocol or version",
        _ => "a head that cannot be read",
    }
}
