//! What the bucket's lifecycle rules would do to objects that arrive with their old times.
//!
//! The migration keeps the time of the last modification, and lifecycle rules count from it: a rule that
//! deletes after 90 days deletes an object of last year on the day of its arrival.
//!
//! Sources: `GetBucketLifecycle`, OSS API reference; "Migrate data", Data Online Migration documentation.

use super::ages::{Older, modified_by, modified_by_below};
use crate::alibaba::oss::{Rule, When};
use crate::object::Timestamp;
use crate::summary::Summary;

const DAY: i64 = 86_400_000;

/// How far ahead a rule's next act is told of, in days: about as long as a migration takes.
const AHEAD_DAYS: i64 = 30;

/// What a rule would do to copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// The storage class that they are moved to; `None` where they are deleted.
    pub(super) to: Option<String>,
    /// Whether it is certain that some are touched as soon as they arrive.
    pub(super) is_certain: bool,
    /// In words: which rule, what it does, to how many objects.
    pub(super) words: String,
    /// The rule's name.
    pub(super) rule: String,
}

/// Where copies go, and what is known of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copies<'a> {
    /// What their keys begin with.
    pub(super) prefix: &'a str,
    /// What was weighed; without it nothing is known of their ages, and every rule that could act is told.
    pub(super) summary: Option<&'a Summary>,
    /// The time.
    pub(super) now: Timestamp,
}

/// What is done to which objects.
struct Act<'a> {
    rule: &'a Rule,
    to: Option<&'a str>,
    when: &'a When,
}

/// What `rules` would do to copies, certain effects first. Rules for earlier versions, for uploads that
/// were not completed, and by the time of the last access do not touch what has just arrived.
///
/// # Errors
/// The text of a date that is none.
pub(super) fn effects(rules: &[Rule], copies: &Copies<'_>) -> Result<Vec<Effect>, String> {
    let mut effects = Vec::new();
    for rule in rules.iter().filter(|rule| rule.is_enabled && rule.touches(copies.prefix)) {
        let moves = rule.transitions.iter().filter(|transition| !transition.by_access);
        let moves = moves.map(|to| Act { rule, to: Some(&to.storage_class), when: &to.when });
        let deletes = rule.expiration.iter().map(|when| Act { rule, to: None, when });
        for act in deletes.chain(moves) {
            effects.extend(act.effect(copies)?);
        }
    }
    effects.sort_by_key(|effect| !effect.is_certain);
    Ok(effects)
}

impl Act<'_> {
    /// What it would do, if anything.
    fn effect(&self, copies: &Copies<'_>) -> Result<Option<Effect>, String> {
        let plain = self.rule.tags.is_empty() && !self.rule.has_filter;
        let told = |is_certain, touched: &str| {
            let words = format!("{}: {touched}", self.words());
            let (to, rule) = (self.to.map(str::to_owned), self.rule.id.clone());
            Ok(Some(Effect { to, is_certain, words, rule }))
        };
        let Some(summary) = copies.summary else {
            return told(false, "how old the objects are is not known here");
        };
        let older = |time| match self.rule.prefix.strip_prefix(copies.prefix) {
            Some(below) if !below.is_empty() => modified_by_below(summary, below, time),
            _ => modified_by(summary, time),
        };
        let count = |touched: Older| match touched {
            Older { at_least: 1.., .. } if plain => touched.words(),
            _ => format!("up to {}", touched.at_most),
        };
        let of = summary.totals.objects;
        let touched = older(touches(self.when, copies.now)?);
        if touched != Older::default() {
            let words = format!("{} of the {of} weighed objects are that old", count(touched));
            return told(plain && touched.at_least > 0, &words);
        }
        let later = Timestamp(copies.now.0.saturating_add(AHEAD_DAYS * DAY));
        let soon = older(touches(self.when, later)?);
        if soon == Older::default() {
            let part = "none of the weighed objects will be that old within 30 days, and not everything was weighed";
            return if summary.covers_all() { Ok(None) } else { told(false, part) };
        }
        let words = format!(
            "{} of the {of} weighed objects will be that old within {AHEAD_DAYS} days",
            count(soon)
        );
        told(false, &words)
    }

    fn words(&self) -> String {
        let Rule { id, prefix, tags, has_filter, .. } = self.rule;
        let does = match self.to {
            None => "deletes objects".to_owned(),
            Some(class) => format!("moves objects to {class}"),
        };
        let below = if prefix.is_empty() {
            String::new()
        } else {
            format!(" below `{}`", prefix.escape_debug())
        };
        let some = match (tags.is_empty(), has_filter) {
            (true, false) => "",
            (false, _) => " that have its tags",
            (true, true) => " that its filter selects",
        };
        let when = match self.when {
            When::Days(days) => format!("{days} days after their last modification"),
            When::ChangedBefore(date) => format!("last modified before {date}"),
            When::On(date) => format!("on {date}"),
        };
        format!("the rule `{}` {does}{below}{some} {when}", id.escape_debug())
    }
}

