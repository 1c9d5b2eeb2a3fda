//! What S3 and its relatives say when something is wrong, and what it means: the one place where
//! statuses and codes become an [`ErrorKind`].
//!
//! Sources: the S3 error responses page, and for compatibles the codes that their SDKs know.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};

use crate::store::http::refusal::{MAX_RETRY_AFTER, describe, retry_after, texts, unexplained};
use crate::store::text::date;
use crate::store::text::xml::{Event, Reader};
use crate::store::{ErrorKind, StoreError};

/// Before the names of each provider's own headers: Amazon S3 and most who follow it, KS3, OSS.
pub(super) const PREFIXES: [&str; 3] = ["x-amz-", "x-kss-", "x-oss-"];

/// The `Error` document of S3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceError {
    /// `Code`, such as `SlowDown`.
    pub code: String,
    /// `Message`.
    pub message: String,
    /// `RequestId`.
    pub request_id: String,
    /// `Region`: where the bucket is, on errors about regions.
    pub region: Option<String>,
    /// `Endpoint`: the host to ask instead, on redirects.
    pub endpoint: Option<String>,
    /// `EC`: OSS's finer code, which its support pages explain.
    pub ec: String,
}

impl ServiceError {
    /// Reads an `Error` document; `None` if `body` is none or is cut.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let Event::Start(root) = reader.next().ok()? else { return None };
        match &body[root] {
            b"Error" => {}
            // Some gateways wrap the error as other AWS services do.
            b"ErrorResponse" => loop {
                match reader.next().ok()? {
                    Event::Start(name) if &body[name.clone()] == b"Error" => break,
                    Event::Start(_) => reader.skip().ok()?,
                    Event::Text(_) => {}
                    _ => return None,
                }
            },
            _ => return None,
        }
        let known = ["Code", "Message", "RequestId", "Region", "Endpoint", "EC"];
        let mut error = Self::default();
        for (name, text) in texts(&mut reader, body, &known)? {
            match name {
                "Code" => error.code = text,
                "Message" => error.message = text,
                "RequestId" => error.request_id = text,
                "EC" => error.ec = text,
                "Region" => error.region = Some(text).filter(|region| !region.is_empty()),
                _ => error.endpoint = Some(text).filter(|endpoint| !endpoint.is_empty()),
            }
        }
        Some(error)
    }
}

/// An answer that is an error, with all that it says on where and when to ask instead.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: StoreError,
    /// Host that the answer names for the bucket.
    pub(super) host: Option<String>,
}

/// Reads an answer whose status is not a success.
pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let text =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let parsed = ServiceError::parse(body);
    let described = parsed.is_some();
    let mut service = parsed.unwrap_or_default();
    let named = |name: &str| PREFIXES.iter().find_map(|prefix| text(&format!("{prefix}{name}")));
    if let Some(region) = named("bucket-region") {
        service.region = Some(region);
    }
    if service.request_id.is_empty() {
        service.request_id = named("request-id").unwrap_or_default();
    }
    let location = text(header::LOCATION.as_str()).and_then(|location| host_of(&location));
    let host = service.endpoint.take().or(location);
    if !described {
        service.message = describe(status, body);
    }
    // Nothing at all on an unknown path is how gateways and HEAD-like answers say "no such bucket".
    if status == StatusCode::NOT_FOUND && !described && body.is_empty() {
        "NoSuchBucket".clone_into(&mut service.code);
    }
    let mut error = classify(status.as_u16(), service);
    let answered = text(header::DATE.as_str()).and_then(|text| date::parse_http(&text));
    if let ErrorKind::ClockSkew { seconds } = &mut error.kind {
        *seconds = answered.map(|answered| answered - date::now_seconds());
    }
    let asked = text(header::RETRY_AFTER.as_str()).and_then(|text| retry_after(&text, answered));
    error.retry_after = asked.max(held_back(headers));
    Refusal { error, host }
}

/// For how long OSS held an answer back because it is asked too fast, in milliseconds as it says; from
/// its page "Limits". `None` where it did not.
pub(super) fn held_back(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("x-oss-qos-delay-time")?.to_str().ok()?;
    let time = Duration::from_millis(text.trim().parse().ok()?).min(MAX_RETRY_AFTER);
    (!time.is_zero()).then_some(time)
}

/// The kind of an error, by its code where it has one and by its status otherwise.
pub(super) fn classify(status: u16, error: ServiceError) -> StoreError {
    let kind = by_code(&error).unwrap_or_else(|| by_status(status, &error));
    let mut message =
        if error.message.is_empty() { unexplained(&error.code) } else { error.message };
    if !error.ec.is_empty() {
        message = format!("{message} [EC {}]", error.ec);
    }
    StoreError {
        kind,
        status: Some(status),
        code: error.code,
        message,
        request_id: error.request_id,
        retry_after: None,
    }
}

