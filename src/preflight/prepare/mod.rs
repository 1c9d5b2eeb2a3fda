//! The destination made ready: bucket, user, role, policies; and all of it taken back.
//!
//! [`look()`] asks what is there and says in a [`Plan`] what is missing, with the exact documents. It changes nothing.
//! [`carry_out()`] does the missing [`Action`]s one by one and keeps a [`Record`] on disk: before each call that it
//! begins, and after it that it is done. So a run that was broken off anywhere is gone on with by another one, and
//! [`look_back`] and [`take_back()`] undo what was done, in reverse order, unless it was changed since.
//!
//! What was created carries the record's mark in its description, so that it is known even where the answer to its
//! creation was lost. Nothing that is there already is changed, but for the policies of a bucket and of a key of KMS,
//! which keep all that is in them. A record never holds a secret.
//!
//! RAM is slow to spread what was changed: what was just created is asked for again until it is there, or until
//! [`Patience`] ends.
//!
//! | file | its job |
//! |---|---|
//! | `wish` | what the user wants, and names that follow from it |
//! | `action` | one call that changes something |
//! | `record` | what was done, on disk |
//! | `lock` | one run at a time with a record |
//! | `clouds` | whose keys |
//! | `plan` | what was found, and what is to be done |
//! | `look`, `look_bucket`, `look_ram` | what is there |
//! | `carry_out`, `create`, `replace` | what is missing |
//! | `back`, `take_back` | the way back |
//! | `secret_file` | where the secret of a new key goes |
//! | `offline`, [`terraform`] | the same documents without asking anybody |
//! | `patience`, `error` | waiting, and what goes wrong |

mod action;
mod back;
mod carry_out;
mod clouds;
mod create;
mod error;
mod lock;
mod look;
mod look_bucket;
mod look_ram;
mod offline;
mod patience;
mod plan;
mod record;
mod replace;
mod secret_file;
mod take_back;
pub mod terraform;
mod wish;

pub use action::{Action, KeptPolicy, Target};
pub use back::{Back, Fate, look_back};
pub use carry_out::{Deliver, carry_out};
pub use clouds::{Account, Clouds};
pub use error::PrepareError;
pub use lock::Lock;
pub use look::look;
pub use offline::{Documents, PolicyFile};
pub use patience::Patience;
pub use plan::{Item, Outcome, Plan};
pub use record::{Entry, Keeper, Record, RecordError, SCHEMA, State};
pub use secret_file::SecretFile;
pub use take_back::take_back;
pub use wish::{KmsGrant, Wish};
