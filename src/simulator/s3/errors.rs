//! The errors S3 answers with.

use super::xml::{TextForm, push_element};

/// A refusal, with what it says beside its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct S3Error {
    /// What kind it is.
    pub(crate) code: ErrorCode,
    /// Elements beside `Code` and `Message`, such as `BucketName`.
    pub(crate) details: Vec<(&'static str, String)>,
}

/// S3's error codes, as far as they are spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorCode {
    AccessDenied,
    AuthorizationHeaderMalformed,
    ExpiredToken,
    InternalError,
    InvalidAccessKeyId,
    InvalidArgument,
    InvalidObjectState,
    InvalidRange,
    InvalidRequest,
    InvalidToken,
    MethodNotAllowed,
    NoSuchBucket,
    NoSuchBucketPolicy,
    NoSuchKey,
    NoSuchServerSideEncryptionRule,
    NoSuchUpload,
    NoSuchWebsiteConfiguration,
    NotImplemented,
    PermanentRedirect,
    RequestTimeTooSkewed,
    ServerSideEncryptionConfigurationNotFoundError,
    SignatureDoesNotMatch,
    SlowDown,
}

impl ErrorCode {
    /// The code as it stands in the answer.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDenied",
            Self::AuthorizationHeaderMalformed => "AuthorizationHeaderMalformed",
            Self::ExpiredToken => "ExpiredToken",
            Self::InternalError => "InternalError",
            Self::InvalidAccessKeyId => "InvalidAccessKeyId",
            Self::InvalidArgument => "InvalidArgument",
            Self::InvalidObjectState => "InvalidObjectState",
            Self::InvalidRange => "InvalidRange",
            Self::InvalidRequest => "InvalidRequest",
            Self::InvalidToken => "InvalidToken",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::NoSuchBucket => "NoSuchBucket",
            Self::NoSuchBucketPolicy => "NoSuchBucketPolicy",
            Self::NoSuchKey => "NoSuchKey",
            Self::NoSuchServerSideEncryptionRule => "NoSuchServerSideEncryptionRule",
            Self::NoSuchUpload => "NoSuchUpload",
            Self::NoSuchWebsiteConfiguration => "NoSuchWebsiteConfiguration",
            Self::NotImplemented => "NotImplemented",
            Self::PermanentRedirect => "PermanentRedirect",
            Self::RequestTimeTooSkewed => "RequestTimeTooSkewed",
            Self::ServerSideEncryptionConfigurationNotFoundError => {
                "ServerSideEncryptionConfigurationNotFoundError"
            }
            Self::SignatureDoesNotMatch => "SignatureDoesNotMatch",
            Self::SlowDown => "SlowDown",
        }
    }

    /// The HTTP status that goes with it.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::PermanentRedirect => 301,
            Self::AuthorizationHeaderMalformed
            | Self::ExpiredToken
            | Self::InvalidArgument
            | Self::InvalidRequest
            | Self::InvalidToken => 400,
            Self::AccessDenied
            | Self::InvalidAccessKeyId
            | Self::InvalidObjectState
            | Self::RequestTimeTooSkewed
            | Self::SignatureDoesNotMatch => 403,
            Self::NoSuchBucket
            | Self::NoSuchBucketPolicy
            | Self::NoSuchKey
            | Self::NoSuchServerSideEncryptionRule
            | Self::NoSuchUpload
            | Self::NoSuchWebsiteConfiguration
            | Self::ServerSideEncryptionConfigurationNotFoundError => 404,
            Self::MethodNotAllowed => 405,
            Self::InvalidRange => 416,
            Self::InternalError => 500,
            Self::NotImplemented => 501,
            Self::SlowDown => 503,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::AccessDenied => "Access Denied",
            Self::AuthorizationHeaderMalformed => "The authorization header is malformed",
            Self::ExpiredToken => "The provided token has expired.",
            Self::InternalError => "We encountered an internal error. Please try again.",
            Self::InvalidAccessKeyId => {
                "The AWS Access Key Id you provided does not exist in our records."
            }
            Self::InvalidArgument => "Invalid Argument",
            Self::InvalidRange => "The requested range is not satisfiable",
            Self::InvalidRequest => {
                "Missing required header for this request: x-amz-content-sha256"
            }
            Self::InvalidToken => "The provided token is malformed or otherwise invalid.",
            Self::MethodNotAllowed => "The specified method is not allowed against this resource.",
            Self::NoSuchBucket => "The specified bucket does not exist",
            Self::InvalidObjectState => "The operation is not valid for the object's storage class",
            Self::NoSuchBucketPolicy => "The bucket policy does not exist",
            Self::NoSuchServerSideEncryptionRule
            | Self::ServerSideEncryptionConfigurationNotFoundError => {
                "The server side encryption configuration was not found"
            }
            Self::NoSuchWebsiteConfiguration => {
                "The specified bucket does not have a website configuration"
            }
            Self::NoSuchKey => "The specified key does not exist.",
            Self::NoSuchUpload => "The specified multipart upload does not exist.",
            Self::NotImplemented => {
                "A header or query you provided implies functionality that is not implemented"
            }
            Self::PermanentRedirect => {
                "The bucket you are attempting to access must be addressed using the specified \
                 endpoint. Please send all future requests to this endpoint."
            }
            Self::RequestTimeTooSkewed => {
                "The difference between the request time and the current time is too large."
            }
            Self::SignatureDoesNotMatch => {
                "The request signature we calculated does not match the signature you provided. \
                 Check your key and signing method."
            }
            Self::SlowDown => "Please reduce your request rate.",
        }
    }
}

impl S3Error {
    /// An error with nothing to add.
    pub(crate) fn new(code: ErrorCode) -> Self {
        Self { code, details: Vec::new() }
    }

    /// Adds an element; one named `Message` replaces the usual text.
    pub(crate) fn with(mut self, element: &'static str, text: impl Into<String>) -> Self {
        self.details.push((element, text.into()));
        self
    }

    /// The error document.
    pub(crate) fn to_xml(&self, request_id: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        let mut element =
            |name, text: &str| push_element(&mut out, name, TextForm::Xml, text.as_bytes());
        element("Code", self.code.name());
        if !self.details.iter().any(|(name, _)| *name == "Message") {
            element("Message", self.code.message());
        }
        for (name, text) in &self.details {
            element(name, text);
        }
        element("RequestId", request_id);
        element("HostId", "c2ltdWxhdG9yLWhvc3QtaWQ=");
        let mut document = br#"<?xml version="1.0" encoding="UTF-8"?>"#.to_vec();
        document.extend_from_slice(b"\n<Error>");
        document.append(&mut out);
        document.extend_from_slice(b"</Error>");
        document
    }
}
