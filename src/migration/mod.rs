//! From exact totals to migration jobs.
//!
//! A [`Plan`] divides what a scan has found into jobs of Alibaba Cloud's Data Online Migration service,
//! such that every object belongs to exactly one job, the jobs add up to the totals to the byte, and the
//! longest job is as short as possible. Nothing here speaks to the service: whoever submits a plan reads
//! it from here.
//!
//! | file | its job |
//! |---|---|
//! | `limits` | what the service allows, as data with sources |
//! | `duration` | how long jobs take, in hours of the day where wanted |
//! | `address`, `name` | data addresses and names as the service takes them |
//! | `plan` | the plan itself, as `jobs.json` holds it |

pub mod address;
pub mod duration;
pub mod limits;
pub mod name;
mod plan;

pub use address::{Address, InventoryLocation, StoreKind};
pub use duration::{Bound, Speed, Window};
pub use limits::{Certainty, Limit, Limits};
pub use name::{InvalidName, Names};
pub use plan::{
    Excluded, Finding, Forecast, Inventory, InventoryFile, Job, KeyRange, Note, Overwrite, Plan,
    PlanReadError, SCHEMA, Selection, Settings, Split, Transfer,
};
