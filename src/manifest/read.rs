//! Objects back out of a manifest, streaming.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::encode::BASE64_MARK;
use super::error::{ManifestError, RowProblem};
use super::format::{COLUMNS, Compression, Encoding, Format};
use crate::base64;
use crate::object::{Object, Timestamp};
use crate::units::parse_rfc3339;

/// The longest line of JSON that is read: far above what a key of 1024 characters needs.
const MAX_LINE: u64 = 1 << 20;
const BUFFER: usize = 128 << 10;

/// One row of a manifest, owned, so that its buffers can be used again for the next row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The bucket that holds the object.
    pub bucket: String,
    /// The key: exactly the bytes that the store holds.
    pub key: Vec<u8>,
    /// Size in bytes.
    pub size: u64,
    /// When the object was last modified.
    pub modified: Timestamp,
    /// The entity tag without quotes; may be empty.
    pub etag: Vec<u8>,
    /// The storage class; may be empty.
    pub storage_class: Vec<u8>,
}

impl Row {
    /// The row as every other part of the system sees an object.
    #[must_use]
    pub fn object(&self) -> Object<'_> {
        Object {
            key: &self.key,
            size: self.size,
            modified: self.modified,
            etag: &self.etag,
            storage_class: &self.storage_class,
        }
    }
}

type Source = BufReader<Box<dyn Read + Send>>;

/// Reads the rows of a manifest one after another; memory does not depend on its length.
///
/// CSV columns are found by the names in the header, so files with more columns or another order are
/// read as well; `etag` and `storage_class` may be missing. JSON lines may have more members.
#[allow(missing_debug_implementations, reason = "holds a boxed stream")]
pub struct Reader {
    path: PathBuf,
    rows: Rows,
}

enum Rows {
    Csv {
        reader: Box<csv::Reader<Source>>,
        record: csv::ByteRecord,
        columns: [Option<usize>; 6],
        width: usize,
    },
    JsonLines {
        source: Source,
        line: Vec<u8>,
        number: u64,
    },
}

impl Reader {
    /// Opens a manifest; its name says the encoding.
    ///
    /// # Errors
    /// [`ManifestError`] when the name says no encoding, the file cannot be opened, or a CSV has no
    /// header with the columns needed.
    pub fn open(path: &Path) -> Result<Self, ManifestError> {
        let encoding = Encoding::from_path(path)?;
        let file = File::open(path).map_err(ManifestError::io("open", path))?;
        Self::new(file, encoding, path)
    }

    /// Reads a manifest from any stream; `name` stands for it in messages.
    ///
    /// # Errors
    /// [`ManifestError`] when a CSV has no header with the columns needed, or the stream fails.
    pub fn new(
        source: impl Read + Send + 'static,
        encoding: Encoding,
        name: &Path,
    ) -> Result<Self, ManifestError> {
        let source: Box<dyn Read + Send> = match encoding.compression {
            Compression::None => Box::new(source),
            Compression::Gzip => {
                let packed = BufReader::with_capacity(BUFFER, source);
                Box::new(flate2::bufread::MultiGzDecoder::new(packed))
            }
            Compression::Zstd => Box::new(
                zstd::stream::read::Decoder::new(source)
                    .map_err(ManifestError::io("read", name))?,
            ),
        };
        let source = BufReader::with_capacity(BUFFER, source);
        let path = name.to_owned();
        let rows = match encoding.format {
            Format::Csv => Rows::csv(source, &path)?,
            Format::JsonLines => Rows::JsonLines { source, line: Vec::new(), number: 0 },
        };
        Ok(Self { path, rows })
    }

    /// Reads the next row into `row` and returns whether there was one.
    ///
    /// # Errors
    /// [`ManifestError::Row`] with the line for what is not a row, [`ManifestError::Io`] where the
    /// stream fails, which includes compressed files that end too early.
    pub fn read(&mut self, row: &mut Row) -> Result<bool, ManifestError> {
        match &mut self.rows {
            Rows::Csv { reader, record, columns, width } => {
                if !reader.read_byte_record(record).map_err(|error| csv_error(error, &self.path))? {
                    return Ok(false);
                }
                let line = record.position().map_or(0, csv::Position::line);
                fill_from_record(row, record, columns, *width).map_err(|problem| {
                    ManifestError::Row { path: self.path.clone(), line, problem }
                })?;
                Ok(true)
            }
            Rows::JsonLines { source, line, number } => loop {
                line.clear();
                let mut limited = source.by_ref().take(MAX_LINE);
                let read = limited
                    .read_until(b'\n', line)
                    .map_err(ManifestError::io("read", &self.path))?;
                if read == 0 {
                    return Ok(false);
                }
                *number += 1;
                if line.trim_ascii().is_empty() {
                    continue;
                }
                let result = if line.len() as u64 == MAX_LINE && !line.ends_with(b"\n") {
                    Err(RowProblem::TooLong)
                } else {
                    fill_from_line(row, line)
                };
                return match result {
                    Ok(()) => Ok(true),
                    Err(problem) => {
                        Err(ManifestError::Row { path: self.path.clone(), line: *number, problem })
                    }
                };
            },
        }
    }
}

