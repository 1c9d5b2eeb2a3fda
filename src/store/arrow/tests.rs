//! What other writers do not write: `tests/arrow.rs` holds the reader against one of those.

use super::*;
use crate::simulator::flatbuffer::{Flat, Pending, Slot};

const SCHEMA: u8 = 1;
const DICTIONARY: u8 = 2;
const BATCH: u8 = 3;
const TEXT: u8 = 5;
const LIST: u8 = 12;
/// Version 5 of the metadata.
const V5: i16 = 4;

fn message(
    version: i16,
    kind: u8,
    body: &[u8],
    header: impl FnOnce(&mut Flat, Pending),
) -> Vec<u8> {
    let (mut flat, root) = Flat::new();
    let length = i64::try_from(body.len()).unwrap();
    let slots = [Slot::I16(version), Slot::U8(kind), Slot::Reference, Slot::I64(length)];
    let [pending] = flat.table(root, &slots);
    header(&mut flat, pending);
    let metadata = flat.finish();
    let length = i32::try_from(metadata.len()).unwrap().to_le_bytes();
    [&[0xFF; 4], &length[..], &metadata, body].concat()
}

/// A schema of one column `c`, of this type and so many lists around it.
fn schema_of(endianness: i16, kind: u8, lists: usize, dictionary: Option<i64>) -> Vec<u8> {
    fn field(flat: &mut Flat, pending: Pending, kind: u8, lists: usize, dictionary: Option<i64>) {
        let coded = if dictionary.is_some() { Slot::Reference } else { Slot::Absent };
        let kind_here = if lists > 0 { LIST } else { kind };
        let slots = [Slot::Reference, Slot::U8(1), Slot::U8(kind_here), Slot::Reference, coded];
        let slots = [&slots[..], &[Slot::Reference]].concat();
        let (name, details, children) = if let Some(id) = dictionary {
            let [name, details, coded, children] = flat.table(pending, &slots);
            let [] = flat.table(coded, &[Slot::I64(id)]);
            (name, details, children)
        } else {
            let [name, details, children] = flat.table(pending, &slots);
            (name, details, children)
        };
        flat.string(name, b"c");
        let [] = flat.table(details, &[]);
        for child in flat.tables(children, usize::from(lists > 0)) {
            field(flat, child, kind, lists - 1, None);
        }
    }
    message(V5, SCHEMA, &[], |flat, pending| {
        let [fields] = flat.table(pending, &[Slot::I16(endianness), Slot::Reference]);
        for pending in flat.tables(fields, 1) {
            field(flat, pending, kind, lists, dictionary);
        }
    })
}

fn rows(flat: &mut Flat, pending: Pending, count: i64, nodes: &[[i64; 2]], buffers: &[[i64; 2]]) {
    let [first, second] =
        flat.table(pending, &[Slot::I64(count), Slot::Reference, Slot::Reference]);
    flat.pairs(first, nodes);
    flat.pairs(second, buffers);
}

fn batch(count: i64, nodes: &[[i64; 2]], buffers: &[[i64; 2]], body: &[u8]) -> Vec<u8> {
    message(V5, BATCH, body, |flat, pending| rows(flat, pending, count, nodes, buffers))
}

/// A dictionary of the strings `ab` and `c`.
fn dictionary(id: i64, delta: bool) -> Vec<u8> {
    let body = [&[0_u8; 4][..], &[2, 0, 0, 0, 3, 0, 0, 0], b"abc\0"].concat();
    message(V5, DICTIONARY, &body, |flat, pending| {
        let slots = [Slot::I64(id), Slot::Reference, Slot::U8(u8::from(delta))];
        let [data] = flat.table(pending, &slots);
        rows(flat, data, 2, &[[2, 0]], &[[0, 0], [0, 12], [12, 3]]);
    })
}

/// All strings of column `c`.
fn read(parts: &[Vec<u8>]) -> Result<Vec<Option<String>>, ArrowError> {
    let bytes = parts.concat();
    let mut stream = Stream::open(&bytes)?;
    let mut found = Vec::new();
    while let Some(batch) = stream.next()? {
        let strings = batch.strings("c")?.unwrap();
        for row in 0..batch.rows() {
            let place = strings.get(row)?;
            found.push(place.map(|place| String::from_utf8(bytes[place].to_vec()).unwrap()));
        }
    }
    Ok(found)
}

#[track_caller]
fn assert_unreadable(parts: &[Vec<u8>], told: &str) {
    match read(parts) {
        Err(ArrowError::Unreadable(how)) => assert!(how.contains(told), "{told}: {how}"),
        other => panic!("{told}: {other:?}"),
    }
}

