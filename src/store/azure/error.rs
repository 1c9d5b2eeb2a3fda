//! What Azure Storage says when something is wrong, and what it means: the one place where its statuses
//! and codes become an [`ErrorKind`].
//!
//! Sources: "Common REST API error codes" and "Blob service error codes", Azure Storage REST reference. The
//! code is in the header `x-ms-error-code` also where there is no document.

use http::{HeaderMap, StatusCode, header};

use crate::store::http::refusal::{describe, retry_after, texts, unexplained};
use crate::store::text::date;
use crate::store::text::xml::{Event, Reader};
use crate::store::{ErrorKind, StoreError};

/// Clocks that differ by more than this are why a signature is refused, in seconds. The service allows
/// fifteen minutes.
const SKEW: i64 = 14 * 60;

/// The `Error` document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceError {
    /// `Code`, such as `ServerBusy`.
    pub code: String,
    /// The first line of `Message`; the lines below repeat the request's id and time.
    pub message: String,
    /// `AuthenticationErrorDetail` and its relatives.
    pub detail: String,
}

impl ServiceError {
    /// Reads an `Error` document; `None` if `body` is none or is cut.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let Event::Start(root) = reader.next().ok()? else { return None };
        if &body[root] != b"Error" {
            return None;
        }
        let known = ["Code", "Message", "AuthenticationErrorDetail", "Reason"];
        let mut error = Self::default();
        for (name, text) in texts(&mut reader, body, &known)? {
            let place = match name {
                "Code" => &mut error.code,
                "Message" => &mut error.message,
                _ => &mut error.detail,
            };
            text.lines().next().unwrap_or_default().clone_into(place);
        }
        Some(error)
    }
}

/// Reads an answer whose status is not a success.
pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> StoreError {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let parsed = ServiceError::parse(body);
    let described = parsed.is_some();
    let mut service = parsed.unwrap_or_default();
    if let Some(code) = text("x-ms-error-code") {
        code.clone_into(&mut service.code);
    }
    if !described && service.code.is_empty() {
        service.message = describe(status, body);
    }
    let answered = text(header::DATE.as_str()).and_then(date::parse_http);
    let mut error = classify(status.as_u16(), service);
    if error.code == "AuthenticationFailed"
        && let Some(answered) = answered
    {
        let seconds = answered - date::now_seconds();
        if seconds.abs() > SKEW {
            error.kind = ErrorKind::ClockSkew { seconds: Some(seconds) };
        }
    }
    text("x-ms-request-id").unwrap_or_default().clone_into(&mut error.request_id);
    error.retry_after =
        text(header::RETRY_AFTER.as_str()).and_then(|text| retry_after(text, answered));
    error
}

/// The kind of an error, by its code where it has one and by its status otherwise.
pub(super) fn classify(status: u16, error: ServiceError) -> StoreError {
    let kind = by_code(&error.code).unwrap_or_else(|| by_status(status));
    let mut message = error.message;
    if message.is_empty() {
        message = unexplained(&error.code);
    }
    if !error.detail.is_empty() {
        message = format!("{message} {}", error.detail);
    }
    StoreError { status: Some(status), code: error.code, ..StoreError::new(kind, message) }
}

fn by_code(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "ContainerNotFound" | "ContainerBeingDeleted" | "ContainerDisabled" => {
            ErrorKind::NoSuchBucket
        }
        "AuthenticationFailed" | "InvalidAuthenticationInfo" => ErrorKind::BadCredentials,
        "NoAuthenticationInformation" => ErrorKind::NoCredentials,
        "AccountIsDisabled"
        | "InsufficientAccountPermissions"
        | "KeyBasedAuthenticationNotPermitted"
        | "PublicAccessNotPermitted"
        // How anonymous requests for a private container are refused.
        | "ResourceNotFound" => ErrorKind::AccessDenied,
        code if code.starts_with("Authorization") => ErrorKind::AccessDenied,
        "ServerBusy" | "OperationTimedOut" | "TooManyRequests" | "AccountBeingCreated" => {
            ErrorKind::Throttled
        }
        "InternalError" => ErrorKind::Server,
        _ => return None,
    })
}

