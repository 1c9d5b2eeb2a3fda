//! Who may do what.

use super::answer::{Refused, refused};
use super::bucket;
use super::host::Named;
use super::judge::{Asked, Verdict, judge};
use super::state::{Caller, State, StoredBucket};

/// What the service of a host says to one who may not.
pub(super) fn denied(service: Named<'_>) -> Refused {
    match service {
        Named::Kms { .. } => {
            let message = "This operation is forbidden by permission system.";
            refused(403, "Forbidden.NoPermission", message)
        }
        Named::Bucket { .. } | Named::Oss { .. } => {
            refused(403, "AccessDenied", "The bucket you access does not belong to you.")
                .with_ec("0003-00000001")
        }
        _ => refused(403, "NoPermission", "You are not authorized to do this action."),
    }
}

/// Whether `caller` may carry `operation` out, which is about `name` in `service`.
pub(super) fn permit(
    state: &State,
    caller: &Caller,
    service: Named<'_>,
    operation: &str,
    name: &str,
) -> Result<(), Refused> {
    if state.is_denied(caller, operation) {
        return Err(denied(service));
    }
    let account = &caller.account;
    let is_allowed = match service {
        // Everybody may ask who they are, and roles say themselves who may take them on.
        Named::Sts | Named::Unknown => true,
        Named::Ram => of_user(state, caller, &format!("ram:{operation}"), "*") == Verdict::Allowed,
        // Keys say themselves what others may do.
        Named::Kms { region } => {
            let resource = format!("acs:kms:{region}:{account}:key/{name}");
            of_user(state, caller, &format!("kms:{operation}"), &resource) == Verdict::Allowed
        }
        Named::Migration { account: named, region } => {
            let kind = if operation.ends_with("Address") { "address" } else { "job" };
            let resource = format!("acs:mgw:{region}:{account}:{kind}/{name}");
            let action = ["Address", "Job", "Report"]
                .iter()
                .fold(format!("mgw:{operation}"), |action, noun| {
                    action.replace(noun, &format!("Import{noun}"))
                });
            named == account && of_user(state, caller, &action, &resource) == Verdict::Allowed
        }
        Named::Oss { .. } => {
            of_user(state, caller, &format!("oss:{operation}"), "acs:oss:*:*:*") == Verdict::Allowed
        }
        Named::Bucket { bucket, region } => {
            return permit_in_bucket(state, caller, (bucket, region), operation, name);
        }
    };
    if is_allowed { Ok(()) } else { Err(denied(service)) }
}

/// As [`permit`], for a bucket in the region whose host was asked.
fn permit_in_bucket(
    state: &State,
    caller: &Caller,
    (place, region): (&str, &str),
    operation: &str,
    key: &str,
) -> Result<(), Refused> {
    let (account, action) = (&caller.account, bucket::action(operation));
    let refusal = || Err(denied(Named::Bucket { bucket: place, region }));
    let bucket = state.buckets.get(place).filter(|_| operation != "PutBucket");
    let Some(bucket) = bucket else {
        let resource = format!("acs:oss:*:{account}:{place}");
        let verdict = of_user(state, caller, &action, &resource);
        return if verdict == Verdict::Allowed { Ok(()) } else { refusal() };
    };
    if bucket.region != region {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.";
        let endpoint = format!("oss-{}.aliyuncs.com", bucket.region);
        let refusal = refused(403, "AccessDenied", message).with_endpoint(endpoint);
        return Err(refusal.with_ec("0003-00001403"));
    }
    let resource = resource(place, bucket, key);
    let own = of_user(state, caller, &action, &resource);
    let callers = [caller.user_number(state).unwrap_or_else(|| account.clone())];
    let policy = of_bucket(bucket, &callers, &action, &resource);
    let is_own = bucket.owner == *account;
    let is_allowed = match (own, policy) {
        (Verdict::Denied, _) | (_, Verdict::Denied) => false,
        // Only owners are told about a bucket, whatever its policy says.
        _ if operation == "GetBucketInfo" && !is_own => false,
        (Verdict::Allowed, _) if is_own => true,
        (_, policy) => policy == Verdict::Allowed,
    };
    if is_allowed { Ok(()) } else { refusal() }
}

/// The name of a bucket, or of an object in it, in policies.
pub(super) fn resource(name: &str, bucket: &StoredBucket, key: &str) -> String {
    let place = format!("acs:oss:oss-{}:{}:{name}", bucket.region, bucket.owner);
    if key.is_empty() { place } else { format!("{place}/{key}") }
}

/// What a bucket's policy says about somebody of these names.
pub(super) fn of_bucket(
    bucket: &StoredBucket,
    names: &[String],
    action: &str,
    resource: &str,
) -> Verdict {
    let document = bucket.about.settings.get("policy");
    let asked = Asked { action, resource: Some(resource), names: Some(names) };
    judge(document.map(String::as_str), asked)
}

/// What the policies of a user say; accounts may do everything.
fn of_user(state: &State, caller: &Caller, action: &str, resource: &str) -> Verdict {
    let Some(name) = &caller.user else { return Verdict::Allowed };
    let account = state.accounts.get(&caller.account);
    let mut documents = Vec::new();
    if let Some((account, user)) = account.and_then(|one| Some((one, one.users.get(name)?))) {
        let of_groups = user.groups.iter().filter_map(|group| account.groups.get(group));
        for policies in of_groups.chain([&user.policies]) {
            documents.extend(state.documents(&caller.account, policies));
        }
    }
    let asked = Asked { action, resource: Some(resource), names: None };
    judge(documents.iter().map(String::as_str), asked)
}

impl Caller {
    /// The number of the user, as policies of buckets name it.
    fn user_number(&self, state: &State) -> Option<String> {
        let account = state.accounts.get(&self.account)?;
        Some(account.users.get(self.user.as_ref()?)?.id.to_string())
    }

    /// As identities and policies of keys write it.
    pub(super) fn arn(&self) -> String {
        let account = &self.account;
        match &self.user {
            Some(user) => format!("acs:ram::{account}:user/{user}"),
            None => format!("acs:ram::{account}:root"),
        }
    }
}
