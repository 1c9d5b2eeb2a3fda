//! The parts together: rows through every format and back, segments into manifests.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::object::Timestamp;

const FORMATS: [Format; 2] = [Format::Csv, Format::JsonLines];
const COMPRESSIONS: [Compression; 3] = [Compression::None, Compression::Gzip, Compression::Zstd];

fn row(key: &[u8]) -> Row {
    Row {
        bucket: "photos".to_owned(),
        key: key.to_vec(),
        size: 12_345,
        modified: Timestamp(1_714_566_896_000),
        etag: b"9bb58f26192e4ba00f01e2e7b136bbd8-12".to_vec(),
        storage_class: b"STANDARD".to_vec(),
    }
}

fn encode(format: Format, rows: &[Row]) -> Vec<u8> {
    let mut out = format.header().to_vec();
    for row in rows {
        RowEncoder::new(format, &row.bucket).encode(&row.object(), &mut out);
    }
    out
}

fn read(bytes: &[u8], encoding: Encoding) -> Result<Vec<Row>, ManifestError> {
    Reader::new(std::io::Cursor::new(bytes.to_vec()), encoding, Path::new("objects"))?.collect()
}

fn plain(format: Format) -> Encoding {
    Encoding { format, compression: Compression::None }
}

#[test]
fn rows_look_as_documented() {
    let mut awkward = row(b"a,\"b\"\r\n\x01.txt");
    awkward.modified = Timestamp(1_714_566_896_120);
    awkward.storage_class.clear();
    let rows = [row("jahr/ü 1.jpg".as_bytes()), awkward, row(b"\xFFx"), row(b"base64:eA==")];
    assert_eq!(
        String::from_utf8(encode(Format::Csv, &rows)).unwrap(),
        "bucket,key,size,last_modified,etag,storage_class\n\
         photos,jahr/ü 1.jpg,12345,2024-05-01T12:34:56Z,9bb58f26192e4ba00f01e2e7b136bbd8-12,STANDARD\n\
         photos,\"a,\"\"b\"\"\r\n\u{1}.txt\",12345,2024-05-01T12:34:56.120Z,9bb58f26192e4ba00f01e2e7b136bbd8-12,\n\
         photos,base64:/3g=,12345,2024-05-01T12:34:56Z,9bb58f26192e4ba00f01e2e7b136bbd8-12,STANDARD\n\
         photos,base64:YmFzZTY0OmVBPT0=,12345,2024-05-01T12:34:56Z,9bb58f26192e4ba00f01e2e7b136bbd8-12,STANDARD\n"
    );
    let text = String::from_utf8(encode(Format::JsonLines, &rows[1..3])).unwrap();
    assert_eq!(
        text,
        "{\"bucket\":\"photos\",\"key\":\"a,\\\"b\\\"\\r\\n\\u0001.txt\",\"size\":12345,\
         \"last_modified\":\"2024-05-01T12:34:56.120Z\",\"etag\":\"9bb58f26192e4ba00f01e2e7b136bbd8-12\",\
         \"storage_class\":\"\"}\n\
         {\"bucket\":\"photos\",\"key_base64\":\"/3g=\",\"size\":12345,\
         \"last_modified\":\"2024-05-01T12:34:56Z\",\"etag\":\"9bb58f26192e4ba00f01e2e7b136bbd8-12\",\
         \"storage_class\":\"STANDARD\"}\n"
    );
}

/// Bytes that are often awkward: the matrix of odd characters, the mark, and anything at all.
fn awkward_bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        &b"plain/key-0123456789"[..],
        b",",
        b"\"",
        b"\"\"",
        b"\r",
        b"\n",
        b"\r\n",
        b"\0",
        b"\x01",
        b"\x7F",
        b"\t",
        b" ",
        b"\\",
        b"base64:",
        b"\xFF",
        b"\xC3",
        "ü".as_bytes(),
        "\u{FEFF}".as_bytes(),
        "\u{2028}".as_bytes(),
        "\u{FFFF}".as_bytes(),
        "😀".as_bytes(),
        b"'",
        b"#",
        b";",
        b"=1+1",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat()),
        prop::collection::vec(any::<u8>(), 0..80),
    ]
}

