//! The RAM user who migrates, and its policies.
//!
//! Sources: "Preparations", Data Online Migration documentation (the newer way), and "Prerequisites" of the
//! classic console (the older way). Either suffices.

use super::held::{ADMINISTRATOR, Granted, Held, Unread};
use super::permissions::{COPYING, copies};
use crate::alibaba::CallError;
use crate::alibaba::ram::{PolicyType, Ram, User};
use crate::preflight::destination::Ground;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::wanted::{USER_ACTIONS, Way};
use crate::preflight::word::shell;

pub(in crate::preflight) const USER: Check = Check::identity(
    "IDENTITY_USER",
    "the RAM user",
    "jobs are created by a RAM user of the account, who can do no more than migrations need",
);

pub(in crate::preflight) const POLICIES: Check = Check::identity(
    "IDENTITY_USER_POLICIES",
    "policies of the RAM user",
    "without these policies the user can neither create data addresses and jobs nor let the console make a role",
);

pub(in crate::preflight) const DENIED: Check = Check::identity(
    "IDENTITY_USER_DENIED",
    "statements that deny the user",
    "a statement that denies counts more than all that allow",
);

/// What the service's operations are called in policies ("Permissions", Data Online Migration documentation).
const MIGRATION: [&str; 10] = [
    "mgw:CreateImportAddress",
    "mgw:GetImportAddress",
    "mgw:VerifyImportAddress",
    "mgw:UpdateImportAddress",
    "mgw:CreateImportJob",
    "mgw:GetImportJob",
    "mgw:UpdateImportJob",
    "mgw:ListImportJobHistory",
    "mgw:GetImportJobResult",
    "mgw:GetImportReport",
];

/// Who migrates.
#[derive(Debug)]
pub(super) enum Who {
    /// A RAM user.
    User(Box<Looked>),
    /// The account itself, which can do everything.
    Root,
    /// A role whose temporary keys these are; a user was not named.
    Role,
    /// Somebody in another account than that of the keys.
    Elsewhere,
}

/// A RAM user, as far as it could be looked at.
#[derive(Debug)]
pub(super) struct Looked {
    name: String,
    /// Whether the keys are its own.
    is_caller: bool,
    found: Result<Option<User>, CallError>,
    held: Result<Option<Held>, Unread>,
}

impl Who {
    /// The name of the user, if it is one.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::User(user) => Some(&user.name),
            _ => None,
        }
    }

    /// Its number, by which policies of buckets name it, if that is known.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::User(user) => {
                let found = user.found.as_ref().ok()?.as_ref()?;
                Some(found.user_id.as_str()).filter(|id| !id.is_empty())
            }
            _ => None,
        }
    }

    /// Why its policies could not be listed, if so.
    pub(super) fn unread(&self) -> Option<&Unread> {
        match self {
            Self::User(user) => user.held.as_ref().err(),
            _ => None,
        }
    }

    /// Its policies, if they could be listed.
    pub(super) fn held(&self) -> Option<&Held> {
        match self {
            Self::User(user) => user.held.as_ref().ok()?.as_ref(),
            _ => None,
        }
    }
}

pub(super) async fn look(ground: &Ground<'_>) -> Who {
    if !ground.is_at_home() {
        return Who::Elsewhere;
    }
    let kind = ground.caller.arn.rsplit(':').next().unwrap_or_default();
    let own = kind.strip_prefix("user/");
    let name = match (ground.wish.user, own) {
        (Some(named), _) => named,
        (None, Some(own)) => own,
        (None, None) if kind == "root" => return Who::Root,
        (None, None) => return Who::Role,
    };
    let ram = Ram::new(ground.session);
    let (found, held) = futures::join!(ram.user(name), Held::of_user(ground, name));
    Who::User(Box::new(Looked { name: name.to_owned(), is_caller: own == Some(name), found, held }))
}

pub(super) fn check(ground: &Ground<'_>, who: &Who) -> Vec<Finding> {
    let mut findings = vec![user(ground, who)];
    match who {
        Who::Root => findings.push(POLICIES.ok("the account itself can do everything")),
        Who::User(user) => match &user.held {
            Ok(Some(held)) => {
                findings.push(policies(ground, &user.name, held));
                findings.push(denied(ground, &user.name, held));
            }
            Err(unread) => {
                findings.extend([POLICIES, DENIED].map(|check| unread.finding(ground, &check)));
            }
            // There is nobody whose policies could be looked at, as told before.
            Ok(None) => {}
        },
        Who::Role | Who::Elsewhere => {}
    }
    findings
}

fn user(ground: &Ground<'_>, who: &Who) -> Finding {
    match who {
        Who::Root => USER
            .warning(format!("the keys are those of the account {} itself", ground.account))
            .because("whoever gets hold of the account's own keys can do everything, delete and pay included")
            .run(ground.prepare())
            .by_hand("RAM console > Identities > Users > Create User, and use its keys"),
        Who::Role => USER
            .unknown(format!("the keys are temporary ones ({}), and no user was named", ground.caller.arn))
            .run(ground.again("--user NAME")),
        Who::Elsewhere => USER
            .unknown(format!(
                "the keys are of account {}, and users and roles of account {} cannot be looked at with them",
                ground.caller.account, ground.account
            ))
            .by_hand(format!("check once more with keys of account {}", ground.account)),
        Who::User(user) => looked(ground, user),
    }
}

