//! Data addresses: where a job reads and writes, as the API and as the classic console name it.
//!
//! Credentials are no part of an address here: whoever submits a plan adds them, and what is written to
//! files holds a mark in their place.

use serde::{Deserialize, Serialize};

use super::limits::Certainty;

/// What kind of store an address is of; in JSON as the API's `AddressType` spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// Amazon S3, or a store that speaks its protocol.
    S3,
    /// Kingsoft KS3.
    Ks3,
    /// Azure Blob Storage.
    Azure,
    /// Alibaba Cloud OSS.
    Oss,
}

impl StoreKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::S3, Self::Ks3, Self::Azure, Self::Oss];

    /// The API's `AddressType`.
    #[must_use]
    pub fn api_name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Ks3 => "ks3",
            Self::Azure => "azure",
            Self::Oss => "oss",
        }
    }

    /// The kind with this `AddressType`.
    #[must_use]
    pub fn from_api_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.api_name() == name)
    }

    /// The "Data Type" of the classic console.
    #[must_use]
    pub fn console_name(self) -> &'static str {
        match self {
            Self::S3 => "AWS S3",
            Self::Ks3 => "Kingsoft KS3",
            Self::Azure => "Azure Blob",
            Self::Oss => "OSS",
        }
    }
}

/// A data address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Its name, unique among the addresses of a region.
    pub name: String,
    /// What kind of store holds the objects. (Of an address with an inventory, the API's `DataType`.)
    pub kind: StoreKind,
    /// Bucket or container.
    pub bucket: String,
    /// The host of the store, or Azure's endpoint suffix; `null` where it is not known or not needed.
    pub domain: Option<String>,
    /// The region of an OSS bucket in the OSS form: `oss-cn-hangzhou`; `null` if not known.
    pub region_id: Option<String>,
    /// What keys begin with; empty for the whole bucket. Of a destination, what is put in front of keys.
    pub prefix: String,
    /// The storage account of an Azure container.
    pub account: Option<String>,
    /// Where the list of objects lies, if the job takes a list rather than a prefix.
    pub inventory: Option<InventoryLocation>,
}

/// Where the service reads the list of objects to copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryLocation {
    /// The OSS bucket that holds the list.
    pub bucket: String,
    /// Its region in the OSS form; `null` if not known.
    pub region_id: Option<String>,
    /// The key of `manifest.json` in it.
    pub path: String,
}

/// One field of a form or a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What goes into it.
    pub value: String,
    /// How sure it is that the field exists and takes this.
    pub certainty: Certainty,
}

/// What stands for the values that only the user has.
pub(super) const ACCESS_ID: &str = "{{ACCESS-ID}}";
pub(super) const ACCESS_SECRET: &str = "{{ACCESS-SECRET}}";
pub(super) const ROLE: &str = "{{ROLE}}";
pub(super) const REGION_ID: &str = "{{REGION-ID}}";
pub(super) const DOMAIN: &str = "{{DOMAIN}}";

fn field(name: &'static str, value: impl Into<String>, certainty: Certainty) -> Field {
    Field { name, value: value.into(), certainty }
}

impl Address {
    /// The elements of the API's `AddressDetail`, in the order in which its SDK writes them.
    ///
    /// How the fields stand for Azure (`Domain` the endpoint suffix, `Bucket` the container, `AccessId`
    /// the account) is inferred from the console's form and says so.
    #[must_use]
    pub fn api_fields(&self) -> Vec<Field> {
        let sure = Certainty::Documented;
        let kind = self.kind.api_name();
        let mapped = match self.kind {
            StoreKind::Azure => Certainty::Assumed,
            _ => sure,
        };
        let mut fields = Vec::new();
        if self.kind == StoreKind::Oss {
            let region = self.region_id.as_deref().unwrap_or(REGION_ID);
            fields.extend([field("RegionId", region, sure), field("Role", ROLE, sure)]);
        } else {
            fields.extend([
                field("AccessId", self.account.as_deref().unwrap_or(ACCESS_ID), mapped),
                field("AccessSecret", ACCESS_SECRET, mapped),
                field("Domain", self.domain.as_deref().unwrap_or(DOMAIN), mapped),
            ]);
        }
        fields.push(field("Bucket", &*self.bucket, mapped));
        if !self.prefix.is_empty() {
            fields.push(field("Prefix", &*self.prefix, sure));
        }
        match &self.inventory {
            None => fields.push(field("AddressType", kind, sure)),
            Some(list) => fields.extend([
                field("AddressType", "inv", sure),
                field("DataType", kind, sure),
                field("InvBucket", &*list.bucket, sure),
                field("InvLocation", "oss", sure),
                field("InvPath", &*list.path, sure),
                field("InvRegionId", list.region_id.as_deref().unwrap_or(REGION_ID), sure),
                field("InvRole", ROLE, sure),
            ]),
        }
        fields.sort_by_key(|field| field.name);
        fields
    }

