//! Whether the key is one, whether it may list and read, and whether it may do more.

use super::attempt::{attempt, told, way_out};
use super::tongue::Tongue;
use super::{Source, sample::Sample};
use crate::preflight::finding::{Check, Finding, Verdict};
use crate::preflight::word::shell;
use crate::store::s3::{S3Store, Writing};
use crate::store::{ErrorKind, KeyInUse, StoreError};

pub(super) const CREDENTIALS: Check = Check::source(
    "SOURCE_CREDENTIALS",
    "key of the source",
    "the service reads the source with a key that the source has to know",
);
pub(super) const KEY_LASTS: Check = Check::source(
    "SOURCE_KEY_LASTS",
    "lasting of the key",
    "a data address takes a key id and a secret, has no field for a session token, and is used for as long \
     as the job runs",
);
pub(super) const REACH: Check = Check::source(
    "SOURCE_REACHABLE",
    "way to the source",
    "what cannot be reached from here cannot be checked from here",
);
pub(super) const BUCKET: Check = Check::source(
    "SOURCE_BUCKET",
    "bucket or container",
    "the service finds a bucket by its exact name",
);
pub(super) const LIST: Check = Check::source(
    "SOURCE_LIST",
    "permission to list",
    "the service lists the source itself before it copies anything",
);
pub(super) const EMPTY: Check = Check::source(
    "SOURCE_EMPTY",
    "objects under the prefix",
    "a job for a prefix that is spelt wrong ends well, and copies nothing",
);
pub(super) const READ: Check = Check::source(
    "SOURCE_READ",
    "permission to read",
    "a key that may list and not read makes every single object fail",
);
pub(super) const WRITES: Check = Check::source(
    "SOURCE_KEY_WRITES",
    "rights beyond reading",
    "the key is handed to the service; Alibaba Cloud asks for one that can read and nothing else",
);

/// What to do where a store cannot be reached.
const NETWORK: &str =
    "check the location, `--endpoint-url`, and DNS, proxy and firewall of this machine";
/// What to do where a first look tells too little.
pub(super) const WEIGH: &str = "weigh it: `weighbridge scan` looks at every page";
/// What to do where an object cannot be read for an unknown reason.
pub(super) const READ_BY_HAND: &str =
    "read that object with the provider's own tool and the same key, and check again";

/// What is known of a source that could not even be opened.
pub(super) fn unopened(error: &StoreError) -> Finding {
    let finding = match error.kind {
        ErrorKind::NoCredentials | ErrorKind::BadCredentials => CREDENTIALS.blocker(told(error)),
        _ => REACH.blocker(told(error)),
    };
    finding.by_hand(way_out(error).unwrap_or_else(|| NETWORK.into()))
}

/// What is known of the key where a listing was tried with it.
pub(super) fn credentials(
    key: Option<&KeyInUse>,
    listed: Result<(), &StoreError>,
    make: &str,
) -> Option<Finding> {
    let Some(key) = key else {
        return Some(
            CREDENTIALS
                .warning("requests were not signed, so that no key was checked")
                .because("a data address always takes a key, also for a public bucket")
                .by_hand(format!("{make}; then check with that key")),
        );
    };
    let known = |how: &str| CREDENTIALS.ok(format!("{key}: the source {how}"));
    match listed {
        Ok(()) => Some(known("takes it")),
        Err(error) => match error.kind {
            ErrorKind::BadCredentials | ErrorKind::NoCredentials => Some(
                CREDENTIALS
                    .blocker(format!("{key}: {}", told(error)))
                    .by_hand(format!("check key id and secret, or make a new key: {make}")),
            ),
            ErrorKind::ClockSkew { .. } => Some(
                CREDENTIALS
                    .unknown(format!("{key}: {}", told(error)))
                    .because("signatures hold for 15 minutes, and the clock of this machine is off by more")
                    .run("timedatectl set-ntp true"),
            ),
            // The store knew the key before it refused what it asked for.
            ErrorKind::AccessDenied if is_of_store(error) => Some(known("knows it")),
            ErrorKind::AccessDenied => Some(
                CREDENTIALS
                    .unknown(format!("{key}: {}", told(error)))
                    .because("what refuses in other words than those of a store stands before it, and did not look at the key")
                    .by_hand(NETWORK),
            ),
            // Some stores look for the bucket before they look at the key.
            ErrorKind::NoSuchBucket => Some(
                CREDENTIALS
                    .unknown(format!("{key}: that there is no such bucket says nothing of the key"))
                    .by_hand("check again by the right name"),
            ),
            _ => None,
        },
    }
}

