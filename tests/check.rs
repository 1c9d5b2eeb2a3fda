//! `weighbridge check`: every misconfiguration that is planted at a source is found, explained, and mended by
//! something concrete; a sound source has nothing wrong; no secret is in any output.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use common::{Held, Ran, Workshop, assert_told, config, held, run, start};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use weighbridge::preflight::Checks;
use weighbridge::preflight::source::CHECKS;
use weighbridge::report;
use weighbridge::simulator::{
    AccountRefusal, BucketConfig, Credential, DEFAULT_KEY_ID, DEFAULT_SECRET, Dialect, Given,
    GivenObject, Locked, ObjectSettings, Payer, SimulatorConfig, account_key,
};
use weighbridge::tally::HAZARDS;

const DONE: i32 = 0;
const FINDINGS: i32 = 4;

/// The bucket of every server here, by a name that all providers take.
const BUCKET: &str = "lake";

/// What must be in no output.
const TOKEN: &str = "planted-session-token";
const REFERER: &str = "planted-referer";

// --- sources ----------------------------------------------------------------------------------------

/// A few objects of the usual class.
fn sound() -> Held {
    held(Given::new(
        ["docs/a.txt", "docs/b.txt", "other/c.txt"].map(|key| GivenObject::new(key, 10)),
    ))
}

fn of_class(class: &str) -> Held {
    let object = |key| GivenObject { storage_class: class.into(), ..GivenObject::new(key, 10) };
    held(Given::new(["docs/cold.bin", "docs/colder.bin"].map(object)))
}

/// A source to be checked, and with what it is called.
struct Planted {
    config: SimulatorConfig,
    location: String,
    args: Vec<String>,
    env: BTreeMap<&'static str, String>,
    /// The host in whose place the server is asked, by way of a proxy.
    host: Option<&'static str>,
}

impl Planted {
    fn at(scheme: &str, content: &Held) -> Self {
        let mut config = config(content, "");
        config.anonymous = false;
        let (dialect, region, location) = match scheme {
            "s3" => (Dialect::S3, "us-east-1", format!("s3://{BUCKET}")),
            "ks3" => (Dialect::Ks3, "BEIJING", format!("ks3://{BUCKET}")),
            "oss" => (Dialect::Oss, "cn-hangzhou", format!("oss://{BUCKET}")),
            _ => (Dialect::Azure, "", format!("azure://{DEFAULT_KEY_ID}/{BUCKET}")),
        };
        config.dialect = dialect;
        let bucket = config.buckets.remove(common::BUCKET).unwrap();
        config.buckets.insert(BUCKET.into(), bucket);
        let bucket = config.buckets.get_mut(BUCKET).unwrap();
        bucket.region = region.into();
        // What only writes is not needed by whoever migrates.
        bucket.settings.refused.insert("s3:AbortMultipartUpload".into());
        let secret = match dialect {
            Dialect::Azure => account_key(DEFAULT_SECRET),
            _ => DEFAULT_SECRET.to_owned(),
        };
        let env: &[(&'static str, &str)] = match dialect {
            Dialect::S3 => {
                &[("AWS_ACCESS_KEY_ID", DEFAULT_KEY_ID), ("AWS_SECRET_ACCESS_KEY", &secret)]
            }
            Dialect::Ks3 => {
                &[("KS3_ACCESS_KEY_ID", DEFAULT_KEY_ID), ("KS3_SECRET_ACCESS_KEY", &secret)]
            }
            Dialect::Oss => {
                &[("OSS_ACCESS_KEY_ID", DEFAULT_KEY_ID), ("OSS_ACCESS_KEY_SECRET", &secret)]
            }
            Dialect::Azure => &[("AZURE_STORAGE_KEY", &secret)],
        };
        let env = env.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { config, location, args: Vec::new(), env, host: None }
    }

    fn s3() -> Self {
        let planted = Self::at("s3", &sound());
        planted.behind("http://s3.us-east-1.amazonaws.com")
    }

    fn ks3() -> Self {
        Self::at("ks3", &sound()).behind("http://ks3-cn-beijing.ksyuncs.com")
    }

    fn azure() -> Self {
        Self::at("azure", &sound())
    }

    fn behind(mut self, host: &'static str) -> Self {
        self.host = Some(host);
        self
    }

    fn holding(mut self, content: &Held) -> Self {
        self.config.buckets.get_mut(BUCKET).unwrap().content = content.clone();
        self
    }

    fn with(mut self, change: impl FnOnce(&mut BucketConfig)) -> Self {
        change(self.config.buckets.get_mut(BUCKET).unwrap());
        self
    }

    fn policy(self, statements: &Value) -> Self {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        self.with(|bucket| bucket.settings.policy = Some(policy))
    }

    fn refusing(self, action: &str) -> Self {
        self.with(|bucket| {
            bucket.settings.refused.insert(action.into());
        })
    }

    fn object(self, key: &str, settings: ObjectSettings) -> Self {
        self.with(|bucket| {
            bucket.settings.objects.insert(key.into(), settings);
        })
    }

    fn named(mut self, location: impl Into<String>) -> Self {
        self.location = location.into();
        self
    }

    fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.insert(name, value.into());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.env.remove(name);
        self
    }

