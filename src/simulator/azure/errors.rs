//! The errors that the Blob service answers with.

use crate::simulator::s3::push_xml;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AzureError {
    pub(super) code: Code,
    /// What the message says beside its usual words.
    pub(super) detail: Option<String>,
}

/// The service's error codes, as far as they are spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    AccountIsDisabled,
    AuthenticationFailed,
    AuthorizationFailure,
    AuthorizationPermissionMismatch,
    AuthorizationSourceIPMismatch,
    BlobArchived,
    BlobNotFound,
    ContainerNotFound,
    EndpointUnsupportedAccountFeatures,
    InternalError,
    InvalidAuthenticationInfo,
    InvalidHeaderValue,
    InvalidQueryParameterValue,
    InvalidRange,
    InvalidResourceName,
    KeyBasedAuthenticationNotPermitted,
    NoAuthenticationInformation,
    OutOfRangeQueryParameterValue,
    PublicAccessNotPermitted,
    ServerBusy,
    UnsupportedHttpVerb,
}

impl Code {
    /// Name, status and usual words.
    pub(super) fn parts(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::AccountIsDisabled => {
                ("AccountIsDisabled", 403, "The specified account is disabled.")
            }
            Self::AuthorizationSourceIPMismatch => (
                "AuthorizationSourceIPMismatch",
                403,
                "This request is not authorized to perform this operation using this source IP.",
            ),
            Self::BlobArchived => {
                ("BlobArchived", 409, "This operation is not permitted on an archived blob.")
            }
            Self::InvalidResourceName => (
                "InvalidResourceName",
                400,
                "The specified resource name contains invalid characters.",
            ),
            Self::KeyBasedAuthenticationNotPermitted => (
                "KeyBasedAuthenticationNotPermitted",
                403,
                "Key based authentication is not permitted on this storage account.",
            ),
            Self::PublicAccessNotPermitted => (
                "PublicAccessNotPermitted",
                409,
                "Public access is not permitted on this storage account.",
            ),
            Self::AuthenticationFailed => (
                "AuthenticationFailed",
                403,
                "Server failed to authenticate the request. Make sure the value of Authorization header is \
                 formed correctly including the signature.",
            ),
            Self::AuthorizationFailure => (
                "AuthorizationFailure",
                403,
                "This request is not authorized to perform this operation.",
            ),
            Self::AuthorizationPermissionMismatch => (
                "AuthorizationPermissionMismatch",
                403,
                "This request is not authorized to perform this operation using this permission.",
            ),
            Self::BlobNotFound => ("BlobNotFound", 404, "The specified blob does not exist."),
            Self::ContainerNotFound => {
                ("ContainerNotFound", 404, "The specified container does not exist.")
            }
            Self::EndpointUnsupportedAccountFeatures => (
                "EndpointUnsupportedAccountFeatures",
                409,
                "This endpoint does not support the features of this account.",
            ),
            Self::InternalError => (
                "InternalError",
                500,
                "Server encountered an internal error. Please try again after some time.",
            ),
            Self::InvalidAuthenticationInfo => (
                "InvalidAuthenticationInfo",
                401,
                "Server failed to authenticate the request. Please refer to the information in the \
                 www-authenticate header.",
            ),
            Self::InvalidHeaderValue => (
                "InvalidHeaderValue",
                400,
                "The value for one of the HTTP headers is not in the correct format.",
            ),
            Self::InvalidQueryParameterValue => (
                "InvalidQueryParameterValue",
                400,
                "Value for one of the query parameters specified in the request URI is invalid.",
            ),
            Self::InvalidRange => (
                "InvalidRange",
                416,
                "The range specified is invalid for the current size of the resource.",
            ),
            Self::NoAuthenticationInformation => (
                "NoAuthenticationInformation",
                401,
                "Server failed to authenticate the request. Please refer to the information in the \
                 www-authenticate header.",
            ),
            Self::OutOfRangeQueryParameterValue => (
                "OutOfRangeQueryParameterValue",
                400,
                "One of the query parameters specified in the request URI is outside the permissible range.",
            ),
            Self::ServerBusy => ("ServerBusy", 503, "The server is busy."),
            Self::UnsupportedHttpVerb => {
                ("UnsupportedHttpVerb", 405, "The resource doesn't support specified Http Verb.")
            }
        }
    }
}

impl AzureError {
    pub(super) fn with(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: Some(detail.into()) }
    }

    /// The error document.
    pub(super) fn to_xml(&self, request_id: &str) -> Vec<u8> {
        let (name, _, message) = self.code.parts();
        let mut out =
            "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error>".as_bytes().to_vec();
        let mut element = |tag: &str, text: &str| {
            out.extend_from_slice(format!("<{tag}>").as_bytes());
            push_xml(&mut out, text.as_bytes());
            out.extend_from_slice(format!("</{tag}>").as_bytes());
        };
        element("Code", name);
        element("Message", &format!("{message}\nRequestId:{request_id}"));
        if let Some(detail) = &self.detail {
            element("AuthenticationErrorDetail", detail);
        }
        out.extend_from_slice(b"</Error>");
        out
    }
}

impl From<Code> for AzureError {
    fn from(code: Code) -> Self {
        Self { code, detail: None }
    }
}
