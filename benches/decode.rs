//! Decoding one page of a thousand objects: ours against the SDK's.
//!
//! Both get the same reply. Ours is decoded and checked into a page whose buffers are used again; the
//! SDK's goes through its whole call with an in-process client in place of the network. The row `empty`
//! is the SDK's call for a page without objects: what of its time is not decoding. The rows of Azure are
//! pages of five thousand blobs of the same names: as XML with every property in the shape that the service
//! writes, and as an Arrow stream, which the simulator writes. Compare elements per second.
//!
//! On Linux the thread's time on the processor is measured, so that a busy machine gives the same figures.

#![allow(missing_docs, clippy::expect_used)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, HttpClient, Region, RuntimeComponents, SharedHttpClient,
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use weighbridge::simulator::{
    BucketConfig, Dialect, Given, GivenObject, Simulator, SimulatorConfig,
};
use weighbridge::store::azure;
use weighbridge::store::s3::{Expected, decode};
use weighbridge::store::{Page, PageRequest, Quirks};

/// A reply as S3 writes it: keys of 64 bytes, checksums, some keys with escapes. About 350 KB.
fn reply(objects: usize) -> String {
    let mut body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Name>bucket</Name><Prefix></Prefix><KeyCount>{objects}</KeyCount><MaxKeys>1000</MaxKeys>\
         <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcxLPRx1Tr</NextContinuationToken>"
    );
    for index in 0..objects {
        let name = if index % 20 == 0 { "part+one%26" } else { "part-one-00" };
        let (hour, minute) = (index % 24, index % 60);
        let _ = write!(
            body,
            "<Contents><Key>warehouse/events/year=2024/month=05/day=01/{index:06}-{name}.json</Key>\
             <LastModified>2024-05-01T{hour:02}:{minute:02}:07.000Z</LastModified>\
             <ETag>&quot;{index:032x}&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>\
             <ChecksumType>FULL_OBJECT</ChecksumType><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            index * 7919 % 5_000_000
        );
    }
    body.push_str("</ListBucketResult>");
    body
}

/// The name of a blob.
fn blob(index: usize) -> String {
    let name = if index.is_multiple_of(20) { "part+one&" } else { "part-one-00" };
    format!("warehouse/events/year=2024/month=05/day=01/{index:06}-{name}.json")
}

/// The same blobs as an Arrow stream, asked of the simulator. About 900 KB.
fn azure_stream(blobs: usize) -> Vec<u8> {
    let objects = (0..blobs).map(|index| GivenObject::new(blob(index), index as u64 * 7919));
    let bucket = BucketConfig::new(Given::new(objects));
    let mut config = SimulatorConfig::with_bucket("container".to_owned(), bucket);
    config.dialect = Dialect::Azure;
    config.anonymous = true;
    let simulator = Simulator::start_in_thread(config).expect("a simulator");
    let address = simulator.endpoint();
    let address = address.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).expect("a connection");
    let request = "GET /account/container?comp=list&restype=container HTTP/1.1\r\nHost: here\r\n\
         Accept: application/vnd.apache.arrow.stream\r\nx-ms-version: 2026-10-06\r\nConnection: close\r\n\r\n";
    connection.write_all(request.as_bytes()).expect("a request");
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).expect("an answer");
    let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
    answer.split_off(head + 4)
}

/// A reply as Azure Blob writes it: the same names, every property of a block blob. About 4 MB.
fn azure_reply(blobs: usize) -> String {
    let mut body = "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults \
         ServiceEndpoint=\"https://account.blob.core.windows.net/\" ContainerName=\"container\">\
         <MaxResults>5000</MaxResults><Blobs>"
        .to_owned();
    for index in 0..blobs {
        let name = blob(index).replace('&', "&amp;");
        let (hour, minute) = (index % 24, index % 60);
        let _ = write!(
            body,
            "<Blob><Name>{name}</Name><Properties>\
             <Creation-Time>Wed, 01 May 2024 {hour:02}:{minute:02}:07 GMT</Creation-Time>\
             <Last-Modified>Wed, 01 May 2024 {hour:02}:{minute:02}:07 GMT</Last-Modified>\
             <Etag>0x8DC69{index:010X}</Etag><Content-Length>{}</Content-Length>\
             <Content-Type>application/json</Content-Type><Content-Encoding /><Content-Language />\
             <Content-CRC64 /><Content-MD5>{index:022}==</Content-MD5><Cache-Control />\
             <Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>\
             <AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus>\
             <LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties>\
             <OrMetadata /></Blob>",
            index * 7919 % 5_000_000
        );
    }
    body.push_str("</Blobs><NextMarker>2!92!MDAwMDE2IWJsb2I-</NextMarker></EnumerationResults>");
    body
}

