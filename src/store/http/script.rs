//! A server for tests that does exactly what it is told, byte by byte.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens after the bytes of an answer are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The connection is kept for the next request.
    Keep,
    /// It is closed in good order.
    Close,
    /// It is broken off.
    Reset,
    /// Nothing more comes.
    Stall,
}

/// Answers requests in the order in which they come, over any number of connections.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub(crate) async fn play(steps: impl IntoIterator<Item = (Vec<u8>, Then)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads = Arc::default();
        let steps: Steps = Arc::new(Mutex::new(steps.into_iter().collect()));
        let script = Self { address, heads: Arc::clone(&heads) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&steps), Arc::clone(&heads)));
            }
        });
        script
    }

    /// The heads of the requests that came so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// Answers still to be given.
type Steps = Arc<Mutex<VecDeque<(Vec<u8>, Then)>>>;

async fn serve(mut stream: TcpStream, steps: Steps, heads: Arc<Mutex<Vec<String>>>) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte);
        }
        heads.lock().unwrap().push(String::from_utf8(head).unwrap());
        let Some((answer, then)) = steps.lock().unwrap().pop_front() else { return };
        stream.write_all(&answer).await.unwrap();
        stream.flush().await.unwrap();
        match then {
            Then::Keep => {}
            Then::Close => return,
            Then::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Then::Stall => std::future::pending().await,
        }
    }
}

/// An answer with its length.
pub(crate) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len())
        .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
