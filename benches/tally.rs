//! What one object costs: 1,000-object pages as a listing brings them.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use weighbridge::object::{Object, Timestamp};
use weighbridge::tally::{Options, Tally};

const AS_OF: i64 = 1_700_000_000_000;

/// Keys of 64 bytes in sorted order, sizes from bytes to gigabytes, ages over three years.
fn listing(objects: u64) -> Vec<(Vec<u8>, u64, i64)> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..objects)
        .map(|number| {
            let (tenant, day) = (number / 5_000, number / 400);
            let key = format!(
                "tenant-{tenant:05}/2024-{day:06}/events/part-{number:010}-{:012x}.parquet",
                random() >> 16
            );
            let size = random() >> (random() % 40 + 24);
            (key.into_bytes(), size, AS_OF - (random() % 94_000_000_000).cast_signed())
        })
        .collect()
}

fn page(listing: &[(Vec<u8>, u64, i64)]) -> Vec<Object<'_>> {
    let etag = b"d41d8cd98f00b204e9800998ecf8427e";
    listing
        .iter()
        .map(|(key, size, modified)| Object {
            key,
            size: *size,
            modified: Timestamp(*modified),
            etag,
            storage_class: b"STANDARD",
        })
        .collect()
}

fn add(criterion: &mut Criterion) {
    let listing = listing(100_000);
    let sorted = page(&listing);
    let mut shuffled = sorted.clone();
    shuffled.sort_by_key(|object| object.key[object.key.len() - 12..].to_vec());

    let mut group = criterion.benchmark_group("tally");
    group.throughput(Throughput::Elements(1_000));
    for (name, objects) in [("add_1000_sorted", &sorted), ("add_1000_shuffled", &shuffled)] {
        let mut tally = Tally::new(Options::new(Timestamp(AS_OF)));
        let mut pages = objects.chunks(1_000).cycle();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for object in pages.next().unwrap_or_default() {
                    tally.add(black_box(object));
                }
            });
        });
    }
    group.finish();

    let mut full = Tally::new(Options::new(Timestamp(AS_OF)));
    for object in &sorted {
        full.add(object);
    }
    criterion.bench_function("tally/merge", |bencher| {
        bencher.iter_batched_ref(
            || full.clone(),
            |tally| tally.merge(black_box(&full)),
            BatchSize::LargeInput,
        );
    });
    criterion.bench_function("tally/checkpoint", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(&full)));
    });
}

criterion_group!(benches, add);
criterion_main!(benches);
