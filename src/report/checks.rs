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

/// What it comes to, in one sentence.
pub(super) fn conclusion(checks: &Checks) -> String {
    match (checks.count(Verdict::Blocker), checks.count(Verdict::Unknown)) {
        (0, 0) => "nothing stands in the way".into(),
        (0, _) => "nothing that could be seen stands in the way".into(),
        (1, _) => "1 blocker has to be mended first".into(),
        (number, _) => format!("{} blockers have to be mended first", count(number as u64)),
    }
}

/// A sentence in pieces, and whether each stood between backticks.
pub(super) fn pieces(text: &str) -> Vec<(bool, &str)> {
    let parts: Vec<&str> = text.split('`').collect();
    // One that is not closed stands for itself.
    if parts.len().is_multiple_of(2) {
        return vec![(false, text)];
    }
    let pieces = parts.into_iter().enumerate().map(|(at, part)| (at % 2 == 1, part));
    pieces.filter(|(_, part)| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_told_apart() {
        assert_eq!(pieces("a `b` c"), [(false, "a "), (true, "b"), (false, " c")]);
        assert_eq!(pieces("`b`"), [(true, "b")]);
        assert_eq!(pieces("it`s"), [(false, "it`s")]);
        assert_eq!(pieces(""), []);
    }
}
