//! Walks for stores whose key space cannot be cut: they keep no order, or cannot start in the middle.
//!
//! * `tokens`: one page after another by the store's own continuation. Nothing is listed beside it; it is
//!   what every simple client relies on.
//! * `directories`: directory by directory, many at once, where listing by delimiter is known to be
//!   complete ([`crate::store::Quirks::directories`]).
//! * `trail`: notices when a listing is led back to where it has been.
//! * `account`: what both count into, and what they end with.
//!
//! Neither needs an order to be exact. Neither has a key to go on from: a walk that was stopped begins
//! anew.

mod account;
mod directories;
mod tokens;
mod trail;

pub(super) use directories::walk as by_directories;
pub(super) use tokens::walk as by_tokens;
