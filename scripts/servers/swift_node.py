"""One node of OpenStack Swift in a folder of its own, without touching /etc/swift. For Debian's Python, which has Swift.

    swift_node.py configure DIR PROXY ACCOUNT CONTAINER OBJECT CACHE --user NAME --secret S --region R
    swift_node.py serve DIR                the four servers, until one of them ends
    swift_node.py rows DIR BUCKET          rows `size TAB key` from standard input into the container's database
"""

import argparse
import contextlib
import glob
import hashlib
import os
import pathlib
import signal
import sys
import time

from swift.common import constraints, storage_policy, utils

ACCOUNT = "AUTH_test"

SWIFT_CONF = """[swift-hash]
swift_hash_path_suffix = weighbridge
swift_hash_path_prefix = weighbridge
[storage-policy:0]
name = only
default = yes
"""

STORAGE_CONF = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
devices = {dir}/srv
mount_check = false
swift_dir = {dir}/etc
user = {owner}
workers = 0
log_level = ERROR
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""

PROXY_CONF = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {dir}/etc
user = {owner}
workers = 0
log_level = ERROR
[pipeline:main]
pipeline = catch_errors gatekeeper proxy-logging cache listing_formats s3api tempauth proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:s3api]
use = egg:swift#s3api
location = {region}
allow_multipart_uploads = false
[filter:tempauth]
use = egg:swift#tempauth
user_{user} = {secret} .admin
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{cache}
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:proxy-logging]
use = egg:swift#proxy_logging
[filter:listing_formats]
use = egg:swift#listing_formats
"""


def configure(folder: pathlib.Path, ports: list[int], user: str, secret: str, region: str) -> None:
    import pwd

    from swift.common.ring.builder import RingBuilder

    etc = folder / "etc"
    owner = pwd.getpwuid(os.getuid()).pw_name
    (etc / "swift.conf").write_text(SWIFT_CONF)
    proxy, *storage, cache = ports
    for kind, port in zip(("account", "container", "object"), storage):
        ring = RingBuilder(part_power=6, replicas=1, min_part_hours=1)
        ring.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1", "weight": 1})
        ring.rebalance(seed="weighbridge")
        ring.get_ring().save(str(etc / f"{kind}.ring.gz"))
        (etc / f"{kind}-server.conf").write_text(STORAGE_CONF.format(kind=kind, port=port, dir=folder, owner=owner))
    (etc / "proxy-server.conf").write_text(
        PROXY_CONF.format(port=proxy, dir=folder, owner=owner, cache=cache, user=user, secret=secret, region=region)
    )


def use(folder: pathlib.Path) -> None:
    """Reads this folder's swift.conf in place of the machine's, in this process only."""
    utils.set_swift_dir(str(folder / "etc"))
    storage_policy.reload_storage_policies()
    constraints.reload_constraints()


def serve(folder: pathlib.Path) -> int:
    """Four processes out of one, as what takes time at the start would be done four times: to load the modules, and to
    patch them, which collects garbage once for each lock there is, so it comes before they are loaded."""
    utils.eventlet_monkey_patch()
    from swift.account import server as _account  # noqa: F401
    from swift.common.middleware import catch_errors as _catch_errors, tempauth as _tempauth  # noqa: F401
    from swift.common.middleware.s3api import s3api as _s3api  # noqa: F401
    from swift.common.wsgi import run_wsgi
    from swift.container import server as _container  # noqa: F401
    from swift.obj import server as _object  # noqa: F401
    from swift.proxy import server as _proxy  # noqa: F401

    use(folder)
    utils.eventlet_monkey_patch = lambda: None
    children = []
    for kind in ("account", "container", "object", "proxy"):
        child = os.fork()
        if child == 0:
            os._exit(run_wsgi(str(folder / "etc" / f"{kind}-server.conf"), f"{kind}-server") or 0)
        children.append(child)

    def stop(*_) -> None:
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    # All or none: whoever looks at this process alone sees whether the node is whole.
    os.wait()
    stop()
    for _ in children[1:]:
        os.wait()
    return 0


def rows(folder: pathlib.Path, bucket: str) -> None:
    from swift.common.utils import Timestamp, hash_path
    from swift.container.backend import ContainerBroker

    use(folder)
    name = hash_path(ACCOUNT, bucket)
    (database,) = glob.glob(f"{folder}/srv/d1/containers/*/*/{name}/{name}.db")
    broker = ContainerBroker(database, account=ACCOUNT, container=bucket)
    begun, now, count, batch = time.monotonic(), Timestamp.now().internal, 0, []

    def flush() -> None:
        nonlocal count, batch
        if batch:
            broker.merge_items(batch)
            count, batch = count + len(batch), []

    for line in sys.stdin.buffer:
        size, key = line.rstrip(b"\n").split(b"\t", 1)
        batch.append(
            {
                "name": key.decode(),
                "created_at": now,
                "size": int(size),
                "content_type": "binary/octet-stream",
                "etag": hashlib.md5(key).hexdigest(),
                "deleted": 0,
                "storage_policy_index": 0,
                "ctype_timestamp": None,
                "meta_timestamp": None,
            }
        )
        if len(batch) == 10_000:
            flush()
    flush()
    info = broker.get_info()
    print(
        f"  {count} rows in {time.monotonic() - begun:.1f} s;"
        f" {bucket} now has {info['object_count']} objects, {info['bytes_used']} bytes",
        file=sys.stderr,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("configure")
    verb.add_argument("folder", type=pathlib.Path)
    verb.add_argument("ports", type=int, nargs=5)
    for name in ("--user", "--secret", "--region"):
        verb.add_argument(name, required=True)
    verb = verbs.add_parser("serve")
    verb.add_argument("folder", type=pathlib.Path)
    verb = verbs.add_parser("rows")
    verb.add_argument("folder", type=pathlib.Path)
    verb.add_argument("bucket")
    options = parser.parse_args()
    if options.verb == "configure":
        configure(options.folder, options.ports, options.user, options.secret, options.region)
    elif options.verb == "serve":
        sys.exit(serve(options.folder))
    else:
        rows(options.folder, options.bucket)


if __name__ == "__main__":
    main()
