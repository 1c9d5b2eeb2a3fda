use super::*;
use crate::store::http::script::{Script, Then, answer};

fn client() -> Client {
    let short = Duration::from_millis(150);
    let timeouts = Timeouts { first_byte: short, stall: short, ..Timeouts::default() };
    Client::new(Settings { timeouts, proxies: false, ..Settings::default() })
}

fn get(address: &str) -> Request<()> {
    Request::get(format!("http://{address}/b?list-type=2")).body(()).unwrap()
}

async fn one(bytes: impl Into<Vec<u8>>, then: Then) -> Result<(Head, Vec<u8>), StoreError> {
    let script = Script::play([(bytes.into(), then)]).await;
    let mut body = b"of the request before".to_vec();
    let head = client().fetch(get(&script.address), &mut body).await?;
    Ok((head, body))
}

async fn failure(bytes: impl Into<Vec<u8>>, then: Then) -> StoreError {
    let error = one(bytes, then).await.map(|(head, _)| head).unwrap_err();
    assert!(
        error.message.contains("127.0.0.1:") || matches!(error.kind, ErrorKind::BadPage(_)),
        "{error}"
    );
    error
}

#[tokio::test]
async fn the_body_takes_the_place_of_the_former_one() {
    let (head, body) = one(answer("200 OK", "X: y\r\n", "hello"), Then::Keep).await.unwrap();
    assert_eq!(
        (head.status, head.headers["x"].as_bytes(), body.as_slice()),
        (StatusCode::OK, b"y".as_slice(), b"hello".as_slice())
    );
    let (_, body) = one(answer("200 OK", "", ""), Then::Keep).await.unwrap();
    assert!(body.is_empty());
}

#[tokio::test]
async fn a_connection_is_used_again_and_bytes_are_counted() {
    let script = Script::play([
        (answer("200 OK", "", "abc"), Then::Keep),
        (answer("200 OK", "", "de"), Then::Keep),
    ])
    .await;
    let (client, mut body) = (client(), Vec::new());
    for expected in ["abc", "de"] {
        client.fetch(get(&script.address), &mut body).await.unwrap();
        assert_eq!(body, expected.as_bytes());
    }
    assert_eq!(client.bytes_received(), 5);
}

#[tokio::test]
async fn an_answer_in_chunks_is_put_together() {
    let chunks =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    assert_eq!(one(chunks, Then::Keep).await.unwrap().1, b"abcde");
}

#[tokio::test]
async fn a_body_shorter_than_stated_is_interrupted() {
    for then in [Then::Close, Then::Reset] {
        let error = failure("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", then).await;
        assert_eq!(error.kind, ErrorKind::Interrupted);
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn chunks_without_an_end_are_interrupted() {
    let error =
        failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", Then::Close)
            .await;
    assert_eq!(error.kind, ErrorKind::Interrupted);
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_interrupted() {
    for then in [Then::Close, Then::Reset] {
        assert_eq!(failure("", then).await.kind, ErrorKind::Interrupted);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_or_does_not_go_on_is_a_timeout() {
    let none = failure("", Then::Stall).await;
    assert_eq!(none.kind, ErrorKind::Timeout);
    assert!(none.message.starts_with("no answer from"), "{none}");
    let half = failure("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", Then::Stall).await;
    assert_eq!(half.kind, ErrorKind::Timeout);
    assert!(half.message.starts_with("nothing more"), "{half}");
}

#[tokio::test]
async fn what_is_not_http_is_said_to_be_none() {
    let error = failure("SSH-2.0-OpenSSH_9.2\r\n\r\n", Then::Close).await;
    assert_eq!(error.kind, ErrorKind::Interrupted);
    assert!(error.message.contains("not HTTP"), "{error}");
}

#[tokio::test]
async fn a_body_beyond_all_bounds_is_not_received() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", MAX_BODY + 1);
    let error = failure(head, Then::Stall).await;
    assert_eq!(error.kind, ErrorKind::BadPage(PageError::TooLarge { bytes: MAX_BODY + 1 }));
}

#[tokio::test]
async fn redirects_are_handed_on() {
    let (head, _) =
        one(answer("307 Temporary Redirect", "Location: http://127.0.0.1:1/\r\n", ""), Then::Keep)
            .await
            .unwrap();
    assert_eq!(head.status, StatusCode::TEMPORARY_REDIRECT);
}

#[tokio::test]
async fn where_nobody_listens_the_host_and_port_are_named() {
    let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = client().fetch(get(&unused.to_string()), &mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Connect);
    assert!(error.message.starts_with(&format!("cannot connect to `{unused}`")), "{error}");
}

#[tokio::test]
async fn a_name_without_an_address_is_named() {
    let error = client().fetch(get("no.such.host.invalid"), &mut Vec::new()).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Resolve | ErrorKind::Timeout), "{error}");
    assert!(error.message.contains("no.such.host.invalid"), "{error}");
}

#[tokio::test]
async fn plain_where_tls_is_expected_is_a_tls_error() {
    // The client speaks first, so the script has to answer what it takes for the end of a head; a server
    // that closes at once does as well.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });
    let request = Request::get(format!("https://{address}/")).body(()).unwrap();
    let error = client().fetch(request, &mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Tls, "{error}");
}

#[tokio::test]
async fn a_connection_that_ends_while_tls_is_agreed_on_may_be_tried_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::AsyncReadExt as _;
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 64]).await;
    });
    let request = Request::get(format!("https://{address}/")).body(()).unwrap();
    let error = client().fetch(request, &mut Vec::new()).await.unwrap_err();
    assert!(error.kind == ErrorKind::Connect && error.is_retryable(), "{error}");
    assert!(error.to_string().contains("before TLS"), "{error}");
}

