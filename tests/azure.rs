//! Azure containers, served by the simulator, are weighed exactly, and what goes wrong is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use common::azure::{assert_exact, awkward_names, azure, nasty, serve, shown, weigh};
use common::servers::{Object, Server, server};
use common::{
    BUCKET, Held, Ran, Workshop, divided, held, keys, numbered, options, rows_in, rows_of, run,
    runtime, sdk, start, totals, weigh_store, with_state,
};
use serde_json::{Value, json};
use weighbridge::object::KeyOrder;
use weighbridge::scan::{End, ScanOptions};
use weighbridge::simulator::{
    DEFAULT_KEY_ID, DEFAULT_SECRET, Given, GivenObject, Simulator, account_key,
};
use weighbridge::store::azure::{AzureAccess, AzureConfig, AzureStore, Secret, quirks};
use weighbridge::store::{Quirks, RangeStart};

const INCOMPLETE: i32 = 3;

#[test]
fn every_blob_is_counted_once_at_any_page_size_and_concurrency() {
    for (content, what) in [(numbered(4_000), "numbered"), (nasty(), "nasty")] {
        let expected = rows_of(&content);
        let simulator = serve(&content, "");
        for (page_limit, concurrency) in [(5_000, 1), (100, 16), (7, 16), (1, 4)] {
            let what = format!("{what}, pages of {page_limit}, {concurrency} at once");
            let outcome = weigh(&simulator, page_limit, options(concurrency));
            assert_exact(&outcome, &expected, &what);
            assert!(!outcome.ledger.sequential, "{what}");
            if concurrency == 16 {
                assert!(outcome.ledger.ranges.len() > 4, "{what}: cut into ranges");
            }
        }
    }
}

#[test]
fn prefixes_are_weighed_exactly() {
    let content = nasty();
    let simulator = serve(&content, "");
    for prefix in ["order/", "order/\u{1f600}", "\u{1f600}", "dir", "dir/", "a", "%", "no such"] {
        let expected = common::below(&rows_of(&content), prefix.as_bytes());
        let options = ScanOptions { prefix: prefix.into(), ..options(8) };
        assert_exact(&weigh(&simulator, 20, options), &expected, prefix);
    }
}

#[test]
fn names_are_cut_by_the_character_that_divides_them() {
    for separator in ['/', ':', '_', '+'] {
        let content = divided(separator);
        let outcome = weigh(&serve(&content, ""), 50, options(16));
        assert_exact(&outcome, &rows_of(&content), &separator.to_string());
        assert!(outcome.ledger.requests.probes > 1, "{separator}: {:?}", outcome.ledger.requests);
    }
}

#[test]
fn short_and_empty_pages_and_faults_change_nothing() {
    let content = numbered(3_000);
    let expected = rows_of(&content);
    for behaviour in [
        "empty-page=0.2,short-page=0.2",
        "error-500=0.1,slow-down=0.1,error-in-200=0.1,reset=0.1",
        "cut-body=0.1,truncated-xml=0.1",
        "page-limit=13",
        "clock=40m",
        "truncated-end=0.3",
    ] {
        let outcome = weigh(&serve(&content, behaviour), 50, options(8));
        assert_exact(&outcome, &expected, behaviour);
        assert!(!outcome.ledger.sequential, "{behaviour}");
    }
}

#[test]
fn a_service_that_ignores_starts_is_weighed_exactly() {
    let content = numbered(3_000);
    let outcome = weigh(&serve(&content, "ignores-start-after"), 50, options(8));
    assert_exact(&outcome, &rows_of(&content), "ignores startFrom");
    assert!(outcome.ledger.sequential);
}

/// A tree as a hierarchical namespace holds it: nothing is both a file and a directory.
fn tree() -> Held {
    let names = (0..3_000).map(|n| format!("a{}/b{}/f{n:04}", n / 700, n / 90 % 5));
    keys(names.chain(["A-B".into(), "A/dat1".into(), "A.x".into()]))
}

/// How many directories these files are in.
fn directories_of(content: &Held) -> u64 {
    let rows = rows_of(content);
    let within = rows.iter().flat_map(|row| {
        let slashes = row.key.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        slashes.map(|(at, _)| &row.key[..at])
    });
    within.collect::<std::collections::BTreeSet<_>>().len() as u64
}