fn by_status(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::NoCredentials,
        403 => ErrorKind::AccessDenied,
        408 => ErrorKind::Timeout,
        429 | 503 => ErrorKind::Throttled,
        // A success status here comes with an `Error` document of an unknown code.
        200..=299 | 500..=599 => ErrorKind::Server,
        _ => ErrorKind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> StoreError {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        read(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes())
    }

    fn xml(code: &str) -> String {
        format!(
            "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>It is so.\nRequestId:1\nTime:2</Message></Error>"
        )
    }

    #[test]
    fn the_document_is_read_with_the_headers() {
        let error =
            reply(403, &[("x-ms-request-id", "R1")], &xml("AuthorizationPermissionMismatch"));
        assert_eq!(error.kind, ErrorKind::AccessDenied);
        assert_eq!(
            error.to_string(),
            "It is so. (HTTP 403, AuthorizationPermissionMismatch, request R1)"
        );
        let bare = reply(404, &[("x-ms-error-code", "ContainerNotFound")], "");
        assert_eq!(bare.kind, ErrorKind::NoSuchBucket);
        assert_eq!(
            bare.message, "the store answered with ContainerNotFound",
            "HEAD has no document"
        );
    }

    #[test]
    fn codes_decide_before_statuses() {
        for (status, code, kind) in [
            (404, "ContainerNotFound", ErrorKind::NoSuchBucket),
            (409, "ContainerBeingDeleted", ErrorKind::NoSuchBucket),
            (403, "AuthenticationFailed", ErrorKind::BadCredentials),
            (403, "AuthorizationFailure", ErrorKind::AccessDenied),
            (403, "AuthorizationSourceIPMismatch", ErrorKind::AccessDenied),
            (404, "ResourceNotFound", ErrorKind::AccessDenied),
            (409, "PublicAccessNotPermitted", ErrorKind::AccessDenied),
            (401, "NoAuthenticationInformation", ErrorKind::NoCredentials),
            (503, "ServerBusy", ErrorKind::Throttled),
            (500, "OperationTimedOut", ErrorKind::Throttled),
            (500, "InternalError", ErrorKind::Server),
            (400, "InvalidQueryParameterValue", ErrorKind::Refused),
            (500, "SomethingNew", ErrorKind::Server),
        ] {
            assert_eq!(reply(status, &[], &xml(code)).kind, kind, "{code}");
        }
    }

    #[test]
    fn a_status_alone_is_enough() {
        for (status, kind) in [
            (403, ErrorKind::AccessDenied),
            (401, ErrorKind::NoCredentials),
            (429, ErrorKind::Throttled),
            (503, ErrorKind::Throttled),
            (500, ErrorKind::Server),
            (404, ErrorKind::Refused),
        ] {
            assert_eq!(reply(status, &[], "").kind, kind, "{status}");
        }
        let page = reply(404, &[], "<html>Not here</html>");
        assert!(page.message.contains("<html>"), "{}", page.message);
    }

    #[test]
    fn a_signature_refused_at_another_time_is_a_matter_of_clocks() {
        let old = [("date", "Thu, 01 Jan 1970 00:00:10 GMT")];
        let error = reply(403, &old, &xml("AuthenticationFailed"));
        let ErrorKind::ClockSkew { seconds: Some(seconds) } = error.kind else {
            panic!("{error:?}")
        };
        assert!((seconds - (10 - date::now_seconds())).abs() <= 2);
        let now = date::http(date::now_seconds());
        let error = reply(403, &[("date", &now)], &xml("AuthenticationFailed"));
        assert_eq!(error.kind, ErrorKind::BadCredentials);
    }

    #[test]
    fn a_cut_document_is_none() {
        let body = xml("ServerBusy");
        assert!(ServiceError::parse(body.as_bytes()).is_some());
        for end in 0..body.len() - "</Error>".len() {
            assert_eq!(ServiceError::parse(&body.as_bytes()[..end]), None);
        }
    }
}
