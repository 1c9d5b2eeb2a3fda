//! Lists of objects in the form of the service's custom inventory.
//!
//! A list is a `manifest.json` and parts in gzip, each no larger than the service takes. Rows are comma
//! separated and every one ends in a line break, the last among them; keys are percent-encoded but for
//! unreserved characters and `/`, so that no field needs quotes and `+` never means a space. (Page
//! "preparations-for-migration-from-common-inventory-to-oss".)
//!
//! The form of `manifest.json` is that of an OSS inventory, which is documented; whether a custom
//! inventory needs all of its columns is not, so the columns can be chosen ([`Column`]).

mod excluded;
mod part;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use excluded::ExcludedWriter;
use part::Part;

use super::plan::{Inventory, InventoryFile, Plan, Selection, Split};
use super::survey::{Lens, SurveyError};
use crate::manifest::Row;
use crate::object::Timestamp;
use crate::tally::{Counts, SetDigest};
use crate::units::Rfc3339;

/// Bytes of rows that are compressed together. After each the size of the part is known exactly.
const CHUNK: usize = 64 << 10;

/// What compression can add to a chunk at worst, with the end of the stream: stored blocks of 5 bytes
/// for every 16 KiB, a flush, a gzip trailer; rounded up well.
const WORST_GROWTH: u64 = 1 << 10;

/// A column of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The source bucket.
    Bucket,
    /// The key, percent-encoded. Needed.
    Key,
    /// Bytes.
    Size,
    /// As the store spells it.
    StorageClass,
    /// RFC 3339 in UTC.
    LastModifiedDate,
    /// Without quotes.
    ETag,
}

impl Column {
    /// All columns, in the order of an OSS inventory.
    pub const ALL: [Self; 6] = [
        Self::Bucket,
        Self::Key,
        Self::Size,
        Self::StorageClass,
        Self::LastModifiedDate,
        Self::ETag,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Bucket => "Bucket",
            Self::Key => "Key",
            Self::Size => "Size",
            Self::StorageClass => "StorageClass",
            Self::LastModifiedDate => "LastModifiedDate",
            Self::ETag => "ETag",
        }
    }
}

/// A column that no list has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no list has the column `{}`", .0.escape_debug())]
pub struct UnknownColumn(pub String);

impl UnknownColumn {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "columns are Bucket, Key, Size, StorageClass, LastModifiedDate and ETag; Key has to be among them"
    }
}

impl FromStr for Column {
    type Err = UnknownColumn;

    fn from_str(text: &str) -> Result<Self, UnknownColumn> {
        let wanted = text.trim();
        Self::ALL
            .into_iter()
            .find(|column| column.name().eq_ignore_ascii_case(wanted))
            .ok_or_else(|| UnknownColumn(text.to_owned()))
    }
}

/// Why lists could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// The manifest that they are made from cannot be read.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// A file cannot be written.
    #[error("cannot {action} `{path}`: {source}", path = path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The manifest is not what the plan was made from.
    #[error("the manifest `{path}` has changed since the plan was made from it", path = path.display())]
    Changed {
        /// The manifest.
        path: PathBuf,
    },
}

impl InventoryError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Survey(error) => error.hint(),
            Self::Io { .. } => Some("name a folder that may be written to and has room"),
            Self::Changed { .. } => Some("make the plan again"),
        }
    }

    fn io<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}

/// How lists are written.
#[derive(Clone, Debug)]
pub struct ListOptions {
    /// The columns; [`Column::Key`] is among them.
    pub columns: Vec<Column>,
    /// Largest part in bytes.
    pub part_bytes: u64,
    /// When the lists are made.
    pub created: Timestamp,
}

