//! Checks of who migrates: the RAM user, the role that the service takes on, policies, keys of KMS.
//!
//! Everything is looked at from the ground of [`destination`](super::destination), with the same keys. What
//! may not be read is `unknown`, with the permission that is missing, and a statement that denies counts
//! more than any that allow.
//!
//! | file | its checks |
//! |---|---|
//! | `held` | (the policies that a user or role has, and what they come to together) |
//! | `user` | the RAM user and its policies |
//! | `role` | the role, and whom it trusts |
//! | `permissions` | what the role may do with the bucket |
//! | `bucket_policy` | whom the bucket lets in |
//! | `kms` | the key that encrypts, and who may use it |

mod bucket_policy;
mod held;
mod kms;
mod permissions;
mod role;
mod user;

use super::destination::{Ground, KEYS};
use super::finding::{Check, Finding};

/// Every check of identities, for the documentation.
pub const CHECKS: [&Check; 12] = [
    &KEYS,
    &user::USER,
    &user::POLICIES,
    &user::DENIED,
    &role::ROLE,
    &role::ROLE_NAME,
    &role::TRUST,
    &permissions::PERMISSIONS,
    &bucket_policy::POLICY,
    &kms::ACCESS,
    &kms::KEY,
    &kms::KEY_POLICY,
];

/// Runs all checks of identities.
pub(super) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let (user, role) = futures::join!(user::look(ground), role::look(ground));
    let mut findings = user::check(ground, &user);
    findings.extend(role::check(ground, &role));
    findings.extend(bucket_policy::check(ground, &role, &user));
    findings.extend(kms::check(ground, &role, &user).await);
    findings
}