#[test]
fn directories_are_told_beside_the_objects() {
    let content = tree();
    let simulator = serve(&content, "directory-order");
    let workshop = Workshop::new();
    let location = format!("azure://{DEFAULT_KEY_ID}/{BUCKET}/a1/");
    let ran = keyed(&workshop, &simulator, &location, &["-o", "s.json", "--report", "r.md"]);
    ran.ends_with_code(0);
    assert_eq!(workshop.summary("s.json")["directories"], 5);
    let report = fs::read_to_string(workshop.path("r.md")).unwrap();
    assert!(report.contains("5 directories, which are not objects"), "{report}");
    let flat = serve(&content, "");
    keyed(&workshop, &flat, &location, &["-o", "f.json"]).ends_with_code(0);
    assert_eq!(workshop.summary("f.json")["directories"], 0);
}

#[test]
fn a_hierarchical_namespace_is_walked_and_its_directories_are_no_objects() {
    let content = tree();
    let outcome = weigh(&serve(&content, "directory-order"), 50, options(8));
    assert_exact(&outcome, &rows_of(&content), "hierarchical");
    assert_eq!(outcome.ledger.directories, directories_of(&content));
    assert!(outcome.ledger.sequential);
}

#[test]
fn a_walk_that_was_stopped_tells_of_each_directory_once() {
    let content = tree();
    let simulator = serve(&content, "directory-order");
    for limit in [2, 3, 9, 30] {
        let workshop = Workshop::new();
        let run = |resume, limit| {
            let mut options = with_state(options(4), &workshop.path("state"), resume);
            options.pace.max_requests = limit;
            weigh(&simulator, 50, options)
        };
        assert_eq!(run(false, limit).end, End::RequestLimit);
        let outcome = run(true, 0);
        assert_exact(&outcome, &rows_of(&content), "resumed");
        assert_eq!(outcome.ledger.directories, directories_of(&content), "{limit} requests");
        let notes = outcome.ledger.notes.join("\n");
        assert!(!notes.contains("began anew"), "{notes}");
    }
}

#[test]
fn a_hierarchical_namespace_that_the_account_does_not_tell_of_is_noticed() {
    let content = tree();
    let mut config = azure(&content, "directory-order");
    config.anonymous = true;
    let simulator = start(config);
    let outcome = runtime().block_on(async {
        let config = AzureConfig {
            endpoint_url: Some(simulator.endpoint()),
            access: AzureAccess::Anonymous,
            quirks: Some(Quirks { page_limit: 50, ..quirks() }),
            ..AzureConfig::new(DEFAULT_KEY_ID, BUCKET)
        };
        let store = AzureStore::connect(config).await.unwrap();
        weigh_store(Arc::new(store), options(8)).await.unwrap()
    });
    assert_exact(&outcome, &rows_of(&content), "hierarchical");
    assert_eq!(outcome.ledger.directories, directories_of(&content));
    let notes = outcome.ledger.notes.join("\n");
    assert!(notes.contains("hierarchical namespace"), "{notes}");
}

// --- a client that other people wrote ---------------------------------------------------------------

#[test]
fn the_official_sdk_lists_the_simulator_by_key_and_by_signature() {
    let content = awkward_names();
    let case = |prefix: &str, delimiter: &str, limit: u32, from: &str| json!({ "prefix": prefix, "delimiter": delimiter, "limit": limit, "from": from });
    let cases = [
        case("", "", 5_000, ""),
        case("", "", 7, ""),
        case("", "/", 9, ""),
        case("d1/", "/", 5_000, ""),
        case("客户/", "", 1, ""),
        case("", "", 50, "d2/e1/k190"),
        case("", "", 3, "\u{1f600}"),
        case("order/", "", 50, "order/\u{ff5e}"),
        case("a+", "", 1, ""),
        case("a ", "", 1, ""),
    ];
    let expected: Vec<Value> = cases.iter().map(|case| shown(&content, case)).collect();
    for (kind, form) in
        [("key", "xml"), ("account-sas", "xml"), ("container-sas", "xml"), ("key", "arrow")]
    {
        let simulator = serve(&content, "");
        let key = account_key(DEFAULT_SECRET);
        let arguments = [&simulator.endpoint(), DEFAULT_KEY_ID, BUCKET, &key, kind, form];
        let Some(seen) = sdk("list_azure.py", &arguments, &json!(cases)) else { return };
        for ((case, seen), expected) in cases.iter().zip(seen.as_array().unwrap()).zip(&expected) {
            assert_eq!(seen, expected, "{kind}, {form}: {case}");
        }
        let counters = simulator.counters();
        let as_arrow = if form == "arrow" { counters.lists } else { 0 };
        assert_eq!((counters.refused, counters.arrow_lists), (0, as_arrow), "{kind}, {form}");
    }
}

