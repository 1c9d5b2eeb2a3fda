//! Users, roles and policies that are there.

use super::action::Action;
use super::clouds::Clouds;
use super::error::PrepareError;
use super::plan::{Outcome, Plan};
use super::record::{Record, State};
use super::wish::Wish;
use crate::alibaba::ram::{Holder, PolicyName};
use crate::preflight::policy::{Caller, Diff, Document, Grant, Place};
use crate::preflight::wanted::{self, ASSUME_ROLE};

/// The policies that somebody has.
#[derive(Debug, Default)]
pub(super) struct Holds(Vec<PolicyName>);

/// The user and its policies.
pub(super) async fn user(
    clouds: &Clouds<'_>,
    wish: &Wish,
    user: &str,
    plan: &mut Plan,
) -> Result<(), PrepareError> {
    let ram = clouds.ram();
    let title = format!("RAM user {user}");
    let mut holds = Holds::default();
    if ram.user(user).await?.is_some() {
        plan.push(title, "is there", Outcome::Kept);
        holds.0 = ram.attached(Holder::User(user)).await?.unwrap_or_default();
    } else {
        let action = Action::CreateUser { user: user.to_owned() };
        plan.push(title, "there is none", Outcome::Do(action));
    }
    for name in wish.way.user_policies() {
        let policy = PolicyName::system(*name);
        if is_known(clouds, &policy, plan).await? {
            user_attachment(user, &holds, &policy, plan);
        }
    }
    if wish.way.needs_user_policy() {
        let name = wish.user_policy_name();
        custom_policy(clouds, &name, &wanted::user_policy(), plan).await?;
        user_attachment(user, &holds, &PolicyName::custom(name), plan);
    }
    Ok(())
}

/// The role, and what it has.
pub(super) async fn role(
    clouds: &Clouds<'_>,
    wish: &Wish,
    plan: &mut Plan,
) -> Result<Holds, PrepareError> {
    let (name, ram) = (&wish.role, clouds.ram());
    let title = format!("role {name}");
    let wanted = wanted::trust_policy(&wish.service_principal);
    let Some(role) = ram.role(name).await? else {
        let action = Action::CreateRole { role: name.clone(), trust: wanted.text() };
        plan.push(title, "there is none", Outcome::Do(action));
        return Ok(Holds::default());
    };
    let what = || format!("the trust policy of the role {name}");
    let trust = parse(&role.trust, what)?;
    let service = Caller::Service(wish.service_principal.clone());
    if matches!(trust.grants(ASSUME_ROLE, None, Some(&service)), Grant::Allowed) {
        let found = format!("is there and trusts {}", wish.service_principal);
        plan.push(title, found, Outcome::Kept);
    } else {
        let why = format!("it does not trust {} as it is", wish.service_principal);
        let hint = "name another role with `--role`, or let it trust the service in the console";
        plan.push(title, "is there", Outcome::in_the_way(why, hint));
    }
    Ok(Holds(ram.attached(Holder::Role(name)).await?.unwrap_or_default()))
}

/// A policy of the account.
pub(super) async fn custom_policy(
    clouds: &Clouds<'_>,
    name: &str,
    wanted: &Document,
    plan: &mut Plan,
) -> Result<(), PrepareError> {
    let title = format!("policy {name}");
    let what = || format!("the policy {name}");
    wanted.check(Place::Ram).map_err(|source| PrepareError::Limit { what: what(), source })?;
    let Some(policy) = clouds.ram().policy(&PolicyName::custom(name)).await? else {
        let action = Action::CreatePolicy { policy: name.to_owned(), document: wanted.text() };
        plan.push(title, "there is none", Outcome::Do(action));
        return Ok(());
    };
    let found = parse(&policy.document, what)?;
    let outcome = if found.says_the_same(wanted) {
        Outcome::Kept
    } else {
        let diff = Diff::new(&found.pretty(), &wanted.pretty());
        let why = format!("it is another one; from what is there to what is wanted:\n{diff}");
        Outcome::in_the_way(why, "let names begin with something else: `--name`")
    };
    plan.push(title, "is there", outcome);
    Ok(())
}

