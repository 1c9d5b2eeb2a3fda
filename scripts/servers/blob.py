"""A small Azure Blob client for one container of a test server: requests signed with Shared Key.

Written for names that other clients cannot send: each character percent-encoded, the dots of `.` and `..` too, which
clients would take out of a path.
"""

import base64
import hashlib
import hmac
import http.client
import re
import time
from urllib.parse import urlsplit

from s3 import CODE, Failure, quote, unescape

BLOB = re.compile(rb"<Blob>(.*?)</Blob>", re.S)
NAME = re.compile(rb"<Name>(.*?)</Name>", re.S)
SIZE = re.compile(rb"<Content-Length>(\d+)</Content-Length>")
MARKER = re.compile(rb"<NextMarker>(.*?)</NextMarker>", re.S)
# Azurite takes these, and then answers 500 to every page that holds one.
UNLISTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Bucket:
    """One connection, kept alive: one per thread."""

    def __init__(self, config: dict):
        self.host = urlsplit(config["endpoint"]).netloc
        self.account = config["access_key_id"]
        self.key = base64.b64decode(config["secret_access_key"])
        self.path = f"/{self.account}/{config['bucket']}"
        self.connection = http.client.HTTPConnection(self.host, timeout=60)

    def request(self, method: str, path: str, query: dict, body: bytes = b"", more: dict | None = None):
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
        own = {"x-ms-date": date, "x-ms-version": "2026-02-06"} | (more or {})
        length = str(len(body)) if body else ""
        lines = [method, "", "", length, "", "", "", "", "", "", "", ""]
        lines += [f"{name}:{own[name]}" for name in sorted(own)]
        lines += [f"/{self.account}{path}"] + [f"{name}:{query[name]}" for name in sorted(query)]
        digest = hmac.new(self.key, "\n".join(lines).encode(), hashlib.sha256).digest()
        headers = own | {"Authorization": f"SharedKey {self.account}:{base64.b64encode(digest).decode()}"}
        headers["Content-Length"] = str(len(body))
        parts = [f"{name}={quote(value.encode())}" for name, value in query.items()]
        target = path + ("?" + "&".join(parts) if parts else "")
        for attempt in range(3):
            try:
                self.connection.request(method, target, body, headers)
                response = self.connection.getresponse()
                answer = response.read()
                if response.status >= 300:
                    code = CODE.search(answer)
                    raise Failure(response.status, code.group(1).decode(errors="replace") if code else "")
                return answer
            except (http.client.HTTPException, OSError):
                # An idle connection was closed. Every request here may be repeated.
                self.connection.close()
                if attempt == 2:
                    raise
                time.sleep(0.2 * (attempt + 1))
        raise AssertionError

    def create(self) -> None:
        try:
            self.request("PUT", self.path, {"restype": "container"})
        except Failure as failure:
            if failure.code != "ContainerAlreadyExists":
                raise

    def blob(self, key: bytes) -> str:
        try:
            name = key.decode()
        except UnicodeDecodeError:
            raise Failure(400, "not text") from None
        if UNLISTABLE.search(name):
            raise Failure(400, "would break every page that it is on")
        return f"{self.path}/" + quote(key, keep_slash=True).replace(".", "%2E")

    def put(self, key: bytes, body: bytes) -> None:
        self.request("PUT", self.blob(key), {}, body, {"x-ms-blob-type": "BlockBlob"})

    def delete(self, key: bytes) -> None:
        try:
            self.request("DELETE", self.blob(key), {})
        except Failure as failure:
            # As in S3 it is no fault to remove what is not there.
            if failure.status != 404:
                raise

    def list(self):
        """All names with sizes in the server's order, page after page."""
        marker = ""
        while True:
            query = {"restype": "container", "comp": "list"} | ({"marker": marker} if marker else {})
            page = self.request("GET", self.path, query)
            for entry in BLOB.findall(page):
                yield unescape(NAME.search(entry).group(1)), int(SIZE.search(entry).group(1))
            found = MARKER.search(page)
            following = unescape(found.group(1)).decode() if found else ""
            if not following:
                return
            if following == marker:
                raise Failure(200, "the same marker again")
            marker = following