// --- the program ------------------------------------------------------------------------------------

fn scan_of(workshop: &Workshop, simulator: &Simulator, location: &str, more: &[&str]) -> Command {
    let endpoint = simulator.endpoint();
    let mut command = workshop.bare(&["scan", location, "--endpoint-url", &endpoint]);
    command.args(more);
    command
}

fn keyed(workshop: &Workshop, simulator: &Simulator, location: &str, more: &[&str]) -> Ran {
    let mut command = scan_of(workshop, simulator, location, more);
    command.env("AZURE_STORAGE_KEY", account_key(DEFAULT_SECRET));
    let ran = run(command);
    assert!(!ran.said().contains(&account_key(DEFAULT_SECRET)), "{}", ran.said());
    ran
}

#[test]
fn the_program_weighs_a_container_and_writes_its_tiers() {
    let tier = |key: &str, class: &str| GivenObject {
        storage_class: class.into(),
        ..GivenObject::new(key, 10)
    };
    let objects =
        [tier("p/a", "Archive"), tier("p/b", "Cold"), tier("p/page.vhd", ""), tier("q", "Hot")];
    let content = held(Given::new(objects));
    let simulator = serve(&content, "");
    let workshop = Workshop::new();
    let location = format!("azure://{DEFAULT_KEY_ID}/{BUCKET}/p/");
    let ran = keyed(&workshop, &simulator, &location, &["-o", "s.json", "-m", "m.csv"]);
    ran.ends_with_code(0);
    assert_eq!(totals(&workshop.summary("s.json")), (3, 30));
    let rows = rows_in(&workshop.path("m.csv"));
    let classes: Vec<_> =
        rows.iter().map(|row| String::from_utf8_lossy(&row.storage_class)).collect();
    assert_eq!(classes, ["Archive", "Cold", "None"]);
    assert_eq!(workshop.summary("s.json")["provider"], "azure");
}

#[test]
fn a_scan_of_names_in_utf16_order_is_gone_on_with_and_verified() {
    let content = nasty();
    let simulator = serve(&content, "page-limit=50");
    let workshop = Workshop::new();
    let location = format!("azure://{DEFAULT_KEY_ID}/{BUCKET}");
    let state = ["-q", "-o", "s.json", "-m", "m.jsonl", "--state", "state"];
    let limited = [&state[..], &["--max-requests", "9"]].concat();
    keyed(&workshop, &simulator, &location, &limited).ends_with_code(INCOMPLETE);
    keyed(&workshop, &simulator, &location, &[&state[..], &["--resume"]].concat())
        .ends_with_code(0);
    let mut found: Vec<_> =
        rows_in(&workshop.path("m.jsonl")).into_iter().map(|row| (row.key, row.size)).collect();
    assert!(found.is_sorted_by(|a, b| KeyOrder::Utf16.precedes(&a.0, &b.0)), "in the order listed");
    found.sort();
    let expected: Vec<_> = rows_of(&content).into_iter().map(|row| (row.key, row.size)).collect();
    assert!(found == expected);
    let mut verify = workshop.bare(&["verify", "state", "--endpoint-url", &simulator.endpoint()]);
    verify.env("AZURE_STORAGE_KEY", account_key(DEFAULT_SECRET));
    run(verify).ends_with_code(0);
    let hints = ["-q", "-o", "again.json", "--hints", "state/ledger.json"];
    keyed(&workshop, &simulator, &location, &hints).ends_with_code(0);
}

