//! A plan of migration jobs in words, shared by all forms.

use super::figures::{bytes_iec, duration, minute, objects};
use super::text::sanitize;
use crate::migration::{Bound, Finding, Job, Note, Plan, Selection, Split};
use crate::tally::{ByteString, Severity};

/// What the plan is, in one line: `12 TiB in 1,234 objects, 10 jobs by prefix`.
pub(super) fn headline(plan: &Plan) -> String {
    let at_least = if plan.complete { "" } else { "at least " };
    let jobs = match plan.jobs.len() {
        1 => "1 job".to_owned(),
        many => format!("{many} jobs"),
    };
    let how = match plan.split {
        Split::Whole => "",
        Split::Prefix => " by prefix",
        Split::Range => " by ranges of keys",
    };
    format!("{at_least}{}, {}: {jobs}{how}", bytes_iec(plan.bytes), objects(plan.objects))
}

/// Which objects a job copies, to be escaped for where it goes.
pub(super) fn selection(job: &Job, unicode: bool) -> String {
    let key = |key: &ByteString| sanitize(key, unicode);
    match &job.selection {
        Selection::Prefix(prefix) if prefix.is_empty() => "everything".to_owned(),
        Selection::Prefix(prefix) => sanitize(prefix.as_bytes(), unicode),
        Selection::Inventory(list) => match list.ranges.as_slice() {
            [] => "nothing".to_owned(),
            [one] if one.first == one.last => key(&one.first),
            [one] => format!("{} to {}", key(&one.first), key(&one.last)),
            [first, others @ ..] => {
                let more = if others.len() == 1 { "range" } else { "ranges" };
                format!("{} (+{} {more})", key(&first.first), others.len())
            }
        },
    }
}

/// What of a job will fail, in words; nothing where nothing is known to.
pub(super) fn blockers(job: &Job) -> Option<String> {
    let blockers = job.findings.iter().filter(|finding| finding.severity == Severity::Blocker);
    let told = |finding: &Finding| match finding.objects {
        Some(number) => format!("{}: {}", finding.title, super::count(number)),
        None => finding.title.clone(),
    };
    let told: Vec<String> = blockers.map(told).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// What a job waits for.
pub(super) fn bound(bound: Bound) -> &'static str {
    match bound {
        Bound::Bandwidth => "bandwidth",
        Bound::FileRate => "files/s",
    }
}

/// How long it takes and how good that is, in sentences.
pub(super) fn forecast(plan: &Plan) -> Vec<String> {
    let forecast = &plan.forecast;
    let about = if plan.complete { "" } else { "at least " };
    let mut sentences = vec![format!(
        "the longest job takes {about}{}; no division into {} jobs takes less than {} (+{:.1} %)",
        seconds(forecast.seconds),
        plan.limits.concurrent_jobs.value,
        seconds(forecast.lower_bound_seconds),
        forecast.above_lower_bound_percent,
    )];
    let window =
        plan.settings.window.map(|window| format!(", in the hours {window}")).unwrap_or_default();
    let deadline = forecast.deadline.map(|deadline| {
        let kept = if forecast.end <= deadline { "before" } else { "AFTER" };
        format!(", {kept} the deadline of {}", minute(deadline))
    });
    sentences.push(format!(
        "from {} to {} UTC{window}{}",
        minute(forecast.begin),
        minute(forecast.end),
        deadline.unwrap_or_default()
    ));
    let (bits, files) = (&plan.limits.bandwidth, &plan.limits.files_per_second);
    sentences.push(format!(
        "at {} and {} objects/s a job",
        rate(bits.value),
        super::count(files.value)
    ));
    sentences
}

/// A note with how sure it is.
pub(super) fn note(note: &Note) -> String {
    match note.certainty.label() {
        Some(label) => format!("{} ({label})", note.text),
        None => note.text.clone(),
    }
}

/// Bits per second: `2 Gbit/s`.
fn rate(bits: u64) -> String {
    let units = [(1_000_000_000, "Gbit/s"), (1_000_000, "Mbit/s"), (1_000, "kbit/s")];
    match units.into_iter().find(|(unit, _)| bits >= *unit) {
        Some((unit, name)) if bits.is_multiple_of(unit) => format!("{} {name}", bits / unit),
        Some((unit, name)) => format!("{}.{} {name}", bits / unit, bits % unit * 10 / unit),
        None => format!("{bits} bit/s"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "rounded for people")]
pub(super) fn seconds(seconds: u64) -> String {
    duration(seconds as f64)
}
