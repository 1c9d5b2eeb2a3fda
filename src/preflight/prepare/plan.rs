//! What was found, and what is to be done.

use super::action::Action;
use crate::preflight::wanted::Way;

/// What was found at a destination, and what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The number of the account that user, role and policies belong to.
    pub account: String,
    /// The number of the account that the bucket belongs to, where it is another.
    pub bucket_account: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// Which way.
    pub way: Way,
    /// One after another.
    pub items: Vec<Item>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is about.
    pub title: String,
    /// What is there.
    pub found: String,
    /// What follows.
    pub outcome: Outcome,
}

/// What follows from what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stays as it is.
    Kept,
    /// It is to be done.
    Do(Action),
    /// It cannot be done from here.
    ByHand {
        /// What is to be done, and where.
        what: String,
        /// The document to put there.
        document: String,
    },
    /// It cannot be done at all as things are.
    InTheWay {
        /// Why.
        why: String,
        /// The way out.
        hint: String,
    },
}

impl Plan {
    /// What is to be done, in this order.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.items.iter().filter_map(|item| match &item.outcome {
            Outcome::Do(action) => Some(action),
            _ => None,
        })
    }

    /// Whether something stands in the way of the whole.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.items.iter().any(|item| matches!(item.outcome, Outcome::InTheWay { .. }))
    }

    pub(super) fn push(
        &mut self,
        title: impl Into<String>,
        found: impl Into<String>,
        outcome: Outcome,
    ) {
        self.items.push(Item { title: title.into(), found: found.into(), outcome });
    }
}

impl Outcome {
    pub(super) fn in_the_way(why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::InTheWay { why: why.into(), hint: hint.into() }
    }
}
