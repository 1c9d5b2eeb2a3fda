//! What the user wants, and names that follow from it.

use crate::preflight::wanted::{self, Way};

/// How the destination is to be made ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The destination's bucket.
    pub bucket: String,
    /// Its region, such as `cn-hangzhou`.
    pub region: String,
    /// Which way of the preparations pages.
    pub way: Way,
    /// The storage class of a new bucket; `None` leaves it to the service.
    pub storage_class: Option<String>,
    /// `LRS` or `ZRS` for a new bucket; `None` leaves it to the service.
    pub redundancy: Option<String>,
    /// What names of policies begin with.
    pub name: String,
    /// The RAM user; `None` leaves users alone.
    pub user: Option<String>,
    /// The role, where the way needs one.
    pub role: String,
    /// The name of the service that takes on the role.
    pub service_principal: String,
    /// How the role may use KMS.
    pub kms: KmsGrant,
    /// The key that encrypts the bucket, where it cannot be looked up.
    pub kms_key: Option<String>,
    /// The number of the account that owns the bucket, where it is not that of the keys.
    pub bucket_account: Option<String>,
    /// Whether the user gets an access key, unless it has one.
    pub access_key: bool,
}

/// How a role may use KMS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KmsGrant {
    /// By `AliyunKMSFullAccess`, as the page says, if KMS encrypts the bucket.
    #[default]
    Auto,
    /// By `AliyunKMSFullAccess`.
    Full,
    /// By a policy of its own with what copies need.
    Least,
    /// Not at all.
    None,
}

impl Wish {
    /// A wish with all names made from the bucket's.
    #[must_use]
    pub fn new(bucket: impl Into<String>, region: impl Into<String>, way: Way) -> Self {
        let bucket = bucket.into();
        let name = wanted::default_name(&bucket);
        Self {
            region: region.into(),
            way,
            storage_class: None,
            redundancy: None,
            user: Some(name.clone()),
            role: name.clone(),
            name,
            service_principal: wanted::SERVICE_PRINCIPAL.to_owned(),
            kms: KmsGrant::Auto,
            kms_key: None,
            bucket_account: None,
            access_key: false,
            bucket,
        }
    }

    /// The name of the policy with which the user manages roles.
    #[must_use]
    pub fn user_policy_name(&self) -> String {
        format!("{}-user", self.policy_base())
    }

    /// The name of the policy with which the role writes to the bucket.
    #[must_use]
    pub fn role_policy_name(&self) -> String {
        format!("{}-bucket", self.policy_base())
    }

    /// The name of the policy with which the role uses KMS.
    #[must_use]
    pub fn kms_policy_name(&self) -> String {
        format!("{}-kms", self.policy_base())
    }

    /// Policies take no dots in their names.
    fn policy_base(&self) -> String {
        self.name.replace(['.', '_'], "-")
    }
}
