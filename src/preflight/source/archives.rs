//! Archived objects, and those that may be: whether they can be read while a job runs.

use futures::future::{BoxFuture, join_all};

use super::Source;
use super::access::WEIGH;
use super::attempt::told;
use super::objects::{absent, amount};
use super::sample::{OfKind, Sample};
use crate::migration::{Finding as JobFinding, Limits, Speed};
use crate::object::Timestamp;
use crate::preflight::finding::{Check, Finding};
use crate::preflight::word::{count, millis, shell};
use crate::store::StoreError;
use crate::summary::{Moment, Summary};
use crate::tally::Counts;

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

/// Both kinds, by what a summary's objects were judged, or else by a first page.
pub(super) async fn check(
    source: &Source<'_>,
    sample: Option<&Sample>,
    judged: Option<&[JobFinding]>,
    ask: &Ask<'_>,
) -> Vec<Finding> {
    let mut findings = archived(source, sample, judged, ask).await;
    findings.extend(tiered(source, sample, judged, ask).await);
    findings
}

/// Objects of a kind that were come across.
struct Met {
    /// How many, in words.
    seen: String,
    /// Some of them.
    keys: Vec<Vec<u8>>,
    /// What the store says of those.
    ways: Vec<Result<Way, StoreError>>,
}

/// Those that are of the kind of `check`; `None` if none was come across.
async fn meet(
    check: &Check,
    sample: Option<&OfKind>,
    judged: Option<&[JobFinding]>,
    ask: &Ask<'_>,
) -> Option<Met> {
    let (seen, keys) = if let Some(found) = judged {
        let hazard = found.iter().find(|hazard| hazard.code == check.id)?;
        let keys = hazard.examples.iter().map(|example| example.key.to_vec());
        (amount(hazard), keys.collect::<Vec<_>>())
    } else {
        let sample = sample.filter(|sample| sample.number > 0)?;
        let seen = format!("{} of the objects on the first page", count(sample.number));
        (seen, sample.first.clone())
    };
    let ways = join_all(keys.iter().take(ASKED).map(|key| ask(key.clone()))).await;
    Some(Met { seen, keys, ways })
}

/// What is archived, and whether it is on its way back.
async fn archived(
    source: &Source<'_>,
    sample: Option<&Sample>,
    judged: Option<&[JobFinding]>,
    ask: &Ask<'_>,
) -> Vec<Finding> {
    let of_sample = sample.map(|sample| &sample.archived);
    let Some(Met { seen, keys, ways }) = meet(&ARCHIVED, of_sample, judged, ask).await else {
        return none_archived(source, sample, judged).into_iter().collect();
    };
    let restore = |finding: Finding| {
        with_restore_command(source, &keys, finding).by_hand(
            "restore them for longer than the job takes, wait until the last is there, and check again; or leave them \
             out with `weighbridge jobs … --exclude-hazards`",
        )
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
            (None, Some(sample)) => sample.is_whole() && sample.archived.number == number as u64,
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

/// What it means that no archived object was come across.
fn none_archived(
    source: &Source<'_>,
    sample: Option<&Sample>,
    judged: Option<&[JobFinding]>,
) -> Option<Finding> {
    if judged.is_some() {
        return Some(absent(source, &ARCHIVED, "there is none"));
    }
    if sample?.is_whole() {
        return Some(ARCHIVED.ok("there is none"));
    }
    let location = shell(&source.location.to_string());
    let finding = ARCHIVED.unknown("none on the first page; the others were not looked at");
    Some(finding.run(format!("weighbridge scan {location} --output summary.json")))
}

/// Whether the objects of this hazard are no more than were asked.
fn only(found: &[JobFinding], asked: usize) -> bool {
    let archived = found.iter().find(|hazard| hazard.code == ARCHIVED.id);
    archived.is_some_and(|hazard| hazard.objects == Some(asked as u64))
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

/// `finding`, with the command that brings the first of `keys` back, where there is one.
fn with_restore_command(source: &Source<'_>, keys: &[Vec<u8>], finding: Finding) -> Finding {
    match restore_command(source, keys) {
        Some(command) => finding.run(command),
        None => finding,
    }
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
) -> Option<Finding> {
    let of_sample = sample.map(|sample| &sample.tiered);
    let Met { seen, keys, ways } = meet(&TIERED, of_sample, judged, ask).await?;
    let (asleep, number) = (
        ways.iter().filter(|way| matches!(way, Ok(Way::Archived | Way::Ongoing))).count(),
        ways.len(),
    );
    if asleep > 0 {
        let finding = TIERED.blocker(format!(
            "{seen}; of {number} that were asked for, {asleep} in an archive tier"
        ));
        return Some(with_restore_command(source, &keys, finding).by_hand(
            "restore them before the job starts; S3 moves them back to a tier that can be read",
        ));
    }
    let finding = match ways.iter().find_map(|way| way.as_ref().err()) {
        Some(error) => {
            TIERED.unknown(format!("{seen}; their tier could not be asked: {}", told(error)))
        }
        None => TIERED
            .warning(format!("{seen}; of {number} that were asked for, none in an archive tier")),
    };
    Some(finding.by_hand(
        "ask for the archive status of more of them (HEAD shows it) before the job starts",
    ))
}
