//! What the objects themselves are: by a summary where there is one, else by a first look.

use futures::future::{BoxFuture, join_all};

use super::Source;
use super::access::WEIGH;
use super::attempt::told;
use super::sample::{Sample, page};
use crate::migration::hazard::{Judge, is_cured_by_prefix};
use crate::migration::{Finding as JobFinding, Limits, Speed};
use crate::object::Timestamp;
use crate::preflight::finding::{Check, Finding, Verdict};
use crate::preflight::word::{count, listed, millis, shell};
use crate::store::{Store, StoreError};
use crate::summary::{Moment, Summary};
use crate::tally::{Counts, HAZARDS, Hazard, Severity};

pub(super) const WEIGHED: Check = Check::source(
    "SOURCE_WEIGHED",
    "weight of the source",
    "what will fail is known only once every object was looked at, and the console asks for exact numbers",
);
pub(super) const ARCHIVED: Check = Check::source(
    "OBJECT_ARCHIVED",
    "archived objects",
    "archived objects fail unless they are restored before the job starts and stay restored until its end",
);
pub(super) const RESTORED: Check = Check::source(
    "RESTORE_EXPIRES_BEFORE_ETA",
    "how long restored objects stay",
    "an object whose restoration ends before the job comes to it fails like one that was never restored",
);
pub(super) const TIERED: Check = Check::source(
    "OBJECT_MAYBE_ARCHIVED",
    "objects in intelligent tiering",
    "intelligent tiering can have moved them to archive tiers, which no listing shows",
);
pub(super) const SLASH: Check = Check::source(
    "KEY_LEADING_SLASH",
    "keys that begin with a slash",
    "OSS takes no key that begins with a slash: such objects fail unless the job puts a prefix before them",
);
pub(super) const BACKSLASH: Check = Check::source(
    "KEY_LEADING_BACKSLASH",
    "keys that begin with a backslash",
    "OSS takes no key that begins with a backslash: such objects fail unless the job puts a prefix before them",
);

/// A week: what is older says little of a source that is still written to.
const STALE: i64 = 7 * 86_400_000;
/// Objects whose state is asked for.
const ASKED: usize = 5;

/// How far an archived object is on its way back, as its store tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It can be read as any other.
    Awake,
    /// It is archived, and nobody has asked for it.
    Archived,
    /// It was asked for.
    Ongoing,
    /// It is there, until then where that is told.
    Restored(Option<Timestamp>),
}

/// How the state of an object is asked for.
pub(super) type Ask<'a> = dyn Fn(Vec<u8>) -> BoxFuture<'a, Result<Way, StoreError>> + Sync + 'a;

/// All that is to be said of the objects.
pub(super) async fn check(
    source: &Source<'_>,
    store: &dyn Store,
    sample: Option<&Sample>,
    ask: &Ask<'_>,
) -> Vec<Finding> {
    let mut findings = vec![weighed(source)];
    let judged = source.summary.map(|summary| judged(source, summary));
    match &judged {
        Some(found) => findings.extend(hazards(source, found)),
        None => findings.extend(leading(source, store).await),
    }
    findings.extend(archived(source, sample, judged.as_deref(), ask).await);
    findings.extend(tiered(source, sample, judged.as_deref(), ask).await);
    findings
}

/// Whether there is a summary, and what it is worth.
fn weighed(source: &Source<'_>) -> Finding {
    let location = shell(&source.location.to_string());
    let scan = format!("weighbridge scan {location} --output summary.json");
    let Some(summary) = source.summary else {
        return WEIGHED
            .unknown("no summary was given: of the objects only the first page was looked at")
            .run(format!("{scan} && weighbridge check {location} --summary summary.json"));
    };
    let counts =
        format!("{} objects, {} bytes", count(summary.totals.objects), count(summary.totals.bytes));
    if !summary.complete {
        return WEIGHED
            .warning(format!("at least {counts}: the scan did not list everything"))
            .run(format!("{scan} --resume"));
    }
    let now = millis(std::time::SystemTime::now());
    if now.saturating_sub(summary.finished.0.0) > STALE {
        return WEIGHED
            .warning(format!("{counts}, weighed on {}", summary.finished.date()))
            .because("what was written since is in no number, and a source must not change while it is migrated")
            .run(scan);
    }
    if summary.filters != crate::filter::FilterSpec::default() {
        return WEIGHED
            .warning(format!("{counts}, under filters that left others out"))
            .because("a job for the prefix copies what the filters left out, too")
            .run(scan);
    }
    WEIGHED.ok(format!("{counts}, weighed on {}", summary.finished.date()))
}

