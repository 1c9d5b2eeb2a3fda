//! Rules of the bucket that act on copies by themselves.
//!
//! Sources: see [`super::lifecycle`].

use super::ground::Ground;
use super::lifecycle::{Copies, Effect, effects};
use crate::alibaba::oss::Bucket;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::word::shell;

pub(in crate::preflight) const DELETION: Check = Check::destination(
    "DESTINATION_LIFECYCLE",
    "lifecycle rules that delete",
    "copies keep the time of their last modification, from which the rules count: what is old enough is \
     deleted soon after it arrives",
);

pub(in crate::preflight) const TRANSITION: Check = Check::destination(
    "DESTINATION_TRANSITION",
    "lifecycle rules that change the storage class",
    "copies keep the time of their last modification, from which the rules count: what is old enough is moved \
     soon after it arrives, which is billed, and archives have to be restored before they can be read",
);

/// What the lifecycle rules would do, if the bucket can be asked.
pub(super) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let Some(bucket) = ground.bucket() else { return Vec::new() };
    let unreadable = |check: &Check, error| {
        ground.unreadable(check, error, "oss:GetBucketLifecycle", &ground.bucket_arn())
    };
    let rules = match bucket.lifecycle().await {
        Ok(rules) => rules,
        Err(error) => return vec![unreadable(&DELETION, &error), unreadable(&TRANSITION, &error)],
    };
    let wish = ground.wish;
    let copies = Copies { prefix: wish.prefix, summary: wish.summary, now: wish.now };
    let effects = match effects(&rules, &copies) {
        Ok(effects) => effects,
        Err(date) => {
            let seen =
                format!("a rule names the date `{}`, which cannot be read", date.escape_debug());
            let remedy = "look at OSS console > the bucket > Data Management > Lifecycle";
            return [DELETION, TRANSITION]
                .map(|check| check.unknown(&*seen).by_hand(remedy))
                .into();
        }
    };
    let enabled = rules.iter().filter(|rule| rule.is_enabled).count();
    let (deletes, moves): (Vec<_>, Vec<_>) = effects.iter().partition(|effect| effect.to.is_none());
    vec![
        finding(&DELETION, &deletes, enabled, &bucket),
        finding(&TRANSITION, &moves, enabled, &bucket),
    ]
}

fn finding(check: &Check, effects: &[&Effect], enabled: usize, bucket: &Bucket<'_>) -> Finding {
    let Some(first) = effects.first() else {
        return match enabled {
            0 => check.ok("no rule is enabled"),
            1 => check.ok("1 rule is enabled, and does so to none of the copies within 30 days"),
            _ => check.ok(format!(
                "{enabled} rules are enabled, and none does so to copies within 30 days"
            )),
        };
    };
    let more = match effects.len() {
        1 => String::new(),
        2 => "; and 1 rule more".to_owned(),
        count => format!("; and {} rules more", count - 1),
    };
    let seen = format!("{}{more}", first.words);
    let finding = if first.is_certain && first.to.is_none() {
        check.blocker(seen)
    } else {
        check.warning(seen)
    };
    let names: Vec<String> =
        effects.iter().map(|effect| format!("`{}`", effect.rule.escape_debug())).collect();
    let name = shell(bucket.name);
    finding
        .run(format!(
            "ossutil api get-bucket-lifecycle --bucket {name} > lifecycle.xml && ossutil api \
             delete-bucket-lifecycle --bucket {name}"
        ))
        .by_hand(format!(
            "OSS console > the bucket > Data Management > Lifecycle: disable {} for the time of the \
             migration, or let them count from the last access or for another prefix",
            names.join(", ")
        ))
}
