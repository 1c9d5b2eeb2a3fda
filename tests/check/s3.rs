//! What is planted at a bucket of S3.

use serde_json::json;
use weighbridge::simulator::{Credential, Given, Locked, ObjectSettings, Payer};

use crate::common::held;
use crate::planted::{BUCKET, Planted, REFERER, Seed, TOKEN, allow, deny, of_class, office, sound};

#[expect(clippy::too_many_lines, reason = "it is a table")]
pub(crate) fn seeds() -> Vec<Seed> {
    let past = || ObjectSettings {
        restore: Some(
            r#"ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT""#.into(),
        ),
        ..ObjectSettings::default()
    };
    vec![
        (
            "an unknown key",
            Planted::s3().env("AWS_ACCESS_KEY_ID", "AKIANOBODY7EXAMPLE"),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["does not exist", "…MPLE"],
            &["IAM console", "Create access key"],
        ),
        (
            "a wrong secret",
            Planted::s3().env("AWS_SECRET_ACCESS_KEY", "mistyped"),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["signature"],
            &["Create access key"],
        ),
        (
            "no keys",
            Planted::s3().without("AWS_ACCESS_KEY_ID").without("AWS_SECRET_ACCESS_KEY"),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["no credentials"],
            &["AWS_ACCESS_KEY_ID"],
        ),
        (
            "requests without a signature",
            {
                let mut planted = Planted::s3().args(&["--no-sign-request"]);
                planted.config.anonymous = true;
                planted
            },
            "SOURCE_CREDENTIALS",
            "warning",
            &["not signed", "takes a key"],
            &["Create access key"],
        ),
        (
            "a temporary key",
            {
                let mut planted = Planted::s3().env("AWS_SESSION_TOKEN", TOKEN);
                planted.config.credentials =
                    vec![Credential { session_token: Some(TOKEN.into()), ..Credential::default() }];
                planted
            },
            "SOURCE_KEY_LASTS",
            "warning",
            &["session token", "no field"],
            &["make a key that lasts"],
        ),
        (
            "no right to list",
            Planted::s3().refusing("s3:ListBucket"),
            "SOURCE_LIST",
            "blocker",
            &["s3:ListBucket", "Access Denied"],
            &["AmazonS3ReadOnlyAccess", "aws iam attach-user-policy"],
        ),
        (
            "no right to read",
            Planted::s3().refusing("s3:GetObject"),
            "SOURCE_READ",
            "blocker",
            &["s3:GetObject", "docs/a.txt"],
            &["AmazonS3ReadOnlyAccess"],
        ),
        (
            "rights to write",
            Planted::s3().with(|bucket| bucket.settings.refused.clear()),
            "SOURCE_KEY_WRITES",
            "warning",
            &["more than reading", "nothing was changed"],
            &["AmazonS3ReadOnlyAccess", "aws iam create-user"],
        ),
        (
            "a bucket that is not there",
            Planted::s3().named("s3://elsewhere"),
            "SOURCE_BUCKET",
            "blocker",
            &["does not exist"],
            &["aws s3api head-bucket --bucket elsewhere"],
        ),
        (
            "a prefix that is not there",
            Planted::s3().named(format!("s3://{BUCKET}/dosc/")),
            "SOURCE_EMPTY",
            "warning",
            &["nothing begins with `dosc/`"],
            &["case-sensitive"],
        ),
        (
            "another region",
            Planted::s3()
                .with(|bucket| bucket.region = "eu-west-1".into())
                .args(&["--region", "us-east-1"]),
            "SOURCE_REGION",
            "warning",
            &["eu-west-1"],
            &["endpoint of eu-west-1"],
        ),
        (
            "a whitelist of addresses",
            Planted::s3()
                .policy(&deny(&json!({"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}))),
            "SOURCE_IP_RESTRICTED",
            "blocker",
            &["OfficeOnly", "203.0.113.0/24", "does not support whitelists"],
            &["Bucket policy", "aws s3api delete-bucket-policy"],
        ),
        (
            "a grant to some addresses",
            Planted::s3().policy(&allow(&json!({"IpAddress": {"aws:sourceip": "203.0.113.7"}}))),
            "SOURCE_IP_RESTRICTED",
            "warning",
            &["only from `203.0.113.7`"],
            &["take statement"],
        ),
        (
            "a whitelist of endpoints",
            Planted::s3()
                .policy(&deny(&json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}))),
            "SOURCE_VPC_RESTRICTED",
            "blocker",
            &["vpce-1a2b3c4d", "VPC"],
            &["take statement `OfficeOnly`"],
        ),
        (
            "a whitelist by set and IfExists",
            Planted::s3().policy(&deny(
                &json!({"ForAllValues:StringNotLikeIfExists": {"AWS:SOURCEVPC": ["vpc-*"]}}),
            )),
            "SOURCE_VPC_RESTRICTED",
            "blocker",
            &["vpc-*"],
            &["take statement"],
        ),
        (
            "a denial of all that come by no endpoint",
            Planted::s3().policy(&deny(&json!({"Null": {"aws:SourceVpce": "true"}}))),
            "SOURCE_VPC_RESTRICTED",
            "blocker",
            &["without `aws:SourceVpce`"],
            &["take statement"],
        ),
        (
            "a denial of all but the provider's services",
            Planted::s3().policy(&deny(&json!({"Bool": {"aws:ViaAWSService": "false"}}))),
            "SOURCE_VPC_RESTRICTED",
            "blocker",
            &["aws:ViaAWSService"],
            &["take statement"],
        ),
        (
            "a whitelist of referers",
            Planted::s3().policy(&deny(&json!({"StringNotLike": {"aws:Referer": [REFERER]}}))),
            "SOURCE_REFERER_RESTRICTED",
            "blocker",
            &["1 referers", "no browser"],
            &["take statement"],
        ),
        (
            "a demand for TLS",
            Planted::s3().policy(&deny(&json!({"Bool": {"aws:SecureTransport": "false"}}))),
            "SOURCE_TLS_ONLY",
            "warning",
            &["aws:SecureTransport", "http://"],
            &["https://"],
        ),
        (
            "a demand on clients",
            Planted::s3().policy(&deny(&json!({"StringNotLike": {"aws:UserAgent": REFERER}}))),
            "SOURCE_CLIENT_RESTRICTED",
            "warning",
            &["User-Agent"],
            &["take statement"],
        ),
        (
            "a policy that cannot be read, but for its status",
            Planted::s3().policy(&office()).refusing("s3:GetBucketPolicy"),
            "SOURCE_POLICY",
            "unknown",
            &["there is one, which S3 takes for not public"],
            &["AmazonS3ReadOnlyAccess", "get-bucket-policy"],
        ),
        (
            "a policy that cannot be read",
            Planted::s3().refusing("s3:GetBucketPolicy").refusing("s3:GetBucketPolicyStatus"),
            "SOURCE_POLICY",
            "unknown",
            &["s3:GetBucketPolicy", "keep the service out"],
            &["AmazonS3ReadOnlyAccess", "get-bucket-policy"],
        ),
        (
            "a store that knows no policies",
            Planted::s3().with(|bucket| {
                bucket.settings.unknown.insert("policy".into());
            }),
            "SOURCE_POLICY",
            "unknown",
            &["did not answer"],
            &["get-bucket-policy"],
        ),
        (
            "a policy that denies a part to everybody",
            Planted::s3().policy(&json!([{ "Sid": "Hidden", "Effect": "Deny", "Principal": "*",
                "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{BUCKET}/other/*") }])),
            "SOURCE_POLICY",
            "blocker",
            &["`Hidden` denies reading of a part", "cannot be copied"],
            &["take statement `Hidden` out"],
        ),
        (
            "a policy that is none",
            Planted::s3().with(|bucket| bucket.settings.policy = Some("{}".into())),
            "SOURCE_POLICY",
            "unknown",
            &["no statements"],
            &["Bucket policy"],
        ),
        (
            "requesters that pay",
            Planted::s3()
                .with(|bucket| bucket.settings.requester_pays = Some(Payer::Other))
                .args(&["--request-payer"]),
            "SOURCE_REQUESTER_PAYS",
            "blocker",
            &["requesters pay"],
            &["Payer=BucketOwner", "Requester pays"],
        ),
        (
            "requesters that pay, asked by the owner",
            Planted::s3().with(|bucket| bucket.settings.requester_pays = Some(Payer::Owner)),
            "SOURCE_REQUESTER_PAYS",
            "warning",
            &["owner's account"],
            &["owns the bucket"],
        ),
        (
            "versions",
            Planted::s3().with(|bucket| bucket.settings.versioning = Some("Enabled".into())),
            "SOURCE_VERSIONING",
            "warning",
            &["enabled", "only current versions"],
            &["--versions"],
        ),
        (
            "versions that may not be asked for",
            Planted::s3().refusing("s3:GetBucketVersioning"),
            "SOURCE_VERSIONING",
            "unknown",
            &["s3:GetBucketVersioning"],
            &["get-bucket-versioning"],
        ),
        (
            "a key of KMS",
            Planted::s3().with(|bucket| {
                bucket.settings.encryption =
                    Some(("aws:kms".into(), Some("arn:aws:kms:us-east-1:1:key/k-1".into())));
            }),
            "SOURCE_ENCRYPTION",
            "warning",
            &["key/k-1", "kms:Decrypt"],
            &["aws kms create-grant", "Key users"],
        ),
        (
            "the provider's key of KMS",
            Planted::s3()
                .with(|bucket| bucket.settings.encryption = Some(("aws:kms".into(), None))),
            "SOURCE_ENCRYPTION",
            "warning",
            &["another account"],
            &["owns the bucket"],
        ),
        (
            "encryption that may not be asked for",
            Planted::s3().refusing("s3:GetEncryptionConfiguration"),
            "SOURCE_ENCRYPTION",
            "unknown",
            &["s3:GetEncryptionConfiguration"],
            &["get-bucket-encryption"],
        ),
        (
            "an object under a key of KMS that is closed",
            Planted::s3().object(
                "docs/a.txt",
                ObjectSettings { locked: Some(Locked::ByKms), ..ObjectSettings::default() },
            ),
            "SOURCE_READ",
            "blocker",
            &["kms:Decrypt", "docs/a.txt"],
            &["Key users"],
        ),
        (
            "an object under a customer's own key",
            Planted::s3().object(
                "docs/a.txt",
                ObjectSettings { locked: Some(Locked::ByCustomerKey), ..ObjectSettings::default() },
            ),
            "SOURCE_READ",
            "blocker",
            &["SSE-C"],
            &["store such objects anew", "s3://lake/docs/a.txt"],
        ),
        (
            "archived objects",
            Planted::s3().holding(&of_class("GLACIER")),
            "OBJECT_ARCHIVED",
            "blocker",
            &["2 archived", "restored before"],
            &["aws s3api restore-object --bucket lake --key docs/cold.bin"],
        ),
        (
            "objects on their way out of the archive",
            Planted::s3().holding(&of_class("DEEP_ARCHIVE")).object(
                "docs/cold.bin",
                ObjectSettings {
                    restore: Some(r#"ongoing-request="true""#.into()),
                    ..ObjectSettings::default()
                },
            ),
            "OBJECT_ARCHIVED",
            "blocker",
            &["1 on the way"],
            &["wait until the last"],
        ),
        (
            "restored objects that end too soon",
            Planted::s3()
                .holding(&of_class("GLACIER"))
                .object("docs/cold.bin", past())
                .object("docs/colder.bin", past()),
            "RESTORE_EXPIRES_BEFORE_ETA",
            "blocker",
            &["2012-12-21"],
            &["more days"],
        ),
        (
            "objects that tiering has archived",
            Planted::s3().holding(&of_class("INTELLIGENT_TIERING")).object(
                "docs/cold.bin",
                ObjectSettings {
                    archive_status: Some("ARCHIVE_ACCESS".into()),
                    ..ObjectSettings::default()
                },
            ),
            "OBJECT_MAYBE_ARCHIVED",
            "blocker",
            &["of 2 that were asked for, 1 in an archive tier"],
            &["restore-object"],
        ),
        (
            "keys that begin with a slash",
            Planted::s3().holding(&held(Given::of_keys(["/etc/passwd", "a"]))),
            "KEY_LEADING_SLASH",
            "blocker",
            &["`/etc/passwd`", "OSS takes no key"],
            &["OSS Prefix", "--to oss://"],
        ),
        (
            "keys that begin with a backslash",
            Planted::s3().holding(&held(Given::of_keys(["\\share\\x", "a"]))),
            "KEY_LEADING_BACKSLASH",
            "blocker",
            &["backslash"],
            &["OSS Prefix"],
        ),
        (
            "a prefix without a slash at its end",
            Planted::s3().named(format!("s3://{BUCKET}/docs")),
            "PREFIX_BAD_FORM",
            "blocker",
            &["`docs` does not end in a slash"],
            &["s3://lake/docs/"],
        ),
        (
            "a prefix with a slash at its beginning",
            Planted::s3().named(format!("s3://{BUCKET}//docs/")),
            "PREFIX_BAD_FORM",
            "blocker",
            &["begins with a slash"],
            &["--inventory-dir"],
        ),
        (
            "a name that S3 does not give",
            Planted::s3().named("s3://My_Bucket"),
            "NAME_INVALID",
            "warning",
            &["lower-case"],
            &["check the name"],
        ),
        (
            "a store that only speaks S3",
            Planted::at("s3", &sound()).behind("http://store.example.com"),
            "SOURCE_ENDPOINT",
            "warning",
            &["store.example.com", "no endpoint of Amazon S3"],
            &["source type"],
        ),
        (
            "an endpoint on this machine",
            Planted::at("s3", &sound()),
            "SOURCE_ENDPOINT",
            "warning",
            &["this machine"],
            &["--endpoint-url"],
        ),
        (
            "no summary",
            Planted::s3(),
            "SOURCE_WEIGHED",
            "unknown",
            &["first page"],
            &["weighbridge scan s3://lake --output"],
        ),
    ]
}
