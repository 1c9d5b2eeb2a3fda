//! What can go wrong with a control call, and what to do about it.

use std::fmt;

use thiserror::Error;

use super::xml::Element;
use crate::store::{ErrorKind, StoreError};

/// A failed call. Never holds a secret.
#[derive(Debug, Error)]
pub enum CallError {
    /// The service answered that it will not.
    #[error("cannot {doing}: {refusal}{}", hint(refusal.remedy()))]
    Refused {
        /// What was being done, to what.
        doing: String,
        /// What the service said.
        refusal: Refusal,
    },
    /// No answer came, or none that is whole.
    #[error("cannot {doing}: {source}{}", hint(transport_remedy(&source.kind)))]
    Transport {
        /// What was being done.
        doing: String,
        /// What happened.
        source: StoreError,
    },
    /// The service said yes in words that cannot be read.
    #[error("cannot {doing}: the answer has no readable {what}")]
    Unreadable {
        /// What was being done.
        doing: String,
        /// What was looked for.
        what: &'static str,
    },
    /// What the user gave cannot be sent.
    #[error("cannot {doing}: {what}")]
    Setup {
        /// What was to be done.
        doing: String,
        /// What is wrong.
        what: String,
    },
}

impl CallError {
    /// What the service said, if it said no.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// Whether the service said that the thing is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.refusal().is_some_and(Refusal::is_not_found)
    }

    /// Whether the service said that the thing is there already.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.refusal().is_some_and(Refusal::is_conflict)
    }

    /// Whether the request may have taken effect although it failed.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Transport { source, .. } => !was_not_sent(&source.kind),
            Self::Refused { refusal, .. } => refusal.status >= 500 && !refusal.is_throttle(),
            Self::Unreadable { .. } => true,
            Self::Setup { .. } => false,
        }
    }
}

/// Whether such an error shows that nothing reached the service.
pub(super) fn was_not_sent(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Resolve | ErrorKind::Connect | ErrorKind::Tls | ErrorKind::Setup)
}

/// What a service says when it will not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The code, such as `NoSuchImportAddress`; empty where the answer has none.
    pub code: String,
    /// The service's own words.
    pub message: String,
    /// Its id of the request, for its support.
    pub request_id: String,
    /// The fine code of OSS, such as `0030-00000001`; empty where there is none.
    pub ec: String,
    /// The host that OSS wants to be asked instead; empty where it names none.
    pub endpoint: String,
}

impl Refusal {
    /// Reads an `Error` document of OSS or of the migration service.
    #[must_use]
    pub fn from_xml(status: u16, body: &[u8]) -> Self {
        let Some(error) = Element::parse(body).filter(|root| root.name == "Error") else {
            return Self { status, message: described(body), ..Self::default() };
        };
        let text = |name| error.text_of(name).unwrap_or_default().to_owned();
        Self {
            status,
            code: text("Code"),
            message: text("Message"),
            request_id: text("RequestId"),
            ec: text("EC"),
            endpoint: text("Endpoint"),
        }
    }

    /// Reads an error of RAM, STS or KMS.
    #[must_use]
    pub fn from_json(status: u16, body: &[u8]) -> Self {
        let Ok(serde_json::Value::Object(error)) = serde_json::from_slice(body) else {
            return Self { status, message: described(body), ..Self::default() };
        };
        let text = |name: &str| {
            error.get(name).and_then(|text| text.as_str()).unwrap_or_default().to_owned()
        };
        let (code, message) = (text("Code"), text("Message"));
        Self { status, code, message, request_id: text("RequestId"), ..Self::default() }
    }

