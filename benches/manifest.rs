//! What writing and reading a manifest costs per row, beside the `csv` and `serde_json` crates.
//!
//! `cargo bench --bench manifest`; with `-- --test` every benchmark runs once.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has to stop")]

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use weighbridge::filter::{FilterSpec, Filters};
use weighbridge::manifest::{
    Assembler, Compression, Consumed, Encoding, Format, OutputTarget, Reader, Row, RowEncoder,
    SegmentMark, SegmentWriter, segment_path,
};
use weighbridge::object::{Object, Timestamp};

/// One page of a listing.
const PAGE: usize = 1000;
/// Bytes per key.
const KEY: usize = 64;
/// Pages of the manifest that is assembled and read.
const PAGES: usize = 100;

struct Fixture {
    keys: Vec<Vec<u8>>,
    etags: Vec<String>,
}

impl Fixture {
    fn new(separator: &str) -> Self {
        // Digests, so that they compress as little as real ones.
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let key = |index: usize| {
            let (day, hour) = (index / 40 + 1, index % 24);
            let key = format!(
                "warehouse/events/date=2026-01-{day:02}/hour={hour:02}{separator}part-{index:08}.parquet"
            );
            format!("{key:x<KEY$}").into_bytes()
        };
        Self {
            keys: (0..PAGE).map(key).collect(),
            etags: (0..PAGE).map(|_| format!("{:016x}{:016x}", random(), random())).collect(),
        }
    }

    fn objects(&self) -> Vec<Object<'_>> {
        (0_u64..)
            .zip(self.keys.iter().zip(&self.etags))
            .map(|(index, (key, etag))| Object {
                key,
                size: index * index * 7919 % 50_000_000,
                modified: Timestamp(
                    1_750_000_000_000 + i64::try_from(index).unwrap_or_default() * 61_000,
                ),
                etag: etag.as_bytes(),
                storage_class: b"STANDARD",
            })
            .collect()
    }

    fn page(&self, format: Format) -> Vec<u8> {
        let encoder = RowEncoder::new(format, "warehouse-prod");
        let mut out = Vec::new();
        for object in self.objects() {
            encoder.encode(&object, &mut out);
        }
        out
    }
}

#[derive(serde::Serialize)]
struct PlainRow<'a> {
    bucket: &'a str,
    key: &'a str,
    size: u64,
    last_modified: &'a str,
    etag: &'a str,
    storage_class: &'a str,
}

/// The same row for the crates; the time is formatted already, which flatters them.
fn plain_row<'a>(object: &Object<'a>) -> PlainRow<'a> {
    let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
    PlainRow {
        bucket: "warehouse-prod",
        key: text(object.key),
        size: object.size,
        last_modified: "2025-06-15T15:06:40Z",
        etag: text(object.etag),
        storage_class: text(object.storage_class),
    }
}

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(PAGE as u64));
    let mut out: Vec<u8> = Vec::with_capacity(1 << 20);
    for (keys, separator) in [("plain", "/"), ("quoted", "/a,b/"), ("unicode", "/jähr/")] {
        let fixture = Fixture::new(separator);
        let objects = fixture.objects();
        for (name, format) in [("csv", Format::Csv), ("jsonl", Format::JsonLines)] {
            let encoder = RowEncoder::new(format, "warehouse-prod");
            group.bench_function(BenchmarkId::new(name, keys), |bencher| {
                bencher.iter(|| {
                    out.clear();
                    for object in black_box(&objects) {
                        encoder.encode(object, &mut out);
                    }
                    out.len()
                });
            });
        }
    }
    let fixture = Fixture::new("/");
    let objects = fixture.objects();
    group.bench_function(BenchmarkId::new("csv crate", "plain"), |bencher| {
        bencher.iter(|| {
            out.clear();
            let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(&mut out);
            for object in black_box(&objects) {
                writer.serialize(plain_row(object)).unwrap();
            }
            writer.flush().unwrap();
        });
    });
    group.bench_function(BenchmarkId::new("serde_json crate", "plain"), |bencher| {
        bencher.iter(|| {
            out.clear();
            for object in black_box(&objects) {
                serde_json::to_writer(&mut out, &plain_row(object)).unwrap();
                out.push(b'\n');
            }
        });
    });
    group.finish();
}

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read");
    group.throughput(Throughput::Elements((PAGE * PAGES) as u64)).sample_size(10);
    let fixture = Fixture::new("/");
    for (name, format) in [("csv", Format::Csv), ("jsonl", Format::JsonLines)] {
        let content = [format.header(), &fixture.page(format).repeat(PAGES)].concat();
        let encoding = Encoding { format, compression: Compression::None };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let source = std::io::Cursor::new(content.clone());
                let mut reader = Reader::new(source, encoding, Path::new("bench")).unwrap();
                let (mut row, mut bytes) = (Row::default(), 0);
                while reader.read(&mut row).unwrap() {
                    bytes += row.size;
                }
                bytes
            });
        });
    }
    group.finish();
}

