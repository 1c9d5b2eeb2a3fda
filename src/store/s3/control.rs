//! What a bucket is asked before it is moved. Nothing here changes anything.
//!
//! Sources: `GetBucketLocation`, `GetBucketPolicy`, `GetBucketPolicyStatus`, `GetBucketRequestPayment`, `GetBucketVersioning`,
//! `GetBucketEncryption`, `GetBucketWebsite`, `GetObject`, `HeadObject`, `AbortMultipartUpload` of the S3 API
//! reference. KS3 and OSS answer the same calls by the same names, with other prefixes of headers.

use http::{HeaderMap, Method};

use super::client::{Ask, S3Store};
use super::error::{PREFIXES, ServiceError};
use crate::object::Timestamp;
use crate::store::text::timestamp;
use crate::store::text::xml::{Content, Event, Reader};
use crate::store::{ErrorKind, StoreError};

/// How a bucket encrypts what is stored without a wish of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// `AES256`, `aws:kms`, `aws:kms:dsse`, `KMS`.
    pub algorithm: String,
    /// The key of KMS, where one is named.
    pub key: Option<String>,
}

/// What can be seen of an object without its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectState {
    /// Its storage class; empty for the usual one.
    pub class: String,
    /// The archive tier that intelligent tiering has moved it to.
    pub archive_status: Option<String>,
    /// How far its restoration is, where one was asked for.
    pub restore: Option<Restore>,
    /// How it is encrypted; empty where that is not said.
    pub encryption: String,
}

/// The restoration of an archived object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restore {
    /// Under way.
    Ongoing,
    /// Done, until this time where it is told.
    Until(Option<Timestamp>),
}

/// What a call that cannot take effect tells of the right to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// The key may abort uploads, which reading does not take.
    Allowed,
    /// It may not.
    Refused,
}

impl S3Store {
    /// The region that the bucket is said to be in, as S3 tells it: an empty answer is `us-east-1`.
    ///
    /// # Errors
    /// As [`Store::list`](crate::store::Store::list).
    pub async fn location(&self) -> Result<String, StoreError> {
        let body = self.document("location").await?;
        let region = root_text(&body, "LocationConstraint");
        let region = region.ok_or_else(|| unanswered("GetBucketLocation"))?;
        Ok(match region.as_str() {
            "" => "us-east-1".to_owned(),
            "EU" => "eu-west-1".to_owned(),
            _ => region,
        })
    }

