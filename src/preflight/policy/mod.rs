//! Policy documents: of buckets, of RAM, of keys of KMS.
//!
//! A [`Document`] keeps every statement and every member as it was written, known here or not, so that adding to
//! it takes nothing away. Beside the text each [`Statement`] has its [`Meaning`], in which a string and a list of
//! that one string are the same, and the order of lists is none. [`Document::grants`] says what a document means
//! for an action, and is careful: what depends on a condition, or on who exactly is meant, is told as that.
//!
//! Sources: "Policy elements" and "Policy structure and syntax", RAM documentation; "Bucket policy" and the error
//! pages 0030-00000001 to 0030-00000005, OSS documentation; `SetKeyPolicy`, KMS API reference.
//!
//! | file | its job |
//! |---|---|
//! | `document` | text to document and back; a document with a statement more |
//! | `statement` | what a statement means |
//! | `allow` | statements that are written here |
//! | `principal` | who is meant |
//! | `pattern` | `*` and `?` |
//! | `grants` | what is allowed |
//! | `limits` | what a service takes |
//! | `pretty`, `diff` | for people |
//! | `error` | why a text is no policy |

mod allow;
mod diff;
mod document;
mod error;
mod grants;
mod limits;
mod pattern;
mod pretty;
mod principal;
mod statement;

pub use allow::Part;
pub use diff::{Diff, DiffLine};
pub use document::{Document, Merged};
pub use error::PolicyError;
pub use grants::Grant;
pub use limits::{LimitError, Place};
pub use pretty::pretty;
pub use principal::{Caller, Principal};
pub use statement::{Effect, Meaning, Names, Statement};
