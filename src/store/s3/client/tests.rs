use std::sync::Mutex;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use super::*;
use crate::store::http::Settings;
use crate::store::http::script::{Script, Then, answer};
use crate::store::s3::endpoint::Aws;
use crate::store::{Closed, ListVersion, Plus};

const EMPTY: &str = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";

/// Gives keys with the next of some tokens at each call.
#[derive(Debug)]
struct Tokens(Mutex<Vec<&'static str>>);

impl ProvideCredentials for Tokens {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let token = self.0.lock().unwrap().pop().map(str::to_owned);
        future::ProvideCredentials::ready(Ok(Credentials::new(
            "AKID",
            "SECRETKEY",
            token,
            None,
            "test",
        )))
    }
}

fn keys() -> KeyRing {
    KeyRing::from_provider(SharedCredentialsProvider::new(Tokens(Mutex::new(vec![
        "TOKEN2", "TOKEN1",
    ]))))
}

fn store_with(script: &Script, keys: KeyRing, change: impl FnOnce(&mut Settled)) -> S3Store {
    let url = format!("http://{}", script.address);
    let mut settled = settled("b", Endpoint::named(&url, Aws::default()).unwrap(), keys);
    change(&mut settled);
    S3Store::new(settled).unwrap()
}

fn settled(bucket: &str, endpoint: Endpoint, keys: KeyRing) -> Settled {
    Settled {
        provider: "s3".into(),
        bucket: bucket.into(),
        endpoint,
        region: "us-east-1".into(),
        session: None,
        keys,
        signer: Box::new(SignerV4::new(Scheme::AWS4)),
        path_style: None,
        request_payer: false,
        service: None,
        quirks: Quirks::default(),
        http: Settings { proxies: false, ..Settings::default() },
    }
}

async fn list(store: &S3Store) -> Result<Page, StoreError> {
    let mut page = Page::default();
    let request = PageRequest { prefix: b"p/".into(), limit: 1000, ..PageRequest::default() };
    store.list(&request, &mut page).await.map(|()| page)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn xml_error(code: &str, more: &str) -> String {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message>{more}</Error>")
}

#[tokio::test]
async fn a_signed_request_carries_what_it_signs() {
    let script = Script::play([(answer("200 OK", "", EMPTY), Then::Keep)]).await;
    let store = store_with(&script, keys(), |settled| settled.request_payer = true);
    assert!(list(&store).await.unwrap().is_empty());
    let head = &script.heads()[0];
    assert!(
        head.starts_with(
            "GET /b?encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F HTTP/1.1\r\n"
        ),
        "{head}"
    );
    assert_eq!(header(head, "host"), Some(script.address.as_str()));
    assert_eq!(header(head, "x-amz-security-token"), Some("TOKEN1"));
    assert_eq!(header(head, "x-amz-request-payer"), Some("requester"));
    assert_eq!(header(head, "accept-encoding"), Some("identity"));
    let authorization = header(head, "authorization").unwrap();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"), "{authorization}");
    assert!(authorization.contains("/us-east-1/s3/aws4_request,SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-request-payer;x-amz-security-token,"));
}

#[tokio::test]
async fn an_anonymous_request_is_not_signed() {
    let script = Script::play([(answer("200 OK", "", EMPTY), Then::Keep)]).await;
    list(&store_with(&script, KeyRing::anonymous(), |_| ())).await.unwrap();
    let head = script.heads()[0].to_ascii_lowercase();
    assert!(!head.contains("authorization") && !head.contains("x-amz"), "{head}");
}

#[tokio::test]
async fn the_right_region_is_gone_to_once_and_kept() {
    let wrong = answer(
        "400 Bad Request",
        "",
        xml_error("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
    );
    let ok = || (answer("200 OK", "", EMPTY), Then::Keep);
    let script = Script::play([(wrong.clone(), Then::Keep), ok(), ok()]).await;
    let store = store_with(&script, keys(), |_| ());
    list(&store).await.unwrap();
    list(&store).await.unwrap();
    let heads = script.heads();
    let region =
        |head: &str| header(head, "authorization").unwrap().split('/').nth(2).unwrap().to_owned();
    assert_eq!(
        heads.iter().map(|head| region(head)).collect::<Vec<_>>(),
        ["us-east-1", "eu-west-1", "eu-west-1"]
    );
    assert_eq!(store.origin().region, "eu-west-1");
}

#[tokio::test]
async fn a_second_region_is_an_error() {
    let wrong = |region: &str| {
        (
            answer("301 Moved Permanently", &format!("x-amz-bucket-region: {region}\r\n"), ""),
            Then::Keep,
        )
    };
    let script = Script::play([wrong("eu-west-1"), wrong("eu-west-2")]).await;
    let error = list(&store_with(&script, keys(), |_| ())).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::WrongRegion { region: Some("eu-west-2".to_owned()) });
}

#[tokio::test]
async fn a_redirect_to_another_domain_is_not_followed() {
    let headers = "Location: http://elsewhere.example/b\r\n";
    let script = Script::play([(answer("307 Temporary Redirect", headers, ""), Then::Keep)]).await;
    let error = list(&store_with(&script, keys(), |_| ())).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::WrongRegion { region: None });
    assert_eq!(script.heads().len(), 1);
}

