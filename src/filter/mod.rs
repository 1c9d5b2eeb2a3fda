//! Which objects count.
//!
//! [`Filters`] are read from what a user typed and judge one object at a time. An object is kept when it
//! passes all of them; one that is dropped is counted under the first reason in this order: not
//! included, excluded, size, time, storage class.
//!
//! **Globs** match the whole key from the folder of the prefix on: for `s3://bucket/logs/` and for
//! `s3://bucket/logs/2024-` alike, `2024-*` begins right after `logs/` (see [`Filters::relative_to`]).
//! As with the AWS CLI, `*` matches any bytes including `/`, `?` one character, `[a-z]` and `[!a-z]` one
//! of a set. Beyond it, `**/` also matches no folder at all, `{jpg,png}` is a choice, and `\` takes the
//! next character as it is. Unlike there, the order of the options does not matter: an object is kept
//! when some include matches it (or none is given) and no exclude does.

mod dropped;
mod error;
mod glob;
mod judge;

pub use dropped::Dropped;
pub use error::{FilterError, FilterName, GlobProblem};
pub use glob::Glob;
pub use judge::{FilterSpec, Filters, Reason, Verdict};