#[test]
fn what_is_wrong_is_told_with_its_way_out() {
    let simulator = serve(&numbered(10), "");
    let workshop = Workshop::new();
    let here = format!("azure://{DEFAULT_KEY_ID}/{BUCKET}");
    let connection = format!("AccountName={DEFAULT_KEY_ID};AccountKey={}", account_key("other"));
    fs::write(workshop.path("c.txt"), connection).unwrap();
    let missing = format!("azure://{DEFAULT_KEY_ID}/missing");
    let expired = "sv=2024-11-04&sr=c&sp=rl&se=2020-01-01&sig=x";
    for (location, variable, value, more, code, told) in [
        (
            &missing,
            "AZURE_STORAGE_KEY",
            account_key(DEFAULT_SECRET),
            &[][..],
            1,
            "ContainerNotFound",
        ),
        (&here, "AZURE_STORAGE_KEY", account_key("wrong"), &[], 1, "AuthenticationFailed"),
        (&here, "AZURE_STORAGE_KEY", "no base64!".to_owned(), &[], 2, "not base64"),
        (&here, "AZURE_STORAGE_SAS_TOKEN", expired.to_owned(), &[], 1, "has expired at 2020-01-01"),
        (&here, "AZURE_STORAGE_SAS_TOKEN", "sp=r&sr=c&sig=x".to_owned(), &[], 2, "no `l`"),
        (&here, "AZURE_STORAGE_CONNECTION_STRING", "AccountName=x".to_owned(), &[], 2, "neither"),
        (&here, "NOTHING", String::new(), &[], 1, "AZURE_STORAGE_CONNECTION_STRING"),
        (&here, "NOTHING", String::new(), &["--no-sign-request"], 1, "AZURE_STORAGE_KEY"),
        (
            &here,
            "NOTHING",
            String::new(),
            &["--connection-string-file", "c.txt"],
            1,
            "AuthenticationFailed",
        ),
        (&here, "NOTHING", String::new(), &["--sas-token-file", "none.txt"], 2, "none.txt"),
    ] {
        let mut command = scan_of(&workshop, &simulator, location, more);
        command.env(variable, &value);
        let ran = run(command);
        ran.ends_with_code(code);
        let told_so = ran.stderr.contains(told) && ran.stderr.starts_with("error: ");
        assert!(told_so, "{told}: {}", ran.said());
        assert!(value.len() < 4 || !ran.said().contains(&value), "{}", ran.said());
    }
}

#[test]
fn flags_of_buckets_are_refused() {
    let simulator = serve(&numbered(10), "");
    let workshop = Workshop::new();
    let here = format!("azure://{DEFAULT_KEY_ID}/{BUCKET}");
    for flag in [["--profile", "backup"], ["--region", "westeurope"], ["--addressing", "path"]] {
        let ran = keyed(&workshop, &simulator, &here, &flag);
        ran.ends_with_code(2);
        let told = format!("`{}` says nothing about", flag[0]);
        assert!(ran.stderr.contains(&told), "{}", ran.said());
    }
}

// --- Entra ID ---------------------------------------------------------------------------------------

const TOKEN: &str = "eyJ0b2tlbg";
const IDENTITY_HEADER: &str = "header-of-the-endpoint";

fn in_seconds(life: u64) -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + life
}

/// An identity endpoint as App Service has one. It gives `tokens` in turn and the last one for good, each
/// for `life` seconds.
struct Identity {
    endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Identity {
    fn start(tokens: &[&str], life: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}/msi/token", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let heads = Arc::clone(&asked);
        let tokens: Vec<String> = tokens.iter().map(|token| (*token).to_owned()).collect();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head = lines.map(Result::unwrap).take_while(|line| !line.is_empty());
                let head = head.collect::<Vec<_>>().join("\n").to_ascii_lowercase();
                let number = {
                    let mut heads = heads.lock().unwrap();
                    heads.push(head);
                    heads.len().min(tokens.len()) - 1
                };
                let body = json!({
                    "access_token": tokens[number],
                    "expires_on": in_seconds(life).to_string(),
                    "resource": "https://storage.azure.com",
                    "token_type": "Bearer",
                })
                .to_string();
                let length = body.len();
                let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json";
                write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
            }
        });
        Self { endpoint, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn is_had_by(&self, command: &mut Command) {
        command
            .env("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
            .env("IDENTITY_ENDPOINT", &self.endpoint)
            .env("IDENTITY_HEADER", IDENTITY_HEADER);
    }
}

/// A simulator that takes [`TOKEN`], and ten pages of blobs.
fn serve_signed_in() -> Simulator {
    let mut config = azure(&numbered(1_000), "page-limit=100");
    config.credentials[0].session_token = Some(TOKEN.into());
    start(config)
}

fn signed_in(simulator: &Simulator, more: &[&str], setup: impl FnOnce(&mut Command)) -> Ran {
    let workshop = Workshop::new();
    let location = format!("azure://{DEFAULT_KEY_ID}/{BUCKET}");
    let mut command = scan_of(&workshop, simulator, &location, &[more, &["-o", "s.json"]].concat());
    setup(&mut command);
    let ran = run(command);
    for secret in [TOKEN, IDENTITY_HEADER, "client-secret-text"] {
        assert!(!ran.said().contains(secret), "{}", ran.said());
    }
    if ran.code == Some(0) {
        assert_eq!(totals(&workshop.summary("s.json")).0, 1_000);
    }
    ran
}

#[test]
fn without_keys_the_identity_of_the_machine_is_asked_once_while_its_token_holds() {
    let identity = Identity::start(&[TOKEN], 3600);
    let ran = signed_in(&serve_signed_in(), &["-vv"], |command| identity.is_had_by(command));
    ran.ends_with_code(0);
    let asked = identity.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("get /msi/token?"), "{asked:?}");
    assert!(asked[0].contains("resource=https%3a%2f%2fstorage.azure.com "), "{asked:?}");
    assert!(asked[0].contains(&format!("x-identity-header: {IDENTITY_HEADER}")), "{asked:?}");
}

