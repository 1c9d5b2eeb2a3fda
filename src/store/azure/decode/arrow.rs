//! From an Arrow stream to a page.
//!
//! Sources: what the official Python, Java and JavaScript SDKs and Hadoop read from such a reply. Columns are
//! named as the elements of the XML; names are never encoded, times are whole seconds there and are taken as
//! such here. What a listing says of itself is in the schema's metadata: `NextMarker`, empty at its end, and
//! `NumberOfRecords`. An empty page may come without columns.
//!
//! Only flat listings are asked for in this form: with a delimiter the service lists a blob that is named like
//! the directory asked for as a common prefix, which in XML is a blob (`listBlobsPager` of rclone's backend
//! tells). So a row `blobprefix` is an error here.

use std::ops::Range;

use super::{Expected, Head, NO_TIER, bad, echo, finish, refuse_hierarchy};
use crate::object::Timestamp;
use crate::store::arrow::{ArrowError, Batch, Integers, Stream, Strings, Times};
use crate::store::azure::entry::Kind;
use crate::store::{Page, PageError, PageRequest, Span};

/// Decodes `page.body`, an Arrow stream, into `page` and checks it against the request.
///
/// # Errors
/// The first thing that keeps the body from being the page that was asked for.
pub fn decode_arrow(
    page: &mut Page,
    request: &PageRequest,
    expected: &Expected<'_>,
) -> Result<(), PageError> {
    // Spans are offsets, so the body can be away while the page is filled.
    let body = std::mem::take(&mut page.body);
    page.reset();
    let head = read(&body, page);
    page.body = body;
    let head = head?;
    refuse_hierarchy(page, request, expected)?;
    echo(&head, request, expected)?;
    finish(page, head, request)?;
    page.check(request, expected.quirks)
}

fn read(body: &[u8], page: &mut Page) -> Result<Head, PageError> {
    let error = |error| page_error(error, body);
    let mut stream = Stream::open(body).map_err(error)?;
    let mut rows = Rows { body, page, no_tier: None };
    let mut found = 0;
    while let Some(batch) = stream.next().map_err(error)? {
        found += batch.rows() as u64;
        if batch.rows() > 0 {
            rows.push(&Columns::of(&batch).map_err(error)?, batch.rows())?;
        }
    }
    let metadata = |name| stream.metadata(name).map_err(error);
    whole(metadata("NumberOfRecords")?, found, stream.ended(), body)?;
    let owned = |name| Ok::<_, PageError>(metadata(name)?.map(<[u8]>::to_vec));
    Ok(Head {
        // Nobody is known to say these; where they are said they have to be right.
        container: owned("ContainerName")?,
        prefix: owned("Prefix")?,
        marker: owned("Marker")?,
        blobs: true,
        next: Some(owned("NextMarker")?.ok_or_else(|| unreadable("has no `NextMarker`"))?),
        about: Vec::new(),
    })
}

/// Makes sure that no row is missing. A stream may stop without saying so: then the number of records tells.
fn whole(stated: Option<&[u8]>, found: u64, ended: bool, body: &[u8]) -> Result<(), PageError> {
    let stated = stated.filter(|text| !text.is_empty()).map(|text| {
        let digits = text.iter().all(u8::is_ascii_digit);
        let number = std::str::from_utf8(text).ok().filter(|_| digits).and_then(|t| t.parse().ok());
        number.ok_or_else(|| bad("NumberOfRecords", text, "a number"))
    });
    match stated.transpose()? {
        Some(stated) if stated == found => Ok(()),
        Some(stated) if stated < found || ended => Err(PageError::CountMismatch { stated, found }),
        Some(_) => Err(page_error(ArrowError::Cut, body)),
        None if ended => Ok(()),
        None => Err(unreadable("does not tell where it ends")),
    }
}

/// The columns that a page is made of.
struct Columns<'a> {
    names: Strings<'a>,
    sizes: Integers<'a>,
    times: Times<'a>,
    etags: Option<Strings<'a>>,
    tiers: Option<Strings<'a>>,
    kinds: Option<Strings<'a>>,
}

