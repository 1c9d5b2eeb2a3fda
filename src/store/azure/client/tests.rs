use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use super::*;
use crate::store::Closed;
use crate::store::azure::bearer::tests::Numbered;
use crate::store::azure::{AzureAccess, Secret};
use crate::store::http::Settings;
use crate::store::http::script::{Script, Then, answer};

const EMPTY: &str =
    "<EnumerationResults ContainerName=\"c\"><Blobs/><NextMarker/></EnumerationResults>";
const KEY: &str = "AAECAwQ=";

fn key() -> AzureAccess {
    AzureAccess::AccountKey(Secret::new(KEY.to_owned(), "a test"))
}

fn store(script: &Script, access: AzureAccess) -> AzureStore {
    let config = AzureConfig {
        endpoint_url: Some(format!("http://{}", script.address)),
        access,
        http: Settings { proxies: false, ..Settings::default() },
        ..AzureConfig::new("acct", "c")
    };
    let resolved = resolve(&config, &|_| None, date::now_seconds()).unwrap();
    AzureStore::new(config, resolved)
}

async fn list(store: &AzureStore, after: Option<&str>) -> Result<Page, StoreError> {
    let mut page = Page::default();
    let after = after.map(Into::into);
    let request = PageRequest { prefix: b"p/".into(), after, limit: 9, ..PageRequest::default() };
    store.list(&request, &mut page).await.map(|()| page)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn xml_error(code: &str) -> String {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>")
}

fn ok() -> (Vec<u8>, Then) {
    (answer("200 OK", "", EMPTY), Then::Keep)
}

#[tokio::test]
async fn a_signed_request_names_its_version_and_account() {
    let script = Script::play([ok()]).await;
    let store = store(&script, key());
    assert!(list(&store, None).await.unwrap().is_empty());
    let head = &script.heads()[0];
    let line = "GET /acct/c?comp=list&maxresults=9&prefix=p%2F&restype=container HTTP/1.1\r\n";
    assert!(head.starts_with(line), "{head}");
    assert_eq!(header(head, "x-ms-version"), Some("2026-10-06"));
    assert!(header(head, "x-ms-date").unwrap().ends_with(" GMT"));
    assert!(header(head, "authorization").unwrap().starts_with("SharedKey acct:"));
}

#[tokio::test]
async fn an_anonymous_request_is_not_signed() {
    let script = Script::play([ok()]).await;
    list(&store(&script, AzureAccess::Anonymous), None).await.unwrap();
    assert_eq!(header(&script.heads()[0], "authorization"), None);
}

#[tokio::test]
async fn a_shared_access_signature_is_appended_as_it_is_and_never_shown() {
    let forbidden = "<Error><Code>AuthenticationFailed</Code><Message>no</Message><AuthenticationErrorDetail>\
        Signature SECRET%2F%3D did not match</AuthenticationErrorDetail></Error>";
    let script = Script::play([(answer("403 Forbidden", "", forbidden), Then::Keep)]).await;
    let sas = Secret::new("?sv=2024-11-04&sr=c&sp=rl&sig=SECRET%2F%3D".to_owned(), "a test");
    let store = store(&script, AzureAccess::Sas(sas));
    let error = list(&store, None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadCredentials);
    let head = &script.heads()[0];
    assert!(
        head.contains("&restype=container&sv=2024-11-04&sr=c&sp=rl&sig=SECRET%2F%3D HTTP"),
        "{head}"
    );
    assert_eq!(header(head, "authorization"), None);
    assert!(error.message.contains("Signature [redacted] did not match"), "{error}");
    assert!(!format!("{error:?}{store:?}").contains("SECRET"));
}

#[tokio::test]
async fn a_bearer_token_is_sent() {
    let script = Script::play([ok()]).await;
    let source = Numbered { life: 3600, fails_from: 9, calls: AtomicU32::new(0) };
    let store = store(&script, AzureAccess::Bearer(Arc::new(source)));
    list(&store, None).await.unwrap();
    assert_eq!(header(&script.heads()[0], "authorization"), Some("Bearer TOKEN0"));
    assert!(!format!("{store:?}").contains("TOKEN0"));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let refused =
        || (answer("401 Unauthorized", "", xml_error("InvalidAuthenticationInfo")), Then::Keep);
    let script = Script::play([refused(), ok(), ok(), refused(), refused()]).await;
    let source = Numbered { life: 3600, fails_from: 9, calls: AtomicU32::new(0) };
    let store = store(&script, AzureAccess::Bearer(Arc::new(source)));
    list(&store, None).await.unwrap();
    list(&store, None).await.unwrap();
    assert_eq!(list(&store, None).await.unwrap_err().kind, ErrorKind::BadCredentials);
    let heads = script.heads();
    let sent: Vec<_> = heads.iter().map(|head| header(head, "authorization").unwrap()).collect();
    assert_eq!(sent, [0, 1, 1, 1, 2].map(|number| format!("Bearer TOKEN{number}")));
}

#[tokio::test]
async fn the_clock_is_corrected_once_and_kept() {
    let wrong = || {
        let headers = "Date: Wed, 01 May 2024 12:00:00 GMT\r\n";
        (answer("403 Forbidden", headers, xml_error("AuthenticationFailed")), Then::Keep)
    };
    let script = Script::play([wrong(), ok(), ok(), wrong(), wrong()]).await;
    let store = store(&script, key());
    list(&store, None).await.unwrap();
    list(&store, None).await.unwrap();
    let heads = script.heads();
    let dated = |head: &str| header(head, "x-ms-date").unwrap().contains(" May 2024 12:");
    assert_eq!(heads.iter().map(|head| dated(head)).collect::<Vec<_>>(), [false, true, true]);
    // By the service's own clock it is not the time that is wrong.
    assert_eq!(list(&store, None).await.unwrap_err().kind, ErrorKind::BadCredentials);
    assert_eq!(script.heads().len(), 5);
}

#[tokio::test]
async fn a_wrong_signature_is_not_blamed_on_a_clock_that_it_does_not_depend_on() {
    let headers = "Date: Wed, 01 May 2024 12:00:00 GMT\r\n";
    let wrong = (answer("403 Forbidden", headers, xml_error("AuthenticationFailed")), Then::Keep);
    let script = Script::play([wrong]).await;
    let sas = Secret::new("sv=2024-11-04&sp=rl&sr=c&sig=AAAA".to_owned(), "a file");
    let store = store(&script, AzureAccess::Sas(sas));
    assert_eq!(list(&store, None).await.unwrap_err().kind, ErrorKind::BadCredentials);
    assert_eq!(script.heads().len(), 1);
}

#[tokio::test]
async fn nothing_is_asked_again_where_the_gate_is_closed() {
    let bearer = || {
        let source = Numbered { life: 3600, fails_from: 9, calls: AtomicU32::new(0) };
        AzureAccess::Bearer(Arc::new(source))
    };
    let date = "Date: Wed, 01 May 2024 12:00:00 GMT\r\n";
    for (access, status, headers, code) in [
        (key(), "403 Forbidden", date, "AuthenticationFailed"),
        (bearer(), "401 Unauthorized", "", "InvalidAuthenticationInfo"),
        (AzureAccess::Anonymous, "400 Bad Request", "", "InvalidHeaderValue"),
    ] {
        let refused = answer(status, headers, xml_error(code));
        let script = Script::play([(refused, Then::Keep), ok()]).await;
        let store = store(&script, access);
        let (request, mut page) = (PageRequest { limit: 9, ..Default::default() }, Page::default());
        let error = store.list_through(&Closed, &request, &mut page).await.unwrap_err();
        assert_eq!((error.code.as_str(), script.heads().len()), (code, 1));
    }
}

#[tokio::test]
async fn a_wrong_key_is_not_tried_again() {
    let refusal = answer("403 Forbidden", "", xml_error("AuthenticationFailed"));
    let script = Script::play([(refusal, Then::Keep)]).await;
    let error = list(&store(&script, key()), None).await.unwrap_err();
    assert_eq!((error.kind, script.heads().len()), (ErrorKind::BadCredentials, 1));
}

/// The version that each request asked for.
fn versions(script: &Script) -> Vec<String> {
    let heads = script.heads();
    heads.iter().map(|head| header(head, "x-ms-version").unwrap().to_owned()).collect()
}

const ARROW: &str = "2026-10-06";
const XML: &str = "2026-02-06";

fn refusal(code: &str) -> (Vec<u8>, Then) {
    (answer("400 Bad Request", "", xml_error(code)), Then::Keep)
}

#[tokio::test]
async fn listings_are_asked_for_as_arrow_and_each_by_an_id_of_its_own() {
    let throttled = || (answer("503 Busy", "", xml_error("ServerBusy")), Then::Keep);
    let script = Script::play([throttled(), throttled(), ok()]).await;
    let store = store(&script, AzureAccess::Anonymous);
    for _ in 0..2 {
        assert!(list(&store, None).await.unwrap_err().is_throttle(), "which says nothing of Arrow");
    }
    let mut page = Page::default();
    let delimiter = PageRequest { delimiter: Some(b'/'), ..PageRequest::default() };
    store.list(&delimiter, &mut page).await.unwrap();
    let heads = script.heads();
    for head in &heads[..2] {
        let accepted = "application/vnd.apache.arrow.stream,application/xml";
        assert_eq!(header(head, "accept"), Some(accepted));
    }
    let ids: Vec<_> = heads.iter().map(|head| header(head, "x-ms-client-request-id")).collect();
    assert!(ids[0].is_some() && ids[1].is_some() && ids[0] != ids[1], "{ids:?}");
    assert_eq!((ids[2], header(&heads[2], "accept")), (None, None), "directories are asked as XML");
    assert_eq!(versions(&script), [ARROW, ARROW, XML]);
}

#[tokio::test]
async fn a_service_that_answers_in_xml_is_not_asked_for_arrow_again() {
    let script = Script::play([ok(), ok(), ok()]).await;
    let store = store(&script, key());
    for _ in 0..3 {
        list(&store, None).await.unwrap();
    }
    assert_eq!(versions(&script), [ARROW, XML, XML]);
}

#[tokio::test]
async fn a_service_that_refuses_the_version_of_arrow_is_asked_for_xml_from_then_on() {
    for code in ["InvalidHeaderValue", "EndpointUnsupportedAccountFeatures"] {
        let script = Script::play([refusal(code), ok(), ok()]).await;
        let store = store(&script, key());
        list(&store, None).await.unwrap();
        list(&store, None).await.unwrap();
        assert_eq!(versions(&script), [ARROW, XML, XML]);
    }
}

#[tokio::test]
async fn a_refusal_in_both_forms_is_told_and_says_nothing_of_arrow() {
    let refused = || refusal("OutOfRangeInput");
    let script = Script::play([refused(), refused(), refused(), ok()]).await;
    let store = store(&script, key());
    assert_eq!(list(&store, None).await.unwrap_err().code, "OutOfRangeInput");
    list(&store, None).await.unwrap();
    assert_eq!(versions(&script), [ARROW, XML, ARROW, XML]);
}

#[tokio::test]
async fn an_arrow_stream_that_does_not_say_what_it_answers_is_not_taken() {
    for more in ["", "x-ms-client-request-id: another\r\n"] {
        let headers = format!("Content-Type: application/vnd.apache.arrow.stream\r\n{more}");
        let script =
            Script::play([(answer("200 OK", &headers, "a stream"), Then::Keep), ok(), ok()]).await;
        let store = store(&script, key());
        list(&store, None).await.unwrap();
        list(&store, None).await.unwrap();
        assert_eq!(versions(&script), [ARROW, XML, XML]);
    }
}

#[tokio::test]
async fn a_service_that_does_not_know_starts_is_walked_by_markers() {
    let refusal = || refusal("InvalidQueryParameterValue");
    let script = Script::play([refusal(), refusal(), refusal(), refusal()]).await;
    let store = store(&script, key());
    let error = list(&store, Some("p/x")).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::BadPage(PageError::KeepsNoOrder { .. })), "{error}");
    assert_eq!(list(&store, None).await.unwrap_err().kind, ErrorKind::Refused);
}

#[tokio::test]
async fn the_account_tells_which_kind_it_is() {
    for (headers, ordered, sound) in [
        ("x-ms-is-hns-enabled: true\r\n", false, false),
        ("x-ms-is-hns-enabled: false\r\n", true, true),
        ("", true, false),
    ] {
        let service = "Server: Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0\r\n";
        let script = Script::play([
            (answer("200 OK", headers, ""), Then::Keep),
            (answer("200 OK", service, EMPTY), Then::Keep),
        ])
        .await;
        let mut store = store(&script, key());
        store.look_at_account().await;
        assert!(script.heads()[0].starts_with("GET /acct/c?comp=properties&restype=account HTTP"));
        list(&store, None).await.unwrap();
        assert_eq!((store.quirks().ordered, store.is_sound()), (ordered, sound), "{headers}");
    }
    let refusal = answer("403 Forbidden", "", xml_error("AuthorizationPermissionMismatch"));
    let script = Script::play([(refusal, Then::Keep)]).await;
    let mut store = store(&script, key());
    store.look_at_account().await;
    assert!(store.quirks().ordered && !store.is_sound(), "the first page tells");
}