/// Writes the list of every job of a plan that takes one, and the list of what no job takes, out of the
/// manifest that the plan was made from, and notes the files in the plan.
///
/// Lists lie in one folder per job below `folder`; paths in the plan are relative to `base`.
///
/// # Errors
/// [`InventoryError`]; half-written lists are left behind.
pub fn write_lists(
    plan: &mut Plan,
    manifest: &Path,
    lens: &Lens,
    folder: &Path,
    base: &Path,
    options: &ListOptions,
) -> Result<(), InventoryError> {
    if plan.split != Split::Range {
        // Prefixes need no lists, and objects are left out of lists only.
        return Ok(());
    }
    let changed = || InventoryError::Changed { path: manifest.to_owned() };
    let mut turns = turns(plan);
    let mut writers = Vec::new();
    for job in &plan.jobs {
        writers.push(match (&job.selection, &job.source.inventory) {
            (Selection::Inventory(_), Some(place)) => {
                let key_prefix = place.path.strip_suffix(MANIFEST_NAME).unwrap_or(&place.path);
                Some(ListWriter::create(
                    &folder.join(&job.name),
                    key_prefix,
                    &job.source.bucket,
                    options,
                )?)
            }
            _ => None,
        });
    }
    let mut excluded = match &plan.excluded {
        Some(_) => Some(ExcludedWriter::create(&folder.join(EXCLUDED_NAME))?),
        None => None,
    };
    let mut digest = SetDigest::default();
    lens.walk(manifest, |row, hazards, out| -> Result<(), InventoryError> {
        digest.add(&row.key, row.size);
        if out {
            return match &mut excluded {
                Some(list) => list.add(row, hazards, lens),
                None => Err(changed()),
            };
        }
        let job = turns.next().ok_or_else(changed)?;
        match writers.get_mut(job) {
            Some(Some(writer)) => writer.add(row),
            _ => Ok(()),
        }
    })?;
    // Counts alone do not tell one object from another.
    if digest.to_string() != plan.digest {
        return Err(changed());
    }
    for (job, writer) in plan.jobs.iter_mut().zip(writers) {
        let (Selection::Inventory(inventory), Some(writer)) = (&mut job.selection, writer) else {
            continue;
        };
        let (counts, written) = writer.finish(&job.source, base)?;
        if (counts.objects, counts.bytes) != (job.objects, job.bytes) {
            return Err(changed());
        }
        inventory.manifest = written.manifest;
        inventory.files = written.files;
    }
    if let (Some(list), Some(excluded)) = (excluded, &mut plan.excluded) {
        let (counts, path) = list.finish()?;
        if (counts.objects, counts.bytes) != (excluded.objects, excluded.bytes) {
            return Err(changed());
        }
        excluded.list = relative(&path, base);
    }
    Ok(())
}

/// The key and file of what describes a list.
pub const MANIFEST_NAME: &str = "manifest.json";

/// The list of what no job takes.
const EXCLUDED_NAME: &str = "excluded.csv";

/// For each object in key order, the index of its job: ranges of all jobs by their first keys.
fn turns(plan: &Plan) -> impl Iterator<Item = usize> + use<> {
    let mut ranges: Vec<(Vec<u8>, usize, u64)> = Vec::new();
    for (index, job) in plan.jobs.iter().enumerate() {
        if let Selection::Inventory(list) = &job.selection {
            ranges.extend(
                list.ranges.iter().map(|range| (range.first.to_vec(), index, range.objects)),
            );
        }
    }
    let order = plan.order();
    ranges.sort_by(|left, right| order.compare(&left.0, &right.0));
    ranges.into_iter().flat_map(|(_, index, objects)| (0..objects).map(move |_| index))
}

/// A path as seen from `base`, or the whole path where it does not lie below.
fn relative(path: &Path, base: &Path) -> String {
    match path.strip_prefix(base) {
        Ok(inside) => inside.display().to_string(),
        Err(_) => {
            std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
        }
    }
}

/// One list being written.
struct ListWriter<'a> {
    folder: PathBuf,
    key_prefix: String,
    bucket: String,
    options: &'a ListOptions,
    rows: Vec<u8>,
    rows_objects: u64,
    part: Option<Part>,
    files: Vec<(PathBuf, InventoryFile)>,
    counts: Counts,
    line: String,
}

impl<'a> ListWriter<'a> {
    fn create(
        folder: &Path,
        key_prefix: &str,
        bucket: &str,
        options: &'a ListOptions,
    ) -> Result<Self, InventoryError> {
        fs::create_dir_all(folder).map_err(InventoryError::io("create", folder))?;
        Ok(Self {
            folder: folder.to_owned(),
            key_prefix: key_prefix.to_owned(),
            bucket: percent(bucket.as_bytes()),
            options,
            rows: Vec::with_capacity(CHUNK + 4096),
            rows_objects: 0,
            part: None,
            files: Vec::new(),
            counts: Counts::ZERO,
            line: String::new(),
        })
    }

