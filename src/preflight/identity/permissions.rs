//! What the role may do with the bucket: enough, and no more.
//!
//! Source: "Preparations", Data Online Migration documentation.

use super::held::{Granted, Held, HeldPolicy};
use crate::alibaba::ram::PolicyType;
use crate::preflight::destination::Ground;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::policy::{Effect, Names};
use crate::preflight::wanted::{BUCKET_ACTIONS, role_policy};
use crate::preflight::word::{listed, shell};

pub(in crate::preflight) const PERMISSIONS: Check = Check::identity(
    "IDENTITY_ROLE_PERMISSIONS",
    "what the role may do with the bucket",
    "with less the service cannot write the copies, and with more a fault or a leak reaches further than the \
     bucket",
);

/// What every copy takes; a denial of other operations may not matter.
pub(super) const COPYING: [&str; 4] =
    ["oss:ListObjects", "oss:GetObject", "oss:PutObject", "oss:AbortMultipartUpload"];

/// What all copies take, on which part of a bucket, with the names by which the page allows them.
pub(super) fn needed(ground: &Ground<'_>) -> Vec<(&'static str, String)> {
    let [bucket, objects] = resources(ground);
    let mut needed = Vec::new();
    for action in BUCKET_ACTIONS {
        // Of the bucket itself nothing is written, and uploads are objects'.
        if matches!(action, "oss:List*" | "oss:Get*") {
            needed.push((action, bucket.clone()));
        }
        needed.push((action, objects.clone()));
    }
    needed
}

/// The bucket and the objects in it, by their whole names.
pub(super) fn resources(ground: &Ground<'_>) -> [String; 2] {
    let region = ground.region.as_deref().unwrap_or("*");
    let owner = ground.owner().unwrap_or(&ground.account);
    let bucket = format!("acs:oss:oss-{region}:{owner}:{}", ground.wish.bucket);
    let objects = format!("{bucket}/*");
    [bucket, objects]
}

/// The copies, by their whole names.
pub(super) fn copies(ground: &Ground<'_>) -> String {
    let [bucket, _] = resources(ground);
    format!("{bucket}/{}*", ground.wish.prefix)
}

pub(super) fn permissions(ground: &Ground<'_>, name: &str, held: &Held) -> Finding {
    let console = format!(
        "RAM console > Identities > Roles > {name} > Grant Permission: a custom policy {}",
        role_policy(ground.wish.bucket).text()
    );
    let mend = |finding: Finding| finding.run(ground.prepare()).by_hand(console.clone());
    let copies = copies(ground);
    let denied = held.denied(&COPYING, &copies);
    if let Some(denied) = denied.filter(|denied| denied.is_certain) {
        let by = denied.policy.statement(denied.statement);
        return PERMISSIONS
            .blocker(format!("`{}` is denied to `{name}` by {by}", denied.action))
            .because("a statement that denies counts more than all that allow")
            .by_hand(format!(
                "RAM console > Permissions > Policies > {}: take the statement out",
                denied.policy.name.name
            ));
    }
    // The policy of another account's bucket lets the role in by itself.
    let by_bucket = ground.crosses_accounts() == Some(true);
    let mut missing = Vec::new();
    let mut perhaps = None;
    for (action, resource) in needed(ground).into_iter().filter(|_| !by_bucket) {
        match held.granted(action, &resource) {
            Granted::By(_) => {}
            Granted::Perhaps(policy, by) => {
                perhaps.get_or_insert_with(|| policy.statement(by));
            }
            Granted::No => missing.push(format!("{action} on {}", short(&resource))),
        }
    }
    if !missing.is_empty() {
        if let Some(hidden) = held.hidden(ground, &PERMISSIONS) {
            return hidden;
        }
        let seen = format!("`{name}` has {}; missing is {}", held.names(), listed(&missing, 6));
        return match ground.crosses_accounts() {
            Some(_) => mend(PERMISSIONS.blocker(seen)),
            // The policy of another account's bucket would do as well.
            None => mend(PERMISSIONS.unknown(format!(
                "{seen}; whether it is needed depends on whose the bucket is, which may not be looked at"
            ))),
        };
    }
    if let Some(denied) = denied {
        let by = denied.policy.statement(denied.statement);
        return mend(
            PERMISSIONS.warning(format!("`{}` is denied on conditions by {by}", denied.action)),
        );
    }
    if let Some(statement) = perhaps {
        return mend(PERMISSIONS.warning(format!("allowed on conditions only: {statement}")));
    }
    if let Some(hidden) = held.hidden(ground, &PERMISSIONS) {
        return hidden;
    }
    let wider = wider(ground, held);
    if let Some((policy, _)) = wider.first() {
        let told: Vec<String> =
            wider.iter().map(|(policy, what)| format!("{}: {what}", policy.name.name)).collect();
        let seen = format!("`{name}` may do more than it needs: {}", listed(&told, 4));
        return PERMISSIONS.warning(seen).run(narrow(ground, name, policy)).by_hand(console);
    }
    if by_bucket {
        return PERMISSIONS
            .ok("none of its policies denies it; the bucket's policy has to let it in");
    }
    PERMISSIONS.ok(format!("the four permissions, and on `{}` alone", ground.wish.bucket))
}

