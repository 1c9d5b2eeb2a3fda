//! Values by row.

use std::ops::Range;

use super::ArrowError;
use super::schema::Integer;

type Result<T> = std::result::Result<T, ArrowError>;

/// Which rows of a column hold no value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nulls<'a> {
    /// A bit for each row, 0 for null; `None` if no row is.
    valid: Option<&'a [u8]>,
}

impl<'a> Nulls<'a> {
    /// `bits` may be left out where there is no null.
    pub(super) fn new(rows: usize, nulls: usize, bits: &'a [u8]) -> Result<Self> {
        if nulls == 0 {
            return Ok(Self { valid: None });
        }
        let bytes = bits.get(..rows.div_ceil(8)).ok_or_else(short)?;
        let set = (0..rows).filter(|row| bytes[row / 8] >> (row % 8) & 1 == 1).count();
        if set + nulls != rows {
            return Err(ArrowError::unreadable("has another number of nulls than it says"));
        }
        Ok(Self { valid: Some(bytes) })
    }

    #[inline]
    fn is_null(self, row: usize) -> bool {
        self.valid.is_some_and(|bits| bits[row / 8] >> (row % 8) & 1 == 0)
    }
}

/// A column of whole numbers.
#[derive(Debug)]
pub(crate) struct Integers<'a> {
    kind: Integer,
    nulls: Nulls<'a>,
    values: &'a [u8],
}

impl<'a> Integers<'a> {
    pub(super) fn new(
        kind: Integer,
        rows: usize,
        nulls: Nulls<'a>,
        values: &'a [u8],
    ) -> Result<Self> {
        Ok(Self { kind, nulls, values: exactly(values, rows, kind.width)? })
    }

    /// The number in a row; `None` for null.
    ///
    /// # Errors
    /// If it is below zero.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Result<Option<u64>> {
        if self.nulls.is_null(row) {
            return Ok(None);
        }
        let Integer { width, signed } = self.kind;
        let at = row * width;
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(&self.values[at..at + width]);
        let value = u64::from_le_bytes(bytes);
        if signed && value >> (width * 8 - 1) == 1 {
            return Err(ArrowError::unreadable("has a number below zero"));
        }
        Ok(Some(value))
    }
}

/// A column of times.
#[derive(Debug)]
pub(crate) struct Times<'a> {
    per_second: i64,
    nulls: Nulls<'a>,
    values: &'a [[u8; 8]],
}

impl<'a> Times<'a> {
    pub(super) fn new(
        per_second: i64,
        rows: usize,
        nulls: Nulls<'a>,
        values: &'a [u8],
    ) -> Result<Self> {
        let values = exactly(values, rows, 8)?.as_chunks().0;
        Ok(Self { per_second, nulls, values })
    }

    /// Whole seconds since 1970; `None` for null.
    #[inline]
    pub(crate) fn seconds(&self, row: usize) -> Option<i64> {
        let value = i64::from_le_bytes(self.values[row]);
        (!self.nulls.is_null(row)).then(|| value.div_euclid(self.per_second))
    }
}

/// A column of strings, given as places in the stream.
#[derive(Debug)]
pub(crate) struct Strings<'a>(Form<'a>);

#[derive(Debug)]
enum Form<'a> {
    /// By offsets of four bytes in a text.
    Plain(&'a [[u8; 4]], Nulls<'a>, Range<usize>),
    /// By offsets of eight bytes.
    Large(&'a [[u8; 8]], Nulls<'a>, Range<usize>),
    /// By numbers of values.
    Dictionary(Integers<'a>, &'a [Option<Range<usize>>]),
}

impl<'a> Strings<'a> {
    pub(super) fn plain(
        width: usize,
        rows: usize,
        nulls: Nulls<'a>,
        offsets: &'a [u8],
        text: Range<usize>,
    ) -> Result<Self> {
        // A column without rows may have no offsets at all.
        let count = if rows == 0 && offsets.is_empty() { 0 } else { rows + 1 };
        let offsets = exactly(offsets, count, width)?;
        Ok(Self(match width {
            4 => Form::Plain(offsets.as_chunks().0, nulls, text),
            _ => Form::Large(offsets.as_chunks().0, nulls, text),
        }))
    }

    pub(super) fn in_dictionary(indices: Integers<'a>, values: &'a [Option<Range<usize>>]) -> Self {
        Self(Form::Dictionary(indices, values))
    }

    /// Where in the stream the string of a row is; `None` for null.
    ///
    /// # Errors
    /// If it lies outside of its column, or its dictionary lacks it.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Result<Option<Range<usize>>> {
        match &self.0 {
            Form::Plain(_, nulls, _) | Form::Large(_, nulls, _) if nulls.is_null(row) => Ok(None),
            Form::Plain(offsets, _, text) => {
                let [start, end] = [offsets[row], offsets[row + 1]].map(i32::from_le_bytes);
                within(text, i64::from(start), i64::from(end)).map(Some)
            }
            Form::Large(offsets, _, text) => {
                let [start, end] = [offsets[row], offsets[row + 1]].map(i64::from_le_bytes);
                within(text, start, end).map(Some)
            }
            Form::Dictionary(indices, values) => {
                let Some(index) = indices.get(row)? else { return Ok(None) };
                let value = usize::try_from(index).ok().and_then(|index| values.get(index));
                value
                    .cloned()
                    .ok_or_else(|| ArrowError::unreadable("lacks a value of a dictionary"))
            }
        }
    }
}

#[inline]
fn within(text: &Range<usize>, start: i64, end: i64) -> Result<Range<usize>> {
    match (usize::try_from(start), usize::try_from(end)) {
        (Ok(start), Ok(end)) if start <= end && end <= text.len() => {
            Ok(text.start + start..text.start + end)
        }
        _ => Err(ArrowError::unreadable("has a string outside of its column")),
    }
}

/// The bytes of so many values; behind them may be padding.
fn exactly(values: &[u8], count: usize, width: usize) -> Result<&[u8]> {
    let length = count.checked_mul(width).ok_or_else(short)?;
    values.get(..length).ok_or_else(short)
}

fn short() -> ArrowError {
    ArrowError::unreadable("has a column that is shorter than its batch")
}