#[test]
fn a_token_is_renewed_five_minutes_before_it_ends() {
    let identity = Identity::start(&["too short", TOKEN], 299);
    let ran = signed_in(&serve_signed_in(), &[], |command| identity.is_had_by(command));
    ran.ends_with_code(0);
    assert!(identity.asked().len() > 10, "at least for every page: {:?}", identity.asked());
}

#[test]
fn a_refused_token_is_asked_for_again_once() {
    let identity = Identity::start(&["revoked", TOKEN], 3600);
    let simulator = serve_signed_in();
    signed_in(&simulator, &[], |command| identity.is_had_by(command)).ends_with_code(0);
    assert_eq!(identity.asked().len(), 2);
    assert_eq!(simulator.counters().refused, 1);

    let identity = Identity::start(&["of another tenant"], 3600);
    let ran = signed_in(&simulator, &[], |command| identity.is_had_by(command));
    ran.ends_with_code(1);
    assert!(ran.stderr.contains("belongs to the tenant"), "{}", ran.said());
}

#[test]
fn signing_in_can_be_said_where_there_is_a_key() {
    let identity = Identity::start(&[TOKEN], 3600);
    let simulator = serve_signed_in();
    for (flags, code) in [(&["--entra-id"][..], 0), (&[], 1)] {
        let ran = signed_in(&simulator, flags, |command| {
            identity.is_had_by(command);
            command.env("AZURE_STORAGE_KEY", account_key("another"));
        });
        ran.ends_with_code(code);
    }
    let both = ["--entra-id", "--sas-token-file", "x"];
    signed_in(&simulator, &both, |_| {}).ends_with_code(2);
    signed_in(&simulator, &["--entra-id", "--no-sign-request"], |_| {}).ends_with_code(2);
}

/// Puts an Azure CLI into the workshop's path that somebody is signed in to.
fn sign_in_to_cli(workshop: &Workshop, command: &mut Command) {
    let token = json!({
        "accessToken": TOKEN, "expires_on": in_seconds(3600), "tokenType": "Bearer",
        "tenant": "t", "subscription": "s", "expiresOn": "2030-01-01 00:00:00.000000",
    });
    let tool = workshop.path("az");
    fs::write(&tool, format!("#!/bin/sh\necho '{token}'\n")).unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    command.env("PATH", tool.parent().unwrap());
}

#[test]
fn whoever_is_signed_in_to_the_azure_cli_weighs_with_it() {
    let workshop = Workshop::new();
    let ran = signed_in(&serve_signed_in(), &[], |command| sign_in_to_cli(&workshop, command));
    ran.ends_with_code(0);
    let mut sources = workshop.bare(&["sources"]);
    sign_in_to_cli(&workshop, &mut sources);
    let ran = run(sources);
    ran.ends_with_code(0);
    assert!(ran.text().contains("Entra ID (Azure CLI)"), "{}", ran.text());
    assert!(!ran.said().contains(TOKEN));
}

#[test]
fn every_way_that_was_tried_is_told_where_none_gives_a_token() {
    let simulator = serve_signed_in();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ran = signed_in(&simulator, &[], |command| {
        command
            .env_remove("AZURE_TOKEN_CREDENTIALS")
            .env("PATH", "/nowhere")
            .env("AZURE_CLIENT_SECRET", "client-secret-text")
            .env("IDENTITY_ENDPOINT", format!("http://{closed}/"))
            .env("IDENTITY_HEADER", IDENTITY_HEADER);
    });
    ran.ends_with_code(1);
    for told in [
        "client secret: AZURE_TENANT_ID, AZURE_CLIENT_ID are not set",
        "workload identity: AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE are not set",
        "managed identity: ",
        &closed.to_string(),
        "Azure CLI: ",
        "az not found",
        "Azure Developer CLI: ",
        "`az login`",
        "AZURE_STORAGE_KEY",
    ] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.said());
    }
    assert_eq!(simulator.counters().lists, 0);
}

