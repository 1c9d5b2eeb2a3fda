//! KMS: keys that encrypt, and who may use them.
//!
//! Source: KMS API reference, version 2016-01-20, and the official SDK `alibabacloud_kms20160120` 3.3.1.

use serde::Deserialize;

use super::endpoint::plain_region;
use super::error::CallError;
use super::session::{Acs3Call, Session, member};

const VERSION: &str = "2016-01-20";

/// The only name that a key's policy has.
const POLICY_NAME: &str = "default";

/// The largest policy of a key, in bytes.
pub const LARGEST_POLICY: usize = 32_768;

/// KMS in one region.
#[derive(Clone, Copy, Debug)]
pub struct Kms<'a> {
    session: &'a Session,
    region: &'a str,
}

/// What a key is (`DescribeKey`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Key {
    /// Its id.
    pub key_id: String,
    /// `acs:kms:<region>:<account>:key/<id>`.
    pub arn: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport`, …
    pub key_state: String,
    /// The number of the account that created it, or the code of a service for keys of the service's own.
    pub creator: String,
    /// `ENCRYPT/DECRYPT` or `SIGN/VERIFY`.
    pub key_usage: String,
    /// Such as `Aliyun_AES_256`.
    pub key_spec: String,
    /// Where its material comes from: `Aliyun_KMS`, `EXTERNAL`.
    pub origin: String,
    /// `SOFTWARE` or `HSM`.
    pub protection_level: String,
    /// What its owner wrote.
    pub description: String,
    /// The KMS instance that it is in.
    #[serde(rename = "DKMSInstanceId")]
    pub instance: Option<String>,
    /// When it will be deleted, if that is on its way.
    pub delete_date: Option<String>,
}

impl Key {
    /// Whether it can be used.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.key_state == "Enabled"
    }

    /// Whether it can have a policy: only keys in KMS instances can.
    #[must_use]
    pub fn takes_policy(&self) -> bool {
        self.instance.as_ref().is_some_and(|instance| !instance.is_empty())
    }

    /// The number of the account that owns it, as its ARN has it.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.arn.split(':').nth(3).filter(|owner| !owner.is_empty())
    }
}

impl<'a> Kms<'a> {
    /// KMS in a region (`cn-hangzhou` or `oss-cn-hangzhou`).
    #[must_use]
    pub fn new(session: &'a Session, region: &'a str) -> Self {
        Self { session, region: plain_region(region) }
    }

    /// A key by its id, its alias (`alias/…`) or its ARN (`DescribeKey`); `None` if there is none.
    /// Another account's key is asked for by its ARN.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn key(&self, id: &str) -> Result<Option<Key>, CallError> {
        let doing = format!("look up the KMS key `{id}`");
        match self.call(&doing, "DescribeKey", &[("KeyId", id)]).await {
            Ok(answer) => member(answer, "KeyMetadata", &doing).map(Some),
            Err(error) if is_no_key(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The policy of a key, by id or ARN, in JSON (`GetKeyPolicy`).
    ///
    /// # Errors
    /// [`CallError`]; that the key cannot have one is a refusal.
    pub async fn key_policy(&self, id: &str) -> Result<String, CallError> {
        let doing = format!("read the policy of the KMS key `{id}`");
        let parameters = [("KeyId", id), ("PolicyName", POLICY_NAME)];
        member(self.call(&doing, "GetKeyPolicy", &parameters).await?, "Policy", &doing)
    }

    /// Sets the policy of a key, by id or ARN, in the place of the whole policy that it had
    /// (`SetKeyPolicy`). At most [`LARGEST_POLICY`] bytes.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn set_key_policy(&self, id: &str, policy: &str) -> Result<(), CallError> {
        let doing = format!("set the policy of the KMS key `{id}`");
        let parameters = [("KeyId", id), ("PolicyName", POLICY_NAME), ("Policy", policy)];
        self.call(&doing, "SetKeyPolicy", &parameters).await.map(drop)
    }

    async fn call(
        &self,
        doing: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<serde_json::Value, CallError> {
        let host = self.session.endpoints().kms(self.region);
        // Looking and setting; nothing is created.
        let idempotent = true;
        let call = Acs3Call { host: &host, action, version: VERSION, parameters, idempotent };
        self.session.acs3(doing, &call).await
    }
}

/// Whether there is no such key, or no such alias.
fn is_no_key(error: &CallError) -> bool {
    error.refusal().is_some_and(|refusal| {
        matches!(refusal.code.as_str(), "Forbidden.KeyNotFound" | "Forbidden.AliasNotFound")
    })
}
