//! From the query of a listing to its document.

use super::distortion::{Distortion, Sent, distorted, goes_on};
use super::errors::{ErrorCode, S3Error};
use super::plan::{Page, Query, Start, plan};
use super::render::{Heading, Version, push_listing};
use super::target::Target;
use super::token::{seal, unseal};
use super::view::View;
use super::xml::TextForm;
use crate::simulator::behaviour::{Behaviour, Quirk};
use crate::simulator::flavour::Flavour;

/// The most entries of a page.
pub(super) const MOST_KEYS: u64 = 1_000;

/// A list request, checked.
pub(crate) struct ListRequest<'a> {
    bucket: &'a str,
    version_two: bool,
    prefix: &'a [u8],
    delimiter: &'a [u8],
    /// `start-after` or `marker`.
    after: Option<&'a [u8]>,
    token: Option<&'a [u8]>,
    /// Where the token leads.
    position: Option<u64>,
    max_keys: u64,
    form: TextForm,
    flavour: &'static Flavour,
}

/// A finished listing's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Objects listed.
    pub(crate) objects: u64,
}

impl<'a> ListRequest<'a> {
    /// Reads the query as a server of this behaviour understands it.
    pub(crate) fn read(
        target: &'a Target,
        bucket: &'a str,
        behaviour: &Behaviour,
        flavour: &'static Flavour,
    ) -> Result<Self, S3Error> {
        let version_two = match target.parameter("list-type") {
            _ if behaviour.has(Quirk::V1Only) => false,
            None => false,
            Some(b"2") => true,
            Some(_) if flavour.lenient_list_type => false,
            Some(other) => {
                return Err(invalid("Invalid List Type specified in Query", "list-type", other));
            }
        };
        let delimiter = target.parameter("delimiter").unwrap_or_default();
        let (usual, most) = match (delimiter.is_empty(), version_two) {
            (true, _) => (flavour.usual_keys.0, MOST_KEYS),
            (false, true) => (flavour.usual_keys.1, MOST_KEYS),
            (false, false) => (flavour.usual_keys.1, flavour.most_grouped),
        };
        let max_keys = number_of(target, "max-keys", usual, flavour)?.min(most);
        let form = text_form(target, behaviour, flavour)?;
        let token = target.parameter("continuation-token").filter(|_| version_two);
        let position = token
            .map(|token| {
                let what = "The continuation token provided is incorrect";
                unseal(bucket, behaviour.token_epoch, token)
                    .ok_or_else(|| invalid(what, "continuation-token", token))
            })
            .transpose()?;
        let after = target.parameter(if version_two { "start-after" } else { "marker" });
        Ok(Self {
            bucket,
            version_two,
            prefix: target.parameter("prefix").unwrap_or_default(),
            delimiter: if behaviour.has(Quirk::IgnoresDelimiter) { b"" } else { delimiter },
            after,
            token,
            position,
            max_keys,
            form,
            flavour,
        })
    }

    fn start(&self, behaviour: &Behaviour) -> Start<'a> {
        let after = self.after.filter(|after| !after.is_empty());
        match (self.position, after) {
            (Some(_), _) if behaviour.has(Quirk::IgnoresToken) => Start::Beginning,
            (Some(position), _) => Start::Position(position),
            (None, Some(_)) if behaviour.has(Quirk::IgnoresStartAfter) => Start::Beginning,
            (None, Some(from)) if behaviour.has(Quirk::StartAfterInclusive) => Start::From(from),
            (None, Some(after)) => Start::After(after),
            (None, None) => Start::Beginning,
        }
    }
}