impl<'a> Columns<'a> {
    fn of(batch: &Batch<'a>) -> Result<Self, ArrowError> {
        let missing = |name| ArrowError::Unreadable(format!("has no column `{name}`"));
        Ok(Self {
            names: batch.strings("Name")?.ok_or_else(|| missing("Name"))?,
            sizes: batch.integers("Content-Length")?.ok_or_else(|| missing("Content-Length"))?,
            times: batch.times("Last-Modified")?.ok_or_else(|| missing("Last-Modified"))?,
            etags: batch.strings("Etag")?,
            tiers: batch.strings("AccessTier")?,
            kinds: batch.strings("ResourceType")?,
        })
    }
}

/// The rows read so far.
struct Rows<'a> {
    body: &'a [u8],
    page: &'a mut Page,
    /// Where the page says that a blob has no tier.
    no_tier: Option<Span>,
}

impl Rows<'_> {
    fn push(&mut self, columns: &Columns<'_>, count: usize) -> Result<(), PageError> {
        let body = self.body;
        let error = |error| page_error(error, body);
        for row in 0..count {
            let name = columns.names.get(row).map_err(error)?;
            let name = name.filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| unreadable("has a row without a name"))?;
            let text = &body[name.clone()];
            if std::str::from_utf8(text).is_err() {
                return Err(bad("Name", text, "UTF-8"));
            }
            if self.is_directory(columns, row)? {
                continue;
            }
            let lacks = |what| bad("Name", text, what);
            let size = columns.sizes.get(row).map_err(error)?;
            let size = size.ok_or_else(|| lacks("that of a blob with a size"))?;
            let seconds = columns.times.seconds(row).and_then(|time| time.checked_mul(1_000));
            let modified = seconds.map(Timestamp);
            let modified = modified.ok_or_else(|| lacks("that of a blob with a time"))?;
            let name = self.page.in_body(name.start, name.end)?;
            let etag = match value(columns.etags.as_ref(), row).map_err(error)? {
                Some(etag) => {
                    let etag = bare(body, etag);
                    self.page.in_body(etag.start, etag.end)?
                }
                None => Span::default(),
            };
            let tier = match value(columns.tiers.as_ref(), row).map_err(error)? {
                Some(tier) if !tier.is_empty() => self.page.in_body(tier.start, tier.end)?,
                _ => self.no_tier()?,
            };
            self.page.push(name, size, modified, etag, tier);
        }
        Ok(())
    }

    /// Counts what a row says that it is, and tells whether that is a directory.
    #[inline]
    fn is_directory(&mut self, columns: &Columns<'_>, row: usize) -> Result<bool, PageError> {
        let said = value(columns.kinds.as_ref(), row);
        let Some(said) = said.map_err(|error| page_error(error, self.body))? else {
            return Ok(false);
        };
        let text = &self.body[said];
        if text.is_empty() {
            return Ok(false);
        }
        let kind = Kind::read(text);
        let kind = kind.ok_or_else(|| bad("ResourceType", text, "`file` or `directory`"))?;
        self.page.count_directory(kind == Kind::Directory);
        Ok(kind == Kind::Directory)
    }

    fn no_tier(&mut self) -> Result<Span, PageError> {
        if let Some(span) = self.no_tier {
            return Ok(span);
        }
        let span = self.page.in_arena(|_, arena| arena.extend_from_slice(NO_TIER))?;
        self.no_tier = Some(span);
        Ok(span)
    }
}

#[inline]
fn value(column: Option<&Strings<'_>>, row: usize) -> Result<Option<Range<usize>>, ArrowError> {
    column.map_or(Ok(None), |column| column.get(row))
}

/// An entity tag without quotes.
fn bare(body: &[u8], etag: Range<usize>) -> Range<usize> {
    match &body[etag.clone()] {
        [b'"', .., b'"'] => etag.start + 1..etag.end - 1,
        _ => etag,
    }
}

fn page_error(error: ArrowError, body: &[u8]) -> PageError {
    match error {
        ArrowError::Cut => {
            PageError::Truncated { missing: "the rest of the stream", bytes: body.len() }
        }
        ArrowError::Unreadable(how) => PageError::Arrow { how },
    }
}

fn unreadable(how: &str) -> PageError {
    PageError::Arrow { how: how.to_owned() }
}
