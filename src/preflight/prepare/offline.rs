//! The documents without asking anybody: for those who put them in place by other means.

use super::error::PrepareError;
use super::look_ram::parse;
use super::wish::{KmsGrant, Wish};
use crate::preflight::policy::{Document, Merged, Place};
use crate::preflight::wanted::{self, Way};

/// All documents of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// The policy with which the user manages roles.
    pub user: Option<Document>,
    /// Who may take on the role.
    pub trust: Option<Document>,
    /// What the role may do with a bucket of its account.
    pub role: Option<Document>,
    /// What the role may do with KMS, where that is not a system policy.
    pub kms: Option<Document>,
    /// Whether the role gets the system policy for KMS.
    pub kms_full_access: bool,
    /// The whole policy of the other account's bucket.
    pub bucket: Option<Document>,
    /// The statement for the policy of the other account's key.
    pub key: Option<Document>,
}

/// A document, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    /// The name of the file.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

impl Documents {
    /// The documents of a wish of account `account`. The bucket's policy holds all of `existing`, the one that it has
    /// now.
    ///
    /// # Errors
    /// If numbers of accounts are needed and not known, or `existing` cannot be added to.
    pub fn new(
        wish: &Wish,
        account: Option<&str>,
        existing: Option<&str>,
    ) -> Result<Self, PrepareError> {
        let (mut bucket, mut key) = (None, None);
        if wish.way == Way::CrossAccount {
            let owner = wish.bucket_account.as_deref().ok_or(PrepareError::NoBucketAccount)?;
            let account = account.ok_or(PrepareError::NoAccount)?;
            let wanted = wanted::bucket_policy(owner, &wish.bucket, account, &wish.role);
            let what = || format!("the policy of the bucket {}", wish.bucket);
            let there = match existing {
                Some(text) => parse(text, what)?,
                None => Document::of(Vec::new()),
            };
            let merged = match there.merge(&wanted) {
                Merged::Same => there,
                Merged::Grown { document, .. } => document,
            };
            let limit = |source| PrepareError::Limit { what: what(), source };
            merged.check(Place::Bucket).map_err(limit)?;
            bucket = Some(merged);
            key = wish.kms_key.as_ref().map(|_| wanted::key_policy(account, &wish.role));
        }
        let role = wish.way.needs_role();
        let full = match wish.kms {
            KmsGrant::Auto => wish.kms_key.is_some(),
            KmsGrant::Full => true,
            KmsGrant::Least | KmsGrant::None => false,
        };
        // A key that is not named by its ARN is not known well enough to be named.
        let arn = wish.kms_key.as_deref().filter(|key| key.starts_with("acs:kms:"));
        Ok(Self {
            user: wish.way.needs_user_policy().then(wanted::user_policy),
            trust: role.then(|| wanted::trust_policy(&wish.service_principal)),
            role: (wish.way == Way::Manual).then(|| wanted::role_policy(&wish.bucket)),
            kms: (role && wish.kms == KmsGrant::Least).then(|| wanted::kms_policy(arn)),
            kms_full_access: role && full,
            bucket,
            key,
        })
    }

    /// The documents as files, with one that says where each belongs.
    #[must_use]
    pub fn files(&self, wish: &Wish) -> Vec<PolicyFile> {
        let mut files = Vec::new();
        let mut steps = vec![format!(
            "Create the bucket {} in {}, with the ACL private.",
            wish.bucket, wish.region
        )];
        let mut add = |name: &'static str, document: &Option<Document>| {
            let Some(document) = document else { return false };
            files.push(PolicyFile { name, text: document.pretty() + "\n" });
            true
        };
        if let Some(user) = &wish.user {
            steps.push(format!("Create the RAM user {user}."));
            for policy in wish.way.user_policies() {
                steps.push(format!("Attach the system policy {policy} to the user."));
            }
            if add("user-policy.json", &self.user) {
                steps.push(format!(
                    "Create the custom policy {} from user-policy.json and attach it to the user.",
                    wish.user_policy_name()
                ));
            }
        }
        if add("trust-policy.json", &self.trust) {
            steps.push(format!(
                "Create the role {} with the trust policy trust-policy.json. That the service is named {} is seen with third \
                 parties only: in the console, choose Cloud Service and Data Transport.",
                wish.role, wish.service_principal
            ));
        }
        if add("role-policy.json", &self.role) {
            steps.push(format!(
                "Create the custom policy {} from role-policy.json and attach it to the role.",
                wish.role_policy_name()
            ));
        }
        if add("kms-policy.json", &self.kms) {
            steps.push(format!(
                "Create the custom policy {} from kms-policy.json and attach it to the role.",
                wish.kms_policy_name()
            ));
        }
        if self.kms_full_access {
            let policy = wanted::KMS_FULL_ACCESS;
            steps.push(format!("Attach the system policy {policy} to the role."));
        }
        if add("bucket-policy.json", &self.bucket) {
            steps.push(
                "With the account that owns the bucket, set bucket-policy.json as the policy of the bucket. Setting it takes the \
                 place of the whole policy: it has to hold all statements that are there (--bucket-policy FILE puts them in)."
                    .to_owned(),
            );
        }
        if add("key-policy.json", &self.key) {
            steps.push(
                "With the account that owns the key, add the statement of key-policy.json to the policy of the key, and keep all \
                 that is there."
                    .to_owned(),
            );
        }
        let numbered = steps.iter().zip(1..).map(|(step, number)| format!("{number}. {step}\n"));
        files.push(PolicyFile { name: "steps.txt", text: numbered.collect() });
        files
    }
}
