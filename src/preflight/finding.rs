//! Checks, and what was seen of them.

use serde::{Deserialize, Serialize};

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The bucket or container that is migrated, and the key that reads it.
    Source,
    /// The bucket of OSS that it goes to.
    Destination,
    /// Users, roles, policies and keys of Alibaba Cloud.
    Identity,
}

/// What a check came to, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The migration fails, wholly or in part, until this is mended.
    Blocker,
    /// The migration may fail, or does something else than one would think.
    Warning,
    /// It could not be found out.
    Unknown,
    /// Nothing is wrong.
    Ok,
}

/// Something that can be wrong. Its id is a public promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its stable name.
    pub id: &'static str,
    /// What it is about.
    pub side: Side,
    /// What is looked at, in a few words.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
}

/// What mends a finding: a command, what to do in a console, or either.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// A command to run, or a call of this program.
    #[serde(default)]
    pub command: Option<String>,
    /// Where in whose console to do what.
    #[serde(default)]
    pub console: Option<String>,
}

/// What a run saw of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The check's id.
    pub id: String,
    /// What it is about.
    pub side: Side,
    /// What it came to.
    pub verdict: Verdict,
    /// What was looked at, in a few words.
    pub title: String,
    /// What was seen, in one sentence. Holds no secret.
    pub seen: String,
    /// Why it matters, in one sentence.
    pub why: String,
    /// What mends it; `null` where nothing has to be.
    #[serde(default)]
    pub remedy: Option<Remedy>,
}

impl Side {
    /// All sides, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Source, Self::Destination, Self::Identity];
}

impl Verdict {
    /// All verdicts, worst first.
    pub const ALL: [Self; 4] = [Self::Blocker, Self::Warning, Self::Unknown, Self::Ok];

    /// As JSON and people write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Blocker => "blocker",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Ok => "ok",
        }
    }
}

impl Check {
    /// A check of the source.
    #[must_use]
    pub const fn source(id: &'static str, title: &'static str, why: &'static str) -> Self {
        Self { id, side: Side::Source, title, why }
    }

    /// A check of the destination bucket.
    #[must_use]
    pub const fn destination(id: &'static str, title: &'static str, why: &'static str) -> Self {
        Self { id, side: Side::Destination, title, why }
    }

    /// A check of identities and keys at the destination.
    #[must_use]
    pub const fn identity(id: &'static str, title: &'static str, why: &'static str) -> Self {
        Self { id, side: Side::Identity, title, why }
    }

    /// What was seen, and what it came to.
    #[must_use]
    pub fn found(&self, verdict: Verdict, seen: impl Into<String>) -> Finding {
        Finding {
            id: self.id.to_owned(),
            side: self.side,
            verdict,
            title: self.title.to_owned(),
            seen: seen.into(),
            why: self.why.to_owned(),
            remedy: None,
        }
    }

    /// Nothing is wrong.
    #[must_use]
    pub fn ok(&self, seen: impl Into<String>) -> Finding {
        self.found(Verdict::Ok, seen)
    }

    /// It could not be found out, and why.
    #[must_use]
    pub fn unknown(&self, seen: impl Into<String>) -> Finding {
        self.found(Verdict::Unknown, seen)
    }

    /// Something may go wrong.
    #[must_use]
    pub fn warning(&self, seen: impl Into<String>) -> Finding {
        self.found(Verdict::Warning, seen)
    }

    /// Something will go wrong.
    #[must_use]
    pub fn blocker(&self, seen: impl Into<String>) -> Finding {
        self.found(Verdict::Blocker, seen)
    }
}

impl Finding {
    /// The same with a reason of its own.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// The same with a command that mends it.
    #[must_use]
    pub fn run(mut self, command: impl Into<String>) -> Self {
        self.remedy.get_or_insert_default().command = Some(command.into());
        self
    }

    /// The same with what to do in a console, or by hand.
    #[must_use]
    pub fn by_hand(mut self, console: impl Into<String>) -> Self {
        self.remedy.get_or_insert_default().console = Some(console.into());
        self
    }
}
