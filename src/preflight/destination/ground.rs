//! What all checks of the destination stand on: whose keys, which bucket, where, whose, and whom it lets in.

use super::Destination;
use super::bucket;
use crate::alibaba::oss::{Bucket, BucketInfo, Presence, Setting};
use crate::alibaba::{CallError, Session, plain_region, sts};
use crate::preflight::finding::{Check, Finding};
use crate::preflight::policy::Document;
use crate::preflight::wanted::{self, Way};
use crate::preflight::word::shell;

/// Any region: OSS tells in its refusal where a bucket is.
const SOMEWHERE: &str = "cn-hangzhou";

pub(in crate::preflight) const KEYS: Check = Check::identity(
    "IDENTITY_KEYS",
    "keys of Alibaba Cloud",
    "the destination, users and roles can be looked at with keys of their account only",
);

/// What is known of keys and bucket.
#[derive(Debug)]
pub(in crate::preflight) struct Ground<'a> {
    pub(in crate::preflight) wish: &'a Destination<'a>,
    pub(in crate::preflight) session: &'a Session,
    /// Whose the keys are.
    pub(in crate::preflight) caller: sts::Identity,
    /// Looks at the bucket and what encrypts it: with its owner's keys, where these were given.
    pub(in crate::preflight) keeper: &'a Session,
    /// Whose these keys are.
    pub(in crate::preflight) keeping: sts::Identity,
    /// The account that migrates.
    pub(in crate::preflight) account: String,
    /// Where the bucket is, as far as that is known.
    pub(in crate::preflight) region: Option<String>,
    /// Whether the bucket is there.
    pub(in crate::preflight) presence: Result<Presence, CallError>,
    /// The region that the user named, if the bucket is not there.
    pub(in crate::preflight) misplaced: Option<&'a str>,
    /// Whom the bucket lets in; an error also where it cannot be read.
    pub(in crate::preflight) policy: Result<Option<Document>, Hidden>,
}

/// Why a policy is not known.
#[derive(Debug)]
pub(in crate::preflight) enum Hidden {
    /// The call failed.
    Call(CallError),
    /// It came, and is none.
    Unreadable(String),
    /// There was nothing to ask.
    Absent,
}

impl<'a> Ground<'a> {
    /// Looks. Without keys that are known there is no ground, and the finding says why.
    pub(super) async fn look(wish: &'a Destination<'a>) -> (Vec<Finding>, Option<Self>) {
        let session = match wish.session {
            Ok(session) => session,
            Err(why) => return (vec![no_keys(why)], None),
        };
        let caller = match sts::caller_identity(session).await {
            Ok(caller) => caller,
            Err(error) => return (vec![refused_keys(session, &error)], None),
        };
        let mut seen = format!("{}, of {}", caller.arn, session.credentials().source);
        let (keeper, keeping) = match wish.owner {
            None => (session, caller.clone()),
            Some(keeper) => match sts::caller_identity(keeper).await {
                Ok(keeping) => (keeper, keeping),
                Err(error) => return (vec![refused_keys(keeper, &error)], None),
            },
        };
        if wish.owner.is_some() {
            let source = &keeper.credentials().source;
            seen = format!("{seen}; for the bucket {}, of {source}", keeping.arn);
        }
        let named = wish.region.map(plain_region);
        let (presence, region) = find(keeper, wish.bucket, named).await;
        let region = region.or_else(|| named.map(str::to_owned));
        let policy = match (&presence, &region) {
            (Ok(Presence::Ours(_) | Presence::Denied(_)), Some(region)) => {
                policy(&Bucket { session: keeper, name: wish.bucket, region }).await
            }
            _ => Err(Hidden::Absent),
        };
        let account = wish.account.map_or_else(|| caller.account.clone(), str::to_owned);
        let misplaced =
            named.filter(|named| region.as_deref().is_some_and(|found| found != *named));
        let ground = Self {
            wish,
            session,
            caller,
            keeper,
            keeping,
            account,
            region,
            presence,
            misplaced,
            policy,
        };
        (vec![KEYS.ok(seen)], Some(ground))
    }

    /// What the bucket is, if that may be known.
    pub(in crate::preflight) fn info(&self) -> Option<&BucketInfo> {
        match &self.presence {
            Ok(Presence::Ours(info)) => Some(info),
            _ => None,
        }
    }

