//! Checks of a container of Azure.

use std::time::SystemTime;

use futures::future::{BoxFuture, FutureExt as _};
use futures::join;

use super::archives::Way;
use super::attempt::{attempt, told, way_out};
use super::sample::Sample;
use super::{Source, access, objects, place};
use crate::location::Location;
use crate::object::Timestamp;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::word::{millis, shell};
use crate::store::azure::{AccessKind, AzureConfig, AzureStore, BlobState, SasTerms, access_kind};
use crate::store::{ErrorKind, Store as _, StoreError};
use crate::summary::Moment;

pub(super) const KEY_KIND: Check = Check::source(
    "AZURE_ACCOUNT_KEY",
    "kind of credentials",
    "a data address of Azure takes the storage account and one of its keys, and nothing else",
);
pub(super) const TERMS: Check = Check::source(
    "SAS_PERMISSIONS",
    "what the signature allows",
    "listing takes the permission List, copying the permission Read, and more than these should not be given away",
);
pub(super) const ENDS: Check = Check::source(
    "SAS_EXPIRY",
    "when the signature ends",
    "a signature that ends while it is used makes all that is left fail",
);
pub(super) const ADDRESSES: Check = Check::source(
    "SAS_ADDRESSES",
    "addresses of the signature",
    "a signature for some addresses is refused from all others, those of the service among them",
);
pub(super) const FIREWALL: Check = Check::source(
    "AZURE_FIREWALL",
    "firewall of the account",
    "an account that is open to selected networks lets this machine in and not the service",
);
pub(super) const NAMESPACE: Check = Check::source(
    "AZURE_HNS",
    "hierarchical namespace",
    "in an account with a hierarchical namespace directories are kept as blobs of no bytes, and may be copied as \
     empty objects",
);
pub(super) const IMMUTABLE: Check = Check::source(
    "AZURE_IMMUTABLE",
    "immutability",
    "what cannot be deleted stays in the container, and is billed, after it was migrated; copies are not held by it",
);

/// A signature that holds for less than this, in seconds, may end within a migration.
const SHORT: i64 = 7 * 86_400;

/// Runs all checks of a container.
pub(super) async fn check(
    source: &Source<'_>,
    config: &AzureConfig,
    opened: Result<&AzureStore, &StoreError>,
) -> Vec<Finding> {
    let mut findings = place::forms(source);
    let kind = access_kind(config);
    findings.extend(kind.as_ref().ok().map(|kind| of_kind(kind, config)));
    let terms = match &kind {
        Ok(AccessKind::Sas(terms)) => of_terms(terms),
        _ => Vec::new(),
    };
    let hopeless =
        terms.iter().any(|finding| finding.verdict == crate::preflight::Verdict::Blocker);
    findings.extend(terms);
    let store = match opened {
        Ok(store) => store,
        // What its terms say of it explains it better.
        Err(_) if hopeless => return findings,
        Err(error) => {
            findings.push(unopened(error, config));
            return findings;
        }
    };
    findings.push(place::endpoint(source, &store.origin()));
    findings.extend(place::border(source, &store.origin()));
    let listed = Sample::take(source, store).await;
    findings.extend(credentials(store, listed.as_ref().map(|_| ()), config));
    findings.extend(firewall(listed.as_ref().map(|_| ()), config));
    let sample = match &listed {
        Ok(sample) => sample,
        Err(error) => {
            findings.extend(unlisted(source, store, config, error).await);
            return findings;
        }
    };
    findings.push(access::BUCKET.ok(format!("`{}` is there", config.container.escape_debug())));
    findings.push(access::LIST.ok(sample.told()));
    findings.push(access::contents(source, sample));
    let way = |name: Vec<u8>| -> BoxFuture<'_, Result<Way, StoreError>> {
        async move { store.blob_state(&name).await.map(|state| way_of(&state)) }.boxed()
    };
    let (reading, namespace, immutable, objects) = join!(
        reading(store, config, sample),
        namespace(source, store, config),
        immutable(store, config),
        objects::check(source, store, Some(sample), &way),
    );
    findings.extend([reading, namespace, immutable]);
    findings.extend(objects);
    findings
}

fn portal(config: &AzureConfig, then: &str) -> String {
    format!("Azure portal > Storage accounts > {} > {then}", config.account.escape_debug())
}

fn keys(config: &AzureConfig) -> String {
    portal(config, "Security + networking > Access keys")
}

fn az(config: &AzureConfig, call: &str) -> String {
    format!("az storage account {call} --account-name {}", shell(&config.account))
}

