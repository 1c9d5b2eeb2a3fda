//! What was done, on disk.
//!
//! `schema` is `weighbridge.prepare/1`. Under the same number members are only added, and readers ignore those that
//! they do not know. The file is written as a whole beside its old self and takes its place, so it is always the one
//! or the other.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rand::Rng as _;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::action::Action;
use super::plan::{Outcome, Plan};
use super::replace::is_same;
use crate::versioned;
use crate::whole;

/// The format that is written.
pub const SCHEMA: &str = "weighbridge.prepare/1";

/// A plan as it is kept in a file, and how far it was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: String,
    /// What wrote it.
    pub tool_version: String,
    /// The number of the account that user, role and policies belong to.
    pub account: String,
    /// The number of the account that the bucket belongs to, where it is another.
    pub bucket_account: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// `automatic`, `manual`, `cross-account` or `classic`.
    pub way: String,
    /// What descriptions of all that was created contain.
    pub mark: String,
    /// What is to be done, and what was, in that order.
    pub steps: Vec<Entry>,
    /// What is there already and stays as it is, in words.
    pub kept: Vec<String>,
    /// What has to be done by hand, in words, with the document.
    pub by_hand: Vec<ByHand>,
    /// What stands in the way, in words.
    pub obstacles: Vec<String>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Something that has to be done by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// What.
    pub what: String,
    /// The document to put there.
    pub document: String,
}

/// An action, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The action.
    pub action: Action,
    /// How far it is.
    pub state: State,
    /// What tells the thing that was made from another of the same name: the id of a user, a role or an access key,
    /// the time at which a bucket was created.
    pub made: Option<String>,
}

/// How far an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not begun.
    Planned,
    /// Its call may have taken effect.
    Begun,
    /// It took effect.
    Done,
    /// Taking it back was begun.
    Undoing,
    /// It was taken back.
    Undone,
}

impl State {
    /// Whether there may be something to take back.
    #[must_use]
    pub fn may_be_there(self) -> bool {
        matches!(self, Self::Begun | Self::Done | Self::Undoing)
    }
}