fn looked(ground: &Ground<'_>, user: &Looked) -> Finding {
    let (name, account) = (&user.name, &ground.account);
    match &user.found {
        Ok(Some(_)) => USER.ok(format!("`{name}` of account {account}")),
        Ok(None) => USER
            .blocker(format!("there is no RAM user `{name}` in account {account}"))
            .run(ground.prepare())
            .by_hand("RAM console > Identities > Users > Create User, with Programmatic Access"),
        Err(_) if user.is_caller => {
            USER.ok(format!("`{name}` of account {account}, whose keys these are"))
        }
        Err(error) => {
            let resource = format!("acs:ram:*:{account}:user/{name}");
            ground.unreadable(&USER, error, "ram:GetUser", &resource)
        }
    }
}

/// What is missing for a way, as policies to be attached.
struct Lack {
    system: Vec<&'static str>,
    actions: Vec<&'static str>,
    /// What is allowed on conditions only.
    perhaps: Option<String>,
}

fn lack(ground: &Ground<'_>, held: &Held, way: Way) -> Lack {
    let everything = held.system(ADMINISTRATOR).is_some();
    let all = |service: &str| format!("acs:{service}:*:{}:*", ground.account);
    // A policy of one's own that allows as much as the system's is as good.
    let own = |action: &str, resource: &str| match held.granted(action, resource) {
        Granted::By(policy) => policy.name.kind == PolicyType::Custom,
        _ => false,
    };
    let has = |name: &str| match name {
        _ if everything || held.system(name).is_some() => true,
        "AliyunOSSFullAccess" => own("oss:*", "acs:oss:*:*:*"),
        _ => own("mgw:*", &all("mgw")),
    };
    let system = way.user_policies().iter().copied().filter(|name| !has(name)).collect();
    let mut lack = Lack { system, actions: Vec::new(), perhaps: None };
    for action in USER_ACTIONS.into_iter().filter(|_| way.needs_user_policy()) {
        match held.granted(action, &all("ram")) {
            Granted::By(_) => {}
            Granted::Perhaps(policy, by) => {
                lack.perhaps.get_or_insert_with(|| policy.statement(by));
            }
            Granted::No => lack.actions.push(action),
        }
    }
    lack
}

impl Lack {
    fn is_nothing(&self) -> bool {
        self.system.is_empty() && self.actions.is_empty()
    }

    fn words(&self) -> String {
        let mut words: Vec<String> = self.system.iter().map(|name| format!("`{name}`")).collect();
        if !self.actions.is_empty() {
            words.push(format!("a custom policy that allows {}", self.actions.join(", ")));
        }
        words.join(" and ")
    }
}

fn policies(ground: &Ground<'_>, name: &str, held: &Held) -> Finding {
    let ways = match ground.wish.way {
        Some(way) => vec![way],
        None => vec![Way::Automatic, Way::Classic],
    };
    let lacks: Vec<(Way, Lack)> =
        ways.into_iter().map(|way| (way, lack(ground, held, way))).collect();
    if let Some((way, lack)) = lacks.iter().find(|(_, lack)| lack.is_nothing()) {
        let seen = format!("`{name}` has what the {} asks for: {}", page(*way), held.names());
        return match &lack.perhaps {
            None => POLICIES.ok(seen),
            Some(statement) => POLICIES
                .warning(format!("{seen}, but on conditions: {statement}"))
                .by_hand("RAM console > Permissions > Policies: see whether the conditions hold for the migration"),
        };
    }
    if let Some(hidden) = held.hidden(ground, &POLICIES) {
        return hidden;
    }
    let missing: Vec<String> = lacks
        .iter()
        .map(|(way, lack)| format!("for the {}: {}", page(*way), lack.words()))
        .collect();
    let (_, first) = &lacks[0];
    let attach = |policy: &str, kind: &str| {
        format!(
            "aliyun ram AttachPolicyToUser --PolicyType {kind} --PolicyName {policy} --UserName {}",
            shell(name)
        )
    };
    let finding = POLICIES
        .blocker(format!("`{name}` has {}; missing is, {}", held.names(), missing.join("; or, ")))
        .by_hand(
            "RAM console > Identities > Users > the user > Add Permissions: the policies that are missing for \
             either way",
        );
    match (first.system.first(), first.actions.is_empty()) {
        (Some(policy), true) => finding.run(attach(policy, "System")),
        _ => finding.run(ground.prepare()),
    }
}

fn page(way: Way) -> &'static str {
    match way {
        Way::Classic => "older way (classic console)",
        _ => "newer way",
    }
}

fn denied(ground: &Ground<'_>, name: &str, held: &Held) -> Finding {
    let all = |service: &str| format!("acs:{service}:*:{}:*", ground.account);
    // The classic console needs no role, and writes with the user's own keys.
    let classic = ground.wish.way == Some(Way::Classic);
    let of_roles: &[&str] = if classic { &[] } else { &USER_ACTIONS };
    let of_copies: &[&str] = if classic { &COPYING } else { &[] };
    let denied = [
        held.denied(&MIGRATION, &all("mgw")),
        held.denied(of_roles, &all("ram")),
        held.denied(of_copies, &copies(ground)),
    ];
    let worst = denied.into_iter().flatten().max_by_key(|denied| denied.is_certain);
    let Some(denied) = worst else {
        return held.hidden(ground, &DENIED).unwrap_or_else(|| {
            DENIED.ok(format!("none of the policies of `{name}` denies what it needs"))
        });
    };
    let (action, policy) = (denied.action, denied.policy);
    let seen =
        format!("`{action}` is denied to `{name}` by {}", policy.statement(denied.statement));
    let finding = if denied.is_certain { DENIED.blocker(seen) } else { DENIED.warning(seen) };
    finding.by_hand(format!(
        "RAM console > Permissions > Policies > {}: take the statement out, or except this user from it",
        policy.name.name
    ))
}
