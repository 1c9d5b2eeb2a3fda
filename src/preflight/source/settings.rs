//! What a bucket is set to: its policy, who pays, versions, encryption, website.

use super::Source;
use super::attempt::{attempt, told, unanswered};
use super::condition::Kind;
use super::statement;
use super::tongue::{Provider, Tongue};
use super::whitelist::{Barrier, barriers};
use crate::preflight::finding::{Check, Finding};
use crate::preflight::word::shell;
use crate::store::s3::S3Store;
use crate::store::{ErrorKind, StoreError};

pub(super) const POLICY: Check = Check::source(
    "SOURCE_POLICY",
    "bucket policy",
    "a policy can let this machine in and keep the service out; one that cannot be read may do so",
);
/// Why a whitelist is no matter of taste.
const WHITELISTS: &str = "the service asks from addresses of Alibaba Cloud, and does not support whitelists of S3: take the \
                          whitelist off, or open a ticket (workorder.console.aliyun.com) for the service's addresses";
pub(super) const ADDRESSES: Check =
    Check::source("SOURCE_IP_RESTRICTED", "whitelist of addresses", WHITELISTS);
pub(super) const NETWORKS: Check = Check::source(
    "SOURCE_VPC_RESTRICTED",
    "whitelist of private networks",
    "the service asks by the internet, and by no VPC or endpoint of the source's provider; whitelists of S3 are not \
     supported",
);
pub(super) const REFERERS: Check = Check::source(
    "SOURCE_REFERER_RESTRICTED",
    "whitelist of referers",
    "the service is no browser and sends no referer; whitelists of S3 are not supported",
);
pub(super) const TLS: Check = Check::source(
    "SOURCE_TLS_ONLY",
    "demand for TLS",
    "the classic console names endpoints as `http://…`; a bucket that refuses plain HTTP has to be named as `https://…`",
);
pub(super) const CLIENTS: Check = Check::source(
    "SOURCE_CLIENT_RESTRICTED",
    "demand on clients",
    "what the service says of itself (User-Agent) is not known, and may be refused",
);
pub(super) const PAYER: Check = Check::source(
    "SOURCE_REQUESTER_PAYS",
    "who pays for requests",
    "a bucket whose requesters pay refuses whoever does not agree to it, and the service has no field for that",
);
pub(super) const VERSIONING: Check = Check::source(
    "SOURCE_VERSIONING",
    "versions",
    "only current versions are migrated: what was overwritten or deleted, and is kept, stays behind",
);
pub(super) const ENCRYPTION: Check = Check::source(
    "SOURCE_ENCRYPTION",
    "encryption at rest",
    "objects under a key of KMS are read only by who may use that key",
);
pub(super) const WEBSITE: Check = Check::source(
    "SOURCE_WEBSITE",
    "static website",
    "a bucket that is served as a website answers for directories that are no objects, and those fail in a job",
);

pub(super) async fn policy(
    source: &Source<'_>,
    tongue: &Tongue<'_>,
    store: &S3Store,
) -> Vec<Finding> {
    let view = tongue.tool("get-bucket-policy");
    let text = match attempt(|| store.policy()).await {
        Ok(None) => return vec![POLICY.ok("the bucket has none")],
        Ok(Some(text)) => text,
        Err(error) => return vec![unread(tongue, store, &error).await.run(view)],
    };
    let statements = match statement::read(&text) {
        Ok(statements) => statements,
        Err(error) => {
            let seen = format!("the policy cannot be read: {error}");
            return vec![POLICY.unknown(seen).run(view).by_hand(tongue.policy())];
        }
    };
    let (bucket, prefix) = (source.location.bucket(), source.location.prefix());
    let found = barriers(&statements, bucket, prefix);
    if found.is_empty() {
        let seen = match statements.len() {
            1 => "1 statement, which keeps no network and no client from reading".to_owned(),
            number => {
                format!("{number} statements, none of which keeps a network or client from reading")
            }
        };
        return vec![POLICY.ok(seen)];
    }
    let alone = statements.len() == found.len();
    found.iter().map(|barrier| told_barrier(barrier, alone, tongue)).collect()
}

/// What is known of a policy that cannot be read: S3 may tell whether there is one.
async fn unread(tongue: &Tongue<'_>, store: &S3Store, error: &StoreError) -> Finding {
    let finding = unanswered(&POLICY, error, &tongue.action("GetBucketPolicy"), tongue.read_only());
    if error.kind != ErrorKind::AccessDenied {
        return finding;
    }
    match attempt(|| store.policy_is_public()).await {
        Ok(None) => POLICY
            .ok("the bucket has none: its policy status tells, though the policy may not be read"),
        Ok(Some(public)) => {
            let public = if public { "public" } else { "not public" };
            let seen = format!("{}; there is one, which S3 takes for {public}", finding.seen);
            Finding { seen, ..finding }
        }
        Err(_) => finding,
    }
}

