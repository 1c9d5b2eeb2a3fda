//! What the tests of whole scans share: a bucket to weigh, the truth about it, the two ways of weighing.

#![allow(dead_code, reason = "each test file uses its own part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

pub(crate) mod azure;
mod gate;
mod secrets;
pub(crate) mod servers;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

#[allow(unused_imports, reason = "each test file uses its own part of it")]
pub(crate) use gate::Gate;
pub(crate) use secrets::Watch;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;
use weighbridge::filter::FilterSpec;
use weighbridge::manifest::{Encoding, OutputTarget, Reader, Row};
use weighbridge::object::{KeyOrder, Timestamp};
use weighbridge::scan::ledger::check_tiling;
use weighbridge::scan::pace::PaceOptions;
use weighbridge::scan::{
    ManifestOptions, Outcome, Progress, ScanError, ScanOptions, StateOptions, scan,
};
use weighbridge::simulator::{
    Behaviour, BucketConfig, BucketSettings, Content, DEFAULT_KEY_ID, DEFAULT_REGION,
    DEFAULT_SECRET, Given, History, Simulator, SimulatorConfig,
};
use weighbridge::store::s3::{S3Config, S3Store};
use weighbridge::store::{Page, Quirks, Store};
use weighbridge::tally::{self, SetDigest};

/// The bucket that every server here has.
pub(crate) const BUCKET: &str = "b";

/// How long anything may take before the test fails rather than hangs.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

// --- servers ----------------------------------------------------------------------------------------

/// What a bucket holds, shared by the server and the test.
pub(crate) type Held = Arc<dyn Content>;

pub(crate) fn held(content: impl Content + 'static) -> Held {
    Arc::new(content)
}

/// A bucket of these keys.
pub(crate) fn keys<K: Into<Vec<u8>>>(keys: impl IntoIterator<Item = K>) -> Held {
    held(Given::of_keys(keys))
}

/// `k00000`, `k00001`, … in two levels of directories, with sizes that differ.
pub(crate) fn numbered(count: usize) -> Held {
    keys((0..count).map(|number| format!("d{}/e{}/k{number:05}", number / 700, number / 90 % 5)))
}

/// Names that are a tree to whoever divides them by this character.
pub(crate) fn divided(separator: char) -> Held {
    let parts = (0..30).flat_map(|tenant| (0..6).map(move |kind| (tenant, kind)));
    keys(parts.flat_map(|(tenant, kind)| {
        let many = 5 + (tenant * 37 + kind * 11) % 40;
        let kind = ["alpha", "b", "cash", "delta", "ex", "files"][kind];
        (0..many).map(move |n| {
            [format!("t{tenant}"), kind.into(), format!("{n:x}")].join(&separator.to_string())
        })
    }))
}

pub(crate) fn config(content: &Held, behaviour: &str) -> SimulatorConfig {
    let bucket = BucketConfig {
        content: Arc::clone(content),
        history: History::default(),
        settings: BucketSettings::default(),
        region: DEFAULT_REGION.into(),
        denied: false,
    };
    let mut config = SimulatorConfig::with_bucket(BUCKET, bucket);
    config.behaviour = behaviour.parse::<Behaviour>().unwrap();
    config.anonymous = true;
    config
}

pub(crate) fn serve(content: &Held, behaviour: &str) -> Simulator {
    start(config(content, behaviour))
}

pub(crate) fn start(config: SimulatorConfig) -> Simulator {
    Simulator::start_in_thread(config).unwrap()
}

// --- the truth --------------------------------------------------------------------------------------

/// Every object of a bucket, as a manifest has to tell of it.
pub(crate) fn rows_of(content: &Held) -> Vec<Row> {
    let mut rows = Vec::new();
    content.visit(0..content.len(), &mut |key, attributes| {
        let mut etag = String::new();
        for byte in attributes.etag.digest {
            write!(etag, "{byte:02x}").unwrap();
        }
        if attributes.etag.parts > 0 {
            write!(etag, "-{}", attributes.etag.parts).unwrap();
        }
        rows.push(Row {
            bucket: BUCKET.into(),
            key: key.to_vec(),
            size: attributes.size,
            modified: attributes.modified,
            etag: etag.into_bytes(),
            storage_class: attributes.storage_class.to_vec(),
        });
    });
    rows
}

pub(crate) fn below(rows: &[Row], prefix: &[u8]) -> Vec<Row> {
    rows.iter().filter(|row| row.key.starts_with(prefix)).cloned().collect()
}

/// Objects and bytes.
pub(crate) fn sums<'a>(rows: impl IntoIterator<Item = &'a Row>) -> (u64, u128) {
    rows.into_iter()
        .fold((0, 0), |(objects, bytes), row| (objects + 1, bytes + u128::from(row.size)))
}

