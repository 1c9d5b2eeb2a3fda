//! A listing on disk.
//!
//! A manifest has one row per object: bucket, key, size, time of last modification, entity tag and
//! storage class, as CSV or as JSON lines, plain or compressed; the file name says which
//! ([`Encoding::from_path`]).
//!
//! **Keys are bytes.** A value that is UTF-8 is written as it is, with the quoting or escapes of the
//! format. A value that is not is written in base64 (RFC 4648, padded): in JSON as the member
//! `key_base64` in place of `key`, in CSV with `base64:` in front. A CSV value that itself begins with
//! `base64:` is written that way too, so nothing is ambiguous: strip the mark and decode, or take the
//! value as it is. The same holds for `etag` and `storage_class`. `last_modified` is RFC 3339 in UTC
//! with milliseconds where there are any (`@` and milliseconds since 1970 outside the years 0 to 9999,
//! which no store sends).
//!
//! **Order without waiting.** A scan lists many key ranges at once. Each range appends its rows to a
//! segment of its own ([`SegmentWriter`]); the ranges are ordered, so the manifest is the header and the
//! segments one after another ([`Assembler`]). It is sorted as the store lists, and the same bytes come
//! out however the keys were cut into ranges and however many were listed at once. For compressed
//! manifests that holds because segments stay uncompressed and the whole stream is compressed in chunks
//! of a fixed size, each a gzip member or Zstandard frame of its own (for the same build on the same
//! kind of machine).
//!
//! **Nothing is lost to a kill.** A segment is cut back to the length that a checkpoint knows, and so is
//! the partial output, which takes its final name only when it is whole.

mod assemble;
mod compress;
mod csv;
mod encode;
mod error;
mod format;
mod jsonl;
mod output;
mod read;
mod segment;
#[cfg(test)]
mod tests;

pub use assemble::{Assembled, Assembler, Checkpoint, Consumed};
pub use csv::CsvEncoder;
pub use encode::{BASE64_MARK, RowEncoder};
pub use error::{ManifestError, RowProblem};
pub use format::{COLUMNS, CSV_HEADER, Compression, Encoding, Format};
pub use jsonl::JsonLinesEncoder;
pub use output::OutputTarget;
pub use read::{Reader, Row};
pub use segment::{Segment, SegmentMark, SegmentWriter, segment_path};
