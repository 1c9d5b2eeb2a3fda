//! Documents that are kept with a bucket.

use serde_json::Value;

use crate::alibaba::Element;
use crate::simulator::alibaba::answer::{Answer, Refused, refused};
use crate::simulator::alibaba::cloud::Call;
use crate::simulator::alibaba::state::StoredBucket;

/// A document that is kept with a bucket.
pub(super) struct Kept {
    /// Its name in queries.
    pub(super) name: &'static str,
    /// The operations that read it, set it and take it away.
    pub(super) operations: [&'static str; 3],
    /// The code that says that there is none; without one there always is a document.
    none: Option<&'static str>,
    /// The root of the document in XML; nothing for JSON.
    root: Option<&'static str>,
}

/// All of them.
pub(super) const KEPT: [Kept; 4] = [
    Kept {
        name: "policy",
        operations: ["GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"],
        none: Some("NoSuchBucketPolicy"),
        root: None,
    },
    Kept {
        name: "encryption",
        operations: ["GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption"],
        none: Some("NoSuchServerSideEncryptionRule"),
        root: Some("ServerSideEncryptionRule"),
    },
    Kept {
        name: "lifecycle",
        operations: ["GetBucketLifecycle", "PutBucketLifecycle", "DeleteBucketLifecycle"],
        none: Some("NoSuchLifecycle"),
        root: Some("LifecycleConfiguration"),
    },
    Kept {
        name: "referer",
        operations: ["GetBucketReferer", "PutBucketReferer", ""],
        none: None,
        root: Some("RefererConfiguration"),
    },
];

/// What a bucket answers that was never told whom to keep out.
const EVERY_PAGE: &str = "<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer><RefererList/></RefererConfiguration>";

/// The document that an operation is about.
pub(super) fn kept(operation: &str) -> Option<&'static Kept> {
    KEPT.iter().find(|kept| !operation.is_empty() && kept.operations.contains(&operation))
}

pub(super) fn carry_out(bucket: &str, kept: &Kept, call: &mut Call<'_>) -> Result<Answer, Refused> {
    let Some(stored) = call.state.buckets.get_mut(bucket) else {
        return Err(super::missing());
    };
    let settings = &mut stored.about.settings;
    let [get, put, _] = kept.operations;
    if call.operation == get {
        return match (settings.get(kept.name), kept.none) {
            (Some(document), _) => Ok(document_of(document)),
            (None, None) => Ok(document_of(EVERY_PAGE)),
            (None, Some(code)) => Err(refused(404, code, "The bucket has none.")),
        };
    }
    if call.operation == put {
        let document = match kept.root {
            None => policy(&call.body, stored)?,
            Some(root) => match std::str::from_utf8(&call.body) {
                Ok(text) if Element::parse(&call.body).is_some_and(|read| read.name == root) => {
                    text.to_owned()
                }
                _ => return Err(refused(400, "MalformedXML", format!("The body is no {root}."))),
            },
        };
        stored.about.settings.insert(kept.name.to_owned(), document);
        return Ok(Answer::Empty);
    }
    settings.remove(kept.name);
    Ok(Answer::Gone)
}

fn document_of(text: &str) -> Answer {
    Answer::Object { bytes: text.to_owned().into(), etag: String::new() }
}

/// The largest policy, and the largest value of a member, in bytes.
const LARGEST_POLICY: usize = 16 << 10;
const LARGEST_VALUE: usize = 4095;

/// A policy that the bucket takes. Source of the codes: "Bucket policy", error codes of OSS, 0030-….
fn policy(body: &[u8], bucket: &StoredBucket) -> Result<String, Refused> {
    let wrong = |ec, what: &str| refused(400, "InvalidPolicyDocument", what).with_ec(ec);
    if body.len() > LARGEST_POLICY {
        return Err(wrong("0030-00000001", "The policy is larger than 16 KB."));
    }
    let text = std::str::from_utf8(body)
        .map_err(|_| wrong("0030-00000004", "The policy is not in UTF-8."))?;
    let parsed: Value = serde_json::from_str(text)
        .map_err(|_| wrong("0030-00000005", "The policy is not in JSON."))?;
    if parsed["Version"] != "1" {
        return Err(wrong("0030-00000002", "The version of the policy is not the text 1."));
    }
    let Some(statements) = parsed["Statement"].as_array().filter(|list| !list.is_empty()) else {
        return Err(wrong("0030-00000005", "The policy has no statement."));
    };
    for statement in statements {
        let members = statement.as_object().into_iter().flat_map(serde_json::Map::values);
        if members.into_iter().any(has_large_value) {
            return Err(wrong("0030-00000003", "A value is larger than 4095 bytes."));
        }
        if !matches!(statement["Effect"].as_str(), Some("Allow" | "Deny"))
            || ["Action", "Principal", "Resource"].iter().any(|name| statement[name].is_null())
        {
            return Err(wrong("0030-00000005", "A statement is not as the reference says."));
        }
    }
    if bucket.about.blocks_public_access && is_public(statements) {
        let message = "Put public bucket policy is not allowed.";
        return Err(refused(403, "AccessDenied", message).with_ec("0003-00000503"));
    }
    Ok(text.to_owned())
}

fn has_large_value(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() > LARGEST_VALUE,
        Value::Array(list) => list.iter().any(has_large_value),
        Value::Object(members) => members.values().any(has_large_value),
        _ => false,
    }
}

/// Whether a statement allows something to everybody.
fn is_public(statements: &[Value]) -> bool {
    let everybody = |value: &Value| match value {
        Value::String(text) => text == "*",
        Value::Array(list) => list.iter().any(|one| one == "*"),
        _ => false,
    };
    statements.iter().any(|statement| {
        statement["Effect"] == "Allow"
            && everybody(&statement["Principal"])
            && statement["Condition"].is_null()
    })
}