/// Whether these are the credentials that a data address takes.
fn of_kind(kind: &AccessKind, config: &AzureConfig) -> Finding {
    let other = |what: &str| {
        KEY_KIND
            .warning(format!("{what} was used, so that no account key was checked"))
            .run(az(config, "keys list"))
            .by_hand(format!("{}: check with such a key (AZURE_STORAGE_KEY)", keys(config)))
    };
    match kind {
        AccessKind::AccountKey => KEY_KIND.ok("an account key, as a data address takes it"),
        AccessKind::Sas(_) => other("a shared access signature"),
        AccessKind::Token => other("a token of Entra ID"),
        AccessKind::Anonymous => other("no credential"),
    }
}

/// What a signature says of itself.
fn of_terms(terms: &SasTerms) -> Vec<Finding> {
    vec![permissions(terms), ending(terms), addresses(terms)]
}

fn permissions(terms: &SasTerms) -> Finding {
    const MAKE: &str = "Azure portal > the container > Shared access tokens: make one with the permissions Read and List";
    let shown = terms.permissions.escape_debug().to_string();
    if terms.stored && terms.permissions.is_empty() {
        return TERMS.ok("a stored access policy holds its permissions; listing and reading show whether they do");
    }
    let lacks: Vec<&str> = [('l', "List (`l`)"), ('r', "Read (`r`)")]
        .into_iter()
        .filter(|(letter, _)| !terms.permissions.contains(*letter))
        .map(|(_, name)| name)
        .collect();
    if !lacks.is_empty() {
        let seen = format!("its permissions are `{shown}`: {} is missing", lacks.join(" and "));
        return TERMS.blocker(seen).by_hand(MAKE);
    }
    let reach = if terms.of_account {
        (!terms.services.contains('b'))
            .then_some("it is not for blobs: its services (`ss`) have no `b`")
            .or_else(|| {
                let whole = terms.resources.contains('c') && terms.resources.contains('o');
                (!whole)
                    .then_some("its resource types (`srt`) lack `c` (containers) or `o` (objects)")
            })
    } else {
        (!matches!(terms.resources.as_str(), "c" | "d"))
            .then_some("it is for one blob alone (`sr`)")
    };
    if let Some(reach) = reach {
        return TERMS.blocker(reach).by_hand(MAKE);
    }
    let more: String =
        terms.permissions.chars().filter(|letter| "wdaxycup".contains(*letter)).collect();
    if !more.is_empty() {
        return TERMS
            .warning(format!("its permissions are `{shown}`: `{more}` is more than reading takes"))
            .by_hand(MAKE);
    }
    TERMS.ok(format!("its permissions are `{shown}`"))
}

fn ending(terms: &SasTerms) -> Finding {
    const MAKE: &str = "make a new one that ends after the migration: Azure portal > the container > Shared access tokens";
    let now = millis(SystemTime::now()).div_euclid(1000);
    let moment = |seconds: i64| Moment(Timestamp(seconds.saturating_mul(1000)));
    if let Some(begins) = terms.begins.filter(|begins| *begins > now) {
        let seen = format!("it begins to hold at {} only", moment(begins));
        return ENDS.blocker(seen).by_hand(MAKE);
    }
    match terms.ends {
        None if terms.stored => ENDS.unknown("a stored access policy holds its end").by_hand(MAKE),
        None => ENDS.unknown("it does not say when it ends").by_hand(MAKE),
        Some(ends) if ends <= now => {
            ENDS.blocker(format!("it ended at {}", moment(ends))).by_hand(MAKE)
        }
        Some(ends) if ends - now < SHORT => {
            ENDS.warning(format!("it ends at {}, within a week", moment(ends))).by_hand(MAKE)
        }
        Some(ends) => ENDS.ok(format!("it ends at {}", moment(ends))),
    }
}

fn addresses(terms: &SasTerms) -> Finding {
    if terms.addresses.is_empty() {
        return ADDRESSES.ok("it holds from every address");
    }
    ADDRESSES
        .blocker(format!("it holds from {} only (`sip`)", terms.addresses.escape_debug()))
        .by_hand(
            "make a new one without allowed IP addresses: Azure portal > the container > Shared access tokens",
        )
}

/// What is known of a container that could not be opened.
fn unopened(error: &StoreError, config: &AzureConfig) -> Finding {
    let finding = match error.kind {
        ErrorKind::Setup | ErrorKind::NoCredentials | ErrorKind::BadCredentials => {
            access::CREDENTIALS.blocker(told(error)).run(az(config, "keys list"))
        }
        _ => access::REACH.blocker(told(error)),
    };
    finding.by_hand(way_out(error).unwrap_or_else(|| keys(config)))
}