    /// The fields of the classic console's form for a source.
    #[must_use]
    pub fn source_form(&self) -> Vec<Field> {
        let sure = Certainty::Documented;
        let domain = self.domain.as_deref().unwrap_or("(the endpoint of the bucket's region)");
        let mut fields = vec![
            field("Data Type", self.kind.console_name(), sure),
            field("Data Name", &*self.name, sure),
        ];
        match self.kind {
            StoreKind::Azure => fields.extend([
                field("Connection Strings", domain, sure),
                field("Container", &*self.bucket, sure),
            ]),
            StoreKind::Oss => fields.extend([
                field("Data Region", self.region_id.as_deref().unwrap_or("(its region)"), sure),
                field("OSS Bucket", &*self.bucket, sure),
            ]),
            StoreKind::S3 => fields.extend([
                field("Endpoint", format!("http://{domain}"), sure),
                field("Bucket", &*self.bucket, sure),
            ]),
            StoreKind::Ks3 => fields.extend([
                field("Endpoint", domain, sure),
                field("Bucket", short_ks3_name(&self.bucket), sure),
            ]),
        }
        fields.push(if let Some(list) = &self.inventory {
            let path = format!("oss://{}/{}", list.bucket, list.path);
            field("Inventory (new console only)", path, sure)
        } else if self.prefix.is_empty() {
            field("Prefix", "Migrate all data (leave empty)", sure)
        } else {
            field("Prefix", format!("Migrate partial data: {}", self.prefix), sure)
        });
        match self.kind {
            StoreKind::Azure => fields.extend([
                field("Storage Account", self.account.as_deref().unwrap_or("(its name)"), sure),
                field("Secret", "(account key)", sure),
            ]),
            StoreKind::S3 => fields.extend([
                field("AccessKeyId", "(yours)", sure),
                field("SecretAccessKey", "(yours)", sure),
            ]),
            StoreKind::Ks3 => fields
                .extend([field("AccessKey", "(yours)", sure), field("SecretKey", "(yours)", sure)]),
            StoreKind::Oss => fields.extend([
                field("AccessKeyId", "(yours)", sure),
                field("AccessKeySecret", "(yours)", sure),
            ]),
        }
        fields
    }

    /// The fields of the classic console's form for an OSS destination.
    #[must_use]
    pub fn destination_form(&self) -> Vec<Field> {
        let sure = Certainty::Documented;
        let region = self.region_id.as_deref().unwrap_or("(the bucket's region)");
        let endpoint = match self.region_id.as_deref() {
            Some(region) => format!("http://{region}.aliyuncs.com"),
            None => "(the public endpoint of the bucket's region)".to_owned(),
        };
        let prefix = if self.prefix.is_empty() { "(leave empty)" } else { &self.prefix };
        vec![
            field("Data Type", self.kind.console_name(), sure),
            field("Data Region", region, sure),
            field("Data Name", &*self.name, sure),
            field("OSS Endpoint", endpoint, sure),
            field("AccessKeyId", "(the RAM user's)", sure),
            field("AccessKeySecret", "(the RAM user's)", sure),
            field("OSS Bucket", &*self.bucket, sure),
            field("OSS Prefix", prefix, sure),
        ]
    }
}

