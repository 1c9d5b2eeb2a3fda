//! Objects' bytes: made up, the same at every reading.

use std::ops::Range;

use bytes::Bytes;

use crate::simulator::mix::mix;

/// Bytes handed out at once.
const CHUNK: u64 = 64 << 10;

/// A stretch of an object's made-up content, read in chunks.
pub(crate) struct Synthetic {
    seed: u64,
    rest: Range<u64>,
}

impl Synthetic {
    /// The bytes `range` of the object with this seed.
    pub(crate) fn new(seed: u64, range: Range<u64>) -> Self {
        Self { seed, rest: range }
    }

    /// Bytes left.
    pub(crate) fn remaining(&self) -> u64 {
        self.rest.end.saturating_sub(self.rest.start)
    }

    /// The next chunk.
    pub(crate) fn next_chunk(&mut self) -> Option<Bytes> {
        let length = self.remaining().min(CHUNK);
        if length == 0 {
            return None;
        }
        let start = self.rest.start;
        self.rest.start += length;
        let mut chunk = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 16);
        for word in start / 8..=(start + length - 1) / 8 {
            chunk.extend_from_slice(&mix(self.seed, word).to_le_bytes());
        }
        let skip = usize::try_from(start % 8).unwrap_or(0);
        let length = usize::try_from(length).unwrap_or(0);
        Some(Bytes::from(chunk).slice(skip..skip + length))
    }
}

/// What a `Range` header asks for of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ByteRange {
    /// Everything: no header, or one that is not understood.
    Whole,
    /// A part.
    Part(Range<u64>),
    /// Nothing that the object has.
    Unsatisfiable,
}

/// Reads `bytes=a-b`, `bytes=a-` or `bytes=-n` for an object of `size` bytes.
pub(crate) fn range_of(header: Option<&str>, size: u64) -> ByteRange {
    let spec = header.and_then(|header| header.trim().strip_prefix("bytes="));
    let Some((first, last)) = spec.and_then(|spec| spec.split_once('-')) else {
        return ByteRange::Whole;
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if last >= first => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(tail)) if first.is_empty() => size.saturating_sub(tail)..size,
        _ => return ByteRange::Whole,
    };
    if range.start < range.end { ByteRange::Part(range) } else { ByteRange::Unsatisfiable }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(range: Range<u64>) -> Vec<u8> {
        let mut content = Synthetic::new(7, range);
        let mut out = Vec::new();
        while let Some(chunk) = content.next_chunk() {
            out.extend_from_slice(&chunk);
        }
        out
    }

    #[test]
    fn parts_are_slices_of_the_whole() {
        let whole = read(0..200_001);
        assert_eq!(whole.len(), 200_001);
        for range in [0..0, 0..1, 3..17, 65_530..131_080, 200_000..200_001] {
            let bounds = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            assert_eq!(read(range), whole[bounds]);
        }
    }

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        assert_eq!(range_of(None, 10), ByteRange::Whole);
        assert_eq!(range_of(Some("bytes=2-4"), 10), ByteRange::Part(2..5));
        assert_eq!(range_of(Some("bytes=2-400"), 10), ByteRange::Part(2..10));
        assert_eq!(range_of(Some("bytes=7-"), 10), ByteRange::Part(7..10));
        assert_eq!(range_of(Some("bytes=-3"), 10), ByteRange::Part(7..10));
        assert_eq!(range_of(Some("bytes=10-"), 10), ByteRange::Unsatisfiable);
        assert_eq!(range_of(Some("bytes=-0"), 10), ByteRange::Unsatisfiable);
        assert_eq!(range_of(Some("bytes=5-2"), 10), ByteRange::Whole);
        assert_eq!(range_of(Some("bytes=0-1"), 0), ByteRange::Unsatisfiable);
    }
}
