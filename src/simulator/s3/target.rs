//! What a request asks for: the decoded path and query, and which bucket and key they name.

use std::net::IpAddr;

use percent_encoding::percent_decode;

/// A request target, decoded into bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The path, percent-decoded, with its leading slash.
    pub(crate) path: Vec<u8>,
    /// Names and values of the query in order, decoded; `+` is a space. A name without `=` has an empty
    /// value.
    pub(crate) query: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Target {
    /// Reads `/path?query` as it stands in the request line.
    pub(crate) fn parse(raw: &str) -> Self {
        let (path, query) = raw.split_once('?').unwrap_or((raw, ""));
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode_query(name), decode_query(value))
            })
            .collect();
        Self { path: percent_decode(path.as_bytes()).collect(), query }
    }

    /// The first value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&[u8]> {
        let named = |(known, _): &&(Vec<u8>, Vec<u8>)| known == name.as_bytes();
        self.query.iter().find(named).map(|(_, value)| value.as_slice())
    }
}

fn decode_query(text: &str) -> Vec<u8> {
    let text: Vec<u8> = text.bytes().map(|byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&text).collect()
}

/// What a path and a host name: all buckets, a bucket, or an object in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// The bucket, unless all are meant.
    pub(crate) bucket: Option<String>,
    /// The object's key, unless the bucket itself is meant.
    pub(crate) key: Option<Vec<u8>>,
    /// Whether the host named the bucket.
    pub(crate) virtual_host: bool,
}

impl Resource {
    /// Finds the resource. A host that begins with the name of a bucket for which `known` holds, or has
    /// the form `BUCKET.s3.…`, names the bucket; else the path's first segment does.
    pub(crate) fn locate(host: &str, path: &[u8], known: impl Fn(&str) -> bool) -> Self {
        let rest = path.strip_prefix(b"/").unwrap_or(path);
        let key = |text: &[u8]| (!text.is_empty()).then(|| text.to_vec());
        if let Some(bucket) = bucket_of_host(host, known) {
            return Self { bucket: Some(bucket), key: key(rest), virtual_host: true };
        }
        let slash = memchr::memchr(b'/', rest).unwrap_or(rest.len());
        let bucket = String::from_utf8_lossy(&rest[..slash]).into_owned();
        Self {
            bucket: (!bucket.is_empty()).then_some(bucket),
            key: rest.get(slash + 1..).and_then(key),
            virtual_host: false,
        }
    }
}

fn bucket_of_host(host: &str, known: impl Fn(&str) -> bool) -> Option<String> {
    if host.starts_with('[') {
        return None;
    }
    let name = host.split(':').next().unwrap_or_default();
    if name.parse::<IpAddr>().is_ok() {
        return None;
    }
    let by_name = name.match_indices('.').map(|(at, _)| &name[..at]).find(|label| known(label));
    let by_form = || name.split_once(".s3.").map(|(bucket, _)| bucket);
    by_name.or_else(by_form).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(host: &str, path: &str) -> (Option<String>, Option<Vec<u8>>, bool) {
        let found =
            Resource::locate(host, path.as_bytes(), |name| name == "weights" || name == "a.b");
        (found.bucket, found.key, found.virtual_host)
    }

    #[test]
    fn buckets_are_named_by_path_or_host() {
        let weights = Some("weights".to_owned());
        let key = Some(b"a/b".to_vec());
        assert_eq!(located("127.0.0.1:9", "/weights"), (weights.clone(), None, false));
        assert_eq!(located("127.0.0.1:9", "/weights/"), (weights.clone(), None, false));
        assert_eq!(located("[::1]:9", "/weights/a/b"), (weights.clone(), key.clone(), false));
        assert_eq!(located("localhost:9", "/"), (None, None, false));
        assert_eq!(located("weights.localhost:9", "/"), (weights.clone(), None, true));
        assert_eq!(located("weights.s3.localhost:9", "/a/b"), (weights, key, true));
        assert_eq!(located("a.b.s3.localhost", "/"), (Some("a.b".into()), None, true));
        assert_eq!(located("other.s3.localhost", "/"), (Some("other".into()), None, true));
    }

    #[test]
    fn queries_are_decoded_to_bytes() {
        let target = Target::parse("/b%20c?list-type=2&prefix=a+b%2B%FF&location");
        assert_eq!(target.path, b"/b c");
        assert_eq!(target.parameter("prefix"), Some(b"a b+\xFF".as_slice()));
        assert_eq!(target.parameter("location"), Some(b"".as_slice()));
        assert_eq!(target.parameter("delimiter"), None);
    }
}
