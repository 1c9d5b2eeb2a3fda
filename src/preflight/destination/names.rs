//! The prefix, and the objects' names behind it: what can be judged without asking anybody.
//!
//! Sources: "Create a migration job" of the classic console (form of prefixes, leading slashes); "Object
//! naming conventions" and "Bucket naming conventions", OSS documentation.

use super::Destination;
use crate::migration::Limits;
use crate::migration::hazard::Judge;
use crate::preflight::finding::{Check, Finding, Side, Verdict};
use crate::preflight::word::{count, shell};
use crate::tally::{HAZARDS, Hazard, Severity};

pub(in crate::preflight) const PREFIX: Check = Check::destination(
    "DESTINATION_PREFIX",
    "the form of the prefix",
    "the service takes prefixes that do not start with a slash and that end in one",
);

pub(in crate::preflight) const KEYS: Check = Check::destination(
    "DESTINATION_KEYS",
    "the objects' names and sizes behind the prefix",
    "objects fail whose key OSS does not take, or that are too large for it",
);

pub(super) fn check(destination: &Destination<'_>) -> Vec<Finding> {
    let mut findings = vec![prefix(destination.prefix)];
    findings.extend(keys(destination));
    findings
}

fn prefix(prefix: &str) -> Finding {
    let shown = format!("`{}`", prefix.escape_debug());
    let trimmed = prefix.trim_matches(['/', '\\']);
    let better = if trimmed.is_empty() { String::new() } else { format!("{trimmed}/") };
    let instead =
        format!("name it as `--to oss://BUCKET/{better}`, and in the data address the same");
    if prefix.is_empty() {
        return PREFIX.ok("there is none: copies keep their keys");
    }
    if prefix.starts_with(['/', '\\']) {
        return PREFIX.blocker(format!("the prefix {shown} starts with a slash")).by_hand(instead);
    }
    if !prefix.ends_with('/') {
        return PREFIX
            .blocker(format!("the prefix {shown} does not end in a slash"))
            .by_hand(instead);
    }
    PREFIX.ok(format!("{shown} is put before every key"))
}

/// Hazards that are about what OSS takes; others are the source's.
fn is_of_destination(hazard: Hazard) -> bool {
    !matches!(hazard, Hazard::ObjectArchived | Hazard::ObjectMaybeArchived)
}

fn keys(destination: &Destination<'_>) -> Vec<Finding> {
    let Some(summary) = destination.summary else {
        return vec![
            KEYS.unknown("no summary of a scan was given, so that no object is known").run(
                "weighbridge scan SOURCE --output summary.json, and then --summary summary.json",
            ),
        ];
    };
    let judge = Judge::new(&Limits::of_region(destination.region), destination.prefix);
    let longest = summary.totals.longest_key;
    let found = judge.of_summary(&summary.hazards, longest);
    let mut findings = Vec::new();
    for info in HAZARDS.iter().filter(|info| is_of_destination(info.hazard)) {
        let Some(finding) = found.iter().find(|finding| finding.code == info.code) else {
            continue;
        };
        let verdict = match info.severity {
            Severity::Blocker => Verdict::Blocker,
            Severity::Warning => Verdict::Warning,
            Severity::Info => continue,
        };
        let check =
            Check { id: KEYS.id, side: Side::Destination, title: KEYS.title, why: info.meaning };
        let objects = match finding.objects {
            Some(1) => "1 object".to_owned(),
            Some(objects) => format!("{} objects", count(objects)),
            None => format!(
                "at least 1 object, whose key of {longest} bytes has {} with the prefix",
                longest + destination.prefix.len() as u64
            ),
        };
        let such = finding.examples.first().map(|example| {
            format!(", such as `{}`", String::from_utf8_lossy(&example.key).escape_debug())
        });
        let seen = format!("{objects}: {}{}", info.title, such.unwrap_or_default());
        let told = check.found(verdict, seen).by_hand(judge.action(info.hazard));
        findings.push(match info.hazard {
            Hazard::KeyLeadingSlash | Hazard::KeyLeadingBackslash | Hazard::KeyEmpty => told
                .run(format!("--to {}", shell(&format!("oss://{}/PREFIX/", destination.bucket)))),
            _ => told,
        });
    }
    if findings.is_empty() {
        let room = if summary.complete { "" } else { " (of a scan that is not complete)" };
        findings.push(KEYS.ok(format!(
            "all {} weighed objects{room} can be stored; the longest key has {} bytes with the prefix",
            count(summary.totals.objects),
            longest + destination.prefix.len() as u64
        )));
    }
    findings
}

/// Why a name cannot be that of a bucket, in words; `None` if it can.
pub(super) fn wrong_bucket_name(name: &str) -> Option<&'static str> {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    match bytes {
        _ if !(3..=63).contains(&bytes.len()) => Some("has not 3 to 63 characters"),
        _ if !bytes.iter().all(|byte| plain(byte) || *byte == b'-') => {
            Some("has characters other than a-z, 0-9 and `-`")
        }
        [first, .., last] if plain(first) && plain(last) => None,
        _ => Some("does not begin and end with a letter or digit"),
    }
}