fn segments(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("segment");
    let page = Fixture::new("/").page(Format::Csv);
    group.throughput(Throughput::Elements(PAGE as u64));
    group.bench_function("append a page", |bencher| {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = SegmentWriter::new(segment_path(directory.path(), 0));
        bencher.iter(|| {
            if writer.mark().bytes > 64 << 20 {
                writer.truncate_to(SegmentMark::default()).unwrap();
            }
            writer.append(&page, PAGE as u64).unwrap();
        });
    });
    group.bench_function("append a page, file kept open", |bencher| {
        use std::io::Write;
        let mut file = tempfile::tempfile().unwrap();
        let mut written = 0;
        bencher.iter(|| {
            if written > 64 << 20 {
                file.set_len(0).unwrap();
                std::io::Seek::rewind(&mut file).unwrap();
                written = 0;
            }
            file.write_all(&page).unwrap();
            written += page.len();
        });
    });
    group.finish();
}

fn assemble(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("assemble");
    group.throughput(Throughput::Elements((PAGE * PAGES) as u64)).sample_size(10);
    let page = Fixture::new("/").page(Format::Csv);
    for (name, compression) in
        [("plain", Compression::None), ("gzip", Compression::Gzip), ("zstd", Compression::Zstd)]
    {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = SegmentWriter::new(segment_path(directory.path(), 0));
        for _ in 0..PAGES {
            writer.append(&page, PAGE as u64).unwrap();
        }
        let segment = writer.finish().unwrap();
        let target = OutputTarget::File(directory.path().join("objects"));
        let encoding = Encoding { format: Format::Csv, compression };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut assembler =
                    Assembler::new(&target, encoding, Consumed::KeepUntilReleased).unwrap();
                assembler.push(&segment).unwrap();
                // Without `finish`, which would delete the segment and wait for the disk.
                assembler.checkpoint().unwrap()
            });
        });
    }
    group.finish();
}

fn filter(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("filter");
    group.throughput(Throughput::Elements(PAGE as u64));
    let fixture = Fixture::new("/");
    let objects = fixture.objects();
    let now = Timestamp(1_800_000_000_000);
    let globs =
        |include: &str| FilterSpec { include: vec![include.to_owned()], ..FilterSpec::default() };
    let sizes = FilterSpec { min_size: Some("1MiB".to_owned()), ..FilterSpec::default() };
    for (name, spec) in [
        ("empty", FilterSpec::default()),
        ("size", sizes),
        ("infix", globs("*.parquet*")),
        ("two stars", globs("*/date=2026-01-1*/hour=1?/*")),
    ] {
        let filters = Filters::new(&spec, now).unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let keeps = |object: &&Object<'_>| {
                    filters.is_empty()
                        || filters.judge(object) == weighbridge::filter::Verdict::Keep
                };
                black_box(&objects).iter().filter(keeps).count()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, encode, read, segments, assemble, filter);
criterion_main!(benches);
