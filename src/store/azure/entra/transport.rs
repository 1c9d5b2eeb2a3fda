//! Our HTTP client as the identity crate wants one, so that proxies, certificates and limits are those of
//! all other requests.

use std::collections::HashMap;

use azure_core::error::{Error, ErrorKind as CoreKind};
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request, StatusCode};
use futures::future::BoxFuture;
use http::header::HOST;

use crate::store::http::Client;
use crate::store::{ErrorKind, StoreError};

#[derive(Debug)]
pub(super) struct Transport(pub(super) Client);

impl Transport {
    async fn execute(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let Body::Bytes(body) = request.body() else {
            return Err(Error::with_message(CoreKind::Other, "a token request is not streamed"));
        };
        let unfit = |error: http::Error| Error::new(CoreKind::DataConversion, error);
        let uri: http::Uri = request
            .url()
            .as_str()
            .parse()
            .map_err(|error: http::uri::InvalidUri| unfit(error.into()))?;
        let host = uri.authority().map(ToString::to_string).unwrap_or_default();
        let mut call =
            http::Request::builder().method(request.method().as_ref()).uri(uri).header(HOST, host);
        for (name, value) in request.headers().iter() {
            call = call.header(name.as_str(), value.as_str());
        }
        let call = call.body(body.clone()).map_err(unfit)?;
        let mut answer = Vec::new();
        let head = self.0.send(call, &mut answer).await.map_err(told)?;
        let text = |value: &http::HeaderValue| Some(value.to_str().ok()?.to_owned());
        let headers: HashMap<HeaderName, HeaderValue> = head
            .headers
            .iter()
            .filter_map(|(name, value)| {
                Some((name.as_str().to_owned().into(), text(value)?.into()))
            })
            .collect();
        let status = StatusCode::from(head.status.as_u16());
        Ok(AsyncRawResponse::from_bytes(status, Headers::from(headers), answer))
    }
}

impl HttpClient for Transport {
    fn execute_request<'this, 'request, 'answer>(
        &'this self,
        request: &'request Request,
    ) -> BoxFuture<'answer, azure_core::Result<AsyncRawResponse>>
    where
        'this: 'answer,
        'request: 'answer,
        Self: 'answer,
    {
        Box::pin(self.execute(request))
    }
}

/// The kinds decide whether the identity crate tries again.
fn told(error: StoreError) -> Error {
    let kind = match error.kind {
        ErrorKind::Resolve | ErrorKind::Connect => CoreKind::Connection,
        ErrorKind::Timeout | ErrorKind::Interrupted => CoreKind::Io,
        _ => CoreKind::Other,
    };
    Error::with_message(kind, error.message)
}
