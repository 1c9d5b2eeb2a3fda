"""Lists a bucket with KS3's official SDK, as told by JSON on stdin, and tells what it saw on stdout.

    list_ks3.py HOST PORT BUCKET ID SECRET

In: a list of {"version": 1 or 2, "prefix", "delimiter", "limit", "encoded"}. Out: for each a list of keys with sizes
and a list of common prefixes.
"""

import json
import sys
from urllib.parse import unquote_plus

from ks3.connection import Connection, PathCallingFormat
from ks3.key import Key


def listing(bucket, case):
    params = {"prefix": case["prefix"], "delimiter": case["delimiter"], "max_keys": str(case["limit"])}
    if case["encoded"]:
        params["encoding_type"] = "url"
    # The SDK does not decode names, and its pages of version 1 go on from an encoded name undecoded.
    decoded = unquote_plus if case["encoded"] else str
    if case["version"] == 2:
        entries = bucket.list_v2(**params)
    else:
        entries = bucket.list(**params)
    keys, prefixes = [], []
    for entry in entries:
        if isinstance(entry, Key):
            keys.append([decoded(entry.name), entry.size])
        else:
            prefixes.append(decoded(entry.name))
    return {"keys": keys, "prefixes": prefixes}


def main():
    host, port, bucket, key_id, secret = sys.argv[1:]
    connection = Connection(
        key_id, secret, host=host, port=int(port), is_secure=False, calling_format=PathCallingFormat()
    )
    bucket = connection.get_bucket(bucket)
    json.dump([listing(bucket, case) for case in json.load(sys.stdin)], sys.stdout)


main()
