//! Which columns a stream has, and how many buffers each takes.

use super::ArrowError;
use super::flatbuffer::Table;

/// Levels of nested columns; listings have three (a map of entries of a key and a value).
const DEEPEST: usize = 16;

/// The schema of a stream.
#[derive(Debug)]
pub(super) struct Schema<'a> {
    pub(super) fields: Vec<Field<'a>>,
    /// Keys and values of `custom_metadata`.
    metadata: Vec<(&'a [u8], &'a [u8])>,
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    pub(super) name: &'a [u8],
    /// Of its values, also where these are in a dictionary.
    pub(super) kind: Kind,
    pub(super) dictionary: Option<Encoding>,
    pub(super) size: Size,
}

/// A dictionary-encoded column: it holds indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoding {
    pub(super) id: i64,
    pub(super) index: Integer,
}

/// An integer's width in bytes and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Integer {
    pub(super) width: usize,
    pub(super) signed: bool,
}

/// The type of a column, as far as columns of it are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer(Integer),
    /// Times per second.
    Timestamp(i64),
    /// The width of its offsets in bytes.
    String(usize),
    Other,
}

/// What a column takes of a batch, with all that is nested in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) nodes: usize,
    pub(super) buffers: usize,
}

impl<'a> Schema<'a> {
    pub(super) fn read(table: Table<'a>) -> Result<Self, ArrowError> {
        if table.i16(0)? != 0 {
            return Err(ArrowError::unreadable("is big-endian"));
        }
        let fields = table.tables(1)?.map(|field| Field::read(field?));
        let fields: Vec<Field<'_>> = fields.collect::<Result<_, _>>()?;
        for (index, field) in fields.iter().enumerate() {
            if fields[..index].iter().any(|other| other.name == field.name) {
                return Err(ArrowError::unreadable(format!("has two columns `{}`", field.shown())));
            }
        }
        let pairs = table.tables(2)?.map(|pair| {
            let pair = pair?;
            Ok((pair.string(0)?.unwrap_or_default(), pair.string(1)?.unwrap_or_default()))
        });
        Ok(Self { fields, metadata: pairs.collect::<Result<_, _>>()? })
    }

    /// What the stream says about itself under this name.
    pub(super) fn metadata(&self, name: &str) -> Result<Option<&'a [u8]>, ArrowError> {
        let mut found = self.metadata.iter().filter(|(key, _)| *key == name.as_bytes());
        let value = found.next().map(|(_, value)| *value);
        if found.next().is_some() {
            return Err(ArrowError::unreadable(format!("says `{name}` twice")));
        }
        Ok(value)
    }

    /// What all columns take together.
    pub(super) fn size(&self) -> Size {
        self.fields.iter().map(|field| field.size).fold(Size::default(), Size::and)
    }
}

impl<'a> Field<'a> {
    fn read(table: Table<'a>) -> Result<Self, ArrowError> {
        let name = table.string(0)?.unwrap_or_default();
        let kind = Kind::read(table)?;
        let dictionary = table.table(4)?.map(Encoding::read).transpose()?;
        let size = match dictionary {
            Some(_) => Size::INDICES,
            None => Size::of(table, DEEPEST)?,
        };
        Ok(Self { name, kind, dictionary, size })
    }

    /// The name as messages show it.
    pub(super) fn shown(&self) -> String {
        self.name.escape_ascii().to_string()
    }
}

impl Encoding {
    fn read(table: Table<'_>) -> Result<Self, ArrowError> {
        const DEFAULT: Integer = Integer { width: 4, signed: true };
        let index = table.table(1)?.map_or(Ok(DEFAULT), Integer::read)?;
        Ok(Self { id: table.i64(0)?, index })
    }
}

impl Integer {
    fn read(table: Table<'_>) -> Result<Self, ArrowError> {
        let width = match table.i32(0)? {
            8 => 1,
            16 => 2,
            32 => 4,
            64 => 8,
            bits => {
                return Err(ArrowError::unreadable(format!("has integers of {bits} bits")));
            }
        };
        Ok(Self { width, signed: table.u8(1)? != 0 })
    }
}

impl Kind {
    fn read(field: Table<'_>) -> Result<Self, ArrowError> {
        let details = || {
            let details = field.table(3)?;
            details.ok_or_else(|| ArrowError::unreadable("has a column without a type"))
        };
        Ok(match field.u8(2)? {
            2 => Self::Integer(Integer::read(details()?)?),
            5 => Self::String(4),
            10 => Self::Timestamp(match details()?.i16(0)? {
                0 => 1,
                1 => 1_000,
                2 => 1_000_000,
                3 => 1_000_000_000,
                _ => return Err(ArrowError::unreadable("has times of an unknown unit")),
            }),
            20 => Self::String(8),
            _ => Self::Other,
        })
    }
}

impl Size {
    /// Of a dictionary-encoded column.
    const INDICES: Self = Self { nodes: 1, buffers: 2 };

    /// What a column takes by its type. Source: "Arrow Columnar Format", buffer listing for each layout.
    fn of(field: Table<'_>, deepest: usize) -> Result<Self, ArrowError> {
        if deepest == 0 {
            return Err(ArrowError::unreadable("has columns that are nested too deep"));
        }
        let buffers = match field.u8(2)? {
            // Null.
            1 => 0,
            // Fixed-size lists and structs: validity only.
            13 | 16 => 1,
            // Numbers, truth values, dates, times, intervals, durations, fixed-size bytes, lists and maps.
            2 | 3 | 6..=12 | 15 | 17 | 18 | 21 => 2,
            // Strings and bytes; list views.
            4 | 5 | 19 | 20 | 25 | 26 => 3,
            other => {
                let how = format!("has a column of type {other}, which is not read");
                return Err(ArrowError::unreadable(how));
            }
        };
        let mut size = Self { nodes: 1, buffers };
        for child in field.tables(5)? {
            let child = child?;
            size = size.and(match child.table(4)? {
                Some(_) => Self::INDICES,
                None => Self::of(child, deepest - 1)?,
            });
        }
        Ok(size)
    }

    fn and(self, other: Self) -> Self {
        Self { nodes: self.nodes + other.nodes, buffers: self.buffers + other.buffers }
    }
}
