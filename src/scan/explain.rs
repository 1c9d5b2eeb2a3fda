//! What the planner decided and why, as lines to read.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::planner::{Planner, RangeId, TraceEvent};
use crate::store::printable;

/// Lines kept; a long scan decides more than anybody reads.
const LINES: usize = 100_000;

/// Collects the planner's decisions.
#[derive(Clone, Debug, Default)]
pub(super) struct Decisions {
    lines: Arc<Mutex<(Vec<String>, u64)>>,
}

impl Decisions {
    /// Listens to a planner from now on.
    pub(super) fn listen(planner: &mut Planner) -> Self {
        let decisions = Self::default();
        let (lines, begun) = (Arc::clone(&decisions.lines), Instant::now());
        planner.set_trace(Some(Box::new(move |event| {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.0.len() < LINES {
                lines.0.push(format!(
                    "{:9.3} s  {}",
                    begun.elapsed().as_secs_f64(),
                    sentence(&event)
                ));
            } else {
                lines.1 += 1;
            }
        })));
        decisions
    }

    /// What was collected; the last line tells how much was left out.
    pub(super) fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = lines.0.clone();
        if lines.1 > 0 {
            all.push(format!("and {} more decisions", lines.1));
        }
        all
    }
}

fn sentence(event: &TraceEvent) -> String {
    let name = |range: &RangeId| format!("range {}", range.0);
    match event {
        TraceEvent::Split { range, estimate, price, parts } => {
            let mut text = format!(
                "{}: about {estimate:.0} keys are left, a part has to hold {price:.0}: cut",
                name(range)
            );
            for (part, bound, kind) in parts {
                let _ = write!(text, "; {} after `{}` ({kind:?})", name(part), printable(bound));
            }
            text
        }
        TraceEvent::Empty { range } => format!("{}: holds no key, the cut was wasted", name(range)),
        TraceEvent::Finished { range, keys } => format!("{}: done, {keys} keys", name(range)),
        TraceEvent::Probe { range, directory } => format!(
            "{}: asks what is in `{}`, to know where to cut",
            name(range),
            printable(directory)
        ),
        TraceEvent::Structure { directory, entries, more } => format!(
            "`{}` has {entries} entries{}",
            printable(directory),
            if *more { " and more" } else { "" }
        ),
        TraceEvent::Divided { delimiter: Some(delimiter) } => format!(
            "from now on `{}` is what divides names into directories",
            printable(&[*delimiter])
        ),
        TraceEvent::Divided { delimiter: None } => {
            "from now on nothing divides names into directories".into()
        }
    }
}
