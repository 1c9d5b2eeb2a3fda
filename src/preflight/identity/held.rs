//! The policies that a user or role has, and what they come to together.

use crate::alibaba::CallError;
use crate::alibaba::ram::{Holder, PolicyName, PolicyType, Ram};
use crate::preflight::destination::Ground;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::policy::{Document, Effect, Grant, Part, Statement};
use crate::preflight::word::quoted;

/// System policies whose whole meaning is in their names, with what they allow. Bodies of the two of the
/// migration service are not published; that they allow its operations is what the pages say of them.
const KNOWN: [(&str, &str); 6] = [
    (ADMINISTRATOR, "*"),
    ("AliyunOSSFullAccess", "oss:*"),
    ("AliyunMGWFullAccess", "mgw:*"),
    ("AliyunOSSImportFullAccess", "mgw:*"),
    ("AliyunKMSFullAccess", "kms:*"),
    ("AliyunRAMFullAccess", "ram:*"),
];

/// The system policy that allows everything.
pub(super) const ADMINISTRATOR: &str = "AdministratorAccess";

/// All policies of somebody, as far as they can be read.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) policies: Vec<HeldPolicy>,
    pub(super) hidden: Vec<Unread>,
}

/// A policy that somebody has.
#[derive(Debug)]
pub(super) struct HeldPolicy {
    pub(super) name: PolicyName,
    /// The group that it comes from.
    pub(super) group: Option<String>,
    pub(super) document: Document,
    /// That of it which allows.
    allows: Document,
}

/// Something that could not be read.
#[derive(Debug)]
pub(super) struct Unread {
    why: Why,
    /// What has to be allowed for it, and on what.
    action: &'static str,
    resource: String,
}

#[derive(Debug)]
enum Why {
    Call(CallError),
    /// It is not what it should be.
    Form(String),
}

/// Whether policies allow something, whatever else denies it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Granted<'a> {
    By(&'a HeldPolicy),
    /// On conditions.
    Perhaps(&'a HeldPolicy, &'a Statement),
    No,
}

/// A statement that denies, whatever else allows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Denied<'a> {
    pub(super) action: &'a str,
    pub(super) policy: &'a HeldPolicy,
    pub(super) statement: &'a Statement,
    /// Whether it does so without conditions.
    pub(super) is_certain: bool,
}

impl Held {
    /// The policies of a user, those of its groups included; `None` if there is no such user.
    pub(super) async fn of_user(ground: &Ground<'_>, name: &str) -> Result<Option<Self>, Unread> {
        let ram = Ram::new(ground.session);
        let Some(mut held) = Self::of(ground, Holder::User(name), None).await? else {
            return Ok(None);
        };
        let resource =
            |kind: &str, name: &str| format!("acs:ram:*:{}:{kind}/{name}", ground.account);
        match ram.groups_of(name).await {
            Ok(groups) => {
                for group in groups.unwrap_or_default() {
                    match Self::of(ground, Holder::Group(&group), Some(&group)).await {
                        Ok(of_group) => held.add(of_group.unwrap_or_default()),
                        Err(unread) => held.hidden.push(unread),
                    }
                }
            }
            Err(error) => held.hidden.push(Unread {
                why: Why::Call(error),
                action: "ram:ListGroupsForUser",
                resource: resource("user", name),
            }),
        }
        Ok(Some(held))
    }

    /// The policies of a role; `None` if there is no such role.
    pub(super) async fn of_role(ground: &Ground<'_>, name: &str) -> Result<Option<Self>, Unread> {
        Self::of(ground, Holder::Role(name), None).await
    }

    async fn of(
        ground: &Ground<'_>,
        holder: Holder<'_>,
        group: Option<&str>,
    ) -> Result<Option<Self>, Unread> {
        let ram = Ram::new(ground.session);
        let account = &ground.account;
        let names = ram.attached(holder).await.map_err(|error| {
            let (action, kind, name) = match holder {
                Holder::User(name) => ("ram:ListPoliciesForUser", "user", name),
                Holder::Group(name) => ("ram:ListPoliciesForGroup", "group", name),
                Holder::Role(name) => ("ram:ListPoliciesForRole", "role", name),
            };
            let resource = format!("acs:ram:*:{account}:{kind}/{name}");
            Unread { why: Why::Call(error), action, resource }
        })?;
        let Some(names) = names else { return Ok(None) };
        let mut held = Self::default();
        for name in names {
            let group = group.map(str::to_owned);
            match document(ground, &ram, &name).await {
                Ok(document) => {
                    let allows = document.allowing();
                    held.policies.push(HeldPolicy { name, group, document, allows });
                }
                Err(unread) => held.hidden.push(unread),
            }
        }
        Ok(Some(held))
    }