    /// The bucket, if it is there and may be asked.
    pub(in crate::preflight) fn bucket(&self) -> Option<Bucket<'_>> {
        let region = self.region.as_deref()?;
        match self.presence {
            Ok(Presence::Ours(_) | Presence::Denied(_)) => {
                Some(Bucket { session: self.keeper, name: self.wish.bucket, region })
            }
            _ => None,
        }
    }

    /// The number of the account that the bucket belongs to, if that may be known.
    pub(in crate::preflight) fn owner(&self) -> Option<&str> {
        let told = self.info().map(|info| info.owner.as_str()).filter(|owner| !owner.is_empty());
        told.or(self.wish.bucket_account)
    }

    /// Whether the bucket belongs to another account than the jobs; `None` if that is not known.
    pub(in crate::preflight) fn crosses_accounts(&self) -> Option<bool> {
        match (self.owner(), self.wish.way) {
            (Some(owner), _) => Some(owner != self.account),
            (None, Some(way)) => Some(way == Way::CrossAccount),
            (None, None) => None,
        }
    }

    /// Whether users and roles of the migration's account can be looked at with these keys.
    pub(in crate::preflight) fn is_at_home(&self) -> bool {
        self.caller.account == self.account
    }

    /// The role that the service takes on: the one named, or the one that is made by default.
    pub(in crate::preflight) fn role(&self) -> String {
        match self.wish.role {
            Some(role) => role.to_owned(),
            None => wanted::default_name(self.wish.bucket),
        }
    }

    /// What could not be looked at: the permission that is missing, or what else happened.
    pub(in crate::preflight) fn unreadable(
        &self,
        check: &Check,
        error: &CallError,
        action: &str,
        resource: &str,
    ) -> Finding {
        let text = error.to_string();
        let (what, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
        let denied = error.refusal().filter(|said| said.is_denied() || said.status == 403);
        let Some(said) = denied else {
            let finding = check.unknown(what);
            return if hint.is_empty() { finding } else { finding.by_hand(hint) };
        };
        let of_bucket = ["oss:", "kms:"].iter().any(|service| action.starts_with(service));
        let (caller, flag) = match (of_bucket, self.wish.owner) {
            (true, Some(_)) => (&self.keeping.arn, "--bucket-profile"),
            _ => (&self.caller.arn, "--to-profile"),
        };
        check
            .unknown(format!("{caller} lacks the permission `{action}` on `{resource}`: {said}"))
            .by_hand(format!(
                "RAM console > Identities > Users > Add Permissions: a policy that allows `{action}` on \
                 `{resource}`; or check with an administrator's keys (`{flag}`)"
            ))
    }

    /// The bucket, as policies name it.
    pub(in crate::preflight) fn bucket_arn(&self) -> String {
        format!("acs:oss:*:*:{}", self.wish.bucket)
    }

    /// The same check with further flags.
    pub(in crate::preflight) fn again(&self, flags: &str) -> String {
        format!("weighbridge check SOURCE --to {} {flags}", self.to())
    }

    /// Where copies go, as a word of a command.
    pub(in crate::preflight) fn to(&self) -> String {
        shell(&format!("oss://{}/{}", self.wish.bucket, self.wish.prefix))
    }

    /// The call that makes all of it right.
    pub(in crate::preflight) fn prepare(&self) -> String {
        let crosses = self.crosses_accounts() == Some(true);
        let way = match self.wish.way {
            Some(way) => way,
            None if crosses => Way::CrossAccount,
            None => Way::Manual,
        };
        let own = self.caller.arn.rsplit_once(":user/").map(|(_, name)| name);
        let user = self.wish.user.or(own);
        let mut command =
            format!("weighbridge prepare {}", shell(&format!("oss://{}", self.wish.bucket)));
        for (flag, value) in
            [("region", self.region.as_deref()), ("role", self.wish.role), ("user", user)]
        {
            if let Some(value) = value {
                command = format!("{command} --{flag} {}", shell(value));
            }
        }
        command = format!("{command} --{}", way.word());
        if crosses && self.wish.owner.is_none() && self.caller.account == self.account {
            command.push_str(" --bucket-profile NAME");
        }
        format!("{command} --apply")
    }
}

/// Whether the bucket is there, and in which region.
async fn find(
    session: &Session,
    name: &str,
    named: Option<&str>,
) -> (Result<Presence, CallError>, Option<String>) {
    let mut region = named.unwrap_or(SOMEWHERE).to_owned();
    let presence = Bucket { session, name, region: &region }.presence().await;
    let presence = match presence {
        Ok(Presence::Elsewhere(host)) => {
            let Some(found) = bucket::region_of(&host) else {
                return (Ok(Presence::Elsewhere(host)), None);
            };
            region = found.to_owned();
            Bucket { session, name, region: &region }.presence().await
        }
        other => other,
    };
    let region = match &presence {
        Ok(Presence::Ours(info)) => Some(plain_region(&info.location).to_owned()),
        // Somewhere is no answer to where.
        Ok(Presence::Denied(_)) if named.is_some() || region != SOMEWHERE => Some(region),
        _ => None,
    };
    (presence, region)
}

async fn policy(bucket: &Bucket<'_>) -> Result<Option<Document>, Hidden> {
    let Some(text) = bucket.setting(Setting::Policy).await.map_err(Hidden::Call)? else {
        return Ok(None);
    };
    let text = String::from_utf8(text).map_err(|_| Hidden::Unreadable("is no UTF-8".to_owned()))?;
    Document::parse(&text).map(Some).map_err(|error| Hidden::Unreadable(error.to_string()))
}

fn no_keys(why: &str) -> Finding {
    let (what, hint) = why.split_once("\nhint: ").unwrap_or((why, ""));
    if !hint.is_empty() {
        return KEYS.unknown(what).by_hand(hint);
    }
    KEYS.unknown(what)
        .by_hand(
            "create an access key in the RAM console (Identities > Users > the user > Create AccessKey), \
             and set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        )
        .run("aliyun configure --profile NAME")
}

fn refused_keys(session: &Session, error: &CallError) -> Finding {
    let text = error.to_string();
    let (what, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
    let seen = format!("{what}; the keys are from {}", session.credentials().source);
    let is_refused = error.refusal().is_some_and(|said| matches!(said.status, 400..=404));
    let finding = if is_refused { KEYS.blocker(seen) } else { KEYS.unknown(seen) };
    if hint.is_empty() { finding } else { finding.by_hand(hint) }
}