/// Whether a refusal is the store's own: those of proxies and firewalls before it have no code of its kind.
pub(super) fn is_of_store(error: &StoreError) -> bool {
    !error.code.is_empty()
}

/// Whether the key ends.
pub(super) fn lasting(key: Option<&KeyInUse>, make: &str) -> Option<Finding> {
    let key = key?;
    Some(if key.temporary {
        KEY_LASTS
            .warning(format!("{key} comes with a session token, and ends"))
            .by_hand(format!("make a key that lasts, for the time of the migration: {make}"))
    } else {
        KEY_LASTS.ok("the key has no session token")
    })
}

/// What came of the first page.
pub(super) fn listing(
    source: &Source<'_>,
    tongue: &Tongue<'_>,
    listed: Result<&Sample, &StoreError>,
) -> Vec<Finding> {
    let bucket = source.location.bucket().escape_debug().to_string();
    let error = match listed {
        Ok(sample) => {
            let exists = BUCKET.ok(format!("`{bucket}` is there"));
            return vec![exists, LIST.ok(sample.told()), contents(source, sample)];
        }
        Err(error) => error,
    };
    match &error.kind {
        ErrorKind::NoSuchBucket => {
            let finding = BUCKET.blocker(told(error)).run(format!(
                "aws s3api head-bucket --bucket {}",
                shell(source.location.bucket())
            ));
            vec![finding.by_hand(
                "check the name letter by letter, and that key, profile and endpoint belong to the bucket's account",
            )]
        }
        ErrorKind::AccessDenied if is_of_store(error) => {
            let action = tongue.action("ListBucket");
            let finding = LIST.blocker(format!("{action} was refused: {}", told(error))).by_hand(format!(
                "{}: give the user {}; where it has that, a statement of the bucket's policy denies it",
                tongue.users(),
                tongue.read_only()
            ));
            vec![match tongue.grant() {
                Some(command) => finding.run(command),
                None => finding,
            }]
        }
        ErrorKind::BadCredentials | ErrorKind::NoCredentials | ErrorKind::ClockSkew { .. } => {
            Vec::new()
        }
        ErrorKind::WrongRegion { .. } => vec![LIST.blocker(told(error)).by_hand(way_out(error).unwrap_or_else(
            || "name the bucket's own region with `--region`, and its endpoint in the data address".into(),
        ))],
        _ => {
            let finding = REACH.blocker(told(error));
            vec![finding.by_hand(way_out(error).unwrap_or_else(|| NETWORK.into()))]
        }
    }
}

/// Whether there is anything to copy.
pub(super) fn contents(source: &Source<'_>, sample: &Sample) -> Finding {
    let prefix = source.location.prefix();
    if sample.has_objects() {
        return EMPTY.ok("there are some");
    }
    if !sample.is_whole() {
        return EMPTY.unknown(sample.told()).by_hand(WEIGH);
    }
    let seen = if prefix.is_empty() {
        "the bucket holds nothing".to_owned()
    } else {
        format!("nothing begins with `{}`", prefix.escape_debug())
    };
    EMPTY.warning(seen).by_hand("check the prefix letter by letter: it is case-sensitive")
}