impl Iterator for Reader {
    type Item = Result<Row, ManifestError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = Row::default();
        match self.read(&mut row) {
            Ok(true) => Some(Ok(row)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl Rows {
    fn csv(source: Source, path: &Path) -> Result<Self, ManifestError> {
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).buffer_capacity(BUFFER).from_reader(source);
        let header = reader.byte_headers().map_err(|error| csv_error(error, path))?;
        let find = |name: &str| header.iter().position(|column| column == name.as_bytes());
        let columns = COLUMNS.map(find);
        let width = header.len();
        // A file of one empty line or none has no bucket column either.
        for (name, column) in COLUMNS.iter().zip(columns).take(4) {
            if column.is_none() {
                let problem = RowProblem::Header(name);
                return Err(ManifestError::Row { path: path.to_owned(), line: 1, problem });
            }
        }
        Ok(Self::Csv { reader: Box::new(reader), record: csv::ByteRecord::new(), columns, width })
    }
}

fn csv_error(error: csv::Error, path: &Path) -> ManifestError {
    let source = match error.into_kind() {
        csv::ErrorKind::Io(source) => source,
        other => io::Error::other(format!("{other:?}")),
    };
    ManifestError::Io { action: "read", path: path.to_owned(), source }
}

fn fill_from_record(
    row: &mut Row,
    record: &csv::ByteRecord,
    columns: &[Option<usize>; 6],
    width: usize,
) -> Result<(), RowProblem> {
    if record.len() != width {
        return Err(RowProblem::Fields { expected: width, found: record.len() });
    }
    let field =
        |column: usize| columns[column].and_then(|index| record.get(index)).unwrap_or_default();
    row.bucket.clear();
    row.bucket.push_str(&String::from_utf8_lossy(&unmark(field(0), "bucket")?));
    refill(&mut row.key, &unmark(field(1), "key")?);
    row.size = parse_size_field(field(2))?;
    row.modified = parse_time_field(field(3))?;
    refill(&mut row.etag, &unmark(field(4), "etag")?);
    refill(&mut row.storage_class, &unmark(field(5), "storage_class")?);
    Ok(())
}

fn unmark<'a>(value: &'a [u8], column: &'static str) -> Result<Cow<'a, [u8]>, RowProblem> {
    match value.strip_prefix(BASE64_MARK.as_bytes()) {
        None => Ok(Cow::Borrowed(value)),
        Some(text) => base64::decode(text).map(Cow::Owned).ok_or(RowProblem::Base64(column)),
    }
}

fn refill(buffer: &mut Vec<u8>, value: &[u8]) {
    buffer.clear();
    buffer.extend_from_slice(value);
}

fn parse_size_field(text: &[u8]) -> Result<u64, RowProblem> {
    let digits = std::str::from_utf8(text).ok().filter(|text| !text.starts_with('+'));
    digits
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| RowProblem::Size(String::from_utf8_lossy(text).into_owned()))
}

fn parse_time_field(text: &[u8]) -> Result<Timestamp, RowProblem> {
    let beyond_the_calendar =
        || std::str::from_utf8(text.strip_prefix(b"@")?).ok()?.parse().ok().map(Timestamp);
    parse_rfc3339(text)
        .or_else(beyond_the_calendar)
        .ok_or_else(|| RowProblem::Time(String::from_utf8_lossy(text).into_owned()))
}

/// A string that is borrowed from its line unless it holds escapes. (`Option<Cow>` always copies.)
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A line as it stands in the file.
#[derive(Deserialize)]
struct JsonRow<'a> {
    #[serde(borrow)]
    bucket: Text<'a>,
    #[serde(borrow)]
    key: Option<Text<'a>>,
    #[serde(borrow)]
    key_base64: Option<Text<'a>>,
    size: u64,
    #[serde(borrow)]
    last_modified: Text<'a>,
    #[serde(borrow)]
    etag: Option<Text<'a>>,
    #[serde(borrow)]
    etag_base64: Option<Text<'a>>,
    #[serde(borrow)]
    storage_class: Option<Text<'a>>,
    #[serde(borrow)]
    storage_class_base64: Option<Text<'a>>,
}

fn fill_from_line(row: &mut Row, line: &[u8]) -> Result<(), RowProblem> {
    let parsed: JsonRow<'_> = serde_json::from_slice(line).map_err(RowProblem::Json)?;
    if parsed.key.is_some() == parsed.key_base64.is_some() {
        return Err(RowProblem::Key);
    }
    row.bucket.clear();
    row.bucket.push_str(&parsed.bucket.0);
    fill_text(&mut row.key, parsed.key.as_ref(), parsed.key_base64.as_ref(), "key_base64")?;
    row.size = parsed.size;
    row.modified = parse_time_field(parsed.last_modified.0.as_bytes())?;
    fill_text(&mut row.etag, parsed.etag.as_ref(), parsed.etag_base64.as_ref(), "etag_base64")?;
    fill_text(
        &mut row.storage_class,
        parsed.storage_class.as_ref(),
        parsed.storage_class_base64.as_ref(),
        "storage_class_base64",
    )
}

fn fill_text(
    buffer: &mut Vec<u8>,
    text: Option<&Text<'_>>,
    encoded: Option<&Text<'_>>,
    member: &'static str,
) -> Result<(), RowProblem> {
    match encoded {
        Some(encoded) => {
            *buffer = base64::decode(encoded.0.as_bytes()).ok_or(RowProblem::Base64(member))?;
        }
        None => refill(buffer, text.map_or(b"", |text| text.0.as_bytes())),
    }
    Ok(())
}