prop_compose! {
    fn any_row()(
        key in awkward_bytes(), etag in awkward_bytes(), storage_class in awkward_bytes(),
        bucket in "[a-z0-9.,\"-]{1,20}", size: u64, modified in prop_oneof![any::<i64>(), 0..4_000_000_000_000_i64],
    ) -> Row {
        Row { bucket, key, size, modified: Timestamp(modified), etag, storage_class }
    }
}

proptest! {
    #[test]
    fn any_rows_come_back_from_every_format(rows in prop::collection::vec(any_row(), 0..6)) {
        for format in FORMATS {
            prop_assert_eq!(&read(&encode(format, &rows), plain(format)).unwrap(), &rows);
        }
    }

    #[test]
    fn a_standard_csv_reader_sees_every_field_whole(rows in prop::collection::vec(any_row(), 1..6)) {
        let bytes = encode(Format::Csv, &rows);
        prop_assert!(std::str::from_utf8(&bytes).is_ok());
        let mut reader = ::csv::Reader::from_reader(&bytes[..]);
        let records: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(records.len(), rows.len());
        for (record, row) in records.iter().zip(&rows) {
            prop_assert_eq!(record.len(), COLUMNS.len());
            prop_assert_eq!(&record[0], &row.bucket);
            if let Ok(key) = std::str::from_utf8(&row.key) && !key.starts_with(BASE64_MARK) {
                prop_assert_eq!(&record[1], key);
            } else {
                prop_assert!(record[1].starts_with(BASE64_MARK));
            }
            prop_assert_eq!(&record[2], row.size.to_string());
        }
    }

    #[test]
    fn a_standard_json_reader_sees_every_key(rows in prop::collection::vec(any_row(), 1..6)) {
        let bytes = encode(Format::JsonLines, &rows);
        let lines = std::str::from_utf8(&bytes).unwrap().split_terminator('\n');
        for (line, row) in lines.zip(&rows) {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            prop_assert_eq!(value["key"].as_str(), std::str::from_utf8(&row.key).ok());
            prop_assert_eq!(value["size"].as_u64(), Some(row.size));
        }
    }

    #[test]
    fn the_reader_never_panics_on_damage(bytes: Vec<u8>, cut in 0_usize..400, flip in 0_usize..400, to: u8) {
        for format in FORMATS {
            let _ = read(&bytes, plain(format));
            let mut damaged = encode(format, &[row(b"one"), row(b"t\xFFwo"), row(b"th,ree")]);
            if let Some(byte) = damaged.get_mut(flip) {
                *byte = to;
            }
            damaged.truncate(cut);
            let _ = read(&damaged, plain(format));
        }
    }
}

