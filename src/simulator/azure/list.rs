//! From the query of a listing to its document.

use super::errors::{AzureError, Code};
use super::render::Heading;
use super::{arrow, render};
use crate::simulator::behaviour::{Behaviour, Quirk};
use crate::simulator::s3::{
    Distortion, Query, Sent, Start, Target, View, distorted, goes_on, hits_failing_keys, plan,
    seal, unseal,
};

/// The most entries of a page.
const MOST_RESULTS: u64 = 5_000;

/// The first version of the service that knows `startFrom`. Versions are dates and compare as text.
pub(super) const KNOWS_START: &str = "2026-02-06";

/// A list request, checked.
pub(super) struct ListRequest<'a> {
    pub(super) container: &'a str,
    pub(super) prefix: &'a [u8],
    delimiter: &'a [u8],
    pub(super) marker: &'a [u8],
    /// Where the marker leads.
    pub(super) position: Option<u64>,
    pub(super) start: Option<&'a [u8]>,
    pub(super) limit: u64,
    /// What is to be listed beside the current blobs, comma-separated.
    include: &'a [u8],
}

impl<'a> ListRequest<'a> {
    /// Reads the query as a server of this behaviour understands it under this version.
    pub(super) fn read(
        target: &'a Target,
        container: &'a str,
        version: &str,
        behaviour: &Behaviour,
    ) -> Result<Self, AzureError> {
        let parameter = |name| target.parameter(name).unwrap_or_default();
        let limit = match parameter("maxresults") {
            b"" => MOST_RESULTS,
            text => std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse::<u64>().ok())
                .filter(|limit| *limit > 0)
                .ok_or(Code::OutOfRangeQueryParameterValue)?
                .min(MOST_RESULTS),
        };
        let marker = parameter("marker");
        let position = match marker {
            b"" => None,
            marker => Some(unseal(container, behaviour.token_epoch, marker).ok_or_else(|| {
                AzureError::with(Code::InvalidQueryParameterValue, "Invalid ListBlobs marker.")
            })?),
        };
        let knows_start = version >= KNOWS_START && !behaviour.has(Quirk::IgnoresStartAfter);
        let start = Some(parameter("startFrom")).filter(|start| knows_start && !start.is_empty());
        let (prefix, delimiter) = (parameter("prefix"), parameter("delimiter"));
        let include = parameter("include");
        Ok(Self { container, prefix, delimiter, marker, position, start, limit, include })
    }

    /// Whether `what` is to be listed, too.
    pub(super) fn includes(&self, what: &str) -> bool {
        self.include.split(|byte| *byte == b',').any(|word| word == what.as_bytes())
    }
}

/// How a listing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Xml,
    Arrow,
}

/// Appends a listing to `out`; returns how many blobs are in it. `number` tells requests apart.
pub(super) fn list(
    request: &ListRequest<'_>,
    format: Format,
    view: &View,
    behaviour: &Behaviour,
    distortion: Option<Distortion>,
    number: u64,
    out: &mut Vec<u8>,
) -> Result<u64, AzureError> {
    let limit = behaviour.limited(request.limit);
    let start = match (request.position, request.start) {
        (Some(_), _) if behaviour.has(Quirk::IgnoresToken) => Start::Beginning,
        (Some(position), _) => Start::Position(position),
        (None, Some(start)) => Start::From(start),
        (None, None) => Start::Beginning,
    };
    let (prefix, delimiter) = (request.prefix, request.delimiter);
    let query = Query { prefix, delimiter, start, limit };
    let page = plan(view, &query);
    if hits_failing_keys(view, &page, behaviour) {
        return Err(Code::InternalError.into());
    }
    let Sent { page, next, salt } = distorted(view, query, page, distortion, number);
    let goes_on = goes_on(request.container.as_bytes(), page.covered.start, behaviour);
    let heading = Heading {
        container: request.container,
        prefix,
        delimiter,
        marker: request.marker,
        limit: request.limit,
        start: request.start.filter(|_| request.position.is_none()),
        next: (page.more && goes_on)
            .then(|| seal(request.container, behaviour.token_epoch, next, salt)),
        hierarchical: behaviour.has(Quirk::DirectoryOrder),
    };
    match format {
        Format::Xml => render::push_listing(out, view, &page, &heading),
        Format::Arrow => arrow::push_listing(out, view, &page, &heading),
    }
    Ok(page.object_count())
}
