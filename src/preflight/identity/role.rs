//! The role that the service takes on: whether it is there, and whom it trusts.
//!
//! Sources: "Preparations", Data Online Migration documentation. The service's name in trust policies is
//! known from **third parties** only.

use super::held::{Held, Unread};
use super::permissions::{PERMISSIONS, permissions};
use super::user::Who;
use crate::alibaba::CallError;
use crate::alibaba::ram::{Ram, Role};
use crate::preflight::destination::Ground;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::policy::{Caller, Document, Effect, Grant, Names};
use crate::preflight::wanted::{
    ASSUME_ROLE, SERVICE_PRINCIPAL, Way, trust_policy, wrong_role_name,
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
            .run(ground.again("--role NAME"))
            .by_hand(format!(
                "{console}; if the console is to make it with the data address: `--automatic`; for the classic \
                 console: `--classic`"
            )),
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
