//! Answers and refusals, in XML for OSS and the migration service, in JSON for the others.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, ETAG};
use http::{Response, StatusCode};

use crate::alibaba::Element;
use crate::simulator::wire::Payload;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// The fine code of OSS; empty where there is none.
    ec: &'static str,
    /// The host to be asked instead; empty where there is none.
    endpoint: String,
}

pub(super) fn refused(status: u16, code: &'static str, message: impl Into<String>) -> Refused {
    Refused { status, code, message: message.into(), ec: "", endpoint: String::new() }
}

impl Refused {
    /// The same with a fine code.
    pub(super) fn with_ec(self, ec: &'static str) -> Self {
        Self { ec, ..self }
    }

    /// The same with the host to be asked instead.
    pub(super) fn with_endpoint(self, endpoint: String) -> Self {
        Self { endpoint, ..self }
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// Nothing but a success.
    Empty,
    /// Nothing but a success in taking something away.
    Gone,
    /// A document.
    Xml(Element),
    /// A value.
    Json(serde_json::Value),
    /// An object, with its entity tag in quotes.
    Object { bytes: Bytes, etag: String },
}

/// The response to a request, dated by the server's clock.
pub(super) fn response(
    result: Result<Answer, Refused>,
    json: bool,
    number: usize,
    now: i64,
) -> Response<Payload> {
    let request_id = format!("{number:024X}");
    let mut tag = None;
    let (status, kind, body) = match result {
        Ok(Answer::Empty) => (200, "text/plain", Bytes::new()),
        Ok(Answer::Gone) => (204, "text/plain", Bytes::new()),
        Ok(Answer::Xml(document)) => (200, "application/xml", document.document().into()),
        Ok(Answer::Json(mut value)) => {
            if let Some(object) = value.as_object_mut() {
                object.insert("RequestId".to_owned(), request_id.clone().into());
            }
            (200, "application/json", value.to_string().into())
        }
        Ok(Answer::Object { bytes, etag }) => {
            tag = Some(etag);
            (200, "application/octet-stream", bytes)
        }
        Err(Refused { status, code, message, .. }) if json => {
            let error = serde_json::json!({
                "Code": code, "Message": message, "RequestId": request_id, "HostId": "simulator",
            });
            (status, "application/json", error.to_string().into())
        }
        Err(Refused { status, code, message, ec, endpoint }) => {
            let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let error = Element::new("Error")
                .with(Element::leaf("Code", code))
                .with(Element::leaf("Message", message))
                .with(Element::leaf("RequestId", &request_id))
                .with(Element::leaf("HostId", "simulator"))
                .with_some("EC", some(ec))
                .with_some("Endpoint", some(&endpoint));
            (status, "application/xml", error.document().into())
        }
    };
    let date = jiff::Timestamp::from_second(now).unwrap_or_default();
    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut response = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, kind)
        .header(DATE, date)
        .header("x-oss-request-id", request_id);
    if let Some(tag) = tag {
        response = response.header(ETAG, tag);
    }
    let response = response.body(Payload::Whole(Some(body).filter(|body| !body.is_empty())));
    // All of it was written here, and holds.
    response.unwrap_or_else(|_| {
        let mut response = Response::new(Payload::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
