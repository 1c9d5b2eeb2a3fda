"""Puts a bucket with a history into a test server: versions, delete markers, unfinished uploads with parts.

    history.py put --config server.json --bucket NAME     prints what the bucket holds, as JSON, known from what was put

Some objects are older than the versioning of the bucket and have the version `null`; keys are awkward on purpose.
Everybody may list all of it, so that a client without keys can.
"""

import argparse
import json
import re
import sys

from s3 import Bucket, quote

VERSIONED = b'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>%s</Status></VersioningConfiguration>'
AWKWARD = ["a b", "a+b", "a%2Bb", "a%b", "it's", "<&>", "ctrl\u0001", "\u00e9\u65e5", "\U0001f600", "x/", "x", "x/y"]
UPLOAD_ID = re.compile(rb"<UploadId>(.*?)</UploadId>")


def size_of(key: bytes, number: int) -> int:
    return (len(key) * 37 + number * 101) % 997


def policy(bucket: str) -> bytes:
    actions = ["ListBucket", "ListBucketVersions", "ListBucketMultipartUploads", "ListMultipartUploadParts"]
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:" + action for action in actions],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()


class History:
    def __init__(self, bucket: Bucket):
        self.bucket = bucket
        # For each key its versions, newest first: a size, or None for a delete marker; and whether the version is `null`.
        self.versions: dict[bytes, list[tuple[int | None, bool]]] = {}
        self.null = True

    def path(self, key: bytes) -> str:
        return f"{self.bucket.path}/{quote(key, keep_slash=True)}"

    def push(self, key: bytes, size: int | None) -> None:
        versions = self.versions.setdefault(key, [])
        if self.null:
            versions[:] = [version for version in versions if not version[1]]
        versions.insert(0, (size, self.null))

    def put(self, key: bytes) -> None:
        size = size_of(key, len(self.versions.get(key, [])))
        self.bucket.put(key, b"x" * size)
        self.push(key, size)

    def delete(self, key: bytes) -> None:
        self.bucket.delete(key)
        self.push(key, None)

    def versioning(self, status: bytes) -> None:
        self.bucket.expect_success(self.bucket.request("PUT", self.bucket.path, "versioning=", VERSIONED % status))
        self.null = status != b"Enabled"

    def upload(self, key: bytes, sizes: list[int]) -> None:
        begun = self.bucket.expect_success(self.bucket.request("POST", self.path(key), "uploads="))
        upload = quote(UPLOAD_ID.search(begun).group(1))
        for number, size in enumerate(sizes, 1):
            query = f"partNumber={number}&uploadId={upload}"
            self.bucket.expect_success(self.bucket.request("PUT", self.path(key), query, b"x" * size))

    def totals(self, uploads: list[list[int]]) -> dict:
        current = [v[0][0] for v in self.versions.values() if v[0][0] is not None]
        older = [size for v in self.versions.values() for size, _ in v[1:] if size is not None]
        markers = [i for v in self.versions.values() for i, (size, _) in enumerate(v) if size is None]
        parts = [size for sizes in uploads for size in sizes]
        return {
            "current": {"objects": len(current), "bytes": sum(current)},
            "noncurrent": {"objects": len(older), "bytes": sum(older)},
            "delete_markers": len(markers),
            "current_delete_markers": markers.count(0),
            "uploads": len(uploads),
            "parts": len(parts),
            "bytes": sum(parts),
        }


def put(config: dict) -> dict:
    history = History(Bucket(config))
    bucket = history.bucket
    bucket.create()
    bucket.expect_success(bucket.request("PUT", bucket.path, "policy=", policy(config["bucket"])))
    keys = [name.encode() for name in AWKWARD] + [b"d%d/k%03d" % (n % 4, n) for n in range(120)]
    for key in keys[::3]:
        history.put(key)
    history.versioning(b"Enabled")
    for turn in range(4):
        for at, key in enumerate(keys):
            if (at + turn) % 5 == 0 and turn:
                history.delete(key)
            elif (at * 7 + turn) % 3:
                history.put(key)
    for _ in range(60):
        history.put(b"hot")
    history.versioning(b"Suspended")
    for key in keys[::11]:
        history.put(key)
    uploads = []
    for at in range(25):
        sizes = [100 + at * number for number in range(at % 4)]
        history.upload(keys[at % 13 * 2], sizes)
        uploads.append(sizes)
    return history.totals(uploads)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["put"])
    parser.add_argument("--config", required=True)
    parser.add_argument("--bucket", required=True)
    arguments = parser.parse_args()
    with open(arguments.config, encoding="utf-8") as file:
        config = json.load(file)
    json.dump(put({**config, "bucket": arguments.bucket}), sys.stdout)


if __name__ == "__main__":
    main()
