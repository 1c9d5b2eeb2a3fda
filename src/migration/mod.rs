//! From exact totals to migration jobs.
//!
//! A [`Plan`] divides what a scan has found into jobs of Alibaba Cloud's Data Online Migration service,
//! such that every object belongs to exactly one job, the jobs add up to the totals to the byte, and the
//! longest job is as short as possible. Only `submit` speaks to the service.
//!
//! | file | its job |
//! |---|---|
//! | `limits` | what the service allows, as data with sources |
//! | `duration` | how long jobs take, in hours of the day where wanted |
//! | `address`, `name` | data addresses and names as the service takes them |
//! | `weighed` | what a summary or a ledger tells that jobs are made from |
//! | `survey` | one pass over a manifest |
//! | `hazard` | which objects will fail, and what to do |
//! | `prefixes`, `split` | dividing by prefixes, and by ranges of keys |
//! | `wish` | what is wanted, and why there is no plan |
//! | `draft` | all that put together to a plan |
//! | `share`, `places`, `remarks` | the division of a draft, its data addresses, what is said about it |
//! | `plan` | the plan itself, as `jobs.json` holds it |
//! | `inventory` | lists of objects for jobs that take ranges |
//! | `submit` | a plan made real: submitted, followed, checked against what it promised |
//! | `requests`, `terraform` | the plan as bodies of requests, as Terraform |

pub mod address;
pub mod draft;
pub mod duration;
pub mod hazard;
pub mod inventory;
pub mod limits;
pub mod name;
mod places;
mod plan;
pub mod prefixes;
mod remarks;
pub mod requests;
mod share;
pub mod split;
pub mod submit;
pub mod survey;
pub mod terraform;
mod weighed;
mod wish;
mod words;

pub use address::{Address, InventoryLocation, StoreKind};
pub use draft::Draft;
pub use duration::{Bound, Speed, Window};
pub use limits::{Certainty, Limit, Limits};
pub use name::{InvalidName, Names};
pub use plan::{
    Excluded, Finding, Forecast, Inventory, InventoryFile, Job, KeyRange, Note, Overwrite, Plan,
    PlanReadError, SCHEMA, Selection, Settings, Split, Transfer,
};
pub use weighed::Weighed;
pub use wish::{PlanError, Wish};
