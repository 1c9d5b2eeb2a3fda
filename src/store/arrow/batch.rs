//! From a message to the buffers of its columns.

use std::ops::Range;

use super::ArrowError;
use super::column::{Integers, Nulls, Strings, Times};
use super::flatbuffer::Table;
use super::schema::{Field, Kind, Schema, Size};

/// A batch of rows.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    schema: &'a Schema<'a>,
    dictionaries: &'a Dictionaries,
    parts: Parts<'a>,
}

impl<'a> Batch<'a> {
    /// Reads what a message says of the batch in its body, which is so much of the stream.
    pub(super) fn read(
        stream: &'a [u8],
        body: Range<usize>,
        table: Table<'a>,
        schema: &'a Schema<'a>,
        dictionaries: &'a Dictionaries,
    ) -> Result<Self, ArrowError> {
        let parts = Parts::read(stream, body, table, schema.size())?;
        Ok(Self { schema, dictionaries, parts })
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.parts.rows
    }

    /// A column of strings; `None` if there is no such column.
    ///
    /// # Errors
    /// If it is of another type or does not hold together.
    pub(crate) fn strings(&self, name: &str) -> Result<Option<Strings<'a>>, ArrowError> {
        let Some((field, place)) = self.find(name) else { return Ok(None) };
        let Kind::String(width) = field.kind else { return Err(other_type(field)) };
        let Some(encoding) = field.dictionary else {
            return self.parts.strings(width, &place).map(Some);
        };
        let values = self.dictionaries.find(encoding.id).ok_or_else(|| {
            ArrowError::unreadable(format!("lacks the dictionary of column `{name}`"))
        })?;
        let (nulls, indices) = (self.parts.nulls(&place)?, self.parts.buffer(place.buffers + 1)?);
        let indices = Integers::new(encoding.index, self.parts.rows, nulls, indices)?;
        Ok(Some(Strings::in_dictionary(indices, values)))
    }

    /// A column of whole numbers; `None` if there is no such column.
    ///
    /// # Errors
    /// If it is of another type or does not hold together.
    pub(crate) fn integers(&self, name: &str) -> Result<Option<Integers<'a>>, ArrowError> {
        let Some((field, place)) = self.find(name) else { return Ok(None) };
        let (Kind::Integer(integer), None) = (field.kind, field.dictionary) else {
            return Err(other_type(field));
        };
        let (nulls, values) = (self.parts.nulls(&place)?, self.parts.buffer(place.buffers + 1)?);
        Integers::new(integer, self.parts.rows, nulls, values).map(Some)
    }

    /// A column of times; `None` if there is no such column.
    ///
    /// # Errors
    /// If it is of another type or does not hold together.
    pub(crate) fn times(&self, name: &str) -> Result<Option<Times<'a>>, ArrowError> {
        let Some((field, place)) = self.find(name) else { return Ok(None) };
        let (Kind::Timestamp(per_second), None) = (field.kind, field.dictionary) else {
            return Err(other_type(field));
        };
        let (nulls, values) = (self.parts.nulls(&place)?, self.parts.buffer(place.buffers + 1)?);
        Times::new(per_second, self.parts.rows, nulls, values).map(Some)
    }

    fn find(&self, name: &str) -> Option<(&'a Field<'a>, Place)> {
        let mut place = Place::default();
        for field in &self.schema.fields {
            if field.name == name.as_bytes() {
                return Some((field, place));
            }
            place.node += field.size.nodes;
            place.buffers += field.size.buffers;
        }
        None
    }
}

/// The dictionaries of a stream, as they are at some place in it.
#[derive(Debug, Default)]
pub(super) struct Dictionaries {
    /// By id: where in the stream each value is, and `None` for one that is null.
    values: Vec<(i64, Vec<Option<Range<usize>>>)>,
}