/// The last modification up to which a rule has acted at `now`.
fn touches(when: &When, now: Timestamp) -> Result<Timestamp, String> {
    let time = |date: &str| {
        let time: Result<jiff::Timestamp, _> = date.parse();
        time.map(jiff::Timestamp::as_millisecond).map_err(|_| date.to_owned())
    };
    Ok(Timestamp(match when {
        When::Days(days) => {
            let days = i64::try_from(*days).unwrap_or(i64::MAX);
            now.0.saturating_sub(days.saturating_mul(DAY))
        }
        // Before, and not at.
        When::ChangedBefore(date) => time(date)?.saturating_sub(1),
        When::On(date) if time(date)? <= now.0 => i64::MAX,
        When::On(_) => i64::MIN,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alibaba::oss::Transition;
    use crate::object::Object;
    use crate::summary::RunFacts;
    use crate::tally::{Options, Tally};

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    /// Objects of 10, 40 and 400 days.
    fn weighed() -> Summary {
        let mut tally = Tally::new(Options::new(NOW));
        for days in [10, 40, 400] {
            let modified = Timestamp(NOW.0 - days * DAY);
            let object = Object { key: b"k", size: 1, modified, etag: b"", storage_class: b"" };
            tally.add(&object);
        }
        Summary::from_parts(&tally, RunFacts::default())
    }

    fn deletes(prefix: &str, when: When) -> Rule {
        let (id, prefix) = ("r".to_owned(), prefix.to_owned());
        Rule { id, is_enabled: true, prefix, expiration: Some(when), ..Rule::default() }
    }

    fn told(rule: Rule, prefix: &str) -> Option<(bool, String)> {
        let summary = weighed();
        let copies = Copies { prefix, summary: Some(&summary), now: NOW };
        let effects = effects(&[rule], &copies).unwrap();
        effects.into_iter().next().map(|effect| (effect.is_certain, effect.words))
    }

    #[test]
    fn a_rule_strikes_what_is_old_enough_already() {
        let (certain, words) = told(deletes("", When::Days(30)), "copy/").unwrap();
        assert!(certain);
        assert_eq!(
            words,
            "the rule `r` deletes objects 30 days after their last modification: 2 of the 3 weighed objects are that old"
        );
        let before = When::ChangedBefore("2023-01-01T00:00:00.000Z".into());
        let (certain, words) = told(deletes("co", before), "copy/").unwrap();
        assert!(certain && words.contains("below `co` last modified before 2023"), "{words}");
        assert!(words.ends_with(": 1 of the 3 weighed objects are that old"), "{words}");
    }

    #[test]
    fn a_rule_that_strikes_soon_is_told_and_one_that_strikes_late_is_not() {
        let (certain, words) = told(deletes("", When::Days(420)), "").unwrap();
        assert!(
            !certain
                && words.ends_with("1 of the 3 weighed objects will be that old within 30 days")
        );
        assert_eq!(told(deletes("", When::Days(1_000)), ""), None);
        let past = When::ChangedBefore("2020-01-01T00:00:00.000Z".into());
        assert_eq!(told(deletes("", past), ""), None);
    }

    #[test]
    fn what_was_not_weighed_may_be_old_enough_for_any_rule() {
        let summary = Summary { complete: false, ..weighed() };
        let copies = Copies { prefix: "", summary: Some(&summary), now: NOW };
        let effects = effects(&[deletes("", When::Days(1_000))], &copies).unwrap();
        assert!(!effects[0].is_certain, "{effects:?}");
        assert!(effects[0].words.ends_with("not everything was weighed"), "{effects:?}");
    }

    #[test]
    fn a_rule_for_a_part_of_the_copies_is_not_certain() {
        let tagged = Rule { tags: vec![("k".into(), "v".into())], ..deletes("", When::Days(30)) };
        for rule in [deletes("copy/logs/", When::Days(30)), tagged] {
            let (certain, words) = told(rule, "copy/").unwrap();
            assert!(!certain && words.contains("up to 2 of the 3 weighed"), "{words}");
        }
    }

    #[test]
    fn rules_that_cannot_touch_copies_are_silent() {
        let off = Rule { is_enabled: false, ..deletes("", When::Days(1)) };
        let by_access =
            Transition { when: When::Days(1), storage_class: "IA".into(), by_access: true };
        let accessed =
            Rule { expiration: None, transitions: vec![by_access], ..deletes("", When::Days(1)) };
        for rule in [off, deletes("other/", When::Days(1)), accessed] {
            assert_eq!(told(rule, "copy/"), None);
        }
        let rules = [deletes("", When::ChangedBefore("soon".into()))];
        let summary = weighed();
        let copies = Copies { prefix: "", summary: Some(&summary), now: NOW };
        assert_eq!(effects(&rules, &copies), Err("soon".to_owned()));
    }

    #[test]
    fn without_a_summary_every_rule_that_could_act_is_told() {
        let rules = [deletes("", When::Days(9_999))];
        let copies = Copies { prefix: "", summary: None, now: NOW };
        let effects = effects(&rules, &copies).unwrap();
        assert!(!effects[0].is_certain && effects[0].words.ends_with("is not known here"));
    }
}
