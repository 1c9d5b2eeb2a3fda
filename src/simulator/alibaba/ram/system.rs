//! Policies of Alibaba Cloud.
//!
//! What `AliyunMGWFullAccess` and `AliyunOSSImportFullAccess` hold is not published; here they allow the
//! migration service, and the latter what its name and its description in the console say beside.

/// Names and documents.
const SYSTEM: [(&str, &str); 8] = [
    (
        "AdministratorAccess",
        r#"{"Version":"1","Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}]}"#,
    ),
    (
        "AliyunKMSFullAccess",
        r#"{"Version":"1","Statement":[{"Action":"kms:*","Effect":"Allow","Resource":"*"}]}"#,
    ),
    (
        "AliyunMGWFullAccess",
        r#"{"Version":"1","Statement":[{"Action":"mgw:*","Effect":"Allow","Resource":"*"}]}"#,
    ),
    (
        "AliyunOSSFullAccess",
        r#"{"Version":"1","Statement":[{"Action":"oss:*","Effect":"Allow","Resource":"*"}]}"#,
    ),
    (
        "AliyunOSSImportFullAccess",
        r#"{"Version":"1","Statement":[{"Action":["mgw:*","oss:ListBuckets","oss:GetBucketInfo"],"Effect":"Allow","Resource":"*"}]}"#,
    ),
    (
        "AliyunOSSReadOnlyAccess",
        r#"{"Version":"1","Statement":[{"Action":["oss:Get*","oss:List*"],"Effect":"Allow","Resource":"*"}]}"#,
    ),
    (
        "AliyunRAMFullAccess",
        r#"{"Version":"1","Statement":[{"Action":"ram:*","Effect":"Allow","Resource":"*"}]}"#,
    ),
    (
        "AliyunSTSAssumeRoleAccess",
        r#"{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Resource":"*"}]}"#,
    ),
];

/// The document of a policy.
pub(in crate::simulator::alibaba) fn system(name: &str) -> Option<&'static str> {
    SYSTEM.iter().find(|(known, _)| *known == name).map(|(_, document)| *document)
}

/// All names, in order.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SYSTEM.iter().map(|(name, _)| *name)
}
