//! The S3 dialect: what requests ask for, which entries a page holds, and the documents that say so.
//!
//! A request's line and host become a [`Target`] and a [`Resource`], the query of a listing a
//! [`ListRequest`], which [`plan()`] turns into a [`Page`] of positions over a [`View`] and [`render`]
//! into XML; `history` does the same for versions and unfinished uploads, `control` tells what a bucket is set to. Refusals are [`S3Error`]s. Nothing here knows of connections or faults, except that a
//! page can be asked to be wrong ([`Distortion`]).

pub(super) mod control;
mod distortion;
mod errors;
mod history;
mod list;
mod object;
mod plan;
mod render;
mod target;
mod token;
mod view;
mod xml;

pub(super) use distortion::{Distortion, Sent, distorted, goes_on, shortened};
pub(super) use errors::{ErrorCode, S3Error};
pub(super) use history::HistoryRequest;
pub(super) use list::{ListRequest, hits_failing_keys, list};
pub(super) use object::{ByteRange, Synthetic, range_of};
pub(super) use plan::{Page, Query, Start, plan};
pub(super) use render::{buckets, location, push_etag};
pub(super) use target::{Resource, Target};
pub(super) use token::{seal, unseal};
pub(super) use view::View;
pub(super) use xml::{TextForm, push_xml};