fn told_barrier(barrier: &Barrier, alone: bool, tongue: &Tongue<'_>) -> Finding {
    let check = match barrier.kind {
        Kind::Address => &ADDRESSES,
        Kind::Network => &NETWORKS,
        Kind::Referer => &REFERERS,
        Kind::Tls => &TLS,
        Kind::Agent => &CLIENTS,
        Kind::Anyone => &POLICY,
    };
    let finding = check.found(barrier.verdict, barrier.seen.clone());
    let finding = match barrier.kind {
        Kind::Anyone => finding.because(
            "what a statement denies cannot be copied, whatever else allows it to be read",
        ),
        _ => finding,
    };
    if barrier.kind == Kind::Tls {
        return finding.by_hand("enter the endpoint with `https://` in the data address");
    }
    let name = barrier.statement.escape_debug();
    let place = tongue.policy();
    let provider = tongue.provider();
    let finding = finding.by_hand(format!(
        "{place}: take statement `{name}` out for the time of the migration, and put it back afterwards"
    ));
    match (provider, alone) {
        // Nothing else is lost with it.
        (Provider::S3, true) => finding.run(format!(
            "{} --query Policy --output text > policy.json && {}",
            tongue.tool("get-bucket-policy"),
            tongue.tool("delete-bucket-policy")
        )),
        (Provider::S3 | Provider::Ks3, _) => finding
            .run(format!("{} --policy file://without-it.json", tongue.tool("put-bucket-policy"))),
        (Provider::Oss, _) => finding
            .run(format!("{} --body file://without-it.json", tongue.tool("put-bucket-policy"))),
    }
}

pub(super) async fn payer(
    source: &Source<'_>,
    tongue: &Tongue<'_>,
    store: &S3Store,
    listed: bool,
) -> Finding {
    let action = tongue.action("GetBucketRequestPayment");
    match attempt(|| store.requester_pays()).await {
        Ok(false) => PAYER.ok("the bucket's owner pays"),
        // The owner need not agree to what it pays anyhow.
        Ok(true) if listed && !source.pays => PAYER
            .warning("requesters pay; this key was let in without agreeing to it, as those of the owner's account are")
            .because("another account's key would be refused: a data address has to have one of the owner's account")
            .by_hand("keep to a key of the account that owns the bucket"),
        Ok(true) => PAYER
            .blocker("requesters pay, and this key was not let in without agreeing to it")
            .run(format!(
                "{} --request-payment-configuration Payer=BucketOwner",
                tongue.tool("put-bucket-request-payment")
            ))
            .by_hand(format!(
                "{} for the time of the migration, or use a key of the account that owns the bucket",
                tongue.console("Properties > Requester pays > Disable")
            )),
        Err(error) => {
            let finding = unanswered(&PAYER, &error, &action, tongue.read_only());
            finding.run(tongue.tool("get-bucket-request-payment"))
        }
    }
}

pub(super) async fn versioning(
    source: &Source<'_>,
    tongue: &Tongue<'_>,
    store: &S3Store,
) -> Finding {
    let action = tongue.action("GetBucketVersioning");
    match attempt(|| store.versioning()).await {
        Ok(None) => VERSIONING.ok("versions were never kept"),
        Ok(Some(status)) => VERSIONING
            .warning(format!("versioning is {}", status.to_lowercase().escape_debug()))
            .run(format!("weighbridge scan {} --versions", shell(&source.location.to_string())))
            .by_hand("weigh what stays behind, and copy versions that are needed by other means"),
        Err(error) => {
            let finding = unanswered(&VERSIONING, &error, &action, tongue.read_only());
            finding.run(tongue.tool("get-bucket-versioning"))
        }
    }
}

pub(super) async fn encryption(tongue: &Tongue<'_>, store: &S3Store) -> Finding {
    let action = tongue.action("GetEncryptionConfiguration");
    let found = match attempt(|| store.encryption()).await {
        Ok(None) => return ENCRYPTION.ok("the bucket has no encryption of its own by default"),
        Ok(Some(found)) => found,
        Err(error) => {
            let finding = unanswered(&ENCRYPTION, &error, &action, tongue.read_only());
            return finding.run(tongue.tool("get-bucket-encryption"));
        }
    };
    let algorithm = found.algorithm.escape_debug();
    if !found.algorithm.to_ascii_lowercase().contains("kms") {
        return ENCRYPTION
            .ok(format!("by default {algorithm}, which the store opens for every reader"));
    }
    let key = found.key.as_deref().unwrap_or_default();
    if key.is_empty() || key.ends_with("alias/aws/s3") {
        return ENCRYPTION
            .warning(format!("by default {algorithm} under the provider's own key for S3"))
            .because("that key opens for the bucket's own account only: a key of another account cannot read")
            .by_hand("use a key of the account that owns the bucket");
    }
    let shown = key.escape_debug();
    let finding = ENCRYPTION
        .warning(format!("by default {algorithm} under the key `{shown}`"))
        .because(
            "whoever reads has to be allowed `kms:Decrypt` on that key, which the policies for reading the bucket do \
             not include; one object that can be read proves it for its own key only",
        );
    let finding = finding.by_hand(tongue.kms());
    match tongue.provider() {
        Provider::S3 => finding.run(format!(
            "aws kms create-grant --key-id {} --grantee-principal USER-ARN --operations Decrypt",
            shell(key)
        )),
        Provider::Ks3 | Provider::Oss => finding,
    }
}

/// Whether the bucket is a website; asked of OSS, of which that trouble is known.
pub(super) async fn website(tongue: &Tongue<'_>, store: &S3Store) -> Option<Finding> {
    if tongue.provider() != Provider::Oss {
        return None;
    }
    let action = tongue.action("GetBucketWebsite");
    Some(match attempt(|| store.is_website()).await {
        Ok(false) => WEBSITE.ok("the bucket is no website"),
        Ok(true) => WEBSITE
            .warning("the bucket is served as a website")
            .run(tongue.tool("delete-bucket-website"))
            .by_hand(format!(
                "{} for the time of the migration",
                tongue.console("Data Management > Static Pages > Disable")
            )),
        Err(error) if error.kind == ErrorKind::AccessDenied => {
            unanswered(&WEBSITE, &error, &action, tongue.read_only())
                .run(tongue.tool("get-bucket-website"))
        }
        Err(error) => WEBSITE.unknown(told(&error)).run(tongue.tool("get-bucket-website")),
    })
}
