//! RAM: users, their access keys, roles, policies, and who has which policy.
//!
//! Documents (policies, and which services and accounts a role trusts) are JSON in text, as they are sent
//! and given back. Pages are followed to their end. RAM is slow to spread what was changed: another service
//! may know of it a little later.
//!
//! * `client`: calls. * `user`, `group`, `role`, `policy`: what there is. * `attach`: who has which policy.
//!
//! Source of all operations and structures: RAM API reference, version 2015-05-01, and the official SDK
//! `alibabacloud_ram20150501` 1.3.0.

mod attach;
mod client;
mod group;
mod policy;
mod role;
mod user;

pub use attach::Holder;
pub use client::Ram;
pub use policy::{
    LARGEST_POLICY, ListedPolicy, MOST_VERSIONS, NewPolicy, NewVersion, Policy, PolicyName,
    PolicyType, PolicyVersion, Rotate,
};
pub use role::{ListedRole, NewRole, Role};
pub use user::{AccessKey, NewUser, User};
