//! Why a destination could not be made ready, or that not be taken back.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::record::RecordError;
use crate::alibaba::CallError;
use crate::preflight::policy::{Diff, LimitError, PolicyError};

/// Why a destination could not be made ready. Never holds a secret.
#[derive(Debug, Error)]
pub enum PrepareError {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The record cannot be kept.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A document that is there cannot be understood.
    #[error("{what} cannot be read: {source}\nhint: correct it in the console")]
    Unreadable {
        /// Which document.
        what: String,
        /// Why.
        source: PolicyError,
    },
    /// A document would be refused.
    #[error("{what}: {source}")]
    Limit {
        /// Which document.
        what: String,
        /// Why.
        source: LimitError,
    },
    /// A policy that is replaced as a whole is not the one that was looked at.
    #[error(
        "{what} was changed by somebody else since it was read, and was left alone:\n{diff}\nhint: look again, the change will be kept"
    )]
    Changed {
        /// Which policy.
        what: String,
        /// From what was read to what is there.
        diff: Diff,
    },
    /// What was written does not come back.
    #[error(
        "{what} was set, and another comes back:\n{diff}\nhint: somebody else may have set it at the same time: look again"
    )]
    ReadBack {
        /// Which policy.
        what: String,
        /// From what was written to what is there.
        diff: Diff,
    },
    /// What was created cannot be seen.
    #[error(
        "{what} was created, and the service does not show it yet\nhint: call again in a minute, which goes on from here"
    )]
    Unseen {
        /// What.
        what: String,
    },
    /// Something of the same name came up in the meantime.
    #[error("{what} was created by somebody else in the meantime\nhint: look again")]
    Taken {
        /// What.
        what: String,
    },
    /// The keys of an account are needed that are not here.
    #[error(
        "keys for the account {account} are needed\nhint: name a profile with `--bucket-profile`, or set WEIGHBRIDGE_BUCKET_ACCESS_KEY_ID and WEIGHBRIDGE_BUCKET_ACCESS_KEY_SECRET"
    )]
    NoKeys {
        /// The account.
        account: String,
    },
    /// The way needs the number of the account that owns the bucket.
    #[error(
        "whose the bucket is, is not known\nhint: name its account with `--bucket-account`, or give keys for it with `--bucket-profile`"
    )]
    NoBucketAccount,
    /// The way needs the number of the account that migrates.
    #[error("the number of your account is not known\nhint: name it with `--account`")]
    NoAccount,
    /// A copy of a policy cannot be saved.
    #[error("cannot save what was there into `{}`: {source}", path.display())]
    Backup {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The secret of a new key cannot be given to the user.
    #[error(
        "cannot give out the secret of the new access key: {source}\nhint: call again: the key will be deleted and another one made"
    )]
    Deliver {
        /// What the system says.
        source: io::Error,
    },
    /// Something was changed since it was made, and stays.
    #[error("{what} was changed since it was made, and stays: {why}")]
    ChangedSince {
        /// What.
        what: String,
        /// How.
        why: String,
    },
}
