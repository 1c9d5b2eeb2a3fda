//! The role that the service takes on: whether it is there, whom it trusts, what it may do with the bucket.
//!
//! Sources: "Preparations", Data Online Migration documentation. The service's name in trust policies is
//! known from **third parties** only.

use super::held::{Granted, Held, HeldPolicy, Unread};
use super::user::Who;
use crate::alibaba::CallError;
use crate::alibaba::ram::{PolicyType, Ram, Role};
use crate::preflight::destination::Ground;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::policy::{Caller, Document, Effect, Grant, Names};
use crate::preflight::wanted::{
    ASSUME_ROLE, BUCKET_ACTIONS, SERVICE_PRINCIPAL, Way, role_policy, trust_policy, wrong_role_name,
};
use crate::preflight::word::{listed, quoted, shell};

pub(in crate::preflight) const ROLE: Check = Check::identity(
    "IDENTITY_ROLE",
    "the role of the service",
    "the service writes to the bucket with a role that it takes on",
);

pub(in crate::preflight) const ROLE_NAME: Check = Check::identity(
    "IDENTITY_ROLE_NAME",
    "the role's name",
    "the service wants the role's name in small letters",
);

pub(in crate::preflight) const TRUST: Check = Check::identity(
    "IDENTITY_ROLE_TRUST",
    "whom the role trusts",
    "the service can take on the role only if the role trusts it; the service's name is known from third \
     parties only, as the documentation shows it in the console as Data Transport",
);

pub(in crate::preflight) const PERMISSIONS: Check = Check::identity(
    "IDENTITY_ROLE_PERMISSIONS",
    "what the role may do with the bucket",
    "with less the service cannot write the copies, and with more a fault or a leak reaches further than the \
     bucket",
);

/// What every copy takes; a denial of other operations may not matter.
pub(super) const COPYING: [&str; 4] =
    ["oss:ListObjects", "oss:GetObject", "oss:PutObject", "oss:AbortMultipartUpload"];

/// The role, as far as it was looked at.
#[derive(Debug)]
pub(super) enum Seen {
    /// No role is needed in this way.
    NotNeeded(Way),
    /// The keys are of another account.
    Elsewhere,
    /// It was looked up.
    Looked(Box<Looked>),
}

/// A role, as far as it could be looked at.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) name: String,
    /// Whether the user named it.
    is_named: bool,
    role: Result<Option<Role>, CallError>,
    pub(super) held: Result<Option<Held>, Unread>,
}

impl Seen {
    /// Whether it is known which role it is: it was named, or the one of the default name is there.
    pub(super) fn is_known(&self, ground: &Ground<'_>) -> bool {
        let is_there = match self {
            Self::Looked(looked) => matches!(looked.role, Ok(Some(_))),
            Self::NotNeeded(_) | Self::Elsewhere => false,
        };
        is_there || ground.wish.role.is_some()
    }
}

pub(super) async fn look(ground: &Ground<'_>) -> Seen {
    let wish = ground.wish;
    match wish.way {
        Some(way) if !way.needs_role() && wish.role.is_none() => return Seen::NotNeeded(way),
        Some(Way::Classic) => return Seen::NotNeeded(Way::Classic),
        _ if !ground.is_at_home() => return Seen::Elsewhere,
        _ => {}
    }
    let name = ground.role();
    let ram = Ram::new(ground.session);
    let (role, held) = futures::join!(ram.role(&name), Held::of_role(ground, &name));
    Seen::Looked(Box::new(Looked { name, is_named: wish.role.is_some(), role, held }))
}

pub(super) fn check(ground: &Ground<'_>, seen: &Seen) -> Vec<Finding> {
    match seen {
        Seen::NotNeeded(Way::Classic) => {
            vec![
                ROLE.ok("none is needed: the classic console writes with the keys of the RAM user"),
            ]
        }
        Seen::NotNeeded(_) => {
            vec![ROLE.ok("none is needed yet: the console makes one with the data address")]
        }
        Seen::Elsewhere => vec![
            ROLE.unknown(format!(
                "the keys are of account {}, and the role is in account {}",
                ground.caller.account, ground.account
            ))
            .by_hand(format!("check once more with keys of account {}", ground.account)),
        ],
        Seen::Looked(looked) => {
            let name = &looked.name;
            let mut findings = vec![of_name(ground, name), there(ground, looked)];
            if let Ok(Some(role)) = &looked.role {
                findings.push(trust(ground, role));
            }
            match &looked.held {
                Ok(Some(held)) => findings.push(permissions(ground, name, held)),
                Err(unread) => findings.push(unread.finding(ground, &PERMISSIONS)),
                Ok(None) => {}
            }
            findings
        }
    }
}