fn credentials(
    store: &AzureStore,
    listed: Result<(), &StoreError>,
    config: &AzureConfig,
) -> Option<Finding> {
    let key = store.key_in_use();
    // How a firewall refuses says nothing of the key; how an account without keys refuses does.
    if let Err(error) = listed
        && error.code == "KeyBasedAuthenticationNotPermitted"
    {
        return Some(
            access::CREDENTIALS
                .blocker(format!("the account takes no account keys: {}", told(error)))
                .because("a data address takes an account key and nothing else")
                .run(format!(
                    "az storage account update --name {} --allow-shared-key-access true",
                    shell(&config.account)
                ))
                .by_hand(portal(
                    config,
                    "Settings > Configuration > Allow storage account key access",
                )),
        );
    }
    if let Err(error) = listed
        && is_network(error)
    {
        let seen =
            "the account refused the request for where it came from, before it looked at the key";
        return Some(
            access::CREDENTIALS.unknown(seen).by_hand("open the firewall first, and check again"),
        );
    }
    access::credentials(key.as_ref(), listed, &keys(config))
}

/// Whether a refusal is about where a request came from.
fn is_network(error: &StoreError) -> bool {
    matches!(
        error.code.as_str(),
        "AuthorizationFailure" | "AuthorizationSourceIPMismatch" | "IpAuthorizationError"
    ) || error.code.contains("NetworkAcl")
}

/// What the answers tell of the account's network rules.
fn firewall(listed: Result<(), &StoreError>, config: &AzureConfig) -> Option<Finding> {
    let see =
        format!("az storage account show --name {} --query networkRuleSet", shell(&config.account));
    let open = portal(
        config,
        "Security + networking > Networking > Public network access: Enabled from all networks",
    );
    match listed {
        Ok(()) => Some(
            FIREWALL
                .unknown(
                    "this machine was let in; whether others are, the data plane does not tell",
                )
                .run(see)
                .by_hand(open),
        ),
        Err(error) if is_network(error) => Some(
            FIREWALL
                .blocker(format!(
                    "this machine was kept out, or the credential does not reach so far: {}",
                    told(error)
                ))
                .run(format!(
                    "az storage account update --name {} --default-action Allow",
                    shell(&config.account)
                ))
                .by_hand(format!("{open}, for the time of the migration")),
        ),
        Err(_) => None,
    }
}

/// What is known of a container that cannot be listed.
async fn unlisted(
    source: &Source<'_>,
    store: &AzureStore,
    config: &AzureConfig,
    error: &StoreError,
) -> Vec<Finding> {
    let name = &config.container;
    let shown = name.escape_debug().to_string();
    if error.kind == ErrorKind::NoSuchBucket || error.code == "InvalidResourceName" {
        let finding = access::BUCKET.blocker(format!("`{shown}` is not there: {}", told(error)));
        let lower = name.to_ascii_lowercase();
        let like = attempt(|| store.containers(&lower)).await.unwrap_or_default();
        let twin = like.iter().find(|other| other.eq_ignore_ascii_case(name) && *other != name);
        let finding = match (twin, source.location) {
            (Some(twin), Location::Azure(container)) => {
                let other = Location::Azure(crate::location::Container {
                    name: twin.clone(),
                    ..container.clone()
                });
                finding
                    .because(
                        "names of containers are compared letter by letter, and have no capitals",
                    )
                    .run(format!("weighbridge check {}", shell(&other.to_string())))
            }
            _ => finding.run(format!(
                "az storage container list --account-name {} --query [].name",
                shell(&config.account)
            )),
        };
        return vec![
            finding.by_hand(portal(config, "Data storage > Containers: take the name from there")),
        ];
    }
    if error.code == "AccountIsDisabled" {
        return vec![
            access::REACH
                .blocker(told(error))
                .by_hand("Azure portal > Subscriptions: enable the subscription again"),
        ];
    }
    // Told by the checks of key and firewall.
    let spoken = is_network(error)
        || error.code == "KeyBasedAuthenticationNotPermitted"
        || matches!(error.kind, ErrorKind::BadCredentials | ErrorKind::ClockSkew { .. });
    if spoken {
        return Vec::new();
    }
    match error.kind {
        ErrorKind::AccessDenied | ErrorKind::NoCredentials => {
            let public = matches!(
                error.code.as_str(),
                "PublicAccessNotPermitted" | "ResourceNotFound" | "NoAuthenticationInformation"
            );
            let finding = access::LIST.blocker(format!("listing was refused: {}", told(error)));
            vec![if public {
                finding
                    .run(az(config, "keys list"))
                    .by_hand(format!("{}: check with such a key", keys(config)))
            } else {
                finding
                    .run(
                        "az role assignment create --role 'Storage Blob Data Reader' --assignee USER --scope ACCOUNT-ID",
                    )
                    .by_hand(
                        "give the signature the permission List, or the identity the role \"Storage Blob Data Reader\": Azure \
                         portal > the account > Access Control (IAM)",
                    )
            }]
        }
        _ => {
            vec![access::REACH.blocker(told(error)).by_hand(way_out(error).unwrap_or_else(|| {
                "check the account's name, DNS, proxy and firewall of this machine".into()
            }))]
        }
    }
}

