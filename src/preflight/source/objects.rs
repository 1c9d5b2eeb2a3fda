//! What the objects themselves are: by a summary where there is one, else by a first look.

use futures::future::join_all;

use super::Source;
use super::access::WEIGH;
use super::archives::{self, Ask};
use super::attempt::told;
use super::sample::{Sample, page};
use crate::migration::hazard::{Judge, is_cured_by_prefix};
use crate::migration::{Finding as JobFinding, Limits};
use crate::preflight::finding::{Check, Finding, Verdict};
use crate::preflight::word::{count, listed, millis, shell};
use crate::store::Store;
use crate::summary::Summary;
use crate::tally::{HAZARDS, Hazard, Severity};

pub(super) const WEIGHED: Check = Check::source(
    "SOURCE_WEIGHED",
    "weight of the source",
    "what will fail is known only once every object was looked at, and the console asks for exact numbers",
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
    findings.extend(archives::check(source, sample, judged.as_deref(), ask).await);
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
    // What is archived was judged when it was weighed.
    let judge = Judge::new(&Limits::of_region(None), source.to_prefix.unwrap_or_default(), true);
    judge.of_summary(&summary.hazards, summary.totals.longest_key)
}

/// That something was not come across. Only a summary of everything tells that it is nowhere.
pub(super) fn absent(source: &Source<'_>, check: &Check, seen: &str) -> Finding {
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

/// How many objects a hazard is of, and some of them.
pub(super) fn amount(hazard: &JobFinding) -> String {
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