fn by_code(error: &ServiceError) -> Option<ErrorKind> {
    let region = || error.region.clone();
    Some(match error.code.as_str() {
        "NoSuchBucket" => ErrorKind::NoSuchBucket,
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "InvalidPayer"
        | "NotSignedUp" | "UserDisable" => ErrorKind::AccessDenied,
        "AuthorizationHeaderMalformed" if error.region.is_some() => {
            ErrorKind::WrongRegion { region: region() }
        }
        "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "InvalidToken"
        | "InvalidSecurity"
        | "TokenRefreshRequired"
        | "ExpiredTokenException"
        | "InvalidSecurityToken"
        | "SecurityTokenExpired"
        | "AuthorizationHeaderMalformed" => ErrorKind::BadCredentials,
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "Redirect"
        | "IllegalLocationConstraintException" => ErrorKind::WrongRegion { region: region() },
        "RequestTimeTooSkewed" => ErrorKind::ClockSkew { seconds: None },
        "SlowDown"
        | "ServiceUnavailable"
        | "ServerBusy"
        | "BandwidthLimitExceeded"
        | "RequestLimitExceeded" => ErrorKind::Throttled,
        code if code.starts_with("Throttling")
            || code.starts_with("TooManyRequests")
            // OSS: of the account, the bucket, one address or one kind of call.
            || code.ends_with("QpsLimitExceeded") =>
        {
            ErrorKind::Throttled
        }
        "InternalError" | "OperationTimedOut" | "OperationAborted" => ErrorKind::Server,
        "RequestTimeout" => ErrorKind::Timeout,
        _ => return None,
    })
}

fn by_status(status: u16, error: &ServiceError) -> ErrorKind {
    let region = || error.region.clone();
    match status {
        301 | 302 | 307 | 308 => ErrorKind::WrongRegion { region: region() },
        // A HEAD-like answer to a signature for the wrong region. Answers with a code name the region, too,
        // whatever is wrong.
        400 if error.region.is_some() && error.code.is_empty() => {
            ErrorKind::WrongRegion { region: region() }
        }
        401 => ErrorKind::BadCredentials,
        403 => ErrorKind::AccessDenied,
        408 => ErrorKind::Timeout,
        429 | 503 => ErrorKind::Throttled,
        // A success status here comes with an `Error` document of an unknown code.
        200..=299 | 500..=599 => ErrorKind::Server,
        _ => ErrorKind::Refused,
    }
}

