//! Whether the bucket is there, whose, where; and what it does to what is written.
//!
//! Sources: `GetBucketInfo`, "Storage classes", "Versioning", "Hierarchical namespace" (which operations it
//! supports), "Server-side encryption", OSS documentation; "Preparations", Data Online Migration
//! documentation.

use super::ground::Ground;
use crate::alibaba::oss::{BucketInfo, Presence};
use crate::alibaba::{CallError, plain_region};
use crate::preflight::finding::{Check, Finding};
use crate::preflight::wanted::Way;
use crate::preflight::word::shell;

pub(in crate::preflight) const BUCKET: Check = Check::destination(
    "DESTINATION_BUCKET",
    "the bucket is there",
    "the service writes into a bucket that has to be there before the job begins",
);

pub(in crate::preflight) const REGION: Check = Check::destination(
    "DESTINATION_REGION",
    "the bucket's region",
    "jobs run in the bucket's region, and a data address that names another is refused",
);

pub(in crate::preflight) const ACCOUNT: Check = Check::destination(
    "DESTINATION_ACCOUNT",
    "the account that the bucket belongs to",
    "a bucket of another account has to let the role in by its own policy",
);

pub(in crate::preflight) const STORAGE_CLASS: Check = Check::destination(
    "DESTINATION_STORAGE_CLASS",
    "the bucket's storage class",
    "copies take the bucket's class, unless the job names another",
);

pub(in crate::preflight) const VERSIONING: Check = Check::destination(
    "DESTINATION_VERSIONING",
    "versioning of the bucket",
    "with versions kept, every copy that replaces another leaves the earlier one behind, which is billed; \
     versions of the source are not migrated",
);

pub(in crate::preflight) const NAMESPACE: Check = Check::destination(
    "DESTINATION_NAMESPACE",
    "hierarchical namespace",
    "buckets with a hierarchical namespace have no versions, lifecycle rules, retention or inventories, and \
     real directories where other buckets have keys",
);

pub(in crate::preflight) const ENCRYPTION: Check = Check::destination(
    "DESTINATION_ENCRYPTION",
    "encryption at rest",
    "with SSE-KMS the role needs permissions for KMS, too, without which every object fails",
);

/// What is known of the bucket by itself.
pub(super) fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let mut findings = vec![bucket(ground), region(ground)];
    let Some(info) = ground.info() else {
        if matches!(ground.presence, Ok(Presence::Denied(_))) {
            findings.push(account_unknown(ground));
        }
        return findings;
    };
    findings.push(account(ground, info));
    findings.push(storage_class(&info.storage_class));
    findings.push(versioning(ground, info));
    findings.push(namespace(ground, info));
    findings.push(encryption(info));
    findings
}

fn bucket(ground: &Ground<'_>) -> Finding {
    let name = ground.wish.bucket;
    match &ground.presence {
        Ok(Presence::Ours(info)) => BUCKET.ok(format!(
            "`{name}` is there since {}, {} {}",
            date(&info.created),
            info.storage_class,
            info.redundancy
        )),
        Ok(Presence::Absent) => BUCKET
            .blocker(format!("there is no bucket `{name}`"))
            .run(ground.prepare())
            .by_hand("OSS console > Buckets > Create Bucket, in the region where the jobs are to run"),
        Ok(Presence::Denied(refusal)) => BUCKET
            .unknown(format!(
                "`{name}` is there, and {} may not look at it: it is another account's, or \
                 `oss:GetBucketInfo` is missing (HTTP {}, {})",
                ground.keeping.arn, refusal.status, refusal.code
            ))
            .by_hand(format!(
                "if it is yours: allow `oss:GetBucketInfo` on `{}` to the user, or check with an \
                 administrator's keys (`--to-profile`); if it is another account's: check with keys of that \
                 account, too (`--bucket-profile`)",
                ground.bucket_arn(),
            )),
        Ok(Presence::Elsewhere(host)) => BUCKET
            .unknown(format!("`{name}` is there, and OSS names a host for it that is not known: `{host}`"))
            .by_hand("name its region, as the OSS console shows it, with `--to-region`"),
        Err(error) => failed(ground, error),
    }
}

fn failed(ground: &Ground<'_>, error: &CallError) -> Finding {
    ground.unreadable(&BUCKET, error, "oss:GetBucketInfo", &ground.bucket_arn())
}

fn region(ground: &Ground<'_>) -> Finding {
    match (&ground.region, ground.misplaced) {
        (Some(found), Some(named)) => REGION
            .blocker(format!("the bucket is in {found}, and {named} was named"))
            .run(ground.again(&format!("--to-region {}", shell(found)))),
        (Some(found), None) if ground.bucket().is_some() => REGION.ok(format!("it is in {found}")),
        (Some(named), None) if matches!(ground.presence, Ok(Presence::Absent)) => {
            REGION.ok(format!("{named} was named, and there is no bucket yet to differ from it"))
        }
        (Some(named), None) => REGION
            .unknown(format!("{named} was named, and the bucket could not be looked at"))
            .by_hand(
                "see the OSS console for the bucket's region, and what DESTINATION_BUCKET says",
            ),
        (None, _) => {
            REGION.unknown("the region is not known").run(ground.again("--to-region REGION"))
        }
    }
}