/// Whether what is listed can be read: one byte of one object.
pub(super) async fn reading(
    tongue: &Tongue<'_>,
    store: &S3Store,
    sample: Option<&Sample>,
) -> Finding {
    let action = tongue.action("GetObject");
    let Some(sample) = sample else {
        return READ
            .unknown("nothing could be listed, so that no object is known to read")
            .by_hand("mend the listing first, and check again");
    };
    let Some(key) = sample.readable() else {
        return READ
            .unknown(sample.why_none_readable())
            .by_hand(format!("check that the key is allowed {action}"));
    };
    let shown = String::from_utf8_lossy(key).escape_debug().to_string();
    match attempt(|| store.read_byte(key)).await {
        Ok(()) => READ.ok(format!("one byte of `{shown}` was read")),
        Err(error) => unread(tongue, &action, key, &error),
    }
}

fn unread(tongue: &Tongue<'_>, action: &str, key: &[u8], error: &StoreError) -> Finding {
    let key = String::from_utf8_lossy(key);
    let seen = format!("`{}` cannot be read: {}", key.escape_debug(), told(error));
    let message = error.message.to_ascii_lowercase();
    let object = tongue.object(&key);
    if message.contains("server side encryption") || message.contains("server-side encryption") {
        return READ
            .blocker(seen)
            .because("it is encrypted by a key that its reader has to bring (SSE-C), and the service has none to bring")
            .run(format!(
                "aws s3 cp {object} {object} --sse-c-copy-source AES256 --sse-c-copy-source-key fileb://KEYFILE \
                 --sse AES256"
            ))
            .by_hand("store such objects anew under a key of S3 or KMS, or copy them by other means");
    }
    match error.kind {
        ErrorKind::AccessDenied if message.contains("kms") => READ
            .blocker(seen)
            .because(
                "objects under a key of KMS are read only by who may use that key, which the policies for reading \
                 the bucket do not include",
            )
            .by_hand(tongue.kms()),
        ErrorKind::AccessDenied if error.code == "InvalidObjectState" => {
            READ.unknown(seen)
                .because("an archived object tells nothing of the right to read others")
                .by_hand("check again when it is restored, or by a prefix that holds others")
        }
        ErrorKind::AccessDenied => {
            let finding = READ.blocker(format!("{action} was refused: {seen}")).by_hand(format!(
                "{}: give the user {}",
                tongue.users(),
                tongue.read_only()
            ));
            match tongue.grant() {
                Some(command) => finding.run(command),
                None => finding,
            }
        }
        _ => READ.unknown(seen).by_hand(READ_BY_HAND),
    }
}

/// Whether the key may do more than read.
pub(super) async fn writing(source: &Source<'_>, tongue: &Tongue<'_>, store: &S3Store) -> Finding {
    let action = tongue.action("AbortMultipartUpload");
    let how = "asked to abort an upload that does not exist";
    match attempt(|| store.writing(source.location.prefix().as_bytes())).await {
        Ok(Writing::Refused) => WRITES.ok(format!(
            "{how}, the store refused: the key is not allowed {action}, which every key that writes has; \
             writing itself was not tried"
        )),
        Ok(Writing::Allowed) => {
            let finding = WRITES
                .warning(format!(
                    "{how}, the store said that there is none: the key is allowed {action}, which is more than reading; \
                     nothing was changed"
                ))
                .by_hand(format!(
                    "{}: make a user for the migration and give it {} and nothing else",
                    tongue.users(),
                    tongue.read_only()
                ));
            match tongue.reader() {
                Some(command) => finding.run(command),
                None => finding,
            }
        }
        Err(error) => WRITES
            .unknown(format!("{how}, the store answered otherwise: {}", told(&error)))
            .by_hand(format!("{}: look at its policies", tongue.users())),
    }
}

/// What is known of writing where reading is refused as well: whoever is refused everything is not known to be
/// refused for lack of one right.
pub(super) fn doubted(writing: Finding, listed: bool, reading: &Finding) -> Finding {
    if writing.verdict == Verdict::Ok && (!listed || reading.verdict == Verdict::Blocker) {
        return WRITES
            .unknown("the store refuses reading, too, so that its refusal tells nothing of writing")
            .by_hand("mend reading first, and check again");
    }
    writing
}
