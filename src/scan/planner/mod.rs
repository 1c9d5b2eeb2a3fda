//! Adaptive parallel listing: which key ranges to list, when to split them, and where.
//!
//! A pure, deterministic state machine. Events go in (pages, structure probes, failures), requests come out;
//! there is no I/O, no clock and no randomness. The driver calls [`Planner::next_requests`] at the start and
//! after every event, sends what it gets, and hands each answer back under its id.
//!
//! # How it works
//!
//! The key space inside the prefix is always divided into live ranges `(cursor, upper]`, each with at most one
//! list request on its way. While slots are idle, the ranges with the largest estimated remainder are cut. A cut is
//! committed when it is made: the victim ends at it at once, and the new range behind it exists at once and asks
//! for its first page at once. So a bad cut costs one page without a key of its range, a good one about half
//! a page, the victim's last.
//!
//! * `segments` divides what a range has left by levels: names in the cursor's own directory, then the children of
//!   every directory above it. `interpolate` and `digits` scale what was walked to what is left, with character
//!   frequencies learned by `model` over the classes of `alphabet`; `directories` knows listed children, `kin` which
//!   unlisted directory resembles a listed one, `sizes` how many keys lie below children or are expected to, `lengths`
//!   how soon directories end. `estimate` adds it up and shrinks it towards what was predicted at the last cut.
//! * `separator` finds another character that divides the names where the usual delimiter does not.
//! * `dispatch` sets the price of a split: a part must hold its share of the estimated rest, and more than a floor
//!   that rises with the length of the run and falls when slots are idle anyway. Where nothing is known of a
//!   range's structure, a probe is sent instead, and while most slots are idle one for each level. Kinds of cuts that
//!   have been finding nothing are rationed.
//! * `probes` asks for structure and takes in the answers.
//! * `ahead` asks for a range's next page as soon as the end of the one in front of it is known.
//! * `machine` holds the ranges and judges pages. Nothing above it influences what is counted: wrong estimates
//!   cost requests only.
//!
//! # What is guaranteed
//!
//! * Live ranges are disjoint, and together with the accepted keys they cover the prefix. A page is judged against
//!   the upper bound in force when it arrives; bounds only shrink, cursors only grow. So every key that exists
//!   during the whole run is accepted exactly once.
//! * Requests: at most five per page with accepted keys, plus the most slots ever allowed, plus the initial ranges; and
//!   one for each page that did not end where its answer seemed to.
//!   Every such page accepts at least one key, so a run always ends.
//! * State: ranges, of which there are at most the most slots ever allowed plus the initial ones (failed ranges
//!   included), each with some 110 sample keys; up to 200,000 child names in 2,048 directories; 32,768 patterns of
//!   paths; 4,096 alphabets and weight tables; 16,384 counts of non-ASCII characters. It does not grow with the
//!   number of keys.
//! * Cuts are inside the prefix, at most 1024 bytes, valid UTF-8 without control characters or noncharacters.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "estimates: counts of keys and pages as floats, non-negative where they become integers"
)]

mod ahead;
mod alphabet;
mod api;
mod digits;
mod directories;
mod dispatch;
mod estimate;
mod hash;
mod interpolate;
mod kin;
mod lengths;
mod lore;
mod machine;
mod model;
mod order;
mod probes;
mod range;
mod segments;
mod separator;
mod sizes;
mod text;
mod trace;
mod tuning;
mod unlisted;
mod views;

pub use api::{
    Interval, OrderError, PageKeys, PageVerdict, PlannerConfig, PlannerStats, ProbeEntry, RangeId,
    RangeView, Request, RequestId,
};
pub use machine::Planner;
pub use trace::{CutKind, TraceEvent, Tracer};
