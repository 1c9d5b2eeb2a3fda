//! Weighs cloud buckets before they are moved.
//!
//! | module | its one job |
//! |---|---|
//! | [`location`] | what a user names: `s3://bucket/prefix`, `demo:shape` |
//! | [`object`] | one listed object, the order of keys, times |
//! | [`store`] | what a provider is: one page in, one page out |
//! | [`scan`] | the planner of ranges, the loop that runs it, pace, ledger |
//! | [`filter`] | which objects count |
//! | [`tally`] | mergeable counters over objects |
//! | [`manifest`] | a listing on disk |
//! | [`summary`] | the result of a run as versioned JSON |
//! | [`report`] | what people look at |
//! | [`alibaba`] | clients for the destination side |
//! | [`migration`] | from totals to jobs of the migration service |
//! | [`preflight`] | checks of both sides before a migration is begun |
//! | [`simulator`] | a bucket server on loopback |
//! | [`units`] | sizes, counts, times and durations as people write them |
//! | [`cli`] | the command line |
//!
//! Data flows one way: a [`store`] answers pages, [`scan`] decides which to ask for and makes every object
//! part of a [`tally`] and a [`manifest`] exactly once, [`summary`] and [`report`] tell about it.

pub mod alibaba;
mod base64;
pub mod cli;
pub mod exit;
pub mod filter;
mod hcl;
pub mod location;
pub mod manifest;
pub mod migration;
pub mod object;
pub mod preflight;
pub mod report;
pub mod scan;
pub mod simulator;
pub mod store;
pub mod summary;
pub mod tally;
pub mod units;
mod versioned;
mod whole;