pub(crate) fn digest_of(rows: &[Row]) -> String {
    let mut digest = SetDigest::default();
    for row in rows {
        digest.add(&row.key, row.size);
    }
    digest.to_string()
}

/// Every row of a manifest.
pub(crate) fn rows_in(path: &Path) -> Vec<Row> {
    Reader::open(path).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Compares row by row and shows the first that differs, not twenty thousand.
#[track_caller]
pub(crate) fn assert_same_rows(found: &[Row], expected: &[Row], what: &str) {
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found, expected, "{what}: row {index}");
    }
    assert_eq!(found.len(), expected.len(), "{what}: number of rows");
}

// --- weighing with the library ----------------------------------------------------------------------

/// A scan of the whole bucket in which nothing is asked for that costs time.
pub(crate) fn options(concurrency: usize) -> ScanOptions {
    ScanOptions {
        location: format!("s3://{BUCKET}"),
        prefix: Vec::new(),
        filters: FilterSpec::default(),
        tally: tally::Options::new(Timestamp(1_800_000_000_000)),
        pace: PaceOptions { concurrency, ..PaceOptions::default() },
        hedging: false,
        probes: true,
        cuts: Vec::new(),
        state: None,
        checkpoint_every: Duration::from_secs(5),
        manifest: None,
        explain: false,
    }
}

pub(crate) fn with_manifest(mut options: ScanOptions, path: &Path) -> ScanOptions {
    options.manifest = Some(ManifestOptions {
        target: OutputTarget::File(path.to_owned()),
        encoding: Encoding::from_path(path).unwrap(),
        bucket: BUCKET.into(),
    });
    options
}

pub(crate) fn with_state(mut options: ScanOptions, directory: &Path, resume: bool) -> ScanOptions {
    options.state = Some(StateOptions { directory: directory.to_owned(), resume, keep: true });
    options
}

pub(crate) async fn store(simulator: &Simulator, quirks: Option<Quirks>) -> Arc<dyn Store> {
    store_at(simulator.endpoint(), quirks).await
}

pub(crate) async fn store_at(endpoint: String, quirks: Option<Quirks>) -> Arc<dyn Store> {
    let config = S3Config {
        region: Some(DEFAULT_REGION.into()),
        endpoint_url: Some(endpoint),
        no_sign_request: true,
        quirks,
        ..S3Config::new(BUCKET)
    };
    Arc::new(S3Store::connect(config).await.unwrap())
}

pub(crate) async fn weigh_store(
    store: Arc<dyn Store>,
    options: ScanOptions,
) -> Result<Outcome, ScanError> {
    let (_stop, stopped) = watch::channel(false);
    let progress = Arc::new(Progress::default());
    let weighing = scan(store, options, progress, stopped);
    tokio::time::timeout(PATIENCE, weighing).await.unwrap()
}

/// Weighs a simulated bucket without a signature.
pub(crate) fn weigh(simulator: &Simulator, options: ScanOptions) -> Result<Outcome, ScanError> {
    runtime().block_on(async { weigh_store(store(simulator, None).await, options).await })
}

/// The same for a store that is known to put so few entries on a page: then even a small bucket is cut
/// into many ranges.
pub(crate) fn weigh_small(
    simulator: &Simulator,
    page_limit: usize,
    options: ScanOptions,
) -> Result<Outcome, ScanError> {
    let quirks = Quirks { page_limit, ..Quirks::default() };
    runtime().block_on(async { weigh_store(store(simulator, Some(quirks)).await, options).await })
}