impl Dictionaries {
    /// Takes in a message that defines a dictionary, or replaces one.
    pub(super) fn read(
        &mut self,
        stream: &[u8],
        body: Range<usize>,
        table: Table<'_>,
        schema: &Schema<'_>,
    ) -> Result<(), ArrowError> {
        let id = table.i64(0)?;
        if table.u8(2)? != 0 {
            return Err(ArrowError::unreadable("extends a dictionary, which is not read"));
        }
        let kind = schema.fields.iter().find_map(|field| {
            field.dictionary.filter(|encoding| encoding.id == id).map(|_| field.kind)
        });
        // Others are of columns that are never asked for, or are nested in such.
        let Some(Kind::String(width)) = kind else { return Ok(()) };
        let data = table.table(1)?;
        let data = data.ok_or_else(|| ArrowError::unreadable("has a dictionary without values"))?;
        let parts = Parts::read(stream, body, data, Size { nodes: 1, buffers: 3 })?;
        let strings = parts.strings(width, &Place::default())?;
        let values = (0..parts.rows).map(|row| strings.get(row)).collect::<Result<_, _>>()?;
        self.values.retain(|(known, _)| *known != id);
        self.values.push((id, values));
        Ok(())
    }

    fn find(&self, id: i64) -> Option<&[Option<Range<usize>>]> {
        self.values.iter().find(|(known, _)| *known == id).map(|(_, values)| values.as_slice())
    }
}

/// What a message says of where the columns in its body are.
#[derive(Debug)]
struct Parts<'a> {
    stream: &'a [u8],
    body: Range<usize>,
    rows: usize,
    /// Length and number of nulls of each column and of what is nested in it.
    nodes: &'a [[u8; 16]],
    /// Offset in the body and length of each buffer.
    buffers: &'a [[u8; 16]],
}

/// Where a column's parts are among those of its batch.
#[derive(Debug, Default)]
struct Place {
    node: usize,
    buffers: usize,
}

impl<'a> Parts<'a> {
    /// Reads a message about columns that take so much.
    fn read(
        stream: &'a [u8],
        body: Range<usize>,
        table: Table<'a>,
        size: Size,
    ) -> Result<Self, ArrowError> {
        if table.table(3)?.is_some() {
            return Err(ArrowError::unreadable("is compressed"));
        }
        let rows = count(table.i64(0)?)?;
        let (nodes, buffers) = (table.structs(1)?, table.structs(2)?);
        let found = Size { nodes: nodes.len(), buffers: buffers.len() };
        if found != size {
            return Err(ArrowError::unreadable("has a batch of other columns than its schema"));
        }
        Ok(Self { stream, body, rows, nodes, buffers })
    }

    fn strings(&self, width: usize, place: &Place) -> Result<Strings<'a>, ArrowError> {
        let (offsets, text) = (self.buffer(place.buffers + 1)?, self.range(place.buffers + 2)?);
        Strings::plain(width, self.rows, self.nulls(place)?, offsets, text)
    }

    fn nulls(&self, place: &Place) -> Result<Nulls<'a>, ArrowError> {
        let [length, nulls] = pair(&self.nodes[place.node]);
        if count(length)? != self.rows {
            return Err(ArrowError::unreadable("has columns of different lengths"));
        }
        Nulls::new(self.rows, count(nulls)?, self.buffer(place.buffers)?)
    }

    fn buffer(&self, index: usize) -> Result<&'a [u8], ArrowError> {
        Ok(&self.stream[self.range(index)?])
    }

    /// Where in the stream a buffer is.
    fn range(&self, index: usize) -> Result<Range<usize>, ArrowError> {
        let [offset, length] = pair(&self.buffers[index]);
        let (offset, length) = (count(offset)?, count(length)?);
        let start = self.body.start.checked_add(offset);
        let range = start.and_then(|start| Some(start..start.checked_add(length)?));
        let range = range.filter(|range| range.end <= self.body.end);
        range.ok_or_else(|| ArrowError::unreadable("has columns outside of their batch"))
    }
}

fn pair(bytes: &[u8; 16]) -> [i64; 2] {
    let [first, second] = bytes.as_chunks::<8>().0 else { return [-1; 2] };
    [i64::from_le_bytes(*first), i64::from_le_bytes(*second)]
}

fn count(number: i64) -> Result<usize, ArrowError> {
    usize::try_from(number).map_err(|_| ArrowError::unreadable("has a negative count"))
}

fn other_type(field: &Field<'_>) -> ArrowError {
    ArrowError::unreadable(format!("has column `{}` of another type", field.shown()))
}
