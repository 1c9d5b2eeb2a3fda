"""Lists a bucket with OSS's official SDK, as told by JSON on stdin, and tells what it saw on stdout.

    list_oss.py ENDPOINT REGION BUCKET ID SECRET

In: a list of {"prefix", "delimiter", "limit", "after"}. Out: for each a list of keys with sizes and a list of common
prefixes.
"""

import json
import sys

import alibabacloud_oss_v2 as oss


def listing(client, bucket, case):
    request = oss.ListObjectsV2Request(
        bucket=bucket, prefix=case["prefix"], delimiter=case["delimiter"] or None, start_after=case["after"] or None
    )
    keys, prefixes = [], []
    for page in client.list_objects_v2_paginator(limit=case["limit"]).iter_page(request):
        keys += [[entry.key, entry.size] for entry in page.contents or []]
        prefixes += [entry.prefix for entry in page.common_prefixes or []]
    return {"keys": keys, "prefixes": prefixes}


def main():
    endpoint, region, bucket, key_id, secret = sys.argv[1:]
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, secret)
    config.region, config.endpoint = region, endpoint
    client = oss.Client(config)
    json.dump([listing(client, bucket, case) for case in json.load(sys.stdin)], sys.stdout)


main()