    /// With a signature on these terms in place of the account key.
    fn signature(self, terms: &[(&str, &str)]) -> Self {
        let terms: BTreeMap<_, _> = terms.iter().copied().collect();
        let token = sas(&terms);
        self.without("AZURE_STORAGE_KEY").env("AZURE_STORAGE_SAS_TOKEN", token)
    }

    /// Runs the checks, and makes sure of what holds for every run of them.
    #[track_caller]
    fn check(self, what: &str) -> (Checks, Ran) {
        let secrets =
            [DEFAULT_SECRET.to_owned(), account_key(DEFAULT_SECRET), TOKEN.into(), REFERER.into()];
        let signature =
            self.env.get("AZURE_STORAGE_SAS_TOKEN").and_then(|token| token.split("sig=").nth(1));
        let secrets: Vec<String> =
            secrets.into_iter().chain(signature.map(str::to_owned)).collect();
        let server = start(self.config);
        let workshop = Workshop::new();
        let mut command = workshop.bare(&["check", &self.location]);
        let endpoint = server.endpoint();
        command.args(["--endpoint-url", self.host.unwrap_or(&endpoint)]);
        if self.host.is_some() {
            command.env("http_proxy", &endpoint);
        }
        command
            .args(["-o", "checks.json", "--report", "checks.html", "--report", "checks.md"])
            .args(&self.args)
            .envs(&self.env);
        let ran = run(command);
        let read = |name: &str| {
            fs::read_to_string(workshop.path(name))
                .unwrap_or_else(|_| panic!("{what}: {}", ran.said()))
        };
        let json = read("checks.json");
        let written = [json.clone(), read("checks.html"), read("checks.md"), ran.said()].concat();
        for secret in &secrets {
            assert!(!written.contains(secret.as_str()), "{what}: a secret is shown");
        }
        let checks = Checks::from_json(&json).unwrap();
        let code = if checks.has_blockers() { FINDINGS } else { DONE };
        ran.ends_with_code(code);
        for finding in &checks.findings {
            let known = CHECKS.iter().any(|check| check.id == finding.id)
                || HAZARDS.iter().any(|hazard| hazard.code == finding.id);
            assert!(known, "{what}: {} is not documented", finding.id);
            for text in [&finding.seen, &finding.why, &finding.title] {
                assert!(!text.is_empty() && !text.contains('\n'), "{what}: {finding:?}");
            }
        }
        (checks, ran)
    }
}

