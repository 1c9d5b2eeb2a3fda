//! OSS: what the destination's bucket is asked for beside listings to be weighed.
//!
//! * `bucket`: whether it is there and whose, what it is, creating and deleting it. * `settings`: what is
//!   kept with it. * `lifecycle`: rules by which objects are moved and deleted. * `object`: objects.
//!   * `service`: the account's buckets, the regions.
//!
//! Source: OSS API reference, and the official SDK `alibabacloud_oss_v2` 1.4.1.

mod bucket;
mod lifecycle;
mod object;
mod service;
mod settings;

pub use bucket::{Bucket, BucketInfo, BucketStat, NewBucket, Presence};
pub use lifecycle::{Rule, Transition, When};
pub use object::ObjectHead;
pub use service::{ListedBucket, Oss, Region};
pub use settings::{Encryption, Referer, Setting, Worm};