fn host_of(location: &str) -> Option<String> {
    let uri: http::Uri = location.parse().ok()?;
    uri.authority().map(|authority| authority.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Refusal {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        read(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes())
    }

    fn xml(code: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>m &amp; m</Message><X><Code>no</Code></X><RequestId>R1</RequestId></Error>"
        )
    }

    #[test]
    fn the_document_is_read_with_its_request_id_and_without_what_is_nested() {
        let error = reply(403, &[], &xml("AccessDenied")).error;
        assert_eq!(error.kind, ErrorKind::AccessDenied);
        assert_eq!(error.to_string(), "m & m (HTTP 403, AccessDenied, request R1)");
        let wrapped = reply(
            400,
            &[],
            "<ErrorResponse><T>x</T><Error><Code>Throttling</Code></Error></ErrorResponse>",
        );
        assert_eq!(wrapped.error.kind, ErrorKind::Throttled);
    }

    #[test]
    fn codes_decide_before_statuses() {
        for (status, code, kind) in [
            (404, "NoSuchBucket", ErrorKind::NoSuchBucket),
            (403, "SignatureDoesNotMatch", ErrorKind::BadCredentials),
            (400, "ExpiredToken", ErrorKind::BadCredentials),
            (403, "RequestTimeTooSkewed", ErrorKind::ClockSkew { seconds: None }),
            (503, "SlowDown", ErrorKind::Throttled),
            (400, "ThrottlingException", ErrorKind::Throttled),
            (500, "InternalError", ErrorKind::Server),
            (400, "RequestTimeout", ErrorKind::Timeout),
            (400, "InvalidArgument", ErrorKind::Refused),
            (500, "SomethingNew", ErrorKind::Server),
            (301, "PermanentRedirect", ErrorKind::WrongRegion { region: None }),
        ] {
            assert_eq!(reply(status, &[], &xml(code)).error.kind, kind, "{code}");
        }
    }

    #[test]
    fn a_status_alone_is_enough() {
        for (status, kind) in [
            (404, ErrorKind::NoSuchBucket),
            (403, ErrorKind::AccessDenied),
            (401, ErrorKind::BadCredentials),
            (429, ErrorKind::Throttled),
            (503, ErrorKind::Throttled),
            (502, ErrorKind::Server),
            (418, ErrorKind::Refused),
        ] {
            assert_eq!(reply(status, &[], "").error.kind, kind, "{status}");
        }
    }

    #[test]
    fn a_page_of_a_proxy_is_named_as_one_and_shown_in_part() {
        let error = reply(404, &[], "<html><body>Not here\u{1b}[31m</body></html>").error;
        assert_eq!(error.kind, ErrorKind::Refused);
        assert!(error.message.contains("<html><body>Not here\\x1b"), "{}", error.message);
    }

    #[test]
    fn the_region_comes_from_the_header_or_the_document() {
        let by_header = reply(301, &[("x-amz-bucket-region", "eu-west-1")], "");
        assert_eq!(
            by_header.error.kind,
            ErrorKind::WrongRegion { region: Some("eu-west-1".to_owned()) }
        );
        let body =
            "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-2</Region></Error>";
        let by_body = reply(400, &[], body);
        assert_eq!(
            by_body.error.kind,
            ErrorKind::WrongRegion { region: Some("eu-west-2".to_owned()) }
        );
        let other = reply(400, &[("x-amz-bucket-region", "eu-west-1")], &xml("InvalidArgument"));
        assert_eq!(other.error.kind, ErrorKind::Refused);
        let without = reply(400, &[], "<Error><Code>AuthorizationHeaderMalformed</Code></Error>");
        assert_eq!(without.error.kind, ErrorKind::BadCredentials);
    }

    #[test]
    fn the_host_to_ask_comes_from_the_document_or_the_location() {
        let named = reply(307, &[("location", "https://b.s3.eu-west-1.amazonaws.com/?x=1")], "");
        assert_eq!(named.host.as_deref(), Some("b.s3.eu-west-1.amazonaws.com"));
        let body = "<Error><Code>PermanentRedirect</Code><Endpoint>b.s3-us-west-2.amazonaws.com</Endpoint></Error>";
        assert_eq!(reply(301, &[], body).host.as_deref(), Some("b.s3-us-west-2.amazonaws.com"));
    }

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_date() {
        let wait = |value: &str| {
            let headers = [("retry-after", value), ("date", "Sat, 21 Nov 2026 12:00:00 GMT")];
            reply(503, &headers, "").error.retry_after
        };
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sat, 21 Nov 2026 12:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(wait("Sat, 21 Nov 2026 11:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("999999999"), Some(MAX_RETRY_AFTER));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn the_headers_of_other_providers_are_read_like_those_of_aws() {
        for prefix in ["x-kss", "x-oss"] {
            let (id, region) = (format!("{prefix}-request-id"), format!("{prefix}-bucket-region"));
            let headers = [(id.leak() as &str, "R7"), (region.leak(), "eu-west-1")];
            let error = reply(301, &headers, "").error;
            assert_eq!(error.request_id, "R7");
            assert_eq!(error.kind, ErrorKind::WrongRegion { region: Some("eu-west-1".to_owned()) });
        }
    }

    #[test]
    fn oss_tells_its_finer_code_and_for_how_long_it_held_the_answer_back() {
        let body = "<Error>\n <Code>\n  TotalQpsLimitExceeded </Code><Message>m</Message><EC>0048-1</EC></Error>";
        let headers = [("x-oss-qos-delay-time", "1500"), ("x-oss-request-id", "R")];
        let error = reply(503, &headers, body).error;
        assert_eq!(error.kind, ErrorKind::Throttled);
        assert_eq!(error.to_string(), "m [EC 0048-1] (HTTP 503, TotalQpsLimitExceeded, request R)");
        assert_eq!(error.retry_after, Some(Duration::from_millis(1500)));
        let both = [("x-oss-qos-delay-time", "1500"), ("retry-after", "3")];
        assert_eq!(reply(503, &both, "").error.retry_after, Some(Duration::from_secs(3)));
    }

    #[test]
    fn skew_is_measured_against_the_date_of_the_answer() {
        let error =
            reply(403, &[("date", "Thu, 01 Jan 1970 00:00:10 GMT")], &xml("RequestTimeTooSkewed"))
                .error;
        let ErrorKind::ClockSkew { seconds: Some(seconds) } = error.kind else {
            panic!("{error:?}")
        };
        assert!((seconds - (10 - date::now_seconds())).abs() <= 2);
    }

    #[test]
    fn a_cut_document_is_none() {
        let body = xml("SlowDown");
        assert!(ServiceError::parse(body.as_bytes()).is_some());
        for end in 0..body.len() - "</Error>".len() {
            assert_eq!(ServiceError::parse(&body.as_bytes()[..end]), None);
        }
    }
}