async fn reading(store: &AzureStore, config: &AzureConfig, sample: &Sample) -> Finding {
    let Some(name) = sample.readable() else {
        return access::READ
            .unknown(sample.why_none_readable())
            .by_hand("check that the credential has the permission Read");
    };
    let shown = String::from_utf8_lossy(name).escape_debug().to_string();
    match attempt(|| store.read_byte(name)).await {
        Ok(()) => access::READ.ok(format!("one byte of `{shown}` was read")),
        Err(error) if error.kind == ErrorKind::AccessDenied => access::READ
            .blocker(format!("`{shown}` cannot be read: {}", told(&error)))
            .run(az(config, "keys list"))
            .by_hand("give the signature the permission Read, or use an account key"),
        Err(error) if error.code == "BlobUsesCustomerSpecifiedEncryption" => access::READ
            .blocker(format!("`{shown}` cannot be read: {}", told(&error)))
            .because("it is encrypted by a key that its reader has to bring, and the service has none to bring")
            .by_hand("store such blobs anew under a key of the account, or copy them by other means"),
        Err(error) => access::READ
            .unknown(format!("`{shown}` cannot be read: {}", told(&error)))
            .by_hand(access::READ_BY_HAND),
    }
}

async fn namespace(source: &Source<'_>, store: &AzureStore, config: &AzureConfig) -> Finding {
    let see =
        format!("az storage account show --name {} --query isHnsEnabled", shell(&config.account));
    match attempt(|| store.account_state()).await {
        Ok(state) => match state.hierarchical {
            Some(false) => NAMESPACE.ok("the account has none"),
            Some(true) => NAMESPACE
                .warning("the account has one")
                .run(format!("weighbridge scan {}", shell(&source.location.to_string())))
                .by_hand("compare the numbers after the job: the scan counts directories apart, the service may not"),
            None => NAMESPACE.unknown("the account does not say").run(see),
        },
        Err(error) => NAMESPACE
            .unknown(format!("the account does not tell its kind: {}", told(&error)))
            .run(see)
            .by_hand("asking takes an account key, or a signature for the account"),
    }
}

async fn immutable(store: &AzureStore, config: &AzureConfig) -> Finding {
    let container = shell(&config.container);
    let account = shell(&config.account);
    let see = format!(
        "az storage container immutability-policy show --account-name {account} --container-name {container}"
    );
    match attempt(|| store.container_state()).await {
        Ok(state) if !state.immutable && !state.held => {
            IMMUTABLE.ok("the container has no immutability policy and no legal hold")
        }
        Ok(state) => {
            let what = match (state.immutable, state.held) {
                (true, true) => "an immutability policy and a legal hold",
                (true, false) => "an immutability policy",
                (false, _) => "a legal hold",
            };
            IMMUTABLE
                .warning(format!("the container has {what}"))
                .run(see)
                .by_hand(portal(config, "Data storage > Containers > the container > Access policy"))
        }
        Err(error) => IMMUTABLE
            .unknown(format!("the container's properties were not told: {}", told(&error)))
            .run(see)
            .by_hand("asking takes an account key, a token, or a signature for the account with the permission Read"),
    }
}

/// What the head of a blob tells of its way out of the archive.
fn way_of(state: &BlobState) -> Way {
    match (state.tier.eq_ignore_ascii_case("archive"), &state.archive_status) {
        (true, Some(status)) if status.starts_with("rehydrate-pending") => Way::Ongoing,
        (true, _) => Way::Archived,
        (false, _) => Way::Awake,
    }
}
