//! What is in the bucket already, and whether it can be replaced.
//!
//! Sources: `ListObjectsV2`, `GetBucketWorm`, OSS API reference; "Retention policies", OSS documentation;
//! overwriting, "Migrate data", Data Online Migration documentation.

use futures::future::join;

use super::ground::Ground;
use crate::alibaba::oss::Bucket;
use crate::preflight::finding::{Check, Finding};

pub(in crate::preflight) const CONTENTS: Check = Check::destination(
    "DESTINATION_CONTENTS",
    "what is there already",
    "objects of the same name are overwritten, unless the job says `never`, and what is there besides looks \
     like copies afterwards",
);

pub(in crate::preflight) const RETENTION: Check = Check::destination(
    "DESTINATION_RETENTION",
    "retention of the bucket (WORM)",
    "while retention lasts nothing can be overwritten or deleted: objects that changed at the source since an \
     earlier run fail, and mistakes stay",
);

/// What is there already, if the bucket can be asked.
pub(super) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let Some(bucket) = ground.bucket() else { return Vec::new() };
    let (contents, retention) = join(contents(ground, &bucket), retention(ground, &bucket)).await;
    vec![contents, retention]
}

async fn contents(ground: &Ground<'_>, bucket: &Bucket<'_>) -> Finding {
    let prefix = ground.wish.prefix;
    match bucket.first_key(prefix).await {
        Ok(None) if prefix.is_empty() => CONTENTS.ok("the bucket is empty"),
        Ok(None) => CONTENTS.ok(format!("nothing is below `{}`", prefix.escape_debug())),
        Ok(Some(key)) => {
            let place = match prefix {
                "" => "in the bucket".to_owned(),
                prefix => format!("below `{}`", prefix.escape_debug()),
            };
            CONTENTS
                .warning(format!("objects are {place} already, such as `{}`", key.escape_debug()))
                .run(format!("weighbridge jobs SUMMARY --to {} --overwrite never", ground.to()))
                .by_hand(
                    "that leaves what is there as it is; or choose a prefix below which nothing is. After an earlier \
                     run of the same jobs this is as it should be",
                )
        }
        Err(error) => ground.unreadable(&CONTENTS, &error, "oss:ListObjects", &ground.bucket_arn()),
    }
}

async fn retention(ground: &Ground<'_>, bucket: &Bucket<'_>) -> Finding {
    match bucket.worm().await {
        Ok(None) => RETENTION.ok("there is none"),
        Ok(Some(worm)) if worm.is_locked() => RETENTION
            .warning(format!("objects cannot be overwritten or deleted for {} days, and this is locked", worm.days))
            .by_hand("migrate once, without repeated runs, into a prefix below which nothing is; or into a bucket without retention"),
        Ok(Some(worm)) if worm.state == "Expired" => RETENTION.ok("it was not locked, and is over"),
        Ok(Some(worm)) => RETENTION
            .warning(format!("objects cannot be overwritten or deleted for {} days ({})", worm.days, worm.state.escape_debug()))
            .run(format!("ossutil api abort-bucket-worm --bucket {}", crate::preflight::word::shell(bucket.name)))
            .by_hand("OSS console > the bucket > Data Protection > Retention Policy: it can be taken back until it is locked; lock it after the migration"),
        Err(error) => {
            ground.unreadable(&RETENTION, &error, "oss:GetBucketWorm", &ground.bucket_arn())
        }
    }
}