#[tokio::test]
async fn a_redirect_within_the_domain_is_followed() {
    let there = Script::play([(answer("200 OK", "", EMPTY), Then::Keep)]).await;
    let headers = format!("Location: http://{}/b\r\n", there.address);
    let here = Script::play([(answer("307 Temporary Redirect", &headers, ""), Then::Keep)]).await;
    list(&store_with(&here, keys(), |_| ())).await.unwrap();
    assert_eq!(header(&there.heads()[0], "host"), Some(there.address.as_str()));
}

#[tokio::test]
async fn an_endpoint_that_a_refusal_names_is_gone_to_once() {
    let denied = |endpoint: &str| {
        let more = format!("<Endpoint>{endpoint}</Endpoint>");
        (answer("403 Forbidden", "", xml_error("AccessDenied", &more)), Then::Keep)
    };
    let there =
        Script::play([(answer("200 OK", "", EMPTY), Then::Keep), denied("127.0.0.1:1")]).await;
    let here = Script::play([denied(&there.address)]).await;
    let store = store_with(&here, keys(), |_| ());
    list(&store).await.unwrap();
    assert_eq!(header(&there.heads()[0], "host"), Some(there.address.as_str()));
    let error = list(&store).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::WrongRegion { region: None });
    assert!(error.message.contains("`127.0.0.1:1`"), "{error}");
}

#[tokio::test]
async fn an_endpoint_elsewhere_tells_the_region_and_is_not_gone_to() {
    let more = "<Endpoint>s3.eu-west-1.amazonaws.com</Endpoint>";
    let denied = || (answer("403 Forbidden", "", xml_error("AccessDenied", more)), Then::Keep);
    let script = Script::play([denied(), denied()]).await;
    let error = list(&store_with(&script, keys(), |_| ())).await.unwrap_err();
    let heads = script.heads();
    assert_eq!(
        heads.len(),
        2,
        "signed for the region that was named, at the host that the user named"
    );
    assert!(header(&heads[1], "authorization").unwrap().contains("/eu-west-1/"));
    assert!(error.message.contains("`s3.eu-west-1.amazonaws.com`"), "{error}");
}

#[tokio::test]
async fn a_refusal_that_names_the_endpoint_asked_is_a_refusal() {
    let script = Script::play(std::iter::empty()).await;
    let store = store_with(&script, keys(), |_| ());
    let mut refusal = Refusal {
        error: StoreError::new(ErrorKind::AccessDenied, "no"),
        host: Some(script.address.clone()),
    };
    store.locate(&store.route(), &mut refusal);
    assert_eq!(refusal.error.kind, ErrorKind::AccessDenied);
}

#[tokio::test]
async fn a_page_tells_for_how_long_it_was_held_back() {
    let held = answer("200 OK", "x-oss-qos-delay-time: 1200\r\n", EMPTY);
    let script =
        Script::play([(held, Then::Keep), (answer("200 OK", "", EMPTY), Then::Keep)]).await;
    let store = store_with(&script, keys(), |_| ());
    let held_back = list(&store).await.unwrap().held_back();
    assert_eq!(held_back, std::time::Duration::from_millis(1200));
    assert!(list(&store).await.unwrap().held_back().is_zero());
}

#[tokio::test]
async fn a_region_of_aws_changes_the_host_and_nothing_that_is_none_does() {
    let aws = Endpoint::regional(Aws::default());
    let store = S3Store::new(settled("inv", aws, keys())).unwrap();
    let route = store.route();
    assert!(!store.reroute(&route, Some("evil.example/"), None));
    assert!(!store.reroute(&route, Some("us-east-1"), None));
    assert!(store.reroute(&route, None, Some("inv.s3.eu-central-1.amazonaws.com")));
    assert_eq!(store.origin().endpoint, "https://inv.s3.eu-central-1.amazonaws.com");
    assert!(store.reroute(&route, Some("eu-central-1"), None), "another request was told the same");
}

