//! What is planted at buckets of KS3 and OSS.

use serde_json::json;

use crate::planted::{BUCKET, Planted, Seed, deny, of_class, sound};

/// A bucket by a name with its account's number.
fn numbered() -> Planted {
    let mut planted = Planted::ks3().named("ks3://tony-1234567890");
    let bucket = planted.config.buckets[BUCKET].clone();
    planted.config.buckets.insert("tony-1234567890".into(), bucket);
    planted
}

/// A bucket of OSS that can be read from one network only, in OSS's words.
fn closed() -> Planted {
    let policy = json!({ "Version": "1", "Statement": [{
        "Effect": "Deny", "Principal": ["*"], "Action": ["oss:GetObject"],
        "Resource": ["acs:oss:*:1234:lake/*"],
        "Condition": { "StringNotEquals": { "acs:SourceVpc": ["vpc-t4n"] } }
    }] });
    Planted::at("oss", &sound()).with(|bucket| bucket.settings.policy = Some(policy.to_string()))
}

fn ks3_at(host: &'static str) -> Planted {
    Planted::at("ks3", &sound()).behind(host)
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
pub(crate) fn seeds() -> Vec<Seed> {
    vec![
        (
            "KS3: a wrong secret",
            Planted::ks3().env("KS3_SECRET_ACCESS_KEY", "mistyped"),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["signature"],
            &["AccessKey management"],
        ),
        (
            "KS3: a custom domain",
            ks3_at("http://cdn.example.com").args(&["--region", "BEIJING"]),
            "SOURCE_ENDPOINT",
            "blocker",
            &["cdn.example.com", "CDN"],
            &["ks3-cn-beijing.ksyuncs.com"],
        ),
        (
            "KS3: another region",
            ks3_at("http://ks3-cn-shanghai.ksyuncs.com").args(&["--region", "SHANGHAI"]),
            "SOURCE_REGION",
            "warning",
            &["BEIJING", "SHANGHAI"],
            &["endpoint of BEIJING"],
        ),
        (
            "KS3: the internal endpoint",
            ks3_at("http://ks3-cn-beijing-internal.ksyuncs.com"),
            "SOURCE_ENDPOINT",
            "warning",
            &["within Kingsoft Cloud"],
            &["--internal"],
        ),
        (
            "KS3: a name with the account's number",
            numbered(),
            "NAME_INVALID",
            "warning",
            &["`tony`"],
            &["enter `tony`"],
        ),
        (
            "KS3: archived objects",
            Planted::ks3().holding(&of_class("ARCHIVE")),
            "OBJECT_ARCHIVED",
            "blocker",
            &["2 archived"],
            &["restore them"],
        ),
        (
            "KS3: no right to list",
            Planted::ks3().refusing("s3:ListBucket"),
            "SOURCE_LIST",
            "blocker",
            &["ks3:ListBucket"],
            &["ks3:GetObject"],
        ),
        (
            "KS3: a whitelist",
            Planted::ks3()
                .policy(&deny(&json!({ "NotIpAddress": { "ksc:SourceIp": ["203.0.113.0/24"] } }))),
            "SOURCE_IP_RESTRICTED",
            "blocker",
            &["203.0.113.0/24"],
            &["KS3 console"],
        ),
        (
            "KS3: a wrong secret, signed in KS3's older way",
            Planted::ks3()
                .env("KS3_SECRET_ACCESS_KEY", "mistyped")
                .args(&["--sign-version", "kss2"]),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["signature"],
            &["AccessKey management"],
        ),
        (
            "KS3: versions, asked for in KS3's older way",
            Planted::ks3()
                .with(|bucket| bucket.settings.versioning = Some("Suspended".into()))
                .args(&["--sign-version", "kss2"]),
            "SOURCE_VERSIONING",
            "warning",
            &["suspended"],
            &["--versions"],
        ),
        (
            "OSS: a website",
            Planted::at("oss", &sound()).with(|bucket| bucket.settings.website = true),
            "SOURCE_WEBSITE",
            "warning",
            &["website"],
            &["ossutil api delete-bucket-website"],
        ),
        (
            "OSS: no right to read",
            Planted::at("oss", &sound()).refusing("s3:GetObject"),
            "SOURCE_READ",
            "blocker",
            &["oss:GetObject"],
            &["AliyunOSSReadOnlyAccess"],
        ),
        (
            "OSS: a whitelist",
            closed(),
            "SOURCE_VPC_RESTRICTED",
            "blocker",
            &["vpc-t4n"],
            &["Bucket Policy", "ossutil"],
        ),
        (
            "OSS: a key of KMS",
            Planted::at("oss", &sound()).with(|bucket| {
                bucket.settings.encryption = Some(("KMS".into(), Some("9468da86".into())));
            }),
            "SOURCE_ENCRYPTION",
            "warning",
            &["9468da86"],
            &["RAM console", "kms:Decrypt"],
        ),
    ]
}
