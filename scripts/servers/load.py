"""Loads the known data set into a test server, writes down what is in it, and checks that against its listing.

    load.py put   --config server.json [--only nasty|ordinary] [--thin N]    PUT the objects, write truth and refusals
    load.py settle --config server.json                           take out of the truth what is not there any more
    load.py rows  --config server.json --only ordinary            print `size TAB key`, and add them to the truth
    load.py bulk  --config server.json --count N                  create the bucket, print N rows, write their totals
    load.py check --config server.json                            list the bucket, compare with the truth

The truth is JSON Lines, one object a line, in byte order of the keys: {"key_b64": "...", "size": N}. Beside it stand
the refusals, with status and code: {"key_b64": "...", "status": 400, "code": "..."}. A key that was accepted but is
listed under another name counts as refused, and the object is removed again: the truth is what the bucket holds.
"""

import argparse
import base64
import json
import os
import queue
import sys
import threading
import time

import blob
import dataset
import s3
from s3 import Failure

THREADS = 8


def connect(config: dict):
    return (blob if config.get("dialect") == "azure" else s3).Bucket(config)


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def write_lines(path: str, records) -> None:
    with open(path + ".new", "w", encoding="ascii") as file:
        for record in records:
            file.write(json.dumps(record, separators=(",", ":")) + "\n")
    os.replace(path + ".new", path)


def write_truth(path: str, objects: dict[bytes, int]) -> None:
    write_lines(path, ({"key_b64": base64.b64encode(key).decode(), "size": objects[key]} for key in sorted(objects)))


def read_truth(path: str) -> dict[bytes, int]:
    with open(path, encoding="ascii") as file:
        return {base64.b64decode(record["key_b64"]): record["size"] for record in map(json.loads, file)}


def keys_of(only: str | None) -> list[bytes]:
    return (dataset.nasty() if only != "ordinary" else []) + (dataset.ordinary() if only != "nasty" else [])


def put_all(config: dict, keys: list[bytes], connections: int) -> dict[bytes, Failure | None]:
    """Every key, in order where it is one connection. A server error is tried again: refusals are those that stay."""
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    for key in keys:
        waiting.put(key)
    results: dict[bytes, Failure | None] = {}
    broken: list[BaseException] = []

    def work() -> None:
        bucket = connect(config)
        try:
            while not broken:
                key = waiting.get_nowait()
                body = dataset.body_of(key)
                for attempt in range(3):
                    try:
                        bucket.put(key, body)
                        results[key] = None
                        break
                    except Failure as failure:
                        results[key] = failure
                        if failure.status < 500:
                            break
                        time.sleep(0.1 * (attempt + 1))
        except queue.Empty:
            pass
        except BaseException as error:  # reported by the main thread
            broken.append(error)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    return results


def create_bucket(bucket) -> None:
    """A server may answer before it can create: its parts find each other in the first seconds."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return bucket.create()
        except Failure as failure:
            if failure.status < 500 or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def put(config: dict, only: str | None, thin: int) -> None:
    begun = time.monotonic()
    bucket = connect(config)
    create_bucket(bucket)
    # One after the other where keys may get into each other's way: what a server makes of "x" beside "x/y" may depend
    # on which came first.
    results = put_all(config, keys_of("nasty"), 1) if only != "ordinary" else {}
    results |= put_all(config, keys_of("ordinary")[::thin], THREADS) if only != "nasty" else {}
    accepted = {key: dataset.size_of(key) for key, failure in results.items() if failure is None}
    refused = {
        key: {"status": failure.status, "code": failure.code} for key, failure in results.items() if failure is not None
    }
    took = time.monotonic() - begun
    say(f"{len(accepted)} objects in {took:.1f} s ({len(results) / took:.0f}/s), {len(refused)} refused")
    settle(config, accepted, refused, set(keys_of("ordinary")) if only == "nasty" else set())


def settle(config: dict, accepted: dict[bytes, int], refused: dict[bytes, dict], elsewhere: set[bytes]) -> None:
    """Accepted, but is it there under this name, and what is there under names that nobody gave? Both go again. A
    removal may take another object with it where the server takes two names for one, so look until all is in order."""
    bucket = connect(config)
    for _ in range(4):
        listed = dict(bucket.list())
        missing = [key for key, size in accepted.items() if listed.get(key) != size]
        for key in missing:
            size = listed.get(key)
            refused[key] = {"status": 200, "code": "accepted, not listed" if size is None else f"listed with size {size}"}
            del accepted[key]
            bucket.delete(key)
        strangers = listed.keys() - accepted.keys() - set(missing) - elsewhere
        for key in strangers:
            bucket.delete(key)
        if not missing and not strangers:
            break
    write_truth(config["truth"], accepted)
    write_lines(config["refused"], ({"key_b64": base64.b64encode(key).decode(), **refused[key]} for key in sorted(refused)))


def settle_again(config: dict) -> None:
    with open(config["refused"], encoding="ascii") as file:
        refused = {base64.b64decode(record.pop("key_b64")): record for record in map(json.loads, file)}
    settle(config, read_truth(config["truth"]), refused, set())


def rows(config: dict, only: str | None) -> None:
    truth = read_truth(config["truth"])
    added = {key: dataset.size_of(key) for key in keys_of(only)}
    write_truth(config["truth"], truth | added)
    for key, size in added.items():
        print(f"{size}\t{key.decode()}")


def bulk(config: dict, count: int) -> None:
    create_bucket(connect(config))
    total = 0
    # Sizes by a cheap rule: a hash for each would take longer than the rows.
    for number, key in enumerate(dataset.bulk(count)):
        size = number * 2654435761 % 1_000_003
        total += size
        print(f"{size}\t{key.decode()}")
    with open(config["truth"], "w", encoding="ascii") as file:
        json.dump({"objects": count, "bytes": total}, file)


def check(config: dict) -> None:
    begun = time.monotonic()
    truth, listed, order, previous = read_truth(config["truth"]), {}, True, b""
    for key, size in connect(config).list():
        if key in listed:
            sys.exit(f"listed twice: {key!r}")
        order = order and previous < key
        listed[key], previous = size, key
    if listed != truth:
        differing = [key for key in truth.keys() | listed.keys() if truth.get(key) != listed.get(key)]
        for key in sorted(differing)[:10]:
            say(f"{key!r}: {truth.get(key)} in truth, {listed.get(key)} listed")
        sys.exit(f"{len(differing)} differences between the truth and the listing")
    say(
        f"holds {len(truth)} objects, {sum(truth.values())} bytes, listed in {'byte' if order else 'another'} order"
        f" in {time.monotonic() - begun:.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["put", "settle", "rows", "bulk", "check"])
    parser.add_argument("--config", required=True)
    parser.add_argument("--only", choices=["nasty", "ordinary"])
    parser.add_argument("--thin", type=int, default=1, help="load one of so many ordinary objects")
    parser.add_argument("--count", type=int, default=1_000_000)
    options = parser.parse_args()
    with open(options.config, encoding="utf-8") as file:
        config = json.load(file)
    if options.verb == "put":
        put(config, options.only, options.thin)
    elif options.verb == "settle":
        settle_again(config)
    elif options.verb == "rows":
        rows(config, options.only)
    elif options.verb == "bulk":
        bulk(config, options.count)
    else:
        check(config)


if __name__ == "__main__":
    main()
