//! The Arrow stream of a listing, as the service writes it: a schema with the marker in its metadata, one
//! uncompressed batch of strings, unsigned numbers, truth values, whole seconds and a map that nobody fills.
//!
//! Sources: "Arrow Columnar Format", `Message.fbs`, `Schema.fbs`; for the columns what the official SDKs read.
//! A page without entries comes without columns.

use super::flatbuffer::{Flat, Pending, Slot};
use super::render::{Heading, etag, tier};
use crate::simulator::content::Attributes;
use crate::simulator::s3::{Page, View};

/// Version 5 of the metadata.
const VERSION: Slot = Slot::I16(4);
const SCHEMA: u8 = 1;
const BATCH: u8 = 3;
const CONTINUATION: [u8; 4] = [0xFF; 4];

/// The types of columns, by their numbers in `Schema.fbs`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number = 2,
    Text = 5,
    Truth = 6,
    Time = 10,
    Entries = 13,
    Map = 17,
}

const COLUMNS: [(&str, Kind); 14] = [
    ("Name", Kind::Text),
    ("Creation-Time", Kind::Time),
    ("Last-Modified", Kind::Time),
    ("Etag", Kind::Text),
    ("Content-Length", Kind::Number),
    ("Content-Type", Kind::Text),
    ("BlobType", Kind::Text),
    ("AccessTier", Kind::Text),
    ("AccessTierInferred", Kind::Truth),
    ("LeaseStatus", Kind::Text),
    ("LeaseState", Kind::Text),
    ("ServerEncrypted", Kind::Truth),
    ("OrMetadata", Kind::Map),
    ("ResourceType", Kind::Text),
];

/// What a row has in a column.
#[derive(Clone, Copy)]
enum Value<'a> {
    Null,
    Text(&'a [u8]),
    /// A number, seconds, or 0 and 1.
    Number(u64),
}

/// Appends a listing to an empty buffer: blobs and common prefixes in one order.
pub(super) fn push_listing(out: &mut Vec<u8>, view: &View, page: &Page, heading: &Heading<'_>) {
    let mut rows = Rows::default();
    let mut groups = page.prefixes.iter().peekable();
    for run in &page.objects {
        view.visit(run.clone(), &mut |name, attributes| {
            while let Some(group) = groups.next_if(|group| view.compare(group, name).is_lt()) {
                rows.push_group(group);
            }
            rows.push_blob(name, &attributes);
        });
    }
    groups.for_each(|group| rows.push_group(group));
    let columns: &[(&str, Kind)] = if rows.count == 0 { &[] } else { &COLUMNS };
    push_message(out, &schema(columns, rows.count, heading), &[]);
    if rows.count > 0 {
        let (metadata, body) = rows.batch();
        push_message(out, &metadata, &body);
    }
    out.extend_from_slice(&CONTINUATION);
    out.extend_from_slice(&[0; 4]);
}

fn push_message(out: &mut Vec<u8>, metadata: &[u8], body: &[u8]) {
    out.extend_from_slice(&CONTINUATION);
    out.extend_from_slice(&i32::try_from(metadata.len()).unwrap_or_default().to_le_bytes());
    out.extend_from_slice(metadata);
    out.extend_from_slice(body);
}

/// A message up to its header.
fn message(kind: u8, body: usize) -> (Flat, Pending) {
    let (mut flat, root) = Flat::new();
    let slots = [VERSION, Slot::U8(kind), Slot::Reference, Slot::I64(number(body))];
    let [header] = flat.table(root, &slots);
    (flat, header)
}

fn schema(columns: &[(&str, Kind)], rows: usize, heading: &Heading<'_>) -> Vec<u8> {
    let (mut flat, header) = message(SCHEMA, 0);
    let slots = [Slot::I16(0), Slot::Reference, Slot::Reference];
    let [fields, metadata] = flat.table(header, &slots);
    let fields = flat.tables(fields, columns.len());
    for (pending, (name, kind)) in fields.into_iter().zip(columns) {
        push_field(&mut flat, pending, name, *kind, *name != "Name");
    }
    let next = heading.next.as_deref().unwrap_or_default();
    let pairs = [("NextMarker", next.to_owned()), ("NumberOfRecords", rows.to_string())];
    let pendings = flat.tables(metadata, pairs.len());
    for (pending, (key, value)) in pendings.into_iter().zip(pairs) {
        let [first, second] = flat.table(pending, &[Slot::Reference, Slot::Reference]);
        flat.string(first, key.as_bytes());
        flat.string(second, value.as_bytes());
    }
    flat.finish()
}

fn push_field(flat: &mut Flat, pending: Pending, name: &str, kind: Kind, nullable: bool) {
    let slots = [
        Slot::Reference,
        Slot::U8(u8::from(nullable)),
        Slot::U8(kind as u8),
        Slot::Reference,
        Slot::Absent,
        Slot::Reference,
    ];
    let [text, details, children] = flat.table(pending, &slots);
    flat.string(text, name.as_bytes());
    let detail: &[Slot] = match kind {
        Kind::Number => &[Slot::I32(64), Slot::U8(0)],
        Kind::Time => &[Slot::I16(0)],
        Kind::Text | Kind::Truth | Kind::Map | Kind::Entries => &[],
    };
    let [] = flat.table(details, detail);
    let nested: &[(&str, Kind, bool)] = match kind {
        Kind::Map => &[("entries", Kind::Entries, false)],
        Kind::Entries => &[("key", Kind::Text, false), ("value", Kind::Text, true)],
        _ => &[],
    };
    let pendings = flat.tables(children, nested.len());
    for (pending, (name, kind, nullable)) in pendings.into_iter().zip(nested) {
        push_field(flat, pending, name, *kind, *nullable);
    }
}

