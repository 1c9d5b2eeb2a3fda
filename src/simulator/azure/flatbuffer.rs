//! Flatbuffers, written from their root on: what is referred to follows what refers to it.

/// A field of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slot {
    Absent,
    U8(u8),
    I16(i16),
    I32(i32),
    I64(i64),
    /// To a table, a vector or a string that is still to be written.
    Reference,
}

/// Where a reference is that still leads nowhere.
#[derive(Debug)]
pub(crate) struct Pending(usize);

/// A buffer that is being written.
#[derive(Debug)]
pub(crate) struct Flat {
    bytes: Vec<u8>,
}

impl Flat {
    /// An empty buffer, and the reference to its root.
    pub(crate) fn new() -> (Self, Pending) {
        (Self { bytes: vec![0; 4] }, Pending(0))
    }

    /// Writes a table; returns its references in order, of which there are `N`.
    pub(crate) fn table<const N: usize>(
        &mut self,
        pending: Pending,
        slots: &[Slot],
    ) -> [Pending; N] {
        self.align(2);
        let vtable = self.bytes.len();
        self.bytes.resize(vtable + 4 + 2 * slots.len(), 0);
        self.align(8);
        let table = self.bytes.len();
        self.lead(pending, table);
        let back = i32::try_from(table - vtable).unwrap_or_default();
        self.bytes.extend_from_slice(&back.to_le_bytes());
        let mut references = [const { Pending(0) }; N];
        let mut free = references.iter_mut();
        for (index, slot) in slots.iter().enumerate() {
            let value = match slot {
                Slot::Absent => continue,
                Slot::U8(value) => value.to_le_bytes().to_vec(),
                Slot::I16(value) => value.to_le_bytes().to_vec(),
                Slot::I32(value) => value.to_le_bytes().to_vec(),
                Slot::I64(value) => value.to_le_bytes().to_vec(),
                Slot::Reference => vec![0; 4],
            };
            self.align(value.len());
            let at = self.bytes.len();
            if let Slot::Reference = slot
                && let Some(reference) = free.next()
            {
                *reference = Pending(at);
            }
            self.short(vtable + 4 + 2 * index, at - table);
            self.bytes.extend_from_slice(&value);
        }
        self.short(vtable, 4 + 2 * slots.len());
        self.short(vtable + 2, self.bytes.len() - table);
        references
    }

    /// Writes a vector of so many tables; returns the references to them.
    pub(crate) fn tables(&mut self, pending: Pending, count: usize) -> Vec<Pending> {
        self.vector(pending, count, 4);
        let start = self.bytes.len();
        self.bytes.resize(start + 4 * count, 0);
        (0..count).map(|index| Pending(start + 4 * index)).collect()
    }

    /// Writes a vector of structs of two numbers.
    pub(crate) fn pairs(&mut self, pending: Pending, pairs: &[[i64; 2]]) {
        self.vector(pending, pairs.len(), 8);
        for number in pairs.iter().flatten() {
            self.bytes.extend_from_slice(&number.to_le_bytes());
        }
    }

    /// Writes a string.
    pub(crate) fn string(&mut self, pending: Pending, text: &[u8]) {
        self.vector(pending, text.len(), 1);
        self.bytes.extend_from_slice(text);
        self.bytes.push(0);
    }

    /// The buffer, padded to a multiple of eight bytes.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.align(8);
        self.bytes
    }

    /// Writes the length of a vector, such that its elements are aligned.
    fn vector(&mut self, pending: Pending, count: usize, alignment: usize) {
        self.align(4);
        while !(self.bytes.len() + 4).is_multiple_of(alignment) {
            self.bytes.extend_from_slice(&[0; 4]);
        }
        let at = self.bytes.len();
        self.lead(pending, at);
        let count = u32::try_from(count).unwrap_or_default();
        self.bytes.extend_from_slice(&count.to_le_bytes());
    }

    fn lead(&mut self, Pending(at): Pending, to: usize) {
        let offset = u32::try_from(to - at).unwrap_or_default();
        self.bytes[at..at + 4].copy_from_slice(&offset.to_le_bytes());
    }

    fn short(&mut self, at: usize, value: usize) {
        let value = u16::try_from(value).unwrap_or_default();
        self.bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }

    fn align(&mut self, to: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
    }
}