fn texts() -> Vec<u8> {
    schema_of(0, TEXT, 0, None)
}

#[test]
fn strings_and_nulls_are_read_where_they_are() {
    let offsets = [1_i32, 3, 3, 6].map(i32::to_le_bytes).concat();
    let body = [&offsets[..], b"-abcde--", &[0b101], &[0; 7]].concat();
    let found = read(&[texts(), batch(3, &[[3, 1]], &[[24, 1], [0, 16], [16, 8]], &body)]);
    assert_eq!(found, Ok(vec![Some("ab".into()), None, Some("cde".into())]));
}

#[test]
fn a_dictionary_is_used_from_where_it_stands() {
    let coded = schema_of(0, TEXT, 0, Some(7));
    let indices = [1_i32, 0].map(i32::to_le_bytes).concat();
    let rows = batch(2, &[[2, 0]], &[[0, 0], [0, 8]], &indices);
    let found = read(&[coded.clone(), dictionary(7, false), rows.clone()]);
    assert_eq!(found, Ok(vec![Some("c".into()), Some("ab".into())]));
    assert_unreadable(&[coded.clone(), rows.clone()], "lacks the dictionary of column `c`");
    assert_unreadable(&[coded.clone(), dictionary(8, false), rows.clone()], "lacks the dictionary");
    assert_unreadable(&[coded.clone(), dictionary(7, true), rows], "extends a dictionary");
    let beyond = [2_i32, 0].map(i32::to_le_bytes).concat();
    let rows = batch(2, &[[2, 0]], &[[0, 0], [0, 8]], &beyond);
    assert_unreadable(&[coded, dictionary(7, false), rows], "lacks a value of a dictionary");
}

#[test]
fn what_contradicts_itself_is_refused() {
    let offsets = [0_i32, 2, 1, 9].map(i32::to_le_bytes).concat();
    let body = [&offsets[..], b"abcdefgh"].concat();
    let good = [[0, 0], [0, 16], [16, 8]];
    for (count, nodes, buffers, told) in [
        (1, &[[2, 0]][..], &good[..], "columns of different lengths"),
        (4, &[[4, 0]], &good, "shorter than its batch"),
        (-1, &[[1, 0]], &good, "a negative count"),
        (1, &[[1, -1]], &good, "a negative count"),
        (1, &[[1, 1]], &good, "shorter than its batch"),
        (1, &[[1, 1]], &[[16, 1], [0, 16], [16, 8]], "another number of nulls"),
        (1, &[[1, 0], [1, 0]], &good, "a batch of other columns"),
        (1, &[[1, 0]], &good[..2], "a batch of other columns"),
        (1, &[[1, 0]], &[[0, 0], [0, 16], [16, 9]], "outside of their batch"),
        (1, &[[1, 0]], &[[0, 0], [-8, 16], [16, 8]], "a negative count"),
        (1, &[[1, 0]], &[[0, 0], [i64::MAX, i64::MAX], [16, 8]], "outside of their batch"),
        (2, &[[2, 0]], &good, "a string outside of its column"),
        (3, &[[3, 0]], &good, "a string outside of its column"),
    ] {
        assert_unreadable(&[texts(), batch(count, nodes, buffers, &body)], told);
    }
    assert_eq!(read(&[texts(), batch(1, &[[1, 0]], &good, &body)]), Ok(vec![Some("ab".into())]));
}

#[test]
fn what_is_not_understood_is_refused() {
    assert_unreadable(&[schema_of(1, TEXT, 0, None)], "is big-endian");
    for kind in [14, 22, 23, 24, 99] {
        assert_unreadable(&[schema_of(0, kind, 0, None)], &format!("a column of type {kind},"));
    }
    assert!(read(&[schema_of(0, TEXT, 15, None)]).is_ok());
    assert_unreadable(&[schema_of(0, TEXT, 16, None)], "nested too deep");
    assert_unreadable(&[texts(), texts()], "a second schema");
    assert_unreadable(&[batch(0, &[], &[], &[])], "does not start with a schema");
    assert_unreadable(&[message(2, SCHEMA, &[], |_, _| {})], "another version");
    assert_unreadable(
        &[
            texts(),
            message(V5, 4, &[], |flat, pending| {
                let [] = flat.table(pending, &[]);
            }),
        ],
        "an unknown kind",
    );
    assert_unreadable(&[texts(), vec![0; 8]], "something else where a message should start");
    assert_eq!(read(&[Vec::new()]), Err(ArrowError::Cut));
}