/// Answers every request with the same body.
#[derive(Clone, Debug)]
struct Canned(String);

impl HttpConnector for Canned {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        let status = 200.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(self.0.as_str()))))
    }
}

impl HttpClient for Canned {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn sdk(body: String) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "bench"))
        .http_client(SharedHttpClient::new(Canned(body)))
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// Nanoseconds that this thread has run, or wall time where the system does not say.
struct ThreadTime;

fn thread_time() -> u64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ran = said.and_then(|text| text.split(' ').next()?.parse().ok());
    ran.unwrap_or_else(|| {
        let start = START.get_or_init(std::time::Instant::now);
        u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    })
}

impl Measurement for ThreadTime {
    type Intermediate = u64;
    type Value = u64;

    fn start(&self) -> u64 {
        thread_time()
    }

    fn end(&self, start: u64) -> u64 {
        thread_time().saturating_sub(start)
    }

    fn add(&self, left: &u64, right: &u64) -> u64 {
        left + right
    }

    fn zero(&self) -> u64 {
        0
    }

    #[allow(clippy::cast_precision_loss)]
    fn to_f64(&self, value: &u64) -> f64 {
        *value as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

fn benches(criterion: &mut Criterion<ThreadTime>) {
    let body = reply(1000);
    let mut group = criterion.benchmark_group("page of 1000");
    group.throughput(Throughput::Elements(1000));
    // Equal, long samples: the system counts a thread's time in ticks of some milliseconds.
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(30)
        .measurement_time(Duration::from_secs(6));

    let quirks = Quirks::default();
    let expected = Expected { bucket: "bucket", quirks: &quirks };
    let request = PageRequest { limit: 1000, ..PageRequest::default() };
    let mut page = Page::default();
    page.body = body.clone().into_bytes();
    group.bench_function("ours", |bencher| {
        bencher.iter(|| {
            decode(&mut page, &request, &expected).expect("a sound page");
            black_box(page.len())
        });
    });

    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for (name, client) in [("sdk", sdk(body)), ("sdk, empty page", sdk(reply(0)))] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let call = client.list_objects_v2().bucket("bucket").send();
                black_box(runtime.block_on(call).expect("a sound page"))
            });
        });
    }
    group.finish();
    azure(criterion);
}

fn azure(criterion: &mut Criterion<ThreadTime>) {
    let mut group = criterion.benchmark_group("page of 5000");
    group.throughput(Throughput::Elements(5000));
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(30)
        .measurement_time(Duration::from_secs(6));
    let quirks = azure::quirks();
    let expected = azure::Expected { container: "container", quirks: &quirks };
    let request = PageRequest { limit: 5000, ..PageRequest::default() };
    let mut page = Page::default();
    page.body = azure_reply(5000).into_bytes();
    group.bench_function("azure, xml", |bencher| {
        bencher.iter(|| {
            azure::decode(&mut page, &request, &expected).expect("a sound page");
            black_box(page.len())
        });
    });
    page.body = azure_stream(5000);
    group.bench_function("azure, arrow", |bencher| {
        bencher.iter(|| {
            azure::decode_arrow(&mut page, &request, &expected).expect("a sound page");
            black_box(page.len())
        });
    });
    group.finish();
}

criterion_group!(name = all; config = Criterion::default().with_measurement(ThreadTime); targets = benches);
criterion_main!(all);
