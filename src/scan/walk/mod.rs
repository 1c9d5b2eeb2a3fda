//! Walks for stores whose key space cannot be cut: they keep no order, or cannot start in the middle.
//!
//! * `tokens`: one page after another by the store's own continuation. Nothing is listed beside it; it is
//!   what every simple client relies on.
//! * `directories`: directory by directory, many at once, where listing by delimiter is known to be
//!   complete ([`crate::store::Quirks::directories`]).
//! * `frontier`: what a walk by directories has still to list.
//! * `listing`: one listing that is to be gone on with.
//! * `trail`: notices when a listing is led back to where it has been.
//! * `account`: what both count into, and what they end with.
//!
//! Neither needs an order to be exact. Neither has a key to go on from: what a walk that was stopped goes
//! on with is what it had still to list, and the store's continuations. A continuation is a place in the
//! store's words, which may mean nothing any more, or another place once objects were made or removed.
//! So a listing is gone on with only where the page before still tells the place; else the walk begins
//! anew, and says so.

mod account;
mod directories;
mod frontier;
mod listing;
mod tokens;
mod trail;

pub(super) use account::Walked;
pub(super) use directories::walk as by_directories;
pub(super) use tokens::walk as by_tokens;