/// A shared access signature of the container, or of the account where `srt` is among its terms.
fn sas(terms: &BTreeMap<&str, &str>) -> String {
    let value = |name: &str| terms.get(name).copied().unwrap_or_default();
    let lines: Vec<String> = if terms.contains_key("srt") {
        let names = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv", "ses"];
        let mut lines = vec![DEFAULT_KEY_ID.to_owned()];
        lines.extend(names.map(|name| value(name).to_owned()));
        lines.push(String::new());
        lines
    } else {
        let mut lines: Vec<String> = ["sp", "st", "se"].map(|name| value(name).to_owned()).into();
        lines.push(format!("/blob/{DEFAULT_KEY_ID}/{BUCKET}"));
        let names = [
            "si", "sip", "spr", "sv", "sr", "snapshot", "ses", "rscc", "rscd", "rsce", "rscl",
            "rsct",
        ];
        lines.extend(names.map(|name| value(name).to_owned()));
        lines
    };
    let mut mac = <Hmac<Sha256>>::new_from_slice(DEFAULT_SECRET.as_bytes()).unwrap();
    mac.update(lines.join("\n").as_bytes());
    // The key of an account is its secret in Base64, and so is this.
    let signature = account_key_of(&mac.finalize().into_bytes());
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let mut token: Vec<String> =
        terms.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    token.push(format!("sig={}", encode(&signature)));
    token.join("&")
}

/// Bytes in Base64.
fn account_key_of(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let mut word = [0_u8; 4];
            word[1..=chunk.len()].copy_from_slice(chunk);
            let word = u32::from_be_bytes(word);
            let length = chunk.len();
            (0..4).map(move |at| {
                let digit = (word >> (18 - 6 * at)) & 63;
                if at > length { '=' } else { char::from(DIGITS[digit as usize]) }
            })
        })
        .collect()
}

fn deny(condition: &Value) -> Value {
    json!([{ "Sid": "OfficeOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/*")],
        "Condition": condition }])
}

/// A whitelist of addresses.
fn office() -> Value {
    deny(&json!({ "NotIpAddress": { "aws:SourceIp": ["203.0.113.0/24"] } }))
}

