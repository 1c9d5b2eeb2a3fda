//! Data addresses: where a job reads and where it writes.

use super::model::{Secret, models};

models! {
    /// What an address names. Which members are needed depends on its type.
    AddressDetail {
        /// `oss`, `s3`, `ks3`, `azure`, …, or `inv` for a list of objects.
        address_type: String = "AddressType",
        /// With `inv`, the type of the store that the listed objects are in.
        data_type: String = "DataType",
        /// The bucket.
        bucket: String = "Bucket",
        /// The bucket's endpoint, without a scheme. Not needed for OSS with a region.
        domain: String = "Domain",
        /// The region in the form of OSS: `oss-cn-hangzhou`.
        region_id: String = "RegionId",
        /// What keys begin with, or what is put in front of them at the destination.
        prefix: String = "Prefix",
        /// The key id that the service uses there.
        access_id: String = "AccessId",
        /// The secret that belongs to it.
        access_secret: Secret = "AccessSecret",
        /// For OSS in place of a key: the name (not the ARN) of a role.
        role: String = "Role",
        /// Agents for sources behind a leased line, separated by commas.
        agent_list: String = "AgentList",
        /// Where the list of objects is: `oss` or `s3`.
        inv_location: String = "InvLocation",
        /// The bucket of the list.
        inv_bucket: String = "InvBucket",
        /// The endpoint of that bucket. Not needed for OSS with a region.
        inv_domain: String = "InvDomain",
        /// The region of that bucket in the form of OSS.
        inv_region_id: String = "InvRegionId",
        /// The key of `manifest.json`.
        inv_path: String = "InvPath",
        /// The key id that the service reads the list with.
        inv_access_id: String = "InvAccessId",
        /// The secret that belongs to it.
        inv_access_secret: Secret = "InvAccessSecret",
        /// For OSS in place of a key: the name of a role.
        inv_role: String = "InvRole",
    }

    /// An address to be created.
    NewAddress {
        /// 3 to 63 characters out of `a-z 0-9 - _`, beginning with a letter or digit.
        name: String = "Name",
        /// `key:value`, up to 1024 characters.
        tags: String = "Tags",
        /// What it names.
        detail: AddressDetail = "AddressDetail",
    }

    /// An address as the service knows it.
    Address {
        /// Its name.
        name: String = "Name",
        /// The service's id of it.
        version: String = "Version",
        /// What it names. Secrets are not given back.
        detail: AddressDetail = "AddressDetail",
        /// `available` once it was verified, `notVerify` before.
        status: String = "Status",
        /// When it was last verified.
        verify_time: String = "VerifyTime",
        /// When it was created.
        create_time: String = "CreateTime",
        /// Whose it is.
        owner: String = "Owner",
        /// `key:value`.
        tags: String = "Tags",
    }

    /// How the verification of an address stands. It goes on in the background: without a status it has
    /// not ended.
    Verification {
        /// `available`, or why not.
        status: String = "Status",
        /// When it ended.
        verify_time: String = "VerifyTime",
        /// Of a failure.
        error_code: String = "ErrorCode",
        /// Of a failure, in words.
        error_message: String = "ErrorMessage",
    }
}

impl Verification {
    /// Whether it has ended, well or not.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.status.is_some() || self.error_code.is_some()
    }

    /// Whether the address can be used.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("available"))
    }
}