    /// Whether the thing is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        // RAM and KMS answer 404 to a key that they do not know, which says nothing about the thing.
        let about_the_caller = self.code.starts_with("InvalidAccessKeyId")
            || self.code.starts_with("InvalidSecurityToken")
            || self.code.starts_with("InvalidAction")
            || self.code.starts_with("InvalidVersion");
        self.code.starts_with("NoSuch")
            || self.code.starts_with("EntityNotExist")
            || self.status == 404 && !about_the_caller
    }

    /// Whether the caller may not do this: it lacks a permission, or the thing is somebody else's.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self.code.as_str(), "AccessDenied" | "NoPermission")
            || self.code.starts_with("NoPermission.")
            || self.code.starts_with("Forbidden.NoPermission")
    }

    /// Whether the thing is there already.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        // The migration service's own codes are not written down anywhere: some end in an s, some not.
        self.code.contains("AlreadyExist") || self.status == 409
    }

    /// Whether the service asks to slow down. Such a request had no effect.
    #[must_use]
    pub fn is_throttle(&self) -> bool {
        self.code.starts_with("Throttling")
            || self.code.starts_with("TooManyRequests")
            || matches!(
                self.code.as_str(),
                "SlowDown" | "RequestLimitExceeded" | "QpsLimitExceeded"
            )
            || self.status == 429
    }

    /// Whether clocks differ too much.
    #[must_use]
    pub fn is_skew(&self) -> bool {
        matches!(
            self.code.as_str(),
            "RequestTimeTooSkewed" | "InvalidTimeStamp.Expired" | "IllegalTimestamp"
        )
    }

    /// The way out, where there is one.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        let known = REMEDIES.iter().find(|(codes, _)| {
            codes.split(' ').any(|code| match code.strip_suffix('*') {
                Some(start) => self.code.starts_with(start),
                None => self.code == code,
            })
        });
        known.map(|(_, remedy)| *remedy).or_else(|| {
            if self.is_throttle() {
                return Some("the service asks to slow down: wait a minute and repeat the call, which goes on where it stopped");
            }
            match self.status {
                401 | 403 => Some(PERMISSION),
                408 | 500.. => Some("the service failed: repeat the call, which goes on where it stopped"),
                _ => None,
            }
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = if self.message.is_empty() { "the service refuses" } else { &self.message };
        write!(f, "{said} (HTTP {}", self.status)?;
        for (name, value) in [("", &self.code), ("EC ", &self.ec), ("request ", &self.request_id)] {
            if !value.is_empty() {
                write!(f, ", {name}{value}")?;
            }
        }
        f.write_str(")")
    }
}

const PERMISSION: &str = "the key's RAM user lacks a permission: attach AliyunOSSImportFullAccess for migration jobs \
    and AliyunOSSFullAccess for buckets, or use another key";

