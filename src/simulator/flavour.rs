//! In what the services that speak S3's list calls differ on the wire, as data.

use http::HeaderMap;
use http::header::{self, HeaderName, HeaderValue};

use super::dialect::Dialect;
use super::s3::TextForm;

/// What a service writes and expects in its own way.
#[allow(clippy::struct_excessive_bools, reason = "each is one independent fact about a service")]
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flavour {
    /// Before the names of its own headers.
    prefix: &'static str,
    /// What it calls itself.
    server: Option<&'static str>,
    /// The namespace of its documents.
    pub(super) namespace: Option<&'static str>,
    /// The entries of a page where none are asked for, without and with a delimiter.
    pub(super) usual_keys: (u64, u64),
    /// The most entries of a page of version 1 with a delimiter.
    pub(super) most_grouped: u64,
    /// Whether a number of entries beyond the most is refused, not lowered.
    pub(super) refuses_more_keys: bool,
    /// Whether a list type other than 2 is version 1, not an error.
    pub(super) lenient_list_type: bool,
    /// How keys are written under `encoding-type=url`.
    pub(super) url: TextForm,
    /// Whether continuation tokens are url-encoded, too.
    pub(super) encoded_token: bool,
    /// What version 1 calls the encoding.
    pub(super) first_encoding: &'static str,
    /// Whether version 1 writes times as of Beijing, with their offset.
    pub(super) offset_times: bool,
    /// Whether the usual storage class goes without saying.
    pub(super) silent_standard: bool,
    /// Whether entity tags are in capitals.
    pub(super) upper_tags: bool,
    /// Whether answers name the bucket's region in a header.
    pub(super) tells_region: bool,
    /// The host of a region, as errors name it; `{}` stands for the region.
    host: &'static str,
}

const S3: Flavour = Flavour {
    prefix: "x-amz-",
    server: Some("WeighbridgeSimulator"),
    namespace: Some("http://s3.amazonaws.com/doc/2006-03-01/"),
    usual_keys: (1_000, 1_000),
    most_grouped: 1_000,
    refuses_more_keys: false,
    lenient_list_type: false,
    url: TextForm::Url,
    encoded_token: false,
    first_encoding: "EncodingType",
    offset_times: false,
    silent_standard: false,
    upper_tags: false,
    tells_region: true,
    host: "s3.{}.amazonaws.com",
};

/// Sources: KS3's pages 42287 and 42288 of the list calls, its SDKs, and `JuiceFS`, which met the offset.
const KS3: Flavour = Flavour {
    prefix: "x-kss-",
    server: None,
    namespace: None,
    usual_keys: (1_000, 100),
    most_grouped: 100,
    lenient_list_type: true,
    first_encoding: "Encoding-Type",
    offset_times: true,
    silent_standard: true,
    tells_region: false,
    host: "ks3-cn-{}.ksyuncs.com",
    ..S3
};

/// Sources: `ListObjectsV2` of the OSS API reference and its Python SDK, which decodes by percent only.
const OSS: Flavour = Flavour {
    prefix: "x-oss-",
    server: Some("AliyunOSS"),
    namespace: None,
    usual_keys: (100, 100),
    refuses_more_keys: true,
    url: TextForm::Percent,
    encoded_token: true,
    upper_tags: true,
    tells_region: false,
    host: "oss-{}.aliyuncs.com",
    ..S3
};

impl Flavour {
    /// The flavour of a dialect of S3's calls.
    pub(super) fn of(dialect: Dialect) -> &'static Self {
        match dialect {
            Dialect::Ks3 => &KS3,
            Dialect::Oss => &OSS,
            Dialect::S3 | Dialect::Azure => &S3,
        }
    }

    /// The host that serves a region's buckets.
    pub(super) fn host(&self, region: &str) -> String {
        self.host.replace("{}", &region.to_ascii_lowercase())
    }

    /// Whether a request agrees to be paid for.
    pub(super) fn agrees_to_pay(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(format!("{}request-payer", self.prefix))
    }

    /// Gives an answer the service's name, and its own names of headers.
    pub(super) fn dress(&self, headers: &mut HeaderMap) {
        if let Some(server) = self.server {
            headers.insert(header::SERVER, HeaderValue::from_static(server));
        }
        if self.prefix == S3.prefix {
            return;
        }
        let names: Vec<HeaderName> = headers.keys().cloned().collect();
        for name in names {
            if let Some(rest) = name.as_str().strip_prefix(S3.prefix)
                && let Ok(own) = HeaderName::try_from(format!("{}{rest}", self.prefix))
                && let Some(value) = headers.remove(&name)
            {
                headers.insert(own, value);
            }
        }
    }
}