/// Why a record cannot be read or written.
#[derive(Debug, Error)]
pub enum RecordError {
    /// It cannot be read.
    #[error(
        "cannot read `{}`: {source}\nhint: bring the file back as `weighbridge prepare` wrote it, or name another \
         (`prepare` takes it with `--output`)", path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is of another format, or damaged.
    #[error(
        "`{}` is no record of a preparation that this version can read: {what}\nhint: bring the file back as \
         `weighbridge prepare` wrote it, or name another (`prepare` takes it with `--output`)", path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// It is the record of something else.
    #[error(
        "`{}` is the record of preparing oss://{bucket} in {region} for account {account}\nhint: name another file with \
         `--output`, or undo that one first with `weighbridge undo`", path.display()
    )]
    Other {
        /// The file.
        path: PathBuf,
        /// Its bucket.
        bucket: String,
        /// Its region.
        region: String,
        /// Its account.
        account: String,
    },
    /// Another run is at work with it.
    #[error(
        "another run is at work with `{}`\nhint: wait for its end, or name another file with `--output`", path.display()
    )]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("cannot write `{}`: {source}\nhint: name a file in a folder that may be written to with `--output`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Record {
    /// A plan of which nothing was done.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        let mut record = Self {
            schema: SCHEMA.to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            account: plan.account.clone(),
            bucket_account: plan.bucket_account.clone(),
            bucket: plan.bucket.clone(),
            region: plan.region.clone(),
            way: plan.way.word().to_owned(),
            mark: format!("weighbridge-{:016x}", rand::rng().random::<u64>()),
            steps: Vec::new(),
            kept: Vec::new(),
            by_hand: Vec::new(),
            obstacles: Vec::new(),
            notes: plan.notes.clone(),
        };
        for item in &plan.items {
            match &item.outcome {
                Outcome::Kept => record.kept.push(format!("{}: {}", item.title, item.found)),
                Outcome::Do(action) => record.steps.push(Entry {
                    action: action.clone(),
                    state: State::Planned,
                    made: None,
                }),
                Outcome::ByHand { what, document } => {
                    record.by_hand.push(ByHand { what: what.clone(), document: document.clone() });
                }
                Outcome::InTheWay { why, .. } => {
                    record.obstacles.push(format!("{}: {why}", item.title));
                }
            }
        }
        record
    }

    /// Takes what an earlier run did into this plan, which was made by looking again. What that run began and is not
    /// planned again took effect, if it is there. What is planned again seems not to have: it stays begun, as a
    /// service may be slow to show it.
    #[must_use]
    pub fn following(mut self, earlier: Record) -> Self {
        let mut steps = Vec::new();
        for mut entry in earlier.steps {
            let again = self.steps.iter_mut().find(|new| new.action.is_again(&entry.action));
            let keep = match (&entry.action, again) {
                // Statements are added to those that earlier runs added.
                (Action::Replace(own), Some(Entry { action: Action::Replace(new), .. })) => {
                    entry.state != State::Begun || is_same(new.before.as_deref(), Some(&own.after))
                }
                // It is not there any more, and what is made now is another.
                (_, Some(again)) => {
                    // What was made for certain has gone since.
                    if entry.state == State::Begun && entry.made.is_none() {
                        again.state = State::Begun;
                    }
                    false
                }
                (_, None) => true,
            };
            if keep && entry.state.may_be_there() {
                if entry.state == State::Begun {
                    entry.state = State::Done;
                }
                steps.push(entry);
            }
        }
        steps.append(&mut self.steps);
        self.steps = steps;
        self.mark = earlier.mark;
        self
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn read(path: &Path) -> Result<Self, RecordError> {
        let read = |source| RecordError::Read { path: path.to_owned(), source };
        let text = fs::read_to_string(path).map_err(read)?;
        let format = |what: String| RecordError::Format { path: path.to_owned(), what };
        let no_json = |error: serde_json::Error| format(error.to_string());
        let schema = versioned::schema_of(text.as_bytes()).map_err(no_json)?;
        if schema != SCHEMA {
            return Err(format(format!("its schema is `{schema}`, not `{SCHEMA}`")));
        }
        let record: Self = serde_json::from_str(&text).map_err(no_json)?;
        if record.mark.trim().is_empty() {
            // Every description would contain it, and everything be taken for made by this plan.
            return Err(format("its mark is empty".to_owned()));
        }
        Ok(record)
    }

    /// Reads a record, if there is a file. One that cannot be read is not the same as none.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn read_if_there(path: &Path) -> Result<Option<Self>, RecordError> {
        match Self::read(path) {
            Err(RecordError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    /// Reads the record of an earlier run for the same bucket and accounts, if there is one.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn read_earlier(path: &Path, plan: &Plan) -> Result<Option<Self>, RecordError> {
        let Some(record) = Self::read_if_there(path)? else { return Ok(None) };
        let nothing_left = !record.steps.iter().any(|entry| entry.state.may_be_there());
        let same = record.bucket == plan.bucket
            && record.region == plan.region
            && record.account == plan.account
            && record.bucket_account == plan.bucket_account;
        if same || nothing_left {
            return Ok(Some(record));
        }
        let Self { bucket, region, account, .. } = record;
        Err(RecordError::Other { path: path.to_owned(), bucket, region, account })
    }

    /// The text of the file.
    ///
    /// # Errors
    /// An error of the JSON writer, which a record that was made or read here does not cause.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        versioned::to_json(self)
    }
}

impl Action {
    /// Whether this does again what `earlier` did or was to do.
    fn is_again(&self, earlier: &Action) -> bool {
        match (self, earlier) {
            (Self::Replace(own), Self::Replace(other)) => own.target == other.target,
            (Self::CreateAccessKey { user, .. }, Self::CreateAccessKey { user: other, .. }) => {
                user == other
            }
            (Self::CreateBucket { bucket, .. }, Self::CreateBucket { bucket: other, .. }) => {
                bucket == other
            }
            (Self::CreatePolicy { policy, .. }, Self::CreatePolicy { policy: other, .. }) => {
                policy == other
            }
            (Self::CreateRole { role, .. }, Self::CreateRole { role: other, .. }) => role == other,
            _ => self == earlier,
        }
    }
}

/// A record and the file that it is kept in.
#[derive(Debug)]
pub struct Keeper {
    /// The record.
    pub record: Record,
    path: PathBuf,
}

impl Keeper {
    /// Keeps a record in a file, from now on.
    ///
    /// # Errors
    /// [`RecordError::Write`].
    pub fn new(record: Record, path: PathBuf) -> Result<Self, RecordError> {
        let keeper = Self { record, path };
        keeper.save()?;
        Ok(keeper)
    }

    /// Where it is kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes how far an entry is, on disk before this returns.
    pub(super) fn note(&mut self, index: usize, state: State) -> Result<(), RecordError> {
        if let Some(entry) = self.record.steps.get_mut(index) {
            entry.state = state;
        }
        self.save()
    }

    fn save(&self) -> Result<(), RecordError> {
        whole::replace(&self.path, |file| file.write_all(self.record.to_json()?.as_bytes()))
            .map_err(|source| RecordError::Write { path: self.path.clone(), source })
    }
}