/// What to do, by code; a star stands for whatever follows.
///
/// Sources: "Common causes of a migration failure" and the error codes of the classic console, Data Online
/// Migration documentation; error codes of the OSS, RAM and STS API references.
const REMEDIES: &[(&str, &str)] = &[
    (
        "NoSuchImportAddress",
        "the data address is not there: create it first, by repeating the submission",
    ),
    (
        "NoSuchImportJob",
        "the job is not there: submit the plan first, or check the name and the region",
    ),
    (
        "ExceedMaxObjectSize",
        "the amount of data is above what one job may have: plan more and smaller jobs with `--max-jobs`, or open a ticket",
    ),
    (
        "FileCountExceedMaxCount",
        "the number of files is above what one job may have: plan more and smaller jobs with `--max-jobs`, or contact the service's support",
    ),
    (
        "JobCountExceedMaxCount",
        "the region has as many jobs as it may have (500): delete finished ones, or open a ticket",
    ),
    (
        "InvalidJobName InvalidAddressName",
        "names have 3 to 63 characters out of a-z, 0-9 and -, and begin and end with a letter or digit",
    ),
    (
        "RetryExceedMaxCount",
        "the job was retried as often as it may be: create a new one from its list of failed objects",
    ),
    (
        "UnsupportedArchiveBucket",
        "archived objects have to be restored before the job begins, and to stay so while it runs",
    ),
    (
        "SourceAddrHasUnsupportedChar",
        "the source's bucket or prefix holds characters that the service does not take: use a list of objects instead of the prefix",
    ),
    ("NoPermission NoPermission.*", PERMISSION),
    (
        "AzureSourceConnStrAccountInvalid",
        "check the storage account's name, its key, and the endpoint suffix, such as core.windows.net",
    ),
    (
        "AzureSourceAddrContainerInvalid",
        "check the container's name: it is case-sensitive, and has to exist",
    ),
    (
        "SourceAddrEndpointOrSkInvalid",
        "check the KS3 endpoint, which has to be that of the bucket's region and no domain of your own, and the secret key",
    ),
    (
        "SourceAddrAccessKeyOrPermissionInvalid",
        "check the KS3 access key, and that it may list and read the bucket",
    ),
    (
        "SourceAddrBadHttpListFormat",
        "every line of the list is a URL, a tab and the object's name, and ends in a line feed",
    ),
    (
        "SourceAddr*",
        "check the source's bucket, endpoint and prefix, and that its key may list and read it",
    ),
    (
        "DestAddr*",
        "check the destination's bucket, region and prefix, and that the role or key may write to it",
    ),
    (
        "BucketAlreadyExists",
        "somebody else owns a bucket of this name: names are unique over all accounts, so choose another",
    ),
    ("TooManyBuckets", "the account has 100 buckets in the region: delete one, or ask for more"),
    (
        "InvalidBucketName",
        "bucket names have 3 to 63 characters out of a-z, 0-9 and -, and begin and end with a letter or digit",
    ),
    (
        "NoSuchBucketPolicy NoSuchServerSideEncryptionRule",
        "the bucket has no policy or no encryption of its own: there is nothing to read or to delete",
    ),
    ("NoSuchBucket", "check the bucket's name, and that it is in the region that was asked"),
    (
        "SecondLevelDomainForbidden",
        "OSS wants the bucket in the host name: name the region's own endpoint",
    ),
    (
        "AccessDenied",
        "check that the bucket belongs to the key's account and that its RAM user may do this",
    ),
    (
        "InvalidAccessKeyId InvalidAccessKeyId.*",
        "the key id is unknown: check it, and that it is a key of Alibaba Cloud and enabled",
    ),
    (
        "SignatureDoesNotMatch IncompleteSignature",
        "the secret does not belong to the key id: check both",
    ),
    (
        "SecurityTokenExpired InvalidSecurityToken* ExpiredToken",
        "the temporary key has expired: get a new one",
    ),
    (
        "RequestTimeTooSkewed InvalidTimeStamp.Expired IllegalTimestamp",
        "set this machine's clock: signatures are valid for 15 minutes",
    ),
    (
        "BadRequest",
        "the service does not understand the request: check this machine's clock, the endpoint, and proxies in between",
    ),
    (
        "EntityNotExist.*",
        "what the call is about does not exist in this account: check its name, or create it first",
    ),
    (
        "EntityAlreadyExist*",
        "it exists already, with other properties than those asked for: compare them",
    ),
    (
        "LimitExceeded.*",
        "the account has as many of these as it may have: delete unused ones, or ask for a higher quota",
    ),
    (
        "MalformedPolicyDocument",
        "the policy is not accepted as it is: check its JSON, its actions and its principals",
    ),
    ("Inactive", "the service is not activated for this account: activate it in the console"),
    (
        "InvalidParameter* InvalidArgument",
        "a value is not as the service wants it: its message names which",
    ),
];

fn transport_remedy(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::Resolve => "check the region's spelling, the endpoint, and DNS",
        ErrorKind::Connect => {
            "check that the endpoint is reachable from here: host, port, proxy, firewall"
        }
        ErrorKind::Tls => "check that the endpoint speaks TLS and its certificate is trusted here",
        ErrorKind::Timeout | ErrorKind::Interrupted => {
            "repeat the call: what was done already is found and not done twice"
        }
        _ => return None,
    })
}

fn hint(remedy: Option<&'static str>) -> String {
    remedy.map(|remedy| format!("\nhint: {remedy}")).unwrap_or_default()
}

