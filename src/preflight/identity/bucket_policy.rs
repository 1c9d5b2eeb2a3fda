//! Whom the bucket lets in, and whom it keeps out.
//!
//! Sources: "Preparations" (destination in another account), Data Online Migration documentation; "Bucket
//! policy", OSS documentation.

use super::permissions::{COPYING, copies, needed};
use super::role::Seen;
use super::user::Who;
use crate::preflight::destination::Ground;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::policy::{Caller, Document, Effect, Grant};
use crate::preflight::wanted::bucket_policy;
use crate::preflight::word::{listed, quoted};

pub(in crate::preflight) const POLICY: Check = Check::identity(
    "IDENTITY_BUCKET_POLICY",
    "whom the bucket's policy lets in",
    "a role of another account gets into the bucket by the bucket's own policy only, and a statement that \
     denies keeps out whomever it means",
);

pub(super) fn check(ground: &Ground<'_>, role: &Seen, user: &Who) -> Vec<Finding> {
    if ground.bucket().is_none() {
        return Vec::new();
    }
    let Some(writer) = user.writer(ground) else { return Vec::new() };
    vec![match &ground.policy {
        Err(hidden) => ground.hidden(&POLICY, hidden),
        Ok(policy) => judge(ground, role, policy.as_ref(), &writer),
    }]
}

fn judge(ground: &Ground<'_>, role: &Seen, policy: Option<&Document>, writer: &Caller) -> Finding {
    if let Some(finding) = policy.and_then(|policy| denied(ground, policy, writer)) {
        return finding;
    }
    match (ground.crosses_accounts(), policy) {
        (Some(false), None) => POLICY.ok("there is none, and a bucket of the same account needs none"),
        (Some(false), Some(_)) => POLICY.ok(format!("it does not keep out {writer}")),
        (None, _) => POLICY
            .unknown(format!("it does not keep out {writer}; whether it has to let it in depends on the bucket's owner"))
            .by_hand("see DESTINATION_ACCOUNT"),
        (Some(true), _) if !role.is_known(ground) => POLICY
            .unknown("no role was named that it would have to let in")
            .run(ground.again("--role NAME")),
        (Some(true), policy) => let_in(ground, policy, writer),
    }
}

/// A statement that keeps the writer out.
fn denied(ground: &Ground<'_>, policy: &Document, writer: &Caller) -> Option<Finding> {
    let copies = copies(ground);
    let mut perhaps = None;
    for action in COPYING {
        let (statement, is_certain) = match policy.grants(action, Some(&copies), Some(writer)) {
            Grant::Denied(by) => (by, true),
            Grant::Conditional(by) if by.meaning().effect == Effect::Deny => (by, false),
            _ => continue,
        };
        let seen = format!("`{action}` is denied to {writer}: {}", quoted(statement.text()));
        let seen = if is_certain { seen } else { format!("on conditions, {seen}") };
        let finding = if is_certain { POLICY.blocker(seen) } else { POLICY.warning(seen) };
        let finding = finding.by_hand(format!(
            "OSS console of account {} > the bucket > Permission Control > Bucket Policy: take the statement out, \
             or except {writer} from it",
            ground.owner().unwrap_or("that owns it")
        ));
        if is_certain {
            return Some(finding);
        }
        perhaps.get_or_insert(finding);
    }
    perhaps
}

/// Whether the policy of another account's bucket lets the writer in.
fn let_in(ground: &Ground<'_>, policy: Option<&Document>, writer: &Caller) -> Finding {
    let owner = ground.owner().unwrap_or("OWNER");
    let wanted = bucket_policy(owner, ground.wish.bucket, &ground.account, &ground.role());
    let mend = |finding: Finding| {
        finding
            .run(ground.prepare())
            .by_hand(format!(
                "OSS console of account {owner} > the bucket > Permission Control > Bucket Policy > Add by Syntax, \
                 behind the statements that are there (a new policy takes the place of the whole): {}",
                wanted.text()
            ))
    };
    let Caller::Role { .. } = writer else {
        return POLICY
            .warning(format!("the bucket is another account's, and {writer} is to write with keys"))
            .because("the pages describe another account's bucket for roles only")
            .run(ground.again("--cross-account"));
    };
    let Some(policy) = policy else {
        return mend(
            POLICY.blocker(format!("the bucket has no policy, and {writer} is not let in")),
        );
    };
    let allowing = policy.allowing();
    let (mut missing, mut perhaps) = (Vec::new(), None);
    for (action, resource) in needed(ground) {
        match allowing.grants(action, Some(&resource), Some(writer)) {
            Grant::Allowed => {}
            Grant::Conditional(by) => perhaps = Some(quoted(by.text())),
            Grant::Denied(_) | Grant::NotGranted => {
                let place = if resource.ends_with("/*") { "objects" } else { "the bucket" };
                missing.push(format!("{action} on {place}"));
            }
        }
    }
    if !missing.is_empty() {
        return mend(POLICY.blocker(format!("{writer} lacks {}", listed(&missing, 6))));
    }
    match perhaps {
        Some(statement) => {
            mend(POLICY.warning(format!("{writer} is let in on conditions only: {statement}")))
        }
        None => POLICY.ok(format!("{writer} is let in")),
    }
}
