//! Objects: lists of objects that jobs read, reports that they write.

use md5::{Digest as _, Md5};

use crate::alibaba::Element;
use crate::simulator::alibaba::answer::{Answer, Refused, refused};
use crate::simulator::alibaba::cloud::Call;
use crate::simulator::auth::hex;

pub(super) fn carry_out(bucket: &str, call: Call<'_>) -> Result<Answer, Refused> {
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
        "DeleteObject" => {
            call.state.objects.remove(&place);
            Ok(Answer::Gone)
        }
        "GetObject" | "HeadObject" => match call.state.objects.get(&place) {
            Some(bytes) => {
                let etag = format!("\"{}\"", hex(&Md5::digest(bytes)).to_ascii_uppercase());
                Ok(Answer::Object { bytes: bytes.clone(), etag })
            }
            None => Err(refused(404, "NoSuchKey", "The specified key does not exist.")),
        },
        _ => Ok(list(bucket, &call)),
    }
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
