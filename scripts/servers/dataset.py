"""The objects that every test server holds: keys that listing tools get wrong, and some thousand ordinary ones.

Everything follows from the key, so any run makes the same objects.
"""

import hashlib
import uuid

MAX_SIZE = 2000


def size_of(key: bytes) -> int:
    """0..2000 bytes, spread evenly. Different keys nearly always differ, so that a mix-up shows in the total.

    Directory markers are empty, as they are in life, but for those that say they are not."""
    if key.endswith(b"/") and not key.startswith(b"full"):
        return 0
    return int.from_bytes(hashlib.sha256(key).digest()[:4], "big") % (MAX_SIZE + 1)


def body_of(key: bytes) -> bytes:
    return b"w" * size_of(key)


def nasty() -> list[bytes]:
    """Keys that break decoders, orders and range bounds. A server may refuse some; what it accepts must be listed."""
    text = [
        # Percent and plus: decoded once, never twice, and a plus is no space.
        "plus+sign", "a+b c", "space in name", "50%", "100%25", "a%20b", "a%2Bb", "a%zzb", "%", "%00", "%E4%BD",
        # XML.
        "amp&ersand", "&amp;", "less<greater>", "<Key>x</Key>", "]]>", 'double"quote', "single'quote", "&#x41;", "&#10;",
        # Control characters: \r is turned into \n by XML parsers, most others are not allowed in XML at all.
        "new\nline", "carriage\rreturn", "cr\r\nlf", "tab\there", "soh\x01here", "nul\x00here", "esc\x1bhere",
        "us\x1fhere", "del\x7fhere", "nel\u0085here",
        # Slashes: markers, empty names, and what sorts around a directory ('.' and '-' before '/', '0' after it).
        "dir/", "dir/a", "dir//x", "dir///", "dir.x", "dir-x", "dir0", "dir", "/lead", "//lead", "/", "//",
        "marker/", "marker/inner/", "full-marker/", "full-marker/a", "x", "x/y", "x/y/", "x/y/z", "tail/slash//",
        # Dots: one name for a store, another for a path.
        "p/./q", "p/../q", "p/q", "./rel", "../up", ".", "..", "...", ".hidden", "p/.", "p/..",
        # Blanks.
        " leading", "trailing ", " ", "  ", "dir/ ", " /x", "nbsp\u00a0x", "zero\u200bwidth", "ideographic\u3000space",
        "bom\ufeffinside", "\ufeffbom", "\u2028line-separator", "rtl\u202eoverride", "soft\u00adhyphen",
        # Characters with a meaning in URLs, shells and queries.
        "semi;colon", "question?mark", "hash#tag", "tilde~x", "equals=sign", "star*x", "at@sign", "colon:x", "dollar$x",
        "comma,x", "pipe|x", "caret^x", "back\\slash", "\\", "tick`x", "brace{x}", "bracket[x]", "paren(x)",
        "bang!x", "?prefix=x", "a=1&b=2", "under_score", "list-type=2",
        # Composed and decomposed: two keys. Cases: two keys.
        "caf\u00e9", "cafe\u0301", "Case", "case", "CASE", "stra\u00dfe", "strasse",
        # UTF-8 and UTF-16 order differ: U+E000 and U+FF21 sort before U+1F600 in bytes, after it in units.
        "order/\ue000", "order/\uff21", "order/\U0001f600", "order/\U0010ffff", "order/\uffff", "order/\ufffe",
        "order/\ufffd", "order/\ud7ff", "order/\u07ff", "order/\u0800", "order/\x7f", "order/\u0080",
        "\U0001f600", "\uff21", "\ue000", "\U0010ffff", "\ufffe", "\uffff",
        # Scripts.
        "\u65e5\u672c\u8a9e/\u6587\u4ef6.txt", "\u4e2d\u6587", "\u0440\u0443\u0441\u0441\u043a\u0438\u0439",
        "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "\ud55c\uad6d\uc5b4", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        # Looks like something else.
        "null", "true", "0", "-1", "1e3", "NaN", "=1+1", "@sum", "a,b,\"c\"", "year=2024/month=__HIVE_DEFAULT_PARTITION__/x",
    ]
    keys = [key.encode() for key in text]
    keys += [
        # As long as a key may be: 1024 bytes, in one, two and four bytes a character, in one name and in many.
        b"L" * 1024,
        "\u00e9".encode() * 512,
        "\U0001f600".encode() * 256,
        b"deep/" * 204 + b"leaf",
        b"n" * 255,
        b"n" * 256,
        b"m" * 1023,
        # No UTF-8 at all: a lone byte, a cut sequence, a surrogate, an overlong slash.
        b"bytes/\xff",
        b"bytes/\xfe\xff",
        b"bytes/\xe4\xbd",
        b"bytes/\xed\xa0\x80",
        b"bytes/\xc0\xaf",
    ]
    return sorted(set(keys))


def ordinary() -> list[bytes]:
    """About five thousand in the shapes that buckets have: a date tree, hashed prefixes, a flat sequence, names at the root."""
    keys = []
    for day in range(1, 29):
        for hour in range(0, 24, 2):
            for part in range(6):
                keys.append(f"logs/year=2024/month=02/day={day:02}/hour={hour:02}/part-{part:05}.gz")
    for number in range(1500):
        name = uuid.UUID(bytes=hashlib.md5(b"uuid%d" % number).digest())
        keys.append(f"uuid/{name.hex[:2]}/{name}")
    keys += [f"flat/{number:08}.bin" for number in range(1200)]
    keys += [str(uuid.UUID(bytes=hashlib.md5(b"root%d" % number).digest())) for number in range(400)]
    return sorted(key.encode() for key in keys)


def bulk(count: int):
    """`count` keys, made one after the other: half a log tree, a third hashed, the rest a flat sequence."""
    logs, hashed = count // 2, count // 3
    for number in range(logs):
        hour, part = divmod(number, 64)
        day, hour = divmod(hour, 24)
        month, day = divmod(day, 28)
        year, month = divmod(month, 12)
        yield b"logs/year=%04d/month=%02d/day=%02d/hour=%02d/part-%05d.gz" % (2000 + year, month + 1, day + 1, hour, part)
    for number in range(hashed):
        digest = hashlib.md5(b"bulk%d" % number).hexdigest()
        yield b"uuid/%s/%s" % (digest[:2].encode(), digest.encode())
    for number in range(count - logs - hashed):
        yield b"flat/%010d.bin" % number
