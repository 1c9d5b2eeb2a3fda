//! Alibaba Cloud, the side that data is moved to.
//!
//! * [`credentials`]: whose keys, and from where they were taken.
//! * [`sign`]: the two schemes by which the services know their callers.

pub mod credentials;
pub mod sign;

pub use credentials::{Credentials, CredentialsError};
