//! Which format and compression a manifest has, told from its name.

use std::fmt;
use std::path::Path;

use super::error::ManifestError;

/// The columns of a manifest in their order.
pub const COLUMNS: [&str; 6] = ["bucket", "key", "size", "last_modified", "etag", "storage_class"];

/// The first line of a CSV manifest: [`COLUMNS`].
pub const CSV_HEADER: &[u8] = b"bucket,key,size,last_modified,etag,storage_class\n";

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// RFC 4180 with a header line and LF line ends.
    #[default]
    Csv,
    /// One JSON object per line.
    JsonLines,
}

impl Format {
    /// What stands before the first row.
    #[must_use]
    pub fn header(self) -> &'static [u8] {
        match self {
            Self::Csv => CSV_HEADER,
            Self::JsonLines => b"",
        }
    }
}

/// How the stream of rows is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip, in several members (any gunzip reads them as one).
    Gzip,
    /// Zstandard, in several frames (any unzstd reads them as one).
    Zstd,
}

/// Format and compression together: what a file name such as `objects.csv.gz` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Encoding {
    /// How rows are written.
    pub format: Format,
    /// How their stream is packed.
    pub compression: Compression,
}

impl fmt::Display for Encoding {
    /// As the end of a file name without its first dot: `csv`, `jsonl.gz`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = match self.format {
            Format::Csv => "csv",
            Format::JsonLines => "jsonl",
        };
        let compression = match self.compression {
            Compression::None => "",
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        };
        write!(formatter, "{format}{compression}")
    }
}

impl Encoding {
    /// Reads the encoding from the ends of a file name: `.csv`, `.jsonl` or `.ndjson`, then nothing,
    /// `.gz` or `.zst`; letters of either case.
    ///
    /// # Errors
    /// [`ManifestError::UnknownName`] for any other name.
    pub fn from_path(path: &Path) -> Result<Self, ManifestError> {
        let unknown = || ManifestError::UnknownName { path: path.to_owned() };
        let name = path.file_name().ok_or_else(unknown)?.to_string_lossy().to_ascii_lowercase();
        let (stem, compression) = if let Some(stem) = name.strip_suffix(".gz") {
            (stem, Compression::Gzip)
        } else if let Some(stem) = name.strip_suffix(".zst") {
            (stem, Compression::Zstd)
        } else {
            (name.as_str(), Compression::None)
        };
        let format = match stem.rsplit_once('.').ok_or_else(unknown)?.1 {
            "csv" => Format::Csv,
            "jsonl" | "ndjson" => Format::JsonLines,
            _ => return Err(unknown()),
        };
        Ok(Self { format, compression })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_format_and_compression() {
        for (name, format, compression) in [
            ("objects.csv", Format::Csv, Compression::None),
            ("a.b/objects.csv.gz", Format::Csv, Compression::Gzip),
            ("Objects.CSV.ZST", Format::Csv, Compression::Zstd),
            ("objects.jsonl", Format::JsonLines, Compression::None),
            ("o.2024.ndjson.gz", Format::JsonLines, Compression::Gzip),
        ] {
            let expected = Encoding { format, compression };
            assert_eq!(Encoding::from_path(Path::new(name)).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn other_names_are_refused_with_the_names_that_work() {
        for name in ["objects", "objects.gz", "objects.json", "csv", "objects.csv.bz2", "dir/"] {
            let error = Encoding::from_path(Path::new(name)).unwrap_err();
            assert!(matches!(error, ManifestError::UnknownName { .. }), "{name}");
            assert!(error.to_string().contains(name));
            assert!(error.hint().unwrap().contains(".csv.zst"));
        }
    }
}