/// Puts an object on a page of a store that a test plays.
pub(crate) fn push(page: &mut Page, key: &str, size: u64) {
    let start = page.body.len();
    page.body.extend_from_slice(key.as_bytes());
    let key = page.in_body(start, page.body.len()).unwrap();
    let none = page.in_body(0, 0).unwrap();
    page.push(key, size, Timestamp(0), none, none);
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Objects and bytes that a scan counted.
pub(crate) fn counted(outcome: &Outcome) -> (u64, u128) {
    let counts = outcome.ledger.tally.totals().counts;
    (counts.objects, counts.bytes)
}

/// What every outcome has to hold, whatever the server did: ranges tile the key space and add up, and
/// `complete` means all of the bucket.
#[track_caller]
pub(crate) fn assert_honest(outcome: &Outcome, expected: &[Row], what: &str) {
    let ledger = &outcome.ledger;
    if !ledger.sequential {
        check_tiling(&ledger.ranges, KeyOrder::Bytes).unwrap();
    }
    let objects: u64 = ledger.ranges.iter().map(|range| range.objects).sum();
    assert_eq!(objects, counted(outcome).0, "{what}: the ranges add up to the totals");
    let all = sums(expected);
    assert_eq!(
        ledger.complete,
        outcome.end == weighbridge::scan::End::Complete,
        "{what}: end and ledger agree"
    );
    if ledger.complete {
        assert_eq!(counted(outcome), all, "{what}: complete, and wrong: {:?}", ledger.notes);
        assert_eq!(ledger.tally.digest().to_string(), digest_of(expected), "{what}: digest");
    } else {
        assert!(counted(outcome).0 <= all.0, "{what}: more objects than there are");
    }
}

// --- weighing with the program ----------------------------------------------------------------------

/// A folder of its own, in which the program finds nothing of the user's.
pub(crate) struct Workshop {
    folder: TempDir,
}

/// What a run of the program left.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program in a clean environment, in this folder, without keys.
    pub(crate) fn bare(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_weighbridge"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.folder.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AZURE_TOKEN_CREDENTIALS", "dev")
            .stdin(Stdio::null());
        command
    }

    /// The same with the keys that a simulator accepts.
    pub(crate) fn signed(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.bare(arguments);
        command
            .env("AWS_ACCESS_KEY_ID", DEFAULT_KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", DEFAULT_SECRET);
        command
    }

    /// `weighbridge scan s3://b --endpoint-url …` with further arguments.
    pub(crate) fn scan(&self, endpoint: &str, more: &[&str]) -> Ran {
        run(self.signed(&scan_arguments(endpoint, more)))
    }

    pub(crate) fn summary(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }
}

pub(crate) fn scan_arguments<'a>(endpoint: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["scan", "s3://b", "--endpoint-url", endpoint];
    arguments.extend_from_slice(more);
    arguments
}

/// Runs to the end; a run that takes too long is killed, and has no code then.
#[track_caller]
pub(crate) fn run(command: std::process::Command) -> Ran {
    let watch = Watch::before(&command);
    let output = assert_cmd::Command::from_std(command).timeout(PATIENCE).output().unwrap();
    let ran = Ran {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    watch.after(&[&ran.stdout, ran.stderr.as_bytes()]);
    ran
}

impl Ran {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Everything it said, on both streams.
    pub(crate) fn said(&self) -> String {
        format!("{}\n{}", self.text(), self.stderr)
    }

    #[track_caller]
    pub(crate) fn ends_with_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}", self.said());
        self
    }
}

/// Objects and bytes as a summary tells them.
pub(crate) fn totals(summary: &Value) -> (u64, u128) {
    let totals = &summary["totals"];
    (totals["objects"].as_u64().unwrap(), u128::from(totals["bytes"].as_u64().unwrap()))
}

/// The rows that lie in none of the gaps that a summary names.
pub(crate) fn outside_gaps(rows: &[Row], summary: &Value) -> Vec<Row> {
    let gaps: Vec<_> = summary["incomplete"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| (bytes(&gap["lower"]), bytes(&gap["upper"])))
        .collect();
    let missing = |key: &[u8]| {
        gaps.iter().any(|(lower, upper)| {
            lower.as_deref().is_none_or(|lower| key > lower)
                && upper.as_deref().is_none_or(|upper| key <= upper)
        })
    };
    rows.iter().filter(|row| !missing(&row.key)).cloned().collect()
}

/// A key as JSON has it.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone().into_bytes()),
        other => panic!("{other} is no key that is UTF-8"),
    }
}

/// A run of the program that goes on while the test looks; killed when dropped.
pub(crate) struct Running {
    child: Child,
    watch: Watch,
    /// Files, since nobody reads from pipes meanwhile.
    stdout: File,
    stderr: File,
}

impl Running {
    pub(crate) fn start(mut command: std::process::Command) -> Self {
        let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let watch = Watch::before(&command);
        let child = command
            .stdout(stdout.try_clone().unwrap())
            .stderr(stderr.try_clone().unwrap())
            .spawn()
            .unwrap();
        Self { child, watch, stdout, stderr }
    }