fn of_name(ground: &Ground<'_>, name: &str) -> Finding {
    match wrong_role_name(name) {
        None => ROLE_NAME.ok(format!("`{name}`")),
        Some(wrong) => {
            let small = name.to_ascii_lowercase();
            ROLE_NAME
                .blocker(format!("`{}` {wrong}", name.escape_debug()))
                .run(format!(
                    "weighbridge prepare {} --manual --role {} --apply",
                    shell(&format!("oss://{}", ground.wish.bucket)),
                    shell(&small)
                ))
                .by_hand("RAM console > Identities > Roles > Create Role: Cloud Service, Data Transport, a name in small letters")
        }
    }
}

fn there(ground: &Ground<'_>, looked: &Looked) -> Finding {
    let name = &looked.name;
    let console = "RAM console > Identities > Roles > Create Role: Principal Type Cloud Service, Principal Name Data Transport";
    match &looked.role {
        Ok(Some(role)) => ROLE.ok(format!("`{}` is there", role.arn)),
        Ok(None) if looked.is_named => ROLE
            .blocker(format!("there is no role `{name}` in account {}", ground.account))
            .run(ground.prepare())
            .by_hand(console),
        Ok(None) => ROLE
            .unknown(format!(
                "no role was named, and there is none of the name that is made by default, `{name}`"
            ))
            .run("--role NAME; or --automatic, if the console is to make it; or --classic")
            .by_hand(console),
        Err(error) => {
            let resource = format!("acs:ram:*:{}:role/{name}", ground.account);
            ground.unreadable(&ROLE, error, "ram:GetRole", &resource)
        }
    }
}

fn trust(ground: &Ground<'_>, role: &Role) -> Finding {
    let service = ground.wish.service;
    let name = &role.role_name;
    let document = match Document::parse(&role.trust) {
        Ok(document) => document,
        Err(error) => {
            return TRUST
                .unknown(format!("the trust policy of `{name}` cannot be read: {error}"))
                .by_hand("look at RAM console > Identities > Roles > the role > Trust Policy");
        }
    };
    let mend = |finding: Finding| {
        finding
            .run(format!(
                "aliyun ram UpdateRole --RoleName {} --NewAssumeRolePolicyDocument {}",
                shell(name),
                shell(&trust_policy(service).text())
            ))
            .by_hand("RAM console > Identities > Roles > the role > Trust Policy; `--service-principal` names another service")
    };
    let asked = Caller::Service(service.to_owned());
    let whom = trusted(&document);
    match document.grants(ASSUME_ROLE, None, Some(&asked)) {
        Grant::Allowed if whom.iter().all(|one| one == service) => {
            let mark = if service == SERVICE_PRINCIPAL {
                " (a name known from third parties only)"
            } else {
                ""
            };
            TRUST.ok(format!("`{name}` trusts `{service}`{mark}"))
        }
        Grant::Allowed => {
            let others: Vec<String> = whom.into_iter().filter(|one| one != service).collect();
            mend(
                TRUST
                    .warning(format!(
                        "`{name}` trusts `{service}`, and also {}",
                        listed(&others, 3)
                    ))
                    .because("whoever else takes on the role can write to the bucket"),
            )
        }
        Grant::Conditional(statement) => mend(TRUST.warning(format!(
            "`{name}` trusts `{service}` on conditions only: {}",
            quoted(statement.text())
        ))),
        Grant::Denied(statement) => mend(TRUST.blocker(format!(
            "the trust policy of `{name}` denies `{service}`: {}",
            quoted(statement.text())
        ))),
        Grant::NotGranted if whom.is_empty() => {
            mend(TRUST.blocker(format!("`{name}` trusts nobody, and not `{service}`")))
        }
        Grant::NotGranted => mend(
            TRUST.blocker(format!("`{name}` trusts {}, and not `{service}`", listed(&whom, 3))),
        ),
    }
}

/// All whom a trust policy names in statements that allow.
fn trusted(document: &Document) -> Vec<String> {
    let allowing = document.statements().iter().filter(|one| one.meaning().effect == Effect::Allow);
    let named = allowing.flat_map(|statement| match &statement.meaning().principals {
        Some(Names::Only(names)) => names.iter().map(|principal| principal.name.clone()).collect(),
        Some(Names::Except(_)) => vec!["everybody but some".to_owned()],
        None => Vec::new(),
    });
    let mut whom: Vec<String> = named.collect();
    whom.sort();
    whom.dedup();
    whom
}

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

fn permissions(ground: &Ground<'_>, name: &str, held: &Held) -> Finding {
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

impl Who {
    /// Who writes the copies, as the bucket's policy sees them.
    pub(super) fn writer(&self, ground: &Ground<'_>) -> Option<Caller> {
        let account = ground.account.clone();
        if ground.wish.way != Some(Way::Classic) {
            return Some(Caller::Role { account, name: ground.role() });
        }
        let name = self.name()?.to_owned();
        Some(Caller::User { account, name, id: self.id().map(str::to_owned) })
    }
}