/// What a summary's objects will meet in a job with this destination.
fn judged(source: &Source<'_>, summary: &Summary) -> Vec<JobFinding> {
    let judge = Judge::new(&Limits::of_region(None), source.to_prefix.unwrap_or_default());
    judge.of_summary(&summary.hazards, summary.totals.longest_key)
}

/// That something was not come across. Only a summary of everything tells that it is nowhere.
fn absent(source: &Source<'_>, check: &Check, seen: &str) -> Finding {
    if source.summary.is_some_and(Summary::covers_all) {
        return check.ok(seen);
    }
    check
        .unknown("none is in the summary, which is not of everything")
        .by_hand("weigh all of it, as told under SOURCE_WEIGHED, and check again")
}

/// Hazards as findings, those of archives apart; of what does not occur only what people ask for.
fn hazards(source: &Source<'_>, found: &[JobFinding]) -> Vec<Finding> {
    const APART: [Hazard; 2] = [Hazard::ObjectArchived, Hazard::ObjectMaybeArchived];
    let prefixed = source.to_prefix.is_some_and(|prefix| !prefix.is_empty());
    let mut findings = Vec::new();
    for info in HAZARDS.iter().filter(|info| !APART.contains(&info.hazard)) {
        let check = Check::source(info.code, info.title, info.meaning);
        let Some(hazard) = found.iter().find(|hazard| hazard.code == info.code) else {
            if info.severity == Severity::Blocker {
                let seen = "there is none, or the destination's prefix takes the trouble away";
                let cured = prefixed && is_cured_by_prefix(info.hazard);
                findings.push(if cured { check.ok(seen) } else { absent(source, &check, seen) });
            }
            continue;
        };
        let verdict = match info.severity {
            Severity::Blocker => Verdict::Blocker,
            Severity::Warning => Verdict::Warning,
            Severity::Info => Verdict::Ok,
        };
        let finding = check.found(verdict, amount(hazard));
        findings.push(if verdict == Verdict::Ok {
            finding
        } else {
            finding.by_hand(hazard.action.clone())
        });
    }
    findings
}

fn amount(hazard: &JobFinding) -> String {
    let keys: Vec<String> = hazard
        .examples
        .iter()
        .map(|example| String::from_utf8_lossy(&example.key).into_owned())
        .collect();
    let such =
        if keys.is_empty() { String::new() } else { format!(", such as {}", listed(&keys, 2)) };
    match (hazard.objects, hazard.bytes) {
        (Some(1), Some(bytes)) => format!("1 object, {} bytes{such}", count(bytes)),
        (Some(objects), Some(bytes)) => {
            format!("{} objects, {} bytes{such}", count(objects), count(bytes))
        }
        _ => format!("at least 1 object{such}"),
    }
}

/// Without a summary: whether any key begins with a slash, which two requests tell for sure.
async fn leading(source: &Source<'_>, store: &dyn Store) -> Vec<Finding> {
    // Keys below a prefix begin with the prefix, whose own form is checked.
    if !source.location.prefix().is_empty() {
        return Vec::new();
    }
    let probes = [(&SLASH, "/"), (&BACKSLASH, "\\")].map(|(check, start)| async move {
        match page(store, start.as_bytes(), 1).await {
            Ok(page) if page.is_empty() && page.more() => {
                check
                    .unknown("page after page came with nothing on it, and more follow")
                    .by_hand(WEIGH)
            }
            Ok(page) if page.is_empty() => check.ok("there is none"),
            Ok(page) => {
                let key = String::from_utf8_lossy(page.key(0)).escape_debug().to_string();
                match source.to_prefix.filter(|prefix| !prefix.is_empty()) {
                    Some(prefix) => check.ok(format!(
                        "`{key}` and perhaps others, which the destination's prefix `{}` makes sound",
                        prefix.escape_debug()
                    )),
                    None => check
                        .blocker(format!("`{key}` and perhaps others"))
                        .run(format!(
                            "weighbridge check {} --to oss://BUCKET/PREFIX/",
                            shell(&source.location.to_string())
                        ))
                        .by_hand("enter an OSS Prefix in the data address of the destination, such as `oss/`"),
                }
            }
            Err(error) => check.unknown(told(&error)).by_hand(WEIGH),
        }
    });
    join_all(probes).await
}

