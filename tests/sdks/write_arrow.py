"""Writes listings as Arrow streams with the library of the Arrow project, in many layouts: JSON on stdin says which,
JSON on stdout holds them in Base64 by name.

In: {"rows": [[name, size, seconds, etag, tier]], "marker": text}, null for what a row lacks.
"""

import base64
import io
import json
import sys

import pyarrow as pa
import pyarrow.ipc as ipc

NAMES = ["Name", "Content-Length", "Last-Modified", "Etag", "AccessTier"]
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def table(rows, text=pa.string(), size=pa.uint64(), unit="s", zone=None, coded=(), index=pa.int32(), drop=()):
    """The columns that are read, and around them such as are not."""
    columns = {name: [row[at] for row in rows] for at, name in enumerate(NAMES)}
    # A fraction of a second is no part of what a listing tells.
    fraction = 0 if unit == "s" else UNITS[unit] - 1
    times = [time if time is None else time * UNITS[unit] + fraction for time in columns["Last-Modified"]]
    arrays = {
        "Creation-Time": pa.array(times, pa.timestamp(unit, zone)),
        "Name": pa.array(columns["Name"], text),
        "Metadata": pa.array([[("k", "v"), ("w", None)] for _ in rows], pa.map_(pa.string(), pa.string())),
        "Last-Modified": pa.array(times, pa.timestamp(unit, zone)),
        "ServerEncrypted": pa.array([True] * len(rows)),
        "Etag": pa.array(columns["Etag"], text),
        "Nothing": pa.nulls(len(rows)),
        "Content-Length": pa.array(columns["Content-Length"], size),
        "Lists": pa.array([[1.5, 2.5]] * len(rows), pa.list_(pa.float64(), 2)),
        "AccessTier": pa.array(columns["AccessTier"], text),
        "TagCount": pa.array([1] * len(rows), pa.int8()),
    }
    for name in coded:
        arrays[name] = arrays[name].dictionary_encode().cast(pa.dictionary(index, text))
    return pa.table({name: array for name, array in arrays.items() if name not in drop})


def stream(batches, metadata, schema=None, end=True, **options):
    out = io.BytesIO()
    schema = (batches[0].schema if schema is None else schema).with_metadata(metadata)
    with ipc.new_stream(out, schema, options=ipc.IpcWriteOptions(**options)) as writer:
        for batch in batches:
            writer.write_table(batch.replace_schema_metadata(metadata), **({"max_chunksize": 2} if len(batches) > 1 else {}))
    written = out.getvalue()
    if end:
        return written
    assert written.endswith(b"\xff\xff\xff\xff\0\0\0\0")
    return written[:-8]


def layouts(rows, marker):
    said = {"NextMarker": marker, "NumberOfRecords": str(len(rows))}
    unsure = {"NextMarker": marker}
    plain = table(rows)
    strings = ["Name", "Etag", "AccessTier"]
    half = len(rows) // 2
    # Dictionaries that differ from batch to batch.
    parts = [table(part, coded=strings) for part in (rows[:half], rows[half:])]
    good = {
        "plain": stream([plain], said),
        "without number of records": stream([plain], unsure),
        "without end": stream([plain], said, end=False),
        "version 4": stream([plain], said, metadata_version=ipc.MetadataVersion.V4),
        "several batches": stream([table(rows[:half]), table(rows[half:])], said),
        "large strings": stream([table(rows, text=pa.large_string())], said),
        "dictionaries": stream([table(rows, coded=strings)], said),
        "dictionaries of large strings": stream([table(rows, text=pa.large_string(), coded=strings, index=pa.uint16())], said),
        "dictionaries that are replaced": stream(parts, said),
        "signed sizes": stream([table(rows, size=pa.int64())], said),
        "without tags": stream([table(rows, drop=["ServerEncrypted", "TagCount", "Lists", "Nothing", "Metadata"])], said),
        "a slice": stream([table([rows[0], *rows, rows[0]]).slice(1, len(rows))], said),
    }
    for unit in UNITS:
        for zone in (None, "UTC"):
            good[f"times in {unit}, {zone}"] = stream([table(rows, unit=unit, zone=zone)], said)
    wrong = {
        "compressed by lz4": stream([plain], said, compression="lz4"),
        "compressed by zstd": stream([plain], said, compression="zstd"),
        "views": stream([table(rows, text=pa.string_view())], said),
        "without names": stream([table(rows, drop=["Name"])], said),
        "without sizes": stream([table(rows, drop=["Content-Length"])], said),
        "without times": stream([table(rows, drop=["Last-Modified"])], said),
        "sizes as text": stream([plain.set_column(7, "Content-Length", plain["Content-Length"].cast(pa.string()))], said),
        "sizes as floats": stream([plain.set_column(7, "Content-Length", pa.array([1.0] * len(rows)))], said),
        "dictionaries of numbers": stream(
            [plain.set_column(7, "Content-Length", plain["Content-Length"].combine_chunks().dictionary_encode())], said),
        "a null name": stream([table([*rows, [None, 1, 1, "e", "Hot"]])], unsure),
        "an empty name": stream([table([*rows, ["", 1, 1, "e", "Hot"]])], unsure),
        "a null size": stream([table([*rows, ["zz", None, 1, "e", "Hot"]])], unsure),
        "a null time": stream([table([*rows, ["zz", 1, None, "e", "Hot"]])], unsure),
        "a size below zero": stream([table([*rows, ["zz", -1, 1, "e", "Hot"]], size=pa.int64())], unsure),
        "names twice": stream([plain.append_column("Name", plain["Name"])], said),
        "no marker": stream([plain], {"NumberOfRecords": str(len(rows))}),
        "one record too few": stream([plain], {**said, "NumberOfRecords": str(len(rows) + 1)}),
        "one record too many": stream([plain], {**said, "NumberOfRecords": str(len(rows) - 1)}),
        "neither number of records nor end": stream([plain], unsure, end=False),
        "another container": stream([plain], {**said, "ContainerName": "other"}),
        "another prefix": stream([plain], {**said, "Prefix": "other"}),
        "another marker": stream([plain], {**said, "Marker": "other"}),
        "a common prefix": stream([plain.append_column("ResourceType", pa.array(["blobprefix"] * len(rows)))], said),
        "an unknown kind": stream([plain.append_column("ResourceType", pa.array(["socket"] * len(rows)))], said),
        "a file of the format": file_of(plain),
    }
    return {"good": good, "wrong": wrong}


def file_of(plain):
    out = io.BytesIO()
    with ipc.new_file(out, plain.schema) as writer:
        writer.write_table(plain)
    return out.getvalue()


def main():
    asked = json.load(sys.stdin)
    written = layouts(asked["rows"], asked["marker"])
    empty = {"NextMarker": asked["marker"], "NumberOfRecords": "0"}
    written["empty"] = {
        "without columns": stream([], empty, schema=pa.schema([])),
        "without batches": stream([], empty, schema=table(asked["rows"]).schema),
        "a batch without rows": stream([table(asked["rows"]).slice(0, 0)], empty),
    }
    json.dump({kind: {name: base64.b64encode(bytes_).decode() for name, bytes_ in streams.items()}
               for kind, streams in written.items()}, sys.stdout)


main()