fn allow(condition: &Value) -> Value {
    json!([{ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": "*", "Condition": condition }])
}

// --- what is planted --------------------------------------------------------------------------------

/// A misconfiguration, and how it has to be told: id, verdict, words of what is seen and why, and words of
/// what mends it.
type Seed = (
    &'static str,
    Planted,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

fn seeds_of_s3() -> Vec<Seed> {
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
                    Some(("aws:kms".into(), Some("arn:aws:kms:us-east-1:1:key/k-1".into())))
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
            &["store such objects anew"],
        ),
        (
            "archived objects",
            Planted::s3().holding(&of_class("GLACIER")),
            "OBJECT_ARCHIVED",
            "blocker",
            &["2 are archived", "restored before"],
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
            &["1 on their way"],
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
            &["1 of 2", "archive tier"],
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
            Planted::s3()
                .holding(&held(Given::of_keys(["\\share\\x", "a"])))
                .args(&["--to", "oss://dest"]),
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

fn seeds_of_ks3_and_oss() -> Vec<Seed> {
    vec![
        ("KS3: a wrong secret", Planted::ks3().env("KS3_SECRET_ACCESS_KEY", "mistyped"),
            "SOURCE_CREDENTIALS", "blocker", &["signature"], &["AccessKey management"]),
        ("KS3: a custom domain", Planted::at("ks3", &sound()).behind("http://cdn.example.com").args(&["--region", "BEIJING"]),
            "SOURCE_ENDPOINT", "blocker", &["cdn.example.com", "CDN"], &["ks3-cn-beijing.ksyuncs.com"]),
        ("KS3: another region", Planted::at("ks3", &sound()).behind("http://ks3-cn-shanghai.ksyuncs.com").args(&["--region", "SHANGHAI"]),
            "SOURCE_REGION", "warning", &["BEIJING", "SHANGHAI"], &["endpoint of BEIJING"]),
        ("KS3: the internal endpoint", Planted::at("ks3", &sound()).behind("http://ks3-cn-beijing-internal.ksyuncs.com"),
            "SOURCE_ENDPOINT", "warning", &["within Kingsoft Cloud"], &["--internal"]),
        ("KS3: a name with the account's number", { let mut planted = Planted::ks3().named("ks3://tony-1234567890"); let bucket = planted.config.buckets[BUCKET].clone(); planted.config.buckets.insert("tony-1234567890".into(), bucket); planted },
            "NAME_INVALID", "warning", &["`tony`"], &["enter `tony`"]),
        ("KS3: archived objects", Planted::ks3().holding(&of_class("ARCHIVE")),
            "OBJECT_ARCHIVED", "blocker", &["2 are archived"], &["restore them"]),
        ("KS3: no right to list", Planted::ks3().refusing("s3:ListBucket"),
            "SOURCE_LIST", "blocker", &["ks3:ListBucket"], &["ks3:GetObject"]),
        ("KS3: a whitelist", Planted::ks3().policy(&deny(&json!({"NotIpAddress": {"ksc:SourceIp": ["203.0.113.0/24"]}}))),
            "SOURCE_IP_RESTRICTED", "blocker", &["203.0.113.0/24"], &["KS3 console"]),
        ("OSS: a website", Planted::at("oss", &sound()).with(|bucket| bucket.settings.website = true),
            "SOURCE_WEBSITE", "warning", &["website"], &["ossutil api delete-bucket-website"]),
        ("OSS: no right to read", Planted::at("oss", &sound()).refusing("s3:GetObject"),
            "SOURCE_READ", "blocker", &["oss:GetObject"], &["AliyunOSSReadOnlyAccess"]),
        ("OSS: a whitelist", Planted::at("oss", &sound()).with(|bucket| bucket.settings.policy = Some(json!({"Version": "1", "Statement": [{
                "Effect": "Deny", "Principal": ["*"], "Action": ["oss:GetObject"], "Resource": ["acs:oss:*:1234:lake/*"],
                "Condition": {"StringNotEquals": {"acs:SourceVpc": ["vpc-t4n"]}}}]}).to_string())),
            "SOURCE_VPC_RESTRICTED", "blocker", &["vpc-t4n"], &["Bucket Policy", "ossutil"]),
    ]
}

fn in_days(days: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let time = jiff::Timestamp::from_second(i64::try_from(now + days * 86_400).unwrap()).unwrap();
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn seeds_of_azure() -> Vec<Seed> {
    let year = in_days(365);
    let terms = |permissions: &'static str| {
        [("sv", "2024-11-04"), ("sr", "c"), ("sp", permissions), ("se", year.as_str())]
    };
    let more = |permissions, name, value| [&terms(permissions)[..], &[(name, value)]].concat();
    let refusing =
        |refusal| Planted::azure().with(|bucket| bucket.settings.refusal = Some(refusal));
    vec![
        (
            "Azure: a key of another account",
            Planted::azure().env("AZURE_STORAGE_KEY", account_key("something else")),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["authenticate"],
            &["Access keys"],
        ),
        (
            "Azure: a key that is none",
            Planted::azure().env("AZURE_STORAGE_KEY", "not base64!"),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["not base64"],
            &["az storage account keys list"],
        ),
        (
            "Azure: a connection string of another account",
            Planted::azure().env(
                "AZURE_STORAGE_CONNECTION_STRING",
                format!("AccountName=other;AccountKey={}", account_key(DEFAULT_SECRET)),
            ),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["account `other`", "weighbridge"],
            &["azure://other"],
        ),
        (
            "Azure: a container in capitals",
            Planted::azure().named(format!("azure://{DEFAULT_KEY_ID}/Lake")),
            "SOURCE_BUCKET",
            "blocker",
            &["`Lake` is not there", "no capitals"],
            &["weighbridge check azure://weighbridge/lake"],
        ),
        (
            "Azure: a container that is not there",
            Planted::azure().named(format!("azure://{DEFAULT_KEY_ID}/missing")),
            "SOURCE_BUCKET",
            "blocker",
            &["does not exist"],
            &["az storage container list"],
        ),
        (
            "Azure: a firewall",
            refusing(AccountRefusal::Firewall),
            "AZURE_FIREWALL",
            "blocker",
            &["kept out", "selected networks"],
            &["--default-action Allow", "Networking"],
        ),
        (
            "Azure: a firewall that lets us in",
            Planted::azure(),
            "AZURE_FIREWALL",
            "unknown",
            &["this machine was let in"],
            &["networkRuleSet"],
        ),
        (
            "Azure: an account without keys",
            refusing(AccountRefusal::NoAccountKeys),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["no account keys"],
            &["--allow-shared-key-access true"],
        ),
        (
            "Azure: an account that is disabled",
            refusing(AccountRefusal::Disabled),
            "SOURCE_REACHABLE",
            "blocker",
            &["disabled"],
            &["subscription"],
        ),
        (
            "Azure: no public access",
            refusing(AccountRefusal::NoPublicAccess).args(&["--no-sign-request"]),
            "SOURCE_LIST",
            "blocker",
            &["Public access"],
            &["Access keys"],
        ),
        (
            "Azure: a signature in place of a key",
            Planted::azure().signature(&terms("rl")),
            "AZURE_ACCOUNT_KEY",
            "warning",
            &["shared access signature"],
            &["az storage account keys list"],
        ),
        (
            "Azure: a signature that may not list",
            Planted::azure().signature(&terms("r")),
            "SAS_PERMISSIONS",
            "blocker",
            &["List (`l`)"],
            &["Shared access tokens"],
        ),
        (
            "Azure: a signature that may not read",
            Planted::azure().signature(&terms("l")),
            "SAS_PERMISSIONS",
            "blocker",
            &["Read (`r`)"],
            &["Read and List"],
        ),
        (
            "Azure: a signature that may write",
            Planted::azure().signature(&terms("rwdl")),
            "SAS_PERMISSIONS",
            "warning",
            &["`wd` is more"],
            &["Shared access tokens"],
        ),
        (
            "Azure: a signature that has ended",
            Planted::azure().signature(&[
                ("sv", "2024-11-04"),
                ("sr", "c"),
                ("sp", "rl"),
                ("se", "2020-01-01T00:00:00Z"),
            ]),
            "SAS_EXPIRY",
            "blocker",
            &["ended at 2020-01-01"],
            &["make a new one"],
        ),
        (
            "Azure: a signature that ends soon",
            Planted::azure().signature(&[
                ("sv", "2024-11-04"),
                ("sr", "c"),
                ("sp", "rl"),
                ("se", &in_days(2)),
            ]),
            "SAS_EXPIRY",
            "warning",
            &["within a week"],
            &["make a new one"],
        ),
        (
            "Azure: a signature for some addresses",
            Planted::azure().signature(&more("rl", "sip", "203.0.113.7")),
            "SAS_ADDRESSES",
            "blocker",
            &["203.0.113.7"],
            &["without allowed IP addresses"],
        ),
        (
            "Azure: a signature that cannot ask for the container",
            Planted::azure().signature(&terms("rl")),
            "AZURE_IMMUTABLE",
            "unknown",
            &["not told"],
            &["immutability-policy show"],
        ),
        (
            "Azure: an immutability policy and a legal hold",
            Planted::azure().with(|bucket| {
                bucket.settings.immutable = true;
                bucket.settings.held = true;
            }),
            "AZURE_IMMUTABLE",
            "warning",
            &["a legal hold"],
            &["Access policy"],
        ),
        (
            "Azure: a hierarchical namespace",
            {
                let mut planted = Planted::azure();
                planted.config.behaviour = "directory-order".parse().unwrap();
                planted
            },
            "AZURE_HNS",
            "warning",
            &["directories"],
            &["weighbridge scan"],
        ),
        (
            "Azure: archived blobs",
            Planted::azure().holding(&of_class("Archive")),
            "OBJECT_ARCHIVED",
            "blocker",
            &["2 are archived"],
            &["az storage blob set-tier --account-name weighbridge --container-name lake"],
        ),
        (
            "Azure: blobs on their way out of the archive",
            Planted::azure().holding(&of_class("Archive")).object(
                "docs/cold.bin",
                ObjectSettings {
                    archive_status: Some("rehydrate-pending-to-hot".into()),
                    ..ObjectSettings::default()
                },
            ),
            "OBJECT_ARCHIVED",
            "blocker",
            &["1 on their way"],
            &["wait until the last"],
        ),
        (
            "Azure: a prefix without a slash",
            Planted::azure().named(format!("azure://{DEFAULT_KEY_ID}/{BUCKET}/docs")),
            "PREFIX_BAD_FORM",
            "blocker",
            &["does not end"],
            &["docs/"],
        ),
    ]
}

#[track_caller]
fn assert_found(seeds: Vec<Seed>) {
    for (what, planted, id, verdict, words, remedy) in seeds {
        let (checks, ran) = planted.check(what);
        let found = checks
            .findings
            .iter()
            .find(|finding| finding.id == id && finding.verdict.word() == verdict);
        let found = found.unwrap_or_else(|| {
            panic!("{what}: no {verdict} of {id} in {:#?}\n{}", checks.findings, ran.said())
        });
        let told = format!("{} {}", found.seen, found.why);
        for word in words {
            assert!(told.contains(word), "{what}: `{word}` is not in: {told}");
        }
        let mends =
            found.remedy.as_ref().unwrap_or_else(|| panic!("{what}: nothing mends {found:?}"));
        let mends = format!(
            "{} | {}",
            mends.command.as_deref().unwrap_or_default(),
            mends.console.as_deref().unwrap_or_default()
        );
        for word in remedy {
            assert!(mends.contains(word), "{what}: `{word}` is not in: {mends}");
        }
        assert!(ran.text().contains(id), "{what}: {}", ran.said());
    }
}

#[test]
fn what_is_planted_at_s3_is_found_and_explained() {
    assert_found(seeds_of_s3());
}

#[test]
fn what_is_planted_at_ks3_and_oss_is_found_and_explained() {
    assert_found(seeds_of_ks3_and_oss());
}

#[test]
fn what_is_planted_at_azure_is_found_and_explained() {
    assert_found(seeds_of_azure());
}

// --- what is sound ----------------------------------------------------------------------------------

/// The summary of a scan of the same source.
fn weighed(planted: &Planted, workshop: &Workshop, content: &Held) {
    let server = start(config_of(content));
    let mut command = workshop.bare(&["scan", &planted.location, "-q", "-o", "summary.json"]);
    command.args(["--endpoint-url", &server.endpoint()]).envs(&planted.env);
    run(command).ends_with_code(DONE);
}

fn config_of(content: &Held) -> SimulatorConfig {
    Planted::at("s3", content).config
}

#[test]
fn a_sound_source_has_nothing_wrong() {
    let workshop = Workshop::new();
    let planted = Planted::s3();
    weighed(&planted, &workshop, &sound());
    let summary = workshop.path("summary.json");
    let (checks, ran) = planted.args(&["--summary", summary.to_str().unwrap()]).check("sound");
    ran.ends_with_code(DONE);
    let wrong: Vec<_> =
        checks.findings.iter().filter(|finding| finding.verdict.word() != "ok").collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for id in [
        "SOURCE_LIST",
        "SOURCE_READ",
        "SOURCE_POLICY",
        "SOURCE_WEIGHED",
        "OBJECT_ARCHIVED",
        "KEY_TOO_LONG",
    ] {
        assert!(checks.findings.iter().any(|finding| finding.id == id), "{id}");
    }
}

#[test]
fn a_summary_tells_of_every_object_and_the_destination_of_what_it_mends() {
    let workshop = Workshop::new();
    let key = |key: String, class: &str| GivenObject {
        storage_class: class.into(),
        ..GivenObject::new(key, 10)
    };
    let mut objects = vec![key("/lead".into(), "STANDARD"), key("k".repeat(1024), "STANDARD")];
    objects.extend((0..1_500).map(|number| key(format!("d/{number:05}"), "STANDARD")));
    objects.push(key("z/last".into(), "GLACIER"));
    let content = held(Given::new(objects));
    let planted = || Planted::s3().holding(&content);
    weighed(&planted(), &workshop, &content);
    let summary = workshop.path("summary.json");
    let verdicts = |to: &str| {
        let args = ["--summary", summary.to_str().unwrap(), "--to", to];
        let (checks, _) = planted().args(&args).check(to);
        let verdict = |id: &str| {
            let found = checks.findings.iter().find(|finding| finding.id == id);
            found.map(|finding| finding.verdict.word())
        };
        ["KEY_LEADING_SLASH", "KEY_TOO_LONG", "OBJECT_ARCHIVED", "SOURCE_WEIGHED"]
            .map(|id| verdict(id).unwrap_or("none"))
    };
    // The archived object is on the second page of a listing.
    assert_eq!(verdicts("oss://dest"), ["blocker", "blocker", "blocker", "ok"]);
    assert_eq!(verdicts("oss://dest/copies/"), ["ok", "blocker", "blocker", "ok"]);
}

#[test]
fn restored_objects_are_no_blocker_while_they_last() {
    let until = |days: u64| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let time =
            jiff::Timestamp::from_second(i64::try_from(now + days * 86_400).unwrap()).unwrap();
        let date = time.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let restore = Some(format!(r#"ongoing-request="false", expiry-date="{date}""#));
        ObjectSettings { restore, ..ObjectSettings::default() }
    };
    let planted = Planted::s3()
        .holding(&of_class("GLACIER"))
        .object("docs/cold.bin", until(30))
        .object("docs/colder.bin", until(20));
    let (checks, ran) = planted.check("restored");
    ran.ends_with_code(DONE);
    let of = |id: &str| checks.findings.iter().find(|finding| finding.id == id).unwrap();
    assert_eq!(of("OBJECT_ARCHIVED").verdict.word(), "ok", "{:?}", of("OBJECT_ARCHIVED"));
    assert_eq!(of("RESTORE_EXPIRES_BEFORE_ETA").verdict.word(), "ok");
}

#[test]
fn nothing_is_changed_and_little_is_asked() {
    let server = start(Planted::at("s3", &sound()).config);
    let workshop = Workshop::new();
    let endpoint = server.endpoint();
    let location = format!("s3://{BUCKET}");
    run(workshop.signed(&["check", &location, "--endpoint-url", &endpoint, "-q"]))
        .ends_with_code(DONE);
    let counters = server.counters();
    assert!(counters.requests < 20, "{counters:?}");
    assert_eq!(counters.lists, 3, "a page, and one for each kind of slash");
}

#[test]
fn a_listing_that_is_refused_at_first_is_tried_again() {
    let mut planted = Planted::s3();
    planted.config.behaviour = "slow-down=0.4,by-content".parse().unwrap();
    planted.config.seed = 3;
    let (checks, _) = planted.check("throttled");
    assert!(
        checks
            .findings
            .iter()
            .any(|finding| finding.id == "SOURCE_LIST" && finding.verdict.word() == "ok")
    );
}

// --- outputs ----------------------------------------------------------------------------------------

#[test]
fn json_on_stdout_is_all_that_is_there() {
    let server = start(Planted::at("s3", &sound()).config);
    let workshop = Workshop::new();
    let location = format!("s3://{BUCKET}/docs");
    let ran = run(workshop.signed(&[
        "check",
        &location,
        "--endpoint-url",
        &server.endpoint(),
        "-o",
        "-",
    ]));
    ran.ends_with_code(FINDINGS);
    let checks = Checks::from_json(&ran.text()).unwrap();
    assert_eq!(
        (checks.schema.as_str(), checks.source.as_str()),
        ("weighbridge.check/1", location.as_str())
    );
    assert!(ran.stderr.contains("PREFIX_BAD_FORM"), "{}", ran.stderr);
    // By side, worst first.
    let order: Vec<_> =
        checks.findings.iter().map(|finding| (finding.side, finding.verdict)).collect();
    assert!(order.is_sorted());
    assert_eq!(Checks::from_json(&checks.to_json().unwrap()).unwrap(), checks);
    assert!(Checks::from_json(r#"{"schema": "weighbridge.check/2"}"#).is_err());
}

#[test]
fn reports_hold_the_scan_beside_the_checks_where_there_is_one() {
    let workshop = Workshop::new();
    let planted = Planted::s3();
    weighed(&planted, &workshop, &sound());
    let server = start(planted.config);
    let location = format!("s3://{BUCKET}");
    let endpoint = server.endpoint();
    let check = |more: &[&str]| {
        let mut arguments = vec!["check", &location, "--endpoint-url", &endpoint, "-q"];
        arguments.extend_from_slice(more);
        run(workshop.signed(&arguments)).ends_with_code(DONE);
        let read = |name: &str| fs::read_to_string(workshop.path(name)).unwrap();
        (read("r.html"), read("r.md"))
    };
    let outputs = ["--report", "r.html", "--report", "r.md"];
    let (html, markdown) = check(&outputs);
    assert!(html.contains("SOURCE_ENDPOINT") && !html.contains("Size percentiles"));
    assert!(!html.contains("<script") && !html.contains("src="));
    assert!(
        markdown.starts_with("# Checks") && markdown.contains("SOURCE\\_ENDPOINT"),
        "{markdown}"
    );
    let (html, markdown) = check(&[&outputs[..], &["--summary", "summary.json"]].concat());
    assert!(html.contains("SOURCE_ENDPOINT") && html.contains("Size percentiles"));
    assert!(markdown.contains("## Checks") && markdown.contains("## Sizes"), "{markdown}");
}

#[test]
fn names_from_elsewhere_bring_no_markup_and_steer_no_terminal() {
    let statements = json!([{ "Sid": "<script>|\u{1b}[31m", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": "*", "Condition": { "NotIpAddress": { "aws:SourceIp": "<b>203.0.113.0/24" } } }]);
    let (checks, ran) = Planted::s3().policy(&statements).check("hostile");
    assert!(!ran.text().contains('\u{1b}'), "{}", ran.text());
    let html = report::html::render_checks(&checks, None);
    let markdown = report::markdown::render_checks(&checks, None);
    for text in [&html, &markdown] {
        assert!(!text.contains("<script>") && !text.contains("<b>") && !text.contains('\u{1b}'));
    }
}

#[test]
fn every_line_fits_the_terminal() {
    let server = start(Planted::at("s3", &of_class("GLACIER")).config);
    let workshop = Workshop::new();
    let location = format!("s3://{BUCKET}/docs");
    for width in ["60", "80", "120"] {
        for color in ["never", "always"] {
            let mut command = workshop.signed(&[
                "check",
                &location,
                "--endpoint-url",
                &server.endpoint(),
                "--color",
                color,
            ]);
            command.env("COLUMNS", width);
            let ran = run(command);
            assert_eq!(ran.text().contains('\u{1b}'), color == "always");
            if color == "never" {
                let widest = ran.text().lines().map(report::display_width).max().unwrap();
                assert!(widest <= width.parse().unwrap(), "{}", ran.text());
            }
        }
    }
}

#[test]
fn a_wrong_call_is_told_with_a_way_out() {
    let workshop = Workshop::new();
    fs::write(workshop.path("none.json"), "{}").unwrap();
    let planted = Planted::s3();
    weighed(&planted, &workshop, &sound());
    for (arguments, names) in [
        (vec!["check", "lake"], vec!["lake"]),
        (vec!["check", "s3://lake", "--to", "s3://other"], vec!["no bucket of OSS"]),
        (vec!["check", "s3://lake", "--summary", "missing.json"], vec!["missing.json"]),
        (vec!["check", "s3://lake", "--summary", "none.json"], vec!["not a summary"]),
        (
            vec!["check", "s3://other", "--summary", "summary.json"],
            vec!["is of s3://lake", "s3://other"],
        ),
        (vec!["check", "s3://lake", "--report", "report.pdf"], vec!["report.pdf"]),
        (vec!["check", "s3://lake", "--sas-token-file", "x"], vec!["--sas-token-file"]),
    ] {
        assert_told(&run(workshop.signed(&arguments)), 2, &names);
    }
}

#[test]
fn every_check_is_documented() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/check.md")).unwrap();
    let codes = CHECKS.iter().map(|check| check.id).chain(HAZARDS.iter().map(|hazard| hazard.code));
    for code in codes {
        assert!(page.contains(&format!("`{code}`")), "{code} is not in docs/check.md");
    }
}
