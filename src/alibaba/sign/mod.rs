//! How Alibaba Cloud knows its callers.
//!
//! * [`oss4`]: OSS, and the migration service, which signs as OSS does.
//! * [`acs3`]: everything else: RAM, STS, KMS.

pub mod acs3;
pub mod oss4;