/// Appends the document of a listing to `out`. `number` tells requests apart.
pub(crate) fn list(
    request: &ListRequest<'_>,
    view: &View,
    behaviour: &Behaviour,
    distortion: Option<Distortion>,
    number: u64,
    out: &mut Vec<u8>,
) -> Result<Listed, S3Error> {
    // Version 1 could not say where an empty page leads, nor how many keys it holds.
    let distortion = distortion.filter(|distortion| {
        request.version_two
            || !matches!(distortion, Distortion::EmptyPage | Distortion::WrongKeyCount)
    });
    let limit = behaviour.limited(request.max_keys);
    let query = Query {
        prefix: request.prefix,
        delimiter: request.delimiter,
        start: request.start(behaviour),
        limit,
    };
    let garage = behaviour.has(Quirk::EmptyBeforePrefix);
    let mut page = match query.start {
        Start::After(after) | Start::From(after) if garage && after < request.prefix => {
            Page::default()
        }
        _ => plan(view, &query),
    };
    if limit == 0 {
        page.more = false;
    }
    if hits_failing_keys(view, &page, behaviour) {
        return Err(S3Error::new(ErrorCode::InternalError));
    }
    let Sent { page, next, salt } = distorted(view, query, page, distortion, number);
    let goes_on = goes_on(request.bucket.as_bytes(), page.covered.start, behaviour);
    let truncated = page.more && goes_on;
    let version = if request.version_two {
        let miscount = u64::from(distortion == Some(Distortion::WrongKeyCount));
        Version::Two {
            start_after: request.after,
            token: request.token,
            next_token: truncated.then(|| seal(request.bucket, behaviour.token_epoch, next, salt)),
            key_count: page.count() + miscount,
        }
    } else {
        let named = truncated && !request.delimiter.is_empty();
        Version::One {
            marker: request.after.unwrap_or_default(),
            next_marker: if named { page.last_entry(view) } else { None },
        }
    };
    let heading = Heading {
        bucket: request.bucket,
        prefix: request.prefix,
        delimiter: request.delimiter,
        max_keys: request.max_keys,
        form: request.form,
        flavour: request.flavour,
        truncated,
        version,
    };
    push_listing(out, view, &page, &heading);
    Ok(Listed { objects: page.object_count() })
}

/// A number of entries, or `usual` where none is given.
pub(super) fn number_of(
    target: &Target,
    name: &'static str,
    usual: u64,
    flavour: &Flavour,
) -> Result<u64, S3Error> {
    let Some(text) = target.parameter(name).filter(|text| !text.is_empty()) else {
        return Ok(usual);
    };
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse::<u32>().ok());
    number
        .filter(|&number| i32::try_from(number).is_ok())
        .map(u64::from)
        .filter(|&number| number <= MOST_KEYS || !flavour.refuses_more_keys)
        .ok_or_else(|| {
            invalid(&format!("Provided {name} not an integer or within integer range"), name, text)
        })
}

/// How keys are written, by what is asked for.
pub(super) fn text_form(
    target: &Target,
    behaviour: &Behaviour,
    flavour: &Flavour,
) -> Result<TextForm, S3Error> {
    match target.parameter("encoding-type") {
        _ if behaviour.has(Quirk::NoEncodingType) => Ok(TextForm::Xml),
        None | Some(b"") => Ok(TextForm::Xml),
        Some(b"url") => Ok(flavour.url),
        Some(other) => {
            let what = "Invalid Encoding Method specified in Request";
            Err(invalid(what, "encoding-type", other))
        }
    }
}

/// Whether a page holds a key that always fails.
pub(crate) fn hits_failing_keys(view: &View, page: &Page, behaviour: &Behaviour) -> bool {
    behaviour.failing.iter().any(|range| {
        let (first, past) = (view.lower_bound(&range.first), view.rank(&range.last));
        page.objects.iter().any(|run| first.max(run.start) < past.min(run.end))
    })
}

fn invalid(message: &str, name: &str, value: &[u8]) -> S3Error {
    S3Error::new(ErrorCode::InvalidArgument)
        .with("Message", message)
        .with("ArgumentName", name)
        .with("ArgumentValue", String::from_utf8_lossy(value))
}
