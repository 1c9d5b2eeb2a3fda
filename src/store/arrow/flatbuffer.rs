//! Flatbuffers: tables whose fields may be absent, vectors and strings, each found by its offset from where
//! it is referred to.

use super::ArrowError;

type Result<T> = std::result::Result<T, ArrowError>;

/// A table: where its fields are is said by its vtable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Offsets of the fields from `at`, two bytes each; 0 for one that is absent.
    fields: &'a [u8],
}

impl<'a> Table<'a> {
    /// The table that a buffer starts with.
    pub(super) fn root(bytes: &'a [u8]) -> Result<Self> {
        Self::at(bytes, referred(bytes, 0)?)
    }

    fn at(bytes: &'a [u8], at: usize) -> Result<Self> {
        let back = i64::from(i32::from_le_bytes(chunk(bytes, at)?));
        let place = i64::try_from(at).ok().and_then(|at| usize::try_from(at - back).ok());
        let place = place.ok_or_else(outside)?;
        let size = usize::from(u16::from_le_bytes(chunk(bytes, place)?));
        let fields = place.checked_add(4).zip(place.checked_add(size));
        let fields = fields.and_then(|(start, end)| bytes.get(start..end)).ok_or_else(outside)?;
        Ok(Self { bytes, at, fields })
    }

    /// Where a field is; `None` if it is absent.
    fn field(&self, number: usize) -> Option<usize> {
        let offset = u16::from_le_bytes(*self.fields.get(number * 2..)?.first_chunk()?);
        (offset != 0).then(|| self.at + usize::from(offset))
    }

    fn number<const N: usize>(&self, number: usize) -> Result<Option<[u8; N]>> {
        self.field(number).map(|at| chunk(self.bytes, at)).transpose()
    }

    /// Absent numbers are their defaults, which are 0 wherever nothing else is said here.
    pub(super) fn i64(&self, number: usize) -> Result<i64> {
        Ok(self.number(number)?.map_or(0, i64::from_le_bytes))
    }

    pub(super) fn i32(&self, number: usize) -> Result<i32> {
        Ok(self.number(number)?.map_or(0, i32::from_le_bytes))
    }

    pub(super) fn i16(&self, number: usize) -> Result<i16> {
        Ok(self.number(number)?.map_or(0, i16::from_le_bytes))
    }

    pub(super) fn u8(&self, number: usize) -> Result<u8> {
        Ok(self.number(number)?.map_or(0, u8::from_le_bytes))
    }

    pub(super) fn table(&self, number: usize) -> Result<Option<Self>> {
        let at = self.field(number).map(|at| referred(self.bytes, at)).transpose()?;
        at.map(|at| Self::at(self.bytes, at)).transpose()
    }

    pub(super) fn string(&self, number: usize) -> Result<Option<&'a [u8]>> {
        self.vector(number, 1)
    }

    /// The elements of a vector of structs or numbers, which are so many bytes each.
    pub(super) fn structs<const N: usize>(&self, number: usize) -> Result<&'a [[u8; N]]> {
        let bytes = self.vector(number, N)?.unwrap_or_default();
        Ok(bytes.as_chunks().0)
    }

    /// The elements of a vector of tables; none if it is absent.
    pub(super) fn tables(
        &self,
        number: usize,
    ) -> Result<impl Iterator<Item = Result<Self>> + use<'a>> {
        const REFERENCE: usize = 4;
        let bytes = self.bytes;
        let (start, elements) = match self.field(number) {
            Some(at) => vector(bytes, at, REFERENCE)?,
            None => (0, &bytes[..0]),
        };
        let places = (start..start + elements.len()).step_by(REFERENCE);
        Ok(places.map(move |at| Self::at(bytes, referred(bytes, at)?)))
    }

    fn vector(&self, number: usize, width: usize) -> Result<Option<&'a [u8]>> {
        let found = self.field(number).map(|at| vector(self.bytes, at, width)).transpose()?;
        Ok(found.map(|(_, elements)| elements))
    }
}

/// Where a vector's elements start, and their bytes.
fn vector(bytes: &[u8], at: usize, width: usize) -> Result<(usize, &[u8])> {
    let at = referred(bytes, at)?;
    let length = usize::try_from(u32::from_le_bytes(chunk(bytes, at)?)).map_err(|_| outside())?;
    let start = at + 4;
    let end = length.checked_mul(width).and_then(|length| start.checked_add(length));
    let elements = end.and_then(|end| bytes.get(start..end)).ok_or_else(outside)?;
    Ok((start, elements))
}

/// Where the reference at `at` leads.
fn referred(bytes: &[u8], at: usize) -> Result<usize> {
    let offset = usize::try_from(u32::from_le_bytes(chunk(bytes, at)?)).map_err(|_| outside())?;
    at.checked_add(offset).filter(|at| *at < bytes.len()).ok_or_else(outside)
}

fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or_else(outside)
}

fn outside() -> ArrowError {
    ArrowError::unreadable("refers to what is outside of it")
}
