//! Adaptive parallel listing.
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod alphabet;
mod api;
mod digits;
mod directories;
mod dispatch;
mod estimate;
mod interpolate;
mod lore;
mod machine;
mod model;
mod range;
mod segments;
mod text;
mod tuning;

pub use api::{OrderError, PageKeys, PageVerdict, PlannerConfig, PlannerStats, ProbeEntry, RangeId, RangeView, Request, RequestId};
pub use estimate::{CutKind, TraceEvent};
pub use machine::{Planner, Tracer};
