"""A small S3 client for one bucket of a test server: path-style requests signed with Signature Version 4.

Written for keys that other clients cannot name: bytes in, bytes out, each byte sent percent-encoded as it is.
"""

import hashlib
import hmac
import http.client
import re
import time
from urllib.parse import unquote_to_bytes, urlsplit

UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
QUOTED = [chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in range(256)]
OBJECT = re.compile(rb"<Contents>(.*?)</Contents>", re.S)
KEY = re.compile(rb"<Key>(.*?)</Key>", re.S)
SIZE = re.compile(rb"<Size>(\d+)</Size>")
CODE = re.compile(rb"<Code>(.*?)</Code>", re.S)
TRUNCATED = re.compile(rb"<IsTruncated>(true|false)</IsTruncated>")


ENTITY = re.compile(rb"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(lt|gt|quot|apos|amp));")
NAMED = {b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'", b"amp": b"&"}


def quote(data: bytes, keep_slash: bool = False) -> str:
    quoted = "".join([QUOTED[byte] for byte in data])
    return quoted.replace("%2F", "/") if keep_slash else quoted


def unescape(data: bytes) -> bytes:
    """Text of an XML element. Not left to an XML parser: it would refuse a page for one raw control character."""

    def char(match: re.Match) -> bytes:
        hexadecimal, decimal, name = match.groups()
        return NAMED[name] if name else chr(int(hexadecimal, 16) if hexadecimal else int(decimal)).encode()

    return ENTITY.sub(char, data)


def unquote(data: bytes) -> bytes:
    """What `encoding-type=url` did. Some servers write a space as a plus; a plus itself is always %2B.

    The entities come off first: an apostrophe, for one, is left to XML by some servers."""
    return unquote_to_bytes(unescape(data).replace(b"+", b" "))


class Failure(Exception):
    def __init__(self, status: int, code: str):
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


class Bucket:
    """One connection, kept alive: one per thread."""

    def __init__(self, config: dict):
        self.host = urlsplit(config["endpoint"]).netloc
        self.region = config["region"]
        self.access_key_id = config["access_key_id"]
        self.secret = config["secret_access_key"]
        self.path = "/" + config["bucket"]
        self.connection = http.client.HTTPConnection(self.host, timeout=60)
        self.day, self.signing_key = "", b""

    def request(self, method: str, path: str, query: str = "", body: bytes = b"") -> tuple[int, bytes]:
        payload = hashlib.sha256(body).hexdigest()
        for attempt in range(3):
            headers = self.sign(method, path, query, payload)
            headers["Content-Length"] = str(len(body))
            try:
                self.connection.request(method, path + ("?" + query if query else ""), body, headers)
                response = self.connection.getresponse()
                return response.status, response.read()
            except (http.client.HTTPException, OSError):
                # The server closed an idle connection, or has cut this one. Every request here may be repeated.
                self.connection.close()
                if attempt == 2:
                    raise
                time.sleep(0.2 * (attempt + 1))
        raise AssertionError

    def sign(self, method: str, path: str, query: str, payload: str) -> dict:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        if stamp[:8] != self.day:
            key = ("AWS4" + self.secret).encode()
            for part in (stamp[:8], self.region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self.day, self.signing_key = stamp[:8], key
        names = "host;x-amz-content-sha256;x-amz-date"
        canonical = (
            f"{method}\n{path}\n{query}\n"
            f"host:{self.host}\nx-amz-content-sha256:{payload}\nx-amz-date:{stamp}\n\n{names}\n{payload}"
        )
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}"
        signature = hmac.new(self.signing_key, to_sign.encode(), "sha256").hexdigest()
        return {
            "Host": self.host,
            "X-Amz-Date": stamp,
            "X-Amz-Content-Sha256": payload,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self.access_key_id}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}",
        }

    def expect_success(self, answer: tuple[int, bytes]) -> bytes:
        status, body = answer
        if status >= 300:
            code = CODE.search(body)
            raise Failure(status, code.group(1).decode(errors="replace") if code else "")
        return body

    def create(self) -> None:
        try:
            self.expect_success(self.request("PUT", self.path))
        except Failure as failure:
            if failure.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise

    def put(self, key: bytes, body: bytes) -> None:
        self.expect_success(self.request("PUT", f"{self.path}/{quote(key, keep_slash=True)}", body=body))

    def delete(self, key: bytes) -> None:
        self.expect_success(self.request("DELETE", f"{self.path}/{quote(key, keep_slash=True)}"))

    def list(self):
        """All keys with sizes in the server's order, page after page, by the server's own token."""
        token = ""
        while True:
            parts = ["encoding-type=url", "list-type=2", "max-keys=1000"]
            if token:
                parts.insert(0, f"continuation-token={quote(token)}")
            page = self.expect_success(self.request("GET", self.path, "&".join(parts)))
            last = None
            for entry in OBJECT.findall(page):
                last = unquote(KEY.search(entry).group(1))
                yield last, int(SIZE.search(entry).group(1))
            if TRUNCATED.search(page).group(1) == b"false":
                return
            found = re.search(rb"<NextContinuationToken>(.*?)</NextContinuationToken>", page, re.S)
            if not found:
                raise Failure(200, "truncated, but no token")
            following = unescape(found.group(1))
            if following == token:
                raise Failure(200, "the same token again")
            token = following
