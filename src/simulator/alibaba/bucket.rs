//! Objects: lists of objects that jobs read, reports that they write.

use http::Method;
use md5::{Digest as _, Md5};

use super::answer::{Answer, Refused, refused};
use super::cloud::Call;
use crate::alibaba::Element;
use crate::simulator::auth::hex;

/// The operation, and the key.
pub(super) fn operation(
    method: &Method,
    path: &str,
    query: &[(String, String)],
) -> (&'static str, String) {
    let has = |name: &str| query.iter().any(|(known, _)| known == name);
    let key = path.strip_prefix('/').unwrap_or_default();
    let key = percent_encoding::percent_decode_str(key).decode_utf8_lossy().into_owned();
    let operation = match (method.as_str(), key.is_empty()) {
        ("PUT", false) => "PutObject",
        ("GET", false) => "GetObject",
        ("HEAD", false) => "HeadObject",
        ("GET", true) if has("bucketInfo") => "GetBucketInfo",
        ("GET", true) if SETTINGS.iter().any(|(name, _)| has(name)) => "GetBucketSetting",
        ("PUT", true) if SETTINGS.iter().any(|(name, _)| has(name)) => "PutBucketSetting",
        ("DELETE", true) if SETTINGS.iter().any(|(name, _)| has(name)) => "DeleteBucketSetting",
        ("GET", true) => "ListObjectsV2",
        _ => "",
    };
    (operation, key)
}

pub(super) fn carry_out(bucket: &str, call: Call<'_>) -> Result<Answer, Refused> {
    if !call.config.buckets.contains(bucket) {
        return Err(refused(404, "NoSuchBucket", "The specified bucket does not exist."));
    }
    let key = &call.name;
    let place = (bucket.to_owned(), key.clone());
    match call.operation {
        "PutObject" if !(1..=1023).contains(&key.len()) || key.starts_with(['/', '\\']) => {
            Err(refused(400, "InvalidObjectName", "The specified object is not valid."))
        }
        "PutObject" => {
            call.state.objects.insert(place, call.body);
            Ok(Answer::Empty)
        }
        "GetObject" | "HeadObject" => match call.state.objects.get(&place) {
            Some(bytes) => {
                let etag = format!("\"{}\"", hex(&Md5::digest(bytes)).to_ascii_uppercase());
                Ok(Answer::Object { bytes: bytes.clone(), etag })
            }
            None => Err(refused(404, "NoSuchKey", "The specified key does not exist.")),
        },
        "ListObjectsV2" => Ok(list(bucket, &call)),
        "GetBucketInfo" => Ok(info(bucket, &call)),
        operation if operation.ends_with("BucketSetting") => setting(bucket, call),
        _ => Err(refused(405, "MethodNotAllowed", "There is no such operation.")),
    }
}

/// Documents that are kept with a bucket, and the code that says that there is none.
const SETTINGS: [(&str, &str); 3] = [
    ("policy", "NoSuchBucketPolicy"),
    ("encryption", "NoSuchServerSideEncryptionRule"),
    ("lifecycle", "NoSuchLifecycle"),
];

fn setting(bucket: &str, call: Call<'_>) -> Result<Answer, Refused> {
    let named = SETTINGS.iter().find(|(name, _)| call.parameter(name).is_some());
    let Some((name, none)) = named else {
        return Err(refused(400, "InvalidArgument", "No such setting."));
    };
    let place = (bucket.to_owned(), (*name).to_owned());
    match call.operation {
        "PutBucketSetting" if *name == "policy" && !is_policy(&call.body) => {
            Err(refused(400, "InvalidPolicyDocument", "The policy is not JSON of version 1."))
        }
        "PutBucketSetting" => {
            call.state.settings.insert(place, call.body);
            Ok(Answer::Empty)
        }
        "DeleteBucketSetting" => {
            call.state.settings.remove(&place);
            Ok(Answer::Empty)
        }
        _ => match call.state.settings.get(&place) {
            Some(document) => Ok(Answer::Object { bytes: document.clone(), etag: String::new() }),
            None => Err(refused(404, none, "The bucket has none.")),
        },
    }
}

fn is_policy(document: &[u8]) -> bool {
    let parsed: Result<serde_json::Value, _> = serde_json::from_slice(document);
    parsed.is_ok_and(|policy| policy["Version"] == "1") && document.len() <= 16 << 10
}

fn info(bucket: &str, call: &Call<'_>) -> Answer {
    let account = &call.config.account;
    let encryption = call.state.settings.get(&(bucket.to_owned(), "encryption".to_owned()));
    let rule = encryption.and_then(|document| Element::parse(document));
    let rule = rule.and_then(|rule| rule.child("ApplyServerSideEncryptionByDefault").cloned());
    let algorithm = rule.as_ref().and_then(|rule| rule.text_of("SSEAlgorithm")).unwrap_or("None");
    let key = rule.as_ref().and_then(|rule| rule.text_of("KMSMasterKeyID"));
    let encryption = Element::new("ServerSideEncryptionRule")
        .with(Element::leaf("SSEAlgorithm", algorithm))
        .with_some("KMSMasterKeyID", key);
    let owner = Element::new("Owner")
        .with(Element::leaf("ID", account))
        .with(Element::leaf("DisplayName", account));
    let about = Element::new("Bucket")
        .with(Element::leaf("Name", bucket))
        .with(Element::leaf("Location", format!("oss-{}", call.config.region)))
        .with(Element::leaf("CreationDate", "2024-05-01T12:00:00.000Z"))
        .with(Element::leaf("StorageClass", "Standard"))
        .with(Element::leaf("DataRedundancyType", "LRS"))
        .with(owner)
        .with(encryption);
    Answer::Xml(Element::new("BucketInfo").with(about))
}

fn list(bucket: &str, call: &Call<'_>) -> Answer {
    let parameter = |name| call.parameter(name).unwrap_or_default();
    let limit = parameter("max-keys").parse().unwrap_or(100_usize);
    let (prefix, after) = (parameter("prefix"), parameter("start-after"));
    let objects = call.state.objects.iter().filter(|((place, key), _)| {
        place == bucket && key.starts_with(prefix) && key.as_str() > after
    });
    let mut page: Vec<_> = objects.take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let mut list = Element::new("ListBucketResult")
        .with(Element::leaf("Name", bucket))
        .with(Element::leaf("IsTruncated", more));
    for ((_, key), bytes) in page {
        let object = Element::new("Contents")
            .with(Element::leaf("Key", key))
            .with(Element::leaf("Size", bytes.len()));
        list = list.with(object);
    }
    Answer::Xml(list)
}
