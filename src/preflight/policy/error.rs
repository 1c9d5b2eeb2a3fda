//! Why a text is no policy.

use thiserror::Error;

/// Why a text cannot be read as a policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// It is no JSON.
    #[error("the policy is no JSON from line {line}, column {column}, on")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column.
        column: usize,
    },
    /// It is JSON and no object.
    #[error("the policy is no JSON object")]
    NoObject,
    /// A member is there twice, and which of them counts is anybody's guess.
    #[error("{place} has the member `{member}` twice")]
    Twice {
        /// `the policy` or `statement 2`.
        place: String,
        /// The member.
        member: String,
    },
    /// It has no statements.
    #[error("the policy has no `Statement`")]
    NoStatement,
    /// A statement is not as it should be.
    #[error("statement {number} of the policy {what}")]
    Statement {
        /// Which one, from 1.
        number: usize,
        /// What is wrong with it.
        what: String,
    },
}
