//! What is kept with a bucket: documents as they are, and what they say.

use bytes::Bytes;
use http::Method;

use super::bucket::Bucket;
use super::lifecycle::Rule;
use crate::alibaba::content_md5;
use crate::alibaba::error::CallError;
use crate::alibaba::xml::Element;

/// A document that is kept with a bucket, and that can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Who may do what, in JSON. Putting one takes the place of the whole policy.
    Policy,
    /// Encryption at rest.
    Encryption,
    /// Rules by which objects are moved and deleted.
    Lifecycle,
}

impl Setting {
    /// The name in the query, the type of the document, and the code that says that there is none.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Policy => ("policy", "application/json", "NoSuchBucketPolicy"),
            Self::Encryption => ("encryption", "application/xml", "NoSuchServerSideEncryptionRule"),
            Self::Lifecycle => ("lifecycle", "application/xml", "NoSuchLifecycle"),
        }
    }
}

/// Encryption at rest of objects that name none (`GetBucketEncryption`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encryption {
    /// `KMS`, `AES256` or `SM4`.
    pub algorithm: String,
    /// The key of KMS, by its id; without one the service's own.
    pub kms_key: Option<String>,
    /// How KMS encrypts, where it is not the default: `SM4`.
    pub data_encryption: Option<String>,
}

/// The rule by which objects of a bucket cannot be deleted or overwritten for a time (`GetBucketWorm`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worm {
    /// Its id.
    pub id: String,
    /// `InProgress` for a day after it was made, in which it can be taken back; then `Locked`.
    pub state: String,
    /// For how many days.
    pub days: u64,
}

impl Worm {
    /// Whether it cannot be taken back any more.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.state == "Locked"
    }
}

/// By which pages' links a bucket can be reached (`GetBucketReferer`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referer {
    /// Whether requests that name no page are let in, as those of programs are.
    pub allows_empty: bool,
    /// The pages whose links are let in; all, if there is none.
    pub allowed: Vec<String>,
    /// The pages whose links are not let in.
    pub denied: Vec<String>,
}

impl Referer {
    /// Whether requests of programs, which name no page, are kept out.
    #[must_use]
    pub fn keeps_programs_out(&self) -> bool {
        !self.allows_empty && !self.allowed.is_empty()
    }
}

