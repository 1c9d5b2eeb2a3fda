//! Receiving pages over 256 connections at once: processor time per page and the process's peak memory.
//!
//! A child process serves pages of about 350 KB on loopback, and a child for each way of receiving them
//! asks for `PAGES` of them with `CONNECTIONS` requests in flight: `reqwest` collects each body, `fetch` is
//! our client, `list` is our client with signing, decoding and checking. Linux only, as it reads `/proc`.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss
)]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use weighbridge::store::http::{Client, Settings};
use weighbridge::store::s3::{S3Config, S3Store};
use weighbridge::store::{Page, PageRequest, Store as _};

const CONNECTIONS: usize = 256;
const PAGES: usize = 8192;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("serve"), _) => runtime.block_on(serve()),
        (Some(way), Some(address)) => runtime.block_on(receive(way, &address)),
        _ => compare(),
    }
}

fn compare() {
    let program = std::env::current_exe().unwrap();
    let mut server = Command::new(&program)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
    for way in ["reqwest", "fetch", "list"] {
        let mut child = Command::new(&program);
        child
            .args([way, address.trim()])
            .env("AWS_ACCESS_KEY_ID", "id")
            .env("AWS_SECRET_ACCESS_KEY", "secret");
        assert!(child.status().unwrap().success());
    }
    drop(server.stdin.take());
    server.wait().unwrap();
}

fn page() -> Vec<u8> {
    let mut body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
        <Name>bucket</Name><Prefix></Prefix><KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>\
        <IsTruncated>true</IsTruncated>".to_owned();
    for index in 0..1000 {
        let _ = write!(
            body,
            "<Contents><Key>warehouse/events/year=2024/month=05/day=01/{index:06}-part-one-00.json</Key>\
             <LastModified>2024-05-01T12:00:07.000Z</LastModified><ETag>&quot;{index:032x}&quot;</ETag>\
             <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>\
             <Size>{index}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        );
    }
    body += "</ListBucketResult>";
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

async fn serve() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    std::thread::spawn(|| {
        // The parent's end closes when it is done.
        let _ = std::io::stdin().read(&mut [0]);
        #[allow(clippy::exit)]
        std::process::exit(0)
    });
    let answer: Arc<[u8]> = page().into();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let answer = Arc::clone(&answer);
        tokio::spawn(async move {
            let mut head = vec![0; 4096];
            while stream.read(&mut head).await.is_ok_and(|read| read > 0) {
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
        });
    }
}

async fn receive(way: &str, address: &str) {
    let url =
        if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let left = Arc::new(AtomicUsize::new(PAGES));
    let more = move |left: &AtomicUsize| {
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    };
    let fetch = Client::new(Settings::default());
    let config = S3Config { endpoint_url: Some(url.clone()), ..S3Config::new("bucket") };
    let list = Arc::new(S3Store::connect(config).await.unwrap());
    let other = reqwest::Client::builder().pool_max_idle_per_host(512).build().unwrap();
    let (cpu, _) = usage();
    let begun = std::time::Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (way, url, left) = (way.to_owned(), url.clone(), Arc::clone(&left));
            let (fetch, list, other) = (fetch.clone(), Arc::clone(&list), other.clone());
            tokio::spawn(async move {
                let mut page = Page::default();
                let request = PageRequest { limit: 1000, ..PageRequest::default() };
                while more(&left) {
                    match way.as_str() {
                        "reqwest" => {
                            let answer = other.get(&url).send().await.unwrap();
                            assert!(answer.bytes().await.unwrap().len() > 300_000);
                        }
                        "fetch" => {
                            let call = http::Request::get(&url).body(()).unwrap();
                            fetch.fetch(call, &mut page.body).await.unwrap();
                        }
                        _ => list.list(&request, &mut page).await.unwrap(),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let (after, peak) = usage();
    let each = (after - cpu) / PAGES as f64;
    println!(
        "{way:>8}: {each:6.1} µs of processor time per page, peak {peak:5.1} MiB, {:.1} s",
        begun.elapsed().as_secs_f64()
    );
}

/// Microseconds of processor time, and the peak of resident memory in MiB.
fn usage() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<f64>().unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: f64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    ((ticks(11) + ticks(12)) * 10_000.0, peak / 1024.0)
}