    fn add(&mut self, row: &Row) -> Result<(), InventoryError> {
        self.counts.add(row.size);
        self.line.clear();
        for (index, column) in self.options.columns.iter().enumerate() {
            if index > 0 {
                self.line.push(',');
            }
            match column {
                Column::Bucket => self.line.push_str(&self.bucket),
                Column::Key => percent_encode(&row.key, &mut self.line),
                Column::Size => self.line.push_str(&row.size.to_string()),
                Column::StorageClass => percent_encode(&row.storage_class, &mut self.line),
                Column::LastModifiedDate => self.line.push_str(&Rfc3339(row.modified).to_string()),
                Column::ETag => percent_encode(&row.etag, &mut self.line),
            }
        }
        self.line.push('\n');
        // Small parts take small chunks, so that more than one fits.
        let chunk = CHUNK.min(usize::try_from(self.options.part_bytes / 4).unwrap_or(CHUNK));
        if !self.rows.is_empty() && self.rows.len() + self.line.len() > chunk {
            self.flush()?;
        }
        self.rows.extend_from_slice(self.line.as_bytes());
        self.rows_objects += 1;
        Ok(())
    }

    /// Compresses the rows gathered, into a new part if they may not fit into this one.
    fn flush(&mut self) -> Result<(), InventoryError> {
        let most = self.rows.len() as u64 + WORST_GROWTH;
        if self.part.as_ref().is_some_and(|part| part.bytes() + most > self.options.part_bytes) {
            self.end_part()?;
        }
        let part = match &mut self.part {
            Some(part) => part,
            none => {
                let name = format!("part-{:05}.csv.gz", self.files.len() + 1);
                none.insert(Part::create(&self.folder.join(name))?)
            }
        };
        part.write(&self.rows, self.rows_objects)?;
        self.rows.clear();
        self.rows_objects = 0;
        Ok(())
    }

    fn end_part(&mut self) -> Result<(), InventoryError> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let (path, mut file) = part.finish()?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        file.key = format!("{}{}", self.key_prefix, name.unwrap_or_default());
        self.files.push((path, file));
        Ok(())
    }

    fn finish(
        mut self,
        source: &super::Address,
        base: &Path,
    ) -> Result<(Counts, Inventory), InventoryError> {
        if !self.rows.is_empty() {
            self.flush()?;
        }
        self.end_part()?;
        let columns: Vec<&str> = self.options.columns.iter().map(|column| column.name()).collect();
        let described = ListManifest {
            creation_timestamp: (self.options.created.0.div_euclid(1_000)).to_string(),
            destination_bucket: source.inventory.as_ref().map_or("", |place| &place.bucket),
            file_format: "CSV",
            file_schema: columns.join(", "),
            files: self
                .files
                .iter()
                .map(|(_, file)| ListFile { md5: &file.md5, key: &file.key, size: file.bytes })
                .collect(),
            source_bucket: &source.bucket,
            version: "2019-09-01",
        };
        let path = self.folder.join(MANIFEST_NAME);
        let text = serde_json::to_vec_pretty(&described)
            .map_err(io::Error::from)
            .map_err(InventoryError::io("write", &path))?;
        fs::write(&path, text).map_err(InventoryError::io("write", &path))?;
        let files = self
            .files
            .into_iter()
            .map(|(path, file)| InventoryFile { path: relative(&path, base), ..file });
        let manifest = relative(&path, base);
        Ok((self.counts, Inventory { ranges: Vec::new(), manifest, files: files.collect() }))
    }
}

/// `manifest.json`, as OSS writes it for its own inventories.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListManifest<'a> {
    creation_timestamp: String,
    destination_bucket: &'a str,
    file_format: &'a str,
    file_schema: String,
    files: Vec<ListFile<'a>>,
    source_bucket: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct ListFile<'a> {
    #[serde(rename = "MD5checksum")]
    md5: &'a str,
    key: &'a str,
    size: u64,
}

fn percent(bytes: &[u8]) -> String {
    let mut text = String::new();
    percent_encode(bytes, &mut text);
    text
}

/// Everything but the unreserved characters of RFC 3986 and `/` as `%XX`.
fn percent_encode(bytes: &[u8], into: &mut String) {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
    into.extend(percent_encode(bytes, KEPT));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_encoded_as_the_page_shows() {
        assert_eq!(percent(b"a+b%c,d.file"), "a%2Bb%25c%2Cd.file");
        assert_eq!(percent("日/ \n\"".as_bytes()), "%E6%97%A5/%20%0A%22");
        assert_eq!(percent(b"\xFF"), "%FF");
    }

    #[test]
    fn columns_are_read_in_any_case() {
        assert_eq!("key".parse(), Ok(Column::Key));
        assert_eq!(" ETag ".parse(), Ok(Column::ETag));
        assert_eq!("Url".parse::<Column>(), Err(UnknownColumn("Url".into())));
    }
}