#[tokio::test]
async fn a_proxy_gets_plain_requests_whole_and_secure_ones_through_a_tunnel() {
    let script = Script::play([
        (answer("200 OK", "", "by proxy"), Then::Close),
        (answer("403 Forbidden", "", ""), Then::Close),
    ])
    .await;
    let mut client = client();
    let proxies = Matcher::builder().all(format!("http://user:pass@{}", script.address)).build();
    let setup = Setup {
        resolver: Resolver::default(),
        tls: Tls::new(None),
        proxies,
        timeout: Duration::from_secs(5),
    };
    Arc::get_mut(&mut client.shared).unwrap().setup = setup;
    let mut body = Vec::new();
    client.fetch(get("store.invalid"), &mut body).await.unwrap();
    assert_eq!(body, b"by proxy");
    let secure = Request::get("https://store.invalid/").body(()).unwrap();
    let error = client.fetch(secure, &mut body).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Connect);
    assert!(error.message.contains("403 Forbidden") && !error.message.contains("pass"), "{error}");
    let heads = script.heads();
    assert!(
        heads[0].starts_with("GET http://store.invalid/b?list-type=2 HTTP/1.1\r\n"),
        "{}",
        heads[0]
    );
    assert!(heads[1].starts_with("CONNECT store.invalid:443 HTTP/1.1\r\n"), "{}", heads[1]);
    for head in heads {
        assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic "), "{head}");
    }
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced() {
    let script = Script::play([
        (answer("200 OK", "", "a"), Then::Close),
        (answer("200 OK", "", "b"), Then::Keep),
    ])
    .await;
    let (client, mut body) = (client(), Vec::new());
    for expected in ["a", "b"] {
        client.fetch(get(&script.address), &mut body).await.unwrap();
        assert_eq!(body, expected.as_bytes());
    }
}

#[tokio::test]
async fn what_a_head_may_say_is_understood() {
    for (head, body) in [
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "ab"),
        ("HTTP/1.0 200 OK\r\n\r\nab", "ab"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab", "ab"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: Chunked\r\n\r\n2;x=y\r\nab\r\n00\r\nT: r\r\n\r\n",
            "ab",
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n", ""),
    ] {
        assert_eq!(one(head, Then::Close).await.unwrap().1, body.as_bytes(), "{head}");
    }
}

#[tokio::test]
async fn a_head_or_chunk_that_makes_no_sense_is_an_error() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
        "HTTP/1.1 200",
        "HTTP/2 200 OK\r\n\r\n",
    ] {
        assert_eq!(failure(head, Then::Close).await.kind, ErrorKind::Interrupted, "{head}");
    }
    let huge = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n";
    assert!(matches!(
        failure(huge, Then::Stall).await.kind,
        ErrorKind::BadPage(PageError::TooLarge { .. })
    ));
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(40 << 10));
    assert_eq!(failure(endless, Then::Stall).await.kind, ErrorKind::Interrupted);
}

#[tokio::test]
async fn what_must_not_take_effect_twice_is_sent_once_where_other_requests_are_sent_anew() {
    for once in [false, true] {
        let script = Script::play([
            (answer("200 OK", "", "a"), Then::Keep),
            (Vec::new(), Then::Reset),
            (answer("200 OK", "", "b"), Then::Keep),
        ])
        .await;
        let (client, mut body) = (client(), Vec::new());
        client.fetch(get(&script.address), &mut body).await.unwrap();
        let mut request = get(&script.address);
        if once {
            request.extensions_mut().insert(Once);
        }
        let sent = client.fetch(request, &mut body).await;
        assert_eq!((sent.is_err(), script.heads().len()), (once, if once { 2 } else { 3 }));
    }
}
