"""Lists a container with Azure's official SDK, as told by JSON on stdin, and tells what it saw on stdout.

    list_azure.py ENDPOINT ACCOUNT CONTAINER KEY key|account-sas|container-sas xml|arrow

In: a list of {"prefix", "delimiter", "limit", "from"}. Out: for each a list of names with sizes and a list of common
prefixes. `from` is inclusive.
"""

import datetime
import json
import sys

from azure.storage.blob import (
    AccountSasPermissions,
    BlobPrefix,
    ContainerClient,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_container_sas,
)


def credential(account, container, key, kind):
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    if kind == "account-sas":
        types, allowed = ResourceTypes(container=True, object=True), AccountSasPermissions(read=True, list=True)
        return generate_account_sas(account, key, types, allowed, expiry=end)
    if kind == "container-sas":
        allowed = ContainerSasPermissions(read=True, list=True)
        return generate_container_sas(account, container, account_key=key, permission=allowed, expiry=end)
    return {"account_name": account, "account_key": key}


# The versions of the service that know the starts of ranges, and Arrow.
VERSIONS = {"xml": "2026-02-06", "arrow": "2026-10-06"}


def listing(client, case, form):
    more = {"name_starts_with": case["prefix"] or None, "results_per_page": case["limit"], "response_format": form}
    if case["from"]:
        more["start_from"] = case["from"]
    if case["delimiter"]:
        found = client.walk_blobs(delimiter=case["delimiter"], **more)
    else:
        found = client.list_blobs(**more)
    keys, prefixes = [], []
    for entry in found:
        if isinstance(entry, BlobPrefix):
            prefixes.append(entry.name)
        else:
            keys.append([entry.name, entry.size])
    return {"keys": keys, "prefixes": prefixes}


def main():
    endpoint, account, container, key, kind, form = sys.argv[1:]
    with ContainerClient(
        f"{endpoint}/{account}", container, credential=credential(account, container, key, kind), api_version=VERSIONS[form]
    ) as client:
        json.dump([listing(client, case, form) for case in json.load(sys.stdin)], sys.stdout)


main()
