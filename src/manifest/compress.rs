//! A stream compressed in chunks of fixed size, on threads of its own, in order.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::format::Compression;

/// Uncompressed bytes per gzip member or Zstandard frame. The output depends on it. (Tests take less, to
/// see many chunks of few rows.)
const CHUNK: usize = if cfg!(test) { 32 << 10 } else { 1 << 20 };
/// Threads that compress.
const WORKERS: usize = 2;
/// Chunks under way at once, which bounds memory to about twice as many MiB.
const IN_FLIGHT: usize = WORKERS + 1;
/// Compression, not encoding, limits the writing of manifests, so the fastest level that packs well:
/// 34 bytes a row at 0.3 µs. (3 is slower and packs no better, -1 gains no speed.)
const ZSTD_LEVEL: i32 = 1;
/// 37 bytes a row at 1.1 µs. (6 takes 1.9 µs for 36 bytes, 1 takes 0.7 µs for 54.)
const GZIP_LEVEL: u32 = 2;

struct Job {
    plain: Vec<u8>,
    reply: SyncSender<io::Result<Packed>>,
}

struct Packed {
    /// The buffer of the chunk, to be filled again.
    plain: Vec<u8>,
    packed: Vec<u8>,
}

/// Collects chunks, has them compressed and writes them out in order.
pub(super) struct Compressor {
    chunk: Vec<u8>,
    spare: Vec<Vec<u8>>,
    in_flight: VecDeque<Receiver<io::Result<Packed>>>,
    /// Dropped to let the threads end.
    jobs: Option<SyncSender<Job>>,
    workers: Vec<thread::JoinHandle<()>>,
    plain_bytes: u64,
    packed_bytes: u64,
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compressor")
            .field("in_flight", &self.in_flight.len())
            .finish_non_exhaustive()
    }
}

impl Compressor {
    pub(super) fn new(compression: Compression) -> io::Result<Self> {
        let (jobs, queue) = sync_channel(IN_FLIGHT);
        let queue = Arc::new(Mutex::new(queue));
        let workers = (0..WORKERS)
            .map(|_| {
                let queue = Arc::clone(&queue);
                thread::Builder::new()
                    .name("manifest-compress".to_owned())
                    .spawn(move || work(compression, &queue))
            })
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Self {
            chunk: Vec::with_capacity(CHUNK),
            spare: Vec::new(),
            in_flight: VecDeque::new(),
            jobs: Some(jobs),
            workers,
            plain_bytes: 0,
            packed_bytes: 0,
        })
    }

    /// Uncompressed bytes whose chunks have been written out, and the bytes that became.
    pub(super) fn written(&self) -> (u64, u64) {
        (self.plain_bytes, self.packed_bytes)
    }

    /// Takes all of `source` and returns its length; chunks that are ready go to `output`.
    pub(super) fn feed(
        &mut self,
        mut source: impl Read,
        mut output: impl Write,
    ) -> io::Result<u64> {
        let mut taken = 0;
        loop {
            let room = CHUNK - self.chunk.len();
            let read = source.by_ref().take(room as u64).read_to_end(&mut self.chunk)?;
            taken += read as u64;
            if self.chunk.len() < CHUNK {
                return Ok(taken);
            }
            self.submit(&mut output)?;
        }
    }

    /// Writes out the rest. An empty stream becomes one empty chunk, so that it still unpacks.
    pub(super) fn finish(&mut self, mut output: impl Write, resumed: bool) -> io::Result<()> {
        let nothing_yet = self.plain_bytes == 0 && self.in_flight.is_empty() && !resumed;
        if !self.chunk.is_empty() || nothing_yet {
            self.submit(&mut output)?;
        }
        while !self.in_flight.is_empty() {
            self.write_next(&mut output)?;
        }
        Ok(())
    }

    fn submit(&mut self, output: &mut impl Write) -> io::Result<()> {
        if self.in_flight.len() >= IN_FLIGHT {
            self.write_next(output)?;
        }
        let next = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(CHUNK));
        let plain = std::mem::replace(&mut self.chunk, next);
        let (reply, answer) = sync_channel(1);
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(Job { plain, reply }).is_ok());
        if !sent {
            return Err(io::Error::other("the compression threads have ended"));
        }
        self.in_flight.push_back(answer);
        Ok(())
    }

    fn write_next(&mut self, output: &mut impl Write) -> io::Result<()> {
        let Some(answer) = self.in_flight.pop_front() else {
            return Ok(());
        };
        let received =
            answer.recv().map_err(|_| io::Error::other("a compression thread has ended"))?;
        let Packed { mut plain, packed } = received?;
        output.write_all(&packed)?;
        self.plain_bytes += plain.len() as u64;
        self.packed_bytes += packed.len() as u64;
        plain.clear();
        self.spare.push(plain);
        Ok(())
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        self.jobs = None;
        for worker in self.workers.drain(..) {
            // A thread that panicked has already made the run fail through its missing answer.
            let _ = worker.join();
        }
    }
}

fn work(compression: Compression, queue: &Mutex<Receiver<Job>>) {
    loop {
        // Only the taking is serial: the guard is gone before the work begins.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { plain, reply }) = job else {
            return;
        };
        let packed = pack(compression, &plain).map(|packed| Packed { plain, packed });
        // Nobody waits for the answer of an abandoned assembly.
        let _ = reply.send(packed);
    }
}

fn pack(compression: Compression, plain: &[u8]) -> io::Result<Vec<u8>> {
    match compression {
        Compression::None => Ok(plain.to_vec()),
        Compression::Gzip => {
            let room = Vec::with_capacity(plain.len() / 2);
            let mut encoder =
                flate2::write::GzEncoder::new(room, flate2::Compression::new(GZIP_LEVEL));
            encoder.write_all(plain)?;
            encoder.finish()
        }
        Compression::Zstd => zstd::bulk::compress(plain, ZSTD_LEVEL),
    }
}
