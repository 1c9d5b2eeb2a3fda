//! Lists a bucket: exactly once, at the bucket's own speed.
//!
//! | file | its job |
//! |---|---|
//! | `planner` | which range to ask for next, and where to cut: pure state, no I/O, no clock |
//! | `driver` | the loop: starts what the planner wants, takes checkpoints, ends |
//! | `state` | what requests share; the step in which a page becomes part of the result |
//! | `fetch` | one page, whatever it takes: attempts, waiting, hedging |
//! | `turn` | the order of a range's pages where the next is asked for before the one in front is read |
//! | `further` | what a store sends beyond one request for a call, and tells before the call ends |
//! | `pace` | how many requests may be in flight, and when |
//! | `count` | from the objects of a page to tally, filters and manifest rows |
//! | `checkpoint` | the ledger, written every so often beside the work |
//! | `folder` | the folder that a scan is resumed from: its lock, and what is removed from it when |
//! | `ledger` | which ranges are done, on disk: checkpoint and certificate |
//! | `seam` | where two ranges meet, both sides must see the same key |
//! | `walk` | the walks for stores that cannot be cut by key: by tokens, or directory by directory |
//! | `probe` | a delimiter page as the planner reads it |
//! | `hints` | cut points from an earlier ledger |
//! | `explain` | what the planner decided and why, as lines to read |
//! | `stream` | a manifest on a stream: rows leave while the scan is running |
//! | `timeline` | what was in flight when, for looking at afterwards |
//! | `billed` | what is billed beside the current objects: versions, delete markers, unfinished uploads |
//! | `verify` | lists a sample of a ledger's ranges again |
//! | `options`, `outcome` | what goes in and what comes out |

pub mod billed;
mod checkpoint;
mod count;
mod driver;
mod explain;
mod fetch;
mod folder;
mod further;
mod hints;
pub mod ledger;
mod options;
mod outcome;
pub mod pace;
pub mod planner;
mod probe;
mod seam;
mod state;
mod stream;
mod timeline;
mod turn;
mod verify;
mod walk;

pub use count::Progress;
pub use driver::scan;
pub use folder::Leftovers;
pub use options::{ManifestOptions, ScanOptions, StateOptions};
pub use outcome::{End, Explained, ManifestCounts, Outcome, RequestCounts, ScanError};
pub use timeline::{Bar, Timeline};
pub use verify::{RangeCheck, verify};