    fn add(&mut self, mut other: Self) {
        self.policies.append(&mut other.policies);
        self.hidden.append(&mut other.hidden);
    }

    /// The system policy of this name, if it is among them.
    pub(super) fn system(&self, name: &str) -> Option<&HeldPolicy> {
        self.policies.iter().find(|policy| policy.name == PolicyName::system(name))
    }

    /// Whether `action` is allowed on `resource`. Both may be patterns, and then all of it is meant.
    pub(super) fn granted(&self, action: &str, resource: &str) -> Granted<'_> {
        let mut granted = Granted::No;
        for policy in &self.policies {
            match policy.allows.grants(action, Some(resource), None) {
                Grant::Allowed => return Granted::By(policy),
                Grant::Conditional(by) => granted = Granted::Perhaps(policy, by),
                Grant::Denied(_) | Grant::NotGranted => {}
            }
        }
        granted
    }

    /// What denies any of `actions` on any of `resource`; what does so without conditions first.
    pub(super) fn denied<'a>(&'a self, actions: &[&'a str], resource: &str) -> Option<Denied<'a>> {
        let mut perhaps = None;
        for policy in &self.policies {
            for action in actions {
                let denied = match policy.document.grants(action, Some(resource), None) {
                    Grant::Denied(by) => (by, true),
                    Grant::Conditional(by) if by.meaning().effect == Effect::Deny => (by, false),
                    _ => continue,
                };
                let (statement, is_certain) = denied;
                let denied = Denied { action, policy, statement, is_certain };
                if is_certain {
                    return Some(denied);
                }
                perhaps.get_or_insert(denied);
            }
        }
        perhaps
    }

    /// Names of all, in a sentence.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> = self.policies.iter().map(HeldPolicy::shown).collect();
        if names.is_empty() { "no policy".to_owned() } else { names.join(", ") }
    }

    /// What of it could not be read, as a finding.
    pub(super) fn hidden(&self, ground: &Ground<'_>, check: &Check) -> Option<Finding> {
        self.hidden.first().map(|unread| unread.finding(ground, check))
    }
}

impl HeldPolicy {
    /// Its name, and the group that it comes from.
    pub(super) fn shown(&self) -> String {
        match &self.group {
            None => format!("`{}`", self.name.name),
            Some(group) => format!("`{}` (of the group `{group}`)", self.name.name),
        }
    }

    /// A statement of it, in a sentence.
    pub(super) fn statement(&self, statement: &Statement) -> String {
        format!("{}: {}", self.shown(), quoted(statement.text()))
    }
}

impl Unread {
    /// As a finding of `check`.
    pub(super) fn finding(&self, ground: &Ground<'_>, check: &Check) -> Finding {
        match &self.why {
            Why::Call(error) => ground.unreadable(check, error, self.action, &self.resource),
            Why::Form(what) => check
                .unknown(format!("{}: {what}", self.resource))
                .by_hand("look at RAM console > Permissions > Policies"),
        }
    }
}

async fn document(
    ground: &Ground<'_>,
    ram: &Ram<'_>,
    name: &PolicyName,
) -> Result<Document, Unread> {
    let resource = format!("acs:ram:*:{}:policy/{}", ground.account, name.name);
    let unread = |why| Unread { why, action: "ram:GetPolicy", resource: resource.clone() };
    if name.kind == PolicyType::System
        && let Some((_, actions)) = KNOWN.iter().find(|(known, _)| *known == name.name)
    {
        let parts = [Part::Action(actions), Part::Resource("*")];
        return Ok(Document::of(vec![Statement::allowing(&parts)]));
    }
    match ram.policy(name).await {
        Ok(Some(policy)) => {
            Document::parse(&policy.document).map_err(|error| unread(Why::Form(error.to_string())))
        }
        Ok(None) => Err(unread(Why::Form("the policy is attached, and not there".to_owned()))),
        Err(error) => Err(unread(Why::Call(error))),
    }
}
