//! The planner against a store in memory and a virtual clock.
//!
//! ```text
//! cargo bench --bench planner -- table [--shapes a,b] [--keys FILE]... [--n KEYS] [--pages 5000,1000]
//!                                      [--limit KEYS] [--workers 16,64,256] [--latency constant|lognormal|both]
//! cargo bench --bench planner -- cost             the planner's own time per page at 512 live ranges
//! cargo bench --bench planner -- explain SHAPE    every decision of one run
//! cargo bench --bench planner -- --test           quick smoke run
//! ```
//!
//! `req` is requests over ideal pages, `span` the makespan over ideal pages divided by workers. Every run
//! checks that each key is counted exactly once.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "planner/baseline.rs"]
mod baseline;
#[path = "planner/shapes.rs"]
mod shapes;
#[path = "planner/sim.rs"]
mod sim;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sim::{Keys, Latency, Outcome, Run, Store, drive};
use weighbridge::object::KeyOrder;

struct Options {
    sets: Vec<String>,
    keys: usize,
    pages: Vec<usize>,
    limit: Option<usize>,
    workers: Vec<usize>,
    latencies: Vec<Latency>,
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options {
        sets: Vec::new(),
        keys: 1_000_000,
        pages: vec![5000, 1000],
        limit: None,
        workers: vec![16, 64, 256],
        latencies: vec![Latency::Constant, Latency::LogNormal],
    };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
        let number =
            |text: &str| text.parse::<usize>().map_err(|error| format!("{arg} {text}: {error}"));
        let numbers = |text: &str| text.split(',').map(number).collect::<Result<Vec<_>, _>>();
        match arg.as_str() {
            "--shapes" => options.sets.extend(value.split(',').map(str::to_owned)),
            "--keys" => options.sets.push(format!("file:{value}")),
            "--n" => options.keys = number(value)?,
            "--pages" => options.pages = numbers(value)?,
            "--limit" => options.limit = Some(number(value)?),
            "--workers" => options.workers = numbers(value)?,
            "--latency" => {
                options.latencies = match value.as_str() {
                    "constant" => vec![Latency::Constant],
                    "lognormal" => vec![Latency::LogNormal],
                    _ => vec![Latency::Constant, Latency::LogNormal],
                }
            }
            _ => return Err(format!("unknown option {arg}")),
        }
    }
    if options.sets.is_empty() {
        options.sets = shapes::SHAPES.iter().map(|s| (*s).to_owned()).collect();
    }
    Ok(options)
}

fn load(set: &str, n: usize) -> Keys {
    match set.strip_prefix("file:") {
        Some(path) => shapes::file(path, KeyOrder::Bytes).expect("the key file can be read"),
        None => shapes::load(set, n, KeyOrder::Bytes),
    }
}

fn run(keys: &Keys, page: usize, slots: usize, latency: Latency, explain: bool) -> Outcome {
    let store = Store { keys, order: KeyOrder::Bytes, page };
    drive(&Run { store, prefix: Vec::new(), slots, latency, seed: 1, explain, probes: true })
}

/// The goals: (requests per ideal page, makespan over ideal).
fn goal(pages: usize, workers: usize) -> Option<(f64, f64)> {
    match (pages, workers) {
        (4900.., ..=64) => Some((1.06, 1.25)),
        (4900.., ..=256) => Some((1.12, 2.0)),
        (900.., ..=64) => Some((1.15, 2.0)),
        _ => None,
    }
}