    /// The bucket's policy; `None` if it has none.
    ///
    /// # Errors
    /// As [`Store::list`](crate::store::Store::list), and where the store does not know the call.
    pub async fn policy(&self) -> Result<Option<String>, StoreError> {
        let answer = self.document("policy").await;
        let Some(body) = unless(answer, &["NoSuchBucketPolicy"])? else { return Ok(None) };
        let text = String::from_utf8(body).map_err(|_| unanswered("GetBucketPolicy"))?;
        let text = text.trim_start_matches('\u{FEFF}').trim();
        // A server that does not know the call lists the bucket instead.
        if text.starts_with('<') {
            return Err(unanswered("GetBucketPolicy"));
        }
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    /// Whether the bucket's policy makes it public, as S3 takes it; `None` if there is no policy. It may be told
    /// where the policy itself is not.
    ///
    /// # Errors
    /// As [`policy`](Self::policy).
    pub async fn policy_is_public(&self) -> Result<Option<bool>, StoreError> {
        const CALL: &str = "GetBucketPolicyStatus";
        let answer = self.document("policyStatus").await;
        let Some(body) = unless(answer, &["NoSuchBucketPolicy"])? else { return Ok(None) };
        let public = text_in(&body, &["PolicyStatus"], "IsPublic", CALL)?;
        let public = public.ok_or_else(|| unanswered(CALL))?;
        Ok(Some(public.eq_ignore_ascii_case("true")))
    }

    /// Whether whoever asks pays, and not the bucket's owner.
    ///
    /// # Errors
    /// As [`policy`](Self::policy).
    pub async fn requester_pays(&self) -> Result<bool, StoreError> {
        const CALL: &str = "GetBucketRequestPayment";
        let body = self.document("requestPayment").await?;
        let payer = text_in(&body, &["RequestPaymentConfiguration"], "Payer", CALL)?;
        payer.map(|payer| payer == "Requester").ok_or_else(|| unanswered(CALL))
    }

    /// `Enabled` or `Suspended`; `None` where versions were never kept.
    ///
    /// # Errors
    /// As [`policy`](Self::policy).
    pub async fn versioning(&self) -> Result<Option<String>, StoreError> {
        // The second is how moto names it.
        const ROOTS: [&str; 2] = ["VersioningConfiguration", "GetBucketVersioningResponse"];
        let body = self.document("versioning").await?;
        let status = text_in(&body, &ROOTS, "Status", "GetBucketVersioning")?;
        Ok(status.filter(|status| !status.is_empty()))
    }

    /// How the bucket encrypts; `None` where it does not say.
    ///
    /// # Errors
    /// As [`policy`](Self::policy).
    pub async fn encryption(&self) -> Result<Option<Encryption>, StoreError> {
        const NONE: [&str; 2] =
            ["ServerSideEncryptionConfigurationNotFoundError", "NoSuchServerSideEncryptionRule"];
        // The second is OSS's.
        const ROOTS: [&str; 2] = ["ServerSideEncryptionConfiguration", "ServerSideEncryptionRule"];
        let answer = self.document("encryption").await;
        let Some(body) = unless(answer, &NONE)? else { return Ok(None) };
        let text = |element| text_in(&body, &ROOTS, element, "GetBucketEncryption");
        let key = text("KMSMasterKeyID")?.filter(|key| !key.is_empty());
        Ok(text("SSEAlgorithm")?.map(|algorithm| Encryption { algorithm, key }))
    }

    /// Whether the bucket is served as a website.
    ///
    /// # Errors
    /// As [`policy`](Self::policy).
    pub async fn is_website(&self) -> Result<bool, StoreError> {
        let answer = self.document("website").await;
        let Some(body) = unless(answer, &["NoSuchWebsiteConfiguration"])? else { return Ok(false) };
        text_in(&body, &["WebsiteConfiguration"], "", "GetBucketWebsite").map(|_| true)
    }

    /// Reads the first byte of an object, or finds that it has none.
    ///
    /// # Errors
    /// As [`Store::list`](crate::store::Store::list).
    pub async fn read_byte(&self, key: &[u8]) -> Result<(), StoreError> {
        let ask = Ask { key, first_byte: true, ..Ask::get("") };
        match self.ask(&ask).await {
            Ok(_) => Ok(()),
            Err(error) if error.code == "InvalidRange" || error.status == Some(416) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What can be seen of an object without reading it.
    ///
    /// # Errors
    /// As [`Store::list`](crate::store::Store::list); refusals come without words.
    pub async fn state(&self, key: &[u8]) -> Result<ObjectState, StoreError> {
        let ask = Ask { method: Method::HEAD, key, ..Ask::get("") };
        let (headers, _) = self.ask(&ask).await?;
        Ok(ObjectState {
            class: own(&headers, "storage-class").unwrap_or_default(),
            archive_status: own(&headers, "archive-status"),
            restore: own(&headers, "restore").map(|text| restore(&text)),
            encryption: own(&headers, "server-side-encryption").unwrap_or_default(),
        })
    }

    /// Whether the key may do what reading does not take, by asking to abort an upload that does not exist:
    /// whoever may is told that there is none.
    ///
    /// # Errors
    /// As [`Store::list`](crate::store::Store::list), for every other answer than the two that tell.
    pub async fn writing(&self, prefix: &[u8]) -> Result<Writing, StoreError> {
        // No store gives such ids.
        const QUERY: &str = "uploadId=weighbridge-asks-whether-this-key-may-write";
        if self.session.is_some() {
            let text = "directory buckets are asked within sessions for reading alone, whatever the key may do";
            return Err(StoreError::new(ErrorKind::Refused, text));
        }
        let key = [prefix, b".weighbridge-asks-whether-this-key-may-write"].concat();
        let ask = Ask { method: Method::DELETE, key: &key, ..Ask::get(QUERY) };
        match self.ask(&ask).await {
            Err(error) if error.code == "NoSuchUpload" => Ok(Writing::Allowed),
            // A proxy that takes no DELETE refuses without a code, and says nothing of the key.
            Err(error) if error.kind == ErrorKind::AccessDenied && !error.code.is_empty() => {
                Ok(Writing::Refused)
            }
            Err(error) => Err(error),
            Ok(_) => Err(unanswered("AbortMultipartUpload")),
        }
    }

    /// What the bucket answers to one subresource.
    async fn document(&self, subresource: &str) -> Result<Vec<u8>, StoreError> {
        if self.session.is_some() {
            let text = "directory buckets answer this at another endpoint, which is not asked";
            return Err(StoreError::new(ErrorKind::Refused, text));
        }
        let query = format!("{subresource}=");
        let (_, body) = self.ask(&Ask::get(&query)).await?;
        match ServiceError::parse(&body) {
            None => Ok(body),
            Some(error) => Err(super::error::classify(200, error)),
        }
    }
}

/// `None` where the answer is one of the codes that say that there is none.
fn unless(
    answer: Result<Vec<u8>, StoreError>,
    codes: &[&str],
) -> Result<Option<Vec<u8>>, StoreError> {
    match answer {
        Ok(body) => Ok(Some(body)),
        Err(error) if codes.contains(&error.code.as_str()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The error of a server that answers something else.
fn unanswered(call: &str) -> StoreError {
    let text = format!("the store does not answer {call} as S3 does");
    StoreError::new(ErrorKind::Refused, text)
}

/// One of the provider's own headers.
fn own(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = PREFIXES.iter().find_map(|prefix| headers.get(format!("{prefix}{name}")))?;
    value.to_str().ok().map(|text| text.trim().to_owned())
}

/// `ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`.
fn restore(text: &str) -> Restore {
    if text.contains(r#"ongoing-request="true""#) {
        return Restore::Ongoing;
    }
    let date = text.split_once(r#"expiry-date=""#).and_then(|(_, rest)| rest.split('"').next());
    Restore::Until(date.and_then(|date| timestamp::parse_http(date.as_bytes())))
}

/// The text of the root, if it is the one named.
fn root_text(body: &[u8], root: &str) -> Option<String> {
    let mut reader = Reader::new(body);
    let Event::Start(name) = reader.next().ok()? else { return None };
    (&body[name] == root.as_bytes()).then(|| content(&mut reader, body)).flatten()
}

/// The text of the first element of this name, at any depth below the root; `None` where there is none.
///
/// # Errors
/// Where the root is none of these, or the document is cut.
fn text_in(
    body: &[u8],
    roots: &[&str],
    element: &str,
    call: &str,
) -> Result<Option<String>, StoreError> {
    let not_it = || unanswered(call);
    let mut reader = Reader::new(body);
    let Ok(Event::Start(root)) = reader.next() else { return Err(not_it()) };
    if !roots.iter().any(|name| name.as_bytes() == &body[root.clone()]) {
        return Err(not_it());
    }
    loop {
        match reader.next().map_err(|_| not_it())? {
            Event::Start(name) if &body[name.clone()] == element.as_bytes() => {
                return content(&mut reader, body).map(Some).ok_or_else(not_it);
            }
            Event::Done => return Ok(None),
            Event::Start(_) | Event::End | Event::Text(_) | Event::Literal(_) => {}
        }
    }
}

fn content(reader: &mut Reader<'_>, body: &[u8]) -> Option<String> {
    let mut scratch = Vec::new();
    let text = match reader.content(&mut scratch).ok()? {
        Content::Slice(range) => &body[range],
        Content::Built => &scratch,
    };
    String::from_utf8(text.trim_ascii().to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_by_their_root() {
        let body = b"<?xml version=\"1.0\"?><A xmlns=\"x\"><B><C> deep </C></B><D/></A>";
        let text = |body, root, element| text_in(body, &["Z", root], element, "Call").ok();
        assert_eq!(text(body, "A", "C"), Some(Some("deep".into())));
        assert_eq!(text(body, "A", "D"), Some(Some(String::new())));
        assert_eq!(text(body, "A", "E"), Some(None));
        assert_eq!(text(body, "Other", "C"), None);
        assert_eq!(text(b"<A><B>", "A", "C"), None);
        assert_eq!(root_text(b"<L>eu</L>", "L"), Some("eu".into()));
        assert_eq!(root_text(b"<L/>", "L"), Some(String::new()));
        assert_eq!(root_text(b"<M>eu</M>", "L"), None);
    }

    #[test]
    fn restorations_are_read_as_s3_writes_them() {
        assert_eq!(restore(r#"ongoing-request="true""#), Restore::Ongoing);
        let done = r#"ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT""#;
        assert_eq!(restore(done), Restore::Until(Some(Timestamp(1_356_048_000_000))));
        assert_eq!(restore(r#"ongoing-request="false""#), Restore::Until(None));
    }
}
