//! Buckets read from a file of keys.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use csv::ByteRecord;
use thiserror::Error;

use super::given::{Given, GivenObject, size_of_key};
use crate::object::Timestamp;

/// Why a file of keys could not be read.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// The file could not be read.
    #[error("could not read the keys in {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not CSV.
    #[error("could not read {} as CSV", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: csv::Error,
    },
    /// A field does not hold what its column says.
    #[error("line {line} of {}: {value:?} is not a {column}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column's name.
        column: &'static str,
        /// What stands there.
        value: String,
    },
}

/// Reads a bucket from a file of keys.
///
/// Two formats:
///
/// * **Lines** (the default): one key per line, taken raw. Lines end at a newline; every other byte,
///   spaces and carriage returns too, belongs to the key. Empty lines are skipped. Keys that hold a
///   newline need the other format. Sizes are drawn from the key.
/// * **CSV**, when the file's name ends in `.csv` or its first line begins with `key,` (or is `key`):
///   quoting as RFC 4180, keys of any bytes. A first line that begins with the field `key` names the
///   columns: `key`, `size` (bytes), `modified` (RFC 3339) and `storage_class` are read, others are
///   ignored. Without it the columns are `key,size`. An empty size is drawn from the key.
///
/// Keys may stand in any order; of equal keys the last counts.
///
/// # Errors
/// If the file cannot be read, or is CSV with a field that does not hold what its column says.
pub fn read_keys(path: &Path) -> Result<Given, KeyFileError> {
    let bytes =
        fs::read(path).map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
    let first_line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let named = first_line.trim_ascii_end() == b"key" || first_line.starts_with(b"key,");
    let is_csv =
        named || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    if is_csv { read_csv(path, &bytes, named) } else { Ok(read_lines(&bytes)) }
}

fn read_lines(bytes: &[u8]) -> Given {
    let mut given = Given::default();
    let plain = GivenObject::new("", 0);
    for key in bytes.split(|&byte| byte == b'\n').filter(|key| !key.is_empty()) {
        given.push(key, size_of_key(key), plain.modified, &plain.storage_class);
    }
    given.settle();
    given
}

fn read_csv(path: &Path, bytes: &[u8], named: bool) -> Result<Given, KeyFileError> {
    let broken = |source| KeyFileError::Csv { path: path.to_owned(), source };
    let mut reader = csv::ReaderBuilder::new().has_headers(named).flexible(true).from_reader(bytes);
    let mut columns = [Some(0), Some(1), None, None];
    if named {
        let header = reader.byte_headers().map_err(broken)?;
        let wanted = [b"key".as_slice(), b"size", b"modified", b"storage_class"];
        columns = wanted.map(|name| header.iter().position(|field| field == name));
    }
    let plain = GivenObject::new("", 0);
    let mut given = Given::default();
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(broken)? {
        let [key, size, modified, class] =
            columns.map(|column| column.and_then(|at| record.get(at)).unwrap_or_default());
        if key.is_empty() {
            continue;
        }
        let wrong = |column, value: &[u8]| KeyFileError::Field {
            path: path.to_owned(),
            line: record.position().map_or(0, csv::Position::line),
            column,
            value: String::from_utf8_lossy(value).into_owned(),
        };
        let text = |field| std::str::from_utf8(field).ok().map(str::trim);
        let size = match text(size) {
            Some("") => size_of_key(key),
            number => {
                number.and_then(|number| number.parse().ok()).ok_or_else(|| wrong("size", size))?
            }
        };
        let modified = match text(modified) {
            Some("") => plain.modified,
            time => time
                .and_then(|time| time.parse::<jiff::Timestamp>().ok())
                .map(|time| Timestamp(time.as_millisecond()))
                .ok_or_else(|| wrong("modified", modified))?,
        };
        let class = if class.is_empty() { &plain.storage_class } else { class };
        given.push(key, size, modified, class);
    }
    given.settle();
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::content::Content;

    fn keys(given: &Given) -> Vec<Vec<u8>> {
        let mut keys = Vec::new();
        given.visit(0..given.len(), &mut |key, _| keys.push(key.to_vec()));
        keys
    }

    fn csv(text: &[u8]) -> Result<Given, KeyFileError> {
        read_csv(Path::new("keys.csv"), text, text.starts_with(b"key"))
    }

    #[test]
    fn lines_are_taken_raw() {
        let given = read_lines(b"b\n a \r\n\n\xFF\\x01\nb\nlast");
        assert_eq!(
            keys(&given),
            [b" a \r".to_vec(), b"b".to_vec(), b"last".to_vec(), b"\xFF\\x01".to_vec()]
        );
    }

    #[test]
    fn csv_holds_any_key() {
        let given =
            csv(b"key,size\n\"with \"\"quotes\"\", comma\nand newline\",7\n\xFFraw,\n").unwrap();
        assert_eq!(
            keys(&given),
            [b"with \"quotes\", comma\nand newline".to_vec(), b"\xFFraw".to_vec()]
        );
        assert_eq!(given.object(0).size, 7);
    }

    #[test]
    fn columns_are_found_by_name() {
        let given =
            csv(b"key,storage_class,etag,size,modified\na,GLACIER,x,5,2020-01-02T03:04:05Z\n")
                .unwrap();
        let object = given.object(0);
        assert_eq!((object.size, object.storage_class), (5, b"GLACIER".as_slice()));
        assert_eq!(object.modified, Timestamp(1_577_934_245_000));
    }

    #[test]
    fn a_wrong_size_is_named_with_its_line() {
        let error = csv(b"a,1\nb,many\n").err().unwrap();
        assert_eq!(error.to_string(), "line 2 of keys.csv: \"many\" is not a size");
    }
}