fn rows(set: &str, options: &Options) -> String {
    let keys = load(set, options.keys);
    let name = set.rsplit('/').next().unwrap_or(set);
    let limits: Vec<usize> = match options.limit {
        Some(limit) => vec![limit],
        None => options.pages.iter().map(|pages| (keys.len() / pages).max(1)).collect(),
    };
    let mut out = String::new();
    for page in limits {
        let ideal = keys.len().div_ceil(page).max(1);
        for &workers in &options.workers {
            let perfect = (ideal as f64 / workers as f64).max(1.0);
            let (blind, blind_span) =
                baseline::bisect(&Store { keys: &keys, order: KeyOrder::Bytes, page }, workers);
            for &latency in &options.latencies {
                let o = run(&keys, page, workers, latency, false);
                let (req, span) = (o.requests as f64 / ideal as f64, o.makespan / perfect);
                let verdict = match goal(ideal, workers) {
                    Some((r, s)) if req > r && span > s => "misses both",
                    Some((r, _)) if req > r => "misses req",
                    Some((_, s)) if span > s => "misses span",
                    Some(_) => "ok",
                    None => "",
                };
                out += &format!(
                    "{name:16} {ideal:6} {workers:4} {:9} | {req:6.3} {span:6.2} | {:5} {:5} {:6} {:5} {:6.1} | {:6.3} {:6.2} | {:6.1} | {verdict}\n",
                    if latency == Latency::Constant { "constant" } else { "lognormal" },
                    o.stats.empty_pages,
                    o.stats.probes,
                    o.stats.splits + 1,
                    o.stats.peak_live,
                    o.planner.as_secs_f64() * 1e6 / o.requests as f64,
                    blind as f64 / ideal as f64,
                    blind_span / perfect,
                    ideal as f64 / perfect,
                );
            }
        }
    }
    out
}

fn table(options: &Options) {
    println!(
        "set               pages work latency   |    req   span | empty probe ranges  live µs/page | bisect:  req   span | seq span"
    );
    let (next, done) =
        (AtomicUsize::new(0), Mutex::new((0usize, vec![None::<String>; options.sets.len()])));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(set) = options.sets.get(i) else { break };
                    let text = rows(set, options);
                    let mut done = done.lock().unwrap();
                    let (printed, texts) = &mut *done;
                    texts[i] = Some(text);
                    while let Some(text) = texts.get_mut(*printed).and_then(Option::take) {
                        print!("{text}");
                        *printed += 1;
                    }
                }
            });
        }
    });
    for (set, n) in [("ten", 10), ("k1500", 1500)] {
        let keys = shapes::load(set, n, KeyOrder::Bytes);
        let o = run(&keys, 1000, 64, Latency::Constant, false);
        println!("{set}: {} keys, {} requests, {} rounds", keys.len(), o.requests, o.makespan);
    }
}

/// The planner's own time per page with about 512 ranges alive; the least of several runs.
fn cost() {
    for set in ["hex", "logs", "tree", "base64"] {
        let keys = shapes::load(set, 2_000_000, KeyOrder::Bytes);
        let runs: Vec<Outcome> =
            (0..3).map(|_| run(&keys, 1000, 512, Latency::LogNormal, false)).collect();
        let small: Vec<Outcome> =
            (0..3).map(|_| run(&keys, 100, 512, Latency::LogNormal, false)).collect();
        let least = |runs: &[Outcome]| {
            runs.iter()
                .map(|o| o.planner.as_secs_f64() * 1e6 / o.requests as f64)
                .fold(f64::INFINITY, f64::min)
        };
        let (a, b) = (least(&runs), least(&small));
        println!(
            "{set:8} peak {} live ranges: {a:.1} µs per page of 1000 keys, {b:.1} µs per page of 100 keys",
            small[0].stats.peak_live
        );
    }
}

fn explain(set: &str) {
    let keys = load(set, 1_000_000);
    for (time, event) in run(&keys, (keys.len() / 5000).max(1), 64, Latency::Constant, true).explain
    {
        println!("{time:8.2} {event:?}");
    }
}

fn smoke() {
    for set in shapes::SHAPES {
        let keys = shapes::load(set, 20_000, KeyOrder::Bytes);
        for latency in [Latency::Constant, Latency::LogNormal] {
            let o = run(&keys, 50, 16, latency, false);
            let allowed = if latency == Latency::Constant { 1.0 } else { 1.2 };
            assert!(
                o.makespan <= allowed * keys.len().div_ceil(50) as f64,
                "{set}: slower than a sequential walk"
            );
        }
    }
    let (requests, _) = baseline::bisect(
        &Store {
            keys: &shapes::load("hex", 5000, KeyOrder::Bytes),
            order: KeyOrder::Bytes,
            page: 50,
        },
        16,
    );
    assert!(requests >= 100);
    println!("smoke run: {} shapes, every key exactly once", shapes::SHAPES.len());
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.first().map(String::as_str) {
        Some("--test") => smoke(),
        Some("cost") => cost(),
        Some("explain") => explain(args.get(1).map_or("tree", String::as_str)),
        Some("table") => match parse(&args[1..]) {
            Ok(options) => table(&options),
            Err(error) => eprintln!("{error}"),
        },
        _ => smoke(),
    }
}