#[test]
fn a_client_secret_that_fails_is_not_replaced_by_somebody_else() {
    let workshop = Workshop::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ran = signed_in(&serve_signed_in(), &[], |command| {
        sign_in_to_cli(&workshop, command);
        command
            .env_remove("AZURE_TOKEN_CREDENTIALS")
            .env("AZURE_AUTHORITY_HOST", format!("https://{closed}"))
            .env("AZURE_TENANT_ID", "tenant")
            .env("AZURE_CLIENT_ID", "client")
            .env("AZURE_CLIENT_SECRET", "client-secret-text");
    });
    ran.ends_with_code(1);
    assert!(ran.stderr.contains("by client secret failed"), "{}", ran.said());
    assert!(ran.stderr.contains(&closed.to_string()), "{}", ran.said());
}

// --- a server that other people wrote ---------------------------------------------------------------

/// Azurite as one says where it is.
fn connection_string(server: &Server) -> String {
    format!(
        "DefaultEndpointsProtocol=http;AccountName={0};AccountKey={1};BlobEndpoint={2}/{0};",
        server.access_key_id, server.secret_access_key, server.endpoint
    )
}

fn blobs_in(path: &Path) -> Vec<Object> {
    let mut blobs: Vec<_> = rows_in(path).into_iter().map(|row| (row.key, row.size)).collect();
    blobs.sort();
    blobs
}

#[test]
fn azurite_is_walked_by_directories_and_by_prefixes() {
    let Some((server, blobs)) = server("AZURITE") else { return };
    let workshop = Workshop::new();
    let startless = Quirks { range_start: RangeStart::None, page_limit: 300, ..quirks() };
    for (number, prefix) in
        ["", "logs/", "dir", "dir/", "order/", "p/", "x/"].into_iter().enumerate()
    {
        let expected: Vec<Object> =
            blobs.iter().filter(|blob| blob.0.starts_with(prefix.as_bytes())).cloned().collect();
        for (way, quirks) in
            [("ranges", Quirks { page_limit: 300, ..quirks() }), ("walk", startless.clone())]
        {
            let path = workshop.path(&format!("{way}-{number}.csv"));
            let options = ScanOptions { prefix: prefix.into(), ..options(8) };
            let options = common::with_manifest(options, &path);
            let text = Secret::new(connection_string(&server), "a test");
            let config = AzureConfig {
                access: AzureAccess::ConnectionString(text),
                quirks: Some(quirks),
                ..AzureConfig::new(&server.access_key_id, &server.bucket)
            };
            let weighing = async {
                weigh_store(Arc::new(AzureStore::connect(config).await.unwrap()), options).await
            };
            let outcome = runtime().block_on(weighing).unwrap();
            assert_eq!(outcome.end, End::Complete, "{way} below {prefix}");
            assert_eq!(outcome.ledger.sequential, way == "walk", "{way} below {prefix}");
            assert!(blobs_in(&path) == expected, "{way} below {prefix}");
        }
    }
}

#[test]
fn azurite_answers_what_is_asked_before_a_migration() {
    let Some((server, _)) = server("AZURITE") else { return };
    let workshop = Workshop::new();
    let location = format!("azure://{}/{}", server.access_key_id, server.bucket);
    let mut command = workshop.bare(&["check", &location, "-o", "checks.json"]);
    command.env("AZURE_STORAGE_CONNECTION_STRING", connection_string(&server));
    let ran = run(command);
    assert!(!ran.said().contains(&server.secret_access_key));
    let checks: Value =
        serde_json::from_slice(&fs::read(workshop.path("checks.json")).unwrap()).unwrap();
    let findings = checks["findings"].as_array().unwrap();
    for id in
        ["SOURCE_CREDENTIALS", "SOURCE_BUCKET", "SOURCE_LIST", "SOURCE_READ", "AZURE_IMMUTABLE"]
    {
        let found = findings.iter().find(|finding| finding["id"] == id).unwrap();
        assert_eq!(found["verdict"], "ok", "{found}");
    }
}