/// The name of a KS3 bucket as the classic form wants it: `tony` for `tony-1234567890`.
///
/// (Classic page for KS3: "if the bucket name is tony-1234567890, enter tony". Ten digits or more are
/// taken for the account's number; shorter ones may well be part of the name.)
#[must_use]
pub fn short_ks3_name(bucket: &str) -> &str {
    match bucket.rsplit_once('-') {
        Some((name, number))
            if !name.is_empty()
                && number.len() >= 10
                && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            name
        }
        _ => bucket,
    }
}

/// The host of an endpoint URL, without scheme, path and a trailing slash.
#[must_use]
pub fn host_of(endpoint: &str) -> &str {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    rest.split_once('/').map_or(rest, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(kind: StoreKind) -> Address {
        Address {
            name: "b-src-1".into(),
            kind,
            bucket: "B-1234567890".into(),
            domain: Some("host".into()),
            region_id: Some("oss-cn-hangzhou".into()),
            prefix: "docs/".into(),
            account: (kind == StoreKind::Azure).then(|| "account".into()),
            inventory: None,
        }
    }

    fn shown(fields: &[Field]) -> String {
        let pairs: Vec<_> = fields.iter().map(|f| format!("{}={}", f.name, f.value)).collect();
        pairs.join(" ")
    }

    #[test]
    fn api_fields_are_those_of_the_sdk_in_its_order() {
        assert_eq!(
            shown(&address(StoreKind::S3).api_fields()),
            "AccessId={{ACCESS-ID}} AccessSecret={{ACCESS-SECRET}} AddressType=s3 Bucket=B-1234567890 Domain=host Prefix=docs/"
        );
        assert_eq!(
            shown(&address(StoreKind::Oss).api_fields()),
            "AddressType=oss Bucket=B-1234567890 Prefix=docs/ RegionId=oss-cn-hangzhou Role={{ROLE}}"
        );
        let list = InventoryLocation {
            bucket: "d".into(),
            region_id: None,
            path: "p/manifest.json".into(),
        };
        let listed =
            Address { inventory: Some(list), prefix: String::new(), ..address(StoreKind::Ks3) };
        assert_eq!(
            shown(&listed.api_fields()),
            "AccessId={{ACCESS-ID}} AccessSecret={{ACCESS-SECRET}} AddressType=inv Bucket=B-1234567890 DataType=ks3 Domain=host \
             InvBucket=d InvLocation=oss InvPath=p/manifest.json InvRegionId={{REGION-ID}} InvRole={{ROLE}}"
        );
    }

    #[test]
    fn what_is_inferred_for_azure_says_so() {
        let azure = address(StoreKind::Azure).api_fields();
        let unsure: Vec<_> =
            azure.iter().filter(|f| f.certainty == Certainty::Assumed).map(|f| f.name).collect();
        assert_eq!(unsure, ["AccessId", "AccessSecret", "Bucket", "Domain"]);
        assert!(shown(&azure).contains("AccessId=account "));
    }

    #[test]
    fn the_classic_form_has_the_labels_of_each_source() {
        let azure = shown(&address(StoreKind::Azure).source_form());
        assert!(azure.contains("Connection Strings=host Container=B-1234567890 "), "{azure}");
        assert!(shown(&address(StoreKind::Ks3).source_form()).contains("Bucket=B Prefix="));
        assert!(shown(&address(StoreKind::S3).source_form()).contains("Endpoint=http://host "));
    }

    #[test]
    fn only_an_account_number_is_cut_off_a_ks3_name() {
        for (name, short) in [
            ("tony-1234567890", "tony"),
            ("tony-2024", "tony-2024"),
            ("tony", "tony"),
            ("-1234567890", "-1234567890"),
        ] {
            assert_eq!(short_ks3_name(name), short);
        }
    }

    #[test]
    fn the_host_is_what_stands_between_scheme_and_path() {
        for endpoint in ["https://h:9000/", "http://h:9000", "h:9000", "h:9000/x"] {
            assert_eq!(host_of(endpoint), "h:9000");
        }
    }
}