fn account(ground: &Ground<'_>, info: &BucketInfo) -> Finding {
    let (owner, account) = (&info.owner, &ground.account);
    if owner.is_empty() {
        return ACCOUNT.unknown("the bucket does not tell its owner").by_hand(
            "look at the OSS console of the account that migrates: is the bucket listed there?",
        );
    }
    match (owner == account, ground.wish.way) {
        (true, Some(Way::CrossAccount)) => ACCOUNT
            .warning(format!("bucket and jobs are both of account {account}, and the way is cross-account"))
            .run(ground.again("--manual"))
            .by_hand("if another account migrates: name it with `--account`"),
        (true, _) => ACCOUNT.ok(format!("bucket and jobs are of the same account, {account}")),
        (false, None | Some(Way::CrossAccount)) => ACCOUNT.ok(format!(
            "the bucket is of account {owner}, the jobs of {account}: the rules for two accounts hold"
        )),
        (false, Some(way)) => ACCOUNT
            .blocker(format!(
                "the bucket is of account {owner}, the jobs of {account}, and the way `{}` is for one account",
                way.word()
            ))
            .run(ground.again("--cross-account")),
    }
}

fn account_unknown(ground: &Ground<'_>) -> Finding {
    ACCOUNT
        .unknown(format!("the bucket's owner may not be looked at by {}", ground.keeping.arn))
        .by_hand(format!(
            "allow `oss:GetBucketInfo` on `{}`; for a bucket of another account name `--cross-account` and its keys \
             (`--bucket-profile`)",
            ground.bucket_arn()
        ))
}

fn storage_class(class: &str) -> Finding {
    let standard =
        "name the class in the job: `weighbridge jobs … --target-storage-class Standard`";
    match class {
        "Standard" => STORAGE_CLASS.ok("Standard"),
        "IA" => STORAGE_CLASS
            .warning("the bucket's class is IA")
            .because(
                "copies in IA are billed as 64 KiB and for 30 days at least, also those that are replaced or \
                 deleted before",
            )
            .by_hand(standard),
        "Archive" | "ColdArchive" | "DeepColdArchive" => STORAGE_CLASS
            .warning(format!("the bucket's class is {class}"))
            .because(
                "copies in an archive class have to be restored before anything can read them, comparisons \
                 included, and are billed for months at least, also those that are replaced before",
            )
            .by_hand(standard),
        other => STORAGE_CLASS
            .unknown(format!("the class `{}` is not known here", other.escape_debug()))
            .by_hand("look it up in the OSS documentation before the jobs begin"),
    }
}

fn versioning(ground: &Ground<'_>, info: &BucketInfo) -> Finding {
    match info.versioning.as_deref() {
        None => VERSIONING.ok("no versions are kept"),
        Some("Suspended") => VERSIONING.ok("versioning is suspended"),
        Some("Enabled") => VERSIONING
            .warning("versions are kept")
            .run(format!(
                "ossutil api put-bucket-versioning --bucket {} --versioning-configuration \
                 '{{\"Status\":\"Suspended\"}}'",
                shell(ground.wish.bucket)
            ))
            .by_hand("OSS console > the bucket > Data Protection > Versioning: suspend it for the migration"),
        Some(other) => VERSIONING
            .unknown(format!("the state `{}` is not known here", other.escape_debug()))
            .by_hand("look at OSS console > the bucket > Data Protection > Versioning"),
    }
}

fn namespace(ground: &Ground<'_>, info: &BucketInfo) -> Finding {
    if !info.is_hierarchical {
        return NAMESPACE.ok("the bucket is flat");
    }
    NAMESPACE
        .warning(format!("`{}` has a hierarchical namespace, which cannot be taken back", ground.wish.bucket))
        .by_hand(
            "migrate a few objects first and compare them; or create a bucket without it: OSS console > Buckets \
             > Create Bucket, Hierarchical Namespace off",
        )
}

fn encryption(info: &BucketInfo) -> Finding {
    match (info.encryption.as_deref(), info.kms_key.as_deref()) {
        (None, _) => ENCRYPTION.ok("objects are not encrypted by the bucket"),
        (Some("AES256"), _) => ENCRYPTION.ok("SSE-OSS: objects are encrypted with keys of OSS"),
        (Some("KMS"), None) => ENCRYPTION.ok(
            "SSE-KMS with the default key: whether the role may use KMS is told under IDENTITY_KMS_ACCESS",
        ),
        (Some("KMS"), Some(key)) => ENCRYPTION.ok(format!(
            "SSE-KMS with the key `{}`: whether the role may use it is told under IDENTITY_KMS_ACCESS",
            key.escape_debug()
        )),
        (Some(other), _) => ENCRYPTION
            .unknown(format!("the method `{}` is not known here", other.escape_debug()))
            .by_hand("migrate a few objects first, and look at them"),
    }
}

/// The region in a host that OSS names: `cn-hangzhou` of `oss-cn-hangzhou.aliyuncs.com`.
pub(super) fn region_of(host: &str) -> Option<&str> {
    let (first, rest) = host.split_once('.')?;
    let label = if first.starts_with("oss-") { first } else { rest.split('.').next()? };
    let region = label.strip_prefix("oss-")?;
    let region = region.strip_suffix("-internal").unwrap_or(region);
    (!region.is_empty()).then(|| plain_region(region))
}

/// The date of a time as OSS writes it.
fn date(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_in_the_host_that_oss_names() {
        for (host, region) in [
            ("oss-cn-hangzhou.aliyuncs.com", Some("cn-hangzhou")),
            ("oss-cn-hangzhou-internal.aliyuncs.com", Some("cn-hangzhou")),
            ("b.oss-ap-southeast-1.aliyuncs.com", Some("ap-southeast-1")),
            ("example.com", None),
            ("oss-.aliyuncs.com", None),
        ] {
            assert_eq!(region_of(host), region, "{host}");
        }
    }
}