/// A resource without what is the same in all.
fn short(resource: &str) -> &str {
    resource.splitn(5, ':').last().unwrap_or(resource)
}

/// The command that takes away what is too much in a policy.
fn narrow(ground: &Ground<'_>, role: &str, policy: &HeldPolicy) -> String {
    let name = shell(&policy.name.name);
    match policy.name.kind {
        PolicyType::System => format!(
            "{} && aliyun ram DetachPolicyFromRole --PolicyType System --PolicyName {name} --RoleName {}",
            ground.prepare(),
            shell(role)
        ),
        PolicyType::Custom => format!(
            "aliyun ram CreatePolicyVersion --PolicyName {name} --SetAsDefault true --PolicyDocument {}",
            shell(&role_policy(ground.wish.bucket).text())
        ),
    }
}

/// What is allowed beyond the bucket and beyond the four permissions, and by which policies.
fn wider<'a>(ground: &Ground<'_>, held: &'a Held) -> Vec<(&'a HeldPolicy, String)> {
    let bucket = ground.wish.bucket;
    let inside = |resource: &String| {
        let part = short(resource);
        part == bucket || part.strip_prefix(bucket).is_some_and(|rest| rest.starts_with('/'))
    };
    let mut wider = Vec::new();
    for policy in &held.policies {
        for statement in policy.document.statements() {
            let meaning = statement.meaning();
            if meaning.effect == Effect::Deny {
                continue;
            }
            let mut add = |what: String| wider.push((policy, what));
            match &meaning.actions {
                Names::Except(_) => add("all actions but some".to_owned()),
                Names::Only(actions) if !actions.iter().any(|action| is_of_oss(action)) => continue,
                Names::Only(actions) => {
                    let more = actions.iter().filter(|action| !is_for_copies(action));
                    more.cloned().for_each(&mut add);
                }
            }
            match &meaning.resources {
                Some(Names::Only(resources)) => {
                    let more = resources.iter().filter(|resource| !inside(resource));
                    more.map(|resource| format!("on {resource}")).for_each(&mut add);
                }
                Some(Names::Except(_)) | None => add("on all but some".to_owned()),
            }
        }
    }
    wider
}

/// Whether an action is one of OSS, or any.
fn is_of_oss(action: &str) -> bool {
    action == "*" || action.to_ascii_lowercase().starts_with("oss:")
}

/// Whether an action is within the four permissions, or not about OSS.
fn is_for_copies(action: &str) -> bool {
    let name = action.to_ascii_lowercase();
    !is_of_oss(action)
        || name == "oss:abortmultipartupload"
        || ["oss:list", "oss:get", "oss:put"].iter().any(|start| name.starts_with(start))
}