/// What is archived, and whether it is on its way back.
async fn archived(
    source: &Source<'_>,
    sample: Option<&Sample>,
    judged: Option<&[JobFinding]>,
    ask: &Ask<'_>,
) -> Vec<Finding> {
    let (seen, keys) = match (judged, sample) {
        (Some(found), _) => match found.iter().find(|hazard| hazard.code == ARCHIVED.id) {
            None => return vec![absent(source, &ARCHIVED, "there is none")],
            Some(hazard) => (amount(hazard), examples(hazard)),
        },
        (None, Some(sample)) if sample.archived > 0 => {
            let number = count(sample.archived);
            (format!("{number} of the objects on the first page"), sample.archived_keys.clone())
        }
        (None, Some(sample)) if sample.is_whole() => return vec![ARCHIVED.ok("there is none")],
        (None, Some(_)) => {
            return vec![
                ARCHIVED.unknown("none on the first page; the others were not looked at").run(
                    format!(
                        "weighbridge scan {} --output summary.json",
                        shell(&source.location.to_string())
                    ),
                ),
            ];
        }
        (None, None) => return Vec::new(),
    };
    let ways = ask_all(&keys, ask).await;
    let restore = |finding: Finding| {
        let finding = finding.by_hand(
            "restore them for longer than the job takes, wait until the last is there, and check again; or leave them \
             out with `weighbridge jobs … --exclude-hazards`",
        );
        match restore_command(source, &keys) {
            Some(command) => finding.run(command),
            None => finding,
        }
    };
    let all = |is: fn(&Way) -> bool| {
        !ways.is_empty() && ways.iter().all(|way| matches!(way, Ok(way) if is(way)))
    };
    let number = ways.len();
    if all(|way| matches!(way, Way::Restored(_) | Way::Awake)) {
        let state = format!("{seen}; all {number} that were asked for are restored");
        let all = match (judged, sample) {
            (Some(found), _) => {
                source.summary.is_some_and(Summary::covers_all) && only(found, number)
            }
            (None, Some(sample)) => sample.is_whole() && sample.archived == number as u64,
            (None, None) => false,
        };
        let finding = if all {
            ARCHIVED.ok(state)
        } else {
            restore(
                ARCHIVED
                    .warning(state)
                    .because("the others were not asked for, and each has to be restored"),
            )
        };
        let weighed = match source.summary {
            Some(summary) => summary.covers_all(),
            None => sample.is_some_and(Sample::is_whole),
        };
        return vec![finding, expiry(source, &ways, weighed)];
    }
    let ongoing = ways.iter().filter(|way| matches!(way, Ok(Way::Ongoing))).count();
    let asleep = ways.iter().filter(|way| matches!(way, Ok(Way::Archived))).count();
    let refused = ways.iter().find_map(|way| way.as_ref().err());
    let mut state = format!(
        "{seen}; of {number} that were asked for, {asleep} archived, {ongoing} on the way back"
    );
    if let Some(error) = refused {
        state = format!("{seen}; whether they are restored could not be asked: {}", told(error));
    }
    vec![restore(ARCHIVED.blocker(state))]
}

/// Whether the objects of this hazard are no more than were asked.
fn only(found: &[JobFinding], asked: usize) -> bool {
    let archived = found.iter().find(|hazard| hazard.code == ARCHIVED.id);
    archived.is_some_and(|hazard| hazard.objects == Some(asked as u64))
}

fn examples(hazard: &JobFinding) -> Vec<Vec<u8>> {
    hazard.examples.iter().take(ASKED).map(|example| example.key.to_vec()).collect()
}

async fn ask_all(keys: &[Vec<u8>], ask: &Ask<'_>) -> Vec<Result<Way, StoreError>> {
    join_all(keys.iter().take(ASKED).map(|key| ask(key.clone()))).await
}

