//! Data Online Migration (`hcs-mgw`, version 2024-06-26): addresses, jobs, what they did.
//!
//! The service lists the source by itself: a job is created without totals, and tells its own afterwards.
//! Bodies are XML, the signature is that of OSS.
//!
//! Source of all operations and structures: the official SDK `alibabacloud_hcs_mgw20240626` 1.0.8 and the
//! API reference that it is generated with.

mod address;
mod client;
mod compare;
mod job;
mod model;
mod outcome;

pub use address::{Address, AddressDetail, NewAddress, Verification};
pub use client::{Listed, Mgw};
pub use compare::{Difference, address_differences, job_differences};
pub use job::{
    FileTypeFilters, FilterRule, ImportQos, Job, JobStatus, JobUpdate, KeyFilters,
    LastModifiedFilters, NewJob, Patterns, ScheduleRule, TimeFilter, TimeFilters,
};
pub use model::Secret;
pub use outcome::{JobHistory, JobResult, NewReport, Report, known};
