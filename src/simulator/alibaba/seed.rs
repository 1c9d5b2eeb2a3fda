//! What accounts have when the server starts: in order unless a test breaks it.

use std::collections::BTreeMap;

use crate::alibaba::ram::PolicyName;
use crate::simulator::config::Credential;

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlibabaAccount {
    /// Its number.
    pub number: String,
    /// Keys of the account itself, which may do everything that is not in [`Self::denied`]. The first one
    /// that needs a token is what roles give out.
    pub credentials: Vec<Credential>,
    /// What some keys may not do, whatever policies say.
    pub denied: Vec<Denied>,
    /// RAM users by name.
    pub users: BTreeMap<String, AlibabaUser>,
    /// Policies of groups of RAM users by the groups' names.
    pub groups: BTreeMap<String, Vec<PolicyName>>,
    /// RAM roles by name.
    pub roles: BTreeMap<String, AlibabaRole>,
    /// Documents of custom policies by name.
    pub policies: BTreeMap<String, String>,
    /// Buckets by name.
    pub buckets: BTreeMap<String, AlibabaBucket>,
    /// Keys of KMS by id.
    pub keys: BTreeMap<String, AlibabaKey>,
}

impl AlibabaAccount {
    /// An account that has nothing.
    #[must_use]
    pub fn new(number: impl Into<String>) -> Self {
        Self { number: number.into(), ..Self::default() }
    }
}

/// What a key may not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The key's id.
    pub key_id: String,
    /// Operations by their names in the references; a star at the end stands for whatever follows.
    pub operations: Vec<String>,
}

/// A RAM user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlibabaUser {
    /// Its keys, which may do what its policies allow.
    pub credentials: Vec<Credential>,
    /// Its policies.
    pub policies: Vec<PolicyName>,
    /// The groups that it is in, by name; it has their policies, too.
    pub groups: Vec<String>,
}

/// A RAM role. By default one that the migration service may take on, and that may do everything in OSS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlibabaRole {
    /// Who may take it on, in JSON.
    pub trust: String,
    /// Its policies.
    pub policies: Vec<PolicyName>,
    /// What its creator wrote.
    pub description: String,
}

impl Default for AlibabaRole {
    fn default() -> Self {
        Self {
            trust: trust("Service", "mgw.aliyuncs.com"),
            policies: vec![PolicyName::system("AliyunOSSFullAccess")],
            description: String::new(),
        }
    }
}

impl AlibabaRole {
    /// A role that another service may take on, such as `ecs.aliyuncs.com`.
    #[must_use]
    pub fn of_service(service: &str) -> Self {
        Self { trust: trust("Service", service), ..Self::default() }
    }

    /// A role that keys of an account may take on.
    #[must_use]
    pub fn of_account(number: &str) -> Self {
        Self { trust: trust("RAM", &format!("acs:ram::{number}:root")), ..Self::default() }
    }
}

fn trust(kind: &str, who: &str) -> String {
    let statement = serde_json::json!({
        "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {kind: [who]},
    });
    serde_json::json!({"Statement": [statement], "Version": "1"}).to_string()
}

/// A bucket. By default an ordinary one in the region of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlibabaBucket {
    /// Its region (`cn-hangzhou`); that of the server, without one.
    pub region: Option<String>,
    /// The storage class of objects that name none.
    pub storage_class: String,
    /// `LRS` or `ZRS`.
    pub redundancy: String,
    /// `private`, `public-read`, `public-read-write`.
    pub acl: String,
    /// `Enabled`, `Suspended`.
    pub versioning: Option<String>,
    /// State (`InProgress`, `Locked`) and days of its retention.
    pub worm: Option<(String, u64)>,
    /// Whether it has a hierarchical namespace.
    pub is_hierarchical: bool,
    /// Whether nothing in it can be made public.
    pub blocks_public_access: bool,
    /// Whether what is written to it is copied to another bucket.
    pub is_replicated: bool,
    /// The bucket that records of its use are written to.
    pub log_bucket: Option<String>,
    /// Documents by their names in queries: `policy`, `encryption`, `lifecycle`, `referer`.
    pub settings: BTreeMap<String, String>,
    /// Objects by key.
    pub objects: BTreeMap<String, Vec<u8>>,
}

impl Default for AlibabaBucket {
    fn default() -> Self {
        Self {
            region: None,
            storage_class: "Standard".to_owned(),
            redundancy: "LRS".to_owned(),
            acl: "private".to_owned(),
            versioning: None,
            worm: None,
            is_hierarchical: false,
            blocks_public_access: false,
            is_replicated: false,
            log_bucket: None,
            settings: BTreeMap::new(),
            objects: BTreeMap::new(),
        }
    }
}

impl AlibabaBucket {
    /// The same with a document.
    #[must_use]
    pub fn with(mut self, name: &str, document: impl Into<String>) -> Self {
        self.settings.insert(name.to_owned(), document.into());
        self
    }

    /// The same, encrypted by a key of KMS.
    #[must_use]
    pub fn encrypted_by(self, key: &str) -> Self {
        let document = format!(
            "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>KMS</SSEAlgorithm>\
             <KMSMasterKeyID>{key}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>"
        );
        self.with("encryption", document)
    }
}

/// A key of KMS. By default an enabled one outside of KMS instances, which cannot have a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlibabaKey {
    /// Its region; that of the server, without one.
    pub region: Option<String>,
    /// `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport`.
    pub state: String,
    /// `ENCRYPT/DECRYPT` or `SIGN/VERIFY`.
    pub usage: String,
    /// The KMS instance that it is in.
    pub instance: Option<String>,
    /// Its policy, if it is in an instance; without one the default, by which its owner may do everything.
    pub policy: Option<String>,
    /// `alias/…`.
    pub alias: Option<String>,
    /// Who created it, where that is a service and not its owner.
    pub creator: Option<String>,
}

impl Default for AlibabaKey {
    fn default() -> Self {
        Self {
            region: None,
            state: "Enabled".to_owned(),
            usage: "ENCRYPT/DECRYPT".to_owned(),
            instance: None,
            policy: None,
            alias: None,
            creator: None,
        }
    }
}

impl AlibabaKey {
    /// A key in a KMS instance, which has a policy.
    #[must_use]
    pub fn in_instance() -> Self {
        Self { instance: Some("kst-simulated".to_owned()), ..Self::default() }
    }
}