impl Bucket<'_> {
    /// A document that is kept with the bucket, as it is; `None` if there is none.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn setting(&self, setting: Setting) -> Result<Option<Vec<u8>>, CallError> {
        let (name, _, none) = setting.words();
        let doing = format!("read the {name} of the bucket `{}`", self.name);
        match self.call(&doing, Method::GET, "", name, &[], Bytes::new()).await {
            Ok(reply) => Ok(Some(reply.body)),
            // Its status is 400 or 404, depending on which page of the reference is right.
            Err(error) if says(&error, none) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps a document with the bucket, in the place of the one that was there.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn put_setting(&self, setting: Setting, document: Bytes) -> Result<(), CallError> {
        let (name, kind, _) = setting.words();
        let doing = format!("set the {name} of the bucket `{}`", self.name);
        let md5 = content_md5(&document);
        let headers = [("content-type", kind), ("content-md5", md5.as_str())];
        self.call(&doing, Method::PUT, "", name, &headers, document).await.map(drop)
    }

    /// Takes a document away.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delete_setting(&self, setting: Setting) -> Result<(), CallError> {
        let name = setting.words().0;
        let doing = format!("take away the {name} of the bucket `{}`", self.name);
        self.call(&doing, Method::DELETE, "", name, &[], Bytes::new()).await.map(drop)
    }

    /// Who may reach the bucket without being named (`GetBucketAcl`): `private`, `public-read` or
    /// `public-read-write`.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn acl(&self) -> Result<String, CallError> {
        let doing = format!("read the acl of the bucket `{}`", self.name);
        let document = self.document(&doing, "acl").await?;
        let grant = document.child("AccessControlList").and_then(|list| list.text_of("Grant"));
        grant.map(str::to_owned).ok_or(CallError::Unreadable { doing, what: "Grant" })
    }

    /// Whether the bucket keeps versions (`GetBucketVersioning`): `Enabled`, `Suspended`; `None` where
    /// they were never kept.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn versioning(&self) -> Result<Option<String>, CallError> {
        let doing = format!("read the versioning of the bucket `{}`", self.name);
        Ok(self.document(&doing, "versioning").await?.text_of("Status").map(str::to_owned))
    }

    /// For how long objects cannot be deleted or overwritten (`GetBucketWorm`); `None` without a rule.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn worm(&self) -> Result<Option<Worm>, CallError> {
        let doing = format!("read the retention of the bucket `{}`", self.name);
        let document = match self.document(&doing, "worm").await {
            Ok(document) => document,
            Err(error) if says(&error, "NoSuchWORMConfiguration") => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = |name| {
            let unreadable = || CallError::Unreadable { doing: doing.clone(), what: name };
            document.text_of(name).ok_or_else(unreadable)
        };
        let what = "RetentionPeriodInDays";
        let days = text(what)?.parse();
        Ok(Some(Worm {
            id: text("WormId")?.to_owned(),
            state: text("State")?.to_owned(),
            days: days.map_err(|_| CallError::Unreadable { doing: doing.clone(), what })?,
        }))
    }

    /// Encryption at rest of objects that name none (`GetBucketEncryption`); `None` without a rule.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn encryption(&self) -> Result<Option<Encryption>, CallError> {
        let Some(document) = self.setting(Setting::Encryption).await? else { return Ok(None) };
        let document = Element::parse(&document);
        let rule = document.as_ref().and_then(|d| d.child("ApplyServerSideEncryptionByDefault"));
        let some = |name| rule.and_then(|rule| rule.text_of(name)).map(str::to_owned);
        let algorithm = some("SSEAlgorithm").ok_or_else(|| CallError::Unreadable {
            doing: format!("read the encryption of the bucket `{}`", self.name),
            what: "SSEAlgorithm",
        })?;
        let kms_key = some("KMSMasterKeyID");
        Ok(Some(Encryption { algorithm, kms_key, data_encryption: some("KMSDataEncryption") }))
    }

    /// Encrypts at rest what names no encryption (`PutBucketEncryption`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn put_encryption(&self, encryption: &Encryption) -> Result<(), CallError> {
        let rule = Element::new("ApplyServerSideEncryptionByDefault")
            .with(Element::leaf("SSEAlgorithm", &encryption.algorithm))
            .with_some("KMSMasterKeyID", encryption.kms_key.as_ref())
            .with_some("KMSDataEncryption", encryption.data_encryption.as_ref());
        let document = Element::new("ServerSideEncryptionRule").with(rule).document();
        self.put_setting(Setting::Encryption, document.into()).await
    }

    /// The rules by which objects are moved and deleted (`GetBucketLifecycle`); empty without rules.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn lifecycle(&self) -> Result<Vec<Rule>, CallError> {
        match self.setting(Setting::Lifecycle).await? {
            None => Ok(Vec::new()),
            Some(document) => Rule::read_all(&document).map_err(|what| CallError::Unreadable {
                doing: format!("read the lifecycle of the bucket `{}`", self.name),
                what,
            }),
        }
    }

    /// By which pages' links the bucket can be reached (`GetBucketReferer`).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn referer(&self) -> Result<Referer, CallError> {
        let doing = format!("read the referers of the bucket `{}`", self.name);
        let document = self.document(&doing, "referer").await?;
        let allows_empty = match document.text_of("AllowEmptyReferer") {
            Some(text) if text.eq_ignore_ascii_case("true") => true,
            Some(text) if text.eq_ignore_ascii_case("false") => false,
            _ => return Err(CallError::Unreadable { doing, what: "AllowEmptyReferer" }),
        };
        let pages = |name| {
            let pages = document.child(name).into_iter().flat_map(|list| list.all("Referer"));
            pages.map(|page| page.text.trim().to_owned()).filter(|page| !page.is_empty()).collect()
        };
        let (allowed, denied) = (pages("RefererList"), pages("RefererBlacklist"));
        Ok(Referer { allows_empty, allowed, denied })
    }

    async fn document(&self, doing: &str, query: &'static str) -> Result<Element, CallError> {
        let reply = self.call(doing, Method::GET, "", query, &[], Bytes::new()).await?;
        let unreadable = || CallError::Unreadable { doing: doing.to_owned(), what: query };
        Element::parse(&reply.body).ok_or_else(unreadable)
    }
}

fn says(error: &CallError, code: &str) -> bool {
    error.refusal().is_some_and(|refusal| refusal.code == code)
}
