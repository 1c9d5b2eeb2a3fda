//! What is said about a plan beside its figures: a missed deadline, what would be faster, what has to be
//! known.

use super::address::{StoreKind, short_ks3_name};
use super::draft::Draft;
use super::duration::{Bound, end};
use super::limits::{Certainty, Limits};
use super::plan::{Finding, Forecast, Note, Overwrite, Plan, Split, sum};
use super::share::{Piece, Share};
use super::split::{is_good, lower_bound};
use super::words::{Took, count};
use crate::tally::{Counts, Severity};

/// An hour in nanoseconds.
const HOUR: u128 = 3_600 * 1_000_000_000;

impl Draft<'_> {
    /// A deadline that the plan misses.
    pub(super) fn missed(&self, forecast: &Forecast, copied: &Counts) -> Option<Finding> {
        let deadline = forecast.deadline.filter(|deadline| forecast.end > *deadline)?;
        let late = u128::from(forecast.end.0.0.abs_diff(deadline.0.0)) * 1_000_000;
        let enough = (1..=10_000_usize).find(|jobs| {
            let nanos = self.speed.nanos(copied).div_ceil(*jobs as u128);
            end(self.wish.window.as_ref(), self.wish.begin, nanos) <= deadline.0
        });
        let action = match enough {
            Some(jobs) if jobs > self.jobs() => format!(
                "{jobs} jobs at once would do it at the same speed: ask for a higher limit, widen the window, or begin earlier"
            ),
            Some(_) => {
                "divide the source more evenly: give a manifest, so that lists can be written"
                    .to_owned()
            }
            None => "widen the window, begin earlier, or copy in parts".to_owned(),
        };
        Some(Finding {
            code: "DEADLINE_MISSED".into(),
            severity: Severity::Blocker,
            title: format!("done {} after the deadline", Took(late)),
            action,
            objects: None,
            bytes: None,
            examples: Vec::new(),
        })
    }

    /// What would make it faster.
    pub(super) fn advice(
        &self,
        copied: &Counts,
        largest: u64,
        bound: u128,
        share: &Share,
    ) -> Vec<String> {
        let mut advice = Vec::new();
        let jobs = self.jobs();
        let nanos = share.nanos(self.speed);
        let slow: Vec<&Piece> = share
            .pieces
            .iter()
            .filter(|piece| self.speed.bound(&piece.counts) == Bound::FileRate)
            .collect();
        if !slow.is_empty() {
            let small = sum(slow.iter().map(|piece| piece.counts));
            let mean = small.bytes / u128::from(small.objects.max(1));
            let packed = lower_bound(self.speed, &Counts { objects: 0, ..*copied }, 0, jobs);
            advice.push(format!(
                "{} of {} jobs wait for the rate of objects, not for bandwidth: their objects are {mean} bytes on average, and {} bytes or more would fill the bandwidth; packed into archives of that size, everything could take {}",
                slow.len(),
                share.pieces.len(),
                count(self.speed.break_even_bytes()),
                Took(packed.max(self.speed.byte_nanos(largest.into()))),
            ));
        }
        if self.speed.byte_nanos(largest.into()) == bound && share.pieces.len() > 1 {
            advice.push(format!(
                "one object of {} bytes takes {} by itself: more jobs bring nothing",
                count(largest),
                Took(bound)
            ));
        } else if nanos > HOUR {
            let twice = lower_bound(self.speed, copied, largest, jobs.saturating_mul(2));
            advice.push(format!(
                "twice as many jobs at once, {}, would bring it down to {} at best",
                jobs.saturating_mul(2),
                Took(twice)
            ));
        }
        let alone = self.speed.nanos(copied);
        if share.pieces.len() > 1 && alone <= HOUR {
            advice.push(format!(
                "a single job would take {}: `--max-jobs 1` saves the trouble of several",
                Took(alone)
            ));
        }
        if !is_good(nanos, bound) && share.split != Split::Range {
            let reason = match &self.by_prefix {
                Ok(division) => division.stopped.reason(),
                Err(reason) => reason.clone(),
            };
            advice.push(format!(
                "divided no further by prefix: {reason}; with `--manifest` and lists, {} jobs could take {}",
                jobs,
                Took(bound)
            ));
        }
        advice
    }

    /// What has to be known about a plan.
    pub(super) fn notes(&self, plan: &Plan, share: &Share) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut note = |certainty, text: String| notes.push(Note { certainty, text });
        let documented = Certainty::Documented;
        if !plan.complete {
            note(
                documented,
                "the scan was not complete: all counts and durations are lower bounds".into(),
            );
        }
        let lists = share.split == Split::Range;
        if lists {
            note(Certainty::Assumed, "lists have the form of an OSS inventory; which columns a custom inventory needs besides Key is not known: see `--inventory-columns`".into());
            note(documented, "objects written after the scan are in no list; scan again and run a job for them before the switch".into());
        }
        if plan.jobs.iter().any(|job| !job.source.prefix.is_empty()) {
            note(
                Certainty::Assumed,
                if self.wish.prefix_is_kept {
                    "copies are taken to keep the source prefix in their keys".into()
                } else {
                    "the service is taken to replace the source prefix by the destination's, so each destination repeats it and keys stay as they are; `--source-prefix kept` if it does not".to_owned()
                },
            );
        }
        if self.kind == StoreKind::Azure {
            note(Certainty::Assumed, "which field of the API holds Azure's endpoint suffix, container, account and key is inferred from the console's form".into());
        }
        if self.kind == StoreKind::Ks3 {
            let bucket = self.weighed.location.bucket();
            let short = short_ks3_name(bucket);
            if short != bucket {
                note(
                    documented,
                    format!("the classic console wants the bucket's short name, `{short}`"),
                );
            }
        }
        if self.wish.overwrite == Overwrite::Never {
            note(Certainty::ThirdParty, "the service is said to refuse `never` at times; `--overwrite always --transfer-mode lastmodified` copies what is missing or older".into());
        }
        if let Some(window) = &self.wish.window {
            let (from, to) = window.hours();
            note(
                documented,
                format!(
                    "the classic form holds the window as flow control from {from} to {to}; the API's schedule is not documented well enough to be used, so `--submit` refuses a window: have cron call `jobs pause` and `jobs resume`"
                ),
            );
        }
        if self.wish.modified_after.is_some() {
            note(
                documented,
                "only objects modified later are copied, so counts and durations are upper bounds"
                    .into(),
            );
        }
        let host = self.domain().unwrap_or_default();
        if host.starts_with("127.")
            || host.starts_with("localhost")
            || host.starts_with("10.")
            || host.starts_with("192.168.")
        {
            note(
                documented,
                format!(
                    "the service cannot reach `{host}` over the internet: name a public endpoint with `--source-domain`"
                ),
            );
        }
        let usual = Limits::of_region(self.region.as_deref());
        for ((what, usual), (_, given)) in usual.named().iter().zip(self.wish.limits.named()) {
            if given.certainty == Certainty::Given && given.value > usual.value {
                let (given, usual) = (count(given.value), count(usual.value));
                let text = format!(
                    "{given} {what} are more than the {usual} that are documented: ask for a higher limit first"
                );
                note(documented, text);
            }
        }
        for (what, limit) in self.wish.limits.named() {
            if limit.certainty == Certainty::Assumed {
                let value = count(limit.value);
                note(Certainty::Assumed, format!("at most {value} {what}: {}", limit.source));
            }
        }
        notes
    }
}