/// Words for an answer that holds no error document.
fn described(body: &[u8]) -> String {
    match body.trim_ascii() {
        [] => String::new(),
        body => {
            let start = crate::store::printable(&body[..body.len().min(60)]);
            format!("the answer is not in the words of the service: `{start}`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_tells_all_that_the_service_said_and_the_way_out() {
        let body = b"<?xml version=\"1.0\"?><Error>\n <Code> NoSuchImportAddress\n</Code><Message>The address does not exist.</Message><RequestId>R1</RequestId><HostId>h</HostId><EC>0007-1</EC></Error>";
        let refusal = Refusal::from_xml(404, body);
        assert!(refusal.is_not_found());
        let error = CallError::Refused { doing: "verify the address `a`".into(), refusal };
        let text = error.to_string();
        assert!(text.starts_with("cannot verify the address `a`: The address does not exist. (HTTP 404, NoSuchImportAddress, EC 0007-1, request R1)\nhint: "), "{text}");
    }

    #[test]
    fn every_documented_code_has_a_way_out() {
        let documented = [
            // The classic console, and failed verifications.
            (400, "ExceedMaxObjectSize", "--max-jobs"),
            (400, "FileCountExceedMaxCount", "--max-jobs"),
            (400, "JobCountExceedMaxCount", "delete finished ones"),
            (400, "InvalidJobName", "3 to 63 characters"),
            (400, "RetryExceedMaxCount", "create a new one"),
            (400, "UnsupportedArchiveBucket", "restored"),
            (400, "SourceAddrHasUnsupportedChar", "list of objects"),
            (400, "NoPermission", "attach AliyunOSSImportFullAccess"),
            (400, "AzureSourceConnStrAccountInvalid", "storage account"),
            (400, "AzureSourceAddrContainerInvalid", "case-sensitive"),
            (400, "SourceAddrEndpointOrSkInvalid", "KS3 endpoint"),
            (400, "SourceAddrAccessKeyOrPermissionInvalid", "KS3 access key"),
            (400, "SourceAddrBadHttpListFormat", "every line"),
            (400, "DestAddrBucketInvalid", "destination's bucket"),
            // The migration service.
            (404, "NoSuchImportAddress", "create it first"),
            (404, "NoSuchImportJob", "submit the plan first"),
            // OSS.
            (400, "InvalidBucketName", "3 to 63 characters"),
            (400, "TooManyBuckets", "delete one"),
            (403, "AccessDenied", "RAM user"),
            (409, "BucketAlreadyExists", "choose another"),
            (404, "NoSuchBucket", "region that was asked"),
            (400, "NoSuchServerSideEncryptionRule", "no encryption"),
            (404, "NoSuchBucketPolicy", "no policy"),
            (400, "InvalidArgument", "names which"),
            (403, "SecondLevelDomainForbidden", "host name"),
            (403, "RequestTimeTooSkewed", "clock"),
            (400, "BadRequest", "clock"),
            // RAM and STS.
            (409, "EntityAlreadyExists.User", "compare them"),
            (409, "EntityAlreadyExists.Role", "compare them"),
            (409, "EntityAlreadyExists.Policy", "compare them"),
            (409, "EntityAlreadyExists.User.Policy", "compare them"),
            (409, "EntityAlreadyExists.Role.Policy", "compare them"),
            (409, "EntityAlreadyExists.User.LoginProfile", "compare them"),
            (409, "LimitExceeded.User", "higher quota"),
            (409, "LimitExceeded.User.AccessKey", "higher quota"),
            (409, "LimitExceeded.Role", "higher quota"),
            (409, "LimitExceeded.Role.Policy", "higher quota"),
            (409, "LimitExceeded.Policy", "higher quota"),
            (409, "LimitExceeded.Policy.Version", "higher quota"),
            (409, "LimitExceeded.User.Policy", "higher quota"),
            (404, "EntityNotExist.User", "check its name"),
            (404, "EntityNotExist.Role", "check its name"),
            (404, "EntityNotExist.Policy", "check its name"),
            (403, "NoPermission", "attach AliyunOSSImportFullAccess"),
            (403, "Inactive", "activate it"),
            (400, "InvalidParameter.RoleName", "names which"),
            (400, "MalformedPolicyDocument", "JSON"),
            (400, "Throttling.User", "wait a minute"),
            (500, "InternalError", "repeat the call"),
            // What the official SDK repeats by its status alone.
            (401, "", "lacks a permission"),
            (408, "", "repeat the call"),
            (429, "", "wait a minute"),
            (503, "", "repeat the call"),
        ];
        for (status, code, words) in documented {
            let refusal = Refusal { status, code: code.to_owned(), ..Refusal::default() };
            let text = CallError::Refused { doing: "do it".to_owned(), refusal }.to_string();
            let hint = text.split_once("\nhint: ").map(|(_, hint)| hint).unwrap_or_default();
            assert!(hint.contains(words), "{status} {code}: {text}");
        }
        let unknown =
            Refusal { status: 400, code: "SomethingNew".to_owned(), ..Refusal::default() };
        assert_eq!(unknown.remedy(), None);
    }

    #[test]
    fn errors_in_json_and_in_no_form_at_all_are_read() {
        let body = br#"{"Code":"EntityAlreadyExists.Role","Message":"exists","RequestId":"R2"}"#;
        let refusal = Refusal::from_json(409, body);
        assert!(refusal.is_conflict() && refusal.request_id == "R2");
        assert!(Refusal::from_json(502, b"<html>").message.contains("<html>"));
        assert_eq!(Refusal::from_xml(503, b"").to_string(), "the service refuses (HTTP 503)");
    }
}