/// Whether there is a policy of Alibaba Cloud of this name.
pub(super) async fn is_known(
    clouds: &Clouds<'_>,
    policy: &PolicyName,
    plan: &mut Plan,
) -> Result<bool, PrepareError> {
    if clouds.ram().policy(policy).await?.is_some() {
        return Ok(true);
    }
    let hint = "activate the service in the console, or grant what it needs by hand";
    let outcome = Outcome::in_the_way("RAM does not know it", hint);
    plan.push(format!("system policy {}", policy.name), "there is none", outcome);
    Ok(false)
}

fn user_attachment(user: &str, holds: &Holds, policy: &PolicyName, plan: &mut Plan) {
    let title = format!("{} of the RAM user {user}", policy.name);
    let action = Action::AttachToUser {
        kind: policy.kind,
        policy: policy.name.clone(),
        user: user.to_owned(),
    };
    attachment(title, holds, policy, action, plan);
}

pub(super) fn role_attachment(wish: &Wish, holds: &Holds, policy: &PolicyName, plan: &mut Plan) {
    let title = format!("{} of the role {}", policy.name, wish.role);
    let action = Action::AttachToRole {
        kind: policy.kind,
        policy: policy.name.clone(),
        role: wish.role.clone(),
    };
    attachment(title, holds, policy, action, plan);
}

fn attachment(title: String, holds: &Holds, policy: &PolicyName, action: Action, plan: &mut Plan) {
    if holds.0.contains(policy) {
        plan.push(title, "is attached", Outcome::Kept);
    } else {
        plan.push(title, "is not attached", Outcome::Do(action));
    }
}

/// An access key of the user. One that is there is kept, unless an earlier run broke off while it made it: then
/// nobody has its secret.
pub(super) async fn access_key(
    clouds: &Clouds<'_>,
    user: &str,
    earlier: Option<&Record>,
    plan: &mut Plan,
) -> Result<(), PrepareError> {
    let title = format!("access key of the RAM user {user}");
    let keys = clouds.ram().access_keys(user).await?.unwrap_or_default();
    let ids: Vec<&str> = keys.iter().map(|key| key.access_key_id.as_str()).collect();
    let entries = earlier.into_iter().flat_map(|record| &record.steps);
    let broken_off = entries
        .filter_map(|entry| match (&entry.action, entry.state) {
            (Action::CreateAccessKey { user: own, .. }, State::Begun) if own == user => {
                Some(entry.made.as_deref())
            }
            // It was to be replaced, and that run broke off before.
            (Action::CreateAccessKey { user: own, replaces: Some(lost) }, State::Planned)
                if own == user =>
            {
                Some(Some(lost.as_str()))
            }
            _ => None,
        })
        // Where the record names the key, another one is somebody else's.
        .find(|made| made.is_none_or(|made| ids.contains(&made)));
    let create = |replaces: Option<&str>| {
        let replaces = replaces.map(str::to_owned);
        Outcome::Do(Action::CreateAccessKey { user: user.to_owned(), replaces })
    };
    match (broken_off, ids.as_slice()) {
        (_, []) => plan.push(title, "there is none", create(None)),
        (Some(Some(lost)), _) | (Some(None), &[lost]) => {
            plan.push(title, format!("{lost}, whose secret was lost"), create(Some(lost)));
        }
        (Some(None), several) => {
            let why =
                "an earlier run broke off while it made one of them, and which one is not known";
            let hint = "delete the one that nobody uses in the console";
            plan.push(title, several.join(" and "), Outcome::in_the_way(why, hint));
        }
        (None, some) => {
            let found = format!("{}, whose secret only its owner knows", some.join(" and "));
            plan.push(title, found, Outcome::Kept);
        }
    }
    Ok(())
}

pub(super) fn parse(text: &str, what: impl Fn() -> String) -> Result<Document, PrepareError> {
    Document::parse(text).map_err(|source| PrepareError::Unreadable { what: what(), source })
}