/// Whether what is restored stays so until a job can be done, whose length is known if everything was `weighed`.
fn expiry(source: &Source<'_>, ways: &[Result<Way, StoreError>], weighed: bool) -> Finding {
    if ways.iter().any(|way| matches!(way, Ok(Way::Restored(None)))) {
        return RESTORED
            .unknown("the store does not say until when they stay restored")
            .by_hand("look up for how many days they were restored, and restore them again if that is too short");
    }
    let ends = ways.iter().filter_map(|way| match way {
        Ok(Way::Restored(until)) => *until,
        _ => None,
    });
    let Some(first) = ends.min_by_key(|until| until.0) else {
        return RESTORED.ok("no end is told");
    };
    let now = millis(std::time::SystemTime::now());
    let limits = Limits::of_region(None);
    let speed = Speed::new(limits.bandwidth.value, limits.files_per_second.value);
    let takes = source.summary.map(|summary| {
        let counts = Counts { objects: summary.totals.objects, bytes: summary.totals.bytes };
        i64::try_from(speed.nanos(&counts) / 1_000_000).unwrap_or(i64::MAX)
    });
    let ends = Moment(first);
    // One job at full speed; what is left for the start of it is a day.
    let needed = now.saturating_add(takes.unwrap_or(0)).saturating_add(86_400_000);
    if first.0 < needed {
        let seen = format!(
            "the first ends at {ends}, before one job at full speed begun within a day could be done"
        );
        return RESTORED.blocker(seen).by_hand(
            "restore them again for more days: a restoration of S3 is prolonged by asking anew",
        );
    }
    if !weighed {
        return RESTORED
            .unknown(format!("the first ends at {ends}, and how long a job takes is not known"))
            .by_hand(WEIGH);
    }
    RESTORED.ok(format!("the first ends at {ends}"))
}

fn restore_command(source: &Source<'_>, keys: &[Vec<u8>]) -> Option<String> {
    use crate::location::Location;
    let key =
        keys.first().and_then(|key| std::str::from_utf8(key).ok()).map_or("KEY".into(), shell);
    let bucket = shell(source.location.bucket());
    match source.location {
        Location::S3(_) | Location::Demo(_) => Some(format!(
            "aws s3api restore-object --bucket {bucket} --key {key} --restore-request \
             'Days=30,GlacierJobParameters={{Tier=Bulk}}'"
        )),
        Location::Oss(_) => Some(format!("ossutil restore oss://{bucket}/{key}")),
        Location::Azure(container) => Some(format!(
            "az storage blob set-tier --account-name {} --container-name {bucket} --name {key} --tier Hot",
            shell(&container.account)
        )),
        _ => None,
    }
}

/// What may be archived without a listing showing it.
async fn tiered(
    source: &Source<'_>,
    sample: Option<&Sample>,
    judged: Option<&[JobFinding]>,
    ask: &Ask<'_>,
) -> Vec<Finding> {
    let (seen, keys) = match (judged, sample) {
        (Some(found), _) => match found.iter().find(|hazard| hazard.code == TIERED.id) {
            None => return Vec::new(),
            Some(hazard) => (amount(hazard), examples(hazard)),
        },
        (None, Some(sample)) if sample.tiered > 0 => {
            let number = count(sample.tiered);
            (format!("{number} of the objects on the first page"), sample.tiered_keys.clone())
        }
        _ => return Vec::new(),
    };
    let ways = ask_all(&keys, ask).await;
    let (asleep, number) = (
        ways.iter().filter(|way| matches!(way, Ok(Way::Archived | Way::Ongoing))).count(),
        ways.len(),
    );
    if asleep > 0 {
        let finding = TIERED
            .blocker(format!(
                "{seen}; of {number} that were asked for, {asleep} in an archive tier"
            ))
            .by_hand(
                "restore them before the job starts; S3 moves them back to a tier that can be read",
            );
        return vec![match restore_command(source, &keys) {
            Some(command) => finding.run(command),
            None => finding,
        }];
    }
    let finding = match ways.iter().find_map(|way| way.as_ref().err()) {
        Some(error) => {
            TIERED.unknown(format!("{seen}; their tier could not be asked: {}", told(error)))
        }
        None => TIERED
            .warning(format!("{seen}; of {number} that were asked for, none in an archive tier")),
    };
    vec![finding.by_hand(
        "ask for the archive status of more of them (HEAD shows it) before the job starts",
    )]
}
