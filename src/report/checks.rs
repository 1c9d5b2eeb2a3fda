//! Findings of checks in words: shared by all forms.

use super::figures::count;
use crate::preflight::{Checks, Side, Verdict};

/// What a side is called above its findings.
pub(super) fn heading(side: Side) -> &'static str {
    match side {
        Side::Source => "Source",
        Side::Destination => "Destination",
        Side::Identity => "Users, roles and keys of Alibaba Cloud",
    }
}

/// From where to where.
pub(super) fn title(checks: &Checks) -> String {
    match &checks.destination {
        Some(destination) => format!("{} to {destination}", checks.source),
        None => checks.source.clone(),
    }
}

/// How many findings there are of which verdict.
pub(super) fn headline(checks: &Checks) -> Vec<String> {
    let much = |verdict| {
        let number = checks.count(verdict);
        let (one, many) = match verdict {
            Verdict::Blocker => ("blocker", "blockers"),
            Verdict::Warning => ("warning", "warnings"),
            Verdict::Unknown => ("unknown", "unknown"),
            Verdict::Ok => ("ok", "ok"),
        };
        let word = if number == 1 { one } else { many };
        (number > 0 || verdict == Verdict::Blocker).then(|| {
            format!("{} {word}", if number == 0 { "no".into() } else { count(number as u64) })
        })
    };
    Verdict::ALL.into_iter().filter_map(much).collect()
}
