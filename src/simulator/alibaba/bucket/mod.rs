//! OSS: buckets, what is kept with them, their objects.
//!
//! * `about`: a bucket itself, lists of buckets. * `settings`: documents. * `object`: objects.

mod about;
mod object;
mod settings;

use http::Method;

use super::answer::{Answer, Refused, refused};
use super::cloud::Call;

/// What is read of a bucket, by names in queries.
const READ: [(&str, &str); 5] = [
    ("acl", "GetBucketAcl"),
    ("bucketInfo", "GetBucketInfo"),
    ("stat", "GetBucketStat"),
    ("versioning", "GetBucketVersioning"),
    ("worm", "GetBucketWorm"),
];

/// The operation on a bucket or an object, and the key.
pub(super) fn operation(
    method: &Method,
    path: &str,
    query: &[(String, String)],
) -> (&'static str, String) {
    let has = |name: &str| query.iter().any(|(known, _)| known == name);
    let key = path.strip_prefix('/').unwrap_or_default();
    let key = percent_encoding::percent_decode_str(key).decode_utf8_lossy().into_owned();
    let kept = settings::KEPT.iter().find(|kept| has(kept.name));
    let read = READ.iter().find(|(name, _)| has(name)).map(|(_, operation)| *operation);
    let operation = match (method.as_str(), key.is_empty(), kept) {
        ("PUT", false, _) => "PutObject",
        ("GET", false, _) => "GetObject",
        ("HEAD", false, _) => "HeadObject",
        ("DELETE", false, _) => "DeleteObject",
        ("GET", true, Some(kept)) => kept.operations[0],
        ("PUT", true, Some(kept)) => kept.operations[1],
        ("DELETE", true, Some(kept)) => kept.operations[2],
        ("GET", true, None) => read.unwrap_or("ListObjectsV2"),
        ("PUT", true, None) if query.is_empty() => "PutBucket",
        ("DELETE", true, None) if query.is_empty() => "DeleteBucket",
        _ => "",
    };
    (operation, key)
}

/// The operation on OSS itself.
pub(super) fn service_operation(method: &Method, query: &[(String, String)]) -> &'static str {
    match method.as_str() {
        "GET" if query.iter().any(|(name, _)| name == "regions") => "DescribeRegions",
        "GET" => "ListBuckets",
        _ => "",
    }
}

/// The name of an operation in policies.
pub(super) fn action(operation: &str) -> String {
    let operation = match operation {
        "HeadObject" => "GetObject",
        "ListObjectsV2" => "ListObjects",
        other => other,
    };
    format!("oss:{operation}")
}

fn missing() -> Refused {
    refused(404, "NoSuchBucket", "The specified bucket does not exist.").with_ec("0015-00000101")
}

pub(super) fn carry_out(name: &str, region: &str, mut call: Call<'_>) -> Result<Answer, Refused> {
    match call.operation {
        "" => return Err(refused(405, "MethodNotAllowed", "There is no such operation.")),
        "PutBucket" => return about::create(name, region, &mut call),
        _ => {}
    }
    let bucket = call.state.buckets.get(name).ok_or_else(missing)?;
    if let Some(kept) = settings::kept(call.operation) {
        return settings::carry_out(name, kept, &mut call);
    }
    match call.operation {
        "DeleteBucket" => about::delete(name, &mut call),
        operation if READ.iter().any(|(_, read)| *read == operation) => {
            about::look(name, bucket, &call)
        }
        _ => object::carry_out(name, call),
    }
}

/// Carries out what is about OSS itself.
pub(super) fn carry_out_service(call: &Call<'_>) -> Result<Answer, Refused> {
    match call.operation {
        "ListBuckets" => Ok(about::list(call)),
        "DescribeRegions" => Ok(about::regions()),
        _ => Err(refused(405, "MethodNotAllowed", "There is no such operation.")),
    }
}