    /// Sends a signal, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id();
        let kill = format!("kill -{name} {id}");
        let sent = std::process::Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Ran {
        let status = until("the program ends", || self.child.try_wait().unwrap());
        let read = |file: &mut File| {
            let mut content = Vec::new();
            file.rewind().unwrap();
            file.read_to_end(&mut content).unwrap();
            content
        };
        let ran = Ran {
            code: status.code(),
            stdout: read(&mut self.stdout),
            stderr: String::from_utf8(read(&mut self.stderr)).unwrap(),
        };
        self.watch.after(&[&ran.stdout, ran.stderr.as_bytes()]);
        ran
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again until there is something, and fails when that takes too long.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "still waiting: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The message is one paragraph that begins in lower case and names what it is about; a hint follows.
#[track_caller]
pub(crate) fn assert_told(ran: &Ran, code: i32, names: &[&str]) {
    ran.ends_with_code(code);
    let stderr = &ran.stderr;
    assert!(ran.stdout.is_empty(), "{}", ran.said());
    let message = stderr.strip_prefix("error: ").unwrap_or_else(|| panic!("no error: {stderr}"));
    assert!(!message.starts_with(char::is_uppercase), "{stderr}");
    let (paragraph, rest) = message.split_once("\n\n").unwrap_or((message, ""));
    assert!(!paragraph.trim_end().contains('\n'), "more than one paragraph: {stderr}");
    for name in names {
        assert!(message.contains(name), "`{name}` is not in: {stderr}");
    }
    let hint = rest.lines().find_map(|line| line.strip_prefix("hint: "));
    assert!(hint.is_some_and(|hint| !hint.is_empty()), "no hint: {stderr}");
    assert!(!stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"), "{stderr}");
}

// --- clients that other people wrote ----------------------------------------------------------------

/// What a script of `tests/sdks` says on stdout to this on stdin, or nothing where no interpreter has the
/// SDKs.
#[expect(clippy::print_stderr, reason = "who runs the tests has to know what was left out")]
pub(crate) fn sdk(script: &str, arguments: &[&str], input: &Value) -> Option<Value> {
    const VARIABLE: &str = "WEIGHBRIDGE_TEST_PYTHON";
    let Some(python) = std::env::var_os(VARIABLE) else {
        let required = std::env::var("WEIGHBRIDGE_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
        assert!(!required, "{VARIABLE} is not set, and WEIGHBRIDGE_REQUIRE_SERVERS is");
        eprintln!("left out: {VARIABLE} is not set; `scripts/test` installs the SDKs");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdks").join(script);
    let output = assert_cmd::Command::new(python)
        .arg(script)
        .args(arguments)
        .env_remove("PYTHONPATH")
        .write_stdin(input.to_string())
        .timeout(PATIENCE)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Base64 with padding.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut out) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|&byte| byte != b'=') {
        let value = alphabet.iter().position(|&known| known == byte).unwrap();
        bits = (bits << 6 | u32::try_from(value).unwrap()) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xFF).unwrap());
        }
    }
    out
}

/// Keys that clients and servers stumble over, all of them legal and UTF-8.
pub(crate) fn awkward() -> Vec<String> {
    let mut keys: Vec<String> = [
        "a b",
        "a+b",
        "a%20b",
        "a%2Bb",
        "a%",
        "%zz",
        "a&b",
        "a<b>",
        "q\"q",
        "q'q",
        "#",
        "?x=1",
        "=",
        ";",
        "\\",
        "é/ü",
        "e\u{301}",
        "客户/文件 1.txt",
        "😀/～",
        "～",
        "\u{1}",
        "tab\t",
        "line\nfeed",
        "cr\r",
        "\u{7f}",
        "\u{2028}",
        "./a",
        "../a",
        "d//e",
        "d/",
        "d/e/",
        "d/e/f",
        "d-",
        "d.",
        "d0",
        "dir",
        " ",
        "  lead",
        "trail ",
        "a",
        "a/",
        "a/b",
        "~",
        "*",
        "(x)",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    keys.push("k".repeat(1023));
    keys.extend(
        (0..400).map(|number| format!("d{}/e{}/k{number:03}", number / 90, number / 13 % 5)),
    );
    keys.sort();
    keys.dedup();
    keys
}

/// What a listing has to show of these rows, as `sdk` tells it.
pub(crate) fn listing_of(rows: &[Row], prefix: &str, delimiter: &str, after: &str) -> Value {
    let (mut keys, mut prefixes) = (Vec::new(), Vec::<String>::new());
    for row in rows {
        let key = std::str::from_utf8(&row.key).unwrap();
        let Some(rest) = key.strip_prefix(prefix) else { continue };
        match rest.find(delimiter).filter(|_| !delimiter.is_empty()) {
            Some(at) => {
                let common = &key[..prefix.len() + at + delimiter.len()];
                if common > after && prefixes.last().is_none_or(|last| last != common) {
                    prefixes.push(common.to_owned());
                }
            }
            None if key > after => keys.push(serde_json::json!([key, row.size])),
            None => {}
        }
    }
    serde_json::json!({ "keys": keys, "prefixes": prefixes })
}

/// Whether head and body of a request have come.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    request.len() >= end + 4 + length
}

/// Answers every request with this.
pub(crate) fn answering(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut request = Vec::new();
                let mut buffer = [0; 4_096];
                while !is_whole(&request) {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => return,
                        Ok(length) => request.extend_from_slice(&buffer[..length]),
                    }
                }
                let length = body.len();
                // Whoever asked may be gone.
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\
                     Connection: close\r\n\r\n{body}"
                );
            });
        }
    });
    endpoint
}