#[tokio::test]
async fn nothing_is_asked_again_where_the_gate_is_closed() {
    let listed = |key: &str| {
        format!(
            "<ListBucketResult><Name>b</Name><Prefix>p/</Prefix><EncodingType>url</EncodingType>\
             <KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>{key}</Key>\
             <Size>1</Size></Contents></ListBucketResult>"
        )
    };
    let (wrong_region, no_region) = ("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>");
    let date = "Date: Sat, 21 Nov 2015 12:00:00 GMT\r\n";
    for (status, headers, body) in [
        ("400 Bad Request", "", xml_error(wrong_region, no_region)),
        ("403 Forbidden", date, xml_error("RequestTimeTooSkewed", "")),
        ("400 Bad Request", "", xml_error("ExpiredToken", "")),
        ("200 OK", "", listed("p/a+b")),
    ] {
        let ok = answer("200 OK", "", EMPTY);
        let first = answer(status, headers, &body);
        let script = Script::play([(first, Then::Keep), (ok.clone(), Then::Keep)]).await;
        let store = store_with(&script, keys(), |settled| settled.quirks.plus = Plus::Unsure);
        let (mut page, request) = (Page::default(), PageRequest::default());
        let request = PageRequest { prefix: b"p/".into(), limit: 1000, ..request };
        let error = store.list_through(&Closed, &request, &mut page).await.unwrap_err();
        assert!(!error.message.is_empty(), "{body}");
        assert_eq!(script.heads().len(), 1, "{body}");
        if status != "200 OK" {
            list(&store).await.unwrap();
            assert_eq!(script.heads().len(), 2, "what was learnt is kept: {body}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_corrected_by_the_answer() {
    let headers = "Date: Sat, 21 Nov 2015 12:00:00 GMT\r\n";
    let skewed = answer("403 Forbidden", headers, xml_error("RequestTimeTooSkewed", ""));
    let script = Script::play([
        (skewed.clone(), Then::Keep),
        (answer("200 OK", "", EMPTY), Then::Keep),
        (skewed.clone(), Then::Keep),
        (skewed, Then::Keep),
    ])
    .await;
    let store = store_with(&script, keys(), |_| ());
    list(&store).await.unwrap();
    assert!(header(&script.heads()[1], "x-amz-date").unwrap().starts_with("20151121T12"));
    let error = list(&store).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::ClockSkew { seconds: Some(_) }), "once only");
}

#[tokio::test]
async fn keys_that_have_ended_are_renewed_once() {
    let ended = || (answer("400 Bad Request", "", xml_error("ExpiredToken", "")), Then::Keep);
    let script = Script::play([ended(), (answer("200 OK", "", EMPTY), Then::Keep)]).await;
    let store = store_with(&script, keys(), |_| ());
    list(&store).await.unwrap();
    let tokens: Vec<_> = script
        .heads()
        .iter()
        .map(|head| header(head, "x-amz-security-token").unwrap().to_owned())
        .collect();
    assert_eq!(tokens, ["TOKEN1", "TOKEN2"]);
    let script = Script::play([ended(), ended()]).await;
    let error = list(&store_with(&script, keys(), |_| ())).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::BadCredentials, "ExpiredToken"));
}

#[tokio::test]
async fn an_error_in_a_success_and_a_page_of_a_proxy_are_no_listings() {
    let script = Script::play([
        (answer("200 OK", "", xml_error("InternalError", "")), Then::Keep),
        (answer("200 OK", "", "<html><body>Sign in to the WiFi</body></html>"), Then::Keep),
        (answer("502 Bad Gateway", "", "<html>nginx</html>"), Then::Keep),
        (answer("503 Slow Down", "Retry-After: 3\r\n", xml_error("SlowDown", "")), Then::Keep),
    ])
    .await;
    let store = store_with(&script, keys(), |_| ());
    assert_eq!(list(&store).await.unwrap_err().kind, ErrorKind::Server);
    let page = list(&store).await.unwrap_err();
    assert!(
        matches!(page.kind, ErrorKind::BadPage(crate::store::PageError::NotAListing { .. })),
        "{page}"
    );
    assert_eq!(list(&store).await.unwrap_err().kind, ErrorKind::Server);
    let slow = list(&store).await.unwrap_err();
    assert!(slow.is_throttle());
    assert_eq!(slow.retry_after, Some(std::time::Duration::from_secs(3)));
}

