//! A source at which something is planted, and a run of the checks on it.

use std::collections::BTreeMap;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use weighbridge::preflight::source::CHECKS;
use weighbridge::preflight::{Checks, Verdict};
use weighbridge::simulator::{
    BucketConfig, DEFAULT_KEY_ID, DEFAULT_SECRET, Dialect, Given, GivenObject, ObjectSettings,
    SimulatorConfig, account_key,
};
use weighbridge::tally::HAZARDS;

use crate::common::{self, Held, Ran, Workshop, config, held, run, start};
use crate::{DONE, FINDINGS};

/// The bucket of every server here, by a name that all providers take.
pub(crate) const BUCKET: &str = "lake";

/// What must be in no output.
pub(crate) const TOKEN: &str = "planted-session-token";
pub(crate) const REFERER: &str = "planted-referer";

/// A few objects of the usual class.
pub(crate) fn sound() -> Held {
    held(Given::new(
        ["docs/a.txt", "docs/b.txt", "other/c.txt"].map(|key| GivenObject::new(key, 10)),
    ))
}

pub(crate) fn of_class(class: &str) -> Held {
    let object = |key| GivenObject { storage_class: class.into(), ..GivenObject::new(key, 10) };
    held(Given::new(["docs/cold.bin", "docs/colder.bin"].map(object)))
}

/// A source to be checked, and with what it is called.
pub(crate) struct Planted {
    pub(crate) config: SimulatorConfig,
    pub(crate) location: String,
    args: Vec<String>,
    pub(crate) env: BTreeMap<&'static str, String>,
    /// The host in whose place the server is asked, by way of a proxy.
    host: Option<&'static str>,
}

impl Planted {
    pub(crate) fn at(scheme: &str, content: &Held) -> Self {
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

    pub(crate) fn s3() -> Self {
        let planted = Self::at("s3", &sound());
        planted.behind("http://s3.us-east-1.amazonaws.com")
    }

    pub(crate) fn ks3() -> Self {
        Self::at("ks3", &sound()).behind("http://ks3-cn-beijing.ksyuncs.com")
    }

    pub(crate) fn azure() -> Self {
        Self::at("azure", &sound())
    }

    pub(crate) fn behind(mut self, host: &'static str) -> Self {
        self.host = Some(host);
        self
    }

    pub(crate) fn holding(mut self, content: &Held) -> Self {
        self.config.buckets.get_mut(BUCKET).unwrap().content = content.clone();
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut BucketConfig)) -> Self {
        change(self.config.buckets.get_mut(BUCKET).unwrap());
        self
    }

    pub(crate) fn policy(self, statements: &Value) -> Self {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        self.with(|bucket| bucket.settings.policy = Some(policy))
    }

    pub(crate) fn refusing(self, action: &str) -> Self {
        self.with(|bucket| {
            bucket.settings.refused.insert(action.into());
        })
    }

    pub(crate) fn object(self, key: &str, settings: ObjectSettings) -> Self {
        self.with(|bucket| {
            bucket.settings.objects.insert(key.into(), settings);
        })
    }

    pub(crate) fn named(mut self, location: impl Into<String>) -> Self {
        self.location = location.into();
        self
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.insert(name, value.into());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.env.remove(name);
        self
    }

    /// With a signature on these terms in place of the account key.
    pub(crate) fn signature(self, terms: &[(&str, &str)]) -> Self {
        let terms: BTreeMap<_, _> = terms.iter().copied().collect();
        let token = sas(&terms);
        self.without("AZURE_STORAGE_KEY").env("AZURE_STORAGE_SAS_TOKEN", token)
    }

    /// Runs the checks, and makes sure of what holds for every run of them.
    #[track_caller]
    pub(crate) fn check(self, what: &str) -> (Checks, Ran) {
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
            let wrong = finding.verdict != Verdict::Ok;
            assert_eq!(wrong, finding.remedy.is_some(), "{what}: {finding:?}");
            for text in [&finding.seen, &finding.why, &finding.title] {
                assert!(!text.is_empty() && !text.contains('\n'), "{what}: {finding:?}");
            }
        }
        (checks, ran)
    }
}

/// A shared access signature of the container, or of the account where `srt` is among its terms.
pub(crate) fn sas(terms: &BTreeMap<&str, &str>) -> String {
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
pub(crate) fn account_key_of(bytes: &[u8]) -> String {
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

pub(crate) fn deny(condition: &Value) -> Value {
    json!([{ "Sid": "OfficeOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/*")],
        "Condition": condition }])
}

/// A whitelist of addresses.
pub(crate) fn office() -> Value {
    deny(&json!({ "NotIpAddress": { "aws:SourceIp": ["203.0.113.0/24"] } }))
}

pub(crate) fn allow(condition: &Value) -> Value {
    json!([{ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": "*", "Condition": condition }])
}

/// A misconfiguration, and how it has to be told: id, verdict, words of what is seen and why, and words of
/// what mends it.
pub(crate) type Seed = (
    &'static str,
    Planted,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// So many days from now.
pub(crate) fn after(days: u64) -> jiff::Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    jiff::Timestamp::from_second(i64::try_from(now + days * 86_400).unwrap()).unwrap()
}

/// The same as a signature writes it.
pub(crate) fn in_days(days: u64) -> String {
    after(days).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[track_caller]
pub(crate) fn assert_found(seeds: Vec<Seed>) {
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
