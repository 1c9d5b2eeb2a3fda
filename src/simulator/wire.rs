//! Connections and bodies that can break on purpose.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::s3::Synthetic;

/// The connection is to be dropped as it is.
#[derive(Debug, Error)]
#[error("the connection is broken off on purpose")]
pub(super) struct BreakOff;

impl From<Infallible> for BreakOff {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// A connection that is closed with a reset once its flag is raised.
pub(super) struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Wire {
    /// Wraps a stream; raising the flag makes its end a reset.
    pub(super) fn new(stream: TcpStream) -> (Self, Arc<AtomicBool>) {
        let reset = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&reset);
        (Self { stream, reset }, flag)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Where this fails the connection ends in the ordinary way, which breaks the answer too.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

/// The body of an answer.
pub(super) enum Payload {
    /// All of it at once.
    Whole(Option<Bytes>),
    /// A part, then nothing for one turn so that it is sent, then the end of the connection.
    Cut(Option<Bytes>, bool),
    /// An object's content.
    Object(Synthetic),
}

impl Payload {
    pub(super) fn empty() -> Self {
        Self::Whole(None)
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = BreakOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BreakOff>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Cut(bytes, waited) => {
                if let Some(bytes) = bytes.take() {
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                if std::mem::replace(waited, true) {
                    return Poll::Ready(Some(Err(BreakOff)));
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Object(content) => {
                Poll::Ready(content.next_chunk().map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Cut(..) => false,
            Self::Object(content) => content.remaining() == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Cut(..) => SizeHint::new(),
            Self::Object(content) => SizeHint::with_exact(content.remaining()),
        }
    }
}

/// Buffers for documents, used again once they are sent: pages are a third of a megabyte each.
#[derive(Default)]
pub(super) struct Pool {
    spare: Mutex<Vec<Vec<u8>>>,
}

/// A document that returns its buffer to the pool.
struct Pooled {
    buffer: Vec<u8>,
    pool: Arc<Pool>,
}

impl Pool {
    /// Buffers kept at most, and the largest kept, in bytes.
    const MOST: usize = 32;
    const LARGEST: usize = 4 << 20;

    /// An empty buffer.
    pub(super) fn take(&self) -> Vec<u8> {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.pop().unwrap_or_default()
    }

    /// The buffer's content, to be sent.
    pub(super) fn seal(self: &Arc<Self>, buffer: Vec<u8>) -> Bytes {
        Bytes::from_owner(Pooled { buffer, pool: Arc::clone(self) })
    }
}

impl AsRef<[u8]> for Pooled {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut spare = self.pool.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < Pool::MOST && buffer.capacity() <= Pool::LARGEST {
            buffer.clear();
            spare.push(buffer);
        }
    }
}
