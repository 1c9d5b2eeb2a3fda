//! Who else gets at the copies, and who is kept out.
//!
//! Sources: "Bucket ACL", "Block public access", "Hotlink protection", "Bucket policy", OSS documentation.

use super::ground::{Ground, Hidden};
use crate::alibaba::oss::Bucket;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::policy::{Caller, Document, Grant};
use crate::preflight::word::{quoted, shell};

pub(in crate::preflight) const PUBLIC: Check = Check::destination(
    "DESTINATION_PUBLIC",
    "public access",
    "copies in a public bucket can be read by everybody from the moment they arrive",
);

pub(in crate::preflight) const REFERER: Check = Check::destination(
    "DESTINATION_REFERER",
    "hotlink protection",
    "requests of services and programs name no page, and are refused where the bucket wants one",
);

/// Who gets at the bucket, if it can be asked.
pub(super) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let Some(bucket) = ground.bucket() else { return Vec::new() };
    let mut findings = vec![referer(ground, &bucket).await];
    if let Some(info) = ground.info() {
        findings.push(public(ground, &info.acl, info.blocks_public_access));
    }
    findings
}

fn public(ground: &Ground<'_>, acl: &str, blocked: Option<bool>) -> Finding {
    let name = shell(ground.wish.bucket);
    if blocked == Some(true) {
        return PUBLIC.ok("public access is blocked");
    }
    let mend = |finding: Finding| {
        finding
            .run(format!("ossutil api put-bucket-acl --bucket {name} --acl private"))
            .by_hand("OSS console > the bucket > Permission Control > ACL: Private, and Block Public Access on")
    };
    match acl {
        "private" => match &ground.policy {
            Ok(Some(policy)) => match open_to_all(ground, policy) {
                Some(statement) => PUBLIC
                    .warning(format!("the bucket's policy lets everybody read: {statement}"))
                    .by_hand("OSS console > the bucket > Permission Control > Bucket Policy: name users instead of `*`, or put Block Public Access on"),
                None => PUBLIC.ok("private"),
            },
            Ok(None) => PUBLIC.ok("private"),
            Err(hidden) => ground.hidden(&PUBLIC, hidden),
        },
        "public-read" => mend(PUBLIC.warning("everybody can read the bucket (public-read)")),
        "public-read-write" => mend(
            PUBLIC
                .warning("everybody can read the bucket and write to it (public-read-write)")
                .because("copies can be read, replaced and deleted by everybody from the moment they arrive"),
        ),
        "" => PUBLIC
            .unknown("the bucket does not tell its access")
            .by_hand("look at OSS console > the bucket > Permission Control > ACL"),
        other => mend(PUBLIC.unknown(format!("the access `{}` is not known here", other.escape_debug()))),
    }
}

/// The statement by which anybody at all may read objects.
fn open_to_all(ground: &Ground<'_>, policy: &Document) -> Option<String> {
    // Somebody whom no policy names but by `*`.
    let stranger = Caller::User { account: "0".into(), name: "0".into(), id: Some("0".into()) };
    let region = ground.region.as_deref().unwrap_or("*");
    let owner = ground.owner().unwrap_or("*");
    let objects =
        format!("acs:oss:oss-{region}:{owner}:{}/{}*", ground.wish.bucket, ground.wish.prefix);
    match policy.grants("oss:GetObject", Some(&objects), Some(&stranger)) {
        Grant::Allowed => Some("it allows `oss:GetObject` to `*`".to_owned()),
        Grant::Conditional(statement) => {
            Some(format!("it may, on conditions: {}", quoted(statement.text())))
        }
        Grant::Denied(_) | Grant::NotGranted => None,
    }
}

async fn referer(ground: &Ground<'_>, bucket: &Bucket<'_>) -> Finding {
    match bucket.referer().await {
        Ok(referer) if referer.keeps_programs_out() => REFERER
            .warning(format!(
                "requests that name no page are refused; {} pages are let in",
                referer.allowed.len()
            ))
            .by_hand("OSS console > the bucket > Permission Control > Hotlink Protection: Allow Empty Referer on, for the time of the migration"),
        Ok(_) => REFERER.ok("requests that name no page are let in"),
        Err(error) => ground.unreadable(&REFERER, &error, "oss:GetBucketReferer", &ground.bucket_arn()),
    }
}

impl Ground<'_> {
    /// That the bucket's policy could not be looked at.
    pub(in crate::preflight) fn hidden(&self, check: &Check, hidden: &Hidden) -> Finding {
        match hidden {
            Hidden::Call(error) => {
                self.unreadable(check, error, "oss:GetBucketPolicy", &self.bucket_arn())
            }
            Hidden::Unreadable(what) => check
                .unknown(format!("the bucket's policy cannot be read: {what}"))
                .by_hand("look at OSS console > the bucket > Permission Control > Bucket Policy"),
            Hidden::Absent => check
                .unknown("there is no bucket whose policy could be read")
                .by_hand("create the bucket first, and check again"),
        }
    }
}
