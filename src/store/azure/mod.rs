//! Azure Blob Storage.
//!
//! The list request is written, signed, sent and decoded here, on the shared HTTP client of
//! [`crate::store::http`]: the official crate knows neither account keys nor connection strings nor
//! delimiters, which is what people have and what a planner needs.
//!
//! A listing starts in the middle by `startFrom` (inclusive, from version 2026-02-06 of the service on), and
//! keys are ordered by UTF-16 code units. Neither is taken on trust: every page is checked, and a page that
//! contradicts sends the scan to the walk by markers. Accounts with a hierarchical namespace are listed
//! directory by directory; they are known by their properties or by their first page.
//!
//! * `config`, `credentials`, `connection_string`, `sas`, `key`, `bearer`: what the user says, and what is
//!   found.
//! * `entra`: tokens of Entra ID.
//! * `query`, `sign`: from a page request to an HTTP request.
//! * `format`: whether as XML or as an Arrow stream.
//! * `client`: the attempt, and what an answer may correct about it.
//! * `control`: what account, container and blobs are asked before they are moved.
//! * `billed`: the same listing with versions, snapshots and deleted blobs.
//! * `decode`, with `entry` (the fast path of XML): from a body to a page, by way of `store::text` or
//!   `store::arrow`.
//! * `ending`: where an XML answer ends, seen before it is decoded.
//! * `error`: from an error document to a kind.

mod bearer;
mod billed;
mod client;
mod config;
mod connection_string;
mod control;
mod credentials;
mod decode;
mod ending;
mod entra;
mod entry;
mod error;
mod format;
mod key;
mod query;
mod sas;
mod sign;

pub use bearer::{Token, TokenSource};
pub use client::AzureStore;
pub use config::{AzureAccess, AzureConfig, Secret};
pub use control::{AccountState, BlobState, ContainerState};
pub use credentials::{AccessKind, access_kind, find_keys};
pub use decode::{Expected, Rejected, decode, decode_arrow};
pub use error::ServiceError;
pub use sas::SasTerms;

use super::{ListVersion, Quirks, RangeStart};
use crate::object::KeyOrder;

/// How an account without a hierarchical namespace behaves.
#[must_use]
pub fn quirks() -> Quirks {
    Quirks {
        order: KeyOrder::Utf16,
        ordered: true,
        range_start: RangeStart::Inclusive,
        page_limit: query::PAGE_LIMIT,
        list_version: ListVersion::V1,
        url_encoding: false,
        start_before_prefix: true,
        exact_key_count: true,
        delimiter: true,
        directories: true,
        // What only the XML of S3 has.
        ..Quirks::default()
    }
}
