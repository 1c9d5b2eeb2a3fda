//! What is planted at a container of Azure.

use weighbridge::simulator::{
    AccountRefusal, DEFAULT_KEY_ID, DEFAULT_SECRET, ObjectSettings, account_key,
};

use crate::planted::{BUCKET, Planted, Seed, in_days, of_class};

#[expect(clippy::too_many_lines, reason = "it is a table")]
pub(crate) fn seeds() -> Vec<Seed> {
    let year = in_days(365);
    let terms = |permissions: &'static str| {
        [("sv", "2024-11-04"), ("sr", "c"), ("sp", permissions), ("se", year.as_str())]
    };
    let more = |permissions, name, value| [&terms(permissions)[..], &[(name, value)]].concat();
    let refusing =
        |refusal| Planted::azure().with(|bucket| bucket.settings.refusal = Some(refusal));
    vec![
        (
            "Azure: a key of another account",
            Planted::azure().env("AZURE_STORAGE_KEY", account_key("something else")),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["authenticate"],
            &["Access keys"],
        ),
        (
            "Azure: a key that is none",
            Planted::azure().env("AZURE_STORAGE_KEY", "not base64!"),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["not base64"],
            &["az storage account keys list"],
        ),
        (
            "Azure: a connection string of another account",
            Planted::azure().env(
                "AZURE_STORAGE_CONNECTION_STRING",
                format!("AccountName=other;AccountKey={}", account_key(DEFAULT_SECRET)),
            ),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["account `other`", "weighbridge"],
            &["azure://other"],
        ),
        (
            "Azure: a container in capitals",
            Planted::azure().named(format!("azure://{DEFAULT_KEY_ID}/Lake")),
            "SOURCE_BUCKET",
            "blocker",
            &["`Lake` is not there", "no capitals"],
            &["weighbridge check azure://weighbridge/lake"],
        ),
        (
            "Azure: a container that is not there",
            Planted::azure().named(format!("azure://{DEFAULT_KEY_ID}/missing")),
            "SOURCE_BUCKET",
            "blocker",
            &["does not exist"],
            &["az storage container list"],
        ),
        (
            "Azure: a firewall",
            refusing(AccountRefusal::Firewall),
            "AZURE_FIREWALL",
            "blocker",
            &["kept out", "selected networks"],
            &["--default-action Allow", "Networking"],
        ),
        (
            "Azure: a firewall that lets us in",
            Planted::azure(),
            "AZURE_FIREWALL",
            "unknown",
            &["this machine was let in"],
            &["networkRuleSet"],
        ),
        (
            "Azure: an account without keys",
            refusing(AccountRefusal::NoAccountKeys),
            "SOURCE_CREDENTIALS",
            "blocker",
            &["no account keys"],
            &["--allow-shared-key-access true"],
        ),
        (
            "Azure: an account that is disabled",
            refusing(AccountRefusal::Disabled),
            "SOURCE_REACHABLE",
            "blocker",
            &["disabled"],
            &["subscription"],
        ),
        (
            "Azure: no public access",
            refusing(AccountRefusal::NoPublicAccess).args(&["--no-sign-request"]),
            "SOURCE_LIST",
            "blocker",
            &["Public access"],
            &["Access keys"],
        ),
        (
            "Azure: a signature in place of a key",
            Planted::azure().signature(&terms("rl")),
            "AZURE_ACCOUNT_KEY",
            "warning",
            &["shared access signature"],
            &["az storage account keys list"],
        ),
        (
            "Azure: a signature that may not list",
            Planted::azure().signature(&terms("r")),
            "SAS_PERMISSIONS",
            "blocker",
            &["List (`l`)"],
            &["Shared access tokens"],
        ),
        (
            "Azure: a signature that may not read",
            Planted::azure().signature(&terms("l")),
            "SAS_PERMISSIONS",
            "blocker",
            &["Read (`r`)"],
            &["Read and List"],
        ),
        (
            "Azure: a signature that may write",
            Planted::azure().signature(&terms("rwdl")),
            "SAS_PERMISSIONS",
            "warning",
            &["`wd` is more"],
            &["Shared access tokens"],
        ),
        (
            "Azure: a signature that has ended",
            Planted::azure().signature(&[
                ("sv", "2024-11-04"),
                ("sr", "c"),
                ("sp", "rl"),
                ("se", "2020-01-01T00:00:00Z"),
            ]),
            "SAS_EXPIRY",
            "blocker",
            &["ended at 2020-01-01"],
            &["make a new one"],
        ),
        (
            "Azure: a signature that ends soon",
            Planted::azure().signature(&[
                ("sv", "2024-11-04"),
                ("sr", "c"),
                ("sp", "rl"),
                ("se", &in_days(2)),
            ]),
            "SAS_EXPIRY",
            "warning",
            &["within a week"],
            &["make a new one"],
        ),
        (
            "Azure: a signature for some addresses",
            Planted::azure().signature(&more("rl", "sip", "203.0.113.7")),
            "SAS_ADDRESSES",
            "blocker",
            &["203.0.113.7"],
            &["without allowed IP addresses"],
        ),
        (
            "Azure: a signature that cannot ask for the container",
            Planted::azure().signature(&terms("rl")),
            "AZURE_IMMUTABLE",
            "unknown",
            &["not told"],
            &["immutability-policy show"],
        ),
        (
            "Azure: an immutability policy and a legal hold",
            Planted::azure().with(|bucket| {
                bucket.settings.immutable = true;
                bucket.settings.held = true;
            }),
            "AZURE_IMMUTABLE",
            "warning",
            &["a legal hold"],
            &["Access policy"],
        ),
        (
            "Azure: a hierarchical namespace",
            {
                let mut planted = Planted::azure();
                planted.config.behaviour = "directory-order".parse().unwrap();
                planted
            },
            "AZURE_HNS",
            "warning",
            &["directories"],
            &["weighbridge scan"],
        ),
        (
            "Azure: archived blobs",
            Planted::azure().holding(&of_class("Archive")),
            "OBJECT_ARCHIVED",
            "blocker",
            &["2 archived"],
            &["az storage blob set-tier --account-name weighbridge --container-name lake"],
        ),
        (
            "Azure: blobs on their way out of the archive",
            Planted::azure().holding(&of_class("Archive")).object(
                "docs/cold.bin",
                ObjectSettings {
                    archive_status: Some("rehydrate-pending-to-hot".into()),
                    ..ObjectSettings::default()
                },
            ),
            "OBJECT_ARCHIVED",
            "blocker",
            &["1 on the way"],
            &["wait until the last"],
        ),
        (
            "Azure: a prefix without a slash",
            Planted::azure().named(format!("azure://{DEFAULT_KEY_ID}/{BUCKET}/docs")),
            "PREFIX_BAD_FORM",
            "blocker",
            &["does not end"],
            &["docs/"],
        ),
    ]
}