#[tokio::test]
async fn no_secret_is_shown_whatever_the_other_side_repeats() {
    let bodies = [
        "<Error><Code>X</Code><Message>got AWS4-HMAC-SHA256 Credential=AKID, Signature=0123abcd and more</Message></Error>",
        "<Error><Code>X</Code><Message>SECRETKEY and TOKEN1</Message></Error>",
        "SECRETKEY and TOKEN1",
    ];
    let script =
        Script::play(bodies.map(|body| (answer("400 Bad Request", "", body), Then::Keep))).await;
    let store = store_with(&script, keys(), |_| ());
    for _ in bodies {
        let error = list(&store).await.unwrap_err();
        let shown = format!("{error} {error:?} {store:?}");
        for secret in ["SECRETKEY", "TOKEN1", "0123abcd"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[tokio::test]
async fn the_first_version_is_spoken_where_the_store_wants_it() {
    let body =
        "<ListBucketResult><Marker>p/a</Marker><IsTruncated>false</IsTruncated></ListBucketResult>";
    let script = Script::play([(answer("200 OK", "", body), Then::Keep)]).await;
    let quirks = Quirks { list_version: ListVersion::V1, ..Quirks::default() };
    let store = store_with(&script, keys(), |settled| settled.quirks = quirks);
    let request = PageRequest { after: Some(b"p/a".into()), limit: 10, ..PageRequest::default() };
    store.list(&request, &mut Page::default()).await.unwrap();
    assert!(
        script.heads()[0]
            .starts_with("GET /b?encoding-type=url&marker=p%2Fa&max-keys=10 HTTP/1.1\r\n")
    );
}

const OF_VERSION_ONE: &str =
    "<ListBucketResult><Marker/><IsTruncated>false</IsTruncated></ListBucketResult>";

#[tokio::test]
async fn an_answer_of_the_first_version_is_taken_where_no_start_was_asked_for() {
    let body = answer("200 OK", "", OF_VERSION_ONE);
    let script = Script::play([(body.clone(), Then::Keep), (body, Then::Keep)]).await;
    let store = store_with(&script, keys(), |_| {});
    list(&store).await.unwrap();
    list(&store).await.unwrap();
    let heads = script.heads();
    assert!(heads[0].contains("list-type=2") && !heads[1].contains("list-type"), "{heads:?}");
    assert!(store.service().notes[0].contains("first version"));
}

#[tokio::test]
async fn a_start_that_the_second_version_lost_is_asked_for_again_in_the_first() {
    let body = answer("200 OK", "", OF_VERSION_ONE);
    let script = Script::play([(body.clone(), Then::Keep), (body, Then::Keep)]).await;
    let store = store_with(&script, keys(), |_| {});
    let request = PageRequest { after: Some(b"k".into()), limit: 10, ..PageRequest::default() };
    store.list(&request, &mut Page::default()).await.unwrap();
    let heads = script.heads();
    assert!(heads[0].contains("start-after=k"), "{heads:?}");
    assert!(heads[1].contains("marker=k") && !heads[1].contains("list-type"), "{heads:?}");
}

#[tokio::test]
async fn what_answers_once_in_the_second_version_is_never_asked_in_the_first() {
    let second = "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";
    let steps = [second, OF_VERSION_ONE, EMPTY];
    let script = Script::play(steps.map(|body| (answer("200 OK", "", body), Then::Keep))).await;
    let store = store_with(&script, keys(), |_| {});
    for _ in steps {
        list(&store).await.unwrap();
    }
    assert!(script.heads().iter().all(|head| head.contains("list-type=2")));
    assert!(store.service().notes.is_empty());
}

#[tokio::test]
async fn a_service_is_known_by_what_the_user_says_or_else_by_the_server() {
    for (said, server, name, sound) in [
        (None, "Server: AmazonS3\r\n", "", false),
        (Some("aws"), "", "aws", true),
        (None, "Server: MinIO\r\n", "minio", false),
        (None, "", "", false),
        (Some("ceph"), "Server: MinIO\r\n", "ceph", false),
    ] {
        let script = Script::play([(answer("200 OK", server, EMPTY), Then::Keep)]).await;
        let store =
            store_with(&script, keys(), |config| config.service = said.and_then(providers::find));
        list(&store).await.unwrap();
        assert_eq!((store.service().name, store.is_sound()), (name, sound));
        assert_eq!(store.service().list_price.is_some(), said == Some("aws"));
    }
}

#[tokio::test]
async fn only_a_walk_by_tokens_lists_what_keeps_no_order() {
    let body = answer("200 OK", "Server: SeaweedFS\r\n", EMPTY);
    let script = Script::play([(body.clone(), Then::Keep), (body, Then::Keep)]).await;
    let store = store_with(&script, keys(), |_| {});
    let error = list(&store).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::BadPage(PageError::KeepsNoOrder { .. })), "{error}");
    let walk = PageRequest { any_order: true, limit: 10, ..PageRequest::default() };
    store.list(&walk, &mut Page::default()).await.unwrap();
}

#[tokio::test]
async fn names_that_are_no_buckets_are_refused_before_anything_is_sent() {
    for name in ["", "a/b", "arn:aws:s3:::b"] {
        let error = S3Store::connect(S3Config::new(name)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Setup, "{error}");
    }
}

/// What the store answers about `+` and the keys that are read then, with the number of requests.
async fn read_plus(echo: &str) -> (Vec<Vec<u8>>, usize) {
    let end = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated></ListBucketResult>";
    let entry = "<Contents><Key>p/a+b</Key><LastModified>2024-05-01T12:00:00.000Z</LastModified>\
        <Size>5</Size></Contents>";
    let page = || answer("200 OK", "", format!("<ListBucketResult>{entry}{end}"));
    let told = answer("200 OK", "", format!("<ListBucketResult>{echo}{end}"));
    let steps = [page(), told, page(), page()].map(|answer| (answer, Then::Keep));
    let script = Script::play(steps).await;
    let quirks = Quirks { plus: Plus::Unsure, ..Quirks::default() };
    let store = store_with(&script, keys(), |settled| settled.quirks = quirks);
    let mut found = Vec::new();
    for _ in 0..2 {
        let page = list(&store).await.unwrap();
        found.extend(page.objects().map(|object| object.key.to_vec()));
    }
    assert!(script.heads()[1].contains("prefix=p%2F%2B%20"), "{}", script.heads()[1]);
    assert_eq!(store.service().notes.len(), usize::from(echo.is_empty()), "a guess is told of");
    (found, script.heads().len())
}

#[tokio::test]
async fn a_store_is_asked_once_what_it_means_by_plus() {
    for (echo, key) in [
        ("<Prefix>%2B+</Prefix>", "p/a b"),
        ("<Prefix>+%20</Prefix>", "p/a+b"),
        ("<Prefix>%2B%20</Prefix>", "p/a+b"),
        ("", "p/a b"),
    ] {
        let (found, requests) = read_plus(echo).await;
        assert_eq!(found, [key.as_bytes(), key.as_bytes()], "{echo}");
        assert_eq!(requests, 4, "{echo}");
    }
}

const SESSION: &str = "<CreateSessionResult><Credentials><SessionToken>SESSIONTOKEN</SessionToken>\
    <SecretAccessKey>SESSIONSECRET</SecretAccessKey><AccessKeyId>SESSIONID</AccessKeyId>\
    <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></CreateSessionResult>";

fn with_sessions(script: &Script) -> S3Store {
    store_with(script, keys(), |settled| {
        settled.session = Some(Session::default());
        settled.signer = Box::new(SessionSigner::new());
        settled.quirks = directory::QUIRKS;
    })
}

#[tokio::test]
async fn a_directory_bucket_is_listed_within_one_session_for_reading() {
    let steps = [SESSION, EMPTY, EMPTY].map(|body| (answer("200 OK", "", body), Then::Keep));
    let script = Script::play(steps).await;
    let store = with_sessions(&script);
    for prefix in ["", "d/e"] {
        let request = PageRequest { prefix: prefix.into(), limit: 10, ..PageRequest::default() };
        store.list(&request, &mut Page::default()).await.unwrap();
    }
    let heads = script.heads();
    assert!(heads[0].starts_with("GET /b?session= HTTP/1.1\r\n"), "{}", heads[0]);
    assert!(heads[0].contains("x-amz-create-session-mode: ReadOnly\r\n"), "{}", heads[0]);
    assert!(heads[0].contains("x-amz-security-token: TOKEN1\r\n"), "{}", heads[0]);
    for head in &heads[1..] {
        assert!(head.contains("Credential=SESSIONID/"), "{head}");
        assert!(head.contains("x-amz-s3session-token: SESSIONTOKEN\r\n"), "{head}");
        assert!(!head.contains("x-amz-security-token") && !head.contains("mode"), "{head}");
    }
    assert!(heads[2].contains("&prefix=d%2F "), "the directory of `d/e`: {}", heads[2]);
}

#[tokio::test]
async fn a_session_that_cannot_be_had_is_an_error_of_the_listing() {
    for (status, code, kind) in [
        ("503 Slow Down", "SlowDown", ErrorKind::Throttled),
        ("403 Forbidden", "AccessDenied", ErrorKind::AccessDenied),
    ] {
        let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
        let script = Script::play([(answer(status, "", body), Then::Keep)]).await;
        let error = list(&with_sessions(&script)).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert_eq!(error.message.contains("s3express:CreateSession"), code == "AccessDenied");
    }
}