#[test]
fn a_row_that_is_none_is_named_by_its_line() {
    let header = String::from_utf8(CSV_HEADER.to_vec()).unwrap();
    let good = "b,\"two\nlines\",1,2024-05-01T12:34:56Z,,\n";
    for (bad, message) in [
        (
            "b,k,x,2024-05-01T12:34:56Z,,\n",
            "line 4 of `objects` has no whole number in `size`: `x`",
        ),
        (
            "b,k,1,yesterday,,\n",
            "line 4 of `objects` has no RFC 3339 time in `last_modified`: `yesterday`",
        ),
        ("b,k,1\n", "line 4 of `objects` has 3 fields where the header has 6"),
        (
            "b,base64:e,1,2024-05-01T12:34:56Z,,\n",
            "line 4 of `objects` has a malformed base64 value in `key`",
        ),
    ] {
        let error =
            read(format!("{header}{good}{bad}").as_bytes(), plain(Format::Csv)).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let start = "{\"bucket\":\"b\",\"size\":1,\"last_modified\":\"2024-05-01T12:34:56Z\"";
    for (bad, message) in [
        (format!("{start}}}"), "line 2 of `objects` needs either `key` or `key_base64`"),
        (
            format!("{start},\"key\":\"k\",\"key_base64\":\"\"}}"),
            "line 2 of `objects` needs either `key` or `key_base64`",
        ),
        (
            start.to_owned(),
            "line 2 of `objects` is not a row: EOF while parsing an object at line 1 column 61",
        ),
    ] {
        let error = read(format!("\n{bad}").as_bytes(), plain(Format::JsonLines)).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn columns_are_found_by_name() {
    let text = "key,extra,size,last_modified,bucket\nk,e,7,2024-05-01T12:34:56Z,b\n";
    let rows = read(text.as_bytes(), plain(Format::Csv)).unwrap();
    let expected =
        Row { bucket: "b".to_owned(), size: 7, etag: vec![], storage_class: vec![], ..row(b"k") };
    assert_eq!(rows, [expected]);
    for text in ["", "\n", "some,other,file\n1,2,3\n"] {
        let error = read(text.as_bytes(), plain(Format::Csv)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 1 of `objects` is not a header with the column `bucket`"
        );
    }
}

/// Rows cut into segments at the given points, in files.
fn segments(directory: &Path, format: Format, rows: &[Row], cuts: &[usize]) -> Vec<Segment> {
    let mut bounds = vec![0];
    bounds.extend(cuts.iter().map(|cut| cut % (rows.len() + 1)));
    bounds.push(rows.len());
    bounds.sort_unstable();
    let ranges = bounds.windows(2).map(|pair| &rows[pair[0]..pair[1]]);
    ranges
        .enumerate()
        .map(|(index, rows)| {
            let mut writer = SegmentWriter::new(segment_path(directory, index as u64));
            for row in rows {
                let mut out = Vec::new();
                RowEncoder::new(format, &row.bucket).encode(&row.object(), &mut out);
                writer.append(&out, 1).unwrap();
            }
            writer.finish().unwrap()
        })
        .collect()
}

fn many_rows(count: usize) -> Vec<Row> {
    (0..count)
        .map(|index| row(format!("folder-{}/object {index:09}, part.bin", index / 1000).as_bytes()))
        .collect()
}

fn files_in(directory: &Path) -> usize {
    std::fs::read_dir(directory).unwrap().count()
}

#[test]
fn the_same_bytes_come_out_however_the_keys_were_cut() {
    let rows = many_rows(6_000);
    for format in FORMATS {
        for compression in COMPRESSIONS {
            let encoding = Encoding { format, compression };
            let outputs: Vec<Vec<u8>> =
                [&[][..], &[1, 2, 2, 2, 3_000], &[5_999, 6_000, 7, 2_000, 4_000]]
                    .into_iter()
                    .map(|cuts| {
                        let directory = tempfile::tempdir().unwrap();
                        let output = directory.path().join("objects");
                        let target = OutputTarget::File(output.clone());
                        let mut assembler =
                            Assembler::new(&target, encoding, Consumed::Delete).unwrap();
                        for segment in segments(directory.path(), format, &rows, cuts) {
                            assembler.push(&segment).unwrap();
                        }
                        let done = assembler.finish().unwrap();
                        let bytes = std::fs::read(&output).unwrap();
                        assert_eq!(done.rows, 6_000);
                        assert_eq!(done.output_bytes, bytes.len() as u64);
                        assert_eq!(done.content_bytes, encode(format, &rows).len() as u64);
                        assert_eq!(
                            files_in(directory.path()),
                            1,
                            "segments and partial output are gone"
                        );
                        bytes
                    })
                    .collect();
            assert_eq!(outputs[0], outputs[1]);
            assert_eq!(outputs[0], outputs[2]);
            assert_eq!(read(&outputs[0], encoding).unwrap(), rows);
        }
    }
}

#[test]
fn a_killed_assembly_goes_on_to_the_same_bytes() {
    let rows = many_rows(8_000);
    for compression in COMPRESSIONS {
        let encoding = Encoding { format: Format::Csv, compression };
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state");
        std::fs::create_dir(&state).unwrap();
        let all = segments(&state, Format::Csv, &rows, &[1_800, 3_600, 3_600, 6_000]);
        let target = OutputTarget::File(directory.path().join("objects"));

        let mut saved = Checkpoint::default();
        for killed_after in 1..=all.len() {
            let mut assembler =
                Assembler::resume(&target, encoding, Consumed::KeepUntilReleased, saved).unwrap();
            for segment in &all[..killed_after] {
                assembler.push(segment).unwrap();
            }
            if killed_after % 2 == 0 {
                saved = assembler.checkpoint().unwrap();
                assembler.release(saved).unwrap();
            }
            drop(assembler);
        }
        assert!(files_in(&state) < 4, "released segments are gone");
        let mut assembler =
            Assembler::resume(&target, encoding, Consumed::KeepUntilReleased, saved).unwrap();
        for segment in &all {
            assembler.push(segment).unwrap();
        }
        assert_eq!(assembler.finish().unwrap().rows, 8_000);
        assert_eq!(files_in(&state), 0);

        let again = tempfile::tempdir().unwrap();
        let other = OutputTarget::File(again.path().join("objects"));
        let mut assembler = Assembler::new(&other, encoding, Consumed::Delete).unwrap();
        for segment in segments(again.path(), Format::Csv, &rows, &[]) {
            assembler.push(&segment).unwrap();
        }
        assembler.finish().unwrap();
        let bytes = |directory: &tempfile::TempDir| {
            std::fs::read(directory.path().join("objects")).unwrap()
        };
        assert!(bytes(&directory) == bytes(&again), "{compression:?}");
    }
}

#[test]
fn a_manifest_of_nothing_is_valid() {
    for format in FORMATS {
        for compression in COMPRESSIONS {
            let encoding = Encoding { format, compression };
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("objects");
            let target = OutputTarget::File(path.clone());
            let assembled =
                Assembler::new(&target, encoding, Consumed::Delete).unwrap().finish().unwrap();
            assert_eq!(assembled.rows, 0);
            assert_eq!(read(&std::fs::read(&path).unwrap(), encoding).unwrap(), []);
        }
    }
}

#[test]
fn a_truncated_compressed_manifest_is_an_error() {
    for (name, compression) in
        [("objects.csv.gz", Compression::Gzip), ("objects.csv.zst", Compression::Zstd)]
    {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        let encoding = Encoding { format: Format::Csv, compression };
        let mut assembler =
            Assembler::new(&OutputTarget::File(path.clone()), encoding, Consumed::Delete).unwrap();
        for segment in segments(directory.path(), Format::Csv, &many_rows(1000), &[]) {
            assembler.push(&segment).unwrap();
        }
        assembler.finish().unwrap();
        assert_eq!(Reader::open(&path).unwrap().filter_map(Result::ok).count(), 1000);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 20]).unwrap();
        let error =
            Reader::open(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>).unwrap_err();
        assert!(matches!(error, ManifestError::Io { action: "read", .. }), "{error}");
    }
}

#[test]
fn a_segment_that_lost_rows_stops_the_assembly() {
    let directory = tempfile::tempdir().unwrap();
    let target = OutputTarget::File(directory.path().join("objects.csv"));
    let mut lossy = segments(directory.path(), Format::Csv, &many_rows(10), &[]);
    lossy[0].mark.bytes += 1;
    let mut assembler = Assembler::new(&target, Encoding::default(), Consumed::Delete).unwrap();
    assert!(matches!(assembler.push(&lossy[0]), Err(ManifestError::Short { .. })));
    assert!(!directory.path().join("objects.csv").exists());
}

#[cfg(unix)]
#[test]
fn a_reader_of_a_pipe_sees_rows_before_the_end() {
    use std::io::{BufRead, BufReader};
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let reader = std::thread::spawn({
        let fifo = fifo.clone();
        move || BufReader::new(std::fs::File::open(fifo).unwrap())
    });
    let target = OutputTarget::File(fifo);
    let mut assembler = Assembler::new(&target, Encoding::default(), Consumed::Delete).unwrap();
    let parts = segments(directory.path(), Format::Csv, &many_rows(20), &[10]);
    assembler.push(&parts[0]).unwrap();
    let mut reader = reader.join().unwrap();
    let mut text = String::new();
    for _ in 0..11 {
        assert!(reader.read_line(&mut text).unwrap() > 0);
    }
    assert!(text.contains("object 000000009"));
    drop(reader);
    let error = assembler.push(&parts[1]).unwrap_err();
    assert!(error.is_broken_pipe(), "{error}");
}
