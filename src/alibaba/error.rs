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

    /// The same without these secrets in the service's words.
    pub(super) fn without<'s>(mut self, secrets: impl Iterator<Item = &'s str>) -> Self {
        if let Self::Refused { refusal, .. } = &mut self {
            for secret in secrets.filter(|secret| !secret.is_empty()) {
                refusal.message = refusal.message.replace(secret, "[redacted]");
            }
        }
        self
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
        // The others' are, and some have the same status.
        let other = [
            "BucketNotEmpty",
            "DeleteConflict",
            "FileImmutable",
            "Key",
            "LimitExceeded",
            "Rejected",
        ];
        self.code.contains("AlreadyExist")
            || self.status == 409 && !other.iter().any(|start| self.code.starts_with(start))
    }

    /// Whether the service asks to slow down. Such a request had no effect.
    #[must_use]
    pub fn is_throttle(&self) -> bool {
        self.code.starts_with("Throttling")
            || self.code.starts_with("TooManyRequests")
            || self.code.starts_with("Rejected.Throttling")
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
    fn errors_in_json_and_in_no_form_at_all_are_read() {
        let body = br#"{"Code":"EntityAlreadyExists.Role","Message":"exists","RequestId":"R2"}"#;
        let refusal = Refusal::from_json(409, body);
        assert!(refusal.is_conflict() && refusal.request_id == "R2");
        assert!(Refusal::from_json(502, b"<html>").message.contains("<html>"));
        assert_eq!(Refusal::from_xml(503, b"").to_string(), "the service refuses (HTTP 503)");
    }
}
