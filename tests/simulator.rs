//! The simulator as a client sees it: over a raw connection, byte by byte.

#![allow(clippy::unwrap_used, clippy::format_collect)] // Helpers of tests are tests, too.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use weighbridge::simulator::{
    Behaviour, BucketConfig, Content, Credential, Fault, Generated, Given, GivenObject, Latency,
    Quirk, ShapeName, Simulator, SimulatorConfig,
};

struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Reply {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The contents of all elements of this name.
    fn all(&self, name: &str) -> Vec<String> {
        let text = self.text();
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let pieces = text.split(&open).skip(1);
        pieces.filter_map(|piece| Some(piece.split_once(&close)?.0.to_owned())).collect()
    }

    fn one(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    fn keys(&self) -> Vec<String> {
        let entities = [
            ("&#x9;", "\t"),
            ("&#xa;", "\n"),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&amp;", "&"),
        ];
        let decoded = |key: String| {
            entities.iter().fold(key, |key, (entity, text)| key.replace(entity, text))
        };
        self.all("Key").into_iter().map(decoded).collect()
    }

    fn truncated(&self) -> bool {
        self.one("IsTruncated").unwrap() == "true"
    }
}

fn ask(at: SocketAddr, method: &str, target: &str, headers: &str) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(at)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let host = if headers.contains("Host: ") { "" } else { "Host: 127.0.0.1\r\n" };
    write!(stream, "{method} {target} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n")?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw)?;
    let end = raw.windows(4).position(|w| w == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8(raw[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap()[9..12].parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Ok(Reply { status, headers, body: raw[end + 4..].to_vec() })
}

fn get(simulator: &Simulator, target: &str) -> Reply {
    ask(simulator.address(), "GET", target, "").unwrap()
}

/// Percent-encodes everything but letters and digits.
fn encoded(text: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes()
        .map(|byte| if bare(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn start(content: impl Content + 'static, behaviour: Behaviour) -> Simulator {
    let mut config = SimulatorConfig::with_bucket("b", BucketConfig::new(content));
    config.anonymous = true;
    config.behaviour = behaviour;
    Simulator::start_in_thread(config).unwrap()
}

fn numbers(count: usize) -> Given {
    Given::of_keys((0..count).map(|number| format!("k{number:04}")))
}

/// A server of a hundred keys, `k0000` to `k0099`, behaving as told.
fn behaving(behaviour: &str) -> Simulator {
    start(numbers(100), behaviour.parse().unwrap())
}

/// All keys, following tokens.
fn by_token(simulator: &Simulator, query: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut token = String::new();
    loop {
        let page = get(simulator, &format!("/b?list-type=2{query}{token}"));
        keys.extend(page.keys());
        if !page.truncated() {
            return keys;
        }
        token =
            format!("&continuation-token={}", encoded(&page.one("NextContinuationToken").unwrap()));
    }
}

/// All keys, each page asked for by the last key of the one before.
fn by_key(simulator: &Simulator, query: &str, parameter: &str) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    loop {
        let after = keys.last().map(|key| encoded(key)).unwrap_or_default();
        let page = get(simulator, &format!("/b?{query}&{parameter}={after}"));
        keys.extend(page.keys());
        if !page.truncated() {
            return keys;
        }
    }
}

fn all_keys(content: &dyn Content) -> Vec<String> {
    let mut keys = Vec::new();
    content.visit(0..content.len(), &mut |key, _| {
        keys.push(String::from_utf8(key.to_vec()).unwrap());
    });
    keys
}

#[test]
fn every_way_of_paging_reproduces_every_key() {
    for shape in ShapeName::ALL {
        let content = Generated::new(shape, 1_300, 5).unwrap();
        let expected = all_keys(&content);
        let simulator = start(content, Behaviour::default());
        assert_eq!(by_token(&simulator, "&max-keys=400"), expected, "{shape}");
        assert_eq!(
            by_key(&simulator, "list-type=2&max-keys=400", "start-after"),
            expected,
            "{shape}"
        );
        assert_eq!(by_key(&simulator, "max-keys=1000", "marker"), expected, "{shape}");
    }
}

#[test]
fn a_listing_says_what_s3_says() {
    let object =
        GivenObject { storage_class: b"GLACIER".to_vec(), ..GivenObject::new("p/a b&c", 12) };
    let simulator = start(Given::new([object, GivenObject::new("p/d/e", 1)]), Behaviour::default());
    let page =
        get(&simulator, "/b/?list-type=2&prefix=p/&delimiter=/&start-after=p/%20&max-keys=5");
    assert_eq!(
        page.text().replace(&page.one("ETag").unwrap(), "TAG"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Name>b</Name><Prefix>p/</Prefix><StartAfter>p/ </StartAfter><KeyCount>2</KeyCount>\
         <MaxKeys>5</MaxKeys><Delimiter>/</Delimiter><IsTruncated>false</IsTruncated>\
         <Contents><Key>p/a b&amp;c</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>\
         <ETag>TAG</ETag><Size>12</Size><StorageClass>GLACIER</StorageClass></Contents>\
         <CommonPrefixes><Prefix>p/d/</Prefix></CommonPrefixes></ListBucketResult>"
    );
    let url = get(&simulator, "/b?list-type=2&encoding-type=url");
    assert_eq!(url.keys(), ["p/a+b%26c", "p/d/e"]);
    assert_eq!(url.one("EncodingType").unwrap(), "url");
    let first = get(&simulator, "/b?delimiter=/&max-keys=1&prefix=p/");
    assert_eq!(first.one("NextMarker").unwrap(), "p/a b&amp;c");
    assert_eq!(get(&simulator, "/b?max-keys=1").one("NextMarker"), None);
    let none = get(&simulator, "/b?list-type=2&max-keys=0");
    assert!(none.keys().is_empty() && !none.truncated());
}

#[test]
fn buckets_and_objects_answer() {
    let bucket =
        BucketConfig::new(Given::new([GivenObject::new("a/b", 1_000)])).in_region("eu-west-1");
    let mut config = SimulatorConfig::with_bucket("west", bucket);
    config.anonymous = true;
    let simulator = Simulator::start_in_thread(config).unwrap();
    let ask = |method: &str, target: &str, headers: &str| {
        ask(simulator.address(), method, target, headers).unwrap()
    };
    assert_eq!(ask("GET", "/", "").all("Name"), ["west"]);
    assert_eq!(ask("GET", "/west?location", "").text().matches("eu-west-1").count(), 1);
    let head = ask("HEAD", "/west", "");
    assert_eq!((head.status, head.headers["x-amz-bucket-region"].as_str()), (200, "eu-west-1"));
    let hosted = ask("GET", "/?list-type=2", "Host: west.s3.localhost\r\n");
    assert_eq!(hosted.keys(), ["a/b"]);
    let object = ask("HEAD", "/west/a/b", "");
    assert_eq!((object.status, object.headers["content-length"].as_str()), (200, "1000"));
    assert!(object.body.is_empty());
    let whole = ask("GET", "/west/a/b", "").body;
    let part = ask("GET", "/west/a/b", "Range: bytes=10-19\r\n");
    assert_eq!((part.status, part.headers["content-range"].as_str()), (206, "bytes 10-19/1000"));
    assert_eq!((whole.len(), part.body.as_slice()), (1_000, &whole[10..20]));
    assert_eq!(ask("GET", "/west/a/b", "Range: bytes=1000-\r\n").status, 416);
    let missing = ask("GET", "/west/none", "");
    assert_eq!((missing.status, missing.one("Code").unwrap()), (404, "NoSuchKey".into()));
    let nowhere = ask("GET", "/east?list-type=2", "");
    assert_eq!((nowhere.status, nowhere.one("Code").unwrap()), (404, "NoSuchBucket".into()));
    assert_eq!(ask("HEAD", "/east", "").status, 404);
    assert_eq!(ask("PUT", "/west/a", "").status, 405);
    assert_eq!(ask("GET", "/west?acl", "").status, 501);
    for wrong in [
        "max-keys=-1",
        "max-keys=x",
        "list-type=3",
        "list-type=2&continuation-token=x",
        "encoding-type=html",
    ] {
        assert_eq!(
            ask("GET", &format!("/west?{wrong}"), "").one("Code").unwrap(),
            "InvalidArgument",
            "{wrong}"
        );
    }
}

#[test]
fn callers_must_prove_who_they_are() {
    let mut config = SimulatorConfig::with_bucket("b", BucketConfig::new(numbers(1)));
    config.credentials.push(Credential {
        key_id: "other".into(),
        secret: "s".into(),
        session_token: Some("t".into()),
    });
    let simulator = Simulator::start_in_thread(config).unwrap();
    assert_eq!(get(&simulator, "/b").one("Code").unwrap(), "AccessDenied");
    let code = |key_id: &str, date: &str, more: &str| {
        let scope = &date[..8];
        let headers = format!(
            "Authorization: AWS4-HMAC-SHA256 Credential={key_id}/{scope}/us-east-1/s3/aws4_request, \
             SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=00\r\n\
             x-amz-date: {date}\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n{more}"
        );
        ask(simulator.address(), "GET", "/b", &headers).unwrap().one("Code").unwrap()
    };
    assert_eq!(code("nobody", "20200101T000000Z", ""), "InvalidAccessKeyId");
    assert_eq!(code("weighbridge", "20200101T000000Z", ""), "RequestTimeTooSkewed");
    assert_eq!(
        code("weighbridge", "20200101T000000Z", "x-amz-security-token: t\r\n"),
        "InvalidToken"
    );
    assert_eq!(code("other", "20200101T000000Z", ""), "InvalidToken");
    assert_eq!(
        code("other", "20200101T000000Z", "x-amz-security-token: t\r\n"),
        "RequestTimeTooSkewed"
    );
    let malformed = ask(simulator.address(), "GET", "/b", "Authorization: Basic x\r\n").unwrap();
    assert_eq!(
        (malformed.status, malformed.one("Code").unwrap()),
        (400, "AuthorizationHeaderMalformed".into())
    );
}

/// The headers of `GET path?list-type=2`, signed now by the default credentials or another pair.
fn signed(host: &str, path: &str, region: &str, key: (&str, &str), token: Option<&str>) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hmac = |key: &[u8], text: &str| {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let stamp = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut headers =
        vec![("host", host), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), ("x-amz-date", &stamp)];
    headers.extend(token.map(|token| ("x-amz-security-token", token)));
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!("GET\n{path}\nlist-type=2\n{lines}\n{names}\nUNSIGNED-PAYLOAD");
    let scope = format!("{}/{region}/s3/aws4_request", &stamp[..8]);
    let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let start = format!("AWS4{}", key.1).into_bytes();
    let secret = scope.split('/').fold(start, |key, step| hmac(&key, step));
    let authorization = format!(
        "Authorization: AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}\r\n",
        key.0,
        hex(&hmac(&secret, &text))
    );
    let sent: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    sent.replace("host: ", "Host: ") + &authorization
}

#[test]
fn signed_requests_are_answered_and_sent_to_the_right_region() {
    let west = BucketConfig::new(numbers(2)).in_region("eu-west-1");
    let mut config = SimulatorConfig::with_bucket("west", west.clone());
    config.buckets.insert("closed".into(), BucketConfig { denied: true, ..west });
    config.credentials.push(Credential {
        key_id: "guest/1".into(),
        secret: "s".into(),
        session_token: Some("t".into()),
    });
    let simulator = Simulator::start_in_thread(config).unwrap();
    let usual = ("weighbridge", "weighbridge-secret");
    let list = |host: &str, path: &str, headers: &str| {
        let path = if host.starts_with("west") { "/" } else { path };
        ask(simulator.address(), "GET", &format!("{path}?list-type=2"), headers).unwrap()
    };
    let right = list("h", "/west", &signed("h", "/west", "eu-west-1", usual, None));
    assert_eq!((right.status, right.keys().len()), (200, 2));
    let guest = list("h", "/west", &signed("h", "/west", "eu-west-1", ("guest/1", "s"), Some("t")));
    assert_eq!(guest.status, 200);
    let wrong = list("h", "/west", &signed("h", "/west", "eu-west-1", ("weighbridge", "x"), None));
    assert_eq!((wrong.status, wrong.one("Code").unwrap()), (403, "SignatureDoesNotMatch".into()));

    let by_path = list("h", "/west", &signed("h", "/west", "us-east-1", usual, None));
    assert_eq!((by_path.status, by_path.one("Code").unwrap()), (301, "PermanentRedirect".into()));
    assert_eq!(by_path.headers["x-amz-bucket-region"], "eu-west-1");
    let host = "west.s3.localhost";
    let by_host = list(host, "/", &signed(host, "/", "us-east-1", usual, None));
    assert_eq!((by_host.status, by_host.one("Region").unwrap()), (400, "eu-west-1".into()));
    assert_eq!(by_host.one("Code").unwrap(), "AuthorizationHeaderMalformed");

    let closed = list("h", "/closed", &signed("h", "/closed", "eu-west-1", usual, None));
    assert_eq!((closed.status, closed.one("Code").unwrap()), (403, "AccessDenied".into()));
    assert_eq!(simulator.counters().refused, 4);
}

#[test]
fn a_clock_that_is_off_refuses_and_tells_the_time() {
    let config = SimulatorConfig {
        behaviour: "clock=20m".parse().unwrap(),
        ..SimulatorConfig::with_bucket("b", BucketConfig::new(numbers(1)))
    };
    let simulator = Simulator::start_in_thread(config).unwrap();
    let headers = signed("h", "/b", "us-east-1", ("weighbridge", "weighbridge-secret"), None);
    let reply = ask(simulator.address(), "GET", "/b?list-type=2", &headers).unwrap();
    assert_eq!((reply.status, reply.one("Code").unwrap()), (403, "RequestTimeTooSkewed".into()));
    let told = jiff::fmt::rfc2822::parse(&reply.headers["date"]).unwrap().timestamp();
    let ahead = told.as_second() - jiff::Timestamp::now().as_second();
    assert!((1_190..1_210).contains(&ahead), "{ahead}");
}

#[test]
fn error_500_and_slow_down_are_answered_as_s3_does() {
    let simulator = behaving("error-500=1");
    let reply = get(&simulator, "/b?list-type=2");
    assert_eq!((reply.status, reply.one("Code").unwrap()), (500, "InternalError".into()));
    assert_eq!(simulator.counters().faults_by_kind, [(Fault::Error500, 1)]);
    let reply = get(&behaving("slow-down=1,retry-after=2s"), "/b");
    assert_eq!((reply.status, reply.one("Code").unwrap()), (503, "SlowDown".into()));
    assert_eq!(reply.headers["retry-after"], "2");
    assert_eq!(ask(simulator.address(), "HEAD", "/b", "").unwrap().status, 200);
}

#[test]
fn a_reset_is_a_reset() {
    let simulator = behaving("reset=1");
    let error = ask(simulator.address(), "GET", "/b", "").err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[test]
fn a_cut_body_is_shorter_than_announced() {
    let reply = get(&behaving("cut-body=1"), "/b?list-type=2");
    let announced: usize = reply.headers["content-length"].parse().unwrap();
    assert_eq!(reply.status, 200);
    assert!(!reply.body.is_empty() && reply.body.len() < announced);
}

#[test]
fn a_truncated_document_has_the_length_announced() {
    let reply = get(&behaving("truncated-xml=1"), "/b?list-type=2");
    assert_eq!(reply.headers["content-length"], reply.body.len().to_string());
    assert!(reply.text().contains("<Contents>") && !reply.text().contains("</ListBucketResult>"));
}

#[test]
fn an_error_comes_with_status_200() {
    let simulator = behaving("error-in-200=1");
    let codes = [0, 1].map(|_| {
        let reply = get(&simulator, "/b?list-type=2");
        assert_eq!(reply.status, 200);
        reply.one("Code").unwrap()
    });
    assert_eq!(codes, ["InternalError", "SlowDown"]);
}

#[test]
fn an_empty_page_continues_under_a_new_token() {
    let simulator = behaving("empty-page=1");
    let first = get(&simulator, "/b?list-type=2");
    let token = first.one("NextContinuationToken").unwrap();
    let second = get(&simulator, &format!("/b?list-type=2&continuation-token={}", encoded(&token)));
    for page in [&first, &second] {
        assert!(page.truncated() && page.keys().is_empty());
        assert_eq!(page.one("KeyCount").unwrap(), "0");
    }
    assert_ne!(second.one("NextContinuationToken").unwrap(), token);
    assert_eq!(by_token(&behaving("empty-page=0.5"), "&max-keys=10"), all_keys(&numbers(100)));
}

#[test]
fn short_pages_lose_nothing() {
    let simulator = behaving("short-page=1");
    let page = get(&simulator, "/b?list-type=2&max-keys=50");
    assert!(page.keys().len() < 50 && page.truncated());
    assert_eq!(by_token(&simulator, "&max-keys=20"), all_keys(&numbers(100)));
    assert_eq!(
        by_key(&simulator, "list-type=2&max-keys=20", "start-after"),
        all_keys(&numbers(100))
    );
}

#[test]
fn an_unordered_page_has_two_neighbours_swapped() {
    let keys = get(&behaving("unordered-page=1"), "/b?list-type=2").keys();
    let mut expected = all_keys(&numbers(100));
    assert_eq!(keys.windows(2).filter(|pair| pair[0] > pair[1]).count(), 1);
    expected.swap(49, 50);
    assert_eq!(keys, expected);
}

#[test]
fn a_repeated_token_leads_to_the_same_page() {
    let simulator = behaving("repeated-token=1");
    let first = get(&simulator, "/b?list-type=2&max-keys=10&start-after=k0009");
    let token = first.one("NextContinuationToken").unwrap();
    let again = get(
        &simulator,
        &format!("/b?list-type=2&max-keys=10&continuation-token={}", encoded(&token)),
    );
    assert_eq!(again.keys(), first.keys());
    assert_eq!(again.one("NextContinuationToken").unwrap(), token);
    let page = get(&behaving("repeated-page=1"), "/b?list-type=2&max-keys=10&start-after=k0019");
    assert_eq!(page.keys().first().unwrap(), "k0010");
}

#[test]
fn a_wrong_key_count_is_one_too_high() {
    let page = get(&behaving("wrong-key-count=1"), "/b?list-type=2&max-keys=10");
    assert_eq!((page.keys().len(), page.one("KeyCount").unwrap()), (10, "11".into()));
}

#[test]
fn a_stalled_answer_comes_late_and_whole() {
    let simulator = behaving("stall=1:300ms");
    let begin = Instant::now();
    assert_eq!(get(&simulator, "/b?list-type=2").keys().len(), 100);
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

#[test]
fn faults_by_content_strike_the_same_pages_in_every_run() {
    let run = |order: [u32; 40]| {
        let simulator = behaving("error-500=0.5,by-content");
        let mut struck: Vec<u32> = order
            .into_iter()
            .filter(|number| get(&simulator, &format!("/b?start-after={number}")).status == 500)
            .collect();
        struck.sort_unstable();
        struck
    };
    let forth: [u32; 40] = std::array::from_fn(|n| u32::try_from(n).unwrap());
    let mut back = forth;
    back.reverse();
    let struck = run(forth);
    assert!(struck.len() > 5 && struck.len() < 35);
    assert_eq!(struck, run(back));
}

#[test]
fn start_after_can_be_ignored_or_taken_inclusively() {
    let page = get(&behaving("ignores-start-after"), "/b?list-type=2&start-after=k0050&max-keys=1");
    assert_eq!(page.keys(), ["k0000"]);
    let page =
        get(&behaving("start-after-inclusive"), "/b?list-type=2&start-after=k0050&max-keys=1");
    assert_eq!(page.keys(), ["k0050"]);
    assert_eq!(
        by_token(&behaving("start-after-inclusive"), "&max-keys=9"),
        all_keys(&numbers(100))
    );
}

#[test]
fn a_start_before_the_prefix_can_empty_the_listing() {
    let target = "/b?list-type=2&prefix=k005&start-after=k00";
    assert_eq!(get(&behaving(""), target).keys().len(), 10);
    let page = get(&behaving("empty-before-prefix"), target);
    assert!(page.keys().is_empty() && !page.truncated());
}

#[test]
fn a_truncated_end_hides_what_follows_each_time() {
    let simulator = behaving("truncated-end=1");
    for _ in 0..2 {
        let page = get(&simulator, "/b?list-type=2&max-keys=10");
        assert!(!page.truncated() && page.one("NextContinuationToken").is_none());
    }
    let probe = get(&simulator, "/b?list-type=2&max-keys=1&start-after=k0009");
    assert_eq!(probe.keys(), ["k0010"]);
}

#[test]
fn a_server_of_version_one_knows_no_version_two() {
    let page = get(&behaving("v1-only"), "/b?list-type=2&start-after=k0050&max-keys=1");
    assert_eq!(page.keys(), ["k0000"]);
    assert_eq!((page.one("KeyCount"), page.one("Marker")), (None, Some(String::new())));
    assert_eq!(by_key(&behaving("v1-only"), "max-keys=9", "marker"), all_keys(&numbers(100)));
}

#[test]
fn without_encoding_control_characters_become_references() {
    let quirk = Behaviour::default().with(Quirk::NoEncodingType);
    let simulator = start(Given::of_keys(["a\u{1}<b"]), quirk);
    let page = get(&simulator, "/b?list-type=2&encoding-type=url");
    assert_eq!((page.all("Key"), page.one("EncodingType")), (vec!["a&#x1;&lt;b".to_owned()], None));
}

#[test]
fn directory_order_puts_the_slash_first() {
    let quirk = Behaviour::default().with(Quirk::DirectoryOrder);
    let simulator = start(Given::of_keys(["dir.x", "dir/a", "dir/b"]), quirk);
    assert_eq!(by_token(&simulator, "&max-keys=1"), ["dir/a", "dir/b", "dir.x"]);
    assert_eq!(
        by_key(&simulator, "list-type=2&max-keys=1", "start-after"),
        ["dir/a", "dir/b", "dir.x"]
    );
}

#[test]
fn pages_with_failing_keys_always_fail() {
    let simulator = behaving("fail-key=k0042,fail-range=k0070..k0079");
    let status = |after: &str, count: u32| {
        get(&simulator, &format!("/b?list-type=2&start-after={after}&max-keys={count}")).status
    };
    assert_eq!(
        (status("k0041", 1), status("k0041", 1), status("k0042", 10), status("k0000", 41)),
        (500, 500, 200, 200)
    );
    assert_eq!((status("k0000", 42), status("k0050", 20), status("k0079", 20)), (500, 500, 200));
}

#[test]
fn a_server_can_stop_answering() {
    let simulator = behaving("answer-first=2,page-limit=3");
    for _ in 0..2 {
        let page = get(&simulator, "/b?list-type=2");
        assert!(page.keys().len() == 3 && page.truncated());
    }
    let mut stream = TcpStream::connect(simulator.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    stream.write_all(b"GET /b HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(stream.read(&mut [0; 16]).is_err());
    assert_eq!(simulator.counters().in_flight, 1);
    simulator.shutdown();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert!(matches!(stream.read(&mut [0; 16]), Ok(0) | Err(_)));
}

#[test]
fn requests_above_the_limit_are_throttled() {
    let mut config = SimulatorConfig::with_bucket("b", BucketConfig::new(numbers(1)));
    config.anonymous = true;
    config.max_rps = Some(2.0);
    let simulator = Simulator::start_in_thread(config).unwrap();
    let statuses = [0; 4].map(|_| get(&simulator, "/b").status);
    assert!(statuses[0] == 200 && statuses.contains(&503), "{statuses:?}");
    let counters = simulator.counters();
    assert_eq!(counters.requests, 4);
    assert_eq!(counters.lists + counters.throttled, 4);
}

#[test]
fn answers_are_held_back() {
    let mut config = SimulatorConfig::with_bucket("b", BucketConfig::new(numbers(1)));
    config.anonymous = true;
    config.latency = Latency::Constant(Duration::from_millis(100));
    let simulator = Simulator::start_in_thread(config).unwrap();
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(get(&simulator, "/b").status, 200));
        }
    });
    assert!(begin.elapsed() >= Duration::from_millis(100));
    assert!(simulator.counters().peak_in_flight > 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_lives_on_the_callers_runtime_until_dropped() {
    let mut config = SimulatorConfig::with_bucket("b", BucketConfig::new(numbers(3)));
    config.anonymous = true;
    let simulator = Simulator::start(config).await.unwrap();
    let at = simulator.address();
    assert_eq!(simulator.endpoint(), format!("http://{at}"));
    let keys = tokio::task::spawn_blocking(move || ask(at, "GET", "/b", "").unwrap().keys()).await;
    assert_eq!(keys.unwrap().len(), 3);
    drop(simulator);
    let deadline = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(at).is_ok() {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn an_address_in_use_is_refused() {
    let first = behaving("");
    let config = SimulatorConfig { listen: first.address(), ..SimulatorConfig::default() };
    assert!(Simulator::start_in_thread(config).is_err());
}