/// The rows of a page, column by column.
#[derive(Default)]
struct Rows {
    count: usize,
    columns: [Column; COLUMNS.len()],
}

#[derive(Default)]
struct Column {
    nulls: usize,
    /// A bit for each row that is not null.
    valid: Vec<u8>,
    /// Ends of texts, numbers, or bits.
    values: Vec<u8>,
    text: Vec<u8>,
}

impl Rows {
    fn push_group(&mut self, name: &[u8]) {
        let mut row = [Value::Null; COLUMNS.len()];
        row[0] = Value::Text(name);
        row[COLUMNS.len() - 1] = Value::Text(b"blobprefix");
        self.push(&row);
    }

    fn push_blob(&mut self, name: &[u8], attributes: &Attributes<'_>) {
        let time = Value::Number(attributes.modified.0.div_euclid(1_000).cast_unsigned());
        let tag = etag(attributes.etag);
        let tier = tier(attributes.storage_class);
        let (form, tier, inferred) = match tier {
            b"" => (&b"PageBlob"[..], Value::Null, Value::Null),
            tier => (&b"BlockBlob"[..], Value::Text(tier), Value::Number(1)),
        };
        self.push(&[
            Value::Text(name),
            time,
            time,
            Value::Text(tag.as_bytes()),
            Value::Number(attributes.size),
            Value::Text(b"application/octet-stream"),
            Value::Text(form),
            tier,
            inferred,
            Value::Text(b"unlocked"),
            Value::Text(b"available"),
            Value::Number(1),
            Value::Null,
            Value::Null,
        ]);
    }

    fn push(&mut self, row: &[Value<'_>; COLUMNS.len()]) {
        for ((column, value), (_, kind)) in self.columns.iter_mut().zip(row).zip(COLUMNS) {
            column.push(self.count, kind, *value);
        }
        self.count += 1;
    }

    /// The message about all rows, and its body.
    fn batch(self) -> (Vec<u8>, Vec<u8>) {
        let mut body = Vec::new();
        let (mut nodes, mut buffers) = (Vec::new(), Vec::new());
        for (column, (_, kind)) in self.columns.into_iter().zip(COLUMNS) {
            nodes.push([number(self.count), number(column.nulls)]);
            let mut add = |bytes: &[u8]| {
                buffers.push([number(body.len()), number(bytes.len())]);
                body.extend_from_slice(bytes);
                body.resize(body.len().next_multiple_of(8), 0);
            };
            let valid = if column.nulls == 0 { Vec::new() } else { column.valid };
            add(&valid);
            // Offsets are one more than texts: the first is 0.
            match kind {
                Kind::Text => {
                    add(&[&[0; 4], &column.values[..]].concat());
                    add(&column.text);
                }
                Kind::Map => {
                    add(&vec![0; 4 * (self.count + 1)]);
                    nodes.extend([[0; 2]; 3]);
                    // Validity of the entries; of keys and values also offsets and texts.
                    for bytes in [0, 0, 4, 0, 0, 4, 0] {
                        add(&vec![0; bytes]);
                    }
                }
                _ => add(&column.values),
            }
        }
        let (mut flat, header) = message(BATCH, body.len());
        let slots = [Slot::I64(number(self.count)), Slot::Reference, Slot::Reference];
        let [lengths, places] = flat.table(header, &slots);
        flat.pairs(lengths, &nodes);
        flat.pairs(places, &buffers);
        (flat.finish(), body)
    }
}

impl Column {
    fn push(&mut self, row: usize, kind: Kind, value: Value<'_>) {
        set_bit(&mut self.valid, row, !matches!(value, Value::Null));
        self.nulls += usize::from(matches!(value, Value::Null));
        let (text, number) = match value {
            Value::Null => (&b""[..], 0),
            Value::Text(text) => (text, 0),
            Value::Number(number) => (&b""[..], number),
        };
        match kind {
            Kind::Text => {
                self.text.extend_from_slice(text);
                let end = i32::try_from(self.text.len()).unwrap_or_default();
                self.values.extend_from_slice(&end.to_le_bytes());
            }
            Kind::Truth => set_bit(&mut self.values, row, number == 1),
            Kind::Number | Kind::Time => self.values.extend_from_slice(&number.to_le_bytes()),
            Kind::Map | Kind::Entries => {}
        }
    }
}

fn set_bit(bits: &mut Vec<u8>, row: usize, set: bool) {
    bits.resize(row / 8 + 1, 0);
    bits[row / 8] |= u8::from(set) << (row % 8);
}

fn number(length: usize) -> i64 {
    i64::try_from(length).unwrap_or_default()
}
