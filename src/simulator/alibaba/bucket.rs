//! Objects that lists of objects are kept in.

use http::Method;

use super::answer::{Answer, Refused, refused};
use super::cloud::Call;

/// The operation, and the key.
pub(super) fn operation(method: &Method, path: &str) -> (&'static str, String) {
    let key = path.strip_prefix('/').unwrap_or_default();
    let key = percent_encoding::percent_decode_str(key).decode_utf8_lossy().into_owned();
    let operation = match (method.as_str(), key.is_empty()) {
        ("PUT", false) => "PutObject",
        ("GET", false) => "GetObject",
        _ => "",
    };
    (operation, key)
}

pub(super) fn carry_out(bucket: &str, call: Call<'_>) -> Result<Answer, Refused> {
    if !call.config.buckets.contains(bucket) {
        return Err(refused(404, "NoSuchBucket", "The specified bucket does not exist."));
    }
    let place = (bucket.to_owned(), call.name.clone());
    match call.operation {
        "PutObject"
            if !(1..=1023).contains(&call.name.len()) || call.name.starts_with(['/', '\\']) =>
        {
            Err(refused(400, "InvalidObjectName", "The specified object is not valid."))
        }
        "PutObject" => {
            call.state.objects.insert(place, call.body);
            Ok(Answer::Empty)
        }
        "GetObject" => match call.state.objects.get(&place) {
            Some(bytes) => Ok(Answer::Bytes(bytes.clone())),
            None => Err(refused(404, "NoSuchKey", "The specified key does not exist.")),
        },
        _ => Err(refused(405, "MethodNotAllowed", "There is no such operation.")),
    }
}
